"""The audit's own copy of each rule of a scenario: expiry, seats and their prices, purchases, rates.

It shares nothing with the model's copy (`inputs.rules`), so that a mistake in one is found by the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Protocol, TypeVar

from flexopt.base.dates import add_months, overlap_days
from flexopt.inputs.scenario.scenario import (
    Holding,
    Horizon,
    Offer,
    OpeningPack,
    Product,
    Scenario,
    Tokens,
    TokenTier,
)


class _Dated(Protocol):
    @property
    def from_(self) -> date: ...


T = TypeVar("T", bound=_Dated)


def _in_force(entries: Sequence[T], day: date) -> T | None:
    begun = [entry for entry in entries if entry.from_ <= day]
    return max(begun, key=lambda entry: entry.from_) if begun else None


def tokens_a_day(product: Product, day: date) -> Fraction | None:
    """Tokens for a chargeable day, None if the product is not on Flex."""
    rate = _in_force(product.rates, day) if product.flex else None
    return None if rate is None else Fraction(rate.tokens)


def cloud_tokens(scenario: Scenario) -> list[tuple[Fraction, Fraction]]:
    """Per-result tokens of each day, without and with buffer: a month's tokens spread over its days."""
    due: list[tuple[Fraction, Fraction]] = []
    for month in range(scenario.horizon.months):
        begin, finish = (add_months(scenario.horizon.start, m) for m in (month, month + 1))
        raw, buffered = Fraction(0), Fraction(0)
        for service in scenario.cloud:
            share = scenario.tokens.buffer if service.buffer is None else service.buffer
            daily = Fraction(service.monthly_tokens) / (finish - begin).days
            raw += daily
            buffered += daily * (1 + Fraction(share))
        due += [(raw, buffered)] * (finish - begin).days
    return due


# --- invoices --------------------------------------------------------------------------------------------


def instalments_of(
    scenario: Scenario, kind: str, offer: str, ordered: date, amount: Decimal
) -> list[tuple[date, Decimal]]:
    """Days and parts in which an amount is invoiced: equal but for a minor unit, larger ones first."""
    of_seats = {o.id: o.instalments for o in scenario.offers if kind == "seats"}
    stated = scenario.tokens.instalments if kind == "tokens" else of_seats.get(offer)
    if stated is None:
        return [(ordered, amount)]
    unit, parts = scenario.money.unit, []
    left = Fraction(amount) / Fraction(unit)
    for n in range(stated.number):
        part = ceil(left / (stated.number - n))
        parts.append((add_months(ordered, n * stated.every_months), part * unit))
        left -= part
    return parts


def fiscal_year_of(scenario: Scenario, day: date) -> str:
    """`2026`, or `2026/27` if the fiscal year begins in another month than January."""
    first = scenario.fiscal_year_starts
    begun = add_months(day, 1 - first).year
    return str(begun) if first == 1 else f"{begun}/{str(begun + 1)[-2:]}"


def months_of(begin: date, finish: date) -> int:
    """The months of a term, one that has begun as a whole one."""
    months = 0
    while add_months(begin, months) < finish:
        months += 1
    return months


# --- packs -----------------------------------------------------------------------------------------------


def expiry_of(tokens: Tokens, bought: date) -> date:
    """The first day on which a pack bought on this day cannot be used."""
    return bought + timedelta(days=tokens.valid_days)


def opening_packs(scenario: Scenario) -> list[OpeningPack]:
    """The packs owned at the start of the horizon that can be used on its first day."""
    return [pack for pack in scenario.pool if scenario.horizon.start < pack.expires]


