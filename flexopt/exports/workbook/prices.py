"""The prices of a plan, each once: the cells from which the workbook calculates the bill."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from flexopt.exports.report.assumed import mark_of, price_by_days, price_in_force, tiers_in_force
from flexopt.exports.words import ENGLISH
from flexopt.inputs.scenario.scenario import Offer
from flexopt.store.plan import PlanDocument
from flexopt.store.rows import SeatRow


@dataclass(frozen=True, slots=True)
class PlanPrice:
    """A price in the plan: of a seat for its term, or of a token in a tier of purchases."""

    what: str
    kind: str
    since: date | None
    listed: Decimal
    price: Decimal
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
    of_tier: dict[tuple[date, int], int] = field(default_factory=dict)
    """By the first day of its list (the first of all days if it has none) and the size of its purchases."""


def prices(document: PlanDocument) -> PlanPrices:
    """Prices of the seats bought, then those of all token tiers."""
    found, known = PlanPrices(), dict[PlanPrice, int]()
    offers = document.scenario.offer_by_id
    for row in document.seats:
        if row.owned:
            found.of_seats.append(None)
            continue
        price = _of_seat(document, row, offers[row.offer])
        if price not in known:
            known[price] = len(found.listed)
            found.listed.append(price)
        found.of_seats.append(known[price])
    paid = {
        (tiers_in_force(document.scenario, row.date), row.tier_from): row.unit_price
        for row in document.purchases
    }
    discount = document.scenario.negotiated.tokens
    for since, tier in [(of.from_, tier) for of in document.scenario.tokens.tier_lists for tier in of.tiers]:
        found.of_tier[since, tier.from_] = len(found.listed)
        found.listed.append(
            PlanPrice(
                what="Flex token",
                kind=f"{tier.from_:,} or more in one purchase",
                since=since if since > date.min else None,
                listed=tier.price,
                price=paid.get((since, tier.from_), tier.price * (1 - discount)),
                source=tier.source,
                mark=mark_of(tier, ENGLISH),
                style="price",
            )
        )
    return found


def _of_seat(document: PlanDocument, row: SeatRow, offer: Offer) -> PlanPrice:
    """The price in force when the seats start, after all discounts, as in the bill."""
    entry = price_in_force(offer, row.contract_start)
    renewed = bool(row.renewed)
    if row.added:
        return PlanPrice(
            what=row.offer,
            kind=f"added {row.contract_start} until {row.contract_end}",
            since=entry.from_,
            listed=price_by_days(document, entry.new, row, offer),
            price=row.unit_price,
            source=entry.source,
            mark=mark_of(entry, ENGLISH),
            style="money",
        )
    return PlanPrice(
        what=row.offer,
        kind="renewal" if renewed else "new",
        since=entry.from_,
        listed=entry.renewal if renewed and entry.renewal is not None else entry.new,
        price=row.unit_price,
        source=entry.source,
        mark=mark_of(entry, ENGLISH),
        style="money",
    )
