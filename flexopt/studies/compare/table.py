"""The comparison as data: the key `comparison` of plan.json, from the plans' documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from flexopt.base.dates import most_at_once
from flexopt.base.money import Currency
from flexopt.planning.planner import Plan
from flexopt.planning.quotes import labels_of
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
    labels = labels_of({id_: d.scenario.label for id_, d in documents.items()})
    today = _access(first)
    changes = {id_: _changes(today, _access(d)) if d is not first else [] for id_, d in documents.items()}
    money = Currency(first.currency)
    return ComparisonPart(
        currency=first.currency,
        scenarios=tuple(
            _scenario(id_, label, d, first, changes[id_])
            for (id_, d), label in zip(documents.items(), labels, strict=True)
        ),
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
    id_: str, label: str, document: PlanDocument, first: PlanDocument, changes: Sequence[Mapping[str, str]]
) -> Quote:
    summary, proof = document.summary, document.proof
    money = ("seats", "tokens", "commitment")
    counts = ("annual_seats", "monthly_seats", "seat_months", "seats_owned")
    tokens = ("tokens_bought", *TOKEN_FIGURES, "effective_token_price")
    return Quote(
        id=id_,
        label=label,
        name=document.name,
        status=document.status,
        total=document.total,
        bound=proof.bound,
        gap=proof.gap,
        **{name: getattr(summary, name) for name in (*money, *counts, *tokens)},
        difference=document.total - first.total,
        users_changed=len({change["user"] for change in changes}),
        offers=_offers(document),
        purchases=tuple(
            QuotePurchase(**{name: getattr(row, name) for name in QuotePurchase.model_fields})
            for row in document.purchases
        ),
    )


def _offers(document: PlanDocument) -> tuple[QuoteOffer, ...]:
    """The most seats at once, bought or owned, by offer, in the order of the scenario's offers."""
    seats: defaultdict[str, list[tuple[date, date, int]]] = defaultdict(list)
    cost: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in document.seats:
        count = row.owned + row.renewed + row.new + row.added
        seats[row.offer].append((row.contract_start, row.contract_end, count))
        cost[row.offer] += row.cost
    return tuple(
        QuoteOffer(offer=o.id, name=o.title, seats=most_at_once(seats[o.id]), cost=cost[o.id])
        for o in document.scenario.offers
        if o.id in seats
    )


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
