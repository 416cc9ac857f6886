"""Problem -> the cheapest solution and how good it is proven to be.

The bound says what no plan can cost less than, and prices every choice of every user against it. Choices
that are far from indifferent at these prices are decided; the rest, the *core*, is solved exactly. The
plan found says how far from indifferent a choice can be in any cheaper plan: if that is beyond the core,
the core is widened to it. A small model is all core.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

from flexopt.bound import Bound, lower_bound
from flexopt.errors import LimitError, SolverError
from flexopt.model import Model, Restriction, build, build_ties
from flexopt.problem import Problem
from flexopt.solution import Solution, read_solution
from flexopt.solver import Status, solve

__all__ = ["Infeasible", "Optimum", "optimise"]

SMALL = 400
"""Models with at most so many choices of users are solved whole."""

FIRST_WINDOW = 0.02
"""Width of the first core, in prices of the smallest step of a purchase."""

WIDER = 4
"""How much wider the next core is: the plan found in a narrow one tells how little may be needed."""

HALF_CENT = 0.005

TIE_NODES = 200
"""Search nodes spent on ties: a count, not a time, so that every machine breaks them alike."""


class Infeasible(Exception):
    """No solution satisfies all rules; `explain_infeasible.py` finds out which clash."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """A solution, its cost to the cent, a proven lower bound of any solution's cost, and the seconds.

    core : choices of users left to the solver; choices : all of them
    """

    solution: Solution
    cost: Decimal
    status: Status
    bound: Decimal
    variables: int
    rows: int
    choices: int
    core: int
    seconds: float

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
    tell = tell or (lambda step: None)
    began = time.monotonic()
    deadline = began + float(problem.scenario.solver.time_limit)
    model = build(problem, restriction)
    choices = len(model.seat) + len(model.flex)
    bound = None
    if choices > SMALL:
        tell("bound")
        bound = lower_bound(build(problem, restriction), problem.scenario.solver, deadline)
    search = _Search(model, bound, deadline, tell)
    best = search.run()
    if best.status is Status.OPTIMAL and model.flex:
        tell("ties")
        best = replace(best, solution=_settle_ties(model, restriction, best, search))
    return Optimum(
        solution=best.solution,
        cost=best.cost,
        status=best.status,
        bound=min(max(_floor(best.proven), Decimal(0)), best.cost),
        variables=model.lp.numVariables(),
        rows=model.lp.numConstraints(),
        choices=choices,
        core=search.core,
        seconds=time.monotonic() - began,
    )


@dataclass(frozen=True, slots=True)
class _Best:
    """The best solution, what is proven of all others, and how the search for it ended."""

    solution: Solution
    cost: Decimal
    proven: float
    status: Status


class _Search:
    """The search for the cheapest solution, core by core."""

    def __init__(
        self, model: Model, bound: Bound | None, deadline: float, tell: Callable[[str], None]
    ) -> None:
        self.model, self.bound, self.deadline, self.tell = model, bound, deadline, tell
        self.options = model.problem.scenario.solver
        self.core = 0

    def run(self) -> _Best:
        """Widen the core until no plan outside it can be cheaper than the best one inside."""
        window = self.first_window()
        best: tuple[Decimal, Solution] | None = None
        proven = self.bound.value if self.bound else -math.inf
        while True:
            self.core = narrow(self.model, self.bound, window)
            self.tell(f"{self.core:,} choices open")
            outcome = solve(self.model.lp, self.options, seconds=self.left(), start=best is not None)
            if outcome.status in (Status.OPTIMAL, Status.FEASIBLE):
                found = read_solution(self.model)
                cost = found.cost(self.model.problem)
                best = (cost, found) if best is None or cost < best[0] else best
            if best is None:
                if outcome.status is Status.NO_PLAN and (window == math.inf or self.left() <= 1):
                    raise LimitError(
                        f"the time limit of {float(self.options.time_limit):g} s came before a plan",
                        "raise solver.time_limit",
                    )
                if window == math.inf:
                    raise Infeasible
                # at prices of a whole estate a core without any plan is given up
                window = math.inf if self.bound is None or window > self.bound.value else window * WIDER
                continue
            cost, solution = best
            needed = self.needed(cost)
            # a plan outside the core costs at least this, and one inside at least what the solver proved
            outside = float(cost) - max(0.0, needed - window)
            if outcome.status is not Status.INFEASIBLE:
                proven = max(proven, min(outside, outcome.bound))
            if float(cost) - proven <= float(self.options.gap) * float(cost) + HALF_CENT:
                return _Best(solution, cost, proven, Status.OPTIMAL)
            if window >= needed or self.left() <= 1:
                return _Best(solution, cost, proven, Status.FEASIBLE)
            window = min(needed, window * WIDER)

    def first_window(self) -> float:
        """About what whole packs and whole seats cost on top of the bound."""
        if self.bound is None:
            return math.inf
        step = self.model.problem.scenario.tokens.increment
        prices = [t.price * step for tiers in self.model.problem.tiers for t in tiers]
        return max(
            FIRST_WINDOW * float(min(prices, default=0)), float(self.options.gap) * self.bound.value, 1.0
        )

    def needed(self, cost: Decimal) -> float:
        """The window outside which no plan is cheaper than `cost`; a cent more, for the arithmetic."""
        if self.bound is None:
            return -math.inf
        return self.bound.window(float(cost) + HALF_CENT, self.options, max(1.0, self.left())) + HALF_CENT

    def left(self) -> float:
        """Seconds to the deadline."""
        return self.deadline - time.monotonic()


def narrow(model: Model, bound: Bound | None, window: float) -> int:
    """Decide what is further than `window` from indifferent; returns the number of choices left open."""
    choices = [*model.seat.values(), *model.flex.values()]
    if bound is None:
        return len(choices)
    for x, reduced in zip(choices, bound.cut.reduced, strict=True):
        x.lowBound, x.upBound = int(reduced < -window), int(reduced <= window)
    return int((abs(bound.cut.reduced) <= window).sum())


def _floor(bound: float) -> Decimal:
    """A bound with four digits behind the point, rounded down: rounded, it is still a bound."""
    if not math.isfinite(bound):
        return Decimal(0)
    return Decimal(repr(bound)).quantize(Decimal("0.0001"), rounding=ROUND_FLOOR)


def _settle_ties(model: Model, restriction: Restriction | None, best: _Best, search: _Search) -> Solution:
    """Among the plans of the same cost, all of them inside the core, the one that `build_ties` prefers."""
    ties = build_ties(model.problem, restriction, best.cost)
    narrow(ties, search.bound, search.needed(best.cost))
    for x, found in zip(ties.lp.variables(), model.lp.variables(), strict=True):
        x.varValue = found.varValue
    try:
        outcome = solve(
            ties.lp, search.options, seconds=max(search.left(), 10.0), nodes=TIE_NODES, start=True
        )
    except SolverError:  # a preference is not worth a proven plan
        return best.solution
    if outcome.status is not Status.OPTIMAL:
        return best.solution
    settled = read_solution(ties)
    return settled if settled.cost(model.problem) <= best.cost else best.solution
