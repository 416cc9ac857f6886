"""Problem -> the cheapest solution and how good it is proven to be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from flexopt.base.arrays import Floats
from flexopt.base.errors import SolverError
from flexopt.model.core import everything
from flexopt.model.restriction import Restriction
from flexopt.model.rows import build_ties
from flexopt.model.sets import Problem
from flexopt.model.solution import Solution, read_solution, start_from, tiers_of
from flexopt.solve.backend import Status, solve
from flexopt.solve.bound import Bound
from flexopt.solve.coupling import Cut
from flexopt.solve.pricing import Estate
from flexopt.solve.search import Infeasible, Search

__all__ = ["Certificate", "Infeasible", "Optimum", "optimise"]


TIE_NODES = 200
"""Search nodes spent on ties: a count, not a time, so that every machine breaks them alike."""

MOST_TIES = 1000
"""Choices among which ties are settled."""


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """What prices alone prove: anybody can add it up again, without a solver.

    bound : no plan costs less; cuts : the prices it takes, `labels` of the rows they price, and how many cuts
        there were before those that add nothing were left out
    token : float64[periods], what one more token in the pool would be worth
    """

    bound: float
    cuts: tuple[Cut, ...]
    labels: tuple[Mapping[str, str], ...]
    asked: int
    token: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """A solution, its cost to the cent, and how it is proven.

    bound : no solution costs less
    variables, rows, choices, users : of the largest core given to the solver
    certificate : of the plan itself, not of baselines
    seconds : by phase
    """

    solution: Solution
    cost: Decimal
    status: Status
    bound: Decimal
    variables: int
    rows: int
    choices: int
    users: int
    certificate: Certificate | None
    seconds: Mapping[str, float]

    @property
    def gap(self) -> Decimal:
        """(cost - bound) / cost."""
        if self.cost == 0 or self.cost <= self.bound:
            return Decimal(0)
        return ((self.cost - self.bound) / self.cost).quantize(Decimal("1e-12"))


def optimise(
    problem: Problem, restriction: Restriction | None = None, tell: Callable[[str], None] | None = None
) -> Optimum:
    """Solve the problem; of equally cheap solutions take the one with most seats (see `build_ties`).

    `tell` is called with each step as it begins. Raises Infeasible if there is no solution, LimitError if the
    time limit came before one was found.
    """
    search = Search(problem, restriction or Restriction(), tell or (lambda step: None))
    best, proven = search.run()
    if search.proves(proven):
        best = _settle_ties(search, best)
    search.lap("ties")
    cost = best.cost(problem)
    certificate = _certify(search, best) if restriction is None else None
    search.lap("certificate")
    if certificate:
        proven = max(proven, certificate.bound)
    variables, rows, choices, users = search.largest
    return Optimum(
        solution=best,
        cost=cost,
        status=Status.OPTIMAL if search.proves(proven) else Status.FEASIBLE,
        # invoices are rounded, the bound's are not
        bound=min(max(_floor(min(proven, search.cost) - search.rounding), Decimal(0)), cost),
        variables=variables,
        rows=rows,
        choices=choices,
        users=users,
        certificate=certificate,
        seconds=search.seconds,
    )


def _settle_ties(search: Search, best: Solution) -> Solution:
    """Among the plans of the same cost, all inside the core, the one that `build_ties` prefers."""
    core = None
    if search.bound is None:
        core = everything(search.problem, search.restriction)
    elif search.last is not None:
        cut = search.last
        window = search.needed(search.bound, (), cut)
        estate = search.bound.estate
        inside = estate.least_regrets(cut.prices)[0] <= window
        if inside.sum() <= MOST_TIES:
            core = search.core(search.bound, cut, inside, window)
    if core is None or not core.flexes or core.choices > MOST_TIES:
        return best
    search.tell("ties")
    ties = build_ties(search.problem, core, best.cost(search.problem))
    start_from(ties, best)
    try:
        outcome = solve(
            ties.lp, search.options, seconds=max(search.left(), 10.0), nodes=TIE_NODES, start=True
        )
    except SolverError:  # a preference is not worth a proven plan
        return best
    if outcome.status is not Status.OPTIMAL:
        return best
    settled = read_solution(ties)
    return settled if settled.cost(search.problem) <= best.cost(search.problem) else best


def _certify(search: Search, best: Solution) -> Certificate:
    """Prices in the tiers of the plan, and in others where they prove it."""
    search.tell("certificate")
    if search.bound is None:
        search.bound = Bound(Estate(search.problem, search.restriction), search.options, search.deadline)
    bound = search.bound
    tiers = tiers_of(search.problem, best)
    if search.marginal is None or search.marginal[1] != tiers:
        search.marginal = bound.search(tiers, search.tell)[1] or bound.cuts[0], tiers
    proven, cuts = bound.certify(search.cost, search.tell)
    pool = [label["row"] == "pool" for label in bound.shared.labels]
    token = bound.lifted(search.marginal[0]).rows[pool]
    return Certificate(proven - search.rounding, cuts, tuple(bound.shared.labels), len(bound.cuts), token)


def _floor(bound: float) -> Decimal:
    """A bound with four digits behind the point, rounded down: rounded, it is still a bound."""
    if not math.isfinite(bound):
        return Decimal(0)
    return Decimal(repr(bound)).quantize(Decimal("0.0001"), rounding=ROUND_FLOOR)
