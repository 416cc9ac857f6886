"""The basis of the plan: prices you can change, rates with their sources, the rules."""

from __future__ import annotations

from decimal import Decimal

from flexopt.exports.report.assumed import assumptions, mark_of, marked
from flexopt.exports.report.assumed import prices as prices_of
from flexopt.exports.report.parts import sentence
from flexopt.exports.workbook.book import Cell, Formula, Sheet, SheetColumn, cell
from flexopt.exports.workbook.prices import PlanPrices
from flexopt.store.plan import PlanDocument

PRICE = 5
"""Column of the prices you can change."""


def write_assumptions(sheet: Sheet, document: PlanDocument, prices: PlanPrices) -> list[str]:
    """The sheet Assumptions; returns the cell of each price."""
    currency = document.currency
    note = (
        "You can change the prices in blue: the bill and all totals follow. The assignment does not "
        "change; for the best plan at other prices, run flexopt again."
    )
    sheet.heading("Assumptions", note, 7)
    words = sheet.book.words
    sheet.line(sentence(marked(prices_of(document, words)[0], words)), "note", across=7)
    sheet.gap()
    columns = [
        SheetColumn("Price of", "text", 26),
        SheetColumn("Kind", "text", 20),
        SheetColumn("Listed from", "date", 12),
        SheetColumn(f"List price, {currency}", "price", 14),
        SheetColumn("Discount", "percent", 11),
        SheetColumn(f"Price paid, {currency}", "price", 15),
        SheetColumn("Source", "wrap", 50),
        SheetColumn("Marked", "text", 12),
    ]
    rows: list[list[Cell]] = []
    looks: dict[tuple[int, int], str] = {}
    first = sheet.row + 2
    for number, price in enumerate(prices.listed):
        listed, paid = price.listed, price.price
        list_cell, paid_cell = cell(first + number, 3), cell(first + number, PRICE)
        off = 1 - paid / listed if listed else Decimal(0)
        rows.append(
            [
                price.what,
                price.kind,
                price.since,
                listed,
                Formula(f"=IF({list_cell}=0,0,1-{paid_cell}/{list_cell})", off),
                paid,
                price.source,
                price.mark,
            ]
        )
        looks |= {(number, 3): price.style, (number, PRICE): f"{price.style} input"}
    sheet.table(columns, rows, title="Prices", looks=looks)
    if rows:
        sheet.sheet.data_validation(
            first,
            PRICE,
            sheet.row - 1,
            PRICE,
            {
                "validate": "decimal",
                "criteria": ">=",
                "value": 0,
                "input_title": "Price",
                "input_message": "Change it and the totals follow.",
                "error_title": "Price",
                "error_message": "A price must be 0 or more.",
            },
        )
    sheet.gap()
    rates = [
        (
            product.id,
            "tokens per day of use",
            rate.from_,
            rate.tokens,
            "",
            "",
            rate.source,
            mark_of(rate, words),
        )
        for product in document.scenario.products
        for rate in product.rates
        if rate.from_ < document.horizon.end
    ]
    columns[3:6] = [
        SheetColumn("Tokens per day", "quantity"),
        SheetColumn("", "text", 1),
        SheetColumn("", "text", 1),
    ]
    sheet.table(columns, [[*rate] for rate in rates], title="Rates")
    sheet.gap()
    sheet.line("Forecast and rules", "section")
    for what, text in assumptions(document, sheet.book.words).rows:
        sheet.put(sheet.row, 0, what)
        sheet.put(sheet.row, 1, text, "wrap", across=6)
        sheet.row += 1
    sheet.sheet.freeze_panes(1, 0)
    return [cell(first + number, PRICE, "Assumptions") for number in range(len(rows))]
