"""At given prices users stand alone: the cheapest choice of each, and what every other decision costs more.

The judge is the solver: the access rows alone, with seats and tokens at those prices. A paid seat that covers
no use, and tokens beside a seat, are never cheaper.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pulp
import pytest
from build import AUTOCAD_YEAR, REVIT_YEAR, Days, a_problem, every, the_value
from hypothesis import assume, given
from hypothesis import strategies as st
from profiles import one_in
from strategies import Instance, medium, small

from flexopt.inputs.scenario.scenario import SolverOptions
from flexopt.model.core import everything
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem, formulate, span_end
from flexopt.solve.backend import Status, solve
from flexopt.solve.options import SearchOptions
from flexopt.solve.pricing import Forbidden, Prices, PricingProblem

EXACT = SolverOptions.model_validate({"gap": 0, "time_limit": 20})
FREE = Restriction()
AEC = {**AUTOCAD_YEAR, "id": "aec-1y", "covers": ["AutoCAD", "Revit"]}
AEC["prices"] = [{"from": "2025-01-01", "new": 3675}]
instances = st.one_of(small(), medium(users=4))


def problem_of(instance: Instance) -> Problem:
    file = instance.source()
    return formulate(file.scenario, file.holdings, instance.demand())


@st.composite
def priced(draw: st.DrawFn) -> tuple[Instance, Prices]:
    """Prices of seats and tokens in whole cents; some seats and some periods free."""
    instance = draw(instances)
    P = problem_of(instance)
    seat = draw(st.lists(st.integers(0, 200_000), min_size=1, max_size=5))
    token = draw(st.lists(st.integers(0, 500), min_size=1, max_size=5))
    k, t = np.arange(len(P.contracts)), np.arange(P.periods)
    return instance, Prices(np.array(seat)[k % len(seat)] / 100, np.array(token)[t % len(token)] / 100)


@dataclass
class Judge:
    """Every user's rows of access, and prices: no row that they share."""

    lp: pulp.LpProblem
    seat: dict[tuple[int, int], pulp.LpVariable]
    flex: dict[tuple[int, int], pulp.LpVariable]

    def least(self) -> float:
        status = solve(self.lp, EXACT, seconds=20).status
        assert status in (Status.OPTIMAL, Status.INFEASIBLE)
        if status is Status.INFEASIBLE:
            return math.inf
        return math.fsum(c * (x.value() or 0.0) for x, c in (self.lp.objective or {}).items())

    def with_(self, fixed: Mapping[pulp.LpVariable, int]) -> float:
        for x, value in fixed.items():
            x.lowBound = x.upBound = value
        try:
            return self.least()
        finally:
            for x in fixed:
                x.lowBound, x.upBound = 0, 1


def judge(P: Problem, prices: Prices) -> Judge:
    core = everything(P, FREE)
    lp: Any = pulp.LpProblem("users", pulp.LpMinimize)  # type: ignore[no-untyped-call]
    seat = {(u, k): lp.add_variable(f"seat_{u}_{k}", cat="Binary") for u, k in core.seats}
    flex = {(i, t): lp.add_variable(f"flex_{i}_{t}", cat="Binary") for i, t in core.flexes}
    terms = [(x, float(prices.seat[k])) for (_, k), x in seat.items()]
    for (i, t), x in flex.items():
        after = span_end(P, i, t)
        terms.append((x, float(P.tokens[i, t:after] @ prices.token[t:after])))
    lp.setObjective(pulp.LpAffineExpression(terms))
    for i, t in core.access:
        p, u = int(P.demand.pair_product[i]), int(P.demand.pair_user[i])
        cover = [
            (x, 1.0)
            for (v, k), x in seat.items()
            if v == u and p in P.contracts[k].covers and P.contracts[k].first <= t < P.contracts[k].after
        ]
        cover += [(flex[i, t], 1.0)] if (i, t) in flex else []
        row = pulp.LpConstraint(  # type: ignore[no-untyped-call]
            pulp.LpAffineExpression(cover), pulp.LpConstraintGE, f"access_{i}_{t}", 1
        )
        lp.addConstraint(row)
    return Judge(lp, seat, flex)


# --- value -----------------------------------------------------------------------------------------------


