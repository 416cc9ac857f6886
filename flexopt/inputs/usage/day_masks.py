"""Days as bits: a mask has one bit for each day of a slab, the first day lowest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flexopt.base.arrays import Ints
from flexopt.inputs.usage.scan import SLAB

Mask = NDArray[np.uint64]
"""uint64[cells, SLAB / 64]"""

BLOCK = 1 << 14
"""Words unpacked at a time: 1 MB of bits."""


def first_seen(key: Ints, mask: Mask) -> tuple[Ints, Mask, Mask]:
    """For cells sorted by key and file: the distinct keys, all days of each, and each cell's new days.

    A day is new in the first cell of its key that has it.
    """
    begins = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1]))) if len(key) else np.empty(0, int)
    ends = np.append(begins[1:], len(key))
    total, fresh = mask[begins], mask.copy()
    groups, at = np.arange(len(begins)), begins + 1
    while len(groups := groups[at[groups] < ends[groups]]):
        rows = at[groups]
        fresh[rows] &= ~total[groups]
        total[groups] |= mask[rows]
        at = at + 1
    return key[begins], total, fresh


def opener(key: Ints, fresh: Mask, wanted: Ints) -> Ints:
    """The cell in which each wanted day is new, -1 if there is none; `wanted` is key * SLAB + day."""
    slab, day = wanted // SLAB, wanted % SLAB
    at = np.searchsorted(key, slab)
    found = np.full(len(wanted), -1, np.int64)
    open_ = np.arange(len(wanted))
    while len(open_ := open_[at[open_] < len(key)]):
        open_ = open_[key[at[open_]] == slab[open_]]
        bit = fresh[at[open_], day[open_] // 64] >> (day[open_] % 64).astype(np.uint64) & np.uint64(1)
        found[open_[bit == 1]] = at[open_[bit == 1]]
        open_ = open_[bit == 0]
        at[open_] += 1
    return found


def unpack(key: Ints, mask: Mask) -> Ints:
    """The days of the masks as key * SLAB + day, in order."""
    words = mask.ravel()
    # most words are empty: a year takes six, and slabs have eight
    filled = np.flatnonzero(words)
    words, width = words[filled], mask.shape[1]
    first = key[filled // width] * SLAB + filled % width * 64
    counts = np.bitwise_count(words)
    found, at = np.empty(counts.sum(dtype=np.int64), np.int64), 0
    for begin in range(0, len(words), BLOCK):
        block = slice(begin, begin + BLOCK)
        bits = np.unpackbits(words[block].astype("<u8").view(np.uint8), bitorder="little")
        days = np.flatnonzero(bits.view(bool))
        # for each set bit: from its place among all bits to the one within its word, and from that to the key
        days &= 63
        days += np.repeat(first[block], counts[block])
        found[at : at + len(days)] = days
        at += len(days)
    return found
