"""The scenario and the holdings of a plan belong together."""

from __future__ import annotations

from collections import Counter

from flexopt.audit.notes import Notes
from flexopt.store.plan import PlanDocument


def inventory(doc: PlanDocument, notes: Notes) -> None:
    """Names in the scenario exist, holdings are its own, seats in full outlast the horizon."""
    scenario = doc.scenario
    products = {product.id for product in scenario.products}
    for offer in scenario.offers:
        notes.expect(
            set(offer.covers) <= products,
            f"`scenario.offers` has {offer.id}, which covers an unknown product",
        )
    for rule in scenario.policy.rules:
        notes.expect(
            rule.product is None or rule.product in products, "`scenario.policy.rules` has an unknown product"
        )
    if not scenario.subscriptions:
        start = scenario.horizon.start  # seats that ended lately can be renewed then
        stated = (h.model_copy(update={"ends": max(h.ends, start)}) for h in scenario.holdings)
        more = Counter(doc.holdings) - Counter(stated)
        notes.expect(not more, "`holdings` has seats that `scenario.holdings` does not have")
    for number, row in enumerate(doc.seats):
        notes.expect(
            not row.in_full or row.contract_end > doc.horizon.end,
            f"`seats[{number}].in_full` is {row.in_full}, but the contract does not outlast the horizon",
        )
