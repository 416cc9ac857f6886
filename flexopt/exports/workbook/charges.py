"""The charges by cost centre, group and kind, month by month: what is booked where."""

from __future__ import annotations

from decimal import Decimal

from flexopt.exports.workbook.book import Cell, Formula, Sheet, SheetColumn, cell, cells
from flexopt.store.plan import PlanDocument


def write_charges(sheet: Sheet, document: PlanDocument) -> None:
    """The sheet Charges; totals are of the rows that the filters show, and of all rows the plan's total."""
    table: dict[tuple[str, str, str], dict[str, Decimal]] = {}
    months = sorted({row.month for row in document.charges})
    for row in document.charges:
        line = table.setdefault((row.cost_centre, row.group, row.kind), {})
        line[row.month] = row.amount
    lines = sorted(table.items())
    columns = [
        SheetColumn("Cost centre", "text", 12),
        SheetColumn("Group", "text", 10),
        SheetColumn("Charged for", "text", 16),
        *(SheetColumn(month, "money", 11) for month in months),
        SheetColumn("Total", "money", 14),
    ]
    digits, last, count = sheet.money.digits, 2 + len(months), len(lines)
    rows: list[list[Cell]] = []
    for number, (key, amounts) in enumerate(lines, 1):
        across = f"{cell(number, 3)}:{cell(number, last)}"
        total = Formula(f"=ROUND(SUM({across}),{digits})", sum(amounts.values(), Decimal(0)))
        rows.append([*key, *(amounts.get(month) for month in months), total])
    sums: list[Cell] = ["Total of visible rows", "", ""]
    for place, month in enumerate([*months, ""], 3):
        value = sum(
            (sum(a.values()) if not month else a.get(month, Decimal(0)) for _, a in lines), Decimal(0)
        )
        visible = f"=ROUND(SUBTOTAL(109,{cells(1, count, place)}),{digits})"
        sums.append(Formula(visible if lines else "=0", value))
    sheet.table(columns, rows, sums)
    sheet.filtered(1, count, len(columns))
