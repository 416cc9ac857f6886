"""What a plan costs, line by line, and compared with the alternatives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from flexopt.base.text import plain
from flexopt.exports.report.parts import Part, ReportTable, named
from flexopt.exports.words import Words
from flexopt.store.plan import PlanDocument, Summary, UsageCoverage
from flexopt.store.rows import SeatRow
from flexopt.store.tables import BASELINES


def headline(document: PlanDocument, words: Words) -> str:
    """The saving against the first known baseline, who moves, what stays unused; first, who is left out.

    With a comparison, the difference to its first quote leads.
    """
    currency, span = document.currency, _span(document, words)
    sentence = words("headline_costs", amount=words.money(document.total), currency=currency, span=span)
    if found := _first(document):
        name, saving, before = found
        sentence = words(
            "headline_saves" if saving > 0 else "headline_more" if saving else "headline_same",
            amount=words.whole(abs(saving)),
            currency=currency,
            span=span,
            baseline=words(name),
            share=words.percent(abs(saving) / before),
        )
    if compared := document.comparison:
        first = compared.scenarios[0]
        if (more := document.total - first.total) and first.total:
            difference = words(
                "more_than_first" if more > 0 else "less_than_first",
                amount=words.whole(abs(more)),
                currency=currency,
                share=words.percent(abs(more) / first.total),
                first=named(first.id),
            )
            sentence = f"{difference}; {sentence}"
    s = document.summary
    if seats := _seats_bought(s, words):
        sentence += words("headline_seats", seats=seats)
    moves = [(n, key) for n, key in ((s.users_to_flex, "flex"), (s.users_to_seats, "seats")) if n]
    for number, (n, key) in enumerate(moves):
        users = words.count(n, "user_moves")
        sentence += words(f"{'more' if number else 'first_move'}_{key}", n=words.number(n), users=users)
    if unused := s.expired_cost + s.left_cost:
        sentence += words("headline_unused", cost=words.whole(unused), currency=currency)
    missing = not_planned(document.coverage, document.scenario.horizon.months, words)
    return words("headline_after", missing=missing, sentence=sentence) if missing else sentence


def not_planned(coverage: UsageCoverage, months: int, words: Words) -> str:
    """Whose days are not in a plan of so many months, and their share; '' if there are none."""
    c = coverage
    if not c.days_not_planned:
        return ""
    # the plan's days are those of the horizon, the others of a year
    years = Decimal(max(months, 12)) / 12
    every = c.days_planned / years + c.days_left_out
    theirs, others = c.days_of_users_not_planned, c.days_not_planned - c.days_of_users_not_planned
    shares = [_share(days / every, words) for days in (theirs, others)]
    if not theirs:
        return words("not_planned_days", share=shares[1])
    text = words(
        "not_planned_user" if c.users_not_planned == 1 else "not_planned_users",
        n=words.number(c.users_not_planned),
        users=words.count(c.users_in_usage, "user"),
        share=shares[0],
    )
    return text + (words("not_planned_more", share=shares[1]) if others else "")


def _share(share: Decimal, words: Words) -> str:
    """A share in whole percent."""
    if share < Decimal("0.01"):
        return words("less_than", share=words.percent(Decimal("0.01"), 0))
    return words.percent(share, 0)


def figures(document: PlanDocument, words: Words) -> tuple[tuple[str, str], ...]:
    """The few numbers under the headline."""
    s, currency = document.summary, document.currency
    found = [(words("figure_total"), words.priced(document.total, currency))]
    if first := _first(document):
        name, saving, _ = first
        label = words("figure_saved" if saving >= 0 else "figure_more", baseline=words(name))
        found.append((label, words.priced(abs(saving), currency)))
    found += [
        (words("annual_seats"), words.number(s.annual_seats)),
        *([(words("monthly_seats"), words.number(s.monthly_seats))] if s.monthly_seats else []),
        (words("figure_tokens"), words.number(s.tokens_bought)),
    ]
    if s.effective_token_price is not None:
        found.append((words("figure_token_price"), words.priced(s.effective_token_price, currency)))
    return tuple(found)


def costs(document: PlanDocument, words: Words) -> ReportTable:
    """Cost lines of seats and packs, which add up to the total."""
    s = document.summary
    seats = _seats_bought(s, words) or words("no_seats")
    seats += words("cost_owned", n=words.number(s.seats_owned)) if s.seats_owned else ""
    tokens = words.count(s.tokens_bought, "token")
    months = words.count(document.scenario.horizon.months, "month")
    rows = [
        (seats, words.money(s.seats)),
        (words("cost_tokens", tokens=tokens), words.money(s.tokens)),
        (words("cost_total", months=months), words.money(document.total)),
    ]
    if s.commitment > document.total:
        rows.append((words("cost_commitment"), words.money(s.commitment)))
    return ReportTable("cost", (words("cost_"), document.currency), tuple(rows), (1,), (2,))


def seats(document: PlanDocument, words: Words) -> Iterator[Part]:
    """Seats by contract; three or more contracts of one kind (monthly seats) are one line."""
    kinds = [list(rows) for _, rows in groupby(document.seats, _kind)]
    groups = [g for rows in kinds for g in ([rows] if len(_contracts(rows)) > 2 else [[row] for row in rows])]
    named_ids = any(row.subscription_id for row in document.seats)
    lines = []
    for rows in groups:
        numbers = _contracts(rows).values()
        few, most = words.number(min(numbers)), words.number(max(numbers))
        offer, what, price = _kind(rows[0])
        lines.append(
            (
                named(offer) + (f" x{len(numbers)}" if len(numbers) > 2 else ""),
                words.date(rows[0].contract_start),
                words.date(rows[-1].contract_end),
                few if few == most else words("to", few=few, most=most),
                words(what),
                words.money(price),
                words.money(sum((row.cost for row in rows), Decimal(0))),
                *([named(rows[0].subscription_id) if len(rows) == 1 else ""] if named_ids else []),
            )
        )
    if not lines:
        yield words("no_seats")
        return
    total = words.money(document.summary.seats)
    lines.append((words("sum_seats"), "", "", "", "", "", total, *([""] if named_ids else [])))
    keys = ["seats", "from", "until", "number", "kind", "each", "cost_", *["subscription"] * named_ids]
    yield ReportTable("seats", tuple(map(words, keys)), tuple(lines), (3, 5, 6), (len(lines) - 1,))
    if len(groups) < len(document.seats):
        yield words("grouped")
    if full := sum(row.in_full for row in document.seats):
        yield words("in_full", seats=words.count(full, "seat"))


def token_use(document: PlanDocument, words: Words) -> str:
    """How many tokens the forecast uses, and the resulting price per token."""
    s = document.summary
    used, price = words.number(s.tokens_used), s.effective_token_price
    if not document.purchases:
        return words("no_packs") + (words("uses_owned", used=used) if s.tokens_used else "")
    per = ""
    if price is not None:
        per = words("uses_price", price=words.number(price), currency=document.currency)
    return words("uses", used=used) + per


def unused(document: PlanDocument, words: Words) -> list[str]:
    """What expires and what is left if the forecast holds; with a buffer, also if it is used in full."""
    s, names = document.summary, ("tokens_expired", "tokens_left", "expired_cost", "left_cost")
    said = []
    for key, case in _cases(s):
        expired, left, *costs = (getattr(s, f"{name}{case}") for name in names)
        said.append(
            words(
                key,
                unused=_tokens(expired + left, words),
                cost=words.money(sum(costs, Decimal(0))),
                currency=document.currency,
                expired=_tokens(expired, words),
                left=_tokens(left, words),
                buffer=_tokens(s.tokens_buffer, words),
                buffer_cost=words.money(s.buffer_cost),
            )
        )
    return said


def tokens(document: PlanDocument, words: Words) -> ReportTable | None:
    """The same as a table that adds up to the tokens held and bought and their cost; None without tokens."""
    s, currency, cases = document.summary, document.currency, _cases(document.summary)
    if not cases:
        return None
    kinds = ["used", *["buffer"] * (len(cases) - 1), "expired", "left"]
    sums = [Decimal(0)] * 2 * len(cases)
    rows: list[tuple[str, ...]] = []
    for kind in kinds:
        amounts: list[Decimal] = []
        for _, case in cases:
            of = case if kind in ("expired", "left") else ""
            share = 1 if case or kind != "buffer" else 0  # the buffer is no use if the forecast holds
            amounts += (getattr(s, name) * share for name in (f"tokens_{kind}{of}", f"{kind}_cost{of}"))
        sums = [a + b for a, b in zip(sums, amounts, strict=True)]
        rows.append((words(f"use_{kind}"), *_line(amounts, words)))
    rows.append((words("sum_tokens"), *_line(sums, words)))
    heads = [head for key, _ in cases for head in (words(f"if_{key}"), currency)]
    columns = (words("token_use"), *heads)
    return ReportTable("tokens", columns, tuple(rows), tuple(range(1, len(columns))), (len(rows) - 1,))


def _line(amounts: Sequence[Decimal], words: Words) -> Iterator[str]:
    for tokens, cost in zip(amounts[::2], amounts[1::2], strict=True):
        yield from (_tokens(tokens, words), words.money(cost))


def _tokens(number: Decimal, words: Words) -> str:
    """A number without zeros at its end."""
    return words.number(Decimal(plain(number)))


def _cases(summary: Summary) -> list[tuple[str, str]]:
    """The cases that a plan tells apart, and the ends of their figures' names; none without tokens."""
    if not (summary.tokens_used or summary.tokens_expired or summary.tokens_left):
        return []
    return [("holds", ""), *([("full", "_with_buffer")] if summary.tokens_buffer else [])]


