"""Which decisions are open: all, none, or those near indifference; and sums of the rest that add up."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pulp
import pytest
from build import AUTOCAD, AUTOCAD_YEAR, Days, a_problem, every, the_value
from hypothesis import assume, given
from hypothesis import strategies as st
from profiles import one_in
from strategies import Instance, medium

from flexopt.inputs.records import Person
from flexopt.inputs.scenario.scenario import SolverOptions
from flexopt.model.core import Core, everything, purchases_only
from flexopt.model.restriction import Restriction
from flexopt.model.rows import build
from flexopt.model.sets import Problem, formulate, span_end
from flexopt.solve.backend import Status, solve
from flexopt.solve.fixing import fix_by_reduced_cost
from flexopt.solve.optimise import optimise
from flexopt.solve.options import SearchOptions
from flexopt.solve.pricing import Prices, PricingProblem, Response

EXACT = SolverOptions.model_validate({"gap": 0, "time_limit": 30})
FREE = Restriction()
AMY_AND_BEN: Days = {
    ("amy", "AutoCAD"): every(date(2025, 1, 1), 20),
    ("ben", "AutoCAD"): every(date(2025, 1, 1), 200),
}


def listed(problem: Problem, token: float = 3.0) -> Prices:
    """Seats at their cost, tokens at one price."""
    seat = [float(c.cost[0]) for c in problem.contracts]
    return Prices(np.array(seat), np.full(problem.periods, token * (1 + problem.buffer)))


def core_of(
    problem: Problem,
    prices: Prices,
    inside: list[int],
    window: float,
    options: SearchOptions = SearchOptions(),
) -> Core:
    """Fixed as in the search, but without rows that count seats."""
    pricing = PricingProblem(problem, FREE, options)
    mine = np.isin(np.arange(len(pricing)), inside)

    def outside(_: Any) -> Response:
        return pricing.respond(prices, mine.astype(np.int64), 2)

    return fix_by_reduced_cost(pricing, prices, mine, window, outside)


# --- everything, purchases only --------------------------------------------------------------------------


def test_everything_is_each_seat_that_is_used_and_each_block_of_use() -> None:
    """The seat of a month in which ben does nothing is none; purchases alone have the coupling rows."""
    monthly = {**AUTOCAD_YEAR, "id": "autocad-1m", "term_months": 1}
    P = a_problem({("ben", "AutoCAD"): [date(2025, 2, 5), date(2025, 3, 5)]}, offers=[monthly])
    core = everything(P, FREE)
    assert [P.contracts[k].start for _, k in core.seats] == [date(2026, 2, 1), date(2026, 3, 1)]
    assert core.flexes == core.access
    assert [P.edges[t] for _, t in core.flexes] == [date(2026, 2, 1), date(2026, 3, 1)]
    assert (core.choices, core.users) == (4, 1)
    assert not core.decided.size
    assert not core.counts.any()
    assert not core.tokens.any()
    none = purchases_only(P)
    assert (none.seats, none.flexes, none.access, none.users) == ((), (), (), 0)


def test_an_estate_of_services_alone_has_nothing_to_decide() -> None:
    """amy left before the horizon; the tokens of the service are due all the same."""
    P = a_problem(
        {("amy", "AutoCAD"): [date(2025, 2, 5)]},
        [Person("amy", leaves=date(2025, 12, 1))],
        cloud=[{"service": "CFD", "monthly_tokens": 10}],
    )
    assert P.demand.pairs == 0
    assert everything(P, FREE).choices == 0
    assert optimise(P).cost == 12 * 10 * 3


def test_rules_of_the_policy_and_of_a_baseline_close_decisions() -> None:
    P = a_problem(AMY_AND_BEN, policy=[{"user": "amy", "access": "named"}])
    rule = np.array(["flex", "flex"], dtype=object)
    core = everything(P, Restriction(rule=rule))
    # amy is bound by the scenario, whatever the baseline says; ben by the baseline
    assert core.seats == ((0, 0),)
    assert [i for i, _ in core.flexes] == [1]
    assert [i for i, _ in core.access] == [0, 1]
    assert everything(P, Restriction(offers={0: frozenset({"revit-1y"})})).seats == ((1, 0),)


# --- reduced-cost fixing ---------------------------------------------------------------------------------


def test_what_is_far_from_indifferent_is_fixed() -> None:
    """Tokens at 3.00: amy pays 420 for them instead of 2,310 for a seat, ben 2,310 instead of 4,200."""
    P = a_problem(AMY_AND_BEN)
    prices = listed(P)
    closed = core_of(P, prices, [0, 1], 1889)
    assert (closed.seats, closed.flexes, closed.access, closed.users) == ((), (), (), 0)
    assert closed.decided.tolist() == [[1, 0]]
    assert closed.counts.tolist() == [1, 0]
    assert closed.tokens.tolist() == P.tokens[0].tolist()
    open_ = core_of(P, prices, [0, 1], 1890)  # both lose just 1,890 by doing otherwise
    assert open_.seats == ((0, 0), (1, 0))
    assert [i for i, _ in open_.flexes] == [0, 1]
    assert not open_.decided.size
    assert not open_.tokens.any()


def test_outside_the_core_the_cheapest_choice_is_fixed_however_close() -> None:
    P = a_problem(AMY_AND_BEN)
    core = core_of(P, listed(P), [0], math.inf)
    assert core.seats == ((0, 0),)
    assert core.users == 1
    assert core.decided.tolist() == [[1, 0]]


LATE = {
    **AUTOCAD_YEAR,
    "id": "autocad-late",
    "starts": ["2026-07-01"],
    "prices": [{"from": "2026-07-01", "new": 500}],
}
"""A seat that can be had from July on only: before that it must be tokens."""


def test_a_decision_without_an_alternative_is_decided_in_any_window() -> None:
    days: Days = {("amy", "AutoCAD"): every(date(2025, 1, 1), 30, step=12)}
    P = a_problem(days, offers=[LATE])
    core = core_of(P, listed(P), [0], math.inf)
    assert core.seats == ((0, 0),)
    taken, left = {t for _, t in core.flexes}, {t for _, t in core.access}
    assert taken == left == {P.edges.index(date(2026, 7, 1))}
    july = P.edges.index(date(2026, 7, 1))
    assert core.tokens[:july].tolist() == P.tokens[0, :july].tolist()
    assert solve(build(P, core).lp, EXACT, seconds=5).status is Status.OPTIMAL


@one_in(8)
@given(medium(users=6), st.floats(0, 5), st.data())
def test_an_open_core_is_the_whole_model(instance: Instance, token: float, data: st.DataObject) -> None:
    """With a window without end only what has no alternative is decided: the optimum is that of all."""
    P = _problem(instance)
    prices = listed(P, token)
    pricing = PricingProblem(P, FREE)
    assume(math.isfinite(the_value(pricing, prices)))
    found = _optimum(P, core_of(P, prices, list(range(len(pricing))), math.inf))
    assert found == pytest.approx(_optimum(P, everything(P, FREE)), rel=1e-6, abs=0.01)


@one_in(8)
@given(medium(users=6), st.floats(0.5, 4), st.floats(0, 500), st.data())
def test_a_core_and_its_sums_are_the_whole_model_with_those_decisions(
    instance: Instance, token: float, window: float, data: st.DataObject
) -> None:
    P = _problem(instance)
    prices = listed(P, token)
    pricing = PricingProblem(P, FREE)
    assume(math.isfinite(the_value(pricing, prices)))
    inside = data.draw(st.lists(st.integers(0, max(0, len(pricing) - 1)), unique=True))
    core = core_of(P, prices, inside, window)
    m = build(P, everything(P, FREE))
    open_, given = set(core.seats), {(u, k) for u, k in core.decided.tolist()}
    assert given <= set(m.seat)
    assert not given & open_
    assert core.counts.tolist() == np.bincount(core.decided[:, 1], minlength=len(P.contracts)).tolist()
    for key, x in m.seat.items():
        if key not in open_:
            x.lowBound = x.upBound = int(key in given)
    # tokens are decided where no seat that is given, and no open block, serves them
    decided = np.zeros(P.periods)
    asked = set(core.access)
    for (i, first), x in m.flex.items():
        if (i, first) in core.flexes:
            continue
        x.lowBound = x.upBound = 0
        if (i, first) not in asked and not _seated(P, i, first, given):
            x.lowBound = x.upBound = 1
            after = span_end(P, i, first)
            decided[first:after] += P.tokens[i, first:after]
    assert core.tokens.tolist() == pytest.approx(decided.tolist())
    outcome = solve(m.lp, EXACT, seconds=30)
    expected = value_of(m.lp) if outcome.status is Status.OPTIMAL else math.inf
    assert _optimum(P, core) == pytest.approx(expected, rel=1e-6, abs=0.01)


def _seated(P: Problem, i: int, first: int, given: set[tuple[int, int]]) -> bool:
    p, u = int(P.demand.pair_product[i]), int(P.demand.pair_user[i])
    return any(
        p in P.contracts[k].covers and P.contracts[k].first <= first < P.contracts[k].after
        for v, k in given
        if v == u
    )


def _optimum(P: Problem, core: Core) -> float:
    m = build(P, core)
    outcome = solve(m.lp, EXACT, seconds=30)
    assert outcome.status in (Status.OPTIMAL, Status.INFEASIBLE)
    if outcome.status is Status.INFEASIBLE:
        return math.inf
    return value_of(m.lp) + m.decided


def value_of(lp: pulp.LpProblem) -> float:
    """Of the objective, constant or not."""
    return math.fsum(c * (x.value() or 0.0) for x, c in (lp.objective or {}).items())


def _problem(instance: Instance) -> Problem:
    file = instance.source()
    return formulate(file.scenario, file.holdings, instance.demand())


def test_a_structure_that_is_not_exact_leaves_all_open() -> None:
    """Rounded up, the seat of January is one until March: what it says of tokens in February is not used."""
    monthly = {
        **AUTOCAD_YEAR,
        "id": "autocad-1m",
        "term_months": 1,
        "prices": [{"from": "2025-01-01", "new": 1}],
    }
    days: Days = {("amy", "AutoCAD"): every(date(2025, 1, 1), 30, step=3)}
    P = a_problem(
        days, products=[{**AUTOCAD, "rates": [{"from": "2021-01-01", "tokens": "0.7"}]}], offers=[monthly]
    )
    rounded = SearchOptions(most_states=1)
    assert not PricingProblem(P, FREE, rounded).exact.any()
    core = core_of(P, listed(P), [0], 0.0, rounded)
    assert core.seats == everything(P, FREE).seats
    assert core.flexes == everything(P, FREE).flexes
    assert Decimal(_optimum(P, core)).quantize(Decimal("0.01")) == Decimal("3.00")
