"""Sets and numbers of the model: periods, contracts, packs, and the use of each user and product.

Everything here is data: dates are exact, prices are Decimal, tokens are floats for the solver (the bill and
the audit never use them). `rows.py` turns it into rows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd

from flexopt.base.arrays import Bools, Floats
from flexopt.base.dates import anniversaries, overlap_days
from flexopt.demand.forecast import Demand
from flexopt.inputs.rules.expiry import expiry_date, opening_packs
from flexopt.inputs.rules.prices import (
    price_in_horizon,
    rate_on,
    rounded_off,
    seat_price,
    tiers_on,
    token_price,
)
from flexopt.inputs.rules.purchase_size import increments_in_tier
from flexopt.inputs.scenario.scenario import Holding, Scenario, SeatTier
from flexopt.model.terms import Term, in_full, terms_of


@dataclass(frozen=True, slots=True)
class Contract:
    """Seats of one offer that start and end together at one price.

    `kind` is `owned` (until it ends, price 0), `renewal` (at most `quantity`), `new`, `addition` (new, but
    ends with another contract), or `stated`: an addition of `quantity` seats that are bought in any case, at
    `settled` each, so that they cost nothing more here. In seat tier j a seat costs `cost[j]` inside the
    horizon and `commitment[j]` for its whole term, in minor units. It covers the periods [`first`, `after`).
    Contracts of one `order` share the seat tier. Seats `in_full` are the same seats for people who leave
    before the end (`leaving.py`): their cost is the commitment. `fee` is what a search adds for a seat that
    somebody gets (`fees.py`); it is no cost.
    """

    offer: str
    kind: str
    start: date
    end: date
    quantity: int | None
    covers: frozenset[int]
    first: int
    after: int
    cost: tuple[Decimal, ...]
    commitment: tuple[Decimal, ...]
    order: int | None
    in_full: bool = False
    settled: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)

    @property
    def is_new(self) -> bool:
        """Whether a seat of it is a new contract, neither held today nor decided."""
        return self.kind in ("new", "addition")

    @property
    def on_sale(self) -> bool:
        """Whether anybody may have a seat: where seats can be added, these can also be renewed."""
        return self.is_new or (self.kind == "renewal" and self.quantity is None)

    @property
    def key(self) -> tuple[str, str, date, date]:
        """What is one contract to the vendor."""
        return self.offer, self.kind, self.start, self.end


@dataclass(frozen=True, slots=True)
class Order:
    """Seats bought together: their tiers, the fewest and the most there can be of them."""

    tiers: tuple[SeatTier, ...]
    minimum: int
    most: int


@dataclass(frozen=True, slots=True)
class Pack:
    """Tokens with one life: an opening pack (`tokens` given) or a day on which a pack may be bought.

    `rounded_off` is the most that rounding takes off the invoice of a pack that is bought.
    """

    start: date
    expires: date
    tokens: Decimal | None
    first: int
    after: int
    rounded_off: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class PriceTier:
    """Whole increments `lower ... upper` of one purchase, at `price` per token."""

    price: Decimal
    lower: int
    upper: int


@dataclass(frozen=True, slots=True)
class Problem:
    """The numbers of one scenario and one demand.

    edges : dates, the periods are [edges[t], edges[t+1])
    cells : exact chargeable days per pair and period (`Demand.cells`)
    tokens : float64[pairs, periods], tokens without buffer if the pair is on Flex (0 if it cannot be)
    days : float64[pairs, periods], chargeable days with growth
    blocks : for each product, the first periods of the spans in which its cover cannot change
    cloud_exact : per period, tokens of per-result services without and with their buffers
    split_off : the most that rounding can take off if purchases are split over the dates left out of `packs`
    on_flex : bool[products, periods], whether the product can be used with tokens
    """

    scenario: Scenario
    demand: Demand
    edges: tuple[date, ...]
    cells: pd.DataFrame
    days: Floats
    tokens: Floats
    on_flex: Bools
    blocks: tuple[tuple[int, ...], ...]
    contracts: tuple[Contract, ...]
    orders: tuple[Order, ...]
    packs: tuple[Pack, ...]
    tiers: tuple[tuple[PriceTier, ...], ...]
    cloud_exact: tuple[tuple[Fraction, Fraction], ...]
    split_off: Fraction = Fraction(0)

    @property
    def periods(self) -> int:
        return len(self.edges) - 1

    @property
    def settled(self) -> Decimal:
        """What is paid inside the horizon whatever is decided: stated additions."""
        return sum((c.settled * (c.quantity or 0) for c in self.contracts), Decimal(0))

    @property
    def every_date(self) -> bool:
        """Whether there is a pack for every purchase date."""
        return sum(pack.tokens is None for pack in self.packs) == len(self.scenario.purchase_dates())

    def increment_price(self, pack: int, tier: int) -> Decimal:
        """The exact price of one increment of a pack in a tier."""
        return self.tiers[pack][tier].price * self.scenario.tokens.increment

    def is_rounded(self, pack: int, tier: int) -> bool:
        """Whether an invoice of a pack in a tier may have to be rounded."""
        return self.increment_price(pack, tier) % self.scenario.money.unit != 0

    def rounded_off(self, pack: int, tier: int) -> Fraction:
        """The most that rounding takes off the invoice of a pack in a tier."""
        return self.scenario.money.rounded_off(self.increment_price(pack, tier))

    def limited(self, day: date) -> bool:
        """Whether a budget limits what is invoiced on the day."""
        return any(budget.from_ <= day < budget.to for budget in self.scenario.budgets)

    @property
    def cloud(self) -> Floats:
        """float64[periods]: tokens of per-result services, with buffer."""
        return np.array([float(buffered) for _, buffered in self.cloud_exact])

    @property
    def cloud_raw(self) -> Floats:
        """float64[periods]: the same without buffer."""
        return np.array([float(raw) for raw, _ in self.cloud_exact])

    @property
    def buffer(self) -> float:
        return float(self.scenario.tokens.buffer)


def spans(problem: Problem, product: int) -> list[tuple[int, int]]:
    """The blocks of a product as (first period, period after)."""
    starts = problem.blocks[product]
    return list(zip(starts, [*starts[1:], problem.periods], strict=True))


def span_end(problem: Problem, pair: int, first: int) -> int:
    """The period after the block of the pair's product that starts with period `first`."""
    return dict(spans(problem, int(problem.demand.pair_product[pair])))[first]


