"""What no plan can cost less than, and the prices that show it.

Every pass over the users at some prices gives a cut (`cuts.py`). The master (`master.py`) decides purchases
against all cuts: its optimum is a lower bound of the whole model. Where it has chosen tiers, the best prices
in these are searched by column generation (`mixture.py`).

The solver is trusted with none of the prices: a cut is computed here from whatever it prints, and is valid
for any prices.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from flexopt.base.arrays import Floats, Ints
from flexopt.inputs.scenario.scenario import SolverOptions
from flexopt.model.core import nobody
from flexopt.model.rows import build
from flexopt.solve.benders_master import Master
from flexopt.solve.coupling import SHORTAGE, Cut, Shared
from flexopt.solve.pricing import Estate
from flexopt.solve.purchase_bound import Worth
from flexopt.solve.restricted_master import Mixture

__all__ = ["Bound"]


GROUPS = 400
"""Groups of users that mix their choices; more groups need fewer passes over the users."""

MOST_PASSES = 40
"""Passes over the users in the search for the prices of one set of tiers."""

MOST_CERTIFIED = 50
"""Sets of tiers searched for a cut of their own, so that prices alone prove the plan."""

CLOSE = 0.02
"""Share of the gap asked for that the bound may stay below the mixture: the prices are good enough then."""


class Bound:
    """All cuts so far, the master that knows them, and the search for better ones."""

    def __init__(self, estate: Estate, options: SolverOptions, deadline: float) -> None:
        problem = estate.problem
        self.estate, self.options, self.deadline = estate, options, deadline
        purchases = build(problem, nobody(problem))
        self.shared = Shared(problem, purchases)
        self.master = Master(purchases, self.shared)
        self.groups = min(GROUPS, max(1, len(estate)))
        self.group = _grouped(estate, self.groups)
        self.mixture = Mixture(purchases, self.shared, self.groups)
        self.worth = Worth(purchases)
        self.cuts: list[Cut] = []
        for price in self._first_prices():
            self.ask(price)

    def _first_prices(self) -> list[Floats]:
        """Tokens at the price of each tier, for nothing if some are left, and too dear for anybody."""
        tiers = self.estate.problem.tiers
        listed = sorted({float(t.price) for of in tiers for t in of} | {0.0 for _ in self.worth.opening})
        pool = np.array([name.startswith("pool") for name in self.shared.names])
        order = np.array([name.startswith("seats") for name in self.shared.names])
        paid = np.zeros(len(pool))
        for r in np.flatnonzero(order).tolist():
            k = int(np.flatnonzero(self.shared.seat[r])[0])
            paid[r] = float(self.estate.problem.contracts[k].cost[0])
        return [np.where(pool, p, paid) for p in [*listed, SHORTAGE * max([1.0, *listed])]]

    def ask(self, rows: Floats) -> tuple[Cut, int]:
        """A pass over all users at these prices: the cut, and how many groups chose what they never had."""
        response = self.estate.respond(self.shared.prices(rows), self.group, self.groups)
        value = math.fsum(response.value)
        cut = self.shared.cut(rows, value)
        if math.isfinite(value):
            self.cuts.append(cut)
            self.master.add(cut)
        return cut, self.mixture.add(response)

    def certify(self, cost: float, tell: Callable[[str], None]) -> tuple[float, tuple[Cut, ...]]:
        """What the prices alone prove of a plan that costs so much, and the cuts it takes.

        For every choice of tiers one cut is enough then: anybody can add it up, without a solver. Where one
        is missing, the prices in these tiers are searched; at most until nothing more is needed or found.
        """
        wanted = cost * (1 - float(self.options.gap))
        proven, chosen = self.worth.least(self.cuts, wanted)
        for n in range(MOST_CERTIFIED):
            if proven >= wanted or self.left() <= 0 or not math.isfinite(proven):
                break
            known = len(self.cuts)
            self.search(self.worth.tiers(chosen), tell, wanted)
            before = proven
            proven, chosen = self.worth.least(self.cuts, wanted)
            if len(self.cuts) == known or (proven <= before + 1e-9 * cost and n > 3):
                break
        return proven, self._enough(proven)

    def _enough(self, proven: float) -> tuple[Cut, ...]:
        """Few cuts that prove as much: each is left out if the others do."""
        kept = list(self.cuts)
        for cut in self.cuts:
            if self.left() <= 0:
                break
            fewer = [c for c in kept if c is not cut]
            if fewer and self.worth.least(fewer, proven)[0] >= proven:
                kept = fewer
        return tuple(kept)

    def best_tiers(self) -> tuple[float, tuple[int, ...]] | None:
        """The bound of all tiers that are not forbidden, and the tiers where it is; None if all are."""
        return self.master.solve(self.options, max(1.0, self.left()))

    def search(
        self, tiers: tuple[int, ...], tell: Callable[[str], None], enough: float = math.inf
    ) -> tuple[float, Cut | None]:
        """The best prices in these tiers (for fractions of any, if there are none), and what they prove.

        That is a bound of the plans in these tiers, and its cut (None without any). A bound of `enough` need
        not be surpassed.
        """
        known = [(self.worth.at(cut, tiers), cut) for cut in self.cuts]
        best: tuple[float, Cut | None] = max(known, key=lambda pair: pair[0], default=(-math.inf, None))
        for n in range(MOST_PASSES):
            if best[0] >= enough:
                break
            mixed = self.mixture.solve(tiers, self.options, max(1.0, self.left()))
            if mixed is None:
                return best
            cost, rows = mixed
            cut, new = self.ask(rows)
            least = self.worth.at(cut, tiers)
            if least > best[0] or best[1] is None:
                best = (least, cut)
            tell(f"bound, pass {n + 1}")
            close = max(CLOSE * float(self.options.gap), 1e-9) * abs(cost)
            if cost - best[0] <= close or not new:
                return best
            if self.left() <= 0:
                break
        return best

    def lifted(self, cut: Cut) -> Cut:
        """The same prices, but tokens nowhere cheaper than what the packs that live there are worth.

        No bound is lower for it: packs are worth what they were, and users pay more. Where nobody uses
        tokens, any price would do.
        """
        worth = self.worth.tokens(cut)
        rows = cut.rows.copy()
        pool = [r for r, label in enumerate(self.shared.labels) if label["row"] == "pool"]
        for t, r in enumerate(pool):
            live = [
                worth[pk] for pk, pack in enumerate(self.estate.problem.packs) if pack.first <= t < pack.after
            ]
            rows[r] = max(rows[r], min(live, default=0.0))
        return cut if np.array_equal(rows, cut.rows) else self.ask(rows)[0]

    def left(self) -> float:
        return self.deadline - time.monotonic()


def _grouped(estate: Estate, groups: int) -> Ints:
    """int64[needs]: needs of one kind and about the same use are in one group."""
    use = estate.problem.tokens.sum(axis=1)
    kinds, totals, offset = [], [], 0
    for part in estate.parts:
        kinds.append(part.kind + offset)
        totals.append(use[part.pairs].sum(axis=0))
        offset += len(part.contracts)
    if not kinds:
        return np.empty(0, dtype=np.int64)
    order = np.lexsort((np.concatenate(totals), np.concatenate(kinds)))
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.arange(len(order)) * groups // len(order)
    return group
