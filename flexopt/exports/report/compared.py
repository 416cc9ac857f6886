"""Quotes side by side: the parts of a report on a comparison, and the report of comparison.json alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from flexopt.exports.report.parts import Part, Report, ReportTable, Section, named, sentence
from flexopt.exports.shown import shown_comparison
from flexopt.exports.words import ENGLISH, Words
from flexopt.store.study_parts import ComparisonPart, Quote
from flexopt.store.tables import DRIVERS

Line = tuple[str, ...]


def comparison_report(compared: ComparisonPart, words: Words = ENGLISH) -> Report:
    """The report of comparison.json: the quotes in columns, and the cheapest last."""
    parts = tuple(comparison(shown_comparison(compared), words))
    return Report(words("compared"), sections=(Section("comparison", "", parts),))


def comparison(compared: ComparisonPart, words: Words) -> Iterator[Part]:
    """From plan.json's `comparison`, or comparison.json: quotes in columns, the baseline first."""
    scenarios, currency = compared.scenarios, compared.currency
    first = scenarios[0]
    names = tuple(named(s.id) for s in scenarios)

    def table(name: str, head: str, lines: Sequence[Line], sums: Sequence[int] = ()) -> ReportTable:
        return ReportTable(name, (head, *names), tuple(lines), tuple(range(1, len(names) + 1)), tuple(sums))

    def money(key: str, label: str = "") -> Line:
        return words(label or key), *(words.money(getattr(s, key)) for s in scenarios)

    def counts(key: str) -> Line:
        return words(key), *(words.number(getattr(s, key)) for s in scenarios)

    if any(s.name for s in scenarios):
        rows = [(name, named(s.name)) for name, s in zip(names, scenarios, strict=True)]
        rows[0] = (names[0], words("the_baseline", name=rows[0][1]).strip())
        yield ReportTable("quotes", (words("quote"), words("name")), tuple(rows))
    cost = [money("seats", "seats"), money("tokens", "tokens_cost"), money("total")]
    differences = (words.signed(s.difference) for s in scenarios[1:])
    cost.append((words("against", first=names[0]), "-", *differences))
    cost.append(("", "-", *(_share(s, first, words) for s in scenarios[1:])))
    yield table("comparison", words("cost_in", currency=currency), [*cost, money("commitment")], (2,))
    bought = [counts(key) for key in ("annual_seats", "monthly_seats", "seat_months", "seats_owned")]
    bought += [counts("tokens_bought"), money("effective_token_price")]
    bought.append((words("users_changed"), "-", *(words.number(s.users_changed) for s in scenarios[1:])))
    yield table("bought", words("what_is_bought"), bought)
    yield table("holds", words("forecast_holds"), [*_tokens(money, ("used", "expired", "left"))])
    if any(s.tokens_buffer for s in scenarios):
        full = [*_tokens(money, ("buffer",)), *_tokens(money, ("expired", "left"), "_with_buffer")]
        yield table("full", words("buffer_full"), full)
        yield sentence(words("buffer_note"))
    seats = [{row.offer: words.number(row.seats) for row in s.offers} for s in scenarios]
    if offers := dict.fromkeys(row.offer for s in scenarios for row in s.offers):
        yield table(
            "offers", words("offers"), [(named(o), *(of.get(o, "-") for of in seats)) for o in offers]
        )
    packs = [{row.date: row for row in s.purchases} for s in scenarios]
    lines: list[Line] = []
    for day in sorted({day for of in packs for day in of}):
        lines.append((words.date(day), *(words.number(of[day].tokens) if day in of else "-" for of in packs)))
        price = (words.number(of[day].unit_price) if day in of else "-" for of in packs)
        lines.append((words("price_each"), *price))
    if lines:
        yield table("packs", words("packs_on"), lines)
    cells = (map(words.money, row) for row in compared.regret)
    yield table("regret", words("regret"), [(n, *row) for n, row in zip(names, cells, strict=True)])
    yield sentence(words("regret_note"))
    yield from (sentence(note) for note in _notes(compared, words))
    if compared.drivers:
        keys = (*DRIVERS, "difference")
        moved = [(words(k), "-", *(words.signed(getattr(d, k)) for d in compared.drivers)) for k in keys]
        yield table("drivers", words("drivers"), moved, (len(keys) - 1,))
        yield sentence(words("drivers_note", first=names[0]))
    yield sentence(_proof(scenarios, words))
    yield sentence(cheapest(compared, words))


def cheapest(compared: ComparisonPart, words: Words) -> str:
    """The quote with the lowest total, and what it saves against the first."""
    scenarios, currency = compared.scenarios, compared.currency
    first, best = scenarios[0], next(s for s in scenarios if s.id == compared.cheapest)
    name, total = named(best.id), words.money(best.total)
    if best is not first:
        return words(
            "cheapest",
            name=name,
            total=total,
            currency=currency,
            saving=words.whole(-best.difference),
            first=named(first.id),
            share=words.percent(-best.difference / first.total) if first.total else "-",
            users=words.count(best.users_changed, "user"),
        )
    dearer = [s for s in scenarios[1:] if s.difference]
    if not dearer:
        return words("cheapest_all", name=name, total=total, currency=currency)
    near = min(dearer, key=lambda s: s.difference)
    more = words.whole(near.difference)
    return words("cheapest_first", name=name, total=total, currency=currency, next=named(near.id), more=more)


def quote_changes(compared: ComparisonPart, words: Words) -> ReportTable:
    """Changes of access from the first quote to each other quote."""
    rows = [
        (
            named(c.scenario),
            named(c.user),
            named(c.product),
            named(c.before) or "-",
            named(c.after) or "-",
        )
        for c in compared.changes
    ]
    keys = ("quote", "who", "product", "before", "after")
    return ReportTable("quote_changes", tuple(map(words, keys)), tuple(rows))


def _tokens(money: Callable[[str, str], Line], kinds: Sequence[str], case: str = "") -> Iterator[Line]:
    """The tokens of each kind, and what they cost."""
    for kind in kinds:
        yield money(f"tokens_{kind}{case}", "tokens_used" if kind == "used" else f"use_{kind}")
        yield money(f"{kind}_cost{case}", "their_cost")


def _share(scenario: Quote, first: Quote, words: Words) -> str:
    if not first.total or not scenario.difference:
        return "-"
    return words.percent(scenario.difference / first.total, sign=True)


def _notes(compared: ComparisonPart, words: Words) -> Iterator[str]:
    ids = [s.id for s in compared.scenarios]
    for n in compared.notes:
        possible = compared.regret[ids.index(n.plan)][ids.index(n.quote)] is not None
        key = "note_on" if possible else "note_impossible"
        yield words(key, plan=named(n.plan), quote=named(n.quote), note=named(n.note, 400))


def _proof(scenarios: Sequence[Quote], words: Words) -> str:
    gap = max(s.gap for s in scenarios)
    if open_ := [named(s.id) for s in scenarios if s.status != "optimal"]:
        return words("quotes_open", names=", ".join(open_), gap=words.small(gap))
    return words("quotes_within", gap=words.small(gap)) if gap else words("quotes_exactly")
