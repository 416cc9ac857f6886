"""The parts of a report: sections of sentences and tables, fully worded; renderers add no words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from flexopt.base.text import printable
from flexopt.exports.words import Words

LINES = 24
"""Rows of a table shown in a section; the appendix has the whole table."""

ORDERED = 60
"""The same for what is ordered and invoiced."""

FIRST = 12
"""The same for lists of people, and for rankings, whose first rows matter most."""


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table as text; every row has one cell for each of `columns`."""

    name: str
    """Its identifier, the same in every language."""
    columns: tuple[str, ...]
    """Headings."""
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    """The columns of numbers, flush right."""
    sums: tuple[int, ...] = ()
    """The rows of totals."""
    title: str = ""
    listed: bool = False
    """Whether each row is rather a paragraph where columns would be narrow."""
    bars: tuple[tuple[Decimal, Decimal], ...] = ()
    """How far each row reaches below and above its middle, where it can be drawn."""


Part: TypeAlias = str | ReportTable


@dataclass(frozen=True, slots=True)
class Section:
    """`name` is the same in every language, `title` is not; a `str` among the parts is a paragraph."""

    name: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A report in one language, in reading order; what is empty is not shown."""

    title: str
    name: str = ""
    """The scenario's."""
    cover: str = ""
    """Horizon, the last day of the data, currency."""
    headline: str = ""
    figures: tuple[tuple[str, str], ...] = ()
    """Labels and figures; the first is the total."""
    sections: tuple[Section, ...] = ()
    appendix: tuple[Section, ...] = ()


def arranged(
    named_parts: Iterable[tuple[str, Iterable[Part]]], words: Words, continued: str = "continued"
) -> tuple[list[Section], list[Section]]:
    """Sections with their tables cut, and the whole tables for the appendix; empty ones are left out."""
    sections: list[Section] = []
    appendix: list[Section] = []
    for name, parts in named_parts:
        kept: list[Part] = []
        for part in parts:
            if isinstance(part, str):
                kept.append(part)
            elif part.rows:
                short, left = cut(part, _most(part))
                kept.append(short)
                if left:
                    kept.append(sentence(words(continued, n=words.number(left))))
                    appendix.append(Section(f"all_{part.name}", part.title or words(name), (part,)))
        if kept:
            sections.append(Section(name, words(name), tuple(kept)))
    return sections, appendix


def named(text: str | None, most: int = 200) -> str:
    """A text from the inputs, safe to show: without control and direction marks, and cut at `most`."""
    shown = printable((text or "")[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def sentence(text: str) -> str:
    """A clause as a sentence: with a capital, and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", ":")) else ".")


def _most(table: ReportTable) -> int:
    few, many = ("double_use", "idle", "leavers", "negotiation"), ("order", "payments")
    return FIRST if table.name in few else ORDERED if table.name in many else LINES


def filled(table: ReportTable) -> ReportTable:
    """The table without the columns that are empty in every row."""
    kept = [i for i in range(len(table.columns)) if any(row[i] for row in table.rows)]
    return replace(
        table,
        columns=tuple(table.columns[i] for i in kept),
        rows=tuple(tuple(row[i] for i in kept) for row in table.rows),
        numbers=tuple(n for n, i in enumerate(kept) if i in table.numbers),
    )


def cut(table: ReportTable, lines: int) -> tuple[ReportTable, int]:
    """The first rows and the totals of a table that is too long, and how many rows are not in it."""
    if len(table.rows) <= lines + len(table.sums) + 2:
        return table, 0
    kept = sorted({*range(lines), *table.sums})
    sums = tuple(n for n, row in enumerate(kept) if row in table.sums)
    bars = tuple(table.bars[i] for i in kept) if table.bars else ()
    short = replace(table, rows=tuple(table.rows[i] for i in kept), sums=sums, bars=bars)
    return short, len(table.rows) - len(kept)
