"""What several cuts prove together: the minimum over all combinations of choices of the highest cut.

The value of a cut is `constant + sum over places of the worth of the choice made there`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from flexopt.base.arrays import Floats

MOST = 5_000
"""Combinations evaluated side by side."""


def least_of_best(
    constant: Floats,
    worth: Sequence[Floats],
    counts: Sequence[Sequence[int]],
    most: int | None,
    enough: float,
    *,
    kept_most: int = MOST,
) -> tuple[float, tuple[int, ...]]:
    """The bound, and the choice at each place where it is attained (as far as it was decided).

    Combinations whose first choices prove `enough` are not explored further: the bound is then what those
    choices prove, which may be less than could be proven.

    constant : float64[cuts]; worth : for each place float64[cuts, choices]
    counts : for each choice whether it counts against `most`, the maximum number that may be chosen
    kept_most : combinations evaluated side by side; beyond that number, what their first choices prove counts
    """
    rest = [np.zeros(len(constant))]
    for values in reversed(worth):
        rest.insert(0, rest[0] + values.min(axis=1))
    partial, used = constant[None, :], np.zeros(1, dtype=np.int64)
    chosen = np.zeros((1, 0), dtype=np.int64)
    closed, closed_at = np.inf, ()
    for place, values in enumerate(worth):
        n = values.shape[1]
        partial = (partial[:, None, :] + values.T[None, :, :]).reshape(-1, len(constant))
        used = (used[:, None] + np.array(counts[place])[None, :]).reshape(-1)
        chosen = np.concatenate(
            [np.repeat(chosen, n, axis=0), np.tile(np.arange(n), len(chosen))[:, None]], axis=1
        )
        bound = (partial + rest[place + 1]).max(axis=1)
        if most is not None:
            bound[used > most] = np.inf
        order = np.argsort(bound, kind="stable")
        kept = order[:kept_most][bound[order[:kept_most]] < enough]
        if len(kept) < len(order) and bound[order[len(kept)]] < closed:
            first = order[len(kept)]
            closed, closed_at = float(bound[first]), tuple(chosen[first].tolist())
        if not len(kept):
            break
        partial, used, chosen = partial[kept], used[kept], chosen[kept]
    whole = partial.max(axis=1) if len(partial) else np.array([np.inf])
    if most is not None and len(partial):
        whole = np.where(used > most, np.inf, whole)
    least = int(np.argmin(whole))
    if closed < whole[least]:
        return closed, closed_at
    return float(whole[least]), tuple(chosen[least].tolist())
