"""The coupling rows, their prices, and the lower bound that prices give: a cut.

Users share only a few rows of the model: pool, holdings, limits. With prices (dual values) on these rows
every user is independent, so that for any prices all users together cost at least

    W(prices) + sum over coupling rows of price x (right-hand side - what purchases and orders add to the row)

whatever is bought (weak duality). W is computed by numpy for all users at once (`pricing.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pulp

from flexopt.base.arrays import Floats
from flexopt.model.program import Model, seat_price
from flexopt.model.sets import Problem
from flexopt.solve.pricing import Prices

SHORTAGE = 100.0
"""Price of violating a coupling row, in multiples of the highest token or seat price: any gives a cut."""


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """All users cost at least `constant + sum(slope[y] * y)`.

    rows : the price of each coupling row; prices : the resulting prices of tokens and seats; value : their W
    """

    rows: Floats
    prices: Prices
    value: float
    constant: float
    slope: Mapping[str, float]


class CouplingRows:
    """The rows that users share, with the coefficients of seats and tokens.

    seat : float64[rows, contracts]; token : float64[rows, periods], per token without buffer
    labels : what each row limits, for the certificate
    counting : the rows that limit a count of seats
    """

    def __init__(self, problem: Problem, purchases: Model) -> None:
        coupling, count = purchases.coupling, len(problem.contracts)
        rows = {r.name: r for r in purchases.lp.constraints()}
        self.rows: list[pulp.LpConstraint] = [rows[c.name] for c in coupling]
        self.names = [c.name for c in coupling]
        self.labels = [dict(c.label) for c in coupling]
        self.seat = np.array([[c.seat.get(k, 0.0) for k in range(count)] for c in coupling])
        self.token = np.array([c.token for c in coupling])
        self.senses = np.array([r.sense for r in self.rows])
        self.sides = np.array([-r.constant for r in self.rows])
        self.counting = [
            r
            for r, seat in enumerate(self.seat)
            if self.senses[r] < 0 and seat.any() and set(seat) <= {0, 1} and not self.token[r].any()
        ]
        self.terms = [{x.name: value for x, value in r.expr.items()} for r in self.rows]
        self.settled = float(problem.settled)
        self.cost = np.array([seat_price(c) for c in problem.contracts])

    def prices(self, rows: Floats) -> Prices:
        """The cost of seats and tokens for a user at these row prices."""
        return Prices(self.cost - rows @ self.seat, -(rows @ self.token))

    def valid(self, duals: Floats) -> Floats:
        """The dual values, clipped to the signs that the rows allow."""
        return np.where(self.senses > 0, np.maximum(duals, 0), np.minimum(duals, 0))

    def cut(self, rows: Floats, value: float) -> Cut:
        slope: dict[str, float] = {}
        for price, terms in zip(rows.tolist(), self.terms, strict=True):
            for name, coefficient in terms.items() if price else ():
                slope[name] = slope.get(name, 0.0) - price * coefficient
        constant = self.settled + value + math.fsum(rows * self.sides)
        return Cut(rows, self.prices(rows), value, constant, slope)
