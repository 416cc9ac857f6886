"""The cheapest plan where every move must save at least so much: cost + price x moves, minimised and bounded.

As in the search without a threshold: at given prices of tokens and seats a need stays or moves, whichever is
cheaper (two passes over all needs), and that bounds what any plan costs. Needs that are far from indifferent
between the two do so; the others, and all that are near indifference otherwise, are decided by the solver in
the model of `moves.py`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from flexopt.base.arrays import Bools, Floats, Ints
from flexopt.base.money import CENT, HALF_CENT
from flexopt.model.core import Core, everything
from flexopt.model.move_rows import Today, build_moves, moved
from flexopt.model.restriction import Restriction
from flexopt.model.rows import fix_tiers
from flexopt.model.sets import Problem
from flexopt.model.solution import Solution, read_solution, start_from
from flexopt.solve.backend import Status, solve
from flexopt.solve.bound import Bound
from flexopt.solve.coupling import Cut
from flexopt.solve.fixing import near
from flexopt.solve.pricing import Estate, Forbidden, Prices, Response
from flexopt.solve.subproblems import need_of_pairs

__all__ = ["Thresholded", "with_threshold"]


SMALL = 400
"""Models with at most so many choices are solved whole."""

MOST_NEEDS = 2000
"""Needs decided by the solver together."""

MOST_SETS = 20
"""Sets of tiers tried."""


@dataclass(frozen=True, slots=True, eq=False)
class Thresholded:
    """A solution, and how good it is with a price on moves.

    moves : needs that leave today's access; cost : of the plan, without the price of moves
    bound : no plan has a lower cost + price x moves; proven : this one is within the gap asked for
    """

    solution: Solution
    cost: Decimal
    moves: int
    bound: float
    proven: bool


def with_threshold(
    problem: Problem,
    restriction: Restriction,
    price: Decimal,
    known: Sequence[Solution],
    tell: Callable[[str], None],
) -> Thresholded:
    """The solution of least cost + price x moves.

    restriction : today's access; known : solutions to begin with, at least one
    """
    search = _Search(problem, restriction, float(price), tell)
    for solution in known:
        search.take(solution)
    whole = everything(problem, Restriction())
    bound = search.solve(whole, (), search.nobody) if whole.choices <= SMALL else search.by_tiers()
    bound = -math.inf if bound == math.inf else bound  # there is a solution, whoever says no
    best = search.best
    if best is None:
        raise ValueError("no solution to begin with")
    return Thresholded(
        best,
        best.cost(problem),
        search.moves,
        min(bound, search.cost) - search.rounding,
        search.proves(bound),
    )


class _Choices(Estate):
    """Every need stays with today's access or moves at a price: the cheaper at the prices given."""

    def __init__(self, problem: Problem, restriction: Restriction, price: float) -> None:
        super().__init__(problem, Restriction())
        self.stay, self.price = Estate(problem, restriction), price
        self.today = Today.of(problem, restriction, need_of_pairs(self.parts, problem.demand.pairs))
        # today's access ties fewer products together: a need is one or several of those that stay
        first = [part.pairs[0] for part in self.stay.parts]
        self.inside = self.today.need[np.concatenate([*first, np.empty(0, np.int64)]).astype(np.int64)]

    def advantage(self, prices: Prices) -> tuple[Floats, Floats]:
        """float64[needs] each: what staying costs more than moving, its price included; and the cheaper."""
        none, nobody = np.zeros(len(self), dtype=np.int64), np.zeros(len(self.stay), dtype=np.int64)
        stays = np.bincount(self.inside, self.stay.respond(prices, nobody, 1).value, len(self))
        moves = super().respond(prices, none, 1).value + self.price
        return stays - moves, np.minimum(stays, moves)

    def respond(
        self, prices: Prices, group: Ints, groups: int, forbidden: Forbidden | None = None
    ) -> Response:
        gain, value = self.advantage(prices)
        goes = gain > 0
        free = super().respond(prices, np.where(goes, group, groups), groups + 1, forbidden)
        still = np.where(goes[self.inside], groups, group[self.inside])
        stay = self.stay.respond(prices, still, groups + 1)
        seats = stay.seats.copy()
        seats[:, 0] = self.inside[seats[:, 0]]
        both = np.concatenate([free.seats[goes[free.seats[:, 0]]], seats[~goes[seats[:, 0]]]])
        return Response(
            value,
            both[np.lexsort((both[:, 1], both[:, 0]))],
            (free.counts + stay.counts)[:groups],
            (free.tokens + stay.tokens)[:groups],
            self.price * np.bincount(group[goes], minlength=groups).astype(np.float64),
        )


