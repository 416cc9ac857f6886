"""The coupling rows, in which users meet, their prices, and the lower bound that prices give: a cut.

Users meet only in a few rows of the model: pool, holdings, limits. Give those rows prices (dual values) and
every user stands alone, so that for any prices all users together cost at least

    W(prices) + sum over coupling rows of price x (right side - what purchases and orders put into the row)

whatever is bought (weak duality). W is computed by numpy for all users at once (`pricing.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pulp

from flexopt.base.arrays import Floats
from flexopt.model.rows import Model
from flexopt.model.sets import Problem
from flexopt.solve.pricing import Prices

__all__ = ["SHORTAGE", "CouplingRows", "Cut"]


SHORTAGE = 100.0
"""Price of breaking a coupling row, in multiples of the highest price of a token or seat: any gives a cut."""


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """All users cost at least `constant + sum(slope[y] * y)`.

    rows : the price of each coupling row; prices : what they make of tokens and seats; value : W of these
    """

    rows: Floats
    prices: Prices
    value: float
    constant: float
    slope: Mapping[str, float]


class CouplingRows:
    """The rows in which users meet: what one seat of a contract, and one token in a period, put into them.

    seat : float64[rows, contracts]; token : float64[rows, periods], per token without buffer
    labels : what each row is, for the certificate
    counting : the rows that limit a count of seats
    """

    def __init__(self, problem: Problem, purchases: Model) -> None:
        contracts, periods = problem.contracts, problem.periods
        put: dict[str, tuple[Floats, Floats]] = {}
        self.labels: list[dict[str, str]] = []

        def row(name: str, **label: str) -> tuple[Floats, Floats]:
            if name not in put:
                put[name] = np.zeros(len(contracts)), np.zeros(periods)
                self.labels.append(label)
            return put[name]

        for t in range(periods):
            day = str(problem.edges[t])
            row(f"pool_t{t:03d}", row="pool", start=day)[1][t] = -(1 + problem.buffer)
        for k, c in enumerate(contracts):
            term = {"offer": c.offer, "kind": c.kind, "start": str(c.start), "end": str(c.end)}
            if c.order is not None:
                row(f"seats_k{k:03d}", row="order", **term)[0][k] = -1
            elif c.quantity is not None:
                row(f"holding_k{k:03d}", row="holding", **term)[0][k] = 1
        for s, offer in enumerate(problem.scenario.offers):
            mine = [k for k, c in enumerate(contracts) if c.offer == offer.id]
            for t in sorted({contracts[k].first for k in mine}) if offer.maximum is not None else ():
                live = [k for k in mine if contracts[k].first <= t < contracts[k].after]
                name, day = f"maximum_s{s:03d}_t{t:03d}", str(problem.edges[t])
                put_in = row(name, row="maximum", offer=offer.id, start=day)[0]
                put_in[[k for k in live if contracts[k].order is None]] = 1
        for g, limit in enumerate(problem.scenario.budgets):
            put_in = row(f"budget_g{g:03d}", row="budget", id=limit.id)[0]
            for k, c in enumerate(contracts):
                if limit.from_ <= c.start < limit.to and c.kind != "owned" and c.order is None:
                    put_in[k] = float(c.commitment[0])
        if problem.scenario.tokens.max_oversize is not None:
            row("oversize", row="oversize")[1][:] = -(1 + float(problem.scenario.tokens.max_oversize))
        rows = {r.name: r for r in purchases.lp.constraints()}
        self.rows: list[pulp.LpConstraint] = [rows[name] for name in put]
        self.names = list(put)
        self.seat = np.array([seat for seat, _ in put.values()]).reshape(len(put), -1)
        self.token = np.array([token for _, token in put.values()]).reshape(len(put), -1)
        self.senses = np.array([r.sense for r in self.rows])
        self.sides = np.array([-r.constant for r in self.rows])
        self.counting = [
            r
            for r, seat in enumerate(self.seat)
            if self.senses[r] < 0 and seat.any() and set(seat) <= {0, 1} and not self.token[r].any()
        ]
        self.terms = [{x.name: value for x, value in r.expr.items()} for r in self.rows]
        self.cost = np.array([0.0 if c.order is not None else float(c.cost[0]) for c in contracts])

    def prices(self, rows: Floats) -> Prices:
        """What a seat and a token cost a user at these prices of the rows."""
        return Prices(self.cost - rows @ self.seat, -(rows @ self.token))

    def valid(self, duals: Floats) -> Floats:
        """The dual values with the signs that the rows allow."""
        return np.where(self.senses > 0, np.maximum(duals, 0), np.minimum(duals, 0))

    def cut(self, rows: Floats, value: float) -> Cut:
        slope: dict[str, float] = {}
        for price, terms in zip(rows.tolist(), self.terms, strict=True):
            for name, coefficient in terms.items() if price else ():
                slope[name] = slope.get(name, 0.0) - price * coefficient
        return Cut(rows, self.prices(rows), value, value + math.fsum(rows * self.sides), slope)
