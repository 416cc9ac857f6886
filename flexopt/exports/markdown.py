"""The report as Markdown, for a wiki or an email, with tables as GitHub and most wikis have them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flexopt.base.text import printable
from flexopt.exports.report import Report, ReportTable, Section, make_report
from flexopt.exports.words import ENGLISH, Words
from flexopt.store.plan import PlanDocument

MARKUP = re.compile(r"[\\`*_{}\[\]<>&|~$^]")
START = re.compile(r"^(#{1,6}|[-+=]+|\d{1,9}(?=[.)]))(?=[.)]?(\s|$))")
"""What turns a line that starts with it into a heading, a list or a rule."""

LINK = re.compile(r"(?i)(?<=www)\.|:(?=//)")
"""Where to break an address that would become a link."""


def render(document: PlanDocument, words: Words = ENGLISH) -> bytes:
    """The report of a plan document as Markdown. The assignment is only in other exports."""
    return markdown(make_report(document, words)).encode("utf-8", "replace")


def markdown(report: Report) -> str:
    """Any report as Markdown, its appendix too."""
    parts = [f"# {_line(report.name or report.title)}"]
    about = [*([report.title] if report.name else []), *([report.cover] if report.cover else [])]
    parts += [_line(_capital("; ".join(about)))] if about else []
    parts += [f"**{escaped(report.headline)}**"] if report.headline else []
    for level, sections in (("##", report.sections), ("###", report.appendix)):
        for section in sections:
            parts += [f"{level} {_line(_capital(section.title))}"] if section.title else []
            parts += _parts(section)
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Text without markup or links, on one line."""
    text = MARKUP.sub(r"\\\g<0>", " ".join(printable(word) for word in text.split()))
    return LINK.sub(r"\\\g<0>", text)


def _line(text: str) -> str:
    """Escaped text that starts a line; in `12.` only the point can be escaped, not the digits."""
    return START.sub(lambda found: f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}", escaped(text))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _parts(section: Section) -> Iterator[str]:
    for part in section.parts:
        if isinstance(part, str):
            yield _line(part)
            continue
        if part.title:
            yield f"**{escaped(_capital(part.title))}**"
        yield "\n".join(_table(part))


def _table(table: ReportTable) -> Iterator[str]:
    def line(cells: Iterator[str]) -> str:
        return f"| {' | '.join(cells)} |"

    yield line(escaped(title) for title in table.columns)
    yield line("---:" if n in table.numbers else "---" for n in range(len(table.columns)))
    for number, row in enumerate(table.rows):
        bold = "**" if number in table.sums else ""
        yield line(f"{bold}{text}{bold}" if (text := escaped(cell)) else "" for cell in row)
