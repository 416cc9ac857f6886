"""The purchase bound: what cuts prove without a solver, as their prices separate packs and orders."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from flexopt.base.minmax import least_of_best
from flexopt.model.program import Model
from flexopt.solve.coupling import Cut


class PurchaseBound:
    """The least that purchases and orders can cost at the prices of a cut, each independently.

    At given prices packs and orders are independent, and the optimum is at an end of each range.
    """

    def __init__(self, m: Model) -> None:
        self.model = m
        P, step = m.problem, float(m.problem.scenario.tokens.increment)
        self.step = step
        self.opening = [(pk, float(p.tokens)) for pk, p in enumerate(P.packs) if p.tokens is not None]
        self.packs = [pk for pk, tiers in enumerate(P.tiers) if tiers]
        self.cost = {x.name: c for x, c in m.cost.items()}

    def least(self, cuts: Sequence[Cut], enough: float) -> tuple[float, tuple[int, ...]]:
        """The bound that these cuts prove (up to `enough`), and the choices that attain it."""
        constant = np.array([c.constant - self._opening(c) for c in cuts])
        least = [np.array([self._pack(c, pk) for c in cuts]) for pk in self.packs]
        least += [np.array([self._order(c, o) for c in cuts]) for o in range(len(self.model.problem.orders))]
        counts = [[0] + [1] * (w.shape[1] - 1) for w in least[: len(self.packs)]]
        counts += [[0] * w.shape[1] for w in least[len(self.packs) :]]
        most = self.model.problem.scenario.tokens.max_purchases
        return least_of_best(constant, least, counts, most, enough)

    def at(self, cut: Cut, tiers: Sequence[int]) -> float:
        """The bound that one cut proves for all plans in these tiers (if there are none, in any)."""
        packs = [self._pack(cut, pk) for pk in self.packs]
        orders = [self._order(cut, o) for o in range(len(self.model.problem.orders))]
        if tiers:
            count = len(self.model.tier)
            of_pack = {pk: j + 1 for (pk, j), on in zip(self.model.tier, tiers[:count], strict=True) if on}
            of_order = {o: j + 1 for (o, j), on in zip(self.model.order, tiers[count:], strict=True) if on}
            least = [found[of_pack.get(pk, 0)] for pk, found in zip(self.packs, packs, strict=True)]
            least += [found[of_order.get(o, 0)] for o, found in enumerate(orders)]
        else:
            least = [min(found) for found in (*packs, *orders)]
        return cut.constant - self._opening(cut) + math.fsum(least)

    def tiers(self, choices: tuple[int, ...]) -> tuple[int, ...]:
        """The choices as tiers of the master; what is undecided is not bought."""
        of_pack = dict(zip(self.packs, choices, strict=False))
        of_order = dict(enumerate(choices[len(self.packs) :]))
        packs = [int(of_pack.get(pk, 0) == j + 1) for pk, j in self.model.tier]
        return (*packs, *(int(of_order.get(o, 0) == j + 1) for o, j in self.model.order))

    def tokens(self, cut: Cut) -> list[float]:
        """The worth of a token in each pack."""
        return [self._token(cut, pk) for pk in range(len(self.model.problem.packs))]

    def _token(self, cut: Cut, pk: int) -> float:
        """The worth of a token in the pack, in the period of its life where it is worth most."""
        life = self.model.problem.packs[pk]
        return max(
            [0.0, *(-cut.slope.get(self.model.draw[pk, t].name, 0.0) for t in range(life.first, life.after))]
        )

    def _opening(self, cut: Cut) -> float:
        return math.fsum(tokens * self._token(cut, pk) for pk, tokens in self.opening)

    def _pack(self, cut: Cut, pk: int) -> list[float]:
        """Not bought, or bought in each tier: at its minimum or maximum, whichever is cheaper."""
        value, found = self.step * self._token(cut, pk), [0.0]
        for j, tier in enumerate(self.model.problem.tiers[pk]):
            x = self.model.units[pk, j].name
            each = self.cost.get(x, 0.0) + cut.slope.get(x, 0.0) - value
            bought = self.model.tier[pk, j].name
            fixed = self.cost.get(bought, 0.0) + cut.slope.get(bought, 0.0)
            if invoice := self.model.invoice.get((pk, j)):
                # the invoice is at least the price less what is rounded off, in minor units
                due = cut.slope.get(invoice.name, 0.0) / float(self.model.problem.scenario.money.unit)
                each += due * self.step * float(tier.price)
                fixed -= due * float(self.model.problem.rounded_off(pk, j))
            found.append(fixed + min(each * tier.lower, each * tier.upper))
        return found

    def _order(self, cut: Cut, o: int) -> list[float]:
        """No seat, or as many as each seat tier allows, cheapest first."""
        P, order, found = self.model.problem, self.model.problem.orders[o], [0.0]
        bounds = [1, *(t.from_ for t in order.tiers)]
        for j, lower in enumerate(bounds):
            least = max(lower, order.minimum)
            last = j + 1 == len(bounds)
            most = order.most if last else bounds[j + 1] - 1
            each = []
            for (k, jj), x in self.model.seats.items():
                if P.contracts[k].order == o and jj == j:
                    q = P.contracts[k].quantity
                    price = self.cost.get(x.name, 0.0) + cut.slope.get(x.name, 0.0)
                    each.append((price, most if q is None else q))
            total, count = 0.0, 0
            for price, limit in sorted(each):
                seats = min(limit, (most if price < 0 else least) - count)
                total, count = total + price * max(0, seats), count + max(0, seats)
            found.append(total if least <= most and count >= least else math.inf)
        return found
