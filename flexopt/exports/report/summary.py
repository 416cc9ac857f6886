"""A plan in short, for a terminal: the report's own parts without the long tables."""

from __future__ import annotations

from collections.abc import Iterator

from flexopt.exports.report import assumed, changes, costs, order, proven
from flexopt.exports.report.order_by_day import order_by_day
from flexopt.exports.report.parts import Part, Report, Section, named, sentence
from flexopt.exports.shown import shown
from flexopt.exports.words import ENGLISH, Words
from flexopt.store.plan import PlanDocument


def summary_report(document: PlanDocument, words: Words = ENGLISH, *, verbose: bool = False) -> Report:
    """Headline, order, cost, access, assumptions and proof of a plan; `verbose` with the proof's figures."""
    document = shown(document)
    start, end = words.date(document.horizon.start), words.date(document.horizon.end)
    return Report(
        words("report"),
        name=named(document.name) or words("plan"),
        cover=words("cover_short", start=start, end=end),
        headline=sentence(costs.headline(document, words)),
        sections=(Section("summary", "", tuple(_parts(document, words, verbose=verbose))),),
    )


def _parts(document: PlanDocument, words: Words, *, verbose: bool) -> Iterator[Part]:
    yield from order_by_day(document, words)
    yield sentence(order.invoiced(document, words))
    yield costs.costs(document, words)
    baselines, notes = costs.baselines(document, words)
    yield baselines
    yield from notes
    yield sentence(changes.access_now(document, words))
    tokens = [costs.token_use(document, words), *costs.unused(document, words)]
    yield " ".join(map(sentence, tokens))
    # as the Subscriptions exports were read, otherwise those of the scenario
    read = "; ".join(f.message for f in document.findings if f.code in ("T320", "T402"))
    if said := read or assumed.owned(document, words):
        yield sentence(words("summary_owned", said=said))
    yield sentence(words("assumed", clauses="; ".join(assumed.assumption_clauses(document, words))))
    yield sentence(words("summary_coverage", said=proven.coverage(document, words, where="in_plan_json")))
    yield sentence(words("summary_proof", said=proven.claim_in_short(document, words, figures=verbose)))
