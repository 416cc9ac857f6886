"""A fee for moves, against trying every set of subproblems that stay; and by hand."""

from __future__ import annotations

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
from flexopt.model.fees import Fees, Moves
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem, formulate
from flexopt.planning.baselines import todays_access
from flexopt.solve.backend import Status
from flexopt.solve.optimise import Infeasible, Optimum, optimise
from flexopt.solve.options import SearchOptions
from flexopt.solve.pricing_moves import PricingWithMoves

FREE = Decimal(0)


def solved(problem: Problem, restriction: Restriction, contract: Decimal = FREE) -> Optimum | None:
    try:
        return optimise(problem, restriction, fees=Fees(contract))
    except (Infeasible, LimitError):
        return None


def with_fee(
    problem: Problem,
    today: Restriction,
    fee: Decimal,
    options: SearchOptions = SearchOptions(),
    contract: Decimal = FREE,
) -> Optimum:
    known = [o.solution for o in (solved(problem, Restriction()), solved(problem, today)) if o]
    return optimise(problem, fees=Fees(contract, fee, today), known=known, options=options)


def moves_of(problem: Problem, today: Restriction) -> Moves:
    return PricingWithMoves(problem, Restriction(), Fees(move=Decimal(1), today=today)).moves


def by_trying(problem: Problem, restriction: Restriction, fee: Decimal, contract: Decimal) -> Decimal:
    """The least cost and fees, over all sets of subproblems that stay."""
    subproblem = moves_of(problem, restriction).subproblem
    rules = restriction.rules(problem)
    found = []
    for stays in product([True, False], repeat=int(subproblem.max(initial=-1)) + 1):
        bound = np.array(stays, dtype=bool)[subproblem]
        offers = {i: only for i, only in restriction.offers.items() if bound[i]}
        best = solved(problem, Restriction(np.where(bound, rules, ""), offers), contract)
        if best:
            found.append(best.objective + fee * (len(stays) - sum(stays)))
    return min(found)


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


@pytest.mark.parametrize("small", [400, -1], ids=["whole", "by-tiers"])
@one_in(8)
@given(
    drawn=with_access(),
    amount=st.sampled_from(["0.01", "20", "75.50", "300", "5000"]),
    of_contract=st.sampled_from(["0", "0", "12", "150"]),
)
def test_no_set_of_moves_is_better(
    small: int, drawn: tuple[Instance, tuple[TodaysAccess, ...]], amount: str, of_contract: str
) -> None:
    instance, access = drawn
    source, demand = instance.source(), instance.demand()
    problem = formulate(source.scenario, source.holdings, demand)
    free = solved(problem, Restriction())
    assume(free is not None and demand.pairs)
    assert free is not None
    restriction = todays_access(problem, access)
    assume(moves_of(problem, restriction).subproblem.max() < 5)
    fee, contract = (source.scenario.money.ceil(Decimal(of)) for of in (amount, of_contract))
    found = with_fee(problem, restriction, fee, SearchOptions(small=small), contract)
    best = by_trying(problem, restriction, fee, contract)
    slack = Decimal("0.01") * (len(problem.packs) + 2) + best * problem.scenario.solver.gap
    assert found.objective == found.cost + fee * found.moves + contract * found.contracts
    assert best - slack <= found.objective
    assert found.objective_bound <= best + slack
    assert found.cost >= free.cost - slack
    if found.status is Status.OPTIMAL:
        assert found.objective <= best + slack
        today = solved(problem, restriction, contract)
        assert today is None or found.objective <= today.objective + slack
    if small > 0:
        assert found.status is Status.OPTIMAL


# --- by hand ---------------------------------------------------------------------------------------------

DAYS: Days = {
    ("ann", "AutoCAD"): every(date(2025, 1, 1), 120),  # a seat saves 2,520 - 2,310 = 210
    ("bob", "AutoCAD"): every(date(2025, 1, 1), 20),  # Flex saves 2,310 - 420 = 1,890
}
ACCESS = [TodaysAccess("ann", "AutoCAD", "flex"), TodaysAccess("bob", "AutoCAD", "named", "autocad-1y")]


@pytest.mark.parametrize(
    ("fee", "cost", "moves"),
    [("0.01", 2730, 2), ("209.99", 2730, 2), ("210.01", 2940, 1), ("1890.01", 4830, 0)],
)
def test_two_moves_by_hand(fee: str, cost: int, moves: int) -> None:
    problem = a_problem(DAYS)
    found = with_fee(problem, todays_access(problem, ACCESS), Decimal(fee))
    assert (found.cost, found.moves, found.status) == (Decimal(cost), moves, Status.OPTIMAL)
    assert found.objective_bound == pytest.approx(cost + Decimal(fee) * moves, abs=Decimal("0.02"))


def test_moves_that_pay_only_together_are_made_together() -> None:
    """A pack of 1,000 tokens costs 1,500: too much for ann's 700 alone, cheaper than both their seats."""
    days: Days = {(u, "AutoCAD"): every(date(2025, 1, 1), 70) for u in ("ann", "bob")}
    tokens = {"tiers": [{"from": 1000, "price": "1.50"}], "increment": 1000}
    offer = AUTOCAD_YEAR | {"prices": [{"from": "2025-01-01", "new": 1000}]}
    problem = a_problem(days, offers=[offer], tokens=tokens)
    restriction = todays_access(
        problem, [TodaysAccess(u, "AutoCAD", "named", "autocad-1y") for u in ("ann", "bob")]
    )
    for fee, cost, moves in (("249", 1500, 2), ("251", 2000, 0)):
        found = with_fee(problem, restriction, Decimal(fee))
        assert (found.cost, found.moves) == (Decimal(cost), moves)


def test_of_users_with_the_same_use_the_one_with_the_seat_today_keeps_it() -> None:
    """Two of three users fit on the seats owned: without a fee the first two get them."""
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
    assert len(moves_of(problem, restriction).moved(problem, free.solution.seats)) == 2
    found = with_fee(problem, restriction, Decimal("0.01"))
    assert (found.cost, found.moves) == (free.cost, 0)
    assert found.solution.seats[:, 0].tolist() == [1, 2]


def test_access_that_is_no_longer_possible_is_left_at_any_price() -> None:
    problem = a_problem({("ann", "AutoCAD"): every(date(2025, 1, 1), 20)})
    restriction = todays_access(problem, [TodaysAccess("ann", "AutoCAD", "named", "gone-1y")])
    found = with_fee(problem, restriction, Decimal(9000))
    assert (found.cost, found.moves) == (Decimal(420), 1)
