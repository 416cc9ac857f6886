"""Which dated price, rate or discount is in force, and what a seat or a token costs the organisation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Protocol, TypeVar

from flexopt.base.dates import overlap_days
from flexopt.inputs.scenario.scenario import Offer, Product, Scenario, Tokens, TokenTier


class _Dated(Protocol):
    @property
    def from_(self) -> date: ...


T = TypeVar("T", bound=_Dated)


def in_force(dated: Sequence[T], day: date) -> T | None:
    """The last entry that starts on or before `day`."""
    return max((d for d in dated if d.from_ <= day), key=lambda d: d.from_, default=None)


def rate_on(product: Product, day: date) -> Decimal | None:
    """Tokens for a chargeable day that starts on `day`; None if the product is not on Flex then."""
    rate = in_force(product.rates, day) if product.flex else None
    return rate.tokens if rate else None


def seat_price(
    scenario: Scenario,
    offer: Offer,
    day: date,
    *,
    renewal: bool = False,
    tier_discount: Decimal = Decimal(0),
) -> Decimal | None:
    """Price of a seat for its whole term, in whole minor units, if it starts on `day`; None before a price.

    The negotiated discount of the offer (or the general one) is deducted first, then the tier's.
    """
    price = in_force(offer.prices, day)
    if price is None:
        return None
    listed = price.renewal if renewal and price.renewal is not None else price.new
    discount = scenario.negotiated.offers.get(offer.id, scenario.negotiated.seats)
    return scenario.money.round(listed * (1 - discount) * (1 - tier_discount))


def price_in_horizon(scenario: Scenario, price: Decimal, start: date, end: date) -> Decimal:
    """The share of a seat's price for its days in the horizon, rounded; its term is [start, end)."""
    days = overlap_days(start, end, scenario.horizon.start, scenario.horizon.end)
    return scenario.money.round(Fraction(price) * Fraction(days, (end - start).days))


def tiers_on(tokens: Tokens, day: date) -> tuple[TokenTier, ...]:
    """The tiers of a purchase on that day; before the first list of tiers, those of that list."""
    lists = tokens.tier_lists
    return (in_force(lists, day) or lists[0]).tiers


def token_price(scenario: Scenario, tier: TokenTier) -> Decimal:
    """Price of one token of the tier after the negotiated discount, not rounded."""
    return scenario.money.shown(tier.price * (1 - scenario.negotiated.tokens))


def rounded_off(scenario: Scenario, day: date) -> Fraction:
    """The most that rounding takes off the invoice of a purchase on the day, whatever its size."""
    step = scenario.tokens.increment
    return max(
        scenario.money.rounded_off(token_price(scenario, t) * step) for t in tiers_on(scenario.tokens, day)
    )
