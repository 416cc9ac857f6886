"""Whole minor units (called cents here) shared out by largest remainder: the parts add up to the amount."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from flexopt.base.arrays import Ints
from flexopt.base.columns import Column


def apportion(amount: int, weights: Column) -> Ints:
    """int64[rows]: the amount shared out by weight, each share rounded down, or up where most is cut off.

    The weights are Fractions, and are not negative. Among equal remainders the first rows are rounded up;
    without any weight all shares are 0.
    """
    counts = np.bincount(weights.codes, minlength=len(weights.values)).tolist()
    total = sum((w * n for w, n in zip(weights.values, counts, strict=True)), Fraction(0))
    if not total:
        return np.zeros(len(weights.codes), dtype=np.int64)
    exact = [amount * weight / total for weight in weights.values]
    whole = [int(share) for share in exact]
    rest = [share - n for share, n in zip(exact, whole, strict=True)]
    rank = {r: n for n, r in enumerate(sorted(set(rest), reverse=True))}
    shares = np.array(whole, dtype=np.int64)[weights.codes]
    more = amount - sum(n * times for n, times in zip(whole, counts, strict=True))
    order = np.argsort(np.array([rank[r] for r in rest], dtype=np.int64)[weights.codes], kind="stable")
    shares[order[:more]] += 1
    return shares


def apportion_groups(amounts: Ints, weights: npt.NDArray[Any], starts: Ints) -> npt.NDArray[Any]:
    """integers[rows, columns]: `amounts[group, column]` shared out in each column by the weights of a group.

    Rows of a group follow each other, from its place in `starts`. Weights are integers large enough for
    their products with the amounts; each group has some in every column that has an amount.
    """
    group = np.zeros(len(weights), dtype=np.int64)
    group[starts[1:]] = 1
    group = np.cumsum(group)
    total = np.add.reduceat(weights, starts, axis=0)
    shares, rest = np.divmod(amounts.astype(weights.dtype)[group] * weights, np.maximum(total, 1)[group])
    more = amounts - np.add.reduceat(shares, starts, axis=0)
    row = np.arange(len(weights))[:, None]
    while (more > 0).any():
        best = rest == np.maximum.reduceat(rest, starts, axis=0)[group]
        first = np.minimum.reduceat(np.where(best, row, len(weights)), starts, axis=0)
        up = best & (row == first[group]) & (more > 0)[group]
        shares += up
        rest[up] = -1
        more = more - np.add.reduceat(up.astype(np.int64), starts, axis=0)
    return shares
