"""Use of which only the collection is known, as a product of its own: its offers and its rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from flexopt.inputs.rules.prices import rate_on
from flexopt.inputs.scenario.scenario import Product, Rate, Scenario

MIX, DEAREST = "calculated: the mix of titles", "calculated: its dearest title"
"""How the sources of such rates begin."""


@dataclass(frozen=True, slots=True)
class CollectionNeed:
    """Use of a collection, without the title: planned as a product that only the collection covers."""

    product: str
    """The id of that product: the collection's name."""
    titles: tuple[str, ...]
    """Products that the collection covers."""
    mix: tuple[tuple[str, int], ...] = ()
    """Days of these titles in the files that show titles, if any."""
    days: int = 0
    """Days on which a user used one or more of them."""


def with_collections(scenario: Scenario, needs: Sequence[CollectionNeed]) -> Scenario:
    """The scenario with a product for each of the needs, covered by the offers that cover all its titles.

    A product that the scenario already has stays as it is: the planner's own rate, or an earlier call.
    """
    new = [n for n in needs if n.product not in scenario.product_by_id]
    if not new:
        return scenario
    offers = tuple(
        offer.model_copy(update={"covers": (*offer.covers, *added)}) if added else offer
        for offer, added in (
            (o, [n.product for n in new if set(n.titles) <= set(o.covers)]) for o in scenario.offers
        )
    )
    products = (*scenario.products, *(_product(scenario, need) for need in new))
    return scenario.model_copy(update={"products": products, "offers": offers})


def _product(scenario: Scenario, need: CollectionNeed) -> Product:
    """A day on Flex costs what the titles of a user's day cost in the usage, else the dearest title."""
    titles = [scenario.product_by_id[t] for t in need.titles if t in scenario.product_by_id]
    rates: list[Rate] = []
    for day in sorted({r.from_ for title in titles if title.flex for r in title.rates}):
        cost = {title.id: tokens for title in titles if (tokens := rate_on(title, day)) is not None}
        used = [(cost[title], n) for title, n in need.mix if title in cost]
        if used:
            mean = Fraction(sum(Fraction(tokens) * n for tokens, n in used), need.days)
            tokens = Decimal(round(mean * 10_000)) / 10_000
            source = f"{MIX} on {need.days:,} days in other files"
        else:
            dearest = max(cost, key=lambda title: (cost[title], title))
            tokens, source = cost[dearest], f"{DEAREST}, {dearest}, an upper bound"
        if not rates or (rates[-1].tokens, rates[-1].source) != (tokens, source):
            rates.append(
                Rate.model_validate({"from": day, "tokens": tokens, "source": source, "estimate": True})
            )
    return Product(id=need.product, flex=bool(rates), rates=tuple(rates))
