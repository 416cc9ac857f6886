"""A report as plain text: the same on a terminal and in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from flexopt.base.text import WIDTH, abridged, fill, printable, text_table
from flexopt.exports.report.parts import Report, ReportTable, Section

HEAD, LABEL = 13, 24
"""Most characters of the head of a column of figures, and of the name of a row beside them."""

LONG = 40
"""Characters of a cell that is a sentence, on lines of its own in a list."""

BARS = 5
"""Least characters on each side of the middle of a bar."""


def text(report: Report, width: int = WIDTH) -> str:
    """The report in lines of at most 80 columns; tables of figures in `width`. The appendix is left out."""
    width = max(width, WIDTH)
    above = ", ".join(filter(None, (report.name, report.cover)))
    parts = [fill(printable(above))] if above else []
    parts += [fill(printable(report.headline))] if report.headline else []
    for section in report.sections:
        parts += [printable(section.title)] if section.title else []
        parts += _parts(section, width)
    return "\n\n".join(parts)


def _parts(section: Section, width: int) -> Iterator[str]:
    tables = [part for part in section.parts if isinstance(part, ReportTable)]
    for part in section.parts:
        if isinstance(part, str):
            yield fill(printable(part))
        else:
            title = [fill(printable(part.title))] if part.title else []
            alike = [table for table in tables if table.columns[1:] == part.columns[1:]]
            yield "\n".join([*title, *_table(part, alike, width)])


def _table(table: ReportTable, alike: Sequence[ReportTable], width: int) -> Iterator[str]:
    widths = [max(len(row[n]) for row in (table.columns, *table.rows)) for n in range(len(table.columns))]
    fits = sum(widths) + 2 * len(widths) - 2 <= width
    if table.bars:
        yield from _barred(table, width)
    elif {*range(1, len(widths))} <= {*table.numbers} and (len(alike) > 1 or not fits):
        yield from _blocks(table, alike, width)
    elif table.listed and not fits:
        yield from _listed(table, [n for n, widest in enumerate(widths) if widest > LONG])
    else:
        yield text_table(table.columns, table.rows)


def _blocks(table: ReportTable, alike: Sequence[ReportTable], width: int) -> Iterator[str]:
    """Figures in as many blocks as the width requires, each with the first column of them.

    Tables with the same columns stand exactly below each other.
    """
    heads = [abridged(head, HEAD) for head in table.columns[1:]]
    rows = [row for of in alike for row in of.rows]
    labels = [*(of.columns[0] for of in alike), *(row[0] for row in rows)]
    label = max(len(abridged(text, LABEL)) for text in labels)
    wide = max(len(cell) for cell in (*heads, *(cell for row in rows for cell in row[1:])))
    room = max(1, (width - label) // (wide + 2) - 1)
    for start in range(1, len(heads), room):
        shown = [0, *range(start, min(start + room, len(heads)))]
        columns = (table.columns[0].ljust(label), *(heads[n].rjust(wide) for n in shown))
        cells = tuple((abridged(row[0], LABEL), *(row[1 + n] for n in shown)) for row in table.rows)
        if start > 1:
            yield ""
        yield text_table(columns, cells)


def _listed(table: ReportTable, long: Sequence[int]) -> Iterator[str]:
    """Each row as its short cells on a line, and its sentences below."""
    for row in table.rows:
        cells = [(n, printable(cell)) for n, cell in enumerate(row) if cell]
        yield fill(", ".join(cell for n, cell in cells if n not in long), later="  ")
        yield from (fill(f"{table.columns[n]}: {cell}", "  ", "    ") for n, cell in cells if n in long)


def _barred(table: ReportTable, width: int) -> Iterator[str]:
    """The table with a bar behind each row: how far it reaches below and above its middle."""
    rows = [(abridged(row[0], LABEL), *row[1:]) for row in table.rows]
    lines = text_table(table.columns, rows).split("\n")
    wide = max(map(len, lines))
    half = (width - wide - 3) // 2
    most = max(abs(end) for bar in table.bars for end in bar)
    if half < BARS or not most:
        yield from lines
        return

    def length(end: Decimal) -> int:
        return int((abs(end) * half / most).quantize(Decimal(1), ROUND_HALF_UP))

    bars = ["|".rjust(half + 1), *(f"{'#' * length(b):>{half}}|{'#' * length(a)}" for b, a in table.bars)]
    for line, bar in zip(lines, bars, strict=True):
        yield f"{line:<{wide}}  {bar}"
