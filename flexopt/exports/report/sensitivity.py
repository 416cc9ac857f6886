"""What drives the total, where the answer changes, and what to negotiate first."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from flexopt.exports.report.parts import Part, Report, ReportTable, Section, named, sentence
from flexopt.exports.words import ENGLISH, Words
from flexopt.store.study_parts import LeverEnd, SensitivityPart


def sensitivity_report(found: SensitivityPart, name: str, currency: str, words: Words = ENGLISH) -> Report:
    """The report of a sensitivity study alone."""
    first = next((row for row in found.negotiation if row.saving > 0), None)
    return Report(
        words("sensitivity"),
        name=named(name),
        cover=words("total_studied", total=words.priced(found.total, currency)),
        headline=sentence(
            words("negotiate_first", what=named(first.label), worth=words.priced(first.saving, currency))
        )
        if first
        else "",
        sections=(Section("sensitivity", "", tuple(p for p in sensitivity(found, words) if _is_there(p))),),
    )


def sensitivity(found: SensitivityPart, words: Words) -> Iterator[Part]:
    """From plan.json's `sensitivity`: the levers widest first, totals by two of them, prices where the answer
    changes, and the value of one more percent off.
    """
    rows, bought, bars, still = [], [], [], []
    for lever in found.levers:
        ends = (lever.low, lever.high)
        changes = [None if end.total is None else end.total - found.total for end in ends]
        if not any(more != 0 for more in changes):
            still.append(named(lever.label))
            continue
        cells = [named(lever.label)]
        for end, more in zip(ends, changes, strict=True):
            cells += [_value(found, end.value, words), _change(more, words)]
        rows.append(tuple(cells))
        bought.append((named(lever.label), *(cell for end in ends for cell in _bought(end, words))))
        reach = [more for more in changes if more is not None]
        bars.append((min([*reach, Decimal(0)]), max([*reach, Decimal(0)])))
    heads = tuple(map(words, ("lever", "down_to", "total", "up_to", "total")))
    yield ReportTable("levers", heads, tuple(rows), (1, 2, 3, 4), bars=tuple(bars))
    heads = tuple(map(words, ("bought_down", *("total", "seats", "tokens") * 2)))
    yield ReportTable("levers_bought", heads, tuple(bought), (1, 2, 3, 4, 5, 6))
    if any(end.monthly_seats for lever in found.levers for end in (lever.low, lever.high)):
        yield sentence(words("both_kinds"))
    if still:
        yield sentence(words("no_effect", levers=", ".join(still)))
    labels = {lever.lever: named(lever.label) for lever in found.levers}
    for number, grid in enumerate(found.grids, 1):
        x, y = (labels.get(axis, named(axis)) for axis in (grid.x, grid.y))
        body = []
        for value, totals in zip(grid.y_values, grid.totals, strict=True):
            changes = [None if total is None else total - found.total for total in totals]
            body.append((_value(found, value, words), *(_change(more, words) for more in changes)))
        across = tuple(_value(found, value, words) for value in grid.x_values)
        numbers = tuple(range(len(across) + 1))
        title = words("grid", x=x, y=y)
        yield ReportTable(f"grid_{number}", ("", *across), tuple(body), numbers, title=title)
    flips, notes = [], []
    for flip in found.indifference:
        asked = named(flip.question).removeprefix(words("question_start"))
        change, _, rest = named(flip.note, 400).partition("; ")
        if flip.below is None or flip.above is None:
            notes.append(words("no_flip", question=asked, note=named(flip.note, 400)))
            continue
        answers = (named(side.answer) for side in (flip.below, flip.above))
        price = _value(found, flip.below.value, words)
        flips.append(
            (asked.replace(words("this_quote"), words("it")), price, *answers, change.split(" from")[0])
        )
        if rest:
            notes.append(words("no_flip", question=asked, note=rest))
    heads = tuple(map(words, ("question", "below", "there", "above", "flip_change")))
    yield ReportTable("indifference", heads, tuple(flips), (1, 4))
    yield from map(sentence, notes)
    worth = [row for row in found.negotiation if row.saving]
    lines = [(named(row.label), words.money(row.saving)) for row in worth]
    yield ReportTable("negotiation", (words("negotiate"), words("worth")), tuple(lines), (1,))
    if none := len(found.negotiation) - len(worth):
        yield sentence(words("worth_nothing", lines=words.count(none, "other_line")))
    points = words.number((found.step * 100).normalize())
    yield sentence(words("how_studied", step=words.exact(found.step), points=points))


def _is_there(part: Part) -> bool:
    return isinstance(part, str) or bool(part.rows)


def _change(more: Decimal | None, words: Words) -> str:
    """In whole units of money, with its sign even where it is less than one."""
    if more is None:
        return words("no_plan")
    sign = "+" if more > 0 else "-" if more < 0 else ""
    return sign + words.whole(abs(more))


def _value(found: SensitivityPart, value: Decimal, words: Words) -> str:
    """`2310.00` -> `2,310.00`, `2.7000` -> `2.70`: no zeros at its end beyond the digits of an amount."""
    least, places = (-int(number.as_tuple().exponent) for number in (found.total, value))
    while places > least and (shorter := round(value, places - 1)) == value:
        value, places = shorter, places - 1
    return words.number(value)


def _bought(end: LeverEnd, words: Words) -> Iterator[str]:
    annual, monthly = end.annual_seats, end.monthly_seats
    yield words.money(end.total)
    seats = "-" if annual is None else words.number(annual)
    yield f"{seats} + {words.number(monthly)}" if monthly else seats
    yield "-" if end.tokens_bought is None else words.number(end.tokens_bought)
