"""The sheets Order and Payments: what is ordered and invoiced, calculated from Seats and Purchases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from flexopt.exports.workbook.book import Cell, Formula, Sheet, SheetColumn, cell, cells, total_of
from flexopt.store.plan import PlanDocument
from flexopt.store.rows import PaymentRow
from flexopt.store.values import PlanPart

AMOUNT = 12
"""The column of amounts on the sheet Order."""

UNIT, COMMITMENT = 7, 12
"""The columns of a seat's price and of the commitment on the sheet Seats."""

Group = tuple[date, str, str]
"""Date, kind and offer of what is invoiced together."""


def write_order(sheet: Sheet, document: PlanDocument) -> dict[Group, str]:
    """The sheet Order; returns the cells of the amounts that are invoiced together."""
    columns = [
        SheetColumn("Date", "date", 13),
        SheetColumn("Offer", "text", 24),
        *(
            SheetColumn(title, "some", 10)
            for title in ("Have", "Renew", "Reduce", "Keep", "New", "Addition", "Tokens")
        ),
        SheetColumn("Until (first day without)", "date", 13),
        SheetColumn("Price each", "price", 14),
        SheetColumn("Kind", "text", 11),
        SheetColumn("Amount", "money", 16),
        SheetColumn("Subscription", "text", 18),
    ]
    source = {
        _key(row, "contract_start", "contract_end"): [cell(n, c, "Seats") for c in (UNIT, COMMITMENT)]
        for n, row in enumerate(document.seats, 1)
    } | {
        _key(pack, "date", "expires"): [cell(n, c, "Purchases") for c in (3, 4)]
        for n, pack in enumerate(document.purchases, 1)
    }
    rows: list[list[Cell]] = []
    places: dict[Group, list[int]] = {}
    for number, line in enumerate(document.order):
        r = 1 + number
        places.setdefault((line.date, line.kind, line.offer), []).append(r)
        paid = line.amount
        unit = None if line.unit_price is None else line.unit_price
        place = source.get(_key(line, "date", "ends"))
        left = f"={cell(r, 2)}-{cell(r, 3)}-{cell(r, 5)}"
        rows.append(
            [
                line.date,
                line.offer or "Flex tokens",
                line.have or None,
                line.renew or None,
                Formula(left, int(line.reduce)) if line.have else None,
                *(getattr(line, name) or None for name in ("keep", "new", "addition", "tokens")),
                line.ends,
                Formula(f"={place[0]}", unit) if place and unit is not None else unit,
                line.kind,
                Formula(f"={place[1]}", paid) if place else paid,
                line.subscription_id,
            ]
        )
    lines, count = document.order, len(rows)
    held = [
        total_of((getattr(line, n) for line in lines), 1, 2 + i, count)
        for i, n in enumerate(("have", "renew", "reduce"))
    ]
    total = total_of((line.amount for line in lines), 1, AMOUNT, count, digits=sheet.money.digits)
    sheet.table(columns, rows, ["Total", "", *held, "", "", "", "", "", "", "", total, ""])
    sheet.filtered(1, count, len(columns))
    return {group: cells(of[0], of[-1], AMOUNT, "Order") for group, of in places.items()}


def _key(row: PlanPart, start: str, end: str) -> tuple[Any, ...]:
    """What a line of the order has in common with the row of the seats or the pack that it orders."""
    names = (("renew", "renewed"), ("new",), ("addition", "added"), ("owned",))
    counts = (max(getattr(row, name, 0) for name in of) for of in names)
    texts = (getattr(row, name, "") for name in ("offer", "subscription_id"))
    return getattr(row, start), getattr(row, end), *texts, *counts


def write_payments(sheet: Sheet, document: PlanDocument, amounts: Mapping[Group, str]) -> None:
    """The sheet Payments: the invoices, and their sums by month and by fiscal year."""
    columns = [
        SheetColumn("Invoiced on", "date", 13),
        SheetColumn("Amount", "money", 16),
        SheetColumn("Month", "text", 11),
        SheetColumn("Fiscal year", "text", 11),
        SheetColumn("Offer", "text", 24),
        SheetColumn("Kind", "text", 11),
        SheetColumn("Ordered on", "date", 13),
        SheetColumn("Instalment", "count", 11),
        SheetColumn("of", "count", 8),
    ]
    found, places, whole = document.payments, sheet.money.digits, 10**sheet.money.digits
    rows: list[list[Cell]] = []
    for p in found:
        parts = f"ROUND(SUM({amounts[p.ordered, p.kind, p.offer]})*{whole},0)"
        number, of = p.instalment, p.instalments
        share = f"=(INT({parts}/{of})+IF(MOD({parts},{of})>={number},1,0))/{whole}"
        rows.append(
            [
                p.date,
                Formula(share, p.amount),
                p.month,
                p.fiscal_year,
                p.offer or "Flex tokens",
                p.kind,
                p.ordered,
                number,
                of,
            ]
        )
    count = len(rows)
    total = total_of((p.amount for p in found), 1, 1, count, digits=places)
    sheet.table(columns, rows, ["Total", total, *[""] * 7])
    sheet.filtered(1, count, len(columns))
    for title, key in (("By month", "month"), ("By fiscal year", "fiscal_year")):
        sheet.gap()
        _sums(sheet, title, key, found)
    horizon = document.horizon.end
    inside = sum(p.date < horizon for p in found)
    sheet.gap()
    ranges = (
        (1, inside, "Within the horizon", "paid_in_horizon"),
        (1 + inside, count, "Later", "paid_later"),
    )
    later: list[list[Cell]] = [
        [
            words,
            Formula(
                f"=ROUND(SUM({cells(first, last, 1)}),{places})" if last >= first else "=0",
                getattr(document.summary, name),
            ),
        ]
        for first, last, words, name in ranges
    ]
    sheet.table([SheetColumn("Invoiced", "text", 18), SheetColumn("Amount", "money", 16)], later)


def _sums(sheet: Sheet, title: str, key: str, found: Sequence[PaymentRow]) -> None:
    """The sums of the invoices, which are sorted by date."""
    rows: list[list[Cell]] = []
    for name, of in groupby(enumerate(found, 1), key=lambda item: str(getattr(item[1], key))):
        here = list(of)
        summed = cells(here[0][0], here[-1][0], 1)
        amount = sum((p.amount for _, p in here), Decimal(0))
        rows.append([name, Formula(f"=ROUND(SUM({summed}),{sheet.money.digits})", amount)])
    sheet.table([SheetColumn(title, "text", 18), SheetColumn("Amount", "money", 16)], rows)