@one_in(8)
@given(priced())
def test_value_is_the_least_that_users_can_pay(drawn: tuple[Instance, Prices]) -> None:
    P, prices = problem_of(drawn[0]), drawn[1]
    pricing = PricingProblem(P, FREE)
    assume(pricing.exact.all())
    assert the_value(pricing, prices) == pytest.approx(judge(P, prices).least(), rel=1e-7, abs=1e-5)


@one_in(8)
@given(priced(), st.integers(1, 6))
def test_a_structure_rounded_up_gives_a_lower_bound(drawn: tuple[Instance, Prices], states: int) -> None:
    P, prices = problem_of(drawn[0]), drawn[1]
    value = the_value(PricingProblem(P, FREE, SearchOptions(most_states=states)), prices)
    assert value <= judge(P, prices).least() + 1e-5


def test_by_hand() -> None:
    """AutoCAD 420 or 2,310, Revit 6,000 or 2,985, both 3,675: 420 + 2,985 is the least."""
    days: Days = {
        ("amy", "AutoCAD"): every(date(2025, 1, 1), 20),
        ("amy", "Revit"): every(date(2025, 1, 1), 200),
    }
    P = a_problem(days, offers=[AUTOCAD_YEAR, REVIT_YEAR, AEC])
    pricing = PricingProblem(P, FREE)
    seats = np.array([float(c.cost[0]) for c in P.contracts])
    assert [c.offer for c in P.contracts] == ["autocad-1y", "revit-1y", "aec-1y"]
    prices = Prices(seats, np.full(P.periods, 3.0))
    assert len(pricing) == 1
    assert the_value(pricing, prices) == pytest.approx(3405)
    found = pricing.respond(prices, np.zeros(1, np.int64), 1)
    assert found.seats.tolist() == [[0, 1]]
    assert found.counts.tolist() == [[0, 1, 0]]
    assert found.tokens.sum() == 140
    costs = next(pricing.passes(prices)).reduced_costs()
    part = pricing.parts[0]
    seat = dict(zip(part.contracts[0].tolist(), costs.seat[:, 0].tolist(), strict=True))
    # a seat of AutoCAD costs 1,890 more; without Revit's the collection is next; with it both, 270 more
    assert seat == {0: pytest.approx(1890), 1: pytest.approx(-270), 2: pytest.approx(270)}
    barred: Forbidden = {}
    pricing.forbid(barred, [1], np.array([0]))
    assert pricing.respond(prices, np.zeros(1, np.int64), 1, barred).seats.tolist() == [[0, 2]]


def test_who_has_no_choice_costs_infinitely_much() -> None:
    P = a_problem(
        {("amy", "AutoCAD"): every(date(2025, 1, 1), 20)},
        offers=[],
        policy=[{"user": "amy", "access": "named"}],
    )
    assert the_value(PricingProblem(P, FREE), Prices(np.empty(0), np.full(P.periods, 3.0))) == math.inf


def test_a_seat_goes_before_tokens_of_the_same_price() -> None:
    P = a_problem({("amy", "AutoCAD"): every(date(2025, 1, 1), 110, 3)})
    found = PricingProblem(P, FREE).respond(
        Prices(np.array([2310.0, 2985.0]), np.full(P.periods, 3.0)), np.zeros(1, int), 1
    )
    assert found.seats.tolist() == [[0, 0]]


# --- respond ---------------------------------------------------------------------------------------------


@one_in(8)
@given(priced(), st.integers(1, 3))
def test_a_response_adds_up(drawn: tuple[Instance, Prices], groups: int) -> None:
    """Counts, tokens and value of every group, counted again from the seats of its subproblems."""
    P, prices = problem_of(drawn[0]), drawn[1]
    pricing = PricingProblem(P, FREE)
    group = np.arange(len(pricing)) % groups
    found = pricing.respond(prices, group, groups)
    assume(np.isfinite(found.value).all())
    counts = np.zeros((groups, len(P.contracts)), dtype=np.int64)
    for number, k in found.seats.tolist():
        counts[group[number], k] += 1
    assert found.counts.tolist() == counts.tolist()
    tokens = np.zeros((groups, P.periods))
    paid = np.zeros(len(pricing))
    for n, part in enumerate(pricing.parts):
        for place in range(len(part)):
            number = int(pricing.first[n]) + place
            seats = [P.contracts[k] for m, k in found.seats.tolist() if m == number]
            paid[number] = sum(prices.seat[k] for m, k in found.seats.tolist() if m == number)
            for i in part.pairs[:, place].tolist():
                p = int(P.demand.pair_product[i])
                for t in range(P.periods):
                    if not any(p in c.covers and c.first <= t < c.after for c in seats):
                        assert not pricing.barred[i, t] or not pricing.exact[number], "a seat is missing"
                        tokens[group[number], t] += P.tokens[i, t]
                        paid[number] += P.tokens[i, t] * prices.token[t]
    exact = bool(pricing.exact.all())
    if exact:
        assert found.tokens == pytest.approx(tokens)
        assert found.value == pytest.approx(paid)


