"""What no plan can cost less than, and which users' choices are open at that price.

Users meet only in a few rows of the model: pool, holdings, limits. Give those rows prices (dual values) and
every user stands alone, so that for any prices >= 0 all users together cost at least

    constant + sum over purchases and orders y of slope[y] * y          (a *cut*; weak duality)

whatever is bought. The *master* decides the purchases and orders exactly, tiers and increments included,
against all cuts: it is tiny, and its optimum is a lower bound of the whole model. A linear programme with
the master's tiers fixed gives the prices of the next cut; the bound is reached when the master chooses tiers
that it has chosen before (Benders). `reduced` then tells what it costs at least to decide a seat or a flex
otherwise than the prices do: what costs more than the plan at hand can be left out of the search.

The solver is trusted with none of this: a cut is computed here from whatever prices it prints, and is valid
for any prices.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pulp

from flexopt.inputs.scenario import SolverOptions
from flexopt.model import Model, pool_rows
from flexopt.solver import Status, solve, solve_relaxation

__all__ = ["Bound", "Cut", "Users", "fix_tiers", "lower_bound"]

Floats = npt.NDArray[np.float64]

MOST_ROUNDS = 60
"""Tiers tried in the search for the bound; fewer leave a weaker bound, never a wrong one."""

SHORTAGE = 100.0
"""Price of a token that no pack holds, in multiples of the dearest tier; any price gives a valid cut."""


@dataclass(frozen=True, slots=True)
class Cut:
    """All users cost at least `constant + sum(slope[y] * y)`, and `|reduced[j]|` more if choice j deviates.

    reduced : float64[choices], in the order of `Users.choices`; positive: 0 is the cheap side, negative: 1
    """

    constant: float
    slope: Mapping[str, float]
    reduced: Floats


class Users:
    """The rows and columns of the model that belong to users: seats and flex."""

    def __init__(self, m: Model) -> None:
        self.choices = [*m.seat.values(), *m.flex.values()]
        column = {x.name: j for j, x in enumerate(self.choices)}
        self.cost = np.array([m.cost.get(x, 0.0) for x in self.choices])
        self.constraints: list[pulp.LpConstraint] = []
        self.estate_rows: list[pulp.LpConstraint] = []
        self.shared: list[tuple[int, str, float]] = []
        rows, columns, values = [], [], []
        for constraint in m.lp.constraints():
            terms = constraint.expr.items()
            if not any(x.name in column for x, _ in terms):
                self.estate_rows.append(constraint)
                continue
            for x, value in terms:
                if x.name in column:
                    rows.append(len(self.constraints))
                    columns.append(column[x.name])
                    values.append(value)
                else:
                    self.shared.append((len(self.constraints), x.name, value))
            self.constraints.append(constraint)
        self.rows, self.columns = np.array(rows, dtype=np.intp), np.array(columns, dtype=np.intp)
        self.values = np.array(values)
        self.sides = np.array([-c.constant for c in self.constraints])
        self.signs = np.array([c.sense for c in self.constraints])

    def cut(self) -> Cut:
        """The cut of the dual values that the solver left in the rows, made valid by their signs.

        Every choice is between 0 and 1, so its part of the Lagrangian is min(0, reduced cost).
        """
        duals = np.array([c.pi or 0.0 for c in self.constraints])
        prices = np.where(self.signs > 0, np.maximum(duals, 0), np.minimum(duals, 0))
        priced = np.bincount(self.columns, self.values * prices[self.rows], len(self.choices))
        reduced = np.asarray(self.cost - priced, dtype=np.float64)
        slope: dict[str, float] = {}
        for r, name, value in self.shared:
            slope[name] = slope.get(name, 0.0) - float(prices[r]) * value
        constant = math.fsum(prices * self.sides) + math.fsum(np.minimum(reduced, 0))
        return Cut(constant, {y: s for y, s in slope.items() if s}, reduced)


Row = tuple[dict[str, float], int, float]
"""Coefficients by variable, sense, right side."""

USERS = "users"
"""The master's variable for what all users pay."""


