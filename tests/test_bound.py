"""The bound is below every plan, and what it leaves out of the core is dearer than it says."""

from __future__ import annotations

import math
import time
from datetime import date
from decimal import Decimal

import numpy as np
import pulp
import pytest
from build import a_problem, every
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import Instance, medium, small

from flexopt.bound import Bound, Users, lower_bound
from flexopt.inputs.scenario import SolverOptions
from flexopt.model import Model, build
from flexopt.optimise import Infeasible, Optimum, optimise
from flexopt.problem import Problem, formulate
from flexopt.solver import Status, solve, solve_relaxation

EXACT = SolverOptions.model_validate({"gap": 0, "time_limit": 30})


def _bound(problem: Problem) -> Bound | None:
    return lower_bound(build(problem), EXACT, time.monotonic() + 60)


def _whole(problem: Problem) -> Optimum:
    """The whole model, without any core."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flexopt.optimise.SMALL", math.inf)
        return optimise(problem)


def _problem(instance: Instance) -> Problem:
    file = instance.changed(solver={"gap": "0.000001", "time_limit": 30}).source()
    return formulate(file.scenario, file.holdings, instance.demand())


@given(st.one_of(small(), medium(users=8)))
def test_the_bound_is_never_above_the_optimum(instance: Instance) -> None:
    problem = _problem(instance)
    bound = _bound(problem)
    try:
        whole = _whole(problem)
    except Infeasible:
        return
    if bound is not None:
        # sub-cent packs are rounded in the bill, not in the model
        assert bound.value <= float(whole.cost) * (1 + 1e-9) + 0.01 * (1 + len(whole.solution.purchases))


@settings(max_examples=max(1, settings().max_examples // 3))
@given(medium(users=10))
def test_a_core_finds_what_the_whole_model_finds(instance: Instance) -> None:
    problem = _problem(instance)
    try:
        whole = _whole(problem)
    except Infeasible:
        assume(False)
    assume(whole.status is Status.OPTIMAL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flexopt.optimise.SMALL", 0)
        patch.setattr("flexopt.optimise.FIRST_WINDOW", 0.0001)  # as narrow as can be: it must widen
        found = optimise(problem)
    cents = Decimal("0.01") * (1 + len(whole.solution.purchases))
    assert abs(found.cost - whole.cost) <= whole.cost * Decimal("0.000002") + cents
    assert found.bound <= whole.cost + cents


@settings(max_examples=max(1, settings().max_examples // 2))
@given(medium(users=5), st.data())
def test_a_decision_against_the_prices_costs_at_least_its_reduced_cost(
    instance: Instance, data: st.DataObject
) -> None:
    """Fix one choice on its dear side: no plan with it is cheaper than the window says."""
    problem = _problem(instance)
    bound = _bound(problem)
    assume(bound is not None)
    assert bound is not None
    dear = np.flatnonzero(np.abs(bound.cut.reduced) > 1)
    assume(len(dear) > 0)
    j = int(data.draw(st.sampled_from(list(map(int, dear)))))
    model = build(problem)
    choice = [*model.seat.values(), *model.flex.values()][j]
    choice.lowBound = choice.upBound = int(bound.cut.reduced[j] > 0)
    outcome = solve(model.lp, EXACT, seconds=30)
    assume(outcome.status is Status.OPTIMAL)
    cost = float(pulp.value(model.lp.objective))
    window = cost + 0.01 - bound.master.least(bound.cut, cost + 0.01, (), EXACT, 10)
    assert abs(bound.cut.reduced[j]) <= window + 1e-6 * cost


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=12), small())
def test_a_cut_holds_for_any_prices(prices: list[float], instance: Instance) -> None:
    """Weak duality, whatever the solver prints: the cut of made-up prices is below the users' true cost."""
    problem = _problem(instance)
    model = build(problem)
    users = Users(model)
    assume(users.constraints)
    for n, row in enumerate(users.constraints):
        row.pi = prices[n % len(prices)]
    cut = users.cut()
    outcome = solve(model.lp, EXACT, seconds=30)
    assume(outcome.status is Status.OPTIMAL)
    values = {x.name: x.value() or 0.0 for x in model.lp.variables()}
    paid = sum(c * values[x.name] for x, c in model.cost.items() if x in set(users.choices))
    least = cut.constant + sum(s * values[y] for y, s in cut.slope.items())
    assert least <= paid + 1e-6 * (1 + abs(least))


def test_prices_of_a_single_tier_are_the_price_of_a_token() -> None:
    """40 days of AutoCAD at 7 tokens on Flex, 200 days of Revit on a seat: a token is worth its price."""
    use = {
        ("ann", "AutoCAD"): every(date(2025, 1, 1), 40, step=9),
        ("bob", "Revit"): every(date(2025, 1, 1), 200),
    }
    problem = a_problem(use)
    bound = _bound(problem)
    assert bound is not None
    assert bound.value == pytest.approx(40 * 7 * 3 + 2985)
    # whoever deviates pays the difference: ann a seat for her tokens, bob tokens for his seat
    reduced = dict(zip(_keys(build(problem)), bound.cut.reduced, strict=True))
    assert reduced["seat", 0] == pytest.approx(2310 - 40 * 7 * 3)
    assert reduced["flex", 1] == pytest.approx(200 * 10 * 3 - 2985)


def _keys(model: Model) -> list[tuple[str, int]]:
    return [*(("seat", u) for u, _ in model.seat), *(("flex", i) for i, _ in model.flex)]


def test_relaxation_without_a_solution_costs_infinitely_much() -> None:
    lp = pulp.LpProblem("none", pulp.LpMinimize)
    x = lp.add_variable("x", 0, 1)
    lp.setObjective(pulp.LpAffineExpression(x))
    lp.addConstraint(pulp.LpConstraint(pulp.LpAffineExpression(x), pulp.LpConstraintGE, "more", 2))
    assert solve_relaxation(lp, EXACT, seconds=5) == math.inf
