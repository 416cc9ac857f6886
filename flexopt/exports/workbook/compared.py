"""The sheets Comparison (quotes side by side) and Sensitivity."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from flexopt.exports.workbook.book import Cell, Formula, Sheet, SheetColumn, cell, cells
from flexopt.exports.workbook.charts import chart_of_levers, chart_of_quotes
from flexopt.store.study_parts import ComparisonPart, Quote, SensitivityPart
from flexopt.store.tables import DRIVERS

FIGURES = {
    "name": ("Name", "text right"),
    "commitment": ("Total commitment (whole terms)", "money"),
    "annual_seats": ("Annual seats", "count"),
    "monthly_seats": ("Monthly seats, most at once", "count"),
    "seat_months": ("Seat-months", "count"),
    "seats_owned": ("Seats owned", "count"),
    "tokens_bought": ("Tokens bought", "count"),
    "tokens_used": ("Tokens used", "quantity"),
    "used_cost": ("their cost", "money"),
    "tokens_buffer": ("Tokens kept as buffer", "quantity"),
    "buffer_cost": ("their cost", "money"),
    "tokens_expired": ("Tokens that expire if the forecast holds", "quantity"),
    "expired_cost": ("their cost", "money"),
    "tokens_left": ("Tokens left at the end if the forecast holds", "quantity"),
    "left_cost": ("their cost", "money"),
    "tokens_expired_with_buffer": ("Tokens that expire even if the buffer is used", "quantity"),
    "expired_cost_with_buffer": ("their cost", "money"),
    "tokens_left_with_buffer": ("Tokens left even if the buffer is used", "quantity"),
    "left_cost_with_buffer": ("their cost", "money"),
    "effective_token_price": ("Cost per token used", "price"),
    "users_changed": ("Users whose access changes", "count"),
    "status": ("Status", "text right"),
    "bound": ("Lower bound", "price"),
    "gap": ("Gap", "gap"),
}


def write_comparison(sheet: Sheet, found: ComparisonPart) -> None:
    """Scenarios in columns, baseline first; then the cost of signing the wrong quote, and the drivers."""
    scenarios = found.scenarios
    wide = max(len(scenarios), 5)
    cheapest = f"; the cheapest is {found.cheapest}" if found.cheapest else ""
    note = f"The first scenario is the baseline{cheapest}. Amounts in {found.currency}."
    sheet.heading("Comparison", note, wide)
    sheet.widths |= {0: 40} | dict.fromkeys(range(1, wide + 1), 20)
    header = _totals(sheet, scenarios)
    sheet.gap()
    chart_of_quotes(sheet, sheet.row, header, len(scenarios))
    sheet.row += 17
    _offers(sheet, scenarios)
    _regret(sheet, found)
    _drivers(sheet, found)
    _purchases(sheet, scenarios)
    _changes(sheet, found)
    sheet.sheet.freeze_panes(1, 1)


def _totals(sheet: Sheet, scenarios: Sequence[Quote]) -> int:
    """The figures of each scenario; returns the row of the header."""
    header = sheet.row
    columns = [SheetColumn("", "text"), *(SheetColumn(s.id, "money", 17) for s in scenarios)]
    rows: list[list[Cell]] = [["Seats"], ["Token packs"], ["Total"], ["Less the baseline"]]
    for number, s in enumerate(scenarios):
        place = [cell(header + 1 + line, 1 + number) for line in range(3)]
        rows[0].append(s.seats)
        rows[1].append(s.tokens)
        rows[2].append(Formula(f"=ROUND({place[0]}+{place[1]},{sheet.money.digits})", s.total))
        first = cell(header + 3, 1)
        rows[3].append(Formula(f"=ROUND({place[2]}-{first},{sheet.money.digits})", s.difference))
    looks = {(2, column): "money total" for column in range(1, len(columns))} | {(2, 0): "text total"}
    for name, (words, style) in FIGURES.items():
        values = [getattr(s, name) for s in scenarios]
        looks |= {(len(rows), 1 + n): style for n in range(len(scenarios))}
        rows.append([words, *values])
    sheet.table(columns, rows, looks=looks)
    return header


def _offers(sheet: Sheet, scenarios: Sequence[Quote]) -> None:
    """Cost by offer, adding up to the seats of each scenario; and seats by offer."""
    offers = list(dict.fromkeys(o.offer for s in scenarios for o in s.offers))
    for title, key, style in (
        ("Cost of seats by offer", "cost", "money"),
        ("Seats by offer", "seats", "count"),
    ):
        first = sheet.row + 1
        columns = [SheetColumn(title, "text"), *(SheetColumn(s.id, style) for s in scenarios)]
        by_offer = [{o.offer: Decimal(getattr(o, key)) for o in s.offers} for s in scenarios]
        rows: list[list[Cell]] = [[offer, *(mine.get(offer) for mine in by_offer)] for offer in offers]
        sums = [
            Formula(
                f"=ROUND(SUM({cells(first, first + len(offers) - 1, 1 + n)}),{sheet.money.digits})"
                if offers
                else "=0",
                sum(mine.values(), Decimal(0)),
            )
            for n, mine in enumerate(by_offer)
        ]
        sheet.table(columns, rows, ["Total", *sums])
        sheet.gap()


def _regret(sheet: Sheet, found: ComparisonPart) -> None:
    sheet.line("Cost of signing the wrong quote", "section")
    sheet.line(
        "Rows: the assignment of this scenario's plan. Columns: the quote that is signed, with its tokens "
        "bought again. Amounts are the extra cost over the best plan for that quote.",
        "note",
        across=max(len(found.scenarios), 5),
    )
    columns = [
        SheetColumn("Assignment of", "text"),
        *(SheetColumn(f"quote: {s.id}", "money") for s in found.scenarios),
    ]
    rows: list[list[Cell]] = [
        [s.id, *("not possible" if amount is None else amount for amount in row)]
        for s, row in zip(found.scenarios, found.regret, strict=True)
    ]
    looks = {
        (i, 1 + j): "text right"
        for i, row in enumerate(found.regret)
        for j, amount in enumerate(row)
        if amount is None
    }
    sheet.table(columns, rows, looks=looks)
    for note in found.notes:
        sheet.line(
            f"{note.plan} under {note.quote}: {note.note}",
            "note",
            across=max(len(found.scenarios), 5),
        )
    sheet.gap()


def _drivers(sheet: Sheet, found: ComparisonPart) -> None:
    if not found.drivers:
        return
    titles = ("Seat prices", "Token prices", "Token tiers", "Mix of seats and tokens")
    columns = [
        SheetColumn("Why the totals differ", "text"),
        *(SheetColumn(title, "money") for title in titles),
    ]
    columns.append(SheetColumn("Difference", "money"))
    rows: list[list[Cell]] = []
    for number, driver in enumerate(found.drivers):
        r = sheet.row + 1 + number
        total = Formula(f"=ROUND(SUM({cell(r, 1)}:{cell(r, 4)}),{sheet.money.digits})", driver.difference)
        rows.append([driver.scenario, *(getattr(driver, key) for key in DRIVERS), total])
    sheet.table(columns, rows)
    sheet.gap()


def _purchases(sheet: Sheet, scenarios: Sequence[Quote]) -> None:
    rows: list[list[Cell]] = [
        [s.id, p.date, p.tokens, p.unit_price, p.cost] for s in scenarios for p in s.purchases
    ]
    if rows:
        styles = ("date", "count", "price", "money")
        titles = ("Buy on", "Tokens", "Price per token", "Cost")
        columns = [SheetColumn("Token packs of", "text"), *map(SheetColumn, titles, styles)]
        sheet.table(columns, rows)
        sheet.gap()


def _changes(sheet: Sheet, found: ComparisonPart) -> None:
    rows = [
        [
            c.scenario,
            c.user,
            c.product,
            c.before or "-",
            c.after or "-",
        ]
        for c in found.changes
    ]
    if rows:
        titles = ("Access that differs from the baseline", "User", "Product", "Before", "After")
        sheet.table([SheetColumn(title, "wrap") for title in titles], rows)


def write_sensitivity(sheet: Sheet, found: SensitivityPart, currency: str) -> None:
    """What drives the optimal total, what one percent is worth, and where an answer flips."""
    step = f"{found.step * 100:f}".rstrip("0").rstrip(".") if found.step else "0"
    costs = f"The plan costs {found.total:,}."
    note = f"Each lever alone, {step} % lower and higher, solved again; amounts in {currency}. {costs}"
    sheet.heading("Sensitivity", note, 9)
    columns = [
        SheetColumn("Lever", "text", 34),
        SheetColumn("Low", "price", 12),
        SheetColumn("Total at low", "money", 15),
        SheetColumn("Less the plan", "money", 14),
        SheetColumn("High", "price", 12),
        SheetColumn("Total at high", "money", 15),
        SheetColumn("Less the plan", "money", 14),
        SheetColumn("As planned", "price", 12),
        SheetColumn("Annual seats, low to high", "text right", 14),
        SheetColumn("Monthly seats at once, low to high", "text right", 14),
        SheetColumn("Tokens bought, low to high", "text right", 18),
    ]
    total = found.total
    rows: list[list[Cell]] = []
    for lever in found.levers:
        r = sheet.row + 1 + len(rows)
        row: list[Cell] = [lever.label]
        for n, side in enumerate((lever.low, lever.high)):
            there = side.total  # none if no plan is possible
            less = (
                None
                if there is None
                else Formula(f"=ROUND({cell(r, 2 + 3 * n)}-{total},{sheet.money.digits})", there - total)
            )
            row += [side.value, there, less]
        row.append(lever.value)
        for key in ("annual_seats", "monthly_seats", "tokens_bought"):
            bought = [getattr(side, key) for side in (lever.low, lever.high)]
            low, high = ("-" if number is None else f"{number:,}" for number in bought)
            row.append(f"{low} to {high}")
        rows.append(row)
    first = sheet.table(columns, rows)
    sheet.gap()
    if rows:
        chart_of_levers(sheet, sheet.row, first, len(rows))
        sheet.row += (min(160 + 22 * len(rows), 560) + 19) // 20 + 1
    _negotiation(sheet, found)
    _indifference(sheet, found)
    _grids(sheet, found)
    sheet.sheet.freeze_panes(1, 1)


def _negotiation(sheet: Sheet, found: SensitivityPart) -> None:
    if found.negotiation:
        rows: list[list[Cell]] = [[n.label, n.saving] for n in found.negotiation]
        sheet.table([SheetColumn("What to negotiate first", "text"), SheetColumn("Saves", "money")], rows)
        sheet.gap()


def _indifference(sheet: Sheet, found: SensitivityPart) -> None:
    if not found.indifference:
        return
    titles = (
        "Prices at which the answer flips",
        "Unit",
        "Just below",
        "Total",
        "Answer",
        "Just above",
        "Total",
        "Answer",
        "Note",
    )
    styles = ("wrap", "wrap", "price", "money", "wrap", "price", "money", "wrap", "wrap")
    rows: list[list[Cell]] = []
    for question in found.indifference:
        sides: list[Cell] = []
        for side in (question.below, question.above):
            sides += [None, None, None] if side is None else [side.value, side.total, side.answer]
        rows.append([question.question, question.unit, *sides, question.note])
    sheet.widths |= {1: 16, 7: 16, 8: 24}
    sheet.table([SheetColumn(title, style) for title, style in zip(titles, styles, strict=True)], rows)
    sheet.gap()


def _grids(sheet: Sheet, found: SensitivityPart) -> None:
    labels = {lever.lever: lever.label for lever in found.levers}
    for grid in found.grids:
        x, y = (labels.get(axis, axis) for axis in (grid.x, grid.y))
        sheet.line(f"Total by {x} (across) and {y} (down)", "section")
        columns = [
            SheetColumn("", "price"),
            *(SheetColumn(f"{value:,}", "money") for value in grid.x_values),
        ]
        rows = [[value, *totals] for value, totals in zip(grid.y_values, grid.totals, strict=True)]
        sheet.table(columns, rows)
        sheet.gap()