# --- reduced costs ---------------------------------------------------------------------------------------


@one_in(8)
@given(priced(), st.data())
def test_a_reduced_cost_is_the_difference_that_the_decision_makes(
    drawn: tuple[Instance, Prices], data: st.DataObject
) -> None:
    """Force a seat on and off, and a block onto tokens and off them: two optima, one difference."""
    P, prices = problem_of(drawn[0]), drawn[1]
    pricing = PricingProblem(P, FREE)
    assume(pricing.exact.all())
    users = judge(P, prices)
    assume(users.least() < math.inf)
    found = {}
    for chunk in pricing.passes(prices):
        costs = chunk.reduced_costs()
        for column, place in enumerate(chunk.places.tolist()):
            found[int(chunk.numbers[column])] = (chunk.part, place, costs, column)
    assume(found)  # a policy of no access may leave nothing to decide
    number = data.draw(st.sampled_from(sorted(found)))
    part, place, costs, column = found[number]
    user = int(pricing.user[number])
    contracts = part.contracts[part.kind[place]].tolist()
    for k, cost in zip(contracts, costs.seat[:, column].tolist(), strict=True):
        if (user, k) not in users.seat:
            assert math.isnan(cost), "a seat that is not used"
            continue
        x = users.seat[user, k]
        _same(cost, users.with_({x: 1}), users.with_({x: 0}))
    for p, i in enumerate(part.pairs[:, place].tolist()):
        blocks = sorted(t for j, t in users.flex if j == i)
        for first in blocks:
            used = P.days[i, first : span_end(P, i, first)] > 0
            period = first + int(np.argmax(used))
            step = next(s for s, at in enumerate(part.structure.steps) if at.first <= period < at.after)
            if pricing.barred[i, part.structure.steps[step].first : part.structure.steps[step].after].any():
                continue  # the same seat must serve a neighbouring block
            x, p_i = users.flex[i, first], int(P.demand.pair_product[i])
            # tokens beside a seat are nothing to decide: on tokens there is none
            seats = {
                y: 0
                for (v, k), y in users.seat.items()
                if v == user
                and p_i in P.contracts[k].covers
                and P.contracts[k].first <= first < P.contracts[k].after
            }
            on, off = users.with_({x: 1, **seats}), users.with_({x: 0})
            _same(float(costs.flex[p, step, column]), on, off)


def _same(cost: float, on: float, off: float) -> None:
    if math.isinf(on) or math.isinf(off):
        assert cost == (math.inf if math.isinf(on) else -math.inf)
    else:
        assert cost == pytest.approx(on - off, abs=1e-4)


@one_in(8)
@given(priced(), st.data())
def test_idle_seats_can_all_be_left(drawn: tuple[Instance, Prices], data: st.DataObject) -> None:
    """They add nothing even together: the cheapest choice has none of them."""
    P, prices = problem_of(drawn[0]), drawn[1]
    pricing = PricingProblem(P, FREE)
    value = the_value(pricing, prices)
    assume(math.isfinite(value))
    users = judge(P, prices)
    assume(pricing.exact.all())
    for chunk in pricing.passes(prices):
        for row, column in np.argwhere(chunk.reduced_costs().idle).tolist():
            key = int(pricing.user[chunk.numbers[column]]), int(chunk.contract[row, column])
            if key in users.seat:
                users.seat[key].upBound = 0
    assert users.least() == pytest.approx(value, rel=1e-7, abs=1e-5)
