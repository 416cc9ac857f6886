"""Who has what, and use that is not planned: the tables with rows of people."""

from __future__ import annotations

from flexopt.base.columns import Rows
from flexopt.exports.people import people_left_out
from flexopt.exports.workbook.book import Column, Document, Formula, Sheet, cells
from flexopt.store.tables import TABLES

__all__ = ["write_assignment", "write_left_out"]

COLUMNS = {
    "user": Column("User", "text", 26),
    "product": Column("Product", "text", 22),
    "group": Column("Group", "text", 18),
    "access": Column("Access", "text", 9),
    "offer": Column("Offer", "text", 16),
    "contract_start": Column("From", "date", 11),
    "contract_end": Column("Until (first day without)", "date", 12),
    "days": Column("Days of use", "quantity", 9),
    "tokens": Column("Tokens", "quantity", 10),
    "cost_if_named": Column("Cost with a seat", "money", 12),
    "cost_if_flex": Column("Cost with tokens", "money", 12),
    "break_even_days": Column("Break-even, days", "quantity", 11),
    "segment": Column("Segment", "text", 11),
    "reason": Column("Reason", "wrap", 80),
}


def write_assignment(sheet: Sheet, document: Document) -> None:
    """The sheet Assignments; the sums are those of the rows that the filters show."""
    if people_left_out(document):
        sheet.line("The rows of people are left out of this file.", "note")
        return
    rows = Rows.of(document["assignment"], TABLES["assignment"])
    data = list(zip(*(rows.columns[name].array().tolist() for name in COLUMNS), strict=True))
    total = ["Total of the rows shown", *[""] * (len(COLUMNS) - 1)]
    places = {name: number for number, name in enumerate(COLUMNS)}
    sums: list[Formula | str] = list(total)
    for name in ("days", "tokens"):
        value = sum(float(row[places[name]]) for row in data)
        formula = f"=ROUND(SUBTOTAL(109,{cells(1, len(data), places[name])}),6)" if data else "=0"
        sums[places[name]] = Formula(formula, round(value, 6))
    sheet.table(list(COLUMNS.values()), data, sums)
    sheet.filtered(1, len(data), len(COLUMNS))


def write_left_out(sheet: Sheet, document: Document) -> None:
    """The sheet Left out."""
    columns = [
        Column("User", "text", 26),
        Column("Product", "text", 26),
        Column("Days", "count", 10),
        Column("Why it is not planned", "wrap", 60),
    ]
    rows = [[row["user"], row["product"], row["days"], row["reason"]] for row in document["left_out"]]
    days = Formula(
        f"=SUBTOTAL(109,{cells(1, len(rows), 2)})", sum(row["days"] for row in document["left_out"])
    )
    sheet.table(columns, rows, ["Total of the rows shown", "", days, ""])
    sheet.filtered(1, len(rows), len(columns))
