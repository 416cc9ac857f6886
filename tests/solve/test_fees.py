"""A fee for new contracts, against brute force; its laws; and by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from brute import least_total
from brute_packs import TooLarge
from build import AUTOCAD_YEAR, Days, a_problem, every
from hypothesis import assume, given
from hypothesis import strategies as st
from profiles import one_in
from strategies import Instance, medium, small

from flexopt.model.fees import Fees
from flexopt.model.sets import Problem, formulate
from flexopt.solve.backend import Status
from flexopt.solve.optimise import Infeasible, Optimum, charged, optimise
from flexopt.solve.options import SearchOptions


def a_problem_of(instance: Instance) -> Problem:
    source = instance.source()
    return formulate(source.scenario, source.holdings, instance.demand())


def with_fee(problem: Problem, fee: Decimal, options: SearchOptions = SearchOptions()) -> Optimum:
    try:
        return optimise(problem, fees=Fees(fee), options=options)
    except Infeasible:
        assume(False)
        raise


@pytest.mark.parametrize("size", [400, -1], ids=["whole", "by-tiers"])
@one_in(8)
@given(small(), st.sampled_from(["0.01", "12", "75.50", "5000"]))
def test_cost_and_fees_are_the_least_there_are(size: int, instance: Instance, amount: str) -> None:
    fee = instance.scenario.money.ceil(Decimal(amount))
    policy = {"rules": instance.document.get("policy", []), "min_saving": {"contract": str(fee)}}
    source = instance.changed(policy=policy).source()
    try:
        expected = least_total(source.scenario, instance.usage, source.people, source.holdings)
    except TooLarge:
        assume(False)
    problem = a_problem_of(instance)
    found = with_fee(problem, fee, SearchOptions(small=size))
    assert expected is not None
    assert found.objective == found.cost + fee * found.contracts
    assert charged(problem, Fees(fee), found.solution) == (found.contracts, 0, found.fees)
    assert found.objective_bound <= expected <= found.objective
    if found.status is Status.OPTIMAL:
        assert found.objective - expected <= found.objective * problem.scenario.solver.gap
    else:  # the time limit is never reached: what is left open is rounding
        left_open = float(found.objective - found.objective_bound)
        unit = float(problem.scenario.money.unit)  # bounds are whole minor units
        assert left_open <= float(found.solution.rounding(problem)) + unit


@one_in(8)
@given(
    st.one_of(small(), medium(users=6)).map(lambda i: i.changed(solver={"gap": "0.000001", "time_limit": 5})),
    st.sampled_from([("0", "20"), ("5", "40"), ("40", "400")]),
)
def test_a_higher_fee_gives_no_more_contracts_and_no_lower_bill(
    instance: Instance, amounts: tuple[str, str]
) -> None:
    """What is not proven, the tolerance allows: (contracts - contracts) x (fee - fee) <= both gaps."""
    problem = a_problem_of(instance)
    low, high = map(problem.scenario.money.ceil, map(Decimal, amounts))
    few, many = with_fee(problem, high), with_fee(problem, low)
    open_ = sum((o.objective - o.objective_bound for o in (few, many)), Decimal(0))
    assert (few.contracts - many.contracts) * (high - low) <= open_
    assert few.cost + low * few.contracts >= many.objective - open_
    assert few.cost >= many.cost - open_ * (1 + low / (high - low))


@one_in(8)
@given(small())
def test_no_fee_changes_nothing(instance: Instance) -> None:
    problem = a_problem_of(instance)
    found = with_fee(problem, Decimal(0))
    free = optimise(problem)
    assert found.solution.seats.tolist() == free.solution.seats.tolist()
    assert found.solution.purchases == free.solution.purchases
    assert found.solution.bought == free.solution.bought
    assert (found.objective, found.objective_bound) == (free.cost, free.objective_bound)


# --- by hand ---------------------------------------------------------------------------------------------

MONTH: dict[str, Any] = {
    "id": "autocad-1m",
    "covers": ["AutoCAD"],
    "term_months": 1,
    "prices": [{"from": "2025-01-01", "new": 290}],
}


@pytest.mark.parametrize(("fee", "cost", "contracts"), [("0", 710, 1), ("9.99", 710, 1), ("10.01", 720, 0)])
def test_a_month_that_saves_little_is_not_bought(fee: str, cost: int, contracts: int) -> None:
    """25 days of January take 175 tokens for 300, 35 others 420: a seat for the month costs 290."""
    days: Days = {("ann", "AutoCAD"): [*every(date(2025, 1, 1), 25), *every(date(2025, 2, 10), 35, 8)]}
    tokens = {"tiers": [{"from": 1, "price": "0.24"}], "increment": 1}
    products = [{"id": "AutoCAD", "rates": [{"from": "2021-09-07", "tokens": 50}]}]
    problem = a_problem(days, products=products, offers=[MONTH], tokens=tokens)
    found = with_fee(problem, Decimal(fee))
    assert (found.cost, found.contracts, found.status) == (Decimal(cost), contracts, Status.OPTIMAL)
    assert found.objective_bound == found.objective == cost + Decimal(fee) * contracts


def test_renewing_is_no_new_contract() -> None:
    """A seat of another offer for 2,070 is 9 cheaper than renewing for 2,079: too little for a fee of 10."""
    other = AUTOCAD_YEAR | {"id": "other-1y", "prices": [{"from": "2025-01-01", "new": 2070}]}
    days: Days = {("ann", "AutoCAD"): every(date(2025, 1, 1), 200)}
    held = [{"offer": "autocad-1y", "quantity": 1, "ends": "2026-01-01"}]
    problem = a_problem(days, offers=[AUTOCAD_YEAR, other], holdings=held)
    for fee, cost, contracts in (("8.99", 2070, 1), ("9.01", 2079, 0)):
        found = with_fee(problem, Decimal(fee))
        assert (found.cost, found.contracts) == (Decimal(cost), contracts)
