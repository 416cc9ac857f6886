"""The content of a report, in reading order; html, markdown and pdf only lay it out.

Headline, order sheet, payment calendar, cost lines that add up, comparisons, changes of access (`+ ~ -`),
assumptions with the source of every price, the usage read, and the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flexopt.exports.report import assumed, changes, compared, costs, order, proven, reviewed
from flexopt.exports.report.parts import Part, Report, ReportTable, Section, arranged, named, sentence
from flexopt.exports.report.sensitivity import sensitivity
from flexopt.exports.shown import shown
from flexopt.exports.words import ENGLISH, Words
from flexopt.store.plan import PlanDocument

__all__ = ["Part", "Report", "ReportTable", "Section", "make_report"]


def make_report(document: PlanDocument, words: Words = ENGLISH) -> Report:
    """The report of a plan document, without the assignment: see `decisions`."""
    document = shown(document)
    sections, appendix = arranged(_parts(document, words), words)
    others = [proven.left_out(document, words), assumed.prices(document, words)[1]]
    if document.comparison is not None:
        others.append(compared.quote_changes(document.comparison, words))
    others += [proven.proof(document, words), proven.inputs(document, words)]
    appendix += [Section(t.name, words(t.name), (t,)) for t in others if t.rows]
    return Report(
        title=words("report"),
        name=named(document.name),
        cover=_cover(document, words),
        headline=sentence(costs.headline(document, words)),
        figures=costs.figures(document, words),
        sections=tuple(sections),
        appendix=tuple(appendix),
    )


def _parts(document: PlanDocument, words: Words) -> Iterator[tuple[str, Iterable[Part]]]:
    """The sections by name, with their parts uncut."""
    yield "order", [*order.order_sheet(document, words)]
    yield "payments", [*order.payment_calendar(document, words)]
    tokens = costs.tokens(document, words)
    yield (
        "cost",
        [
            costs.costs(document, words),
            *costs.seats(document, words),
            sentence(costs.token_use(document, words)),
            *map(sentence, costs.unused(document, words)),
            *([tokens] if tokens else []),
        ],
    )
    table, notes = costs.baselines(document, words)
    yield "baselines", [table, *notes]
    if document.comparison is not None:
        yield "comparison", compared.comparison(document.comparison, words)
    if document.sensitivity is not None:
        yield "sensitivity", sensitivity(document.sensitivity, words)
    who = [sentence(changes.access_now(document, words)), *changes.changes(document, words)]
    if document.review is not None:
        who += reviewed.review(document, document.review, words)
    yield "changes", who
    prices = assumed.prices(document, words)[0]
    yield (
        "assumptions",
        [assumed.assumptions(document, words), sentence(assumed.marked(prices, words)), prices],
    )
    found = proven.findings(document, words)
    yield (
        "coverage",
        [
            sentence(proven.coverage(document, words, where="in_appendix")),
            proven.files(document, words),
            found if found.rows else sentence(words("no_findings")),
        ],
    )
    yield "how_proven", map(sentence, proven.how_proven(document, words))


def _cover(document: PlanDocument, words: Words) -> str:
    start, end = words.date(document.horizon.start), words.date(document.horizon.end)
    data = words.date(document.history.last)
    return words("cover", start=start, end=end, data=data, currency=document.currency)
