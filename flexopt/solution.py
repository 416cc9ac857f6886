"""The solver's values -> decisions: integers only, every flow and every cost is computed from them again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

import pulp

from flexopt.model import Model
from flexopt.money import cents
from flexopt.problem import Contract, Problem, pairs_by_user, spans

__all__ = ["Solution", "read_solution"]


@dataclass(frozen=True, slots=True)
class Solution:
    """The decisions, all integers: flows are recomputed from them.

    seats : sorted (user, contract) indexes
    purchases : sorted (pack, tier, increments)
    bought : by contract of an order, its (seat tier, seats, those nobody sits on included)
    """

    seats: tuple[tuple[int, int], ...]
    purchases: tuple[tuple[int, int, int], ...]
    bought: tuple[tuple[int, int, int], ...]

    def cost(self, problem: Problem) -> Decimal:
        """Seats inside the horizon and packs, to the cent."""
        contracts, tokens = problem.contracts, problem.scenario.tokens
        ordered = {k for k, _, _ in self.bought}
        total = sum((contracts[k].cost[0] for _, k in self.seats if k not in ordered), Decimal(0))
        total += sum((contracts[k].cost[j] * n for k, j, n in self.bought), Decimal(0))
        for pack, j, units in self.purchases:
            total += cents(problem.tiers[pack][j].price * tokens.increment * units)
        return total


def read_solution(m: Model) -> Solution:
    """Integers from the solver's values; seats that nobody needs are given back."""
    P = m.problem
    on = {key for key, x in m.seat.items() if _value(x) > 0.5}
    seats = _needed(P, m, on)
    buys = tuple((pk, j, n) for (pk, j), x in sorted(m.units.items()) if (n := round(_value(x))) > 0)
    bought = tuple((k, j, n) for (k, j), x in sorted(m.seats.items()) if (n := round(_value(x))) > 0)
    return Solution(_in_user_order(P, m, seats), buys, bought)


def _needed(P: Problem, m: Model, on: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Free seats that only repeat other cover are dropped (a paid one never survives the minimum)."""
    kept = set(on)
    pairs = pairs_by_user(P)
    for u, k in sorted(on, key=lambda uk: (P.contracts[uk[1]].cost[0], uk[1]), reverse=True):
        others = [P.contracts[kk] for uu, kk in kept if uu == u and kk != k] if (u, k) in kept else []
        c = P.contracts[k]
        needed = any(
            P.days[i, t] and not any(_covers(o, P.demand.pair_product[i], t) for o in others)
            for i in pairs[u]
            if P.demand.pair_product[i] in c.covers
            for t in range(c.first, c.after)
        )
        if not needed:
            kept.discard((u, k))
    return kept


def _in_user_order(P: Problem, m: Model, seats: set[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Users with the same needs and choices are interchangeable: the first of them get the most seats."""
    pairs = pairs_by_user(P)
    options = defaultdict(list)
    for u, k in m.seat:
        options[u].append(k)
    alike = defaultdict(list)
    for u, mine in pairs.items():
        key = (
            tuple(int(P.demand.pair_product[i]) for i in mine),
            P.days[mine].tobytes(),
            tuple(options[u]),
            tuple((i, t) in m.flex for i in mine for t, _ in spans(P, P.demand.pair_product[i])),
        )
        alike[key].append(u)
    chosen = defaultdict(list)
    for u, k in sorted(seats):
        chosen[u].append(k)
    final = []
    for users in alike.values():
        best = sorted((chosen[u] for u in users), key=lambda ks: (-len(ks), ks))
        final += [(u, k) for u, ks in zip(users, best, strict=True) for k in ks]
    return tuple(sorted(final))


def _value(x: pulp.LpVariable) -> float:
    value = x.value()
    return 0.0 if value is None else float(value)


def _covers(c: Contract, p: int, t: int) -> bool:
    return p in c.covers and c.first <= t < c.after
