"""The Benders master: decides purchases and orders exactly, with tiers and increments, against all cuts.

It is tiny, and its optimum is a lower bound on the whole model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

import pulp

from flexopt.inputs.scenario.scenario import SolverOptions
from flexopt.model.program import Model
from flexopt.solve.backend import Backend, Status
from flexopt.solve.coupling import CouplingRows, Cut

MasterRow = tuple[Mapping[str, float], int, float]
"""Coefficients by variable, sense, right-hand side."""

USERS = "users"
"""The variable for the cost of all users."""


class BendersMaster:
    """Purchases and orders alone, with all cuts as bounds on what users then pay."""

    def __init__(self, m: Model, coupling: CouplingRows, backend: Backend) -> None:
        self.backend = backend
        self.columns = [(x.name, x.lowBound, x.upBound, x.cat) for x in m.lp.variables()]
        self.columns.append((USERS, None, None, pulp.LpContinuous))
        self.purchases = {x.name: c for x, c in m.cost.items()}
        self.tiers = [x.name for x in (*m.tier.values(), *m.order.values())]
        # a row without users has a price for the certificate, but is also kept here
        priced = {
            name
            for name, seat, token in zip(coupling.names, coupling.seat, coupling.token, strict=True)
            if seat.any() or token.any()
        }
        self.forbidden: list[MasterRow] = []
        self.rows: list[MasterRow] = [
            ({x.name: value for x, value in row.expr.items()}, row.sense, -row.constant)
            for row in m.lp.constraints()
            if row.name not in priced
        ]

    def add(self, cut: Cut) -> None:
        """Users pay at least the cut."""
        terms = {USERS: 1.0} | {y: -slope for y, slope in cut.slope.items()}
        self.rows.append((terms, pulp.LpConstraintGE, cut.constant))

    def forbid(self, tiers: Sequence[int]) -> None:
        """Exclude these tiers: there is no plan with them, or it is already known."""
        terms = {y: 1.0 if on else -1.0 for y, on in zip(self.tiers, tiers, strict=True)}
        self.forbidden.append((terms, pulp.LpConstraintLE, sum(tiers) - 1.0))

    def solve(self, options: SolverOptions, seconds: float) -> tuple[float, tuple[int, ...]] | None:
        """The bound and the tiers chosen; None if no purchases allow a plan."""
        rows = [*self.rows, *self.forbidden]
        bound, chosen = self._minimise(self.purchases | {USERS: 1.0}, rows, options, seconds)
        return None if bound == math.inf else (bound, chosen)

    def least(
        self, cut: Cut, most: float, tiers: Sequence[int], options: SolverOptions, seconds: float
    ) -> float:
        """The least total under one cut in these tiers (in any, if there are none).

        Only purchases for which all cuts allow a total of at most `most` count.
        """
        allowed: MasterRow = (self.purchases | {USERS: 1.0}, pulp.LpConstraintLE, most)
        fixed: list[MasterRow] = [
            ({y: 1.0}, pulp.LpConstraintEQ, float(on)) for y, on in zip(self.tiers, tiers, strict=False)
        ]
        priced = dict(self.purchases)
        for y, slope in cut.slope.items():
            priced[y] = priced.get(y, 0.0) + slope
        return cut.constant + self._minimise(priced, [*self.rows, allowed, *fixed], options, seconds)[0]

    def _minimise(
        self,
        objective: Mapping[str, float],
        rows: Sequence[MasterRow],
        options: SolverOptions,
        seconds: float,
    ) -> tuple[float, tuple[int, ...]]:
        lp = pulp.LpProblem("bound", pulp.LpMinimize)
        x = {name: lp.add_variable(name, low, up, cat) for name, low, up, cat in self.columns}

        def expression(terms: Mapping[str, float]) -> pulp.LpAffineExpression:
            return pulp.LpAffineExpression([(x[name], value) for name, value in terms.items()])

        lp.setObjective(expression(objective))
        for n, (terms, sense, side) in enumerate(rows):
            lp.addConstraint(pulp.LpConstraint(expression(terms), sense, f"row_{n:05d}", side))
        outcome = self.backend.solve(lp, options.model_copy(update={"gap": Decimal(0)}), seconds=seconds)
        bound = math.inf if outcome.status is Status.INFEASIBLE else outcome.bound
        return bound, tuple(round(x[name].value() or 0) for name in self.tiers)