def formulate(scenario: Scenario, holdings: Sequence[Holding], demand: Demand) -> Problem:
    """Sets and numbers of the scenario for this demand."""
    start, end = scenario.horizon.start, scenario.horizon.end
    terms = terms_of(scenario, holdings)
    terms += in_full(terms, scenario, demand)
    opening = [(start, p.expires, p.tokens) for p in opening_packs(scenario)]
    bought = [(d, expiry_date(scenario.tokens, d), None) for d in scenario.purchase_dates()]
    events = {start, end, *anniversaries(start, end)}
    events.update(day for lot in opening + bought for day in lot[:2])
    events.update(day for term in terms for day in (term.start, term.end))
    events.update(r.from_ for p in scenario.products for r in p.rates)
    events.update(c.from_ for o in scenario.offers for c in o.prices)
    edges = tuple(sorted(d for d in events if start <= d <= end))

    cells = demand.cells(np.array([(e - start).days for e in edges], dtype=np.int64))
    days = np.zeros((demand.pairs, len(edges) - 1))
    days[cells["pair"], cells["period"]] = cells["count"] / cells["per"]
    days *= demand.pair_factor.astype(float)[:, None]
    rates = [[rate_on(p, day) for day in edges[:-1]] for p in scenario.products]
    on_flex = np.array([[r is not None for r in row] for row in rates], dtype=bool)
    rate = np.array([[float(r or 0) for r in row] for row in rates])
    tokens = days * rate[demand.pair_product]
    cloud = _cloud(scenario, edges)

    contracts, orders = _contracts(scenario, terms, edges, len(demand.users))
    kept = _undominated(scenario, bought)
    packs = tuple(
        Pack(
            *(s, e, t, bisect_left(edges, s), bisect_left(edges, min(e, end))),
            Fraction(0) if t is not None else rounded_off(scenario, s),
        )
        for s, e, t in opening + kept
    )
    need = (1 + float(scenario.tokens.buffer)) * tokens.sum(axis=0)
    need += [float(buffered) for _, buffered in cloud]
    return Problem(
        scenario=scenario,
        demand=demand,
        edges=edges,
        cells=cells,
        days=days,
        tokens=tokens,
        on_flex=on_flex,
        blocks=tuple(
            _blocks(p, contracts, on_flex[p], len(edges) - 1) for p in range(len(scenario.products))
        ),
        contracts=contracts,
        orders=orders,
        packs=packs,
        tiers=tuple(
            _price_tiers(scenario, k.start, float(need[k.first : k.after].sum())) if k.tokens is None else ()
            for k in packs
        ),
        cloud_exact=tuple(cloud),
        split_off=_split_off(scenario, bought, kept),
    )


def _contracts(
    scenario: Scenario, terms: Sequence[Term], edges: Sequence[date], users: int
) -> tuple[tuple[Contract, ...], tuple[Order, ...]]:
    product = {p.id: i for i, p in enumerate(scenario.products)}
    order_of: dict[tuple[str, date, bool], int] = {}
    orders: list[Order] = []
    contracts = []
    for term in terms:
        offer, order = term.offer, None
        joins = term.kind == "addition"  # an order of its own: any number, at the price of one
        if joins or (term.kind in ("renewal", "new") and (offer.tiers or offer.minimum > 1)):
            key = (offer.id, term.start, joins)
            if key not in order_of:
                order_of[key] = len(orders)
                # as many as there are users, or as their renewal needs
                most = max(1, users, offer.minimum, *(tier.from_ for tier in offer.tiers))
                tiers, minimum = ((), 0) if joins else (offer.tiers, offer.minimum)
                orders.append(Order(tiers, minimum, most))
            order = order_of[key]
        cost, commitment = _charges(scenario, term)
        settled = _share(scenario, term, commitment[0]) if term.kind == "stated" else scenario.money.zero
        contracts.append(
            Contract(
                offer=offer.id,
                kind=term.kind,
                start=term.start,
                end=term.end,
                quantity=term.quantity,
                covers=frozenset(product[p] for p in offer.covers),
                first=bisect_left(edges, term.start),
                after=bisect_left(edges, min(term.end, edges[-1])),
                cost=cost,
                commitment=commitment,
                order=order,
                in_full=term.in_full,
                settled=settled,
            )
        )
    return tuple(contracts), tuple(orders)


