"""Numbers that are valid and probably not what was meant: each is a warning that says what was read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from flexopt.base.text import count
from flexopt.inputs.rules.prices import in_force
from flexopt.inputs.scenario.checking import ScenarioCheck, tier_lists
from flexopt.inputs.scenario.yaml import KeyPath

_LARGE = Decimal("0.5")
"""Discounts are shares; few are above a half."""
_DEAR = 100
"""A token costs a few units of any currency it is sold in."""
_LARGE_NUMBERS = ("new", "renewal", "amount", "tokens", "monthly_tokens")
_LIKE_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")


def _thousands(run: ScenarioCheck) -> None:
    """S171: `2.310` is two and a bit, but looks like thousands."""
    for path, value in _numbers(run.resolved.data, ()):
        key, text = path[-1], str(value)
        if key in ("new", "renewal", "amount", "tokens", "monthly_tokens") and _LIKE_THOUSANDS.fullmatch(
            text
        ):
            whole = text.replace(".", "")
            run.say(
                "S171",
                path,
                f"`{text}` was read as {value.normalize():f}; it looks like {int(whole):,}",
                f"write `{key}: {whole}`, or with fewer decimals if {value.normalize():f} is meant",
                severity="warning",
                value=text,
            )


def _numbers(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Decimal]]:
    if isinstance(value, Decimal):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _numbers(inner, (*path, index))


def _seat_or_day(run: ScenarioCheck) -> None:
    """S172: a seat that costs less than one day of its products on tokens, or a token of a hundred."""
    scenario = run.scenario
    for path, tiers in tier_lists(run):
        if (tier := tiers[0]).price >= _DEAR:
            run.say(
                "S172",
                (*path, 0, "price"),
                f"one token costs {tier.price:,}",
                "check the price: it is that of a single token, not of a pack",
                severity="warning",
                value=tier.price,
            )
    token = min(t.price for _, tiers in tier_lists(run) for t in tiers) * (1 - scenario.negotiated.tokens)
    in_use = {p.id: in_force(p.rates, run.start) for p in scenario.products if p.flex}
    rates = {product: rate.tokens for product, rate in in_use.items() if rate is not None}
    for number, offer in enumerate(scenario.offers):
        day, product = min(((rates[p] * token, p) for p in offer.covers if p in rates), default=(0, ""))
        for index, price in enumerate(offer.prices):
            if 0 < price.new < day and not _LIKE_THOUSANDS.fullmatch(str(price.new)):
                run.say(
                    "S172",
                    ("offers", number, "prices", index, "new"),
                    f"a seat for {count(offer.term_months, 'month')} costs {price.new:,}, a day of {product} "
                    f"on tokens {scenario.money.round(day):,} ({rates[product]:f} tokens at {token:f})",
                    "check the price of the seat, the tokens of a day and the price of a token",
                    severity="warning",
                    value=price.new,
                )


def _shares(run: ScenarioCheck) -> None:
    """S173: discounts and growth that look like a whole number of percent, or like what is left to pay."""
    for path, share in _discounts(run):
        if share > _LARGE:
            run.say(
                "S173",
                path,
                f"a discount of {share * 100:f} %",
                f"if {(1 - share) * 100:f} % was meant, write `{path[-1]}: {1 - share:f}`",
                severity="warning",
                value=share,
            )
    growth = run.scenario.demand.growth
    listed: list[tuple[KeyPath, Decimal]] = [(("demand", "growth", "default"), growth.default)]
    listed += [(("demand", "growth", "products", k), v) for k, v in growth.products.items()]
    listed += [(("demand", "growth", "groups", k), v) for k, v in growth.groups.items()]
    for path, share in listed:
        if share > 1:
            run.say(
                "S173",
                path,
                f"{share * 100:f} % more days",
                f"if {share:f} % was meant, write `{path[-1]}: {share / 100:f}`",
                severity="warning",
                value=share,
            )


def _discounts(run: ScenarioCheck) -> Iterator[tuple[KeyPath, Decimal]]:
    negotiated = run.scenario.negotiated
    yield ("negotiated", "seats"), negotiated.seats
    yield ("negotiated", "tokens"), negotiated.tokens
    for offer, share in negotiated.offers.items():
        yield ("negotiated", "offers", offer), share
    for number, sold in enumerate(run.scenario.offers):
        for index, tier in enumerate(sold.tiers):
            yield ("offers", number, "tiers", index, "discount"), tier.discount


def _first_tier(run: ScenarioCheck) -> None:
    """S174: the smallest purchase is no multiple of the increment."""
    increment = run.scenario.tokens.increment
    for path, tiers in tier_lists(run):
        first = tiers[0].from_
        if first % increment and first > 1:
            smallest = -(-first // increment) * increment
            run.say(
                "S174",
                (*path, 0, "from"),
                f"the first tier begins at {first:,} tokens, and tokens are bought in multiples of "
                f"{increment:,}: the smallest purchase is {smallest:,}",
                f"write `from: {smallest}`, or set `tokens.increment`",
                severity="warning",
                value=first,
            )


NUMBER_RULES = (_thousands, _seat_or_day, _shares, _first_tier)