class _Search:
    """The best solution so far, and the ways to better ones."""

    def __init__(
        self, problem: Problem, restriction: Restriction, price: float, tell: Callable[[str], None]
    ) -> None:
        self.problem, self.restriction, self.price, self.tell = problem, restriction, price, tell
        self.options = problem.scenario.solver
        self.deadline = time.monotonic() + float(self.options.time_limit)
        self.estate = _Choices(problem, restriction, price)
        self.today = self.estate.today
        self.nobody = np.zeros(len(self.estate), dtype=bool)
        step = problem.scenario.tokens.increment
        uneven = any(t.price * step % CENT for of in problem.tiers for t in of)
        # invoices are rounded, the bound's are not
        self.rounding = HALF_CENT * sum(map(bool, problem.tiers)) if uneven else 0.0
        self.best: Solution | None = None
        self.cost, self.moves = math.inf, 0

    def take(self, solution: Solution) -> None:
        """Keep the solution if it is the best so far."""
        moves = len(moved(self.problem, solution.seats, self.today))
        cost = float(solution.cost(self.problem)) + self.price * moves
        if cost < self.cost - HALF_CENT / 100:
            self.best, self.cost, self.moves = solution, cost, moves

    def by_tiers(self) -> float:
        """Tiers by tiers, those with the lowest bound first; returns the bound of all plans."""
        bound = Bound(self.estate, self.options, self.deadline)
        closed = math.inf
        untried = -math.inf
        for _ in range(MOST_SETS):
            found = bound.best_tiers()
            if found is None:
                return closed
            untried = found[0]
            if self.proves(min(untried, closed)) or self.left() <= 1:
                break
            tiers = found[1]
            least, cut = bound.search(tiers, self.tell)
            proven = max(least, untried)
            if cut is not None and not self.proves(proven):
                proven = max(proven, self.within(tiers, cut, least))
            bound.master.forbid(tiers)
            closed = min(closed, proven)
        return min(closed, untried)

    def within(self, tiers: tuple[int, ...], cut: Cut, least: float) -> float:
        """Wider and wider cores in these tiers; returns the bound of the plans in them.

        least : what the cut proves of them
        """
        proven = least
        window = max(1.0, float(self.options.gap) * self.cost)
        while self.left() > 1:
            core, goes, complete = self.core(cut.prices, window)
            inner = self.solve(core, tiers, goes)
            if complete:
                # whoever decides anything outside the window pays it on top of what the prices prove
                proven = max(proven, min(inner, least + window))
            needed = self.cost - least + HALF_CENT
            if not complete or self.proves(proven) or window >= needed:
                break
            window = min(needed, 4 * window)
        return proven

    def core(self, prices: Prices, window: float) -> tuple[Core, Bools, bool]:
        """What is open at these prices; the needs that move for certain; is all of the window open?

        Needs far from indifferent between staying and moving do what is cheaper.
        """
        gain, _ = self.estate.advantage(prices)
        between = np.abs(gain) <= window
        complete = int(between.sum()) <= MOST_NEEDS
        if not complete:
            between = _nearest(np.abs(gain), MOST_NEEDS)
        stays = ((gain <= 0) & ~between)[self.today.need]
        rules, offers = self.restriction.rules(self.problem), self.restriction.offers
        estate = Estate(
            self.problem,
            Restriction(np.where(stays, rules, ""), {i: only for i, only in offers.items() if stays[i]}),
        )
        pairs = np.concatenate([*(part.pairs[0] for part in estate.parts), np.empty(0, np.int64)])
        open_ = between[self.today.need[pairs.astype(np.int64)]]
        distance = np.where(open_, 0.0, estate.least_regrets(prices)[0])
        inside = distance <= window
        if inside.sum() > MOST_NEEDS + open_.sum():
            complete, inside = False, open_ | _nearest(distance, MOST_NEEDS)
        inside |= ~estate.exact
        # what is open between staying and moving may do what costs up to the price more
        width = window + self.price if open_.any() else window
        group = inside.astype(np.int64)
        core = near(estate, prices, inside, width, lambda mine: estate.respond(prices, group, 2))
        return core, (gain > 0) & ~between, complete

    def solve(self, core: Core, tiers: Sequence[int], goes: Bools) -> float:
        """Solve the model of a core in some tiers; returns the bound of its plans.

        goes : bool[needs], those that have moved, and paid, for certain
        """
        model, move = build_moves(self.problem, core, self.today, self.price, goes)
        fix_tiers(model, tiers)
        self.tell(f"{core.choices:,} choices of {core.users:,} users open")
        gap = None
        if self.best is not None:
            start_from(model, self.best)
            going = set(moved(self.problem, self.best.seats, self.today).tolist())
            for n, x in move.items():
                x.varValue = float(n in going)
            gap = float(self.options.gap) * self.cost
        outcome = solve(
            model.lp, self.options, seconds=max(1.0, self.left()), gap=gap, start=self.best is not None
        )
        if outcome.status in (Status.OPTIMAL, Status.FEASIBLE):
            self.take(read_solution(model, lambda user: self.today.apart(self.problem, user)))
        return outcome.bound + model.decided + self.price * float(goes.sum())

    def proves(self, bound: float) -> bool:
        return self.cost - bound <= float(self.options.gap) * self.cost + 2 * HALF_CENT + self.rounding

    def left(self) -> float:
        return self.deadline - time.monotonic()


def _nearest(distance: Floats, most: int) -> Bools:
    """bool[needs]: those with the least distance."""
    found = np.zeros(len(distance), dtype=bool)
    found[np.argsort(distance, kind="stable")[:most]] = True
    return found
