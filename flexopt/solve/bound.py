"""The lower bound on the cost of all plans, and the prices that prove it.

Every pass over the subproblems at some prices gives a cut (`coupling.py`). The Benders master
(`benders_master.py`) decides purchases against all cuts: its optimum is a lower bound on the whole model.
Once it has chosen tiers, column generation finds the best prices in these (`restricted_master.py`).

The solver's prices need not be trusted: cuts are computed here from whatever it prints, and are valid for any
prices.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from flexopt.base.arrays import Floats, Ints
from flexopt.model.core import purchases_only
from flexopt.model.rows import build
from flexopt.solve.backend import Backend
from flexopt.solve.benders_master import BendersMaster
from flexopt.solve.coupling import SHORTAGE, CouplingRows, Cut
from flexopt.solve.options import SearchOptions
from flexopt.solve.pricing import PricingProblem
from flexopt.solve.purchase_bound import PurchaseBound
from flexopt.solve.restricted_master import RestrictedMaster
from flexopt.solve.stopwatch import Stopwatch


class Bound:
    """All cuts so far, the Benders master with them, and the search for better ones."""

    def __init__(
        self,
        pricing: PricingProblem,
        watch: Stopwatch,
        options: SearchOptions = SearchOptions(),
        backend: Backend = Backend(),
    ) -> None:
        problem = pricing.problem
        self.pricing, self.watch, self.options = pricing, watch, options
        self.solver = problem.scenario.solver
        purchases = build(problem, purchases_only(problem))
        self.coupling = CouplingRows(problem, purchases)
        self.master = BendersMaster(purchases, self.coupling, backend)
        self.groups = min(options.groups, max(1, len(pricing)))
        self.group = _grouped(pricing, self.groups)
        self.restricted = RestrictedMaster(purchases, self.coupling, self.groups, backend)
        self.purchases = PurchaseBound(purchases)
        self.cuts: list[Cut] = []
        for price in self._first_prices():
            self.ask(price)

    def _first_prices(self) -> list[Floats]:
        """Tokens at the price of each tier, free if some are left over, and more expensive than any seat."""
        tiers = self.pricing.problem.tiers
        listed = sorted({float(t.price) for of in tiers for t in of} | {0.0 for _ in self.purchases.opening})
        pool = np.array([name.startswith("pool") for name in self.coupling.names])
        order = np.array([name.startswith("seats") for name in self.coupling.names])
        paid = np.zeros(len(pool))
        for r in np.flatnonzero(order).tolist():
            k = int(np.flatnonzero(self.coupling.seat[r])[0])
            paid[r] = float(self.pricing.problem.contracts[k].cost[0])
        return [np.where(pool, p, paid) for p in [*listed, SHORTAGE * max([1.0, *listed])]]

    def ask(self, rows: Floats) -> tuple[Cut, int]:
        """A pass over all subproblems at these prices: the cut, and how many groups made a new choice."""
        response = self.pricing.respond(self.coupling.prices(rows), self.group, self.groups)
        value = math.fsum(response.value)
        cut = self.coupling.cut(rows, value)
        if math.isfinite(value):
            self.cuts.append(cut)
            self.master.add(cut)
        return cut, self.restricted.add(response)

    def certify(self, wanted: float, tell: Callable[[str], None]) -> tuple[float, tuple[Cut, ...]]:
        """The bound that prices alone prove, if possible the one wanted, and the cuts needed.

        For every choice of tiers one cut is then enough, which can be added up without a solver. If one is
        missing, prices in these tiers are searched, until nothing more is needed or found.
        """
        proven, chosen = self.purchases.least(self.cuts, wanted)
        for n in range(self.options.most_certified):
            if proven >= wanted or self.watch.left() <= 0 or not math.isfinite(proven):
                break
            known = len(self.cuts)
            self.search(self.purchases.tiers(chosen), tell, wanted)
            before = proven
            proven, chosen = self.purchases.least(self.cuts, wanted)
            if len(self.cuts) == known or (proven <= before + 1e-9 * abs(wanted) and n > 3):
                break
        return proven, self._enough(proven)

    def _enough(self, proven: float) -> tuple[Cut, ...]:
        """A few cuts that prove as much: each is dropped if the others suffice."""
        kept = list(self.cuts)
        for cut in self.cuts:
            if self.watch.left() <= 0:
                break
            fewer = [c for c in kept if c is not cut]
            if fewer and self.purchases.least(fewer, proven)[0] >= proven:
                kept = fewer
        return tuple(kept)

    def best_tiers(self) -> tuple[float, tuple[int, ...]] | None:
        """The bound over all tiers that are not forbidden, and the tiers that attain it; None if all are."""
        return self.master.solve(self.solver, max(1.0, self.watch.left()))

    def search(
        self, tiers: tuple[int, ...], tell: Callable[[str], None], enough: float = math.inf
    ) -> tuple[float, Cut | None]:
        """Find the best prices in these tiers (if there are none, for fractions of any tiers).

        Returns a bound on the plans in these tiers, and its cut (None without any). The search stops at a
        bound of `enough`.
        """
        known = [(self.purchases.at(cut, tiers), cut) for cut in self.cuts]
        best: tuple[float, Cut | None] = max(known, key=lambda pair: pair[0], default=(-math.inf, None))
        for n in range(self.options.most_passes):
            if best[0] >= enough:
                break
            priced = self.restricted.solve(tiers, self.solver, max(1.0, self.watch.left()))
            if priced is None:
                return best
            cost, rows = priced
            cut, new = self.ask(rows)
            least = self.purchases.at(cut, tiers)
            if least > best[0] or best[1] is None:
                best = (least, cut)
            tell(f"bound, pass {n + 1}")
            close = max(self.options.close * float(self.solver.gap), 1e-9) * abs(cost)
            if cost - best[0] <= close or not new:
                return best
            if self.watch.left() <= 0:
                break
        return best

    def raise_duals(self, cut: Cut) -> Cut:
        """The same prices, but tokens nowhere cheaper than the worth of the packs that live there.

        This never lowers the bound: packs are worth the same, and users pay more. Where no tokens are used,
        any price would do.
        """
        worth = self.purchases.tokens(cut)
        rows = cut.rows.copy()
        pool = [r for r, label in enumerate(self.coupling.labels) if label["row"] == "pool"]
        for t, r in enumerate(pool):
            live = [
                worth[pk]
                for pk, pack in enumerate(self.pricing.problem.packs)
                if pack.first <= t < pack.after
            ]
            rows[r] = max(rows[r], min(live, default=0.0))
        return cut if np.array_equal(rows, cut.rows) else self.ask(rows)[0]


def _grouped(pricing: PricingProblem, groups: int) -> Ints:
    """int64[subproblems]: group of each; those of one kind with similar use share a group."""
    use = pricing.problem.tokens.sum(axis=1)
    kinds, totals, offset = [], [], 0
    for part in pricing.parts:
        kinds.append(part.kind + offset)
        totals.append(use[part.pairs].sum(axis=0))
        offset += len(part.contracts)
    if not kinds:
        return np.empty(0, dtype=np.int64)
    order = np.lexsort((np.concatenate(totals), np.concatenate(kinds)))
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.arange(len(order)) * groups // len(order)
    return group
