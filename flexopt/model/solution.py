"""The solver's values -> decisions: only integers, from which every flow and cost is recomputed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pulp

from flexopt.base.arrays import Ints
from flexopt.model.program import Model
from flexopt.model.sets import Contract, Problem


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The decisions, all integers: flows are recomputed from them.

    seats : int64[n, 2], (user, contract) indexes, sorted
    purchases : sorted (pack, tier, increments)
    bought : (contract, seat tier, seats) of each contract of an order, including idle seats
    """

    seats: Ints
    purchases: tuple[tuple[int, int, int], ...]
    bought: tuple[tuple[int, int, int], ...]

    def cost(self, problem: Problem) -> Decimal:
        """Seats (their share inside the horizon), stated additions and packs, each invoice rounded."""
        contracts = problem.contracts
        ordered = {k for k, _, _ in self.bought}
        counts = np.bincount(self.seats[:, 1], minlength=len(contracts)).tolist()
        total = sum(
            (
                c.cost[0] * n
                for k, (c, n) in enumerate(zip(contracts, counts, strict=True))
                if k not in ordered
            ),
            problem.settled,
        )
        total += sum((contracts[k].cost[j] * n for k, j, n in self.bought), Decimal(0))
        for pack, j, units in self.purchases:
            total += problem.scenario.money.round(problem.increment_price(pack, j) * units)
        return total

    def new_contracts(self, problem: Problem) -> int:
        """How many new contracts users get (`model/fees.py`)."""
        new = [k for k, c in enumerate(problem.contracts) if c.is_new]
        return int(np.isin(self.seats[:, 1], new).sum())

    def fees(self, problem: Problem) -> Decimal:
        """The fees of new contracts, if the problem has them."""
        counts = np.bincount(self.seats[:, 1], minlength=len(problem.contracts)).tolist()
        return sum((c.fee * n for c, n in zip(problem.contracts, counts, strict=True)), Decimal(0))

    def rounding(self, problem: Problem) -> Fraction:
        """What of the cost may be rounding: a plan that is as cheap before rounding may cost that much less.

        It is how far the invoices are above the least that rounding can make of their price, and what
        splitting purchases over further dates could round off.
        """
        return problem.split_off + sum(self.invoices_above(problem), Fraction(0))

    def invoices_above(self, problem: Problem) -> list[Fraction]:
        """How far each invoice is above the least that rounding can make of its price."""
        above = []
        for pack, j, units in self.purchases:
            price = problem.increment_price(pack, j) * units
            rounded = Fraction(problem.scenario.money.round(price)) - Fraction(price)
            above.append(rounded + problem.packs[pack].rounded_off)
        return above


def read_solution(m: Model) -> Solution:
    """Integers from the solver's values, without seats that are not needed.

    Only users with open decisions are examined one by one.
    """
    P, core = m.problem, m.core
    open_ = np.unique([u for u, _ in core.seats]).astype(np.int64)
    mine = np.isin(core.decided[:, 0], open_)
    seats: dict[int, set[int]] = defaultdict(set)
    for u, k in core.decided[mine].tolist():
        seats[u].add(k)
    for (u, k), x in m.seat.items():
        if _value(x) > 0.5:
            seats[u].add(k)
    pairs = {u: range(*np.searchsorted(P.demand.pair_user, [u, u + 1])) for u in open_.tolist()}
    kept = {u: _needed(P, pairs[u], ks) for u, ks in sorted(seats.items())}
    final = _in_user_order(m, pairs, kept, core.decided[mine])
    rows = np.concatenate([core.decided[~mine], np.array(final, dtype=np.int64).reshape(-1, 2)])
    buys = tuple((pk, j, n) for (pk, j), x in sorted(m.units.items()) if (n := round(_value(x))) > 0)
    bought = tuple((k, j, n) for (k, j), x in sorted(m.seats.items()) if (n := round(_value(x))) > 0)
    return Solution(rows[np.lexsort((rows[:, 1], rows[:, 0]))], buys, bought)