def _charges(scenario: Scenario, term: Term) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    """Charge inside the horizon and full price of one seat, by seat tier (tier 0 has no discount)."""
    if term.kind == "owned":
        return (scenario.money.zero,), (scenario.money.zero,)
    if term.price is not None:
        share = _share(scenario, term, term.price)
        return (scenario.money.zero if term.kind == "stated" else share,), (term.price,)
    discounts = [Decimal(0)] + [tier.discount for tier in term.offer.tiers]
    whole = []
    for discount in discounts:
        price = seat_price(
            scenario,
            term.offer,
            term.start,
            renewal=term.kind == "renewal",
            tier_discount=discount,
        )
        assert price is not None  # terms_of keeps only terms with a price
        whole.append(price)
    return tuple(_share(scenario, term, price) for price in whole), tuple(whole)


def _share(scenario: Scenario, term: Term, price: Decimal) -> Decimal:
    """What of a seat's price counts inside the horizon."""
    return price if term.in_full else price_in_horizon(scenario, price, term.start, term.end)


def _blocks(product: int, contracts: Sequence[Contract], on_flex: Bools, periods: int) -> tuple[int, ...]:
    """First periods of the product's blocks: cover can change when one of its contracts starts or ends."""
    changes = {0}
    for k in contracts:
        if product in k.covers:
            changes.update((k.first, k.after))
    changes.update(t for t in range(1, periods) if on_flex[t] != on_flex[t - 1])
    return tuple(sorted(t for t in changes if t < periods))


Lot = tuple[date, date, Decimal | None]


def _undominated(scenario: Scenario, bought: Sequence[Lot]) -> list[Lot]:
    """Purchase dates that can matter.

    A pack bought earlier that lives, inside the horizon, as long as a later one can be used on every day of
    the later one. If both are bought by the same tiers and larger purchases never cost more per token, buying
    the later pack's tokens with the earlier ones never costs more: the later date is left out (fewer, earlier
    purchases win ties anyway). Budgets depend on dates, so with budgets all dates are kept.
    """
    if scenario.budgets:
        return list(bought)
    kept: list[Lot] = []
    for lot in bought:
        tiers = tiers_on(scenario.tokens, lot[0])
        falling = all(less.price >= more.price for less, more in pairwise(tiers))
        same = kept and tiers_on(scenario.tokens, kept[-1][0]) == tiers
        if not (falling and same and min(lot[1], scenario.horizon.end) <= kept[-1][1]):
            kept.append(lot)
    return kept


def _split_off(scenario: Scenario, bought: Sequence[Lot], kept: Sequence[Lot]) -> Fraction:
    """What more invoices could round off: as many as there are dates left out, within `max_purchases`."""
    left = sorted((rounded_off(scenario, lot[0]) for lot in bought if lot not in kept), reverse=True)
    most = scenario.tokens.max_purchases
    return sum(left if most is None else left[: max(0, most - 1)], Fraction(0))


def _price_tiers(scenario: Scenario, day: date, most: float) -> tuple[PriceTier, ...]:
    """Tiers of the day in whole increments, limited to `most` tokens or the tier's smallest purchase."""
    tokens, tiers = scenario.tokens, []
    listed = tiers_on(tokens, day)
    needed = int(np.ceil(most / tokens.increment - 1e-9))
    for j, tier in enumerate(listed):
        lower, last = increments_in_tier(listed, tokens.increment, j)
        upper = max(lower, needed) if last is None else min(max(lower, needed), last)
        if lower <= upper:
            tiers.append(PriceTier(token_price(scenario, tier), lower, upper))
    return tuple(tiers)


def _cloud(scenario: Scenario, edges: Sequence[date]) -> list[tuple[Fraction, Fraction]]:
    """Tokens of per-result services per period, without and with buffer, spread over each month's days."""
    due = [(Fraction(0), Fraction(0))] * (len(edges) - 1)
    months = [*anniversaries(edges[0], edges[-1]), edges[-1]]
    for service in scenario.cloud:
        share = service.buffer if service.buffer is not None else scenario.tokens.buffer
        for begin, finish in pairwise(months):
            daily = Fraction(service.monthly_tokens) / (finish - begin).days
            for t, (start, end) in enumerate(pairwise(edges)):
                tokens = daily * overlap_days(start, end, begin, finish)
                due[t] = (due[t][0] + tokens, due[t][1] + tokens * (1 + Fraction(share)))
    return due
