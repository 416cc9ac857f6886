"""Shares in whole cents that add up to the amount."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flexopt.base.columns import Column
from flexopt.planning.charges.apportion import apportion, apportion_groups


def shares(amount: int, *weights: int) -> list[int]:
    found: list[int] = apportion(amount, Column.of(map(Fraction, weights))).tolist()
    return found


def test_the_largest_remainder_is_rounded_up() -> None:
    assert shares(100, 1, 1, 1) == [34, 33, 33]  # the first of equals
    assert shares(100, 1, 1, 4) == [17, 17, 66]  # 16.67, 16.67, 66.67: equal remainders, the first two
    assert shares(10, 1, 2, 3) == [2, 3, 5]  # 1.67, 3.33, 5
    assert shares(5, 0, 1) == [0, 5]
    assert shares(5, 0, 0) == [0, 0]


@given(st.integers(0, 10**9), st.lists(st.integers(0, 1000), min_size=1, max_size=12))
def test_every_share_is_exact_but_for_its_rounding(amount: int, weights: list[int]) -> None:
    found = shares(amount, *weights)
    if total := sum(weights):
        assert sum(found) == amount
        for share, weight in zip(found, weights, strict=True):
            assert abs(share - Fraction(amount * weight, total)) < 1


@given(st.lists(st.lists(st.integers(1, 50), min_size=1, max_size=5), min_size=1, max_size=6), st.data())
def test_groups_are_shared_like_each_alone(groups: list[list[int]], data: st.DataObject) -> None:
    amounts = [data.draw(st.lists(st.integers(0, 10_000), min_size=2, max_size=2)) for _ in groups]
    weights = np.array([[w, w * w] for group in groups for w in group])
    starts = np.cumsum([0, *map(len, groups)])[:-1]
    found = apportion_groups(np.array(amounts), weights, starts)
    for group, (first, second), start in zip(groups, amounts, starts, strict=True):
        mine = found[start : start + len(group)]
        assert mine[:, 0].tolist() == shares(first, *group)
        assert mine[:, 1].tolist() == shares(second, *(w * w for w in group))
