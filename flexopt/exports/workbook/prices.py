"""The prices of a plan, each once: the cells from which the workbook calculates the bill."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from flexopt.exports.report.assumed import (
    mark_of,
    price_by_days,
    price_in_force,
    tier_lists,
    tiers_in_force,
)
from flexopt.exports.words import ENGLISH
from flexopt.store.plan_json import PlanDocument, PlanRow


@dataclass(frozen=True, slots=True)
class PlanPrice:
    """A price in the plan: of a seat for its term, or of a token in a tier of purchases."""

    what: str
    kind: str
    since: str | None
    listed: str
    price: str
    source: str
    mark: str
    style: str
    """`money` for a seat, `price` for a token."""


@dataclass(frozen=True, slots=True)
class PlanPrices:
    """All prices, and which of them each row of the bill uses."""

    listed: list[PlanPrice] = field(default_factory=list)
    of_seats: list[int | None] = field(default_factory=list)
    """For each row of `seats`; None for owned seats, which cost nothing."""
    of_tier: dict[tuple[str, int], int] = field(default_factory=dict)
    """By the first day of its list (empty if it has none) and the size of purchase from which it applies."""


def prices(document: PlanDocument) -> PlanPrices:
    """Prices of the seats bought, then those of all token tiers."""
    found, known = PlanPrices(), dict[PlanPrice, int]()
    offers = {offer["id"]: offer for offer in document["scenario"]["offers"]}
    for row in document["seats"]:
        if row["owned"]:
            found.of_seats.append(None)
            continue
        price = _of_seat(document, row, offers[row["offer"]])
        if price not in known:
            known[price] = len(found.listed)
            found.listed.append(price)
        found.of_seats.append(known[price])
    paid = {
        (tiers_in_force(document, row["date"]), row["tier_from"]): row["unit_price"]
        for row in document["purchases"]
    }
    discount = Decimal(document["scenario"]["negotiated"]["tokens"])
    for since, tier in [(since, tier) for since, tiers in tier_lists(document) for tier in tiers]:
        found.of_tier[since, tier["from"]] = len(found.listed)
        found.listed.append(
            PlanPrice(
                what="Flex token",
                kind=f"{tier['from']:,} or more in one purchase",
                since=since or None,
                listed=tier["price"],
                price=paid.get((since, tier["from"])) or format(Decimal(tier["price"]) * (1 - discount), "f"),
                source=tier["source"],
                mark=mark_of(tier, ENGLISH),
                style="price",
            )
        )
    return found


def _of_seat(document: PlanDocument, row: PlanRow, offer: PlanRow) -> PlanPrice:
    """The price in force when the seats start, after all discounts, as in the bill."""
    entry = price_in_force(offer, row["contract_start"])
    renewed = bool(row["renewed"])
    if row["added"]:
        return PlanPrice(
            what=row["offer"],
            kind=f"added {row['contract_start']} until {row['contract_end']}",
            since=entry["from"],
            listed=str(price_by_days(document, entry["new"], row, offer)),
            price=row["unit_price"],
            source=entry["source"],
            mark=mark_of(entry, ENGLISH),
            style="money",
        )
    return PlanPrice(
        what=row["offer"],
        kind="renewal" if renewed else "new",
        since=entry["from"],
        listed=entry["renewal"] if renewed and entry["renewal"] is not None else entry["new"],
        price=row["unit_price"],
        source=entry["source"],
        mark=mark_of(entry, ENGLISH),
        style="money",
    )
