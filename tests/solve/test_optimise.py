"""The search: what is decided outside the core, ties, limits, and a bound that says no more than is known."""

from __future__ import annotations

import math
import random
import tempfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pulp
import pytest
from build import AUTOCAD_YEAR, Days, a_problem, every
from certificate import judge
from random_instances import instance, write

from flexopt import load_scenario
from flexopt.base.errors import LimitError, SolverError
from flexopt.demand.forecast import forecast
from flexopt.inputs.scenario.scenario import SolverOptions
from flexopt.inputs.usage import read_usage
from flexopt.model.core import everything
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem, formulate
from flexopt.solve.backend import Backend, Outcome, Status, solve, solve_relaxation
from flexopt.solve.optimise import Infeasible, optimise
from flexopt.solve.options import SearchOptions

CORE, WHOLE = SearchOptions(small=0), SearchOptions(small=math.inf)
"""Every model begins with a bound and a core, or is solved whole."""

WAYS = pytest.mark.parametrize("way", [CORE, WHOLE], ids=["core", "whole"])
AMY: Days = {("amy", "AutoCAD"): every(date(2025, 1, 1), 20)}


@cache
def an_estate(seed: int, users: int) -> Problem:
    """One of the benchmark's random instances."""
    with tempfile.TemporaryDirectory() as folder:
        file = load_scenario(write(Path(folder), *instance(random.Random(seed), users)))
        usage = read_usage(file.usage_files, file.scenario, file.folder)
        return formulate(file.scenario, file.holdings, forecast(file.scenario, usage, file.people))


def limited(nodes: int) -> Backend:
    """It gives up on a core after so many nodes: a limit that is the same on every machine."""

    def run(lp: pulp.LpProblem, options: SolverOptions, **arguments: Any) -> Outcome:
        return solve(lp, options, **arguments if lp.name == "bound" else {**arguments, "nodes": nodes})

    return Backend(solve=run)


# --- the core --------------------------------------------------------------------------------------------


def test_core_is_smaller_than_the_estate() -> None:
    steps: list[str] = []
    P = an_estate(1, 100)
    best = optimise(P, tell=steps.append)
    assert best.status is Status.OPTIMAL
    assert best.users < 100
    assert best.choices < everything(P, Restriction()).choices / 2
    assert steps[0] == "bound"
    assert "ties" in steps
    opened = [int(step.split()[0].replace(",", "")) for step in steps if step.endswith(" open")]
    assert max(opened) == best.choices


def test_result_does_not_depend_on_the_core() -> None:
    core, whole = (optimise(an_estate(4, 60), options=way) for way in (CORE, WHOLE))
    assert core.choices < whole.choices == everything(an_estate(4, 60), Restriction()).choices
    for best in (core, whole):
        assert best.certificate is not None
        assert best.certificate.cuts
        assert best.certificate.bound <= min(core.cost, whole.cost)
    assert core.status is whole.status is Status.OPTIMAL
    assert abs(core.cost - whole.cost) <= Decimal("1e-6") * max(core.cost, whole.cost)
    assert core.objective_bound <= whole.cost
    assert whole.objective_bound <= core.cost


@pytest.mark.parametrize("wider", [1.5, 1000])
def test_result_does_not_depend_on_how_the_core_grows(wider: float) -> None:
    expected = optimise(an_estate(3, 60), options=CORE)
    growing = SearchOptions(small=0, first_window=0, wider=wider)
    assert optimise(an_estate(3, 60), options=growing).cost == expected.cost


def test_seats_of_an_order_that_is_paid_anyway_are_not_all_the_same() -> None:
    """At least three seats must be ordered, and then one more costs nothing: at these prices the renewal at
    2,500 is as good as a new one at 2,310. It is not, and the search must not take it for decided.
    """
    prices = [{"from": "2025-01-01", "new": 2310, "renewal": 2500}]
    P = a_problem(
        {("amy", "AutoCAD"): every(date(2025, 1, 1), 60, step=6)},
        offers=[{**AUTOCAD_YEAR, "prices": prices, "minimum": 3}],
        holdings=[
            {"offer": "autocad-1y", "quantity": 1, "ends": "2026-01-01"},
            {"offer": "autocad-1y", "quantity": 1, "ends": "2026-07-20"},
        ],
        policy=[{"user": "amy", "access": "named"}],
    )
    best = optimise(P, options=SearchOptions(small=0, quick_cores=()))
    assert (best.status, best.cost) == (Status.OPTIMAL, Decimal(3 * 2310))


