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
    sheet.heading("Review", f"{saving}{made}" or "Today's access against the plan.", 6)
    columns = [
        SheetColumn("Check", "text", 26),
        SheetColumn("", "wrap", 24),
        SheetColumn("Found", "text", 18),
        SheetColumn("Number", "count", 14),
        SheetColumn("Finding", "wrap", 36),
        SheetColumn("What to do", "wrap", 36),
    ]
    checks: list[list[Cell]] = [
        [c.code, c.name, "yes" if c.found else "no", c.count, c.message, c.repair] for c in found.checks
    ]
    sheet.table(columns, checks)
    sheet.gap()
    counts: list[list[Cell]] = [
        [move, number] for move, number in found.counts.model_dump(by_alias=True).items()
    ]
    sheet.table([SheetColumn("Move", "text"), SheetColumn("Number", "count")], counts)
    sheet.gap()
    for name, (title, key, heading) in LISTS.items():
        idle = document.scenario.demand.idle_days
        _people(sheet, getattr(found, name), title.format(days=idle), key, heading)
    _moves(sheet, found.moves)
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


def _moves(sheet: Sheet, moves: Sequence[MoveRow]) -> None:
    if not moves:
        return
    styles = ("text", "text", "text", "text", "wrap", "wrap", "money")
    titles = ("User", "Product", "Group", "Move", "Before", "After", "Saving")
    columns = [SheetColumn(title, style) for title, style in zip(titles, styles, strict=True)]
    rows: list[list[Cell]] = [
        [*(getattr(move, key) for key in ("user", "product", "group", "move", "before", "after", "saving"))]
        for move in moves
    ]
    first = sheet.row + 2
    total = sum((m.saving for m in moves if m.saving is not None), Decimal(0))
    formula = Formula(
        f"=ROUND(SUBTOTAL(109,{cells(first, first + len(rows) - 1, 6)}),{sheet.money.digits})", total
    )
    sheet.table(columns, rows, ["Total of visible rows", "", "", "", "", "", formula], title="Moves")
    sheet.sheet.autofilter(first - 1, 0, first - 1 + len(rows), 6)
