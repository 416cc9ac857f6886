"""The key `sensitivity` of a plan as text, CSV, Markdown or data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flexopt.base.text import WIDTH, abridged, count, fill, money, printable, text_table
from flexopt.store.study_parts import Grid, LeverEnd, LeverRow, SensitivityPart
from flexopt.store.table_csv import table_csv

LONGEST = 24
"""Most characters of a lever's name beside the bars."""

COLUMNS: dict[str, type] = {
    "part": str,
    "lever": str,
    "side": str,
    "value": Decimal,
    "with_lever": str,
    "with_value": Decimal,
    "total": Decimal,
    "difference": Decimal,
    "annual_seats": int,
    "monthly_seats": int,
    "tokens_bought": int,
    "answer": str,
}


MONTHLY = "seats: annual ones + the most monthly ones at once"


def sensitivity_text(part: SensitivityPart, name: str, currency: str) -> str:
    """The study for a terminal of 80 columns, widest bar first."""
    total = money(part.total)
    title = f"{printable(name or 'Scenario')}: what drives the total of {total} {currency}"
    parts = [
        title,
        _ask_first(part, currency),
        _tornado(part),
        *(_grid(part, grid) for grid in part.grids),
        _indifference(part),
        _negotiation(part),
        fill(
            "Prices are those paid, after negotiated discounts; the other prices of the same line (renewals, "
            f"later dates, token tiers) move in proportion. Down and up: {_percent(part.step)} of a price "
            f"or a threshold, {_points(part.step)} points of a share. Every total comes from a new solve."
        ),
    ]
    return "\n\n".join(text for text in parts if text)


def sensitivity_json(part: SensitivityPart, name: str, currency: str) -> dict[str, Any]:
    """`flexopt.sensitivity/1`: the key `sensitivity` of plan.json, with the scenario's name and currency."""
    return {
        "schema": "flexopt.sensitivity/1",
        "name": name,
        "currency": currency,
        **part.model_dump(mode="json"),
    }


def sensitivity_csv(part: SensitivityPart) -> Iterator[str]:
    """All tables as one, with a row per solve."""
    yield from table_csv(list(_rows(part)), COLUMNS)


def sensitivity_markdown(part: SensitivityPart, name: str, currency: str) -> str:
    """The study as Markdown tables."""
    moved = [
        [
            b.label,
            _number(part, b.value),
            *(cell for side in (b.low, b.high) for cell in _side(part, side)),
        ]
        for b in part.levers
    ]
    flips = [
        [
            row.question,
            *(
                cell
                for side in (row.below, row.above)
                for cell in (
                    [_number(part, side.value), side.answer, money(side.total)] if side else [""] * 3
                )
            ),
            row.note,
        ]
        for row in part.indifference
    ]
    asks = [[row.label, money(row.saving)] for row in part.negotiation]
    sides = [f"{word} {what}" for word in ("down:", "up:") for what in ("to", "total", "seats", "tokens")]
    answers = ["up to", "answer", "total", "from", "answer", "total"]
    texts = [
        f"# {_cell(name or 'Scenario')}: sensitivity",
        f"The optimal total is {money(part.total)} {currency}. Prices are those paid, after negotiated "
        "discounts.",
        "## What drives the total",
        _markdown(["lever", "now", *sides], moved),
    ]
    for grid in part.grids:
        rows = [
            [_number(part, y), *(money(total) for total in totals)]
            for y, totals in zip(grid.y_values, grid.totals, strict=True)
        ]
        texts.append(
            f"## Total by {_cell(_axis(part, grid.y))} (down) and {_cell(_axis(part, grid.x))} (across)"
        )
        texts.append(_markdown(["", *(_number(part, x) for x in grid.x_values)], rows))
    if flips:
        texts += ["## Indifference prices", _markdown(["question", *answers, "note"], flips)]
    if asks:
        texts += ["## What to negotiate first", _markdown(["negotiate", f"worth, {currency}"], asks)]
    return "\n\n".join(texts) + "\n"