@WAYS
def test_a_token_may_be_worth_more_than_any_price_of_one(way: SearchOptions) -> None:
    """Packs bought in 2026 are dead in January 2027, where one day of half a token takes a seat of 250
    for the month: 500 a token. That the restricted master would rather be short of it does not mean that
    there is no plan.
    """
    monthly = {
        **AUTOCAD_YEAR,
        "id": "autocad-1m",
        "term_months": 1,
        "prices": [{"from": "2025-01-01", "new": 250}],
    }
    P = a_problem(
        {("amy", "AutoCAD"): [date(2025, 1, 5), date(2025, 3, 5)]},
        products=[{"id": "AutoCAD", "rates": [{"from": "2021-09-07", "tokens": "0.5"}]}],
        offers=[monthly],
        horizon={"start": "2026-01-01", "months": 13},
        tokens={"purchase_dates": ["2026-01-01"], "valid_days": 365},
    )
    best = optimise(P, options=way)
    assert (best.status, best.cost) == (Status.OPTIMAL, Decimal(253))


@pytest.mark.parametrize(
    "number", [51, 181, 1014, *(pytest.param(n, marks=pytest.mark.slow) for n in (11, 190))]
)
def test_instances_that_had_a_wrong_certificate(number: int) -> None:
    assert judge(number, 5).wrong == []


def test_inexact_structures_are_always_in_the_core() -> None:
    """Rounded up, a seat of January lasts until March: what is cheapest then is no plan at all.

    20 users need two seats of 290 each; one seat that covered both months would be half of that.
    """
    monthly = {
        **AUTOCAD_YEAR,
        "id": "autocad-1m",
        "term_months": 1,
        "prices": [{"from": "2025-01-01", "new": 290}],
    }
    days: Days = {(f"u{n:02d}", "AutoCAD"): every(date(2025, 1, 1), 59) for n in range(20)}
    P = a_problem(days, offers=[monthly], horizon={"start": "2026-01-01", "months": 2})
    best = optimise(P, options=SearchOptions(small=0, quick_cores=(3,), first_core=5, most_states=1))
    assert (best.status, best.cost) == (Status.OPTIMAL, Decimal(20 * 2 * 290))


@pytest.mark.parametrize("failing", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))])
def test_a_relaxation_that_ends_without_an_answer_says_nothing(failing: int) -> None:
    """A crash or a limit is no proof that the tiers just tried allow no plan."""
    P, calls = an_estate(10, 30), 0
    expected = optimise(P, options=CORE)

    def relaxation(lp: pulp.LpProblem, options: SolverOptions, *, seconds: float) -> float | None:
        nonlocal calls
        calls += 1
        return None if calls == failing + 1 else solve_relaxation(lp, options, seconds=seconds)

    best = optimise(P, options=CORE, backend=Backend(solve_relaxation=relaxation))
    assert calls > failing
    assert best.cost == expected.cost
    assert best.objective_bound <= expected.cost


# --- ties ------------------------------------------------------------------------------------------------


@WAYS
def test_the_seat_wins_a_tie(way: SearchOptions) -> None:
    """110 days x 7 tokens x 3.00 = 2,310.00 = the seat."""
    best = optimise(a_problem({("amy", "AutoCAD"): every(date(2025, 1, 1), 110, 3)}), options=way)
    assert (best.solution.seats.tolist(), best.solution.purchases) == ([[0, 0]], ())
    assert best.cost == 2310


TWO_DATES: dict[str, Any] = {"purchase_dates": ["2026-01-01", "2026-04-01"], "valid_days": 200}


