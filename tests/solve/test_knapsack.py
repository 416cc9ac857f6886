"""What whole packs and scarce holdings cost on top of the prices, by hand, by brute force, and as a law."""

from __future__ import annotations

import math
from datetime import date
from itertools import product

import pytest
from build import Days, a_problem, every
from hypothesis import assume, example, given
from hypothesis import strategies as st
from profiles import one_in
from strategies import Instance, medium, small

from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem, formulate
from flexopt.model.solution import tiers_of
from flexopt.solve.bound import Bound
from flexopt.solve.coupling import Cut
from flexopt.solve.knapsack import KnapsackBound, knapsack_bound
from flexopt.solve.optimise import Infeasible, optimise
from flexopt.solve.options import SearchOptions
from flexopt.solve.pricing import PricingProblem
from flexopt.solve.stopwatch import Stopwatch

START = date(2025, 1, 1)
HUNDREDS = {"tiers": [{"from": 100, "price": 3}], "increment": 100}


def _filled(problem: Problem, tiers: tuple[int, ...], most: float = math.inf) -> tuple[float, KnapsackBound]:
    """The bound of the best prices in these tiers, and what comes on top of it."""
    bound = Bound(PricingProblem(problem, Restriction()), Stopwatch(60))
    cut: Cut | None = bound.search(tiers, lambda step: None)[1]
    assert cut is not None
    cut = bound.raise_duals(cut)
    return bound.purchases.at(cut, tiers), knapsack_bound(bound.pricing, bound.coupling, cut, most)


# --- by hand ---------------------------------------------------------------------------------------------

AMY_AND_BEN: Days = {
    ("amy", "AutoCAD"): every(START, 20),
    ("ben", "AutoCAD"): every(START, 109, 3),
}
"""Amy uses 140 tokens, Ben 763: at 3.00 that is 2,289.00, just less than a seat at 2,310.00."""


def test_one_seat_saves_most_of_a_pack() -> None:
    """Both on tokens: 903 of 1,000 used, 97 wasted, 291.00. Ben on a seat: 21.00 dearer, 60 of 200 wasted."""
    P = a_problem(AMY_AND_BEN, tokens=HUNDREDS)
    bound, found = _filled(P, (1,))
    assert bound == pytest.approx(420 + 2289)
    assert found.excess == pytest.approx(21 + 180)
    assert found.subproblems.tolist() == [1]
    assert found.seats.tolist() == [[1, 0]]
    assert optimise(P).cost == 420 + 2289 + 201


def test_nothing_dearer_than_the_plan_at_hand_is_looked_for() -> None:
    P = a_problem(AMY_AND_BEN, tokens=HUNDREDS)
    assert _filled(P, (1,), 201.5)[1].excess == pytest.approx(201)
    _, found = _filled(P, (1,), 150)
    assert (found.excess, len(found.subproblems)) == (150, 0)


def test_a_scarce_holding_is_not_left_idle() -> None:
    """Cy owns no seat, but one is owned: at the prices Ben or Cy sits on it, and only one of them can."""
    days: Days = {**AMY_AND_BEN, ("cy", "AutoCAD"): every(START, 110, 3)}
    P = a_problem(
        days, tokens=HUNDREDS, holdings=[{"offer": "autocad-1y", "quantity": 1, "ends": "2027-01-01"}]
    )
    bound, found = _filled(P, (1,))
    # amy 140 and ben 763 tokens with 97 wasted, cy on the owned seat; or ben on a new one too
    assert bound + found.excess == pytest.approx(min(1000 * 3, 200 * 3 + 2310))
    assert optimise(P).cost == 200 * 3 + 2310


def test_no_pack_that_can_be_bought_nothing_to_fill() -> None:
    P = a_problem(AMY_AND_BEN, tokens=HUNDREDS)
    _, found = _filled(P, (0,))
    assert found.excess >= 0


# --- by brute force --------------------------------------------------------------------------------------


@one_in(8)
@given(
    st.lists(st.integers(1, 200), min_size=1, max_size=7),
    st.integers(0, 3),
    st.sampled_from([1, 10, 50, 100]),
    st.sampled_from([0, "0.15"]),
)
@example([109, 110, 20, 108, 111], 2, 100, "0.15")
@example([120] * 6, 3, 100, 0)
def test_bound_and_excess_are_the_optimum(
    use: list[int], owned: int, increment: int, buffer: int | str
) -> None:
    """One product, one pack, seats owned: every choice of seats is tried."""
    days = {(f"u{n}", "AutoCAD"): every(START, count) for n, count in enumerate(use)}
    held = [{"offer": "autocad-1y", "quantity": owned, "ends": "2027-01-01"}] if owned else []
    tokens = {"tiers": [{"from": increment, "price": 3}], "increment": increment, "buffer": buffer}
    P = a_problem(days, tokens=tokens, holdings=held)
    least = math.inf
    for seats in product([False, True], repeat=len(use)):
        spent = sum(7 * n for n, seat in zip(use, seats, strict=True) if not seat)
        packs = math.ceil(round(spent * (1 + float(buffer)), 6) / increment)
        # without a pack in its tier the other set of tiers counts
        cost = 3 * max(1, packs) * increment + 2310 * max(0, sum(seats) - owned)
        least = min(least, cost)
    bound, found = _filled(P, (1,))
    assert bound + found.excess <= least + 1e-6
    if bound + found.excess < least - 1e-6:  # the smallest purchase is not a matter of remainders
        assert least == pytest.approx(3 * increment + 2310 * max(0, len(use) - owned))


# --- the law ---------------------------------------------------------------------------------------------


@one_in(8)
@given(st.one_of(small(), medium(users=8)), st.sampled_from([math.inf, 5.0]))
def test_no_plan_costs_less(instance: Instance, most: float) -> None:
    """In the tiers of the best plan, the bound with the excess is not above it."""
    file = instance.changed(solver={"gap": 0, "time_limit": 30}).source()
    problem = formulate(file.scenario, file.holdings, instance.demand())
    try:
        whole = optimise(problem, options=SearchOptions(small=math.inf))
    except Infeasible:
        assume(False)
    bound, found = _filled(problem, tiers_of(problem, whole.solution), most)
    assert found.excess >= 0
    assert bound + found.excess <= float(whole.cost) * (1 + 1e-9) + 1e-6
