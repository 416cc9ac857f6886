"""The assignment and the usage left out: the tables with rows about people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flexopt.exports.people import people_left_out
from flexopt.exports.workbook.book import Formula, Sheet, SheetColumn, cells
from flexopt.store.plan import PlanDocument

COLUMNS = {
    "user": SheetColumn("User", "text", 26),
    "product": SheetColumn("Product", "text", 20),
    "group": SheetColumn("Group", "text", 10),
    "access": SheetColumn("Access", "text", 9),
    "offer": SheetColumn("Offer", "text", 16),
    "contract_start": SheetColumn("From", "date", 12),
    "contract_end": SheetColumn("Until (first day without)", "date", 12),
    "days": SheetColumn("Days of use", "quantity", 9),
    "tokens": SheetColumn("Tokens", "quantity", 10),
    "cost": SheetColumn("Cost", "money", 12),
    "saves": SheetColumn("Saves against the other access", "money", 14),
    "seat_price": SheetColumn("Price as a seat", "money", 12),
    "flex_price": SheetColumn("Price on Flex", "money", 12),
    "break_even_days": SheetColumn("Break-even, days", "quantity", 11),
    "segment": SheetColumn("Segment", "text", 12),
    "reason": SheetColumn("Reason (not printed)", "text", 24),
}


def write_assignment(sheet: Sheet, document: PlanDocument) -> None:
    """The sheet Assignments, largest saving first; totals are of the rows that the filters show."""
    if people_left_out(document):
        sheet.line("Rows about people are omitted from this file.", "note")
        return
    names = [name for name in COLUMNS if name != "saves"]
    columns = (document.assignment.columns[name].array().tolist() for name in names)
    data = _largest_saving_first([dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)])
    sums: list[Formula | str] = ["Total of visible rows", *[""] * (len(COLUMNS) - 1)]
    for name, digits in (
        ("days", 6),
        ("tokens", 6),
        ("cost", sheet.money.digits),
        ("saves", sheet.money.digits),
    ):
        place = list(COLUMNS).index(name)
        value = sum((Decimal(row[name]) for row in data if row[name] is not None), Decimal(0))
        formula = f"=ROUND(SUBTOTAL(109,{cells(1, len(data), place)}),{digits})" if data else "=0"
        sums[place] = Formula(formula, value)
    sheet.table(list(COLUMNS.values()), [[row[name] for name in COLUMNS] for row in data], sums)
    sheet.widths[len(COLUMNS) - 1] = COLUMNS["reason"].width  # a sentence runs on to the right
    sheet.wide = len(COLUMNS) - 2
    sheet.filtered(1, len(data), len(COLUMNS))


def _largest_saving_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows by decision: what a seat (for all its products) or tokens save against the other access.

    The first row of a decision has its saving; decisions without another access come last.
    """
    decisions: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for number, row in enumerate(rows):
        own = (row["offer"], row["contract_start"]) if row["access"] == "named" else (number,)
        decisions.setdefault((row["user"], *own), []).append(row)
    savings = {key: _saving(of) for key, of in decisions.items()}
    order = sorted(decisions, key=lambda key: (savings[key] is None, -(savings[key] or 0)))
    found = []
    for key in order:
        first, *others = decisions[key]
        found += [first | {"saves": savings[key]}, *(row | {"saves": None} for row in others)]
    return found


def _saving(rows: Sequence[Mapping[str, Any]]) -> Decimal | None:
    seat, flex = rows[0]["seat_price"], [row["flex_price"] for row in rows]
    if seat is None or None in flex:
        return None
    other = sum(map(Decimal, flex), Decimal(0)) - Decimal(seat)
    return other if rows[0]["access"] == "named" else -other


def write_left_out(sheet: Sheet, document: PlanDocument) -> None:
    """The sheet Left out."""
    columns = [
        SheetColumn("User", "text", 26),
        SheetColumn("Product", "text", 26),
        SheetColumn("Days", "count", 10),
        SheetColumn("Reason", "wrap", 60),
    ]
    rows = [list(row.values()) for row in document.left_out]
    days = Formula(f"=SUBTOTAL(109,{cells(1, len(rows), 2)})", sum(row["days"] for row in document.left_out))
    sheet.table(columns, rows, ["Total of visible rows", "", days, ""])
    sheet.filtered(1, len(rows), len(columns))
