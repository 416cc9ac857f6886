"""The bound is below every plan, whatever the prices; a core finds what the whole model finds."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import numpy as np
import pulp
import pytest
from build import AUTOCAD_YEAR, Days, a_problem, every
from hypothesis import assume, given
from hypothesis import strategies as st
from profiles import one_in
from strategies import Instance, medium, small

from flexopt.inputs.scenario.scenario import SolverOptions
from flexopt.model.core import everything, purchases_only
from flexopt.model.restriction import Restriction
from flexopt.model.rows import build
from flexopt.model.sets import Problem, formulate, span_end
from flexopt.solve.backend import Status, solve, solve_relaxation
from flexopt.solve.bound import Bound
from flexopt.solve.coupling import CouplingRows
from flexopt.solve.optimise import Infeasible, Optimum, optimise
from flexopt.solve.options import SearchOptions
from flexopt.solve.pricing import PricingProblem
from flexopt.solve.stopwatch import Stopwatch

EXACT = SolverOptions.model_validate({"gap": 0, "time_limit": 30})
FREE = Restriction()
PRICES = st.lists(st.floats(-50, 50), min_size=1, max_size=12)


def _bound(problem: Problem, options: SearchOptions = SearchOptions()) -> Bound:
    return Bound(PricingProblem(problem, FREE, options), Stopwatch(60), options)


def _whole(problem: Problem) -> Optimum:
    """The whole model, without any core."""
    return optimise(problem, options=SearchOptions(small=math.inf))


def _problem(instance: Instance) -> Problem:
    file = instance.changed(solver={"gap": "0.000001", "time_limit": 30}).source()
    return formulate(file.scenario, file.holdings, instance.demand())


@one_in(8)
@given(st.one_of(small(), medium(users=8)))
def test_the_bound_is_never_above_the_optimum(instance: Instance) -> None:
    """Of the master in all tiers, of the search in those of the plan, and of prices alone."""
    problem = _problem(instance)
    bound = _bound(problem)
    try:
        whole = _whole(problem)
    except Infeasible:
        return
    most = float(whole.cost) * (1 + 1e-9) + 1e-6
    best = bound.best_tiers()
    assert best is not None
    assert best[0] <= most
    bought = {(pack, j) for pack, j, _ in whole.solution.purchases}
    ordered = {(problem.contracts[k].order, j) for k, j, _ in whole.solution.bought}
    tiers = [int((pk, j) in bought) for pk, of in enumerate(problem.tiers) for j in range(len(of))]
    tiers += [int((o, j) in ordered) for o, of in enumerate(problem.orders) for j in range(len(of.tiers) + 1)]
    assert bound.search(tuple(tiers), lambda step: None)[0] <= most
    assert bound.certify(float(whole.cost), lambda step: None)[0] <= most


@one_in(24)
@given(medium(users=6), st.sampled_from([2187, 3]))
def test_a_core_finds_what_the_whole_model_finds(instance: Instance, states: int) -> None:
    problem = _problem(instance)
    try:
        whole = _whole(problem)
    except Infeasible:
        assume(False)
    assume(whole.status is Status.OPTIMAL)
    # as narrow as can be: it must widen
    narrow = SearchOptions(small=0, first_window=0, first_core=2, quick_cores=(1,), most_states=states)
    found = optimise(problem, options=narrow)
    assert found.objective_bound <= whole.cost
    assert found.cost >= whole.objective_bound
    if found.status is Status.OPTIMAL:
        assert abs(found.cost - whole.cost) <= max(whole.cost, found.cost) * Decimal("0.000001")


@one_in(8)
@given(PRICES, st.one_of(small(), medium(users=3)), st.sampled_from([2187, 3]))
def test_a_cut_holds_for_any_prices(prices: list[float], instance: Instance, states: int) -> None:
    """Weak duality, whatever the solver prints: the cut of made-up prices is below the users' true cost."""
    problem = _problem(instance)
    bound = _bound(problem, SearchOptions(most_states=states))
    coupling = bound.coupling
    cut, _ = bound.ask(
        coupling.valid(np.array([prices[n % len(prices)] for n in range(len(coupling.names))]))
    )
    assume(math.isfinite(cut.value))
    model = build(problem, everything(problem, FREE))
    assume(solve(model.lp, EXACT, seconds=30).status is Status.OPTIMAL)
    values = {x.name: x.value() or 0.0 for x in model.lp.variables()}
    users = {x.name for x in (*model.seat.values(), *model.flex.values())}
    paid = sum(c * values[x.name] for x, c in model.cost.items() if x.name in users)
    least = cut.constant + sum(s * values[y] for y, s in cut.slope.items())
    assert least <= paid + 1e-6 * (1 + abs(least))


