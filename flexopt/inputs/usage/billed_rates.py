"""What token rows billed for a day, compared with the rates of the scenario: price books age.

The scan keeps the least and the most tokens of a row for every cell. Where these are one rate, the cells tell
all; only files in which a product has several are read again, for the tokens of every user, product and day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import duckdb

from flexopt.base.dates import add_months
from flexopt.base.findings import Findings
from flexopt.inputs.rules.prices import rate_on
from flexopt.inputs.scenario.scenario import Product, Scenario
from flexopt.inputs.usage import dates
from flexopt.inputs.usage.scan import ANY_DAY, DAYS_IN, SLAB
from flexopt.inputs.usage.usage_table import OK, UsageTable, rows_of, seat_of, status_of, title_of, who_of

ZERO = Decimal(0)

FEW = 3
"""Fewer days show no rate."""

Billed = dict[date, Counter[Decimal]]
"""For each day, how many users were billed how many tokens."""


@dataclass(frozen=True, slots=True)
class _Span:
    """A rate that was billed from a day on."""

    first: date
    tokens: Decimal


@dataclass(frozen=True, slots=True)
class _Billing:
    """What the rows billed for a product, and what the scenario says of the same days."""

    spans: tuple[_Span, ...]
    """The rates that the scenario lacks."""
    wrong: date
    """The first day that the scenario does not know the rate of."""
    days: int
    """Days of users in the last 12 months."""
    paid: Decimal
    said: Decimal


def report_billed_rates(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[int, UsageTable],
    scenario: Scenario,
    findings: Findings,
) -> None:
    """U149: token rows bill another rate than the scenario's."""
    products = {p.id: p for p in scenario.products}
    again: dict[str, set[int]] = {}
    rows = con.execute(
        "select t.id, list(distinct c.file order by c.file), min(c.lo), max(c.hi) from cell c "
        f"join title t using (product) where c.status = {OK} and c.lo is not null group by t.id order by t.id"
    ).fetchall()
    for id_, files, low, high in rows:
        if id_ not in products:
            continue
        one = _tokens(low)
        if low == high and (seen := _steady(con, products[id_])):
            first, users, rate = seen
            if rate and rate != one and rate % one == 0:
                again[id_] = set(files)  # several rows a day may add up to the rate
            elif rate != one:
                billed = _Billing((_Span(first, one),), first, users, one * users, (rate or ZERO) * users)
                _report(products[id_], billed, tables[files[0]].file, findings)
        else:
            again[id_] = set(files)
    if not again:
        return
    _read(con, [tables[number] for number in sorted(set().union(*again.values()))])
    for id_, days in _billed(con).items():
        if id_ in again and (found := _billing(products[id_], days)) is not None:
            _report(products[id_], found, tables[min(again[id_])].file, findings)


def _steady(con: duckdb.DuckDBPyConnection, product: Product) -> tuple[date, int, Decimal | None] | None:
    """First day with tokens, days of users, and the scenario's rate; None if that changes on the way."""
    query = f"select slab, sum({DAYS_IN}), {ANY_DAY} from (select p.user, c.slab, {ANY_DAY} from cell c "
    rows = con.execute(
        query + "join person p using (name, email, hash, id) join title t using (product) where t.id = ? "
        f"and c.status = {OK} and c.lo is not null and c.slab is not null and p.user <> '' "
        "group by p.user, c.slab) group by slab order by slab",
        [product.id],
    ).fetchall()
    places = [
        slab * SLAB + 64 * place + bit
        for slab, _, *masks in rows
        for place, mask in enumerate(masks)
        for bit in range(64)
        if mask >> bit & 1
    ]
    if not places:
        return None
    begin = date.fromisoformat(dates.EARLIEST)
    first, last = (begin + timedelta(days=place) for place in (places[0], places[-1]))
    if any(first < r.from_ <= last for r in product.rates if product.flex):
        return None
    return first, sum(int(n) for _, n, *_ in rows), rate_on(product, first)


def _read(con: duckdb.DuckDBPyConnection, tables: list[UsageTable]) -> None:
    """Fill the table `billed`: tokens of every person, product and day of a file."""
    con.execute(
        "create or replace temp table billed (file integer, name varchar, email varchar, hash varchar, "
        "id varchar, product varchar, day date, tokens double)"
    )
    for table in tables:
        title, feature = title_of(table), f"trim(coalesce({table.sql('feature')}, ''))"
        con.execute(
            f"insert into billed select {table.number}, {who_of(table)}, coalesce({title}, ''), "
            f"coalesce(d, cast(make_timestamp(s) as date)), sum(t) from {rows_of(table)} "
            f"where {status_of(table)} = {OK} and t > 0 and not {seat_of(table)} "
            f"and ({feature} = '' or lower({feature}) = lower(trim({title}))) group by all"
        )


