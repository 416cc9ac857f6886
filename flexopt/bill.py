"""A solution -> the rows of a plan: who has what, which seats, which packs, and the pool over the year.

Exact from here on: chargeable days and tokens are fractions of integers, money is Decimal.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from flexopt.inputs.prices import rate_on, token_price
from flexopt.money import cents
from flexopt.problem import Problem, pairs_by_user
from flexopt.solution import Solution

__all__ = ["Bill", "LedgerRow", "PurchaseRow", "SeatRow", "Stretch", "make_bill"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """One pair's chargeable days under one contract, or on Flex (`contract` None).

    days : with growth; tokens : what the days take (or would take) on Flex, without buffer
    """

    pair: int
    contract: int | None
    days: Fraction
    tokens: Fraction
    periods: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SeatRow:
    """Seats of one contract; `assigned` users sit on `owned + renewed + new` seats."""

    offer: str
    contract_start: date
    contract_end: date
    owned: int
    renewed: int
    new: int
    unit_price: Decimal
    cost: Decimal
    commitment: Decimal
    assigned: int


@dataclass(frozen=True, slots=True)
class PurchaseRow:
    """One pack bought; `expires` is the first day it cannot be used."""

    date: datetime.date
    tokens: int
    tier_from: int
    unit_price: Decimal
    cost: Decimal
    expires: datetime.date


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """The pool in one period: opening + bought - drawn - buffer - expired = closing.

    `expired` is what was left in the packs whose last day is the last of the period, also at the end of the
    horizon; `closing` can still be used after it.
    """

    period_start: date
    period_end: date
    opening: Fraction
    bought: Fraction
    drawn: Fraction
    buffer: Fraction
    expired: Fraction
    closing: Fraction


@dataclass(frozen=True, slots=True)
class Bill:
    stretches: tuple[Stretch, ...]
    seats: tuple[SeatRow, ...]
    purchases: tuple[PurchaseRow, ...]
    ledger: tuple[LedgerRow, ...]

    @property
    def seats_cost(self) -> Decimal:
        return sum((s.cost for s in self.seats), Decimal(0))

    @property
    def tokens_cost(self) -> Decimal:
        return sum((p.cost for p in self.purchases), Decimal(0))

    @property
    def commitment(self) -> Decimal:
        return sum((s.commitment for s in self.seats), Decimal(0)) + self.tokens_cost

    @property
    def total(self) -> Decimal:
        return self.seats_cost + self.tokens_cost

    @property
    def tokens_bought(self) -> int:
        return sum(p.tokens for p in self.purchases)

    @property
    def tokens_drawn(self) -> Fraction:
        """Tokens the forecast uses, without buffer."""
        return sum((row.drawn for row in self.ledger), Fraction(0))


def make_bill(problem: Problem, solution: Solution) -> Bill:
    """Rows and money of the solution."""
    return Bill(
        stretches=_stretches(problem, solution),
        seats=_seats(problem, solution),
        purchases=(bought := _purchases(problem, solution)),
        ledger=_ledger(problem, solution, bought),
    )


def _cover(problem: Problem, solution: Solution) -> npt.NDArray[np.int64]:
    """int64[pairs, periods]: the contract that covers the pair, -1 where none does (then it is on Flex).

    Where two do, the one that costs nothing more comes first: owned, then by number.
    """
    pairs_of = pairs_by_user(problem)
    cover = np.full((problem.demand.pairs, problem.periods), -1, dtype=np.int64)
    by_rank = sorted(solution.seats, key=lambda uk: (problem.contracts[uk[1]].kind == "owned", -uk[1]))
    for u, k in by_rank:  # later ones overwrite
        contract = problem.contracts[k]
        for i in pairs_of[u]:
            if int(problem.demand.pair_product[i]) in contract.covers:
                cover[i, contract.first : contract.after] = k
    return cover


def _stretches(problem: Problem, solution: Solution) -> tuple[Stretch, ...]:
    demand = problem.demand
    cells = problem.cells
    contract = _cover(problem, solution)[cells["pair"], cells["period"]]
    rates = _rates(problem)
    found: dict[tuple[int, int], list[tuple[int, Fraction]]] = defaultdict(list)
    for i, t, count, per, k in zip(
        cells["pair"], cells["period"], cells["count"], cells["per"], contract, strict=True
    ):
        days = Fraction(int(count), int(per)) * Fraction(demand.pair_factor[i])
        found[int(i), int(k)].append((int(t), days))
    rows = []
    for (i, k), parts in sorted(found.items()):
        p = int(demand.pair_product[i])
        days = sum((d for _, d in parts), Fraction(0))
        tokens = sum((d * rates[p][t] for t, d in parts), Fraction(0))
        rows.append(Stretch(i, k if k >= 0 else None, days, tokens, tuple(t for t, _ in parts)))
    return tuple(rows)


def _rates(problem: Problem) -> list[list[Fraction]]:
    """Tokens per chargeable day, [products][periods]; 0 where the product is not on Flex."""
    return [[Fraction(rate_on(p, day) or 0) for day in problem.edges[:-1]] for p in problem.scenario.products]


def _seats(problem: Problem, solution: Solution) -> tuple[SeatRow, ...]:
    assigned: dict[int, int] = defaultdict(int)
    for _, k in solution.seats:
        assigned[k] += 1
    tier_and_count = {k: (j, n) for k, j, n in solution.bought}
    rows = []
    for k, c in enumerate(problem.contracts):
        j, count = tier_and_count.get(k, (0, assigned[k]))
        if c.kind == "owned":
            count = c.quantity or 0
        if count:
            rows.append(
                SeatRow(
                    offer=c.offer,
                    contract_start=c.start,
                    contract_end=c.end,
                    owned=count if c.kind == "owned" else 0,
                    renewed=count if c.kind == "renewal" else 0,
                    new=count if c.kind == "new" else 0,
                    unit_price=c.commitment[j],
                    cost=c.cost[j] * count,
                    commitment=c.commitment[j] * count,
                    assigned=assigned[k],
                )
            )
    return tuple(
        sorted(rows, key=lambda r: (r.offer, r.contract_start, -r.owned, -r.renewed, r.contract_end))
    )


def _purchases(problem: Problem, solution: Solution) -> tuple[PurchaseRow, ...]:
    rows = []
    for lot, j, units in solution.purchases:
        tokens = units * problem.scenario.tokens.increment
        price = problem.tiers[lot][j].price
        tier = max((t for t in problem.scenario.tokens.tiers if t.from_ <= tokens), key=lambda t: t.from_)
        if token_price(tier, problem.scenario.negotiated) != price:
            raise AssertionError("a purchase outside its tier")  # the audit would say so too
        pack = problem.packs[lot]
        rows.append(PurchaseRow(pack.start, tokens, tier.from_, price, cents(price * tokens), pack.expires))
    return tuple(sorted(rows, key=lambda r: r.date))


@dataclass(slots=True)
class _Lot:
    """What is left of a pack as the year goes on."""

    start: date
    expires: date
    left: Fraction


def _ledger(problem: Problem, solution: Solution, bought: tuple[PurchaseRow, ...]) -> tuple[LedgerRow, ...]:
    """The pool period by period: packs that expire first are drawn first, the smallest of them first."""
    raw, buffered = _need(problem, solution)
    packs = [
        _Lot(problem.edges[0], p.expires, Fraction(p.tokens))
        for p in problem.scenario.pool
        if p.expires > problem.edges[0]
    ]
    packs += [_Lot(p.date, p.expires, Fraction(p.tokens)) for p in bought]
    rows = []
    for t, (start, end) in enumerate(pairwise(problem.edges)):
        live = sorted((p for p in packs if p.start <= start < p.expires), key=lambda p: (p.expires, p.left))
        arrived = sum((Fraction(p.tokens) for p in bought if p.date == start), Fraction(0))
        opening = sum((p.left for p in live), Fraction(0)) - arrived
        due = buffered[t]
        for p in live:
            used = min(p.left, due)
            p.left -= used
            due -= used
        expired = sum((p.left for p in live if p.expires == end), Fraction(0))
        closing = sum((p.left for p in live), Fraction(0)) - expired
        drawn_as_buffer = buffered[t] - due - raw[t]
        rows.append(LedgerRow(start, end, opening, arrived, raw[t], drawn_as_buffer, expired, closing))
    return tuple(rows)


def _need(problem: Problem, solution: Solution) -> tuple[list[Fraction], list[Fraction]]:
    """Tokens per period of everybody on Flex and of the per-result services, without and with buffers."""
    cells, demand, rates = problem.cells, problem.demand, _rates(problem)
    flex = _cover(problem, solution)[cells["pair"], cells["period"]] < 0
    raw = [Fraction(0)] * problem.periods
    for i, t, count, per in cells.loc[flex, ["pair", "period", "count", "per"]].itertuples(index=False):
        days = Fraction(int(count), int(per)) * Fraction(demand.pair_factor[i])
        raw[t] += days * rates[int(demand.pair_product[i])][t]
    buffered = [tokens * (1 + Fraction(problem.scenario.tokens.buffer)) for tokens in raw]
    for t, (due, with_buffer) in enumerate(problem.cloud_exact):
        raw[t] += due
        buffered[t] += with_buffer
    return raw, buffered
