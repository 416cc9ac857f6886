"""The summary of a plan, in the order of a report: headline, cost, access, assumptions, proof."""

from __future__ import annotations

from flexopt.base.text import fill, printable, text_table
from flexopt.exports.order_text import order_text
from flexopt.exports.report import ReportTable, assumed, changes, costs, order, proven
from flexopt.exports.shown import shown
from flexopt.exports.words import ENGLISH
from flexopt.store.plan import PlanDocument
from flexopt.store.tables import BASELINES

BASELINE_NAMES = {name: ENGLISH(name) for name in BASELINES}


def headline(document: PlanDocument) -> str:
    """One sentence: the saving against the first known baseline, and how many users move."""
    return costs.headline(document, ENGLISH)


def summary_text(document: PlanDocument, *, verbose: bool = False) -> str:
    """The summary for a terminal; `verbose` with the figures of the proof."""
    document = shown(document)
    horizon = document.horizon
    baselines, notes = costs.baselines(document, ENGLISH)
    parts = [
        printable(document.name or "Plan") + f", {horizon.start} to {horizon.end}",
        fill(headline(document)),
        _table(costs.costs(document, ENGLISH)),
        "\n".join([_table(baselines), *notes]),
        fill(changes.access_now(document, ENGLISH)),
        order_text(document),
        fill(order.invoiced(document, ENGLISH)),
        "\n".join(map(fill, (costs.token_use(document, ENGLISH), *costs.unused(document, ENGLISH)))),
        *_owned(document),
        fill(ENGLISH("assumed", clauses="; ".join(assumed.assumption_clauses(document, ENGLISH)))),
        fill(f"coverage: {proven.coverage(document, ENGLISH, where='in_plan_json')}"),
        fill(f"proof: {proven.claim(document, ENGLISH, details=verbose)}"),
    ]
    return "\n\n".join(parts)


def _owned(document: PlanDocument) -> list[str]:
    """The seats owned: as the Subscriptions exports were read, otherwise those of the scenario."""
    read = "; ".join(f.message for f in document.findings if f.code in ("T320", "T402"))
    said = read or assumed.owned(document, ENGLISH)
    return [fill(f"{ENGLISH('label_owned')}: {said}")] if said else []


def _table(table: ReportTable) -> str:
    return text_table(table.columns, table.rows)