def start_from(m: Model, solution: Solution) -> None:
    """Give the solver the solution as a start; all other values follow from it."""
    for x in m.lp.variables():
        x.varValue = 0.0
    for u, k in solution.seats.tolist():
        if (u, k) in m.seat:
            m.seat[u, k].varValue = 1.0
    for pack, j, units in solution.purchases:
        m.units[pack, j].varValue = float(units)
        m.tier[pack, j].varValue = 1.0
        if invoice := m.invoice.get((pack, j)):
            money = m.problem.scenario.money
            due = money.round(m.problem.increment_price(pack, j) * units)
            invoice.varValue = float(due / money.unit)
    for k, j, count in solution.bought:
        m.seats[k, j].varValue = float(count)
    if m.moves:
        moved = set(m.moves.moved(m.problem, solution.seats).tolist())
        for n, x in m.move.items():
            x.varValue = float(n in moved)


def tiers_of(problem: Problem, solution: Solution) -> tuple[int, ...]:
    """The tiers of the solution's purchases and orders, in the order of `fix_tiers`."""
    bought = {(pack, j) for pack, j, _ in solution.purchases}
    ordered = {(problem.contracts[k].order, j) for k, j, _ in solution.bought}
    packs = [int((pk, j) in bought) for pk, tiers in enumerate(problem.tiers) for j in range(len(tiers))]
    orders = [int((o, j) in ordered) for o, of in enumerate(problem.orders) for j in range(len(of.tiers) + 1)]
    return (*packs, *orders)


def _needed(P: Problem, pairs: Iterable[int], seats: set[int]) -> set[int]:
    """Drop free seats that only duplicate other cover (the minimum never keeps a paid one)."""
    kept = set(seats)
    for k in sorted(seats, key=lambda k: (P.contracts[k].cost[0], k), reverse=True):
        others = [P.contracts[kk] for kk in kept if kk != k]
        c = P.contracts[k]
        needed = any(
            P.days[i, t] and not any(_covers(o, P.demand.pair_product[i], t) for o in others)
            for i in pairs
            if P.demand.pair_product[i] in c.covers
            for t in range(c.first, c.after)
        )
        if not needed:
            kept.discard(k)
    return kept


def _in_user_order(
    m: Model, pairs: dict[int, range], seats: dict[int, set[int]], decided: Ints
) -> list[tuple[int, int]]:
    """Users with the same use and choices are interchangeable: the first of them get the most seats.

    With a fee for moves they also have the same access today.
    """
    P = m.problem
    options, flexes, given = defaultdict(list), defaultdict(list), defaultdict(list)
    for u, k in m.seat:
        options[u].append(k)
    for u, k in decided.tolist():
        given[u].append(k)  # otherwise users who may not have this seat would look the same
    for i, t in m.flex:
        u = int(P.demand.pair_user[i])
        flexes[u].append((int(P.demand.pair_product[i]), t))
    alike = defaultdict(list)
    for u, of in pairs.items():
        mine = slice(of.start, of.stop)
        key = (
            P.demand.pair_product[mine].tobytes(),
            P.days[mine].tobytes(),
            tuple(options[u]),
            tuple(flexes[u]),
            tuple(given[u]),
            m.moves and m.moves.apart(P, u),
        )
        alike[key].append(u)
    final = []
    for users in alike.values():
        best = sorted((sorted(seats.get(u, ())) for u in users), key=lambda ks: (-len(ks), ks))
        final += [(u, k) for u, ks in zip(users, best, strict=True) for k in ks]
    return final


def _value(x: pulp.LpVariable) -> float:
    value = x.value()
    return 0.0 if value is None else float(value)


def _covers(c: Contract, p: int, t: int) -> bool:
    return p in c.covers and c.first <= t < c.after
