"""A plan in short, for a terminal: the report's own parts without the long tables."""

from __future__ import annotations

from collections.abc import Iterator

from flexopt.exports.report import assumed, changes, costs, order, proven
from flexopt.exports.report.parts import Part, Report, ReportTable, Section, cut, named, sentence
from flexopt.exports.shown import shown
from flexopt.exports.words import ENGLISH, Words
from flexopt.store.plan import PlanDocument

LINES = 24
"""Most lines of a table; the CSV files have every row."""


def summary_report(document: PlanDocument, words: Words = ENGLISH) -> Report:
    """Headline, order, cost, access, assumptions and proof of a plan, in the order of the whole report."""
    document = shown(document)
    start, end = words.date(document.horizon.start), words.date(document.horizon.end)
    return Report(
        words("report"),
        name=named(document.name) or words("plan"),
        cover=words("cover_short", start=start, end=end),
        headline=sentence(costs.headline(document, words)),
        sections=(Section("summary", "", tuple(_parts(document, words))),),
    )


def _parts(document: PlanDocument, words: Words) -> Iterator[Part]:
    sheet, *_ = order.order_sheet(document, words)
    if isinstance(sheet, ReportTable):
        short, left = cut(sheet, LINES)
        yield short
        if left:
            yield words("and_lines", lines=words.count(left, "line"))
    else:
        yield sheet
    yield sentence(order.invoiced(document, words))
    yield costs.costs(document, words)
    baselines, notes = costs.baselines(document, words)
    yield baselines
    yield from notes
    yield sentence(changes.access_now(document, words))
    tokens = [costs.token_use(document, words), *costs.unused(document, words)]
    yield " ".join(map(sentence, tokens))
    # as the Subscriptions exports were read, otherwise those of the scenario
    read = [f.message for f in document.findings if f.code == "T320"]
    if said := read[0] if read else assumed.owned(document, words):
        yield sentence(words("summary_owned", said=said))
    yield sentence(words("assumed", clauses="; ".join(assumed.assumption_clauses(document, words))))
    yield sentence(words("summary_coverage", said=proven.coverage(document, words, where="in_plan_json")))
    yield sentence(words("summary_proof", said=proven.claim_and_bound(document, words)))
