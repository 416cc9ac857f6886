"""What no plan can cost less than, and the prices that show it.

Users meet only in a few rows of the model: pool, holdings, limits. Give those rows prices (dual values) and
every user stands alone, so that for any prices all users together cost at least

    W(prices) + sum over shared rows of price x (right side - what purchases and orders put into the row)

whatever is bought: a *cut* (weak duality). W is computed by numpy for all users at once (`pricing.py`). The
*master* decides purchases and orders exactly, tiers and increments included, against all cuts: it is tiny,
and its optimum is a lower bound of the whole model. Where it has chosen tiers, the best prices in these are
searched by column generation (Dantzig-Wolfe): groups of users mix the choices that they have made at earlier
prices, and the dual values of the best mixture are the next prices to ask.

The solver is trusted with none of the prices: a cut is computed here from whatever it prints, and is valid
for any prices.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pulp

from flexopt.core import nobody
from flexopt.inputs.scenario import SolverOptions
from flexopt.minmax import least_of_best
from flexopt.model import Model, build
from flexopt.pricing import Estate, Prices, Response
from flexopt.problem import Problem
from flexopt.solver import Status, solve, solve_relaxation

__all__ = ["Bound", "Cut", "fix_tiers"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GROUPS = 400
"""Groups of users that mix their choices; more groups need fewer passes over the users."""

MOST_PASSES = 40
"""Passes over the users in the search for the prices of one set of tiers."""

MOST_CERTIFIED = 50
"""Sets of tiers searched for a cut of their own, so that prices alone prove the plan."""

CLOSE = 0.02
"""Share of the gap asked for that the bound may stay below the mixture: the prices are good enough then."""

SHORTAGE = 100.0
"""Price of breaking a shared row, in multiples of the dearest token or seat; any price gives a valid cut."""


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """All users cost at least `constant + sum(slope[y] * y)`.

    rows : the price of each shared row; prices : what they make of tokens and seats; value : W of these
    """

    rows: Floats
    prices: Prices
    value: float
    constant: float
    slope: Mapping[str, float]


class Shared:
    """The rows in which users meet: what one seat of a contract, and one token in a period, put into them.

    seat : float64[rows, contracts]; token : float64[rows, periods], per token without buffer
    labels : what each row is, for the certificate
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


Row = tuple[Mapping[str, float], int, float]
"""Coefficients by variable, sense, right side."""

USERS = "users"
"""The master's variable for what all users pay."""