class Master:
    """Purchases and orders alone, with all that the cuts know about what they leave the users to pay."""

    def __init__(self, m: Model, users: Users) -> None:
        mine = {x.name for x in users.choices}
        self.columns = [
            (x.name, x.lowBound, x.upBound, x.cat) for x in m.lp.variables() if x.name not in mine
        ]
        self.columns.append((USERS, None, None, pulp.LpContinuous))
        self.purchases = {x.name: c for x, c in m.cost.items() if x.name not in mine}
        self.tiers = [x.name for x in (*m.tier.values(), *m.order.values())]
        self.forbidden: list[Row] = []
        self.rows: list[Row] = [
            ({x.name: value for x, value in row.expr.items()}, row.sense, -row.constant)
            for row in users.estate_rows
        ]

    def add(self, cut: Cut) -> None:
        """What users pay is at least the cut."""
        terms = {USERS: 1.0} | {y: -slope for y, slope in cut.slope.items()}
        self.rows.append((terms, pulp.LpConstraintGE, cut.constant))

    def forbid(self, tiers: Sequence[int]) -> None:
        """Not these tiers again: there is no plan with them, or it is known already."""
        terms = {y: 1.0 if on else -1.0 for y, on in zip(self.tiers, tiers, strict=True)}
        self.forbidden.append((terms, pulp.LpConstraintLE, sum(tiers) - 1.0))

    def solve(self, options: SolverOptions, seconds: float) -> tuple[float, tuple[int, ...]] | None:
        """The bound and the tiers chosen; None if nothing can be bought that allows a plan."""
        rows = [*self.rows, *self.forbidden]
        bound, chosen = self._minimise(self.purchases | {USERS: 1.0}, rows, options, seconds)
        return None if bound == math.inf else (bound, chosen)

    def least(
        self, cut: Cut, most: float, tiers: Sequence[int], options: SolverOptions, seconds: float
    ) -> float:
        """The least total under one cut in these tiers (in any, if there are none).

        Only purchases count that all cuts allow to cost at most `most`.
        """
        allowed: Row = (self.purchases | {USERS: 1.0}, pulp.LpConstraintLE, most)
        fixed: list[Row] = [
            ({y: 1.0}, pulp.LpConstraintEQ, float(on)) for y, on in zip(self.tiers, tiers, strict=False)
        ]
        priced = dict(self.purchases)
        for y, slope in cut.slope.items():
            priced[y] = priced.get(y, 0.0) + slope
        return cut.constant + self._minimise(priced, [*self.rows, allowed, *fixed], options, seconds)[0]

    def _minimise(
        self, objective: Mapping[str, float], rows: Sequence[Row], options: SolverOptions, seconds: float
    ) -> tuple[float, tuple[int, ...]]:
        lp = pulp.LpProblem("bound", pulp.LpMinimize)
        x = {name: lp.add_variable(name, low, up, cat) for name, low, up, cat in self.columns}

        def expression(terms: Mapping[str, float]) -> pulp.LpAffineExpression:
            return pulp.LpAffineExpression([(x[name], value) for name, value in terms.items()])

        lp.setObjective(expression(objective))
        for n, (terms, sense, side) in enumerate(rows):
            lp.addConstraint(pulp.LpConstraint(expression(terms), sense, f"row_{n:05d}", side))
        outcome = solve(lp, options.model_copy(update={"gap": Decimal(0)}), seconds=seconds)
        bound = math.inf if outcome.status is Status.INFEASIBLE else outcome.bound
        return bound, tuple(round(x[name].value() or 0) for name in self.tiers)


@dataclass(frozen=True, slots=True)
class Bound:
    """A lower bound of every plan's cost, and all it takes to price the users where certain tiers are chosen.

    tiers : of the best relaxed plan, 0 or 1 for every `tier`, then every `order` of the model
    cut : of the prices in these tiers
    """

    value: float
    tiers: tuple[int, ...]
    cut: Cut
    master: Master
    users: Users
    relaxed: Model

    def cut_of(
        self, tiers: tuple[int, ...], options: SolverOptions, seconds: float
    ) -> tuple[float, Cut] | None:
        """Least cost of the relaxed model in these tiers, and the cut of its prices; None if unknown.

        The cost is infinite where the tiers allow no plan.
        """
        fix_tiers(self.relaxed, tiers)
        cost = solve_relaxation(self.relaxed.lp, options, seconds=seconds)
        if cost is None:
            return None
        cut = self.users.cut()
        if cost < math.inf:
            self.master.add(cut)
        return cost, cut


def fix_tiers(m: Model, tiers: Sequence[int]) -> None:
    """Purchases and orders in just these tiers; in any, if there are none."""
    for n, x in enumerate((*m.tier.values(), *m.order.values())):
        x.lowBound, x.upBound = (tiers[n], tiers[n]) if tiers else (0, 1)


def lower_bound(relaxed: Model, options: SolverOptions, deadline: float) -> Bound | None:
    """The bound of a model, whose integers are relaxed here; None where none was found.

    Stops at the deadline (of time.monotonic) with the bound reached by then. None says nothing about the
    model: whether it has a plan is for the whole model to tell.
    """
    users = Users(relaxed)
    master = Master(relaxed, users)
    _relax(relaxed)
    bound = Bound(-math.inf, (), Cut(0.0, {}, users.cost), master, users, relaxed)
    first = bound.cut_of((), options, deadline - time.monotonic())
    if first is None or first[0] == math.inf:
        return None
    # the cut of the best tiers prices users best; without any tiers fixed it is a first guess only
    bound, best = replace(bound, cut=first[1]), math.inf
    seen = set[tuple[int, ...]]()
    for _ in range(MOST_ROUNDS):
        found = master.solve(options, max(1.0, deadline - time.monotonic()))
        if found is None:
            return None
        bound = replace(bound, value=max(bound.value, found[0]))
        tiers = found[1]
        if tiers in seen or time.monotonic() >= deadline:
            break
        seen.add(tiers)
        priced = bound.cut_of(tiers, options, deadline - time.monotonic())
        if priced is None:
            break
        if priced[0] == math.inf:
            master.forbid(tiers)
        elif priced[0] < best:
            best, bound = priced[0], replace(bound, tiers=tiers, cut=priced[1])
    return bound


def _relax(m: Model) -> None:
    """No integers, and tokens that no pack holds at a price that nobody would pay."""
    dear = max((t.price for tiers in m.problem.tiers for t in tiers), default=0)
    price = SHORTAGE * max(float(dear), 1.0)
    shortage = []
    for x in m.lp.variables():
        x.cat = pulp.LpContinuous
    if m.problem.scenario.tokens.max_oversize is None:
        # nobody takes twice what costs money; a bound at 1 would split the price of one decision among two
        for x in (*m.seat.values(), *m.flex.values()):
            x.upBound = None
    for t, row in pool_rows(m):
        short = m.lp.add_variable(f"short_t{t:03d}", 0)
        row.addInPlace(short)
        shortage.append((short, price))
    m.lp.setObjective(pulp.LpAffineExpression([*m.cost.items(), *shortage]))
