"""The first sheet: what the plan costs and saves, at the workbook's prices and as planned."""

from __future__ import annotations

from decimal import Decimal

from flexopt.exports.report.costs import headline
from flexopt.exports.workbook.bill import Totals
from flexopt.exports.workbook.book import Cell, Formula, Sheet, SheetColumn, cell, total_of
from flexopt.exports.workbook.charts import chart_of_costs, chart_of_pool
from flexopt.store.plan import PlanDocument
from flexopt.store.tables import BASELINES

CHARTED = 20
"""Most offers in the chart."""

SIDE = 5
"""Column of the charts."""


def write_summary(sheet: Sheet, document: PlanDocument, seats: Totals, packs: Totals) -> None:
    """The sheet Summary."""
    horizon, currency = document.horizon, document.currency
    words = sheet.book.words
    sentence = headline(document, words)
    sheet.line(document.name or "Plan", "title", across=12)
    sheet.line(f"{sentence[:1].upper()}{sentence[1:]}.", "headline", across=12)
    sheet.line(
        f"{words.date(horizon.start)} to {words.date(horizon.end)} (first day after), {currency}; "
        f"usage of {words.date(document.history.first)} to {words.date(document.history.last)}",
        "note",
        across=12,
    )
    sheet.gap()
    top = sheet.row
    _costs(sheet, document, seats, packs)
    sheet.gap()
    _compared(sheet, document)
    sheet.gap()
    first, offers = _offers(sheet, document, seats, packs)
    sheet.gap()
    _tokens(sheet, document)
    _figures(sheet, document)
    bottom = sheet.row
    chart_of_costs(sheet, top, SIDE, first, min(offers, CHARTED))
    below = top + (min(140 + 22 * min(offers, CHARTED), 500) + 20) // 20 + 1
    chart_of_pool(sheet, below, SIDE, document.ledger)
    sheet.row, sheet.wide = max(bottom, below + 16), SIDE + 9
    sheet.widths |= {4: 3}
    sheet.sheet.fit_to_pages(1, 1)


def _costs(sheet: Sheet, document: PlanDocument, seats: Totals, packs: Totals) -> None:
    summary, months = document.summary, document.scenario.horizon.months
    columns = [
        SheetColumn(f"Cost, {document.currency}", "text", 46),
        SheetColumn("At the prices of this workbook", "money", 17),
        SheetColumn("As planned", "money", 15),
        SheetColumn("Difference", "money", 14),
    ]
    first = sheet.row + 1
    total, planned = document.total, summary.commitment
    seat, token = summary.seats, summary.tokens
    lines: list[tuple[str, str, Decimal]] = [
        (
            f"Seats: {summary.annual_seats:,} annual, {summary.monthly_seats:,} monthly at once, "
            f"{summary.seats_owned:,} owned",
            f"={seats.cost}",
            seat,
        ),
        (f"Token packs: {summary.tokens_bought:,} tokens", f"={packs.cost}", token),
        (
            f"Total for {months} month{'s' if months != 1 else ''}",
            f"=ROUND({cell(first, 1)}+{cell(first + 1, 1)},{sheet.money.digits})",
            total,
        ),
        (
            "Total commitment (whole terms of the seats)",
            f"=ROUND({seats.commitment}+{packs.commitment},{sheet.money.digits})",
            planned,
        ),
    ]
    rows: list[list[Cell]] = []
    for number, (words, formula, amount) in enumerate(lines):
        now, then = cell(first + number, 1), cell(first + number, 2)
        rows.append(
            [
                words,
                Formula(formula, amount),
                amount,
                Formula(f"=ROUND({now}-{then},{sheet.money.digits})", 0),
            ]
        )
    look = {(2, 0): "text total"} | {(2, column): "money total" for column in (1, 2, 3)}
    sheet.table(columns, rows, looks=look)


def _compared(sheet: Sheet, document: PlanDocument) -> None:
    columns = [
        SheetColumn("As planned, compared with", "text"),
        SheetColumn("Costs", "money"),
        SheetColumn("Saved", "money"),
        SheetColumn("Saved", "percent"),
    ]
    rows: list[list[Cell]] = []
    notes = []
    total = document.total
    for name in BASELINES:
        words = sheet.book.words(name)
        if (baseline := document.baselines.get(name)) is None:
            continue
        if baseline.total is None:
            rows.append([words, None, None, None])
        else:
            costs = baseline.total
            here = cell(sheet.row + 1 + len(rows), 1)
            planned = cell(sheet.row - 3, 2)  # the total in the table above
            share = (costs - total) / costs if costs else Decimal(0)
            rows.append(
                [
                    words,
                    costs,
                    Formula(f"=ROUND({here}-{planned},{sheet.money.digits})", costs - total),
                    Formula(f"=IF({here}=0,0,({here}-{planned})/{here})", share),
                ]
            )
        notes += [f"{words}: {baseline.note}"] if baseline.note else []
    if rows:
        sheet.table(columns, rows)
    for note in notes:
        sheet.line(note, "note", across=3)


