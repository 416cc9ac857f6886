"""The comparison as data: the key `comparison` of plan.json, from the plans' documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flexopt.base.columns import ColumnTable
from flexopt.base.money import Currency
from flexopt.planning.planner import Plan
from flexopt.store.plan_json import PlanDocument
from flexopt.store.tables import TOKEN_FIGURES
from flexopt.studies.compare.drivers import Drivers

OffersByPair = dict[tuple[str, str], str]
"""By user and product: offers joined by ` + `, then `Flex`."""


def make_comparison(
    plans: Mapping[str, Plan],
    regret: Sequence[Sequence[Decimal | None]],
    notes: Sequence[Mapping[str, str]],
    drivers: Mapping[str, Drivers],
) -> dict[str, Any]:
    """How the plans differ; the first is the baseline. Money as decimal strings, as in plan.json."""
    documents = {id_: plan.document for id_, plan in plans.items()}
    first = next(iter(documents.values()))
    today = _access(first)
    changes = {id_: _changes(today, _access(d)) if d is not first else [] for id_, d in documents.items()}
    money = Currency(first["currency"])
    return {
        "currency": first["currency"],
        "scenarios": [_scenario(id_, d, first, changes[id_]) for id_, d in documents.items()],
        "cheapest": min(documents, key=lambda id_: Decimal(documents[id_]["total"])),
        "regret": [[None if cell is None else str(money.round(cell)) for cell in row] for row in regret],
        "notes": [dict(note) for note in notes],
        "drivers": [
            {
                "scenario": id_,
                **{
                    name: str(money.round(getattr(d, name)))
                    for name in ("seat_price", "token_price", "tier", "mix", "difference")
                },
            }
            for id_, d in drivers.items()
        ],
        "changes": [{"scenario": id_, **change} for id_, rows in changes.items() for change in rows],
    }


def _scenario(
    id_: str, document: PlanDocument, first: PlanDocument, changes: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    summary, proof = document["summary"], document["proof"]
    money = ("seats", "tokens", "commitment")
    counts = ("seats_bought", "seats_owned", "tokens_bought", *TOKEN_FIGURES)
    return {
        "id": id_,
        "name": document["name"],
        "status": document["status"],
        "total": document["total"],
        "bound": proof["bound"],
        "gap": proof["gap"],
        **{name: summary[name] for name in (*money, *counts, "effective_token_price")},
        "difference": str(Decimal(document["total"]) - Decimal(first["total"])),
        "users_changed": len({change["user"] for change in changes}),
        "offers": _offers(document),
        "purchases": [
            {name: row[name] for name in ("date", "tokens", "unit_price", "cost")}
            for row in document["purchases"]
        ],
    }


def _offers(document: PlanDocument) -> list[dict[str, Any]]:
    """Seats bought or owned by offer, in the order of the scenario's offers."""
    seats: defaultdict[str, int] = defaultdict(int)
    cost: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in document["seats"]:
        seats[row["offer"]] += row["owned"] + row["renewed"] + row["new"] + row["added"]
        cost[row["offer"]] += Decimal(row["cost"])
    order = [offer["id"] for offer in document["scenario"]["offers"]]
    return [{"offer": o, "seats": seats[o], "cost": str(cost[o])} for o in order if o in seats]


def _access(document: PlanDocument) -> OffersByPair:
    """The access of every user to every product over the horizon."""
    columns = ColumnTable.of(document["assignment"], ("user", "product", "offer")).columns
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
