"""The report on paper, typeset by typst: the attachment of a renewal.

Texts reach typst only as data (`data.json`), never as markup; it sees one folder that holds only our files
and fonts, and has no packages and no clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flexopt.base.errors import FlexoptError
from flexopt.exports.charts import Chart, charts
from flexopt.exports.pdf.brand import Brand
from flexopt.exports.pdf.fonts import families, undrawn, write_fonts
from flexopt.exports.pdf.setting import parts_data, text_data
from flexopt.exports.report import Part, ReportTable, Section, make_report
from flexopt.exports.report.decisions import decision_table
from flexopt.exports.report.parts import named, sentence
from flexopt.exports.words import ENGLISH, Words
from flexopt.store.plan import PlanDocument

__all__ = ["render"]

CHARTS: dict[str, dict[str, tuple[float, float]]] = {
    "cost": {"cost": (2.5, 2.5), "pool": (3.95, 2.5)},
    "comparison": {"waterfall": (5.0, 0)},
    "sensitivity": {"tornado": (5.4, 0)},
    "changes": {"days": (6.6, 2.8)},
}
"""The charts at the end of a section, in one row: inches wide and high (0: the chart's own height)."""

ROWS = 500
"""Rows of a table in the appendix; the assignment is there in full."""

TAGGED = 2_000
"""Most rows of the assignment in a file tagged for screen readers: for more, tags take megabytes."""


def render(
    document: PlanDocument,
    words: Words = ENGLISH,
    *,
    brand: Brand | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> bytes:
    """The PDF of a plan document. The same document gives the same bytes.

    warn : is told if there are texts that cannot be drawn
    """
    import typst

    brand = brand or Brand()
    assignment = decision_table(document, words)
    day = document.history.last
    with TemporaryDirectory(prefix="flexopt-pdf-") as place:
        folder = Path(place).resolve()
        fonts = write_fonts(folder / "fonts", brand)
        if brand.logo:
            (folder / brand.logo_file).write_bytes(brand.logo)
        data = {
            "date": [day.year, day.month, day.day],
            "page": words("page", n="{n}", all="{all}"),
            "colour": brand.colour,
            "organisation": text_data(brand.name),
            "logo": brand.logo_file if brand.logo else "",
            **_content(document, words, assignment, folder, fonts[2:]),
        }
        boxes = undrawn(data, fonts)
        said = sentence(words("undrawn", texts=words.count(len(boxes), "text"))) if boxes else ""
        data |= {"fonts": families(fonts), "undrawn": said}
        if boxes:
            warn(f"{said} {words('undrawn_first', text=boxes[0][:60])}")
        (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
        (folder / "report.typ").write_bytes(Path(__file__).with_name("report.typ").read_bytes())
        # a folder that does not exist, so that no packages are found or fetched
        none = folder / "packages"
        compiler = typst.Compiler(
            folder / "report.typ",
            root=folder,
            ignore_system_fonts=True,
            font_paths=[folder / "fonts"],
            package_path=none,
            package_cache_path=none,
        )
        try:
            made = compiler.compile(
                format="pdf",
                timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC),
                pdf_tags=len(assignment.rows) <= TAGGED,
            )
        except typst.TypstError as error:
            # all else is ours and tested; only the logo is a user's file
            hint = "try another logo" if brand.logo else "please report it"
            raise FlexoptError(f"the PDF cannot be made: {error.message}", hint) from None
    if not isinstance(made, bytes):
        raise TypeError("typst made no file")
    return made


def _content(
    document: PlanDocument, words: Words, assignment: ReportTable, folder: Path, fonts: Sequence[Path]
) -> dict[str, Any]:
    """The report as data for the template; its charts are written to the folder."""
    report = make_report(document, words)
    drawn = {c.name: c for c in charts(document, words)}
    sections, behind = [], []
    for section in report.sections:
        back = tuple(p for p in section.parts if _in_appendix(p, drawn))
        front = [p for p in section.parts if p not in back]
        pictures = _charts(folder, drawn, CHARTS.get(section.name, {}), fonts)
        sections.append({"title": section.title, "parts": [*parts_data(front), *pictures]})
        behind += [Section(section.name, section.title, back)] if back else []
    who = Section(
        "assignment",
        words("assignment"),
        (sentence(words("decisions", currency=document.currency)), assignment)
        if assignment.rows
        else (sentence(words("no_people")),),
    )
    return {
        "title": report.title,
        "name": text_data(report.name),
        "running": text_data(named(report.name, 70)),
        "cover": text_data(report.cover),
        "headline": text_data(report.headline),
        "figures": [[text_data(label), text_data(figure)] for label, figure in report.figures],
        "sections": sections,
        "appendix": {
            "title": words("appendix"),
            "sections": [
                {"title": s.title, "parts": [*parts_data(s.parts)]}
                for s in (*behind, *(_first_rows(s, words) for s in report.appendix), who)
            ],
        },
    }


def _first_rows(section: Section, words: Words) -> Section:
    """A section of the appendix cut to the rows worth printing, with a note of how many more there are."""
    parts: list[Part] = []
    for part in section.parts:
        if isinstance(part, ReportTable) and (more := len(part.rows) - ROWS) > 0:
            kept = replace(part, rows=part.rows[:ROWS], sums=tuple(i for i in part.sums if i < ROWS))
            parts += [kept, sentence(words("not_shown", n=words.number(more)))]
        else:
            parts.append(part)
    return replace(section, parts=tuple(parts))


def _in_appendix(part: Part, drawn: Mapping[str, Chart]) -> bool:
    """Tables that only repeat a chart, or have more detail than a meeting needs."""
    return isinstance(part, ReportTable) and (
        (part.name == "levers" and "tornado" in drawn) or part.name.startswith("grid")
    )


def _charts(
    folder: Path,
    drawn: Mapping[str, Chart],
    wanted: Mapping[str, tuple[float, float]],
    fonts: Sequence[Path],
) -> Iterator[dict[str, Any]]:
    """The charts of the plan: files in the folder, and their captions."""
    made = []
    for name, (width, height) in wanted.items():
        if (chart := drawn.get(name)) is not None:
            sized = replace(chart, size=(width, height or chart.size[1]))
            (folder / f"{name}.svg").write_text(sized.svg(fonts=fonts), encoding="utf-8")
            made.append(
                {
                    "file": f"{name}.svg",
                    "title": text_data(chart.title),
                    "alt": text_data(chart.text),
                    "width": width,
                }
            )
    if made:
        yield {"kind": "charts", "charts": made}