class Master:
    """Purchases and orders alone, with all that the cuts know about what they leave the users to pay."""

    def __init__(self, m: Model, shared: Shared) -> None:
        self.columns = [(x.name, x.lowBound, x.upBound, x.cat) for x in m.lp.variables()]
        self.columns.append((USERS, None, None, pulp.LpContinuous))
        self.purchases = {x.name: c for x, c in m.cost.items()}
        self.tiers = [x.name for x in (*m.tier.values(), *m.order.values())]
        names = set(shared.names)
        self.forbidden: list[Row] = []
        self.rows: list[Row] = [
            ({x.name: value for x, value in row.expr.items()}, row.sense, -row.constant)
            for row in m.lp.constraints()
            if row.name not in names
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


class Mixture:
    """Purchases in given tiers, and for every group of needs a mixture of the choices it has made so far."""

    def __init__(self, m: Model, shared: Shared, groups: int) -> None:
        self.model, self.shared = m, shared
        dearest = max(
            [1.0, *(float(t.price) for tiers in m.problem.tiers for t in tiers)]
            + [float(c.commitment[0]) for c in m.problem.contracts]
        )
        token = max([1.0, *(float(t.price) for tiers in m.problem.tiers for t in tiers)])
        self.objective = dict(m.cost.items())
        for x in m.lp.variables():
            x.cat = pulp.LpContinuous
        for r, (row, name) in enumerate(zip(shared.rows, shared.names, strict=True)):
            slack = m.lp.add_variable(f"broken_{r:05d}", 0)
            row.expr.addterm(slack, 1.0 if row.sense > 0 else -1.0)
            self.objective[slack] = SHORTAGE * (token if name.startswith("pool") else dearest)
        self.whole = []
        for g in range(groups):
            row = pulp.LpConstraint(pulp.LpAffineExpression(), pulp.LpConstraintEQ, f"group_{g:05d}", 1)
            m.lp.addConstraint(row)
            self.whole.append(row)
        self.known: set[tuple[int, bytes]] = set()

    def add(self, response: Response) -> int:
        """The choices of a response, group by group; returns how many were new."""
        cost = response.counts @ self.shared.cost
        put = response.counts @ self.shared.seat.T + response.tokens @ self.shared.token.T
        new = 0
        for g, (paid, terms) in enumerate(zip(cost.tolist(), np.round(put, 9), strict=True)):
            key = (g, terms.tobytes() + np.float64(paid).tobytes())
            if key in self.known:
                continue
            self.known.add(key)
            x = self.model.lp.add_variable(f"mix_g{g:05d}_n{len(self.known):06d}", 0)
            self.objective[x] = paid
            self.whole[g].expr.addterm(x, 1.0)
            for r in np.flatnonzero(terms).tolist():
                self.shared.rows[r].expr.addterm(x, float(terms[r]))
            new += 1
        return new

    def solve(
        self, tiers: Sequence[int], options: SolverOptions, seconds: float
    ) -> tuple[float, Floats] | None:
        """Cost of the cheapest mixture in these tiers, and the prices of the shared rows; None if unknown."""
        fix_tiers(self.model, tiers)
        self.model.lp.setObjective(pulp.LpAffineExpression(self.objective))
        cost = solve_relaxation(self.model.lp, options, seconds=seconds)
        if cost is None or cost == math.inf:
            return None
        rows = np.array([r.pi or 0.0 for r in self.shared.rows])
        return cost, self.shared.valid(rows)


class Worth:
    """What purchases and orders are worth at the prices of a cut: place by place the best of each choice.

    At given prices packs and orders do not depend on each other, and what is best is at the end of a range.
    """

    def __init__(self, m: Model) -> None:
        self.model = m
        P, step = m.problem, float(m.problem.scenario.tokens.increment)
        self.step = step
        self.opening = [(pk, float(p.tokens)) for pk, p in enumerate(P.packs) if p.tokens is not None]
        self.packs = [pk for pk, tiers in enumerate(P.tiers) if tiers]
        self.cost = {x.name: c for x, c in m.cost.items()}

    def least(self, cuts: Sequence[Cut], enough: float) -> tuple[float, tuple[int, ...]]:
        """The bound that these cuts prove (`enough` need not be surpassed), and the choices where it is."""
        constant = np.array([c.constant - self._opening(c) for c in cuts])
        worth = [np.array([self._pack(c, pk) for c in cuts]) for pk in self.packs]
        worth += [np.array([self._order(c, o) for c in cuts]) for o in range(len(self.model.problem.orders))]
        counts = [[0] + [1] * (w.shape[1] - 1) for w in worth[: len(self.packs)]]
        counts += [[0] * w.shape[1] for w in worth[len(self.packs) :]]
        most = self.model.problem.scenario.tokens.max_purchases
        return least_of_best(constant, worth, counts, most, enough)

    def at(self, cut: Cut, tiers: Sequence[int]) -> float:
        """The bound that one cut proves of all plans in these tiers."""
        count = len(self.model.tier)
        packs = {pk: j + 1 for (pk, j), chosen in zip(self.model.tier, tiers[:count], strict=True) if chosen}
        orders = {o: j + 1 for (o, j), chosen in zip(self.model.order, tiers[count:], strict=True) if chosen}
        worth = [self._pack(cut, pk)[packs.get(pk, 0)] for pk in self.packs]
        worth += [self._order(cut, o)[orders.get(o, 0)] for o in range(len(self.model.problem.orders))]
        return cut.constant - self._opening(cut) + math.fsum(worth)

    def tiers(self, choices: tuple[int, ...]) -> tuple[int, ...]:
        """The choices as the master has them; what is not decided is not bought."""
        of_pack = dict(zip(self.packs, choices, strict=False))
        of_order = dict(enumerate(choices[len(self.packs) :]))
        packs = [int(of_pack.get(pk, 0) == j + 1) for pk, j in self.model.tier]
        return (*packs, *(int(of_order.get(o, 0) == j + 1) for o, j in self.model.order))

    def _token(self, cut: Cut, pk: int) -> float:
        """What a token of the pack is worth, in the period of its life where it is worth most."""
        life = self.model.problem.packs[pk]
        return max(
            [0.0, *(-cut.slope.get(self.model.draw[pk, t].name, 0.0) for t in range(life.first, life.after))]
        )

    def _opening(self, cut: Cut) -> float:
        return math.fsum(tokens * self._token(cut, pk) for pk, tokens in self.opening)

    def _pack(self, cut: Cut, pk: int) -> list[float]:
        """Not bought, or bought in each tier: as little or as much of it as is cheaper."""
        value, found = self.step * self._token(cut, pk), [0.0]
        for j, tier in enumerate(self.model.problem.tiers[pk]):
            x = self.model.units[pk, j].name
            each = self.cost.get(x, 0.0) + cut.slope.get(x, 0.0) - value
            fixed = cut.slope.get(self.model.tier[pk, j].name, 0.0)
            found.append(fixed + min(each * tier.lower, each * tier.upper))
        return found

    def _order(self, cut: Cut, o: int) -> list[float]:
        """No seat, or so many as each seat tier allows, the cheapest first."""
        P, offer, found = self.model.problem, self.model.problem.orders[o], [0.0]
        bounds = [1, *(t.from_ for t in offer.tiers)]
        for j, lower in enumerate(bounds):
            least = max(lower, offer.minimum)
            last = j + 1 == len(bounds)
            most = max(least, len(P.demand.users)) if last else bounds[j + 1] - 1
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


def fix_tiers(m: Model, tiers: Sequence[int]) -> None:
    """Purchases and orders in just these tiers; in any, if there are none."""
    for n, x in enumerate((*m.tier.values(), *m.order.values())):
        x.lowBound, x.upBound = (tiers[n], tiers[n]) if tiers else (0, 1)


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
        """Tokens at the price of each tier, and so dear that nobody takes one."""
        tiers = self.estate.problem.tiers
        listed = sorted({float(t.price) for of in tiers for t in of})
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
            self.search(self.worth.tiers(chosen), tell)
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

    def search(self, tiers: tuple[int, ...], tell: Callable[[str], None]) -> tuple[float, Cut | None]:
        """The best prices in these tiers: a bound of the plans in them, and its cut (None without any)."""
        known = [(self.worth.at(cut, tiers), cut) for cut in self.cuts]
        best: tuple[float, Cut | None] = max(known, key=lambda pair: pair[0], default=(-math.inf, None))
        for n in range(MOST_PASSES):
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
