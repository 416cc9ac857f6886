"""The report on paper, set by typst: the attachment of a renewal.

Texts reach typst as data only (`data.json`), never as markup; it sees one folder with nothing but our files,
no fonts but its own, no packages and no clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unicodedata import category

from flexopt.exports.charts import Chart, charts
from flexopt.exports.pdf.brand import Brand
from flexopt.exports.report import Part, Section, Table, assignment_table, make_report
from flexopt.exports.words import LANGUAGES

__all__ = ["render"]

CHARTS: dict[str, tuple[tuple[str, float], ...]] = {
    "cost": (("cost", 2.7), ("pool", 3.75)),
    "comparison": (("waterfall", 5.0),),
    "sensitivity": (("tornado", 5.4),),
    "changes": (("days", 6.5),),
}
"""The charts at the end of a section, and how many inches wide each is drawn."""

COLUMNS = 7
"""Columns of numbers that fit beside the first; wider tables are set in several."""

TAGGED = 2_000
"""Rows of the assignment up to which the file is tagged for screen readers: the tags of more take seconds."""

SPACE = "\N{NO-BREAK SPACE}"


def render(document: Mapping[str, Any], *, brand: Brand | None = None, language: str = "en") -> bytes:
    """The PDF of a plan document in `language` (en, de, fr). The same document gives the same bytes."""
    import typst

    words, brand = LANGUAGES[language], brand or Brand()
    report = make_report(document, words)
    assignment = assignment_table(document, words)
    appendix = [
        Section("assignment", words("assignment"), (assignment if assignment.rows else words("no_people"),)),
        *report.appendix,
    ]
    drawn = {c.name: c for c in charts(document, say=words.say, number=words.number)}
    day = date.fromisoformat(document["history"]["last"])
    with TemporaryDirectory(prefix="flexopt-pdf-") as place:
        folder = Path(place).resolve()
        if brand.logo:
            (folder / brand.logo_file).write_bytes(brand.logo)
        sections = [
            {
                "title": section.title,
                "parts": [*_parts(section.parts), *_charts(folder, drawn, CHARTS.get(section.name, ()))],
            }
            for section in report.sections
        ]
        data = {
            "lang": words.language,
            "region": {"en": "GB", "de": "DE", "fr": "FR"}[words.language],
            "colour": brand.colour,
            "organisation": _text(brand.name),
            "logo": brand.logo_file if brand.logo else "",
            "title": report.title,
            "name": _text(report.name),
            "cover": _text(report.cover),
            "headline": _text(report.headline),
            "figures": [[_text(label), _text(figure)] for label, figure in report.figures],
            "date": [day.year, day.month, day.day],
            "page": words("page", n="{n}", all="{all}"),
            "foot": _text(report.cover),
            "words": {"appendix": words("appendix")},
            "sections": sections,
            "appendix": [{"title": s.title, "parts": [*_parts(s.parts)]} for s in appendix],
        }
        (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
        template = Path(__file__).with_name("report.typ").read_bytes()
        (folder / "report.typ").write_bytes(template)
        # packages would be looked for, and fetched, elsewhere: these two folders are empty
        compiler = typst.Compiler(
            folder / "report.typ",
            root=folder,
            ignore_system_fonts=True,
            package_path=folder / "packages",
            package_cache_path=folder / "packages",
        )
        made = compiler.compile(
            format="pdf",
            timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC),
            pdf_tags=len(assignment.rows) <= TAGGED,
        )
    if not isinstance(made, bytes):
        raise TypeError("typst made no file")
    return made


def _parts(parts: Sequence[Part]) -> Iterator[dict[str, Any]]:
    for number, part in enumerate(parts):
        if isinstance(part, str):
            follows = number + 1 < len(parts) and not isinstance(parts[number + 1], str)
            yield {"kind": "text", "text": _text(part), "sticky": follows}
        else:
            yield from map(_table, _narrow(part))


def _charts(
    folder: Path, drawn: Mapping[str, Chart], wanted: Sequence[tuple[str, float]]
) -> Iterator[dict[str, Any]]:
    """The charts there are, in one row if they fit: files in the folder, and what to write over them."""
    made = []
    for name, width in wanted:
        if (chart := drawn.get(name)) is not None:
            height = chart.size[1]
            (folder / f"{name}.svg").write_text(replace(chart, size=(width, height)).svg(), encoding="utf-8")
            made.append({"file": f"{name}.svg", "title": _text(chart.title), "alt": _text(chart.text)})
    if made:
        yield {"kind": "charts", "charts": made}


def _narrow(table: Table) -> Iterator[Table]:
    """A table of many columns of numbers as several that fit the page, each with the first column."""
    if len(table.numbers) < len(table.columns) - 1 or len(table.numbers) <= COLUMNS:
        yield table
        return
    for start in range(1, len(table.columns), COLUMNS):
        kept = [0, *range(start, min(start + COLUMNS, len(table.columns)))]
        yield Table(
            table.name,
            tuple(table.columns[i] for i in kept),
            tuple(tuple(row[i] for i in kept) for row in table.rows),
            tuple(range(1, len(kept))),
            table.sums,
            table.title,
        )


def _table(table: Table) -> dict[str, Any]:
    whole = table.name == "inputs"  # hashes are copied: no place to break in them
    numbers = set(table.numbers)
    return {
        "kind": "table",
        "title": _text(table.title),
        "columns": [_text(column) for column in table.columns],
        "widths": _widths(table),
        "rows": [[cell if whole and i else _text(cell) for i, cell in enumerate(row)] for row in table.rows],
        "numbers": sorted(numbers),
        "sums": list(table.sums),
        "strong": [len(table.columns) - 1] if table.name.endswith("prices") else [],
    }


def _widths(table: Table) -> list[int]:
    """Shares of the width, by column: by the longest text; 0 is as wide as its texts, which are short."""
    longest = [max(len(row[i]) for row in (table.columns, *table.rows)) for i in range(len(table.columns))]
    wide = [i for i, n in enumerate(longest) if n > 12 and i not in table.numbers]
    if table.name == "inputs":
        wide = [0]  # beside hashes, which stay whole
    elif not wide:
        wide = [next(i for i in range(len(longest)) if i not in table.numbers and longest[i] > 1)]
    return [min(n, 48) + 2 if i in wide else 0 for i, n in enumerate(longest)]


def _text(text: str) -> str:
    """Text that can be set: long words may break, a number keeps its unit, and no half characters."""
    whole = "".join("\N{REPLACEMENT CHARACTER}" if category(c) == "Cs" else c for c in text)
    signed = re.sub(r"(?<![^\s(])-(?=\d)", "\N{MINUS SIGN}", whole)
    kept = re.sub(r"(\d) (%|[A-Z]{3}\b)", rf"\1{SPACE}\2", signed)
    return re.sub(r"\S{21,}", lambda word: _breakable(word[0]), kept)


def _breakable(word: str) -> str:
    """A long word with places to break: after punctuation, or every twenty characters."""
    pieces = re.findall(r".{1,20}?(?:[-@._/,;:]+|$)|.{20}", word)
    return "\N{ZERO WIDTH SPACE}".join(pieces)
