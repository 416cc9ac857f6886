"""The charges of a plan as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from flexopt.audit.claims import Claims
from flexopt.audit.notes import Notes, distinct, read_columns
from flexopt.base.arrays import Ints, places_in
from flexopt.base.columns import Column, ColumnTable
from flexopt.base.money import Currency
from flexopt.inputs.scenario.scenario import Horizon, Scenario
from flexopt.store.plan import PlanDocument
from flexopt.store.tables import CHARGES

KINDS = ("seat", "tokens", "per-result service", "empty seat", "buffer", "unused tokens")
SEAT, TOKENS, SERVICE, EMPTY, BUFFER, UNUSED = range(len(KINDS))

QUANTITY = 1e-3
"""Rounding of a sum of quantities."""

Month = tuple[str, date, date]
"""Name of a calendar month, its first day and first day after, inside the horizon."""


@dataclass(frozen=True, slots=True)
class ChargeCells:
    """The charges in minor units, called cents; -1 for a month, kind, user or pair that does not exist."""

    doc: PlanDocument
    scenario: Scenario
    claims: Claims
    months: list[Month]
    cells: dict[str, Column]
    month: Ints
    kind: Ints
    user: Ints
    pair: Ints
    cents: Ints
    quantity: npt.NDArray[np.float64]


def months_of(horizon: Horizon) -> list[Month]:
    """Name, first day and first day after of each calendar month, inside the horizon."""
    months: list[Month] = []
    day = horizon.start
    while day < horizon.end:
        after = min((day.replace(day=1) + timedelta(days=32)).replace(day=1), horizon.end)
        months.append((day.isoformat()[:7], day, after))
        day = after
    return months


def read_charges(doc: PlanDocument, claims: Claims, scenario: Scenario, notes: Notes) -> ChargeCells:
    """The rows as numbers; invalid rows are noted."""
    demand, months = claims.demand, months_of(scenario.horizon)
    cells = read_columns(doc.charge_rows or ColumnTable({n: Column.of(()) for n in CHARGES}), CHARGES)
    month = _codes(cells["month"], [name for name, _, _ in months])
    kind = _codes(cells["kind"], KINDS)
    product = _codes(cells["product"], demand.products)
    users = pd.Index(np.asarray(demand.users, dtype=object))
    user = users.get_indexer(np.asarray(cells["user"].values, dtype=object))[cells["user"].codes]
    wide = len(demand.products)
    pair = places_in(
        demand.pair_user * wide + demand.pair_product,
        np.where((user >= 0) & (product >= 0), user * wide + product, -1),
    )
    for name, codes in (("month", month), ("kind", kind)):
        for i in distinct(np.flatnonzero(codes < 0), cells[name].codes):
            notes.fail(f"charges have the {name} {cells[name][i]}")
    used = (kind == SEAT) | (kind == TOKENS)
    if (used != (pair >= 0)).any() or (used != (user >= 0)).any():
        notes.fail("charges for use are not of a user and product with demand, or others are")
    nobody = cells["user"].array_of(lambda text: not text, bool)
    notes.expect(not (~used & ~nobody).any(), "charges for what nobody uses have a user")
    for name, of in (("group", demand.groups), ("cost_centre", demand.cost_centres)):
        values = pd.Index(np.asarray(cells[name].values, dtype=object))
        own = np.append(values.get_indexer(np.asarray(of, dtype=object)), values.get_indexer([""]))
        if len(user) and (own[user] != cells[name].codes).any():
            notes.fail(f"charges have a {name.replace('_', ' ')} that is not their user's")
    row = np.column_stack([month, user, cells["product"].codes, kind])
    notes.expect(len(np.unique(row, axis=0)) == len(row), "charges appear twice")
    amount = cells["amount"]
    if any(Decimal(text) % scenario.money.unit or Decimal(text) < 0 for text in amount.values):
        notes.fail("charges are not whole minor units")
    cents = amount.array_of(lambda text: in_cents(text, scenario.money), np.int64)
    quantity = cells["quantity"].array_of(float, np.float64)
    return ChargeCells(doc, scenario, claims, months, cells, month, kind, user, pair, cents, quantity)


def in_cents(amount: Decimal | str, money: Currency) -> int:
    """An amount in whole minor units."""
    return int(Decimal(amount) / money.unit)


def _codes(column: Column, names: Sequence[str]) -> Ints:
    """The place of each cell among the names, or -1."""
    places = {name: n for n, name in enumerate(names)}
    return column.array_of(lambda name: places.get(name, -1), np.int64)
