"""The annual review: what today's access should become, and seven checks."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from flexopt.exports.workbook.book import Cell, Formula, Sheet, SheetColumn, cells
from flexopt.store.plan import PlanDocument
from flexopt.store.study_parts import DoubleUse, IdleSeat, Leaver, MoveRow, ReviewPart

LISTS = {
    "double_use": ("Holds a seat but uses tokens for the same product", "flex_days", "Days on Flex"),
    "idle": ("Holds a seat not used for {days:,} days", "last_use", "Last use"),
    "leavers": ("Leaver with access still assigned", "leaves", "Leaves"),
}


def write_review(sheet: Sheet, document: PlanDocument, found: ReviewPart) -> None:
    """The sheet Review."""
    currency = document.currency
    saving = f"The moves save {found.saving:,} {currency}. " if found.saving is not None else ""
    made = (
        f"Moves that save less than {least:,} are not made."
        if (least := document.scenario.policy.min_saving.move)
        else ""
    )
    sheet.heading("Review", f"{saving}{made}" or "Today's access against the plan.", 4)
    columns = [
        SheetColumn("Check", "wrap", 34),
        SheetColumn("Found", "text", 26),
        SheetColumn("Number", "count", 14),
        SheetColumn("Finding", "wrap", 50),
        SheetColumn("What to do", "wrap", 50),
    ]
    checks: list[list[Cell]] = [
        [f"{c.code} {c.name}", "yes" if c.found else "no", c.count, c.message, c.repair] for c in found.checks
    ]
    sheet.table(columns, checks)
    sheet.gap()
    counts: list[list[Cell]] = [
        [move, number] for move, number in found.counts.model_dump(by_alias=True).items()
    ]
    sheet.table([SheetColumn("Moves (on the next sheet)", "text"), SheetColumn("Number", "count")], counts)
    sheet.gap()
    for name, (title, key, heading) in LISTS.items():
        idle = document.scenario.demand.idle_days
        _people(sheet, getattr(found, name), title.format(days=idle), key, heading)
    sheet.sheet.freeze_panes(1, 0)


def _people(
    sheet: Sheet, rows: Sequence[DoubleUse | IdleSeat | Leaver], title: str, key: str, heading: str
) -> None:
    if rows:
        style = "quantity" if key == "flex_days" else "date"
        columns = [
            SheetColumn("User"),
            SheetColumn("Product"),
            SheetColumn("Offer"),
            SheetColumn(heading, style),
        ]
        cells_ = [[r.user, r.product, r.offer, getattr(r, key)] for r in rows]
        sheet.table(columns, cells_, title=title)
        sheet.gap()


def write_moves(sheet: Sheet, moves: Sequence[MoveRow]) -> None:
    """The sheet Moves, largest saving first; the total is of the rows that the filters show."""
    keys = ("user", "product", "group", "move", "before", "after", "saving")
    columns = [SheetColumn(key.capitalize(), "money" if key == "saving" else "text") for key in keys]
    rows: list[list[Cell]] = [[getattr(move, key) for key in keys] for move in moves]
    total = sum((m.saving for m in moves if m.saving is not None), Decimal(0))
    visible = f"=ROUND(SUBTOTAL(109,{cells(1, len(rows), 6)}),{sheet.money.digits})" if rows else "=0"
    sheet.table(columns, rows, ["Total of visible rows", "", "", "", "", "", Formula(visible, total)])
    sheet.filtered(1, len(rows), len(columns))
