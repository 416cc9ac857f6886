"""The summary of a plan, in the order of a report: headline, cost, access, assumptions, proof."""

from __future__ import annotations

from flexopt.base.text import fill, printable, text_table
from flexopt.exports.report import ReportTable, assumed, changes, costs, proven
from flexopt.exports.words import ENGLISH
from flexopt.store.plan_json import PlanDocument
from flexopt.store.tables import BASELINES

BASELINE_NAMES = {name: ENGLISH(name) for name in BASELINES}

LINES = 24
"""Most lines of a table on the screen; the CSV files have every row."""


def headline(document: PlanDocument) -> str:
    """One sentence: the saving against the first known baseline, and how many users move."""
    return costs.headline(document, ENGLISH)


def summary_text(document: PlanDocument) -> str:
    """The summary for a terminal."""
    horizon = document["horizon"]
    baselines, notes = costs.baselines(document, ENGLISH)
    parts = [
        printable(document["name"] or "Plan") + f", {horizon['start']} to {horizon['end']}",
        fill(headline(document)),
        _table(costs.costs(document, ENGLISH)),
        "\n".join([_table(baselines), *notes]),
        fill(changes.access_now(document, ENGLISH)),
        _seats(document),
        _packs(document),
        *_owned(document),
        fill(ENGLISH("assumed", clauses="; ".join(assumed.assumption_clauses(document, ENGLISH)))),
        fill(f"coverage: {proven.coverage(document, ENGLISH, where='in_plan_json')}"),
        fill(f"proof: {proven.claim(document, ENGLISH)}"),
    ]
    return "\n\n".join(parts)


def _seats(document: PlanDocument) -> str:
    first, *notes = costs.seats(document, ENGLISH)
    if isinstance(first, str):
        return first
    # the ids of subscriptions are in seats.csv: with them, lines would be too long
    shown = [c for c in first.columns if c != ENGLISH("subscription")]
    lines = [row[: len(shown)] for i, row in enumerate(first.rows) if i not in first.sums]
    # "renewal", "new" and "owned" need no label
    text = text_table(["" if c == ENGLISH("kind") else c for c in shown], lines[:LINES])
    if len(lines) > LINES:
        text += f"\n... and {ENGLISH.count(len(lines) - LINES, 'line')}"
    return "\n".join([text, *map(str, notes)])


def _owned(document: PlanDocument) -> list[str]:
    """The seats owned: as the Subscriptions exports were read, otherwise those of the scenario."""
    read = [f["message"] for f in document["findings"] if f["code"] == "T320"]
    said = read[0] if read else assumed.owned(document, ENGLISH)
    return [fill(f"{ENGLISH('label_owned')}: {said}")] if said else []


def _packs(document: PlanDocument) -> str:
    table, use = costs.packs(document, ENGLISH), fill(costs.token_use(document, ENGLISH))
    use = "\n".join([use, *map(fill, costs.unused(document, ENGLISH))])
    if table is None:
        return use
    lines = [row for i, row in enumerate(table.rows) if i not in table.sums]
    text = text_table(table.columns, lines[:LINES])
    if len(lines) > LINES:
        text += f"\n... and {len(lines) - LINES:,} more in purchases.csv"
    return f"{text}\n{use}"


def _table(table: ReportTable) -> str:
    return text_table(table.columns, table.rows)
