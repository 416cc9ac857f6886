"""The search for the cheapest solution: tiers by tiers, and core by core inside them.

The bound says what no plan can cost less than, and prices every choice of every user against it. The tiers
that it thinks cheapest are fixed, one set after the other. Inside them, users who are far from indifferent at
their prices do what is cheapest; the rest, the *core*, is solved exactly. Where the plan found is not within
the gap of the bound, the core grows. It may also prove what the bound alone cannot: a plan that decides
anything outside a window otherwise costs at least the window more. A small model is all core.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush

import numpy as np

from flexopt.base.arrays import Bools, Floats, Ints
from flexopt.base.errors import LimitError
from flexopt.base.money import CENT, HALF_CENT
from flexopt.model.core import Core, everything, given
from flexopt.model.restriction import Restriction
from flexopt.model.rows import build, fix_tiers
from flexopt.model.sets import Problem
from flexopt.model.solution import Solution, read_solution, start_from
from flexopt.solve.backend import Status, solve
from flexopt.solve.bound import Bound
from flexopt.solve.coupling import Cut
from flexopt.solve.fixing import near
from flexopt.solve.knapsack import fill
from flexopt.solve.pricing import TINY, Estate, Forbidden, Response

__all__ = ["Infeasible", "Search"]


SMALL = 400
"""Models with at most so many choices of users are solved whole."""

FIRST_WINDOW = 0.02
"""Width of the first core, in prices of the smallest step of a purchase."""

FIRST_CORE = 1000
"""Most needs in the first core; twice as many in the next one."""

QUICK_CORES = (50, 200)
"""Needs in the cores that are tried first: who is nearest to indifference about tokens fills a pack."""

FIRST_NODES = 500
"""Search nodes for a core; four times as many when they were too few."""

MOST_CORES = 2000
"""Cores solved in all tiers together."""

MOST_WHOLE = 50_000
"""Needs up to which the whole model goes to the solver when no core has a plan."""

WORTH_A_TRY = 500
"""Needs up to which half of the time limit is kept for the whole model."""

FEW = 8
"""Sets of tiers that are searched one by one, without prices for all of them first."""

MOST_TIERS = 300
"""Sets of tiers open at a time; all others together are bounded by the master."""

SOME = 0.01
"""Share of the bound beyond which a core that has no plan is given up for the whole model."""

WIDER = 4
"""How much wider the next core is: the plan found in a narrow one tells how little may be needed."""


class Infeasible(Exception):
    """No solution satisfies all rules; `explain_infeasible.py` finds out which clash."""


class Search:
    """The search for the cheapest solution: tiers by tiers, and core by core inside them."""

    def __init__(self, problem: Problem, restriction: Restriction, tell: Callable[[str], None]) -> None:
        self.problem, self.restriction, self.tell = problem, restriction, tell
        self.options = problem.scenario.solver
        self.clock = time.monotonic()
        self.deadline = self.clock + float(self.options.time_limit)
        step, tiers = problem.scenario.tokens.increment, problem.tiers
        uneven = any(t.price * step % CENT for of in tiers for t in of)
        self.rounding = HALF_CENT * sum(map(bool, tiers)) if uneven else 0.0
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.bound: Bound | None = None
        self.largest = (0, 0, 0, 0)
        self.solution: Solution | None = None
        self.cost = math.inf
        self.impossible = False
        self.reserve = 0.0
        self.last: Cut | None = None
        self.marginal: tuple[Cut, tuple[int, ...]] | None = None

    def run(self) -> tuple[Solution, float]:
        """The cheapest solution found, and what no solution costs less than.

        Raises Infeasible if there is no solution, LimitError if the time limit came before one was found.
        """
        whole = everything(self.problem, self.restriction) if self.problem.demand.pairs <= SMALL else None
        proven = -math.inf
        if whole is None or whole.choices > SMALL:
            self.tell("bound")
            estate = Estate(self.problem, self.restriction)
            self.bound = Bound(estate, self.options, self.deadline)
            if not self.bound.cuts:  # somebody has no choice at any price
                raise Infeasible
            self.lap("bound")
            # a small model is worth a try as a whole, should half of the time not do
            if len(estate) <= WORTH_A_TRY:
                self.reserve = float(self.options.time_limit) / 2
            proven = self.by_tiers(self.bound)
            self.reserve = 0.0
        if self.solution is None or (not self.proves(proven) and self.left() > 1):
            proven = max(proven, self.whole())
        if self.solution is None:
            if self.impossible:
                raise Infeasible
            raise LimitError(
                f"the time limit of {float(self.options.time_limit):g} s came before a plan was found",
                "raise solver.time_limit",
            )
        return self.solution, proven

    def by_tiers(self, bound: Bound) -> float:
        """The search in the tiers that may hold the cheapest plan, one core after the other; its bound.

        While tiers are open, the solver shifts fractions of packs between them and learns nothing; with
        tiers fixed it is done in a moment. The next core is always one in the tiers with the lowest bound;
        the master bounds all tiers that were not tried.
        """
        lowest: list[tuple[float, int, Iterator[float]]] = []
        closed = math.inf
        if (
            math.prod(len(of) + 1 for of in (*self.problem.tiers, *(o.tiers for o in self.problem.orders)))
            > FEW
        ):
            self.in_any_tiers(bound)
        found = bound.best_tiers()
        for n in range(MOST_CORES):
            untried = math.inf if found is None else found[0]
            proven = min([closed, untried, *(b for b, _, _ in lowest)])
            if self.proves(proven) or self.left() <= 1 or proven == math.inf:
                return proven
            # a plan first, then proof: the time limit may come before the tiers are through
            first = self.solution is None and bool(lowest)
            if found is not None and not first and (not lowest or untried <= lowest[0][0]):
                tiers = found[1]
                least, cut = bound.search(tiers, self.tell, self.enough())
                self.lap("bound")
                bound.master.forbid(tiers)
                least = max(least, untried)
                if cut is None:
                    closed = min(closed, least)
                elif least < math.inf:
                    heappush(lowest, (least, n, self.within(bound, tiers, cut, least)))
                if len(lowest) < MOST_TIERS:
                    found = bound.best_tiers()
                else:
                    found, closed = None, min(closed, untried)
                continue
            if not lowest:
                return proven
            before, _, cores = heappop(lowest)
            after = None if self.proves(before) else next(cores, None)
            if after is None:
                closed = min(closed, before)
            else:
                heappush(lowest, (after, n, cores))
        return proven

    def in_any_tiers(self, bound: Bound) -> None:
        """Prices for fractions of tiers, which rule out most sets at once, and a first plan at these."""
        cut = bound.search((), self.tell)[1]
        self.lap("bound")
        if cut is not None:
            _, on_tokens = bound.estate.least_regrets(cut.prices)
            for count in QUICK_CORES:
                inside = ~bound.estate.exact
                inside[np.argsort(on_tokens, kind="stable")[:count]] = True
                self.solve_core(self.core(bound, cut, inside, self.first_window()), (), FIRST_NODES)

    def within(self, bound: Bound, tiers: tuple[int, ...], cut: Cut, least: float) -> Iterator[float]:
        """Wider and wider cores until no plan in these tiers outside is cheaper; the bound after each."""
        estate = bound.estate
        regret, on_tokens = estate.least_regrets(cut.prices)
        window, most, nodes = self.first_window(), FIRST_CORE, FIRST_NODES
        proven = least
        self.last = cut
        self.marginal = cut, tiers
        self.lap("core")
        known = self.solution is not None
        if known:
            proven = max(proven, self.filled(bound, tiers, cut))
        else:
            # all do what is cheapest at the prices, with packs in any tiers: seldom good, often a plan
            self.solve_core(self.core(bound, cut, ~estate.exact, 0.0), (), FIRST_NODES)
        for count in () if self.proves(proven) else QUICK_CORES:
            inside = ~estate.exact
            inside[np.argsort(on_tokens, kind="stable")[:count]] = True
            self.solve_core(self.core(bound, cut, inside, window), tiers, FIRST_NODES)
            if self.proves(proven) or inside.all():
                break
        if not known and self.solution is not None and not self.proves(proven):
            proven = max(proven, self.filled(bound, tiers, cut))
        yield proven
        while True:
            inside = regret <= window
            complete = int(inside.sum()) <= most
            if not complete:
                inside = _nearest(regret, on_tokens, most) | ~estate.exact
            status, inner = self.solve_core(self.core(bound, cut, inside, window), tiers, nodes)
            if status is Status.INFEASIBLE and bool(inside.all()) and window == math.inf:
                yield math.inf
                return
            if status in (Status.NO_PLAN, Status.FEASIBLE):
                nodes *= WIDER
            if self.solution is None:
                if status is Status.INFEASIBLE:
                    # a core without any plan is a guess that failed: a much wider one, then all of it
                    most *= WIDER
                    window = window * WIDER**3 if window < SOME * abs(cut.value) else math.inf
                yield proven
                continue
            needed = self.needed(bound, tiers, cut)
            if complete:
                # a plan outside the core costs at least this, and one inside what the solver proved
                proven = max(proven, min(inner, self.cost - max(0.0, needed - window)))
            yield proven
            if complete and window >= needed and status in (Status.OPTIMAL, Status.INFEASIBLE):
                return
            if not complete:
                most *= 2
            elif status is not Status.FEASIBLE:
                window = min(max(needed, window), window * WIDER)

    def filled(self, bound: Bound, tiers: Sequence[int], cut: Cut) -> float:
        """The bound with what whole packs cost on top of it; also tries the choices that reach it."""
        cut = bound.lifted(cut)
        estate, least = bound.estate, bound.worth.at(cut, tiers)
        found = fill(estate, bound.shared, cut, max(0.0, self.cost - least))
        self.lap("fill")
        if len(found.needs):
            others = estate.respond(cut.prices, np.zeros(len(estate), dtype=np.int64), 1).seats
            others = others[~np.isin(others[:, 0], found.needs)]
            seats = np.concatenate([others, found.seats])
            seats[:, 0] = estate.user[seats[:, 0]]
            self.solve_core(given(self.problem, seats), tiers)
        return least + found.excess

    def core(self, bound: Bound, cut: Cut, inside: Bools, window: float) -> Core:
        core = near(
            bound.estate, cut.prices, inside, window, lambda mine: self.outside(bound, cut, inside, mine)
        )
        self.lap("core")
        return core

    def outside(self, bound: Bound, cut: Cut, inside: Bools, mine: Ints) -> Response:
        """What the needs outside the core do: the cheapest at the prices, within the rows that count seats.

        Where many are as good as indifferent (who sits on the seats that are owned?), the prices alone would
        give a seat to all of them.
        """
        estate, shared, forbidden = bound.estate, bound.shared, Forbidden()
        counting = [r for r, row in enumerate(shared.seat) if shared.senses[r] < 0 and set(row) <= {0, 1}]
        counting = [r for r in counting if shared.seat[r].any() and not shared.token[r].any()]
        while True:
            response = estate.respond(cut.prices, inside.astype(np.int64), 2, forbidden)
            over = shared.seat[counting] @ (response.counts[0] + mine) - shared.sides[counting]
            if not (over > 0).any():
                return response
            worst = int(np.argmax(over))
            contracts = np.flatnonzero(shared.seat[counting[worst]])
            outside = response.seats[~inside[response.seats[:, 0]]]
            takers = np.unique(outside[np.isin(outside[:, 1], contracts), 0])
            takers = takers[np.isfinite(response.value[takers])]  # the others have nothing else left
            if not len(takers):
                return response
            loss = np.full(len(estate), np.inf)
            for n, places, regrets in estate.regrets(cut.prices, takers):
                part = estate.parts[n]
                theirs = np.isin(part.contracts[part.kind[places]].T, contracts) & (regrets.seat <= TINY)
                loss[estate.first[n] + places] = np.where(theirs, -regrets.seat, np.inf).min(0)
            # the last of those who lose least: the first users keep their seats
            order = np.lexsort((-takers, loss[takers]))
            estate.forbid(forbidden, contracts.tolist(), takers[order[: math.ceil(over[worst])]])

    def solve_core(self, core: Core, tiers: Sequence[int], nodes: int | None = None) -> tuple[Status, float]:
        """Solve the model of a core in some tiers: how it ended, and the bound of its plans."""
        model = build(self.problem, core)
        fix_tiers(model, tiers)
        size = (model.lp.numVariables(), model.lp.numConstraints(), core.choices, core.users)
        self.largest = max(self.largest, size)
        self.tell(f"{core.choices:,} choices of {core.users:,} users open")
        if self.solution is not None:
            start_from(model, self.solution)
        outcome = solve(
            model.lp,
            self.options,
            seconds=max(1.0, self.left()),
            gap=self.allowed(),
            nodes=nodes,
            start=self.solution is not None,
        )
        self.lap("solver")
        if outcome.status in (Status.OPTIMAL, Status.FEASIBLE):
            self.take(read_solution(model))
        return outcome.status, outcome.bound + model.decided

    def allowed(self) -> float | None:
        """The gap asked for, in money, of the whole plan; None where no plan is known to measure it by."""
        known = self.cost if self.solution is not None else None
        if known is None and self.bound and self.bound.cuts:
            known = max(0.0, self.bound.cuts[-1].value)
        return None if known is None else float(self.options.gap) * known

    def whole(self) -> float:
        """The whole model, tiers open."""
        if self.bound is not None and len(self.bound.estate) > MOST_WHOLE:
            return -math.inf
        status, proven = self.solve_core(everything(self.problem, self.restriction), ())
        self.impossible = status is Status.INFEASIBLE
        return proven

    def take(self, solution: Solution) -> None:
        """Keep the solution if it is the cheapest so far."""
        cost = float(solution.cost(self.problem))
        if cost < self.cost:
            self.solution, self.cost = solution, cost

    def proves(self, bound: float) -> bool:
        """Whether the bound proves the plan at hand within the gap asked for, but for rounding."""
        return self.solution is not None and bound >= self.enough()

    def enough(self) -> float:
        """The bound that proves the plan at hand; infinite without one."""
        return self.cost * (1 - float(self.options.gap)) - HALF_CENT - self.rounding

    def first_window(self) -> float:
        """About what whole packs and whole seats cost on top of the bound."""
        step = self.problem.scenario.tokens.increment
        prices = [t.price * step for tiers in self.problem.tiers for t in tiers]
        gap = self.allowed() or 0.0
        return max(FIRST_WINDOW * float(min(prices, default=0)), gap, 1.0)

    def needed(self, bound: Bound, tiers: Sequence[int], cut: Cut) -> float:
        """The window outside which no plan in the tiers is cheaper than the one at hand.

        A cent wider, for the arithmetic.
        """
        most = self.cost + HALF_CENT
        least = bound.master.least(cut, most, tiers, self.options, max(1.0, self.left()))
        return most - least + HALF_CENT

    def left(self) -> float:
        """Seconds to the deadline, less what is kept for the whole model."""
        return self.deadline - self.reserve - time.monotonic()

    def lap(self, phase: str) -> None:
        """The time since the last lap went into this phase."""
        now = time.monotonic()
        self.seconds[phase] += now - self.clock
        self.clock = now


def _nearest(regret: Floats, on_tokens: Floats, most: int) -> Bools:
    """Half of the places to those nearest to indifference about tokens, half to those about anything.

    Who is indifferent about seats only (any of a hundred could sit on the one that is owned) would fill a
    small core alone, and nobody in it could use up the tokens of a pack.
    """
    inside = np.zeros(len(regret), dtype=bool)
    inside[np.argsort(on_tokens, kind="stable")[: most // 2]] = True
    rest = np.argsort(np.where(inside, np.inf, regret), kind="stable")
    inside[rest[: most - most // 2]] = True
    return inside
