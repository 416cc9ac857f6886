"""A threshold for moves, against trying every set of needs that stay; and its laws."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import numpy as np
import pytest
from build import AUTOCAD_YEAR, Days, a_problem, every
from hypothesis import assume, given
from hypothesis import strategies as st
from profiles import one_in
from strategies import Instance, small

from flexopt.base.errors import LimitError
from flexopt.inputs.records import TodaysAccess
from flexopt.model.move_rows import Today, moved
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem, formulate
from flexopt.planning.baselines import todays_access
from flexopt.solve import moves_search
from flexopt.solve.moves_search import Thresholded, with_threshold
from flexopt.solve.optimise import Infeasible, Optimum, optimise
from flexopt.solve.subproblems import need_of_pairs, needs_of


def solved(problem: Problem, restriction: Restriction) -> Optimum | None:
    try:
        return optimise(problem, restriction)
    except (Infeasible, LimitError):
        return None


def threshold(problem: Problem, restriction: Restriction, price: Decimal) -> Thresholded:
    known = [o.solution for o in (solved(problem, Restriction()), solved(problem, restriction)) if o]
    return with_threshold(problem, restriction, price, known, lambda step: None)


def today_of(problem: Problem, restriction: Restriction) -> Today:
    return Today.of(
        problem, restriction, need_of_pairs(needs_of(problem, Restriction()), problem.demand.pairs)
    )


def by_trying(problem: Problem, restriction: Restriction, price: Decimal) -> Decimal:
    """The least cost + price x needs that do not stay, over all sets of needs that stay."""
    need = today_of(problem, restriction).need
    rules = restriction.rules(problem)
    found = []
    for stays in product([True, False], repeat=int(need.max(initial=-1)) + 1):
        bound = np.array(stays, dtype=bool)[need]
        offers = {i: only for i, only in restriction.offers.items() if bound[i]}
        best = solved(problem, Restriction(np.where(bound, rules, ""), offers))
        if best:
            found.append(best.cost + price * (len(stays) - sum(stays)))
    return min(found)


@contextmanager
def at_most(choices: int) -> Iterator[None]:
    """The whole model only up to so many choices."""
    before = moves_search.SMALL
    moves_search.SMALL = choices
    try:
        yield
    finally:
        moves_search.SMALL = before


@st.composite
def with_access(draw: st.DrawFn) -> tuple[Instance, tuple[TodaysAccess, ...]]:
    """A small instance, and a table of today's access for some of what is used."""
    instance = draw(small())
    scenario = instance.scenario
    offers = {p.id: [o.id for o in scenario.offers if p.id in o.covers] for p in scenario.products}
    rows = []
    for user in sorted(set(instance.usage["user"])):
        for p in scenario.products:
            kind = draw(st.sampled_from(["", "flex", "named", "offer", "offer"]))
            if kind == "offer" and offers[p.id]:
                rows.append(TodaysAccess(user, p.id, "named", draw(st.sampled_from(offers[p.id]))))
            elif kind in ("flex", "named"):
                rows.append(TodaysAccess(user, p.id, "named" if kind == "named" else "flex"))
    return instance, tuple(rows)


@pytest.mark.parametrize("choices", [400, -1], ids=["whole", "by-tiers"])
@one_in(8)
@given(drawn=with_access(), price=st.sampled_from(["0.01", "20", "75.50", "300", "5000"]))
def test_no_set_of_moves_is_better(
    choices: int, drawn: tuple[Instance, tuple[TodaysAccess, ...]], price: str
) -> None:
    instance, access = drawn
    source, demand = instance.source(), instance.demand()
    problem = formulate(source.scenario, source.holdings, demand)
    free = solved(problem, Restriction())
    assume(free is not None and demand.pairs)
    assert free is not None
    restriction = todays_access(problem, access)
    assume(today_of(problem, restriction).need.max() < 5)
    least = Decimal(price)
    with at_most(choices):
        found = threshold(problem, restriction, least)
    best = by_trying(problem, restriction, least)
    slack = Decimal("0.01") * (len(problem.packs) + 2) + best * problem.scenario.solver.gap
    counted = found.cost + least * found.moves
    assert best - slack <= counted
    assert Decimal(found.bound) <= best + slack
    assert found.cost >= free.cost - slack
    if found.proven:
        assert counted <= best + slack
        today = solved(problem, restriction)
        assert today is None or counted <= today.cost + slack
    if choices > 0:
        assert found.proven


