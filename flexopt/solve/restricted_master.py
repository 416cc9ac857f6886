"""The restricted master: the best prices in given tiers, by column generation (Dantzig-Wolfe).

Groups of subproblems combine choices made at earlier prices; the dual values of the cheapest combination are
the next prices to try.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pulp

from flexopt.base.arrays import Floats
from flexopt.inputs.scenario.scenario import SolverOptions
from flexopt.model.program import Model
from flexopt.model.rows import fix_tiers
from flexopt.solve.backend import Backend
from flexopt.solve.coupling import SHORTAGE, CouplingRows
from flexopt.solve.pricing import Response


class RestrictedMaster:
    """Purchases in given tiers, and for every group a convex combination of its choices so far."""

    def __init__(self, m: Model, coupling: CouplingRows, groups: int, backend: Backend) -> None:
        self.model, self.coupling, self.backend = m, coupling, backend
        highest = max(
            [1.0, *(float(t.price) for tiers in m.problem.tiers for t in tiers)]
            + [float(c.commitment[0]) for c in m.problem.contracts]
        )
        token = max([1.0, *(float(t.price) for tiers in m.problem.tiers for t in tiers)])
        self.objective = dict(m.cost.items())
        for x in m.lp.variables():
            x.cat = pulp.LpContinuous
        for r, (row, name) in enumerate(zip(coupling.rows, coupling.names, strict=True)):
            slack = m.lp.add_variable(f"broken_{r:05d}", 0)
            row.expr.addterm(slack, 1.0 if row.sense > 0 else -1.0)
            self.objective[slack] = SHORTAGE * (token if name.startswith("pool") else highest)
        self.convexity = []
        for g in range(groups):
            row = pulp.LpConstraint(pulp.LpAffineExpression(), pulp.LpConstraintEQ, f"group_{g:05d}", 1)
            m.lp.addConstraint(row)
            self.convexity.append(row)
        self.known: set[tuple[int, bytes]] = set()

    def add(self, response: Response) -> int:
        """Add the choices of a response, group by group; returns the number of new ones."""
        cost = response.counts @ self.coupling.cost + response.fees
        put = response.counts @ self.coupling.seat.T + response.tokens @ self.coupling.token.T
        new = 0
        for g, (paid, terms) in enumerate(zip(cost.tolist(), np.round(put, 9), strict=True)):
            key = (g, terms.tobytes() + np.float64(paid).tobytes())
            if key in self.known:
                continue
            self.known.add(key)
            x = self.model.lp.add_variable(f"mix_g{g:05d}_n{len(self.known):06d}", 0)
            self.objective[x] = paid
            self.convexity[g].expr.addterm(x, 1.0)
            for r in np.flatnonzero(terms).tolist():
                self.coupling.rows[r].expr.addterm(x, float(terms[r]))
            new += 1
        return new

    def solve(
        self, tiers: Sequence[int], options: SolverOptions, seconds: float
    ) -> tuple[float, Floats] | None:
        """Cost of the cheapest combination in these tiers, and the rows' prices; None if unknown."""
        fix_tiers(self.model, tiers)
        self.model.lp.setObjective(pulp.LpAffineExpression(self.objective))
        cost = self.backend.solve_relaxation(self.model.lp, options, seconds=seconds)
        if cost is None or cost == math.inf:
            return None
        rows = np.array([r.pi or 0.0 for r in self.coupling.rows])
        return cost + self.coupling.settled, self.coupling.valid(rows)
