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
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pulp

from flexopt.inputs.scenario import SolverOptions
from flexopt.model import Model
from flexopt.solver import Status, solve, solve_relaxation

__all__ = ["Bound", "Cut", "Users", "lower_bound"]

Floats = npt.NDArray[np.float64]

MOST_CUTS = 60
"""Rounds of the search for the bound; fewer leave a weaker bound, never a wrong one."""

SHORTAGE = 100.0
"""Price of a token that no pack holds, in multiples of the dearest tier; any price gives a valid cut."""


@dataclass(frozen=True, slots=True)
class Cut:
    """All users cost at least `constant + sum(slope[y] * y)`; deviating in choice j costs `|reduced[j]|` more.

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
        self.names: list[str] = []
        self.estate_rows: list[pulp.LpConstraint] = []
        rows, columns, values, sides, signs = [], [], [], [], []
        self.shared: list[tuple[int, str, float]] = []
        for constraint in m.lp.constraints():
            terms = constraint.expr.items()
            if not any(x.name in column for x, _ in terms):
                self.estate_rows.append(constraint)
                continue
            r = len(self.names)
            self.names.append(constraint.name)
            sides.append(-constraint.constant)
            signs.append(constraint.sense)
            for x, value in terms:
                if x.name in column:
                    rows.append(r)
                    columns.append(column[x.name])
                    values.append(value)
                else:
                    self.shared.append((r, x.name, value))
        self.rows, self.columns = np.array(rows, dtype=np.intp), np.array(columns, dtype=np.intp)
        self.values, self.sides, self.signs = np.array(values), np.array(sides), np.array(signs)

    def cut(self, prices: Floats) -> Cut:
        """The cut of these prices (float64[rows], one per name in `names`), made valid by their signs.

        Every choice is between 0 and 1, so its part of the Lagrangian is min(0, reduced cost).
        """
        prices = np.where(self.signs > 0, np.maximum(prices, 0), np.minimum(prices, 0))
        priced = np.bincount(self.columns, self.values * prices[self.rows], len(self.choices))
        reduced = self.cost - priced
        slope: dict[str, float] = {}
        for r, name, value in self.shared:
            slope[name] = slope.get(name, 0.0) - prices[r] * value
        constant = math.fsum(prices * self.sides) + math.fsum(np.minimum(reduced, 0))
        return Cut(constant, {y: s for y, s in slope.items() if s}, reduced)


class Master:
    """Purchases and orders alone, with everything known about what they leave the users to pay."""

    def __init__(self, m: Model, users: Users) -> None:
        self.lp = pulp.LpProblem("bound", pulp.LpMinimize)
        mine = set(users.choices)
        self.variables = {
            x.name: self.lp.add_variable(x.name, x.lowBound, x.upBound, x.cat)
            for x in m.lp.variables()
            if x not in mine
        }
        self.users = self.lp.add_variable("users")
        cost = [(self.variables[x.name], c) for x, c in m.cost.items() if x.name in self.variables]
        self.bill = pulp.LpAffineExpression([*cost, (self.users, 1.0)])
        self.purchases = pulp.LpAffineExpression(cost)
        self.patterns = [self.variables[x.name] for x in (*m.tier.values(), *m.order.values())]
        for row in users.estate_rows:
            terms = [(self.variables[x.name], value) for x, value in row.expr.items()]
            self._row(terms, row.sense, -row.constant)

    def _row(self, terms: Sequence[tuple[pulp.LpVariable, float]], sense: int, side: float) -> None:
        name = f"row_{self.lp.numConstraints():05d}"
        self.lp.addConstraint(pulp.LpConstraint(pulp.LpAffineExpression(terms), sense, name, side))

    def add(self, cut: Cut) -> None:
        terms = [(self.variables[y], -slope) for y, slope in cut.slope.items()]
        self._row([(self.users, 1.0), *terms], pulp.LpConstraintGE, cut.constant)

    def forbid(self, pattern: Sequence[int]) -> None:
        """Not these tiers: there is no plan with them."""
        terms = [(x, 1.0 if on else -1.0) for x, on in zip(self.patterns, pattern, strict=True)]
        self._row(terms, pulp.LpConstraintLE, sum(pattern) - 1)

    def solve(self, options: SolverOptions, seconds: float) -> tuple[float, tuple[int, ...]] | None:
        """The bound and the tiers chosen; None if nothing can be bought that allows a plan."""
        self.lp.setObjective(self.bill)
        outcome = solve(self.lp, options, seconds=seconds)
        if outcome.status is Status.INFEASIBLE:
            return None
        return outcome.bound, tuple(round(x.value() or 0) for x in self.patterns)

    def least(self, cut: Cut, most: float, options: SolverOptions, seconds: float) -> float:
        """The least total under one cut, among the purchases that all cuts allow to cost at most `most`."""
        name = "most"
        self.lp.addConstraint(pulp.LpConstraint(self.bill, pulp.LpConstraintLE, name, most))
        terms = pulp.LpAffineExpression([(self.variables[y], s) for y, s in cut.slope.items()])
        self.lp.setObjective(self.purchases + terms)
        outcome = solve(self.lp, options, seconds=seconds)
        del self.lp._constraints[name]
        return math.inf if outcome.status is Status.INFEASIBLE else cut.constant + outcome.bound


@dataclass(frozen=True, slots=True)
class Bound:
    """A lower bound of every plan's cost, the cut of the best tiers found, and the master behind it."""

    value: float
    cut: Cut
    master: Master
    users: Users
    cuts: int

    def window(self, cost: float, options: SolverOptions, seconds: float) -> float:
        """A plan cheaper than `cost` deviates in no choice whose reduced cost is above this."""
        return cost - self.master.least(self.cut, cost, options, seconds)