def _ask_first(part: SensitivityPart, currency: str) -> str:
    asks = [row for row in part.negotiation if row.saving > 0]
    if not asks:
        return ""
    return fill(f"negotiate first: {printable(asks[0].label)}, worth {money(asks[0].saving)} {currency}")


def _tornado(part: SensitivityPart) -> str:
    """A bar for each lever that moves the total: cheaper to the left, more expensive to the right."""
    moving = [b for b in part.levers if any(_difference(part, s) != 0 for s in (b.low, b.high))]
    still = [printable(_lever(b)) for b in part.levers if b not in moving]
    quiet = fill(f"no effect: {', '.join(still)}") if still else ""
    if not moving:
        return quiet
    cells = [
        [
            abridged(_lever(b), LONGEST),
            *(
                text
                for s in (b.low, b.high)
                for text in (_number(part, s.value), _whole(_difference(part, s)))
            ),
        ]
        for b in moving
    ]
    header = ["lever", "down to", "total", "up to", "total"]
    widths = [max(len(row[n]) for row in [header, *cells]) for n in range(5)]
    half = max((WIDTH - sum(widths) - 2 * 5 - 1) // 2, 6)
    most = max(abs(d) for b in moving for s in (b.low, b.high) if (d := _difference(part, s)) is not None)
    bars = []
    for b in moving:
        ends = [d for s in (b.low, b.high) if (d := _difference(part, s)) is not None]
        left, right = (
            int((abs(end) * half / most).quantize(Decimal(1), ROUND_HALF_UP))
            for end in (min([*ends, Decimal(0)]), max([*ends, Decimal(0)]))
        )
        bars.append(f"{'#' * left:>{half}}|{'#' * right:<{half}}")
    lines = []
    for row, bar in zip([header, *cells], [" " * half + "|" + " " * half, *bars], strict=True):
        name, *rest = (
            f"{cell:>{w}}" if n else f"{cell:<{w}}"
            for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([name, *rest[:2], bar, rest[3], rest[2]]).rstrip())
    mix = [
        [
            abridged(_lever(b), LONGEST),
            *(text for s in (b.low, b.high) for text in _side(part, s)[1:]),
        ]
        for b in moving
    ]
    header = ["bought at these values", *["total", "seats", "tokens"] * 2]
    monthly = any(end.monthly_seats for b in moving for end in (b.low, b.high))
    table = text_table(header, mix) + (f"\n{MONTHLY}" if monthly else "")
    return "\n\n".join(text for text in ["\n".join(lines), table, quiet] if text)


def _grid(part: SensitivityPart, grid: Grid) -> str:
    rows = [
        [
            _number(part, y),
            *("-" if total is None else _whole(total - part.total) for total in totals),
        ]
        for y, totals in zip(grid.y_values, grid.totals, strict=True)
    ]
    down, across = (printable(_axis(part, axis)) for axis in (grid.y, grid.x))
    words = f"change of the total, by {down} (down) and {across} (across)"
    return f"{fill(words)}\n{text_table(['', *(_number(part, x) for x in grid.x_values)], rows)}"


def _indifference(part: SensitivityPart) -> str:
    """Where the answer flips; then, in words, where it does not, and other notes."""
    found, words = [], []
    for row in part.indifference:
        question = row.question.removeprefix("price at which ").replace("makes this quote", "makes it")
        change, _, more = row.note.partition("; ")
        if row.below is None or row.above is None:
            words.append(f"{printable(question)}: {printable(row.note)}")
            continue
        percent = change.split(" from")[0]
        found.append(
            [
                question,
                _number(part, row.below.value),
                row.below.answer,
                row.above.answer,
                percent,
            ]
        )
        if more:
            words.append(f"{printable(question)}: {printable(more)}")
    texts = [text_table(["price at which", "up to", "there", "above", "change"], found)] if found else []
    texts += ["\n".join(fill(f"- {text}", "", "  ") for text in words)] if words else []
    return "\n\n".join(texts)


def _negotiation(part: SensitivityPart) -> str:
    rows = [row for row in part.negotiation if row.saving]
    if not part.negotiation:
        return ""
    none = len(part.negotiation) - len(rows)
    rest = f"1 % more discount is worth nothing on {count(none, 'other line')}" if none else ""
    table = text_table(
        ["", "negotiate", "worth"],
        [[str(n), row.label, money(row.saving)] for n, row in enumerate(rows, 1)],
    )
    return "\n".join(text for text in [table if rows else "", rest] if text)


def _rows(part: SensitivityPart) -> Iterator[dict[str, Any]]:
    def row(**cells: Any) -> dict[str, Any]:
        return {name: cells.get(name, "" if kind is str else None) for name, kind in COLUMNS.items()}

    def moved(total: Decimal | None) -> Decimal | None:
        return None if total is None else total - part.total

    yield row(part="now", total=part.total, difference=moved(part.total))
    for bar in part.levers:
        for side, end in (("low", bar.low), ("high", bar.high)):
            yield row(part="lever", lever=bar.lever, side=side, difference=moved(end.total), **dict(end))
    for grid in part.grids:
        for y, totals in zip(grid.y_values, grid.totals, strict=True):
            for x, total in zip(grid.x_values, totals, strict=True):
                yield row(
                    part="grid",
                    lever=grid.x,
                    value=x,
                    with_lever=grid.y,
                    with_value=y,
                    total=total,
                    difference=moved(total),
                )
    for flip in part.indifference:
        sides = [(side, at) for side, at in (("below", flip.below), ("above", flip.above)) if at]
        for side, at in sides:
            cells = {"difference": moved(at.total), **dict(at), "answer": f"{flip.question}: {at.answer}"}
            yield row(part="indifference", lever=flip.lever, side=side, **cells)
        if not sides:
            answer = f"{flip.question}: {flip.note}"
            yield row(part="indifference", lever=flip.lever, answer=answer)
    for ask in part.negotiation:
        saving = ask.saving
        total = part.total - saving
        yield row(
            part="negotiation",
            lever=ask.lever,
            total=total,
            difference=moved(total),
            answer=ask.label,
        )


def _side(part: SensitivityPart, side: LeverEnd) -> list[str]:
    tokens, annual, monthly = side.tokens_bought, side.annual_seats, side.monthly_seats
    seats = "-" if annual is None else f"{annual:,} + {monthly:,}" if monthly else f"{annual:,}"
    total = money(side.total)
    return [_number(part, side.value), total, seats, "-" if tokens is None else f"{tokens:,}"]


def _difference(part: SensitivityPart, side: LeverEnd) -> Decimal | None:
    return None if side.total is None else side.total - part.total


def _whole(amount: Decimal | None) -> str:
    if amount is None:
        return "none"
    whole = amount.quantize(Decimal(1), ROUND_HALF_UP)
    return f"{whole:+,}" if whole else "0" if not amount else "+0" if amount > 0 else "-0"


def _number(part: SensitivityPart, value: Decimal) -> str:
    """`2310.00` -> `2,310.00`, `2.7000` -> `2.70`: no trailing zeros beyond the digits of an amount."""
    least = -int(part.total.as_tuple().exponent)
    whole, _, digits = f"{value:,f}".partition(".")
    digits = digits[:least] + digits[least:].rstrip("0")
    return f"{whole}.{digits}" if digits else whole


def _lever(bar: LeverRow) -> str:
    """A price of seats by the name of their offer, anything else as it is typed."""
    return bar.label.removeprefix("price of ") if bar.lever.startswith("seat:") else bar.lever


def _axis(part: SensitivityPart, name: str) -> str:
    """A lever of a grid, in words where they are known."""
    return next((b.label for b in part.levers if b.lever == name), name)


def _percent(step: Decimal) -> str:
    return f"{_points(step)} %"


def _points(step: Decimal) -> str:
    return f"{(step * 100).normalize():f}"


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    """Text in a Markdown table: no markup, no line breaks."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in printable(text))
    return escaped if text != "---" else text
