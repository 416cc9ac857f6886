"""From a solution to the rows of a plan: the assignment, seats, packs, and the pool over the horizon.

Exact from here on: chargeable days and tokens are fractions of integers, money is Decimal.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import numpy as np

from flexopt.inputs.rules.prices import tiers_on, token_price
from flexopt.inputs.rules.purchase_size import tier_reached
from flexopt.model.sets import Problem
from flexopt.model.solution import Solution
from flexopt.planning.assignment import AssignmentRows, assignment_rows, users_on_seats
from flexopt.planning.pool import Pool, make_pool
from flexopt.store.rows import PurchaseRow


@dataclass(frozen=True, slots=True)
class SeatRow:
    """Seats of one contract, all of one kind; `assigned` users hold some of them.

    `in_full` of them are of people who leave before the contract ends; `stated` of those added are bought in
    any case.
    """

    offer: str
    contract_start: date
    contract_end: date
    owned: int
    renewed: int
    new: int
    added: int
    unit_price: Decimal
    cost: Decimal
    commitment: Decimal
    assigned: int
    in_full: int
    stated: int = 0
    subscription_id: str = ""

    @property
    def count(self) -> int:
        return self.owned + self.renewed + self.new + self.added


@dataclass(frozen=True, slots=True)
class Charges:
    """The cost of seats and packs."""

    seats: tuple[SeatRow, ...]
    purchases: tuple[PurchaseRow, ...]

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


@dataclass(frozen=True, slots=True)
class Bill(Charges):
    """The charges, each pair's days, and the pool over the horizon."""

    assignment: AssignmentRows
    pool: Pool


def make_charges(problem: Problem, solution: Solution) -> Charges:
    """The money of the solution, which is all that a comparison needs."""
    return Charges(_seats(problem, solution), _purchases(problem, solution))


def make_bill(problem: Problem, solution: Solution) -> Bill:
    """Rows and money of the solution."""
    charges = make_charges(problem, solution)
    rows, need = assignment_rows(problem, solution)
    pool = make_pool(problem.scenario, problem.edges, need, problem.cloud_exact, charges.purchases)
    return Bill(charges.seats, charges.purchases, rows, pool)


def bought_seats(problem: Problem, solution: Solution) -> list[tuple[int, int, int]]:
    """For every contract: the seat tier, the seats (used or not), and how many users have one."""
    users = np.bincount(users_on_seats(solution)[:, 1], minlength=len(problem.contracts)).tolist()
    ordered = {k: (j, n) for k, j, n in solution.bought}
    found = []
    for k, (c, assigned) in enumerate(zip(problem.contracts, users, strict=True)):
        tier, count = ordered.get(k, (0, assigned))
        if c.kind in ("owned", "stated"):
            count = c.quantity or 0
        found.append((tier, count, assigned))
    return found


def _seats(problem: Problem, solution: Solution) -> tuple[SeatRow, ...]:
    rows: dict[Hashable, SeatRow] = {}
    for c, (j, count, assigned) in zip(problem.contracts, bought_seats(problem, solution), strict=True):
        if count:
            kind = "addition" if c.kind == "stated" else c.kind
            row = SeatRow(
                offer=c.offer,
                contract_start=c.start,
                contract_end=c.end,
                owned=count if c.kind == "owned" else 0,
                renewed=count if c.kind == "renewal" else 0,
                new=count if c.kind == "new" else 0,
                added=count if kind == "addition" else 0,
                unit_price=c.commitment[j],
                cost=(c.settled if c.kind == "stated" else c.cost[j]) * count,
                commitment=c.commitment[j] * count,
                assigned=assigned,
                in_full=count if c.in_full else 0,
                stated=count if c.kind == "stated" else 0,
            )
            key = c.offer, kind, c.start, c.end
            rows[key] = _together(rows[key], row) if key in rows else row
    return tuple(
        sorted(
            rows.values(),
            key=lambda r: (r.offer, r.contract_start, -r.owned, -r.renewed, r.added, r.contract_end),
        )
    )


def _together(row: SeatRow, other: SeatRow) -> SeatRow:
    """The seats of one contract: those that count in full or are stated, and the others."""
    added = ("renewed", "new", "added", "cost", "commitment", "assigned", "in_full", "stated")
    return replace(row, **{name: getattr(row, name) + getattr(other, name) for name in added})


def _purchases(problem: Problem, solution: Solution) -> tuple[PurchaseRow, ...]:
    rows = []
    for lot, j, units in solution.purchases:
        tokens = units * problem.scenario.tokens.increment
        price = problem.tiers[lot][j].price
        pack = problem.packs[lot]
        tier = tier_reached(tiers_on(problem.scenario.tokens, pack.start), tokens)
        if token_price(problem.scenario, tier) != price:
            raise AssertionError("a purchase outside its tier")  # the audit would say so too
        rows.append(
            PurchaseRow(
                date=pack.start,
                tokens=tokens,
                tier_from=tier.from_,
                unit_price=price,
                cost=problem.scenario.money.round(price * tokens),
                expires=pack.expires,
            )
        )
    return tuple(sorted(rows, key=lambda r: r.date))