def lower_bound(relaxed: Model, options: SolverOptions, deadline: float) -> Bound | None:
    """The bound of a model, whose integers are relaxed here; None where none was found.

    Stops at the deadline (of time.monotonic) with the bound reached by then. None says nothing about the
    model: whether it has a plan is for the whole model to tell.
    """
    users = Users(relaxed)
    master = Master(relaxed, users)
    tiers = [*relaxed.tier.values(), *relaxed.order.values()]
    _relax(relaxed)
    exact = options.model_copy(update={"gap": 0})
    best, best_cost = None, math.inf
    value, cuts, seen = -math.inf, 0, set[tuple[int, ...]]()
    pattern: tuple[int, ...] | None = None
    while cuts < MOST_CUTS:
        left = deadline - time.monotonic()
        if left <= 0 and best is not None:
            break
        cost = solve_relaxation(relaxed.lp, options, seconds=left)
        if cost is None:
            if pattern is None:
                return None
            master.forbid(pattern)
        else:
            cut = users.cut(np.array([relaxed.lp.get_constraint_by_name(n).pi or 0.0 for n in users.names]))
            master.add(cut)
            cuts += 1
            if pattern is None or cost < best_cost:
                best, best_cost = cut, math.inf if pattern is None else cost
        found = master.solve(exact, max(deadline - time.monotonic(), 1.0))
        if found is None:
            return None
        value, pattern = max(value, found[0]), found[1]
        if pattern in seen:
            break
        seen.add(pattern)
        for x, on in zip(tiers, pattern, strict=True):
            x.lowBound = x.upBound = on
    assert best is not None
    return Bound(value, best, master, users, cuts)


def _relax(m: Model) -> None:
    """No integers, and tokens that no pack holds at a price that nobody would pay."""
    dear = max((t.price for tiers in m.problem.tiers for t in tiers), default=0)
    price = SHORTAGE * max(float(dear), 1.0)
    objective = m.lp.objective.copy()
    for x in m.lp.variables():
        x.cat = pulp.LpContinuous
    for row in m.lp.constraints():
        if row.name.startswith("pool_"):
            short = m.lp.add_variable(f"short{row.name[4:]}", 0)
            row.addInPlace(short)
            objective.addterm(short, price)
    m.lp.setObjective(objective)
