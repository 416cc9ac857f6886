"""A plan as one web page: no network, nothing to install, readable without its script.

Its content is that of `exports.report`; here it is laid out, with charts and the assignment table.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from flexopt.exports.charts import charts
from flexopt.exports.report import ReportTable, make_report
from flexopt.exports.report.decisions import decisions
from flexopt.exports.report.parts import filled, sentence
from flexopt.exports.shown import shown
from flexopt.exports.web.assignment import NUMBERS, assignment_rows, headings
from flexopt.exports.web.escape import isolated
from flexopt.exports.words import ENGLISH, Words
from flexopt.store.plan import PlanDocument
from flexopt.store.study_parts import ComparisonPart

__all__ = ["render"]

CHARTS = {
    "cost": ("cost", "pool"),
    "changes": ("days",),
    "comparison": ("waterfall",),
    "sensitivity": ("tornado",),
}
"""Charts at the end of each section."""

MARKED = {"changes": 1, "moves": 1, "checks": 1, "order": 1}
"""Tables that start with a mark (`+ ~ -`), a number or a date: the next column is the heading of the row."""

PHONE = 48
"""Characters beside each other on a phone: there, the cells of wider tables are stacked."""

MOST = 2_000
"""Most rows of a table, except the assignment: more would not be read, and are slow on a phone."""

SIGNS = {"+": "new", "~": "changed", "-": "ended"}


def render(document: PlanDocument, words: Words = ENGLISH) -> bytes:
    """The page in UTF-8; the same document gives the same bytes."""
    document = shown(document)
    report = make_report(document, words)
    drawn = {chart.name: chart for chart in charts(document, words)}
    style, script = (_file(name) for name in ("page.css", "page.js"))
    comparison, made = document.comparison, decisions(document)
    page = _environment().get_template("page.html")
    return page.render(
        document=document,
        report=report,
        charts={name: [drawn[c] for c in wanted if c in drawn] for name, wanted in CHARTS.items()},
        about=sentence(words("decisions", currency=document.currency)),
        rows=Markup("\n".join(assignment_rows(made, document.scenario.horizon, words))),
        headings=headings(made),
        numbers=NUMBERS,
        style=Markup(style),
        script=Markup(script),
        hashes={"style": _hash(style), "script": _hash(script)},
        cheapest=_cheapest(comparison) if comparison else None,
        marked=MARKED,
        most=MOST,
        stacked=_stacked,
        Markup=Markup,
        filled=filled,
        signs=SIGNS,
        words=words,
    ).encode(errors="replace")  # a lone surrogate cannot be encoded


def _environment() -> Environment:
    # texts from the inputs are escaped everywhere; a name missing from the template's data is an error
    environment = Environment(
        autoescape=True,
        extensions=["jinja2.ext.loopcontrols"],
        loader=FunctionLoader(_file),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["isolated"] = isolated
    return environment


def _file(name: str) -> str:
    return (resources.files("flexopt.exports.web") / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The hash as a Content-Security-Policy quotes it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _stacked(table: ReportTable) -> bool:
    """Whether a table is wider than a phone, with short cells on one line and long ones broken at spaces."""
    width = 0.0
    for head, *column in zip(table.columns, *table.rows[:MOST], strict=True):
        lines = (cell if len(cell) <= 24 and width else _longest(cell) for cell in column)
        width += max(12 if not width else 0, *map(len, (_longest(head), *lines))) + 1.5
    return width > PHONE


def _longest(text: str) -> str:
    return max(text.split(), key=len, default="")


def _cheapest(comparison: ComparisonPart) -> int:
    """The column of the cheapest quote, in tables with a quote in every column but the first."""
    return 1 + [s.id for s in comparison.scenarios].index(comparison.cheapest)