def smallest_in_tier(tokens: Tokens, tier: TokenTier) -> int:
    """The fewest tokens of a purchase in the tier, in whole increments."""
    return -(-tier.from_ // tokens.increment) * tokens.increment


def tiers_of_day(tokens: Tokens, day: date) -> list[TokenTier]:
    """The tiers by which tokens are sold on the day, by size; before the first list, its tiers."""
    begun = [n for n, of in enumerate(tokens.tier_lists) if of.from_ <= day]
    return sorted(tokens.tier_lists[begun[-1] if begun else 0].tiers, key=lambda t: t.from_)


def smallest_bought(scenario: Scenario) -> int:
    """The fewest tokens that can be bought whatever the day, in whole increments."""
    tokens, days = scenario.tokens, scenario.purchase_dates() or [scenario.horizon.start]
    return max(smallest_in_tier(tokens, tiers_of_day(tokens, day)[0]) for day in days)


def tier_of(tokens: Tokens, count: int, day: date) -> TokenTier | None:
    """The tier whose price applies to every token of a purchase; None below the smallest purchase."""
    reached = [t for t in tiers_of_day(tokens, day) if t.from_ <= count]
    return reached[-1] if reached else None


def token_price(scenario: Scenario, tier: TokenTier) -> Decimal:
    """The unrounded price of a token in the tier."""
    return tier.price * (1 - scenario.negotiated.tokens)


def rounded_off(scenario: Scenario, day: date) -> Fraction:
    """The most that an invoice of the day can be below the exact price of its tokens."""
    step = scenario.tokens.increment
    return max(
        scenario.money.rounded_off(token_price(scenario, tier) * step)
        for tier in tiers_of_day(scenario.tokens, day)
    )


def useful_dates(scenario: Scenario) -> list[date]:
    """Days on which buying a pack may be useful.

    A later purchase whose tokens an earlier pack could hold as long might as well be made with the earlier
    one: larger purchases cost no more per token, the tiers of both days are the same, and no budget depends
    on the date.
    """
    tokens, days = scenario.tokens, scenario.purchase_dates()
    if scenario.budgets:
        return days
    found = days[:1]
    for day in days[1:]:
        here, before = (tiers_of_day(tokens, d) for d in (day, found[-1]))
        prices = [t.price for t in here]
        longer = min(expiry_of(tokens, day), scenario.horizon.end) > expiry_of(tokens, found[-1])
        if longer or here != before or prices != sorted(prices, reverse=True):
            found.append(day)
    return found


def split_off(scenario: Scenario) -> Fraction:
    """The most that can be rounded off by splitting purchases over the days that are of no other use."""
    useful, most = useful_dates(scenario), scenario.tokens.max_purchases
    others = sorted(rounded_off(scenario, day) for day in scenario.purchase_dates() if day not in useful)
    count = len(others) if most is None else min(len(others), max(0, most - 1))
    return sum(others[len(others) - count :], Fraction(0))


# --- seats -----------------------------------------------------------------------------------------------


def _anniversaries(horizon: Horizon) -> list[date]:
    return [add_months(horizon.start, month) for month in range(horizon.months)]


def new_seat_days(offer: Offer, horizon: Horizon) -> list[date]:
    """The days of the horizon on which new seats may start, sorted."""
    monthly = offer.starts == "monthly" or offer.term_months < 12
    days = {*(_anniversaries(horizon) if monthly else [horizon.start])}
    days.update(() if isinstance(offer.starts, str) else offer.starts)
    return sorted(day for day in days if horizon.start <= day < horizon.end)


def term_end(offer: Offer, horizon: Horizon, begin: date, *, new: bool) -> date:
    """The first day after the term of a seat."""
    months = _anniversaries(horizon)
    if new and begin in months:  # a term from the 31st ends on a 31st again, even after a short month
        return add_months(horizon.start, months.index(begin) + offer.term_months)
    return add_months(begin, offer.term_months)


def tier_discount(offer: Offer, ordered: int) -> Decimal:
    """The discount on each seat in an order of this size."""
    reached = [t for t in offer.tiers if t.from_ <= ordered]
    return max(reached, key=lambda t: t.from_).discount if reached else Decimal(0)


def seat_price(
    scenario: Scenario, offer: Offer, begin: date, discount: Decimal, *, renewed: bool
) -> Decimal | None:
    """The price of a seat for its whole term, less the tier's `discount`; None before the first price."""
    price = _in_force(offer.prices, begin)
    if price is None:
        return None
    listed = price.renewal if renewed and price.renewal is not None else price.new
    negotiated = scenario.negotiated.offers.get(offer.id, scenario.negotiated.seats)
    return scenario.money.round(listed * (1 - negotiated) * (1 - discount))


def ends_joined(offer: Offer, holdings: Sequence[Holding], day: date) -> set[date]:
    """When seats of the offer that are added on the day may end: with a contract that is live then."""
    if isinstance(offer.co_term, date):
        return {offer.co_term} - {end for end in [offer.co_term] if end <= day}
    return {h.ends for h in holdings if h.offer == offer.id and (h.from_ or date.min) <= day and h.ends > day}


def end_joined(offer: Offer, holdings: Sequence[Holding], day: date) -> date | None:
    """When new seats of the day end if the offer is co-termed; None if they have whole terms."""
    ends = ends_joined(offer, holdings, day) if offer.co_term else set()
    return ends.pop() if len(ends) == 1 else None


def added_price(scenario: Scenario, offer: Offer, begin: date, finish: date) -> Decimal | None:
    """The price of an added seat: of the term that ends with it, its days' share of a new seat's price."""
    whole = seat_price(scenario, offer, begin, Decimal(0), renewed=False)
    term = finish - add_months(finish, -offer.term_months)
    share = Fraction((finish - begin).days, term.days)
    return None if whole is None else scenario.money.round(Fraction(whole) * share)


def additions_of(
    scenario: Scenario, holdings: Sequence[Holding]
) -> dict[tuple[str, date, date], tuple[int, Decimal]]:
    """The additions that the scenario states: seats and the price of each, by offer, start and end."""
    found: dict[tuple[str, date, date], tuple[int, Decimal]] = {}
    for stated in scenario.additions:
        offer = scenario.offer_by_id[stated.offer]
        ends = {stated.ends} if stated.ends else ends_joined(offer, holdings, stated.from_)
        if len(ends) != 1 or not scenario.horizon.start <= stated.from_ < scenario.horizon.end:
            continue
        (end,) = ends
        price = added_price(scenario, offer, stated.from_, end)
        if end is not None and price is not None:
            key = offer.id, stated.from_, end
            found[key] = found.get(key, (0, price))[0] + stated.quantity, price
    return found


def seat_cost(scenario: Scenario, price: Decimal, begin: date, finish: date) -> Decimal:
    """The share of a seat's price that falls on days of the horizon."""
    horizon = scenario.horizon
    share = Fraction(overlap_days(begin, finish, horizon.start, horizon.end), (finish - begin).days)
    return scenario.money.round(Fraction(price) * share)
