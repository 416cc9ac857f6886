"""The days of use from which a seat is cheaper than tokens: simple arithmetic, before any plan.

The plan decides better than this table (token tiers, expiry and packs tie users together), but this is the
first figure that planners ask for: seat price / (tokens per day x token price).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pandas as pd

from flexopt.audit.alone import refuse_contradictions
from flexopt.base.money import half_up
from flexopt.inputs.records import ScenarioFile
from flexopt.inputs.rules.prices import rate_on, seat_price, tiers_on, token_price
from flexopt.inputs.scenario.load import load_scenario
from flexopt.inputs.scenario.scenario import Offer, Scenario
from flexopt.store.folder import HasDocument, document_of

COLUMNS = (
    "offer",
    "kind",
    "products",
    "term_months",
    "seat_price",
    "tokens_per_day",
    "tier_from",
    "token_price",
    "days",
    "days_with_buffer",
)


def break_even_days(
    seat: Decimal, tokens_per_day: Decimal, price: Decimal, buffer: Decimal = Decimal(0)
) -> Decimal | None:
    """Days of use per term at which tokens cost as much as the seat, to two decimals.

    `buffer` is the share of tokens bought on top of those used. None if tokens cost nothing: no number of
    days makes the seat cheaper.
    """
    a_day = Fraction(tokens_per_day) * Fraction(price) * (1 + Fraction(buffer))
    return half_up(Fraction(seat) / a_day, 2) if a_day else None


def breakeven(
    source: Scenario | ScenarioFile | HasDocument | str | Path,
    *,
    marginal: Decimal | None = None,
) -> pd.DataFrame:
    """Break-even of every offer against Flex, one row per offer, kind of price, products and token tier.

    Prices are those in force on the first day of the horizon, after negotiation, without volume discounts on
    seats. A single product is compared with its own rate; a collection with every two of its products used on
    the same days. Offers without a price and products that are not on Flex on that day are left out.

    Parameters
    ----------
    source
        A scenario, as for `plan`; or a plan, or the path of its folder.
    marginal
        What one more token is worth to a plan: an extra row for every offer and set of products, with 0 for
        `tier_from`. A plan has its own, that of its first day.

    Returns
    -------
    DataFrame
        offer : id of the offer
        kind : `new`, or `renewal` where renewing a seat has a price of its own
        products : "Revit + AutoCAD", highest rate first
        term_months : term that `seat_price` and the days refer to
        seat_price : Decimal, one seat for the whole term, in the scenario's currency
        tokens_per_day : Decimal, rates of the products added up
        tier_from : smallest purchase that gets `token_price`
        token_price : Decimal, price of one token
        days : Decimal, days of use per term (of all the products) from which the seat is cheaper; or None
        days_with_buffer : the same if every token used has the scenario's buffer bought on top

    Raises
    ------
    InputError
        The scenario has errors.
    FlexoptError
        There is no plan in the folder.

    Examples
    --------
    >>> breakeven("renewal.yaml")[["offer", "products", "days"]]  # doctest: +SKIP
    """
    scenario, own = prices_of(source)
    marginal = own if marginal is None else marginal
    tiers = tiers_on(scenario.tokens, scenario.horizon.start)
    tokens = [(tier.from_, token_price(scenario, tier)) for tier in tiers]
    tokens += [] if marginal is None else [(0, marginal)]
    rows = [row for offer in scenario.offers for row in _rows(scenario, offer, tokens)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def prices_of(source: Scenario | ScenarioFile | HasDocument | str | Path) -> tuple[Scenario, Decimal | None]:
    """The scenario, and for a plan the marginal token price on its first day."""
    if isinstance(source, Scenario):
        return source, None
    if isinstance(source, ScenarioFile):
        return source.scenario, None
    if isinstance(source, str | Path) and not Path(source).is_dir():
        return load_scenario(source).scenario, None
    document = document_of(source)
    if isinstance(source, str | Path):
        refuse_contradictions(document, source)
    prices = document.proof.marginal_token_prices
    return document.scenario, next((p.price for p in prices), None)


def _rows(
    scenario: Scenario, offer: Offer, prices: Sequence[tuple[int, Decimal]]
) -> Iterator[tuple[object, ...]]:
    start, buffer = scenario.horizon.start, scenario.tokens.buffer
    new, again = (seat_price(scenario, offer, start, renewal=renewal) for renewal in (False, True))
    for kind, seat in (("new", new), ("renewal", again if again != new else None)):
        if seat is None:
            continue
        for names, tokens in _sets(scenario, offer):
            for tier_from, price in prices:
                yield (
                    offer.id,
                    kind,
                    names,
                    offer.term_months,
                    seat,
                    tokens,
                    tier_from,
                    price,
                    break_even_days(seat, tokens, price),
                    break_even_days(seat, tokens, price, buffer),
                )


def _sets(scenario: Scenario, offer: Offer) -> list[tuple[str, Decimal]]:
    """The product of a single offer, or every two products of a collection, with their tokens per day."""
    products = scenario.product_by_id
    rates = [
        (product, rate)
        for product in offer.covers
        if (rate := rate_on(products[product], scenario.horizon.start)) is not None
    ]
    rates.sort(key=lambda item: item[1], reverse=True)
    size = min(2, len(rates))
    return [
        (" + ".join(product for product, _ in chosen), sum((rate for _, rate in chosen), Decimal(0)))
        for chosen in combinations(rates, size)
        if chosen
    ]
