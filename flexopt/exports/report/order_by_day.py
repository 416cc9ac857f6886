"""The order sheet in 80 columns: by date, and the monthly contracts of an offer in one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from flexopt.exports.report.order import COUNTS, OFTEN, SHORT
from flexopt.exports.report.parts import Part, ReportTable, named, sentence
from flexopt.exports.words import Words
from flexopt.store.plan import PlanDocument
from flexopt.store.rows import OrderRow

LINES = 24
"""Most lines on the screen; order.csv has every row."""


def order_by_day(document: PlanDocument, words: Words) -> Iterator[Part]:
    """The order sheet without what ends when, and the ids of subscriptions, which order.csv has."""
    order = document.order
    if not order:
        yield sentence(words("no_order"))
        return
    counts = [c for c in COUNTS if c in OFTEN or any(getattr(row, c) for row in order)]
    lines = [*_lines(document, counts, words)]
    rows: list[tuple[str, ...]] = []
    for when, of_day in groupby(lines[:LINES], key=lambda line: line[0]):
        rows.append((when, *("" for _ in counts), "", ""))
        rows += [(f" {what}", *cells) for _, what, *cells in of_day]
    # seats that are bought month after month would be counted again and again
    sums = [_number(sum(getattr(row, c) for row in order), words) if c in OFTEN[:3] else "" for c in counts]
    rows.append((words("sum_order"), *sums, "", words.money(document.summary.commitment)))
    heads = ("order_of", *(SHORT.get(c, c) for c in counts), "each", "amount")
    yield ReportTable("order", tuple(map(words, heads)), tuple(rows), sums=(len(rows) - 1,))
    if len(lines) > LINES:
        yield words("and_lines", lines=words.count(len(lines) - LINES, "line"))


def _lines(document: PlanDocument, counts: Sequence[str], words: Words) -> Iterator[tuple[str, ...]]:
    """When, what, how many and how much: day by day, then the contracts of a month that come again."""
    months = {offer.id for offer in document.scenario.offers if offer.term_months == 1}
    by_day: dict[tuple[object, ...], list[OrderRow]] = {}
    monthly: dict[tuple[object, ...], list[OrderRow]] = {}
    for row in document.order:
        if row.offer in months and row.kind == "seats" and row.new and not row.have:
            monthly.setdefault((row.offer, row.unit_price), []).append(row)
    again = {key for key, rows in monthly.items() if len({row.date for row in rows}) > 1}
    for n, row in enumerate(document.order):
        if not (row.new and not row.have and (row.offer, row.unit_price) in again):
            pack = n if row.kind == "tokens" else None
            by_day.setdefault((row.date, row.kind, row.offer, row.unit_price, pack), []).append(row)
    for rows in by_day.values():
        numbers = [_number(sum(getattr(row, c) for row in rows), words) for c in counts]
        what = named(rows[0].offer) or words.count(rows[0].tokens, "flex_token")
        yield words.date(rows[0].date), what, *numbers, *_amounts(rows, words)
    for key in sorted(again, key=str):
        rows = monthly[key]
        seats = sorted(row.new for row in rows)
        few, most = words.number(seats[0]), words.number(seats[-1])
        each = few if few == most else words("to", few=few, most=most)
        what = words("order_monthly", offer=named(rows[0].offer), seats=each)
        when = words("to", few=words.date(rows[0].date), most=words.date(rows[-1].date))
        yield when, what, *("" for _ in counts), *_amounts(rows, words)


def _amounts(rows: Sequence[OrderRow], words: Words) -> tuple[str, str]:
    """The price of one, and the amount of all; nothing if nothing is bought."""
    if rows[0].unit_price is None:
        return "", ""
    return words.number(rows[0].unit_price), words.money(sum((r.amount for r in rows[1:]), rows[0].amount))


def _number(number: int, words: Words) -> str:
    return words.number(number) if number else ""
