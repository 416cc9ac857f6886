"""The search for the best plan: one set of tiers after another, and core by core inside each.

The bound is a cost that no plan can be below, and its prices give every choice of every user a reduced cost.
The tiers with the lowest bound are fixed, one set after another. Inside them, subproblems far from
indifference at their prices get their cheapest choice; the rest, the *core*, is solved exactly. While the
incumbent is not within the gap of the bound, the core grows. It may also prove what the bound alone cannot: a
plan that decides anything outside a window differently costs at least the window more.

Fees change nothing in this: the pricing problem has them in its choices and the model in its objective; only
the knapsack bound, which cannot handle a fee for moves, is not used with one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from heapq import heappop, heappush

import numpy as np

from flexopt.base.arrays import Bools, Floats
from flexopt.model.core import Core, given
from flexopt.solve.backend import Status
from flexopt.solve.bound import Bound
from flexopt.solve.coupling import Cut
from flexopt.solve.fixing import cheapest_outside, fix_by_reduced_cost
from flexopt.solve.incumbent import CoreSolver, TierPrices
from flexopt.solve.knapsack import knapsack_bound
from flexopt.solve.options import SearchOptions


class Search:
    """A search guided by a bound; the best plan found is the incumbent of `cores`."""

    def __init__(self, bound: Bound, cores: CoreSolver, options: SearchOptions) -> None:
        self.bound, self.cores, self.options = bound, cores, options
        self.pricing, self.problem = bound.pricing, bound.pricing.problem

    def run(self) -> float:
        """Search; returns the proven lower bound.

        The next core is always in the tiers with the lowest bound; the master bounds all tiers not yet tried.
        With open tiers the solver shifts fractions of packs between them without progress; with fixed tiers
        it is done in a moment.
        """
        bound, cores, options = self.bound, self.cores, self.options
        lowest: list[tuple[float, int, Iterator[float]]] = []
        closed = math.inf
        tiers_of_all = (*self.problem.tiers, *(o.tiers for o in self.problem.orders))
        if math.prod(len(of) + 1 for of in tiers_of_all) > options.few_tiers:
            self._in_any_tiers()
        found = bound.best_tiers()
        for n in range(options.most_cores):
            untried = math.inf if found is None else found[0]
            proven = min([closed, untried, *(b for b, _, _ in lowest)])
            if cores.proves(proven) or cores.left() <= 1 or proven == math.inf:
                return proven
            # a plan first, then proof: the time limit may be reached before all tiers are tried
            first = cores.incumbent is None and bool(lowest)
            if found is not None and not first and (not lowest or untried <= lowest[0][0]):
                tiers = found[1]
                least, cut = bound.search(tiers, cores.tell, cores.enough())
                cores.watch.lap("bound")
                bound.master.forbid(tiers)
                least = max(least, untried)
                if cut is None:
                    closed = min(closed, least)
                elif least < math.inf:
                    heappush(lowest, (least, n, self._within(tiers, cut, least)))
                if len(lowest) < options.most_tiers:
                    found = bound.best_tiers()
                else:
                    found, closed = None, min(closed, untried)
                continue
            if not lowest:
                return proven
            before, _, wider = heappop(lowest)
            after = None if cores.proves(before) else next(wider, None)
            if after is None:
                closed = min(closed, before)
            else:
                heappush(lowest, (after, n, wider))
        return proven

    def core(self, cut: Cut, inside: Bools, window: float) -> Core:
        """The core of the subproblems inside, at the prices of a cut."""
        opened = self.pricing.opened(cut.prices, inside, window)
        outside = cheapest_outside(opened.pricing, self.bound.coupling, cut.prices, opened.inside)
        core = fix_by_reduced_cost(opened.pricing, cut.prices, opened.inside, opened.window, outside)
        self.cores.watch.lap("core")
        return replace(core, moved=opened.moved)

    def needed(self, cut: Cut, tiers: tuple[int, ...]) -> float:
        """The window outside which no plan in the tiers (if there are none, in any) beats the incumbent.

        It is a minor unit wider, to allow for arithmetic.
        """
        room = 2 * self.cores.arithmetic(self.cores.objective)
        most, left = self.cores.objective + room, max(1.0, self.cores.left())
        return most - self.bound.master.least(cut, most, tiers, self.cores.solver, left) + room

    def _in_any_tiers(self) -> None:
        """Find prices for fractions of tiers, which rule out most sets at once, and a first plan at these."""
        cut = self.bound.search((), self.cores.tell)[1]
        self.cores.watch.lap("bound")
        if cut is not None:
            _, on_tokens = self.pricing.least_reduced_costs(cut.prices)
            for count in self.options.quick_cores:
                core = self.core(cut, self._least(on_tokens, count), self._first_window())
                self.cores.solve(core, (), self.options.first_nodes, TierPrices(cut, ()))

    def _within(self, tiers: tuple[int, ...], cut: Cut, least: float) -> Iterator[float]:
        """Widen the core until no plan in these tiers outside it is cheaper; yields the bound after each."""
        cores, options = self.cores, self.options
        cost, on_tokens = self.pricing.least_reduced_costs(cut.prices)
        window, most, nodes = self._first_window(), options.first_core, options.first_nodes
        proven = least
        at = TierPrices(cut, tiers)
        cores.price(at)
        cores.watch.lap("core")
        known = cores.incumbent is not None
        if known:
            proven = max(proven, self._whole_packs(at))
        else:
            # cheapest choices for all at these prices, with packs in any tiers: seldom good, often a plan
            cores.solve(self.core(cut, ~self.pricing.exact, 0.0), (), options.first_nodes, at)
        for count in () if cores.proves(proven) else options.quick_cores:
            inside = self._least(on_tokens, count)
            cores.solve(self.core(cut, inside, window), tiers, options.first_nodes, at)
            if cores.proves(proven) or inside.all():
                break
        if not known and cores.incumbent is not None and not cores.proves(proven):
            proven = max(proven, self._whole_packs(at))
        yield proven
        while True:
            inside = cost <= window
            complete = int(inside.sum()) <= most
            if not complete:
                inside = _nearest(cost, on_tokens, most) | ~self.pricing.exact
            status, inner = cores.solve(self.core(cut, inside, window), tiers, nodes, at)
            if status is Status.INFEASIBLE and bool(inside.all()) and window == math.inf:
                yield math.inf
                return
            if status in (Status.NO_PLAN, Status.FEASIBLE):
                nodes = int(nodes * options.wider)
            if cores.incumbent is None:
                if status is Status.INFEASIBLE:
                    # a core without any plan was a bad guess: try a much wider one, then everything
                    most = int(most * options.wider)
                    hopeless = window >= options.hopeless * abs(cut.value)
                    window = math.inf if hopeless else window * options.wider**3
                yield proven
                continue
            needed = self.needed(cut, tiers)
            if complete:
                # a plan outside the core costs at least this, one inside at least what the solver proved
                proven = max(proven, min(inner, cores.objective - max(0.0, needed - window)))
            yield proven
            if complete and window >= needed and status in (Status.OPTIMAL, Status.INFEASIBLE):
                return
            if not complete:
                most *= 2
            elif status is not Status.FEASIBLE:
                window = min(max(needed, window), window * options.wider)

    def _whole_packs(self, at: TierPrices) -> float:
        """The bound plus the knapsack bound; also tries the choices that attain it."""
        if self.pricing.moves is not None:
            return -math.inf
        pricing, bound = self.pricing, self.bound
        cut = bound.raise_duals(at.cut)
        least = bound.purchases.at(cut, at.tiers)
        found = knapsack_bound(pricing, bound.coupling, cut, max(0.0, self.cores.objective - least))
        self.cores.watch.lap("fill")
        if len(found.subproblems):
            others = pricing.respond(cut.prices, np.zeros(len(pricing), dtype=np.int64), 1).seats
            others = others[~np.isin(others[:, 0], found.subproblems)]
            seats = np.concatenate([others, found.seats])
            seats[:, 0] = pricing.user[seats[:, 0]]
            self.cores.solve(given(self.problem, seats), at.tiers, found_at=at)
        return least + found.excess

    def _least(self, cost: Floats, count: int) -> Bools:
        """bool[subproblems]: the `count` with the least reduced cost, and those with inexact structures."""
        inside = ~self.pricing.exact
        inside[np.argsort(cost, kind="stable")[:count]] = True
        return inside

    def _first_window(self) -> float:
        """Roughly what whole packs and whole seats cost on top of the bound."""
        step = self.problem.scenario.tokens.increment
        prices = [t.price * step for tiers in self.problem.tiers for t in tiers]
        gap = self.cores.allowed() or 0.0
        return max(self.options.first_window * float(min(prices, default=0)), gap, 1.0)


def _nearest(cost: Floats, on_tokens: Floats, most: int) -> Bools:
    """Half of the places for the least reduced costs of tokens, half for the least of any decision.

    Subproblems indifferent only about seats (any of a hundred users could have the one owned) would fill a
    small core on their own, and none of them could use up the tokens of a pack.
    """
    inside = np.zeros(len(cost), dtype=bool)
    inside[np.argsort(on_tokens, kind="stable")[: most // 2]] = True
    rest = np.argsort(np.where(inside, np.inf, cost), kind="stable")
    inside[rest[: most - most // 2]] = True
    return inside
