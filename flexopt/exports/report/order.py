"""What is ordered, line by line, and what is invoiced when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from flexopt.base.money import Currency
from flexopt.exports.report.parts import Part, ReportTable, named, sentence
from flexopt.exports.words import Words
from flexopt.store.plan import PlanDocument
from flexopt.store.rows import OrderRow, PaymentRow

COUNTS = ("have", "renew", "reduce", "keep", "new", "addition")
SHORT = {"keep": "kept", "addition": "add"}
"""Counts whose names are other words elsewhere."""
OFTEN = ("have", "renew", "reduce", "new")
"""Counts with a column even if there are none."""


def order_sheet(document: PlanDocument, words: Words) -> Iterator[Part]:
    """What becomes of the seats held, and what is bought; the amounts add up to the commitment."""
    lines = document.order
    if not lines:
        yield sentence(words("no_order"))
        return
    counts = [name for name in COUNTS if name in OFTEN or any(getattr(line, name) for line in lines)]
    ids = any(line.subscription_id for line in lines)
    rows = [_line(line, counts, words, ids=ids) for line in lines]
    # seats that are bought month after month would be counted again and again
    sums = [words.number(n) if name in OFTEN[:3] and (n := _sum(lines, name)) else "" for name in counts]
    total = words.money(document.summary.commitment)
    rows.append((words("sum_order"), "", *sums, "", "", total, *([""] if ids else [])))
    heads = [SHORT.get(name, name) for name in counts]
    keys = ["on", "what", *heads, "until", "each", "amount", *(["subscription"] if ids else [])]
    numbers = (*range(2, 2 + len(counts)), 3 + len(counts), 4 + len(counts))
    yield ReportTable("order", tuple(map(words, keys)), tuple(rows), numbers, (len(rows) - 1,))


def payment_calendar(document: PlanDocument, words: Words) -> Iterator[Part]:
    """What is invoiced by month and fiscal year, and what of it is later than the horizon."""
    zero = Currency(document.currency).zero
    months: dict[tuple[str, str], list[PaymentRow]] = defaultdict(list)
    for row in document.payments:
        months[row.fiscal_year, row.month].append(row)
    years = dict.fromkeys(year for year, _ in months)
    rows: list[tuple[str, ...]] = []
    sums = []
    for year in years:
        here = [(month, of) for (y, month), of in months.items() if y == year]
        rows += [(month, *_amounts(of, words, zero)) for month, of in here]
        sums.append(len(rows))
        whole = _amounts([row for _, of in here for row in of], words, zero)
        rows.append((words("fiscal_year", year=year), *whole))
    if len(years) > 1:
        sums.append(len(rows))
        rows.append((words("sum_payments"), *_amounts(document.payments, words, zero)))
    if rows:
        keys = tuple(map(words, ("month_", "seats_cost", "tokens_cost", "total")))
        yield ReportTable("payments", keys, tuple(rows), (1, 2, 3), tuple(sums))
    yield sentence(committed(document, words))
    parts = {row.offer: row.instalments for row in document.payments if row.instalments > 1}
    if parts:
        names = sorted(parts, key=lambda offer: (not offer, offer))
        said = (f"{named(offer) or words('flex_tokens')} ({parts[offer]})" for offer in names)
        yield sentence(words("in_instalments", offers=", ".join(said)))


def committed(document: PlanDocument, words: Words) -> str:
    """What is committed in all, what of it is invoiced after the horizon, and what pays for days after it."""
    s = document.summary
    text = words("committed", amount=words.money(s.commitment), currency=document.currency)
    if s.paid_later:
        inside, later = words.money(s.paid_in_horizon), words.money(s.paid_later)
        text += words("committed_later", inside=inside, later=later)
    elif s.commitment:
        text += words("committed_inside")
    if beyond := s.commitment - document.total:
        text += words("committed_beyond", amount=words.money(beyond))
    return text


def invoiced(document: PlanDocument, words: Words) -> str:
    """What is committed, and in which fiscal years it is invoiced."""
    years: dict[str, Decimal] = defaultdict(Decimal)
    for row in document.payments:
        years[row.fiscal_year] += row.amount
    said = [words("invoiced", year=year, amount=words.money(amount)) for year, amount in years.items()]
    return "; ".join([committed(document, words), *said])


def _line(line: OrderRow, counts: Sequence[str], words: Words, *, ids: bool) -> tuple[str, ...]:
    what = named(line.offer) or words.count(line.tokens, "flex_token")
    return (
        words.date(line.date),
        what,
        *(words.number(n) if (n := getattr(line, name)) else "" for name in counts),
        words.date(line.ends) if line.ends else "",
        words.number(line.unit_price) if line.unit_price is not None else "",
        words.money(line.amount) if line.unit_price is not None else "",
        *([named(line.subscription_id)] if ids else []),
    )


def _amounts(rows: Sequence[PaymentRow], words: Words, zero: Decimal) -> tuple[str, str, str]:
    """Seats, packs and both."""
    tokens = sum((row.amount for row in rows if row.kind == "tokens"), zero)
    total = sum((row.amount for row in rows), zero)
    return words.money(total - tokens), words.money(tokens), words.money(total)


def _sum(lines: Sequence[OrderRow], name: str) -> int:
    return sum(getattr(line, name) for line in lines)