def baselines(document: PlanDocument, words: Words) -> tuple[ReportTable, list[str]]:
    """The plan compared with the baselines, and notes on them."""
    rows, notes = [], []
    for name in BASELINES:
        if (baseline := document.baselines.get(name)) is None:
            continue
        saving, total = baseline.saving, baseline.total
        share = words.percent(saving / total) if saving is not None and total else "-"
        rows.append((words(name), words.money(total), words.money(saving), share))
        if baseline.note:
            notes.append(f"{words(name)}: {named(baseline.note, 400)}")
    columns = tuple(map(words, ("compared_with", "costs", "saved", "saved")))
    return ReportTable("baselines", columns, tuple(rows), (1, 2, 3)), notes


def _seats_bought(summary: Summary, words: Words) -> str:
    """Annual seats and the most monthly ones at once; empty if none are bought."""
    annual, monthly = summary.annual_seats, summary.monthly_seats
    parts = [words.count(annual, "annual_seat")] if annual else []
    if monthly:
        parts.append(words("at_once", seats=words.count(monthly, "monthly_seat")))
    return words("and").join(parts)


def _first(document: PlanDocument) -> tuple[str, Decimal, Decimal] | None:
    """The first baseline of known, non-zero cost: its name, the saving, its cost."""
    for name in BASELINES:
        baseline = document.baselines.get(name)
        if baseline and baseline.saving is not None and baseline.total:
            return name, baseline.saving, baseline.total
    return None


def _span(document: PlanDocument, words: Words) -> str:
    months = document.scenario.horizon.months
    return words("a_year") if months == 12 else words("in_months", months=words.count(months, "month"))


def _contracts(rows: Iterable[SeatRow]) -> Counter[tuple[date, date]]:
    """The number of seats of each contract; a contract has a row for every subscription."""
    seats: Counter[tuple[date, date]] = Counter()
    for row in rows:
        count = row.owned + row.renewed + row.new + row.added
        seats[row.contract_start, row.contract_end] += count
    return seats


def _kind(row: SeatRow) -> tuple[str, str, Decimal]:
    what = "owned" if row.owned else "renewal" if row.renewed else "addition" if row.added else "new"
    return row.offer, what, row.unit_price
