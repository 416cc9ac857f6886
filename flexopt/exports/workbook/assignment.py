"""The assignment and the usage left out: the tables with rows about people."""

from __future__ import annotations

from decimal import Decimal

from flexopt.exports.people import people_left_out
from flexopt.exports.workbook.book import Formula, Sheet, SheetColumn, cells
from flexopt.store.plan import PlanDocument

COLUMNS = {
    "user": SheetColumn("User", "text", 26),
    "product": SheetColumn("Product", "text", 22),
    "group": SheetColumn("Group", "text", 18),
    "access": SheetColumn("Access", "text", 9),
    "offer": SheetColumn("Offer", "text", 16),
    "contract_start": SheetColumn("From", "date", 11),
    "contract_end": SheetColumn("Until (first day without the seat)", "date", 12),
    "days": SheetColumn("Days of use", "quantity", 9),
    "tokens": SheetColumn("Tokens", "quantity", 10),
    "cost": SheetColumn("Cost", "money", 12),
    "seat_price": SheetColumn("Price as a seat", "money", 12),
    "flex_price": SheetColumn("Price on Flex", "money", 12),
    "break_even_days": SheetColumn("Break-even, days", "quantity", 11),
    "segment": SheetColumn("Segment", "text", 11),
    "reason": SheetColumn("Reason", "wrap", 80),
}


def write_assignment(sheet: Sheet, document: PlanDocument) -> None:
    """The sheet Assignments; totals are of the rows that the filters show."""
    if people_left_out(document):
        sheet.line("Rows about people are omitted from this file.", "note")
        return
    rows = document.assignment
    data = list(zip(*(rows.columns[name].array().tolist() for name in COLUMNS), strict=True))
    total = ["Total of visible rows", *[""] * (len(COLUMNS) - 1)]
    places = {name: number for number, name in enumerate(COLUMNS)}
    sums: list[Formula | str] = list(total)
    for name, digits in (("days", 6), ("tokens", 6), ("cost", sheet.money.digits)):
        value = sum((Decimal(row[places[name]]) for row in data), Decimal(0))
        formula = f"=ROUND(SUBTOTAL(109,{cells(1, len(data), places[name])}),{digits})" if data else "=0"
        sums[places[name]] = Formula(formula, value)
    sheet.table(list(COLUMNS.values()), data, sums)
    sheet.filtered(1, len(data), len(COLUMNS))


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
