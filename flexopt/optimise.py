"""Problem -> the cheapest solution and how good it is proven to be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from flexopt.errors import LimitError
from flexopt.model import Restriction, build, build_ties
from flexopt.problem import Problem
from flexopt.solution import Solution, read_solution
from flexopt.solver import Status, solve

__all__ = ["Infeasible", "Optimum", "optimise"]

TIE_NODES = 200
"""Search nodes spent on ties: a count, not a time, so that every machine breaks them alike."""


class Infeasible(Exception):
    """No solution satisfies all rules; `explain.py` finds out which clash."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """A solution, its cost to the cent, a proven lower bound of any solution's cost, and the seconds."""

    solution: Solution
    cost: Decimal
    status: Status
    bound: Decimal
    variables: int
    rows: int
    seconds: float

    @property
    def gap(self) -> Decimal:
        """(cost - bound) / cost."""
        if self.cost == 0 or self.cost <= self.bound:
            return Decimal(0)
        return ((self.cost - self.bound) / self.cost).quantize(Decimal("1e-12"))


def optimise(problem: Problem, restriction: Restriction | None = None) -> Optimum:
    """Solve the problem; of equally cheap solutions take the one with most seats (see `build_ties`).

    Raises Infeasible if there is none, LimitError if the time limit came before one was found.
    """
    options = problem.scenario.solver
    limit = float(options.time_limit)
    model = build(problem, restriction)
    outcome = solve(model.lp, options, seconds=limit)
    if outcome.status is Status.INFEASIBLE:
        raise Infeasible
    if outcome.status is Status.NO_PLAN:
        raise LimitError(
            f"the time limit of {limit:g} s came before a plan was found",
            "raise solver.time_limit",
        )
    solution = read_solution(model)
    cost = solution.cost(problem)
    if outcome.status is Status.OPTIMAL and model.flex:
        solution = _settle_ties(problem, restriction, solution, limit - outcome.seconds)
    # CBC prints a bound with few digits: rounding it down keeps it a bound
    bound = Decimal(0)
    if math.isfinite(outcome.bound):
        bound = Decimal(repr(outcome.bound)).quantize(Decimal("0.0001"), rounding=ROUND_FLOOR)
    return Optimum(
        solution=solution,
        cost=solution.cost(problem),
        status=outcome.status,
        bound=min(max(bound, Decimal(0)), cost),
        variables=model.lp.numVariables(),
        rows=model.lp.numConstraints(),
        seconds=outcome.seconds,
    )


def _settle_ties(
    problem: Problem, restriction: Restriction | None, solution: Solution, seconds: float
) -> Solution:
    cost = solution.cost(problem)
    model = build_ties(problem, restriction, cost)
    outcome = solve(model.lp, problem.scenario.solver, seconds=max(seconds, 10.0), nodes=TIE_NODES)
    if outcome.status is not Status.OPTIMAL:
        return solution
    settled = read_solution(model)
    return settled if settled.cost(problem) <= cost else solution