@WAYS
@pytest.mark.parametrize(
    ("days", "says"),
    [
        ([date(2025, 1, 11), date(2025, 5, 31)], "one purchase for both, not one for each"),
        ([date(2025, 5, 31)], "either serves it: the first"),
    ],
)
def test_fewest_purchases_then_the_earliest(days: list[date], says: str, way: SearchOptions) -> None:
    P = a_problem({("amy", "AutoCAD"): days}, tokens=TWO_DATES)
    assert len(P.packs) == 2
    assert optimise(P, options=way).solution.purchases == ((0, 0, 7 * len(days)),), says


def test_ties_never_cost_a_cent() -> None:
    """A seat for one cent more than the tokens is no tie."""
    P = a_problem({("amy", "AutoCAD"): every(date(2025, 1, 1), 110, 3)}, negotiated={"tokens": "0.00001"})
    best = optimise(P)
    assert not best.solution.seats.size
    assert best.cost == Decimal("2309.98")


def test_a_crash_over_ties_does_not_cost_the_plan() -> None:
    def run(lp: pulp.LpProblem, options: SolverOptions, **arguments: Any) -> Outcome:
        if arguments.get("nodes"):
            raise SolverError("crashed twice")
        return solve(lp, options, **arguments)

    best = optimise(a_problem(AMY), backend=Backend(solve=run))
    assert (best.status, best.cost) == (Status.OPTIMAL, Decimal(420))


# --- how it ends -----------------------------------------------------------------------------------------


@WAYS
def test_infeasible(way: SearchOptions) -> None:
    """A seat it must be for amy, and there is none to have; ben has tokens."""
    days: Days = {**AMY, ("ben", "AutoCAD"): every(date(2025, 1, 1), 20)}
    with pytest.raises(Infeasible):
        optimise(a_problem(days, offers=[], policy=[{"user": "amy", "access": "named"}]), options=way)


def test_limit_before_a_plan_is_an_error() -> None:
    stopped = Backend(solve=lambda *_, **__: Outcome(Status.NO_PLAN, 0.0, 1.0))
    for seconds in (Decimal("0.5"), Decimal(60)):
        with pytest.raises(LimitError, match=f"time limit of {seconds} s") as caught:
            optimise(a_problem(AMY, solver={"time_limit": seconds}), backend=stopped)
        assert "solver.time_limit" in caught.value.hint


@WAYS
def test_stopped_search_is_feasible_with_an_honest_bound(way: SearchOptions) -> None:
    P = an_estate(2, 40)
    least = optimise(P)
    # its cores never get the nodes they ask for
    stopped = optimise(P, options=replace(way, most_cores=5), backend=limited(nodes=2))
    assert stopped.objective_bound <= least.cost <= stopped.cost
    assert stopped.cost == stopped.solution.cost(P)
    if way == WHOLE:
        assert stopped.status is Status.FEASIBLE
        assert 0 < stopped.gap < 1
    if stopped.status is Status.OPTIMAL:
        assert stopped.gap <= Decimal("1.1e-6")


@WAYS
def test_tiny_time_limit(way: SearchOptions) -> None:
    """On a fast machine it is proven all the same, on a slow one there is no plan: never a wrong claim."""
    P = an_estate(2, 40)
    least = optimise(P).cost
    options = SolverOptions.model_validate({"time_limit": "0.1"})
    hurried = formulate(P.scenario.model_copy(update={"solver": options}), P.scenario.holdings, P.demand)
    try:
        best = optimise(hurried, options=way)
    except LimitError:
        return
    assert best.objective_bound <= least <= best.cost
    assert best.status is Status.FEASIBLE or best.gap <= Decimal("1.1e-6")


def test_bound_and_gap_of_a_proven_plan() -> None:
    best = optimise(a_problem(AMY))
    assert best.status is Status.OPTIMAL
    assert best.cost == best.objective_bound == 420
    assert best.gap == 0
    assert (best.choices, best.users) == (2, 1)
