"""What is charged: the sums in plan.json, and the rows of charges.csv that they are the sums of."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import numpy as np

from flexopt.audit.charged.read import months_of
from flexopt.audit.notes import TOLERANCE, Notes, close
from flexopt.base.columns import Column, ColumnTable, classes
from flexopt.store.plan import PlanDocument
from flexopt.store.tables import CHARGE_KINDS

KEYS = ("month", "group", "cost_centre", "kind")
"""What `charges` adds the rows of charges.csv up by."""

MILLIONTH = 1e-6
"""Rounding of a quantity."""


def charges(doc: PlanDocument, notes: Notes) -> None:
    """Months and kinds are those of the plan, no row is there twice, and quantities are what is used."""
    months, unit = {name for name, _, _ in months_of(doc.scenario.horizon)}, doc.scenario.money.unit
    met: set[tuple[str, str, str, str]] = set()
    for number, row in enumerate(doc.charges):
        place = f"`charges[{number}]`"
        notes.expect(row.month in months, f"{place} is of {row.month}, which is not in the horizon")
        key = row.month, row.group, row.cost_centre, row.kind
        notes.expect(key not in met, f"{place} is the same charge as another row")
        met.add(key)
        notes.expect(not row.amount % unit, f"{place} is not whole minor units")
    by_kind: dict[str, Fraction] = defaultdict(Fraction)
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for row in doc.charges:
        by_kind[row.kind] += Fraction(row.quantity)
        paid[row.kind] += row.amount
    seats = paid["seat"] + paid["empty seat"]
    notes.expect(
        seats == doc.summary.seats, f"the charges for seats are {seats}, the seats cost {doc.summary.seats}"
    )
    used = by_kind["tokens"] + by_kind["per-result service"]
    ledger = sum((Fraction(row.used) for row in doc.ledger), Fraction(0))
    off = TOLERANCE * (1 + len(doc.charges) + len(doc.ledger))
    notes.expect(close(used, ledger, off), "the tokens charged are not those used")
    if not doc.assignment:
        return
    days = doc.assignment.columns["days"].array_of(float, np.float64)
    named = doc.assignment.columns["access"].array_of(lambda word: word == "named", bool)
    notes.expect(
        float(by_kind["seat"]) <= float(days[named].sum()) + 0.01,
        "more days are charged on seats than are used",
    )


def charges_file(rows: ColumnTable, doc: PlanDocument) -> list[str]:
    """What does not hold in the rows of charges.csv: they are of the plan's users and add up to its sums."""
    notes, cells, unit = Notes(), rows.columns, doc.scenario.money.unit
    known = {name: set(doc.assignment.columns[name].values) for name in ("user", "product")}
    used = cells["kind"].array_of(lambda kind: kind in ("seat", "tokens"), bool)
    for name, theirs in known.items():
        there = cells[name].array_of(theirs.__contains__, bool)
        notes.expect(there[used].all(), f"charges.csv has a {name} that is not in `assignment`")
    for kind in cells["kind"].values:
        notes.expect(kind in CHARGE_KINDS, f"charges.csv has the kind {kind}")
    alike, first = classes(*(cells[name].codes for name in KEYS))
    cents, quantities = np.zeros(len(first), dtype=np.int64), np.zeros(len(first))
    np.add.at(cents, alike, cells["amount"].array_of(lambda amount: int(amount / unit), np.int64))
    np.add.at(quantities, alike, cells["quantity"].array_of(float, np.float64))
    sums = {
        tuple(cells[name][row] for name in KEYS): (amount, quantity)
        for row, amount, quantity in zip(first.tolist(), cents.tolist(), quantities.tolist(), strict=True)
    }
    for charge in doc.charges:
        amount, quantity = sums.pop(tuple(getattr(charge, name) for name in KEYS), (0, 0.0))
        notes.expect(
            amount * unit == charge.amount,
            f"the {charge.kind} rows of {charge.month} in charges.csv add up to {amount * unit}, not "
            f"{charge.amount}",
        )
        notes.expect(
            abs(quantity - float(charge.quantity)) < MILLIONTH * (2 + len(rows)),
            f"the quantities for {charge.kind} of {charge.month} in charges.csv are not those of `charges`",
        )
    notes.expect(not sums, "charges.csv has rows that `charges` does not have")
    _of_users(rows, doc, notes)
    return list(notes.failures)


def _of_users(rows: ColumnTable, doc: PlanDocument, notes: Notes) -> None:
    """What a user is charged for a product is the cost of the user's rows for it, in their group."""
    unit, cells, own = doc.scenario.money.unit, rows.columns, doc.assignment.columns
    kind = cells["kind"].array_of(lambda name: {"seat": 1, "tokens": 0}.get(name, -1), np.int64)
    mine = np.flatnonzero(kind >= 0)
    named = own["access"].array_of(lambda word: word == "named", np.int64)
    together = {
        name: Column.of([*cells[name].array()[mine].tolist(), *own[name].array().tolist()]).codes
        for name in ("user", "product", "group")
    }
    kinds = np.append(kind[mine], named)
    amounts = [
        column.array_of(lambda amount: int(amount / unit), np.int64)
        for column in (cells["amount"], own["cost"])
    ]
    cents = np.append(amounts[0][mine], -amounts[1])
    alike, first = classes(together["user"], together["product"], kinds)
    more = np.zeros(len(first), dtype=np.int64)
    np.add.at(more, alike, cents)
    notes.expect(
        not more.any(), f"charges.csv and `assignment` differ in the cost of {(more != 0).sum():,} users"
    )
    groups = len(classes(together["user"], together["group"])[1]) - len(np.unique(together["user"]))
    notes.expect(not groups, "charges.csv has a group that is not its user's")
