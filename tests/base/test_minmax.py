"""What several cuts prove together, against every combination tried one by one."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flexopt.base.minmax import least_of_best

NUMBERS = st.integers(-50, 50).map(float)


@st.composite
def instances(draw: st.DrawFn) -> tuple[list[float], list[list[list[float]]], list[list[int]], int | None]:
    """constant[cut]; worth[place][cut][choice]; counts[place][choice]; most"""
    cuts = draw(st.integers(1, 4))
    sizes = draw(st.lists(st.integers(1, 4), max_size=4))
    constant = draw(st.lists(NUMBERS, min_size=cuts, max_size=cuts))
    worth = [[draw(st.lists(NUMBERS, min_size=n, max_size=n)) for _ in range(cuts)] for n in sizes]
    counts = [draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)) for n in sizes]
    return constant, worth, counts, draw(st.none() | st.integers(0, 4))


def tried(
    constant: list[float], worth: list[list[list[float]]], counts: list[list[int]], most: int | None
) -> float:
    """The least over combinations that may be chosen of the most that any cut says."""
    found = math.inf
    for choices in product(*(range(len(c)) for c in counts)):
        if most is not None and sum(c[n] for c, n in zip(counts, choices, strict=True)) > most:
            continue
        says = [
            c + sum(w[cut][n] for w, n in zip(worth, choices, strict=True)) for cut, c in enumerate(constant)
        ]
        found = min(found, max(says))
    return found


Instance = tuple[list[float], list[list[list[float]]], list[list[int]], int | None]


def bound(instance: Instance, enough: float = math.inf, kept_most: int = 1_000) -> float:
    constant, worth, counts, most = instance
    return least_of_best(
        np.array(constant), [np.array(w) for w in worth], counts, most, enough, kept_most=kept_most
    )[0]


@given(instances())
def test_the_least_of_all_combinations(instance: Instance) -> None:
    assert bound(instance) == tried(*instance)


@given(instances(), NUMBERS)
def test_enough_is_proven_or_what_there_is(instance: Instance, enough: float) -> None:
    """Never more than there is; and where there is enough, at least that."""
    found, all_of_it = bound(instance, enough), tried(*instance)
    assert min(enough, all_of_it) <= found <= all_of_it


@given(instances())
def test_more_combinations_than_fit_are_bounded_by_their_first_choices(instance: Instance) -> None:
    assert bound(instance, kept_most=2) <= tried(*instance)
