"""Types of the numpy arrays that the package passes around, and helpers for their indexes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def ranges(first: Ints, after: Ints) -> tuple[Ints, Ints]:
    """All numbers of the ranges `[first, after)`, one range after another: range of each, and the numbers."""
    size = np.maximum(after - first, 0)
    row = np.repeat(np.arange(len(size)), size)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size) + first[row]


def places_in(keys: Ints, wanted: Ints) -> Ints:
    """The place of each wanted number among sorted keys, -1 where it is not among them."""
    place = np.searchsorted(keys, wanted)
    there = place < len(keys)
    there[there] = keys[place[there]] == wanted[there]
    return np.where(there, place, -1)