def _billed(con: duckdb.DuckDBPyConnection) -> dict[str, Billed]:
    rows = con.execute(
        "select id, day, tokens, count(*) from (select id, user, day, max(tokens) as tokens from ("
        "select b.file, t.id, p.user, b.day, sum(b.tokens) as tokens from billed b "
        "join person p using (name, email, hash, id) join title t using (product) "
        "where p.user <> '' group by all) group by all) group by all order by 1, 2, 3"
    ).fetchall()
    found: dict[str, Billed] = {}
    for id_, day, tokens, number in rows:
        found.setdefault(str(id_), {}).setdefault(day, Counter())[_tokens(tokens)] += int(number)
    return found


def _billing(product: Product, billed: Billed) -> _Billing | None:
    """What was billed; None if it is what the scenario says."""
    spans = _spans(product, billed)
    wrong = [day for day in sorted(billed) if (s := _on(spans, day)) and s.tokens != rate_on(product, day)]
    if not wrong:
        return None
    year = [day for day in billed if day > add_months(max(billed), -12)]
    rows = [(day, tokens, n) for day in year for tokens, n in billed[day].items()]
    return _Billing(
        tuple(s for s in spans if s.tokens != rate_on(product, s.first) or s.first > wrong[0]),
        wrong[0],
        sum(n for _, _, n in rows),
        sum((tokens * n for _, tokens, n in rows), ZERO),
        sum(((rate_on(product, day) or ZERO) * n for day, _, n in rows), ZERO),
    )


def _report(product: Product, billed: _Billing, file: str, findings: Findings) -> None:
    now = rate_on(product, billed.wrong)
    words = ", ".join(f"{_plain(s.tokens)} a day from {s.first}" for s in billed.spans)
    says = _plain(now) if now is not None else "that it is not on Flex"
    kept = [r for r in product.rates if not billed.spans or r.from_ < billed.spans[0].first]
    lines = [f"{{from: {r.from_}, tokens: {_plain(r.tokens)}}}" for r in kept]
    lines += [f"{{from: {s.first}, tokens: {_plain(s.tokens)}, source: billed}}" for s in billed.spans]
    if billed.days < FEW:
        return
    findings.add(
        "U149",
        f"the rows bill {product.id} at {words}, but the scenario says {says}: the {billed.days:,} days of a "
        f"year took {_plain(billed.paid)} tokens as billed, and {_plain(billed.said)} by the scenario",
        file=file,
        column="tokens",
        value=_plain(billed.spans[-1].tokens) if billed.spans else "",
        severity="warning",
        hint=f"check the rate sheet, and set under the product {product.id}: `rates: [{', '.join(lines)}]`",
    )


def _on(spans: list[_Span], day: date) -> _Span | None:
    return next((s for s in reversed(spans) if s.first <= day), None)


def _spans(product: Product, billed: Billed) -> list[_Span]:
    """The rates billed, one after the other: that of most users in each month, and the day of the change."""
    months: dict[date, Counter[Decimal]] = {}
    for day, counts in billed.items():
        months.setdefault(day.replace(day=1), Counter()).update(counts)
    spans: list[_Span] = []
    days, every = sorted(billed), sum(sum(counts.values()) for counts in billed.values())
    for month, counts in sorted(months.items()):
        most = max(counts.values())
        if 2 * most < sum(counts.values()):
            continue  # no rate stands out
        # of two equally frequent ones the known rate: a day of 14 may be two days of 7
        known = {rate_on(product, month), spans[-1].tokens if spans else None}
        tokens = max((t for t, n in counts.items() if n == most), key=lambda t: (t in known, -t))
        if 10 * most < every and any(rate and tokens % rate == 0 for rate in known - {tokens}):
            continue  # a few days added up
        if not spans:
            spans.append(_Span(days[0], tokens))
        elif tokens != spans[-1].tokens:
            spans.append(_Span(_change(billed, spans[-1], tokens, month), tokens))
    return spans


def _change(billed: Billed, before: _Span, tokens: Decimal, month: date) -> date:
    """The day from which the new rate was billed, this month or the month before: fewest users contradict."""
    days = [
        d for d in sorted(billed) if add_months(month, -1) <= d < add_months(month, 1) and d > before.first
    ]
    right = sum(billed[d][tokens] for d in days)
    best, found = right, days[0]
    for place, day in enumerate(days[:-1]):
        right += billed[day][before.tokens] - billed[day][tokens]
        if right > best:
            best, found = right, days[place + 1]
    return found


def _tokens(amount: float) -> Decimal:
    return Decimal(repr(round(amount, 4))).normalize()


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
