"""A report's sentences and tables as data for typst, with places to break lines and column widths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from unicodedata import category

from flexopt.exports.report import Part, ReportTable
from flexopt.exports.report.parts import filled
from flexopt.exports.words import ENGLISH

ROOM = 75
"""Characters of numbers that fit beside the first column; wider tables are split."""

PORTRAIT, LANDSCAPE = 481.5, 728.0
"""Points between the margins of A4, portrait and landscape."""

MANY = 600
"""Rows from which the time to set a table matters."""

SMALL, INSET = 7.5, 7.5
"""Points: the font size of the appendix, and the padding of a cell."""

KNOWN = "–—…’“”„\N{MINUS SIGN}\N{REPLACEMENT CHARACTER}\N{NARROW NO-BREAK SPACE}"
"""Non-Latin letters of known width."""

NARROW = "ijlft.,:;'|!I -()[]/"
WIDE = "mwMWŵŴ@%&—…æœÆŒ\N{REPLACEMENT CHARACTER}"
"""Letters about half as wide as most, and those as wide as they are high."""

SPACE = "\N{NO-BREAK SPACE}"

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+")


def parts_data(parts: Sequence[Part]) -> Iterator[dict[str, Any]]:
    """The parts of a section, in order; a table may be several."""
    for number, part in enumerate(parts):
        if isinstance(part, str):
            follows = number + 1 < len(parts) and not isinstance(parts[number + 1], str)
            yield {"kind": "text", "text": text_data(part), "sticky": follows}
        else:
            yield from map(_table, _narrow(filled(part)))


def _narrow(table: ReportTable) -> Iterator[ReportTable]:
    """A table with many columns of numbers, split into tables that fit; each has the first column."""
    many = len(table.columns) - 1
    widest = max((len(row[i]) + 2 for row in table.rows for i in range(1, many + 1)), default=0)
    pieces = -(-many * widest // ROOM)
    if not _numbers_only(table) or pieces < 2:
        yield table
        return
    step = -(-many // pieces)
    for start in range(1, many + 1, step):
        kept = [0, *range(start, min(start + step, many + 1))]
        yield replace(
            table,
            columns=tuple(table.columns[i] for i in kept),
            rows=tuple(tuple(row[i] for i in kept) for row in table.rows),
            numbers=tuple(range(1, len(kept))),
        )


def _numbers_only(table: ReportTable) -> bool:
    """Whether all columns but the first are numbers."""
    return {*range(1, len(table.columns))} <= {*table.numbers}


def _table(table: ReportTable) -> dict[str, Any]:
    who = table.name == "assignment"
    whole = table.name == "inputs"  # hashes are copied: no line breaks in them
    lines = one_line_widths(table) if who or len(table.rows) > MANY else None
    known: dict[str, str] = {}  # thousands of rows have few distinct cells
    change = _kept if lines else text_data
    return {
        "kind": "table",
        "title": text_data(table.title),
        "columns": [text_data(column) for column in table.columns],
        "widths": _widths(table),
        "points": lines or [],
        "flipped": sum(lines) > PORTRAIT if lines else who,
        "rows": [
            [
                cell if whole and i else known.get(cell) or known.setdefault(cell, change(cell))
                for i, cell in enumerate(row)
            ]
            for row in table.rows
        ],
        "numbers": sorted(table.numbers),
        "sums": list(table.sums),
        "strong": [len(table.columns) - 1] if table.columns[-1] == ENGLISH("mark") else [],
    }


def one_line_widths(table: ReportTable) -> list[float] | None:
    """Points of every column so that each cell is sure to fit on one line; None if pages are too narrow.

    Rows of one line have a known height, and thousands of them are set in half the time. What does not fit
    on a portrait page may fit on a landscape one.
    """
    needed = []
    for number, heading in enumerate(table.columns):
        widths = [_em(cell) for cell in {row[number] for row in table.rows}]
        if any(width is None for width in widths) or (head := _em(heading)) is None:
            return None
        # bold letters are up to a quarter wider
        widest = max([1.25 * head, *(width for width in widths if width is not None)])
        needed.append(widest * SMALL + INSET)
    free = next((page - sum(needed) for page in (PORTRAIT, LANDSCAPE) if page >= sum(needed)), None)
    if free is None:
        return None
    texts = [i for i in range(len(needed)) if i not in table.numbers]
    return [round(n + (free / len(texts) if i in texts else 0), 2) for i, n in enumerate(needed)]


def _em(text: str) -> float | None:
    """The most that a text can be wide, in ems of the template's font; None if unknown."""
    if any(ord(c) >= 0x180 and c not in KNOWN for c in text):
        return None
    return sum(map(_letter, text))


def _letter(c: str) -> float:
    if c in NARROW:
        return 0.35
    if c in WIDE or not (c.isalpha() or c.isascii()):
        return 1.0
    return 0.74 if c.isupper() else 0.56


def _widths(table: ReportTable) -> list[int]:
    """Share of the width of each column, by its longest text; 0 for a column as wide as its short texts."""
    if _numbers_only(table) and (len(table.columns) > 4 or max(map(len, table.columns[1:]), default=0) > 16):
        columns = [min(8, max(5, -(-len(heading) // 3))) for heading in table.columns]
        return [columns[0] if 0 in table.numbers else 12, *columns[1:]]
    longest = [max(len(row[i]) for row in (table.columns, *table.rows)) for i in range(len(table.columns))]
    # dates have no letters, and stay on one line
    texts = [any(c.isalpha() for row in table.rows for c in row[i]) for i in range(len(longest))]
    wide = [i for i, n in enumerate(longest) if n > 12 and texts[i] and i not in table.numbers]
    if table.name == "inputs":
        wide = [0]  # beside hashes, which stay whole
    elif not wide:
        wide = [next((i for i, n in enumerate(longest) if i not in table.numbers and n > 1), 0)]
    return [min(n, 48) + 2 if i in wide else 0 for i, n in enumerate(longest)]


def text_data(text: str) -> str:
    """Text to set: as `_kept`, and with places to break long words."""
    return re.sub(r"\S{21,}", lambda word: _breakable(word[0]), _kept(text))


def _kept(text: str) -> str:
    """Text without lone surrogates, in which a number stays with its sign and its unit."""
    whole = "".join("\N{REPLACEMENT CHARACTER}" if category(c) == "Cs" else c for c in text)
    signed = re.sub(r"(?<![^\s(])-(?=\d)", "\N{MINUS SIGN}", whole)
    kept = re.sub(r"(\d) (%|[A-Z]{3}\b)", rf"\1{SPACE}\2", signed)
    # right-to-left text must not reverse the numbers next to it
    kept = RIGHT_TO_LEFT.sub("\N{FIRST STRONG ISOLATE}\\g<0>\N{POP DIRECTIONAL ISOLATE}", kept)
    # in French a colon stays with its word
    return re.sub(r" (?=[:;](?:\s|$))", SPACE, kept)


def _breakable(word: str) -> str:
    """A long word with places to break: after punctuation or a hyphen, or every so many characters."""
    pieces = re.findall(r".{1,20}?(?:[@._/,;:]+|$)|.{14}", word)
    return "\N{ZERO WIDTH SPACE}".join(pieces)
