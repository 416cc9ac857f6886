"""The summary of a plan, in the order of a report: headline, cost, access, assumptions, proof."""

from __future__ import annotations

from flexopt.base.text import WIDTH, abridged, fill, printable, text_table
from flexopt.exports.report import ReportTable, assumed, changes, costs, order, proven
from flexopt.exports.shown import shown
from flexopt.exports.words import ENGLISH
from flexopt.store.plan import PlanDocument
from flexopt.store.tables import BASELINES

BASELINE_NAMES = {name: ENGLISH(name) for name in BASELINES}

LINES = 24
"""Most lines of a table on the screen; the CSV files have every row."""


def headline(document: PlanDocument) -> str:
    """One sentence: the saving against the first known baseline, and how many users move."""
    return costs.headline(document, ENGLISH)


def summary_text(document: PlanDocument) -> str:
    """The summary for a terminal."""
    document = shown(document)
    horizon = document.horizon
    baselines, notes = costs.baselines(document, ENGLISH)
    parts = [
        printable(document.name or "Plan") + f", {horizon.start} to {horizon.end}",
        fill(headline(document)),
        _table(costs.costs(document, ENGLISH)),
        "\n".join([_table(baselines), *notes]),
        fill(changes.access_now(document, ENGLISH)),
        _order(document),
        fill(order.invoiced(document, ENGLISH)),
        "\n".join(map(fill, (costs.token_use(document, ENGLISH), *costs.unused(document, ENGLISH)))),
        *_owned(document),
        fill(ENGLISH("assumed", clauses="; ".join(assumed.assumption_clauses(document, ENGLISH)))),
        fill(f"coverage: {proven.coverage(document, ENGLISH, where='in_plan_json')}"),
        fill(f"proof: {proven.claim(document, ENGLISH)}"),
    ]
    return "\n\n".join(parts)


def _order(document: PlanDocument) -> str:
    table, *_ = order.order_sheet(document, ENGLISH)
    if isinstance(table, str):
        return table
    # lines would be too long with all of it: order.csv has it
    dropped = ("until", "subscription", "each")
    for columns in (dropped[:2], dropped):
        kept = [n for n, c in enumerate(table.columns) if c not in map(ENGLISH, columns)]
        *lines, total = ([row[n] for n in kept] for row in table.rows)
        head, rows = [table.columns[n] for n in kept], [*lines[:LINES], total]
        text = text_table(head, rows)
        if (over := max(map(len, text.splitlines())) - WIDTH) <= 0:
            break
    else:
        room = max(len(row[1]) for row in rows) - over
        text = text_table(head, [[row[0], abridged(row[1], max(room, 12)), *row[2:]] for row in rows])
    return f"{text}\n... and {ENGLISH.count(len(lines) - LINES, 'line')}" if len(lines) > LINES else text


def _owned(document: PlanDocument) -> list[str]:
    """The seats owned: as the Subscriptions exports were read, otherwise those of the scenario."""
    read = "; ".join(f.message for f in document.findings if f.code in ("T320", "T402"))
    said = read or assumed.owned(document, ENGLISH)
    return [fill(f"{ENGLISH('label_owned')}: {said}")] if said else []


def _table(table: ReportTable) -> str:
    return text_table(table.columns, table.rows)
