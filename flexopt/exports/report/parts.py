"""The parts of a report: sections of sentences and tables, fully worded; renderers add no words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from flexopt.base.text import printable
from flexopt.exports.words import Words

LINES = 24
"""Rows of a table shown in a section; the appendix has the whole table."""

ORDERED = 60
"""The same for what is ordered and invoiced."""

FIRST = 12
"""The same for tables with a row per person, and for rankings, whose first rows matter most."""


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


Part: TypeAlias = str | ReportTable


@dataclass(frozen=True, slots=True)
class Section:
    """`name` is the same in every language, `title` is not; a `str` among the parts is a paragraph."""

    name: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A report in one language, in reading order."""

    title: str
    name: str
    """The scenario's."""
    cover: str
    """Horizon, the last day of the data, currency."""
    headline: str
    figures: tuple[tuple[str, str], ...]
    """Labels and figures; the first is the total."""
    sections: tuple[Section, ...]
    appendix: tuple[Section, ...]


def named(text: str | None, most: int = 200) -> str:
    """A text from the inputs, safe to show: without control and direction marks, and cut at `most`."""
    shown = printable((text or "")[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def sentence(text: str) -> str:
    """A clause as a sentence: with a capital, and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", ":")) else ".")


def filled(table: ReportTable) -> ReportTable:
    """The table without the columns that are empty in every row."""
    kept = [i for i in range(len(table.columns)) if any(row[i] for row in table.rows)]
    return replace(
        table,
        columns=tuple(table.columns[i] for i in kept),
        rows=tuple(tuple(row[i] for i in kept) for row in table.rows),
        numbers=tuple(n for n, i in enumerate(kept) if i in table.numbers),
    )


def shortened(table: ReportTable, words: Words, title: str) -> tuple[tuple[Part, ...], tuple[Section, ...]]:
    """A long table as its first rows and how many more there are; and the whole table for the appendix."""
    few, many = ("moves", "listed", "negotiation"), ("order", "payments")
    lines = FIRST if table.name in few else ORDERED if table.name in many else LINES
    if len(table.rows) <= lines + len(table.sums) + 2:
        return (table,), ()
    kept = sorted({*range(lines), *table.sums})
    sums = tuple(n for n, row in enumerate(kept) if row in table.sums)
    short = replace(table, rows=tuple(table.rows[i] for i in kept), sums=sums)
    more = words("continued", n=words.number(len(table.rows) - len(kept)))
    return (short, sentence(more)), (Section(f"all_{table.name}", title, (table,)),)
