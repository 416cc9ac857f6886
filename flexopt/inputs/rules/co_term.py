"""Co-termed additions: seats that join a contract of their offer, end with it, and are priced by days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from flexopt.base.dates import add_months
from flexopt.inputs.rules.prices import seat_price
from flexopt.inputs.scenario.scenario import Holding, Offer, Scenario


def ends_to_join(offer: Offer, holdings: Sequence[Holding], day: date) -> list[date]:
    """The ends of the contracts of the offer that seats bought on the day can join, sorted.

    A date in `co_term` is that of the only one; otherwise they are those of the holdings live on the day.
    """
    if isinstance(offer.co_term, date):
        return [offer.co_term] if day < offer.co_term else []
    mine = (h for h in holdings if h.offer == offer.id)
    return sorted({h.ends for h in mine if day < h.ends and (h.from_ is None or h.from_ <= day)})


def joining(offer: Offer, holdings: Sequence[Holding], day: date) -> date | None:
    """The end of the contract that new seats of the day join; None if they have a term of their own."""
    ends = ends_to_join(offer, holdings, day) if offer.co_term else []
    return ends[0] if len(ends) == 1 else None


def added_seat_price(scenario: Scenario, offer: Offer, day: date, end: date) -> Decimal | None:
    """Price of a seat from the day to the end of its contract, in whole minor units; None before a price.

    It is the price of a new seat, times the days left, over the days of the term that ends with the contract.
    """
    price = seat_price(scenario, offer, day)
    term = (end - add_months(end, -offer.term_months)).days
    return None if price is None else scenario.money.round(Fraction(price) * Fraction((end - day).days, term))


@dataclass(frozen=True, slots=True)
class AddedSeats:
    """Seats that the scenario adds on a day, at a price each; they are renewable when their contract ends."""

    offer: Offer
    quantity: int
    start: date
    end: date
    price: Decimal


def stated_additions(scenario: Scenario, holdings: Sequence[Holding]) -> list[AddedSeats]:
    """The additions of the scenario, those of one offer and one term together.

    What the checks refuse (no contract to join, no price, not in the horizon) is left out.
    """
    found: dict[tuple[str, date, date], int] = {}
    offers = scenario.offer_by_id
    for added in scenario.additions:
        ends = [added.ends] if added.ends else ends_to_join(offers[added.offer], holdings, added.from_)
        if len(ends) == 1 and scenario.horizon.start <= added.from_ < scenario.horizon.end:
            key = added.offer, added.from_, ends[0]
            found[key] = found.get(key, 0) + added.quantity
    return [
        AddedSeats(offers[offer], quantity, start, end, price)
        for (offer, start, end), quantity in sorted(found.items())
        if (price := added_seat_price(scenario, offers[offer], start, end)) is not None
    ]
