"""The incumbent (the best plan so far), and the solver of cores that looks for better ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from flexopt.model.core import Core
from flexopt.model.rows import build, fix_tiers
from flexopt.model.solution import Solution, read_solution, start_from, tiers_of
from flexopt.solve.backend import Backend, Status
from flexopt.solve.bound import Bound
from flexopt.solve.coupling import Cut
from flexopt.solve.pricing import PricingProblem
from flexopt.solve.stopwatch import Stopwatch

RELATIVE = 1e-9
"""The relative error of a bound, which is a sum of floats."""


@dataclass(frozen=True, slots=True, eq=False)
class TierPrices:
    """The cut with the best prices in a set of tiers; if there are none, for fractions of any tiers."""

    cut: Cut
    tiers: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Incumbent:
    """The best solution so far.

    cost : of the plan; moves : subproblems that move, if moves have a fee; objective : cost and all fees
    found_at : the prices at which it was found: None if in the whole model or known before
    """

    solution: Solution
    cost: Decimal
    moves: int
    objective: Decimal
    found_at: TierPrices | None


class CoreSolver:
    """Solves the models of cores, and keeps the best solution."""

    def __init__(
        self,
        pricing: PricingProblem,
        bound: Bound | None,
        watch: Stopwatch,
        backend: Backend,
        tell: Callable[[str], None],
    ) -> None:
        self.pricing, self.bound, self.watch, self.backend, self.tell = pricing, bound, watch, backend, tell
        self.problem = pricing.problem
        self.solver = self.problem.scenario.solver
        self.money, self.gap = self.problem.scenario.money, self.solver.gap
        self.incumbent: Incumbent | None = None
        self.largest = (0, 0, 0, 0)
        self.reserve = 0.0

    @property
    def objective(self) -> float:
        """Objective of the incumbent; infinite without one."""
        return float(self.incumbent.objective) if self.incumbent else math.inf

    def take(self, solution: Solution, found_at: TierPrices | None = None) -> None:
        """Make the solution the incumbent if it is better."""
        cost, leaving = solution.cost(self.problem), self.pricing.moves
        moves = len(leaving.moved(self.problem, solution.seats)) if leaving else 0
        objective = cost + solution.fees(self.problem) + (leaving.fee * moves if leaving else 0)
        if self.incumbent is None or objective < self.incumbent.objective:
            self.incumbent = Incumbent(solution, cost, moves, objective, found_at)

    def price(self, at: TierPrices) -> None:
        """Use these prices for the incumbent too, if it is in their tiers."""
        best = self.incumbent
        if best is not None and tiers_of(self.problem, best.solution) == at.tiers:
            self.incumbent = replace(best, found_at=at)

    def solve(
        self,
        core: Core,
        tiers: tuple[int, ...] = (),
        nodes: int | None = None,
        found_at: TierPrices | None = None,
    ) -> tuple[Status, float]:
        """Solve the model of a core in these tiers (if there are none, in any).

        Returns its status and the bound on its plans. found_at : the prices at which the core was fixed
        """
        model = build(self.problem, core, moves=self.pricing.moves)
        fix_tiers(model, tiers)
        size = (model.lp.numVariables(), model.lp.numConstraints(), core.choices, core.users)
        self.largest = max(self.largest, size)
        self.tell(f"{core.choices:,} decisions of {core.users:,} users open")
        best = self.incumbent
        if best is not None:
            start_from(model, best.solution)
        outcome = self.backend.solve(
            model.lp,
            self.solver,
            seconds=max(1.0, self.left()),
            gap=self.allowed(),
            nodes=nodes,
            start=best is not None,
        )
        self.watch.lap("solver")
        if outcome.status in (Status.OPTIMAL, Status.FEASIBLE):
            self.take(read_solution(model), found_at)
        return outcome.status, outcome.bound + model.decided

    def proves(self, bound: float) -> bool:
        """Whether the bound proves the incumbent within the required gap, or leaves only rounding open."""
        return self.incumbent is not None and bound >= self.enough()

    def enough(self) -> float:
        """The bound that proves the incumbent, or leaves only rounding open; infinite without one."""
        if self.incumbent is None:
            return math.inf
        objective, unit = self.incumbent.objective, self.money.unit
        split = self.problem.split_off
        needed = float(self.money.ceil(objective * (1 - self.gap)) - unit) + float(split)
        alike = float(objective - unit) - float(self.incumbent.solution.rounding(self.problem) - split)
        return min(needed, alike) + 2 * self.arithmetic(needed)

    def open(self, bound: float) -> bool:
        """Whether the bound leaves more open than the required gap."""
        if self.incumbent is None:
            return True
        objective = self.incumbent.objective
        return objective - min(self.whole(bound), objective) > self.gap * objective

    def whole(self, bound: float) -> Decimal:
        """What a bound proves: every plan costs whole minor units, if purchases are split over all dates too.

        So a bound that is a fraction of a unit below the cost of a plan proves the plan.
        """
        if not math.isfinite(bound):
            return self.money.zero
        least = bound - float(self.problem.split_off) - self.arithmetic(bound)
        return max(self.money.ceil(Decimal(repr(least))), self.money.zero)

    def arithmetic(self, amount: float) -> float:
        """What is left to the arithmetic of floats: a quarter of a minor unit, more of large amounts."""
        return max(float(self.money.unit) / 4, RELATIVE * abs(amount))

    def allowed(self) -> float | None:
        """The required gap for the whole plan, in money; None if no plan is known to measure it by."""
        known = self.objective if self.incumbent else None
        if known is None and self.bound and self.bound.cuts:
            known = max(0.0, self.bound.cuts[-1].value)
        return None if known is None else float(self.gap) * known

    def left(self) -> float:
        """Seconds to the limit, less those reserved for the whole model."""
        return self.watch.left() - self.reserve
