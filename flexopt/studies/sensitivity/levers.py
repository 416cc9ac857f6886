"""Levers: what a planner can move in a scenario, one at a time, and the meaning of each value.

A price is what the organisation pays, after its negotiated discounts and before volume discounts on seats.
Moving it moves every price of the line in proportion: those of other dates, of renewals, of token tiers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from flexopt.base.money import Currency
from flexopt.inputs.rules.prices import in_force, seat_price, token_price
from flexopt.inputs.scenario.scenario import Offer, Price, Scenario, TokenTier, TokenTiers
from flexopt.inputs.scenario.use import Growth

ONE_PERCENT = Decimal("0.01")

FINE = Decimal("1e-10")
"""Digits kept by prices that move in proportion to another one; amounts due are rounded anyway."""


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
    first = _paid(scenario)[in_force_at(scenario, scenario.horizon.start)].tiers[0].price
    if first:
        step = scenario.money.unit / 100
        found.append(_price("tokens", "price per token", first, "tokens", _with_token_price, finest=step))
    found += [_buffer(scenario), _growth(scenario), *_thresholds(scenario)]
    return {lever.name: lever for lever in found}


def in_force_at(scenario: Scenario, day: date) -> int:
    """The place of the list of token tiers that applies on the day."""
    return max(0, sum(of.from_ <= day for of in scenario.tokens.tier_lists) - 1)


def tier_price(scenario: Scenario, number: int, place: int = 0) -> Lever:
    """The price per token of one tier alone, in one of the lists of tiers."""
    tier = _paid(scenario)[place].tiers[number]

    def change(scenario: Scenario, value: Decimal) -> Scenario:
        lists = _paid(scenario)
        lists[place] = _with_tier(lists[place], number, {"price": value})
        return _free(_with_lists(scenario, lists))

    name, label = _of_list(scenario, place, str(tier.from_), f"price per token from {tier.from_:,}")
    return _price(f"tier-price:{name}", label, tier.price, "", change, finest=scenario.money.unit / 100)


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
    name: str,
    label: str,
    value: Decimal,
    line: str,
    change: Callable[[Scenario, Decimal], Scenario],
    *,
    finest: Decimal,
) -> Lever:
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
    paid = listed and seat_price(scenario, offer, max(listed.from_, start))
    if listed is None or not paid:
        return None
    whole = Fraction(listed.new)

    def change(scenario: Scenario, value: Decimal) -> Scenario:
        prices = tuple(
            price.model_copy(
                update={
                    name: _fine(scenario.money, Fraction(amount) * Fraction(value) / whole)
                    for name in ("new", "renewal")
                    if (amount := getattr(price, name)) is not None
                }
            )
            for price in scenario.offer_by_id[offer.id].prices
        )
        return _with_offer(scenario, offer.id, prices)

    return _price(
        f"seat:{offer.id}", f"price of {offer.title}", paid, offer.id, change, finest=scenario.money.unit
    )


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


def _repriced(scenario: Scenario, price: Callable[[TokenTier], Decimal]) -> list[TokenTiers]:
    return [
        of.model_copy(
            update={"tiers": tuple(tier.model_copy(update={"price": price(tier)}) for tier in of.tiers)}
        )
        for of in scenario.tokens.tier_lists
    ]


def _paid(scenario: Scenario) -> list[TokenTiers]:
    """The lists of token tiers at the prices paid."""
    return _repriced(scenario, lambda tier: token_price(scenario, tier))


def _of_list(scenario: Scenario, place: int, name: str, label: str) -> tuple[str, str]:
    """Name and label of what belongs to one of several lists of tiers."""
    lists = scenario.tokens.tier_lists
    since = lists[place].from_
    return (name, label) if len(lists) == 1 else (f"{since}:{name}", f"{label}, prices of {since}")


def _with_tier(tiers: TokenTiers, number: int, update: dict[str, Decimal | int]) -> TokenTiers:
    changed = [t.model_copy(update=update) if n == number else t for n, t in enumerate(tiers.tiers)]
    return tiers.model_copy(update={"tiers": tuple(changed)})


def _with_lists(scenario: Scenario, lists: Sequence[TokenTiers]) -> Scenario:
    """The scenario with other token tiers, dated if its own are."""
    dated = isinstance(scenario.tokens.tiers[0], TokenTiers)
    tokens = scenario.tokens.model_copy(update={"tiers": tuple(lists) if dated else lists[0].tiers})
    return scenario.model_copy(update={"tokens": tokens})


def _free(scenario: Scenario) -> Scenario:
    """The scenario without a negotiated discount on tokens."""
    negotiated = scenario.negotiated.model_copy(update={"tokens": Decimal(0)})
    return scenario.model_copy(update={"negotiated": negotiated})


def _with_token_price(scenario: Scenario, value: Decimal) -> Scenario:
    """The scenario with `value` as the price of the first tier on the first day, the others in proportion."""
    paid = _free(_with_lists(scenario, _paid(scenario)))
    first = paid.tokens.tier_lists[in_force_at(paid, paid.horizon.start)].tiers[0]
    ratio = Fraction(value) / Fraction(first.price)
    return _with_lists(
        paid, _repriced(paid, lambda tier: _fine(scenario.money, Fraction(tier.price) * ratio))
    )


def _fine(money: Currency, price: Fraction) -> Decimal:
    exact = (Decimal(price.numerator) / Decimal(price.denominator)).quantize(FINE, ROUND_HALF_UP)
    whole = money.round(exact)
    return whole if whole == exact else exact.normalize()


def _buffer(scenario: Scenario) -> Lever:
    value = scenario.tokens.buffer

    def change(scenario: Scenario, value: Decimal) -> Scenario:
        return scenario.model_copy(update={"tokens": scenario.tokens.model_copy(update={"buffer": value})})

    return Lever(
        "buffer",
        "token buffer",
        value,
        ONE_PERCENT,
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
        ONE_PERCENT,
        "",
        lambda share: max(value + share, Decimal(-1)),
        change,
    )


def _thresholds(scenario: Scenario) -> Iterator[Lever]:
    """The tokens from which a tier applies, kept between its neighbours; the first is the minimum."""
    lists = scenario.tokens.tier_lists
    bought = sorted({in_force_at(scenario, day) for day in scenario.purchase_dates()})
    for place, number, tier in [(p, n, t) for p in bought for n, t in enumerate(lists[p].tiers) if n]:
        tiers = lists[place].tiers
        least = tiers[number - 1].from_ + 1
        most = tiers[number + 1].from_ - 1 if number + 1 < len(tiers) else 10 * tier.from_

        def moved(share: Decimal, tier: TokenTier = tier, least: int = least, most: int = most) -> Decimal:
            whole = (tier.from_ * (1 + share)).quantize(Decimal(1), ROUND_HALF_UP)
            return min(max(whole, Decimal(least)), Decimal(most))

        def change(scenario: Scenario, value: Decimal, place: int = place, number: int = number) -> Scenario:
            found = list(scenario.tokens.tier_lists)
            found[place] = _with_tier(found[place], number, {"from_": int(value)})
            return _with_lists(scenario, found)

        name, label = _of_list(scenario, place, str(tier.from_), f"tier from {tier.from_:,} tokens")
        yield Lever(f"tier:{name}", label, Decimal(tier.from_), Decimal(1), "", moved, change)