def _offers(sheet: Sheet, document: PlanDocument, seats: Totals, packs: Totals) -> tuple[int, int]:
    """Cost by offer, most expensive first, then the token packs; returns the first row and their number."""
    cost: dict[str, Decimal] = {}
    lines: dict[str, list[int]] = {}
    counts: dict[str, list[int]] = {}
    for line, row in enumerate(document.seats):
        offer = row.offer
        cost[offer] = cost.get(offer, Decimal(0)) + row.cost
        lines.setdefault(offer, []).append(line)
        bought, owned = counts.setdefault(offer, [0, 0])
        counts[offer] = [bought + row.renewed + row.new + row.added, owned + row.owned]
    rows: list[list[Cell]] = [["Flex tokens", Formula(f"={packs.cost}", document.summary.tokens), "", ""]]
    for offer in sorted(cost, key=lambda offer: (-cost[offer], offer)):
        bought, owned = counts[offer]
        formula = f"=ROUND({_sum(lines[offer], seats)},{sheet.money.digits})"
        rows.append([offer, Formula(formula, cost[offer]), bought, owned])
    columns = [
        SheetColumn("Cost by offer", "text"),
        SheetColumn("Cost", "money"),
        SheetColumn("Seats bought", "count"),
        SheetColumn("Seats owned", "count"),
    ]
    first = sheet.table(columns, rows)
    return first, len(rows)


def _sum(lines: list[int], seats: Totals) -> str:
    """The costs of rows of the sheet Seats, where the rows of an offer are usually adjacent."""
    first, last = lines[0], lines[-1]
    if last - first < len(lines):
        return f"SUM({seats.rows[first]}:{seats.rows[last].partition('!')[2]})"
    return "+".join(seats.rows[line] for line in lines)


def _tokens(sheet: Sheet, document: PlanDocument) -> None:
    """What becomes of the tokens, and what they cost, if the forecast holds and if the buffer is used."""
    s = document.summary
    used, buffer = ("Used according to the forecast", "used", ""), ("Used as buffer", "buffer", "")
    for title, case, lines in (
        ("Tokens if the forecast holds", "", [used]),
        ("Tokens if the buffer is used in full", "_with_buffer", [used, buffer]),
    ):
        lines = [*lines, ("Expire unused", "expired", case), ("Left at the end", "left", case)]
        amounts = [(getattr(s, f"tokens_{k}{of}"), getattr(s, f"{k}_cost{of}")) for _, k, of in lines]
        columns = [
            SheetColumn(title, "text"),
            SheetColumn("Tokens", "quantity"),
            SheetColumn("Cost", "money"),
        ]
        first = sheet.row + 1
        sums = [
            total_of((pair[n] for pair in amounts), first, 1 + n, len(lines), digits=digits)
            for n, digits in enumerate((1, sheet.money.digits))
        ]
        rows: list[list[Cell]] = [[words, *pair] for (words, _, _), pair in zip(lines, amounts, strict=True)]
        sheet.table(columns, rows, ["Held and bought", *sums])
        sheet.gap()


def _figures(sheet: Sheet, document: PlanDocument) -> None:
    s = document.summary
    figures: list[tuple[str, Cell, str]] = [
        ("Users", s.users, "count"),
        ("with seats only", s.users_named_only, "count"),
        ("with Flex only", s.users_flex_only, "count"),
        ("with both", s.users_both, "count"),
        ("moving from a seat to tokens", s.users_to_flex, "count"),
        ("moving from tokens to a seat", s.users_to_seats, "count"),
        ("with an unused seat today", s.users_idle, "count"),
    ]
    price = s.effective_token_price
    figures += [("Cost per token used, as planned", None if price is None else Decimal(price), "price")]
    shown = [(words, value, style) for words, value, style in figures if value is not None]
    looks = {(number, 1): style for number, (_, _, style) in enumerate(shown)}
    columns = [SheetColumn("Users and tokens", "text"), SheetColumn("", "count")]
    sheet.table(columns, [[words, value] for words, value, _ in shown], looks=looks)
