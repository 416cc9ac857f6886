"""The rows of the assignment held against seats, packs and each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from flexopt.audit.assignment import seat_prices
from flexopt.audit.notes import TOLERANCE, Notes, Seat, close, day_of, distinct, fractions, seat_of
from flexopt.audit.rules import cloud_tokens, tokens_a_day
from flexopt.base.arrays import Bools, Ints
from flexopt.base.columns import Column, classes
from flexopt.store.plan import PlanDocument

MILLIONTH = Fraction(1, 1_000_000)
"""Rounding of days and tokens."""


def access(doc: PlanDocument, cells: Mapping[str, Column], notes: Notes) -> None:
    """Who sits where, what the tokens come to, and what the seats cost."""
    user, product, offer = (cells[name] for name in ("user", "product", "offer"))
    named = cells["access"].array_of(lambda word: word == "named", bool)
    contract, first = classes(offer.codes, cells["contract_start"].codes, cells["contract_end"].codes)
    everyone = np.arange(len(named))
    _, once = classes(user.codes, product.codes, named, contract)
    for row in np.setdiff1d(everyone, once)[:1].tolist():
        notes.fail(f"`assignment[{row}]` is the same access as another row")
    groups = classes(user.codes, cells["group"].codes)[1]
    notes.expect(len(groups) == len(np.unique(user.codes)), "a user of `assignment` has two groups")
    covers = {of.id: set(of.covers) for of in doc.scenario.offers}
    for row in distinct(np.flatnonzero(named), offer.codes, product.codes):
        if product[row] not in covers.get(offer[row], ()):
            notes.fail(f"`assignment[{row}].offer` is {offer[row]}, which does not cover {product[row]}")
    seats: list[Seat] = [
        (offer[row], day_of(cells["contract_start"][row]), day_of(cells["contract_end"][row]))
        for row in first
    ]
    rows = _Rows(doc, cells, named, contract, seats)
    _seats(rows, notes)
    _costs(rows, notes)
    _tokens(rows, notes)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The assignment: its cells, the rows on seats, and the number of each row's contract among `seats`."""

    doc: PlanDocument
    cells: Mapping[str, Column]
    named: Bools
    contract: Ints
    seats: Sequence[Seat]


def _seats(of: _Rows, notes: Notes) -> None:
    doc, contract, seats = of.doc, of.contract, of.seats
    assigned: dict[Seat, int] = defaultdict(int)
    for row in doc.seats:
        assigned[seat_of(row)] += row.assigned
    sitting = contract[distinct(np.flatnonzero(of.named), of.cells["user"].codes, contract)]
    for number, count in enumerate(np.bincount(sitting, minlength=len(seats)).tolist()):
        if count:
            assigned[seats[number]] -= count
    for seat, more in sorted(assigned.items()):
        notes.expect(
            not more,
            f"`assigned` of the seats of {seat[0]} from {seat[1]} is {more:+} against the users on them",
        )


def _costs(rows: _Rows, notes: Notes) -> None:
    """The rows of a user on a seat cost the seat, and all rows what the charges say."""
    doc, cells, named, contract, seats = rows.doc, rows.cells, rows.named, rows.contract, rows.seats
    prices, unit = seat_prices(doc), doc.scenario.money.unit
    cents = cells["cost"].array_of(lambda amount: int(amount / unit), np.int64)
    seated = np.flatnonzero(named)
    place, begin = classes(cells["user"].codes[seated], contract[seated])
    cost = np.zeros(len(begin), dtype=np.int64)
    np.add.at(cost, place, cents[seated])
    seat = contract[seated][begin]
    for n in distinct(np.arange(len(begin)), seat, cost):
        of = seats[seat[n]]
        fits = int(cost[n]) * unit in prices[of, False] | prices[of, True]
        notes.expect(fits, f"`cost` of the rows of a user on a seat of {of[0]} is not the price of the seat")
    for row in distinct(seated, contract, cells["seat_price"].codes):
        price, of = cells["seat_price"][row], seats[contract[row]]
        fits = price in prices[of, False] | prices[of, True]
        notes.expect(fits, f"`assignment[{row}].seat_price` is {price}, not the price of a seat of {of[0]}")
    group = cells["group"].distinct()
    for mine, kind in ((named, "seat"), (~named, "tokens")):
        sums = np.zeros(len(group.values), dtype=np.int64)
        np.add.at(sums, group.codes[mine], cents[mine])
        charged: dict[str, int] = defaultdict(int)
        for charge in doc.charges:
            if charge.kind == kind:
                charged[charge.group] += int(charge.amount / unit)
        for name, paid in zip(group.values, sums.tolist(), strict=True):
            more = charged.pop(name, 0) - paid
            notes.expect(
                not more, f"the charges for {kind} of group `{name}` are {more * unit:+} against its rows"
            )
        for name in charged:
            notes.fail(f"there are charges for {kind} of group `{name}`, which has no rows")


def _tokens(rows: _Rows, notes: Notes) -> None:
    """Seats take no tokens; days on Flex take those of the product's rates; all of them are used up."""
    doc, cells, named = rows.doc, rows.cells, rows.named
    product, days, tokens = (cells[name] for name in ("product", "days", "tokens"))
    rates = rates_of(doc)
    for row in distinct(np.arange(len(named)), named, product.codes, days.codes, tokens.codes):
        said, count = Fraction(tokens[row]), Fraction(days[row])
        place = f"`assignment[{row}].tokens` is {tokens[row]}"
        if named[row]:
            notes.expect(not said, f"{place}, but a seat takes none")
            continue
        least, most = rates.get(product[row], (Fraction(0), Fraction(0)))
        off = MILLIONTH * (1 + most)
        notes.expect(
            count > 0 and count * least - off <= said <= count * most + off,
            f"{place} for {days[row]} days, which take {float(count * least):g} to {float(count * most):g}",
        )
    amounts, scale = fractions(tokens)
    cloud = sum((raw for raw, _ in cloud_tokens(doc.scenario)), Fraction(0))
    used = sum((Fraction(row.used) for row in doc.ledger), Fraction(0))
    taken = Fraction(int(amounts.sum()), scale) + cloud
    off = TOLERANCE * (1 + len(doc.ledger)) + MILLIONTH * len(named)
    notes.expect(
        close(used, taken, off), f"the ledger uses {float(used):g} tokens, the rows take {float(taken):g}"
    )


def rates_of(doc: PlanDocument) -> dict[str, tuple[Fraction, Fraction]]:
    """The lowest and highest tokens per day of each product, on days of the horizon with a rate."""
    horizon, found = doc.scenario.horizon, {}
    for product in doc.scenario.products:
        # a rate changes on few days: those in the horizon, and its first
        days = {horizon.start} | {r.from_ for r in product.rates if horizon.start < r.from_ < horizon.end}
        rates = [rate for day in days if (rate := tokens_a_day(product, day)) is not None]
        if rates:
            found[product.id] = min(rates), max(rates)
    return found


def always_on_flex(doc: PlanDocument) -> set[str]:
    """Products that can be used with tokens on every day of the horizon."""
    start = doc.scenario.horizon.start
    return {p.id for p in doc.scenario.products if tokens_a_day(p, start) is not None}