@one_in(8)
@given(st.one_of(small(), medium(users=3)))
def test_coupling_rows_are_those_of_the_whole_model(instance: Instance) -> None:
    """What a seat and a token put into a row, and its right side, are what `build` writes there."""
    problem = _problem(instance)
    coupling = CouplingRows(problem, build(problem, purchases_only(problem)))
    m = build(problem, everything(problem, FREE))
    rows = {row.name: row for row in m.lp.constraints()}
    seats = {x.name: k for (_, k), x in m.seat.items()}
    flexes = {x.name: (i, t) for (i, t), x in m.flex.items()}
    users = {*seats, *flexes}
    own = ("access", "seatsfirst")
    met = {
        name for name, r in rows.items() if {x.name for x in r.expr} & users and not str(name).startswith(own)
    }
    assert met <= set(coupling.names), "a row in which users meet and that has no price"
    for r, name in enumerate(coupling.names):
        row = rows[name]
        assert coupling.sides[r] == pytest.approx(-row.constant)
        for x, value in row.expr.items():
            if x.name in seats:
                assert value == pytest.approx(coupling.seat[r, seats[x.name]]), name
            elif x.name in flexes:
                i, t = flexes[x.name]
                after = span_end(problem, i, t)
                assert value == pytest.approx(coupling.token[r, t:after] @ problem.tokens[i, t:after]), name
            else:
                assert value == coupling.terms[r][x.name]
        missing = {k for k in seats.values() if coupling.seat[r, k]} - {
            seats[x.name] for x in row.expr if x.name in seats
        }
        assert not missing, name


def test_prices_of_a_single_tier_are_the_price_of_a_token() -> None:
    """40 days of AutoCAD at 7 tokens on Flex, 200 days of Revit on a seat: a token is worth its price."""
    use = {
        ("ann", "AutoCAD"): every(date(2025, 1, 1), 40, step=9),
        ("bob", "Revit"): every(date(2025, 1, 1), 200),
    }
    problem = a_problem(use)
    bound = _bound(problem)
    found = bound.best_tiers()
    assert found is not None
    assert found[0] == pytest.approx(40 * 7 * 3 + 2985)
    least, cut = bound.search(found[1], lambda step: None)
    assert least == pytest.approx(40 * 7 * 3 + 2985)
    assert cut is not None
    assert cut.prices.token[problem.tokens.sum(axis=0) > 0] == pytest.approx(3)
    # doing otherwise costs the difference: ann a seat for her tokens, bob tokens for his seat
    cost, on_tokens = bound.pricing.least_reduced_costs(cut.prices)
    assert dict(zip(bound.pricing.user.tolist(), cost.tolist(), strict=True)) == {
        0: pytest.approx(2310 - 40 * 7 * 3),
        1: pytest.approx(200 * 10 * 3 - 2985),
    }
    assert on_tokens.tolist() == cost.tolist()


def test_relaxation_without_a_solution_costs_infinitely_much() -> None:
    lp = pulp.LpProblem("none", pulp.LpMinimize)
    x = lp.add_variable("x", 0, 1)
    lp.setObjective(pulp.LpAffineExpression(x))
    lp.addConstraint(pulp.LpConstraint(pulp.LpAffineExpression(x), pulp.LpConstraintGE, "more", 2))
    assert solve_relaxation(lp, EXACT, seconds=5) == math.inf


def test_prices_prove_what_a_limit_on_orders_costs() -> None:
    """Six users of seats sold in tiers of three, at most three of them: no user's own seat is in the row."""
    use: Days = {(f"u{n}", "AutoCAD"): every(date(2025, 1, 1), 200) for n in range(6)}
    tiers = [{"from": 3, "discount": "0.1"}, {"from": 5, "discount": "0.3"}]
    P = a_problem(use, offers=[{**AUTOCAD_YEAR, "maximum": 3, "tiers": tiers}])
    bound = _bound(P)
    assert "maximum_s000_t000" in bound.coupling.names
    certificate = optimise(P).certificate
    assert certificate is not None
    # three seats at 10 % off and 1,400 tokens for each of the others; all on seats would be 9,702
    assert certificate.bound == pytest.approx(3 * 2310 * 0.9 + 3 * 1400 * 3)