# --- by hand ---------------------------------------------------------------------------------------------

DAYS: Days = {
    ("ann", "AutoCAD"): every(date(2025, 1, 1), 120),  # a seat saves 2,520 - 2,310 = 210
    ("bob", "AutoCAD"): every(date(2025, 1, 1), 20),  # Flex saves 2,310 - 420 = 1,890
}
ACCESS = [TodaysAccess("ann", "AutoCAD", "flex"), TodaysAccess("bob", "AutoCAD", "named", "autocad-1y")]


@pytest.mark.parametrize(
    ("price", "cost", "moves"),
    [("0.01", 2730, 2), ("209.99", 2730, 2), ("210.01", 2940, 1), ("1890.01", 4830, 0)],
)
def test_two_moves_by_hand(price: str, cost: int, moves: int) -> None:
    problem = a_problem(DAYS)
    found = threshold(problem, todays_access(problem, ACCESS), Decimal(price))
    assert (found.cost, found.moves, found.proven) == (Decimal(cost), moves, True)
    assert found.bound == pytest.approx(float(cost + Decimal(price) * moves), abs=0.02)


def test_moves_that_pay_only_together_are_made_together() -> None:
    """A pack of 1,000 tokens costs 1,500: too much for ann's 700 alone, cheaper than both their seats."""
    days: Days = {(u, "AutoCAD"): every(date(2025, 1, 1), 70) for u in ("ann", "bob")}
    tokens = {"tiers": [{"from": 1000, "price": "1.50"}], "increment": 1000}
    offer = AUTOCAD_YEAR | {"prices": [{"from": "2025-01-01", "new": 1000}]}
    problem = a_problem(days, offers=[offer], tokens=tokens)
    restriction = todays_access(
        problem, [TodaysAccess(u, "AutoCAD", "named", "autocad-1y") for u in ("ann", "bob")]
    )
    for price, cost, moves in (("249", 1500, 2), ("251", 2000, 0)):
        found = threshold(problem, restriction, Decimal(price))
        assert (found.cost, found.moves) == (Decimal(cost), moves)


def test_of_users_who_need_the_same_the_one_with_the_seat_today_keeps_it() -> None:
    """Two of three users fit on the seats owned: without a threshold the first two get them."""
    days: Days = {(u, "AutoCAD"): every(date(2025, 1, 1), 50) for u in ("ann", "bob", "cat")}
    changes: dict[str, Any] = {"holdings": [{"offer": "autocad-1y", "quantity": 2, "ends": "2027-01-01"}]}
    problem = a_problem(days, **changes)
    access = [
        TodaysAccess("ann", "AutoCAD", "flex"),
        *(TodaysAccess(u, "AutoCAD", "named", "autocad-1y") for u in ("bob", "cat")),
    ]
    restriction = todays_access(problem, access)
    free = optimise(problem)
    assert free.solution.seats[:, 0].tolist() == [0, 1]
    assert len(moved(problem, free.solution.seats, today_of(problem, restriction))) == 2
    found = threshold(problem, restriction, Decimal("0.01"))
    assert (found.cost, found.moves) == (free.cost, 0)
    assert found.solution.seats[:, 0].tolist() == [1, 2]


def test_access_that_is_no_longer_possible_is_left_at_any_price() -> None:
    problem = a_problem({("ann", "AutoCAD"): every(date(2025, 1, 1), 20)})
    restriction = todays_access(problem, [TodaysAccess("ann", "AutoCAD", "named", "gone-1y")])
    found = threshold(problem, restriction, Decimal(9000))
    assert (found.cost, found.moves) == (Decimal(420), 1)
