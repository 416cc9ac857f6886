"""What is charged: the sums in plan.json, and the rows of charges.csv that they are the sums of."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import numpy as np

from flexopt.audit.charged.read import months_of
from flexopt.audit.notes import Notes, close
from flexopt.base.columns import ColumnTable, classes
from flexopt.store.plan import PlanDocument
from flexopt.store.tables import CHARGE_KINDS

KEYS = ("month", "group", "cost_centre", "kind")
"""What `charges` adds the rows of charges.csv up by."""

QUANTITY = Fraction(1, 1000)
"""Rounding of a sum of quantities."""


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
    off = QUANTITY * (1 + len(doc.charges))
    used = by_kind["tokens"] + by_kind["per-result service"]
    ledger = {
        name: sum((Fraction(getattr(row, name)) for row in doc.ledger), Fraction(0))
        for name in ("used", "buffer")
    }
    notes.expect(close(used, ledger["used"], off), "the tokens charged are not those used")
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
            abs(quantity - float(charge.quantity)) < QUANTITY * (1 + quantity),
            f"the quantities for {charge.kind} of {charge.month} in charges.csv are not those of `charges`",
        )
    notes.expect(not sums, "charges.csv has rows that `charges` does not have")
    return list(notes.failures)
