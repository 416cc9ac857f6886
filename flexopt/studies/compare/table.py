"""The comparison as data: the key `comparison` of plan.json, from the plans' documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from flexopt.base.money import Currency
from flexopt.planning.planner import Plan
from flexopt.store.plan import PlanDocument
from flexopt.store.study_parts import (
    AccessChange,
    ComparisonPart,
    Quote,
    QuoteDrivers,
    QuoteOffer,
    QuotePurchase,
    RegretNote,
)
from flexopt.store.tables import DRIVERS, TOKEN_FIGURES
from flexopt.studies.compare.drivers import Drivers

OffersByPair = dict[tuple[str, str], str]
"""By user and product: offers joined by ` + `, then `Flex`."""


def make_comparison(
    plans: Mapping[str, Plan],
    regret: Sequence[Sequence[Decimal | None]],
    notes: Sequence[RegretNote],
    drivers: Mapping[str, Drivers],
) -> ComparisonPart:
    """How the plans differ; the first is the baseline."""
    documents = {id_: plan.document for id_, plan in plans.items()}
    first = next(iter(documents.values()))
    today = _access(first)
    changes = {id_: _changes(today, _access(d)) if d is not first else [] for id_, d in documents.items()}
    money = Currency(first.currency)
    return ComparisonPart(
        currency=first.currency,
        scenarios=tuple(_scenario(id_, d, first, changes[id_]) for id_, d in documents.items()),
        cheapest=min(documents, key=lambda id_: documents[id_].total),
        regret=tuple(tuple(None if cell is None else money.round(cell) for cell in row) for row in regret),
        notes=tuple(notes),
        drivers=tuple(
            QuoteDrivers(
                scenario=id_, **{name: money.round(getattr(d, name)) for name in (*DRIVERS, "difference")}
            )
            for id_, d in drivers.items()
        ),
        changes=tuple(
            AccessChange(scenario=id_, **change) for id_, rows in changes.items() for change in rows
        ),
    )


def _scenario(
    id_: str, document: PlanDocument, first: PlanDocument, changes: Sequence[Mapping[str, str]]
) -> Quote:
    summary, proof = document.summary, document.proof
    money = ("seats", "tokens", "commitment")
    counts = ("seats_bought", "seats_owned", "tokens_bought", *TOKEN_FIGURES)
    return Quote(
        id=id_,
        name=document.name,
        status=document.status,
        total=document.total,
        bound=proof.bound,
        gap=proof.gap,
        **{name: getattr(summary, name) for name in (*money, *counts, "effective_token_price")},
        difference=document.total - first.total,
        users_changed=len({change["user"] for change in changes}),
        offers=_offers(document),
        purchases=tuple(
            QuotePurchase(**{name: getattr(row, name) for name in QuotePurchase.model_fields})
            for row in document.purchases
        ),
    )


def _offers(document: PlanDocument) -> tuple[QuoteOffer, ...]:
    """Seats bought or owned by offer, in the order of the scenario's offers."""
    seats: defaultdict[str, int] = defaultdict(int)
    cost: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in document.seats:
        seats[row.offer] += row.owned + row.renewed + row.new + row.added
        cost[row.offer] += row.cost
    order = [offer.id for offer in document.scenario.offers]
    return tuple(QuoteOffer(offer=o, seats=seats[o], cost=cost[o]) for o in order if o in seats)


def _access(document: PlanDocument) -> OffersByPair:
    """The access of every user to every product over the horizon."""
    columns = document.assignment.columns
    found: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    cells = (columns[name].array().tolist() for name in ("user", "product", "offer"))
    for user, product, offer in zip(*cells, strict=True):
        found[user, product][offer] = None
    # Flex has no offer
    return {
        key: " + ".join([*(o for o in offers if o), *(["Flex"] if "" in offers else [])])
        for key, offers in found.items()
    }


def _changes(before: OffersByPair, after: OffersByPair) -> list[dict[str, str]]:
    """Users and products whose access differs from before; an empty text is no access."""
    keys = sorted({*before, *after})
    pairs = [(*key, before.get(key, ""), after.get(key, "")) for key in keys]
    return [
        {"user": user, "product": product, "before": old, "after": new}
        for user, product, old, new in pairs
        if old != new
    ]
