"""The comparison as data: the key `comparison` of plan.json, from the plans' documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flexopt.base.columns import ColumnTable
from flexopt.base.dates import most_at_once
from flexopt.base.money import Currency
from flexopt.planning.planner import Plan
from flexopt.planning.quotes import labels_of
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
    labels = labels_of({id_: d["scenario"]["label"] for id_, d in documents.items()})
    today = _access(first)
    changes = {id_: _changes(today, _access(d)) if d is not first else [] for id_, d in documents.items()}
    money = Currency(first["currency"])
    return {
        "currency": first["currency"],
        "scenarios": [
            _scenario(id_, label, d, first, changes[id_])
            for (id_, d), label in zip(documents.items(), labels, strict=True)
        ],
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
    id_: str, label: str, document: PlanDocument, first: PlanDocument, changes: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    summary, proof = document["summary"], document["proof"]
    money = ("seats", "tokens", "commitment")
    counts = ("annual_seats", "monthly_seats", "seat_months", "seats_owned")
    tokens = ("tokens_bought", *TOKEN_FIGURES, "effective_token_price")
    return {
        "id": id_,
        "label": label,
        "name": document["name"],
        "status": document["status"],
        "total": document["total"],
        "bound": proof["bound"],
        "gap": proof["gap"],
        **{name: summary[name] for name in (*money, *counts, *tokens)},
        "difference": str(Decimal(document["total"]) - Decimal(first["total"])),
        "users_changed": len({change["user"] for change in changes}),
        "offers": _offers(document),
        "purchases": [
            {name: row[name] for name in ("date", "tokens", "unit_price", "cost")}
            for row in document["purchases"]
        ],
    }


def _offers(document: PlanDocument) -> list[dict[str, Any]]:
    """The most seats at once, bought or owned, by offer, in the order of the scenario's offers."""
    seats: defaultdict[str, list[tuple[str, str, int]]] = defaultdict(list)
    cost: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in document["seats"]:
        count = row["owned"] + row["renewed"] + row["new"] + row["added"]
        seats[row["offer"]].append((row["contract_start"], row["contract_end"], count))
        cost[row["offer"]] += Decimal(row["cost"])
    return [
        {
            "offer": id_,
            "name": offer["name"].strip() or id_,
            "seats": most_at_once(seats[id_]),
            "cost": str(cost[id_]),
        }
        for offer in document["scenario"]["offers"]
        if (id_ := offer["id"]) in seats
    ]


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
