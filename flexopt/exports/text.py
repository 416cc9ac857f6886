"""A report as plain text: the same on a terminal and in a file."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from flexopt.base.text import WIDTH, abridged, fill, printable, text_table
from flexopt.exports.report.parts import Report, ReportTable, Section

HEAD, LABEL = 13, 24
"""Most characters of the head of a column of figures, and of the name of a row beside them."""

NARROWEST = 12
"""Least characters of a column whose cells are continued on the next line."""

LONG = 40
"""Characters of a cell that is a sentence: tables with two columns of them become lists."""

BARS = 6
"""Least characters on each side of the middle of a bar."""


def text(report: Report, width: int = WIDTH, bold: Callable[[str], str] = str) -> str:
    """The report in lines of at most 80 columns; tables of figures in `width`. The appendix is left out.

    `bold` sets the headline, the titles and the lines of totals apart.
    """
    width = max(width, WIDTH)
    above = ", ".join(filter(None, (report.name, report.cover)))
    parts = [fill(printable(above))] if above else []
    parts += [bold(fill(printable(report.headline)))] if report.headline else []
    for section in report.sections:
        parts += [bold(printable(section.title))] if section.title else []
        parts += _parts(section, width, bold)
    return "\n\n".join(parts)


def _parts(section: Section, width: int, bold: Callable[[str], str]) -> Iterator[str]:
    tables = [part for part in section.parts if isinstance(part, ReportTable)]
    for part in section.parts:
        if isinstance(part, str):
            yield fill(printable(part))
        else:
            title = [fill(printable(part.title))] if part.title else []
            alike = [table for table in tables if table.columns[1:] == part.columns[1:]]
            yield "\n".join([*title, *_table(part, alike, width, bold)])


def _table(
    table: ReportTable, alike: Sequence[ReportTable], width: int, bold: Callable[[str], str]
) -> Iterator[str]:
    whole = table
    while not _fits(_lines(table, bold), width) and table.extra:
        table = _without(table, table.extra[0])
    figures = {*range(1, len(table.columns))} <= {*table.numbers}
    fits = _fits(lines := _lines(table, bold), width)
    if figures and not whole.extra and (len(alike) > 1 or not fits):
        yield from _blocks(table, alike, width, bold)
    elif fits:
        yield from _barred(table, lines, width) if table.bars else lines
    elif sum(n > LONG for n in _widths(table)) > 1:
        yield from _listed(table)
    else:
        yield from _lines(_continued(table, width), bold)


def _lines(table: ReportTable, bold: Callable[[str], str]) -> list[str]:
    lines = text_table(table.columns, table.rows).split("\n")
    return [bold(line) if n - 1 in table.sums else line for n, line in enumerate(lines)]


def _fits(lines: Sequence[str], width: int) -> bool:
    return max(map(len, lines)) <= width


def _without(table: ReportTable, column: int) -> ReportTable:
    def shifted(columns: Sequence[int]) -> tuple[int, ...]:
        return tuple(c - (c > column) for c in columns if c != column)

    def cut(cells: Sequence[str]) -> tuple[str, ...]:
        return *cells[:column], *cells[column + 1 :]

    return replace(
        table,
        columns=cut(table.columns),
        rows=tuple(map(cut, table.rows)),
        numbers=shifted(table.numbers),
        extra=shifted(table.extra),
    )


def _blocks(
    table: ReportTable, alike: Sequence[ReportTable], width: int, bold: Callable[[str], str]
) -> Iterator[str]:
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
        yield from _lines(replace(table, columns=columns, rows=cells), bold)


def _listed(table: ReportTable) -> Iterator[str]:
    """Each row as its short cells on a line, and its sentences below."""
    long = [n for n, widest in enumerate(_widths(table)) if widest > LONG]
    for row in table.rows:
        cells = [(n, printable(cell)) for n, cell in enumerate(row) if cell]
        yield fill(", ".join(cell for n, cell in cells if n not in long), later="  ")
        yield from (fill(f"{table.columns[n]}: {cell}", "  ", "    ") for n, cell in cells if n in long)


def _widths(table: ReportTable) -> list[int]:
    return [max(len(row[n]) for row in (table.columns, *table.rows)) for n in range(len(table.columns))]


def _continued(table: ReportTable, width: int) -> ReportTable:
    """The table with the cells of its widest columns continued on the next lines."""
    widths = _widths(table)
    over = sum(widths) + 2 * (len(widths) - 1) - width
    texts = [n for n in range(len(widths)) if n not in table.numbers]
    while over > 0 and texts:
        widest = max(texts, key=lambda n: widths[n])
        if widths[widest] <= NARROWEST:
            break
        widths[widest], over = widths[widest] - 1, over - 1
    lines: list[tuple[str, ...]] = []
    sums = []
    for number, row in enumerate(table.rows):
        cells = [
            textwrap.wrap(cell, widths[n], break_on_hyphens=False) if n in texts else [cell]
            for n, cell in enumerate(row)
        ]
        for n in range(max(1, *map(len, cells))):
            sums += [len(lines)] if number in table.sums else []
            lines.append(tuple(cell[n] if n < len(cell) else "" for cell in cells))
    return replace(table, rows=tuple(lines), sums=tuple(sums))


def _barred(table: ReportTable, lines: Sequence[str], width: int) -> Iterator[str]:
    """The lines with a bar behind each: how far it reaches below and above its middle."""
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
