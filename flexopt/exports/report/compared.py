"""Quotes side by side, and what drives the total: the parts of a report that not every plan has."""

from __future__ import annotations

from collections.abc import Iterator

from flexopt.exports.report.parts import Part, ReportTable, named, sentence
from flexopt.exports.words import Words
from flexopt.store.study_parts import ComparisonPart, FlipSide, SensitivityPart
from flexopt.store.tables import DRIVERS, TOKEN_FIGURES

MONEY = ("total", "difference", "seats_cost", "tokens_cost", "commitment")
SEATS = ("annual_seats", "monthly_seats", "seat_months", "seats_owned")
NUMBERS = (*SEATS, "tokens_bought", *TOKEN_FIGURES, "users_changed")


def comparison(compared: ComparisonPart, words: Words) -> Iterator[Part]:
    """From plan.json's `comparison`, or comparison.json: the cheapest, the columns, drivers and regret."""
    currency, scenarios = compared.currency, compared.scenarios
    names = {s.id: named(s.id) for s in scenarios}
    first, best = scenarios[0], next(s for s in scenarios if s.id == compared.cheapest)
    yield sentence(
        words(
            "cheapest_first" if best is first else "cheapest",
            name=names[best.id],
            total=words.money(best.total),
            currency=currency,
            difference=words.money(best.difference),
            first=names[first.id],
        )
    )
    if whole := "; ".join(f"{names[s.id]}: {named(s.name)}" for s in scenarios if s.name):
        yield sentence(whole)
    heads = tuple(names.values())
    numbers = tuple(range(1, len(heads) + 1))
    keys = {"seats_cost": "seats", "tokens_cost": "tokens"}
    rows = [(words("status"), *(words(s.status) for s in scenarios))]
    rows += [(words(key), *(words.money(getattr(s, keys.get(key, key))) for s in scenarios)) for key in MONEY]
    rows += [(words(key), *(words.number(getattr(s, key)) for s in scenarios)) for key in NUMBERS]
    price = "effective_token_price"
    rows.insert(-1, (words(price), *(words.money(getattr(s, price)) for s in scenarios)))
    yield ReportTable("comparison", (currency, *heads), tuple(rows), numbers, (1,))
    offers = dict.fromkeys(o.offer for s in scenarios for o in s.offers)
    seats = [{o.offer: o.seats for o in s.offers} for s in scenarios]
    rows = [(named(o), *(words.number(of.get(o, 0)) for of in seats)) for o in offers]
    yield ReportTable("offers", (words("offers"), *heads), tuple(rows), numbers)
    if compared.drivers:
        drivers = compared.drivers
        columns = (currency, *(names[d.scenario] for d in drivers))
        title = words("drivers", first=names[first.id])
        rows = [
            (words(key), *(words.money(getattr(d, key)) for d in drivers)) for key in (*DRIVERS, "difference")
        ]
        yield ReportTable("drivers", columns, tuple(rows), numbers[: len(drivers)], (len(rows) - 1,), title)
    rows = [
        (name, *(words.money(cell) for cell in row)) for name, row in zip(heads, compared.regret, strict=True)
    ]
    yield ReportTable("regret", (words("assigned_as"), *heads), tuple(rows), numbers, title=words("regret"))
    for note in compared.notes:
        yield sentence(f"{names[note.plan]} / {names[note.quote]}: {named(note.note, 400)}")


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
    keys = ("scenario", "who", "product", "before", "after")
    return ReportTable("quote_changes", tuple(map(words, keys)), tuple(rows))


def sensitivity(found: SensitivityPart, words: Words) -> Iterator[Part]:
    """From plan.json's `sensitivity`: what to negotiate, what drives the total, where the answer changes."""
    rows = [(named(n.label), words.money(n.saving)) for n in found.negotiation]
    yield ReportTable("negotiation", (words("negotiation"), words("saving")), tuple(rows), (1,))
    step = words.exact(found.step)
    rows_ = [
        (
            named(v.label),
            words.number(v.value),
            words.money(v.low.total),
            words.money(v.high.total),
        )
        for v in found.levers
    ]
    columns = (words("lever"), words("value"), words("lower", step=step), words("higher", step=step))
    yield ReportTable("levers", columns, tuple(rows_), (1, 2, 3))
    asked = [
        (
            named(i.question),
            *(_side(side, words) for side in (i.below, i.above)),
            named(i.note),
        )
        for i in found.indifference
    ]
    columns = (words("indifference"), words("below"), words("above"), words("note"))
    yield ReportTable("indifference", columns, tuple(asked))
    labels = {v.lever: named(v.label) for v in found.levers}
    for number, grid in enumerate(found.grids, 1):
        x, y = (labels.get(axis, named(axis)) for axis in (grid.x, grid.y))
        across = tuple(map(words.number, grid.x_values))
        body = [
            (words.number(value), *map(words.money, row))
            for value, row in zip(grid.y_values, grid.totals, strict=True)
        ]
        title = words("grid", x=x, y=y)
        yield ReportTable(
            f"grid_{number}", ("", *across), tuple(body), tuple(range(len(across) + 1)), title=title
        )


def _side(side: FlipSide | None, words: Words) -> str:
    return "-" if side is None else f"{words.number(side.value)}: {named(side.answer)}"
