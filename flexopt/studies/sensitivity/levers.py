"""Levers: what a planner can move in a scenario, one at a time, and the meaning of each value.

A price is what the organisation pays, after its negotiated discounts and before volume discounts on seats.
Moving it moves every price of the line in proportion: those of other dates, of renewals, of token tiers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from flexopt.base.money import CENT, cents
from flexopt.inputs.rules.prices import in_force, seat_price, token_price
from flexopt.inputs.scenario.scenario import Growth, Offer, Price, Scenario, TokenTier

TOKEN_STEP = Decimal("0.0001")
"""The finest step of a token price."""

ONE_PERCENT = Decimal("0.01")

FINE = Decimal("1e-10")
"""Digits kept by prices that move in proportion to another one; amounts due are whole cents anyway."""


@dataclass(frozen=True, slots=True)
class Lever:
    """A quantity that can be moved.

    `value` is that of the scenario; `finest` the smallest step; `line` the offer, "tokens", or "" if it is
    not the price of a line; `moved(share)` the value that far down or up: 0.10 is a tenth of a price or of a
    threshold, ten points of a buffer or a growth.
    """

    name: str
    label: str
    value: Decimal
    finest: Decimal
    line: str
    moved: Callable[[Decimal], Decimal]
    change: Callable[[Scenario, Decimal], Scenario]

    def apply(self, scenario: Scenario, value: Decimal) -> Scenario:
        """The scenario with this value; at its own value it is returned unchanged, without rounding."""
        return scenario if value == self.value else self.change(scenario, value)

    @property
    def seat(self) -> bool:
        """Whether this is the price of an offer."""
        return self.name.startswith("seat:")


def levers_of(scenario: Scenario) -> dict[str, Lever]:
    """All levers of the scenario by name: seats by offer, tokens, buffer, growth, thresholds of tiers.

    An offer or token that costs nothing, or has no price in the horizon, has no lever.
    """
    found = [lever for offer in scenario.offers if (lever := _seat(scenario, offer)) is not None]
    first = _paid(scenario)[0].price
    if first:
        found.append(_price("tokens", "price per token", first, "tokens", _with_token_price))
    found += [_buffer(scenario), _growth(scenario), *_thresholds(scenario)]
    return {lever.name: lever for lever in found}


def tier_price(scenario: Scenario, number: int) -> Lever:
    """The price per token of one tier alone."""
    tier = _paid(scenario)[number]

    def change(scenario: Scenario, value: Decimal) -> Scenario:
        tiers = _paid(scenario)
        tiers[number] = tiers[number].model_copy(update={"price": value})
        return _with_tiers(scenario, tiers)

    label = f"price per token from {tier.from_:,}"
    return _price(f"tier-price:{tier.from_}", label, tier.price, "", change)


def without(scenario: Scenario, line: str) -> Scenario:
    """The scenario in which the offer, or tokens, cannot be bought; holdings stay."""
    if line == "tokens":
        return scenario.model_copy(update={"tokens": scenario.tokens.model_copy(update={"max_purchases": 0})})
    return _with_offer(scenario, line, ())


def one_percent_off(scenario: Scenario, line: str) -> Scenario | None:
    """One more percent of the list price off the offer, or the tokens; None if the price is already zero."""
    negotiated = scenario.negotiated
    if line == "tokens":
        discount = negotiated.tokens + ONE_PERCENT
        changed = negotiated.model_copy(update={"tokens": discount})
    else:
        discount = negotiated.offers.get(line, negotiated.seats) + ONE_PERCENT
        changed = negotiated.model_copy(update={"offers": negotiated.offers | {line: discount}})
    return scenario.model_copy(update={"negotiated": changed}) if discount < 1 else None


def _price(
    name: str, label: str, value: Decimal, line: str, change: Callable[[Scenario, Decimal], Scenario]
) -> Lever:
    finest = CENT if name.startswith("seat:") else TOKEN_STEP

    def moved(share: Decimal) -> Decimal:
        return max((value * (1 + share)).quantize(finest, ROUND_HALF_UP), Decimal(0))

    # at its own value nothing is recalculated or rounded
    return Lever(name, label, value, finest, line, moved, change)


def _seat(scenario: Scenario, offer: Offer) -> Lever | None:
    """The price of a new seat on the first day of the horizon on which there is one."""
    start, end = scenario.horizon.start, scenario.horizon.end
    listed = in_force(offer.prices, start) or min(
        (p for p in offer.prices if p.from_ < end), key=lambda p: p.from_, default=None
    )
    paid = listed and seat_price(offer, scenario.negotiated, max(listed.from_, start))
    if listed is None or not paid:
        return None
    whole = Fraction(listed.new)

    def change(scenario: Scenario, value: Decimal) -> Scenario:
        prices = tuple(
            price.model_copy(
                update={
                    name: _fine(Fraction(amount) * Fraction(value) / whole)
                    for name in ("new", "renewal")
                    if (amount := getattr(price, name)) is not None
                }
            )
            for price in scenario.offer_by_id[offer.id].prices
        )
        return _with_offer(scenario, offer.id, prices)

    return _price(f"seat:{offer.id}", f"price of {offer.id}", paid, offer.id, change)


def _with_offer(scenario: Scenario, offer: str, prices: tuple[Price, ...]) -> Scenario:
    """The scenario with other prices of the offer, free of further discounts."""
    negotiated = scenario.negotiated
    return scenario.model_copy(
        update={
            "offers": tuple(
                o.model_copy(update={"prices": prices}) if o.id == offer else o for o in scenario.offers
            ),
            "negotiated": negotiated.model_copy(update={"offers": negotiated.offers | {offer: Decimal(0)}}),
        }
    )


def _paid(scenario: Scenario) -> list[TokenTier]:
    """The token tiers at the prices paid."""
    return [
        tier.model_copy(update={"price": token_price(tier, scenario.negotiated)})
        for tier in scenario.tokens.tiers
    ]


def _with_tiers(scenario: Scenario, tiers: list[TokenTier]) -> Scenario:
    """The scenario with other token tiers, free of further discounts."""
    return scenario.model_copy(
        update={
            "tokens": scenario.tokens.model_copy(update={"tiers": tuple(tiers)}),
            "negotiated": scenario.negotiated.model_copy(update={"tokens": Decimal(0)}),
        }
    )


def _with_token_price(scenario: Scenario, value: Decimal) -> Scenario:
    """The scenario with `value` as the price of the first tier, the others in proportion."""
    tiers = _paid(scenario)
    ratio = Fraction(value) / Fraction(tiers[0].price)
    return _with_tiers(
        scenario,
        [tier.model_copy(update={"price": _fine(Fraction(tier.price) * ratio)}) for tier in tiers],
    )


def _fine(price: Fraction) -> Decimal:
    exact = (Decimal(price.numerator) / Decimal(price.denominator)).quantize(FINE, ROUND_HALF_UP)
    return cents(exact) if exact == cents(exact) else exact.normalize()


def _buffer(scenario: Scenario) -> Lever:
    value = scenario.tokens.buffer

    def change(scenario: Scenario, value: Decimal) -> Scenario:
        return scenario.model_copy(update={"tokens": scenario.tokens.model_copy(update={"buffer": value})})

    return Lever(
        "buffer",
        "token buffer",
        value,
        CENT,
        "",
        lambda share: max(value + share, Decimal(0)),
        change,
    )


def _growth(scenario: Scenario) -> Lever:
    """The general growth; the growth of products and groups moves by the same number of points."""
    value = scenario.demand.growth.default

    def change(scenario: Scenario, to: Decimal) -> Scenario:
        growth, points = scenario.demand.growth, to - value
        moved = Growth(
            default=to,
            products={name: max(g + points, Decimal(-1)) for name, g in growth.products.items()},
            groups={name: max(g + points, Decimal(-1)) for name, g in growth.groups.items()},
        )
        return scenario.model_copy(update={"demand": scenario.demand.model_copy(update={"growth": moved})})

    return Lever(
        "growth",
        "growth of demand",
        value,
        CENT,
        "",
        lambda share: max(value + share, Decimal(-1)),
        change,
    )


def _thresholds(scenario: Scenario) -> Iterator[Lever]:
    """The tokens from which a tier applies, kept between its neighbours; the first is the minimum."""
    tiers = scenario.tokens.tiers
    for number, tier in enumerate(tiers[1:], 1):
        least = tiers[number - 1].from_ + 1
        most = tiers[number + 1].from_ - 1 if number + 1 < len(tiers) else 10 * tier.from_

        def moved(share: Decimal, tier: TokenTier = tier, least: int = least, most: int = most) -> Decimal:
            whole = (tier.from_ * (1 + share)).quantize(Decimal(1), ROUND_HALF_UP)
            return min(max(whole, Decimal(least)), Decimal(most))

        def change(scenario: Scenario, value: Decimal, number: int = number) -> Scenario:
            found = list(scenario.tokens.tiers)
            found[number] = found[number].model_copy(update={"from_": int(value)})
            tokens = scenario.tokens.model_copy(update={"tiers": tuple(found)})
            return scenario.model_copy(update={"tokens": tokens})

        label = f"tier from {tier.from_:,} tokens"
        yield Lever(f"tier:{tier.from_}", label, Decimal(tier.from_), Decimal(1), "", moved, change)
