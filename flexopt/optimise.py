"""Problem -> the cheapest solution and how good it is proven to be.

The bound says what no plan can cost less than, and prices every choice of every user against it. The tiers
that it thinks cheapest are fixed, one set after the other. Inside them, choices that are far from
indifferent at their prices are decided; the rest, the *core*, is solved exactly. The plan found says how far
from indifferent a choice can be in any cheaper plan: if that is beyond the core, the core is widened to it.
A small model is all core.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

from flexopt.bound import Bound, Cut, fix_tiers, lower_bound
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

MOST_TIERS = 300
"""Sets of tiers solved one by one; then the rest is solved with tiers open."""

FRUITLESS = 12
"""Sets of tiers without any plan after which tiers are left open."""

SOME = 0.01
"""Share of the bound beyond which a core that has no plan is given up for the whole model."""

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
        settled = _settle_ties(model, restriction, best, search)
        # within a wide gap the search among equals may come upon a cheaper plan
        best = replace(best, solution=settled, cost=settled.cost(problem))
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
    """The search for the cheapest solution: tiers by tiers, and core by core inside them."""

    def __init__(
        self, model: Model, bound: Bound | None, deadline: float, tell: Callable[[str], None]
    ) -> None:
        self.model, self.bound, self.deadline, self.tell = model, bound, deadline, tell
        self.options = model.problem.scenario.solver
        self.core = 0
        self.solution: Solution | None = None
        self.cost = math.inf
        self.impossible = False

    def run(self) -> _Best:
        """The cheapest solution, what is proven of all others, and how it ended."""
        proven = -math.inf
        if self.bound is not None:
            proven = max(self.bound.value, self.by_tiers(self.bound))
        if self.solution is None or (not self.proves(proven) and self.left() > 1):
            fix_tiers(self.model, ())
            proven = max(proven, self.within((), self.bound.cut if self.bound else None))
        if self.solution is None:
            if self.impossible:
                raise Infeasible
            raise LimitError(
                f"the time limit of {float(self.options.time_limit):g} s came before a plan was found",
                "raise solver.time_limit",
            )
        status = Status.OPTIMAL if self.proves(proven) else Status.FEASIBLE
        return _Best(self.solution, self.exact_cost(self.solution), min(proven, self.cost), status)

    def by_tiers(self, bound: Bound) -> float:
        """Solve in the tiers that the master thinks cheapest, then in the next; the bound of all plans.

        While tiers are open, the solver shifts fractions of packs between them and learns nothing; with
        tiers fixed it is done in a moment. The master bounds all tiers that were not tried.
        """
        tried = math.inf
        for n in range(MOST_TIERS):
            if n >= FRUITLESS and self.solution is None:
                break
            found = bound.master.solve(self.options, max(1.0, self.left()))
            if found is None:
                return tried if self.solution is not None else -math.inf
            untried, tiers = found
            if self.proves(untried) or self.left() <= 1:
                return min(tried, untried)
            priced = (bound.value, bound.cut)
            if tiers != bound.tiers:
                priced = bound.cut_of(tiers, self.options, self.left()) or priced
            # whether a cheaper plan is possible in them is for the cut to say, not for the solver
            if self.solution is None or self.needed(tiers, priced[1]) > 0:
                fix_tiers(self.model, tiers)
                tried = min(tried, max(untried, self.within(tiers, priced[1])))
            bound.master.forbid(tiers)
        return -math.inf

    def within(self, tiers: Sequence[int], cut: Cut | None) -> float:
        """Widen the core until no plan in these tiers outside it is cheaper; the bound of those plans."""
        window = math.inf if cut is None else self.first_window()
        proven, started = -math.inf, False
        while True:
            self.core = narrow(self.model, cut, window)
            self.tell(f"{self.core:,} choices open")
            outcome = solve(self.model.lp, self.options, seconds=self.left(), start=started)
            inside = outcome.bound
            if outcome.status in (Status.OPTIMAL, Status.FEASIBLE):
                self.take(read_solution(self.model))
                started = True
            elif window == math.inf or self.left() <= 1:
                self.impossible = not tiers and window == math.inf and inside == math.inf
                return max(proven, inside)
            elif self.solution is None:
                # a core without any plan is a guess that failed: a much wider one, then all of it
                window = window * WIDER**3 if window < SOME * self.bound_value() else math.inf
                continue
            needed = self.needed(tiers, cut)
            # a plan outside the core costs at least this, and one inside at least what the solver proved
            proven = max(proven, min(inside, self.cost - max(0.0, needed - window)))
            if self.proves(proven) or window >= needed or self.left() <= 1:
                return proven
            window = min(needed, window * WIDER)

    def take(self, solution: Solution) -> None:
        """Keep the solution if it is the cheapest so far."""
        cost = float(self.exact_cost(solution))
        if cost < self.cost:
            self.solution, self.cost = solution, cost

    def exact_cost(self, solution: Solution) -> Decimal:
        return solution.cost(self.model.problem)

    def proves(self, bound: float) -> bool:
        """Whether the bound proves the plan at hand within the gap asked for."""
        return self.solution is not None and self.cost - bound <= self.tolerance()

    def tolerance(self) -> float:
        return float(self.options.gap) * self.cost + HALF_CENT

    def first_window(self) -> float:
        """About what whole packs and whole seats cost on top of the bound."""
        if self.bound is None:
            return math.inf
        step = self.model.problem.scenario.tokens.increment
        prices = [t.price * step for tiers in self.model.problem.tiers for t in tiers]
        gap = float(self.options.gap) * self.bound.value
        return max(FIRST_WINDOW * float(min(prices, default=0)), gap, 1.0)

    def needed(self, tiers: Sequence[int], cut: Cut | None) -> float:
        """The window outside which no plan in the tiers is cheaper than the one at hand.

        A cent wider, for the arithmetic.
        """
        if self.bound is None or cut is None:
            return -math.inf
        most = self.cost + HALF_CENT
        least = self.bound.master.least(cut, most, tiers, self.options, max(1.0, self.left()))
        return most - least + HALF_CENT

    def bound_value(self) -> float:
        return self.bound.value if self.bound else 0.0

    def left(self) -> float:
        """Seconds to the deadline."""
        return self.deadline - time.monotonic()


def narrow(model: Model, cut: Cut | None, window: float) -> int:
    """Decide what is further than `window` from indifferent; returns the number of choices left open."""
    choices = [*model.seat.values(), *model.flex.values()]
    if cut is None:
        return len(choices)
    for x, reduced in zip(choices, cut.reduced, strict=True):
        x.lowBound, x.upBound = int(reduced < -window), int(reduced <= window)
    return int((abs(cut.reduced) <= window).sum())


def _floor(bound: float) -> Decimal:
    """A bound with four digits behind the point, rounded down: rounded, it is still a bound."""
    if not math.isfinite(bound):
        return Decimal(0)
    return Decimal(repr(bound)).quantize(Decimal("0.0001"), rounding=ROUND_FLOOR)


def _settle_ties(model: Model, restriction: Restriction | None, best: _Best, search: _Search) -> Solution:
    """Among the plans of the same cost, all of them inside the core, the one that `build_ties` prefers."""
    ties = build_ties(model.problem, restriction, best.cost)
    cut = search.bound.cut if search.bound else None
    narrow(ties, cut, search.needed((), cut))
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
