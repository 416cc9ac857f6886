"""Why two plans differ in cost: the difference, split into parts that add up to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from flexopt.inputs.rules.prices import tiers_on, token_price
from flexopt.inputs.rules.purchase_size import tier_reached
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.model.sets import Problem
from flexopt.planning.bill import Charges, SeatRow, make_charges
from flexopt.planning.planner import Solved
from flexopt.store.rows import PurchaseRow


@dataclass(frozen=True, slots=True)
class Drivers:
    """Why another scenario costs `difference` more than the first, in whole minor units.

    seat_price : the first plan's seats at the other's prices, less what they cost
    token_price : the first plan's packs, in the same sizes, at the other's prices, less what they cost
    tier : the other plan's tokens, times the extra price per token of its packs over packs of the first
        plan's sizes at the same prices
    mix : the rest, from different numbers of seats and tokens
    """

    seat_price: Decimal
    token_price: Decimal
    tier: Decimal
    mix: Decimal

    @property
    def difference(self) -> Decimal:
        return self.seat_price + self.token_price + self.tier + self.mix


def drivers(first: Solved, other: Solved) -> Drivers:
    """The difference between the plans of two scenarios, by driver."""
    before = make_charges(first.problem, first.optimum.solution)
    after = make_charges(other.problem, other.optimum.solution)
    quote = other.problem.scenario
    seat_price = _at_prices(before.seats, other.problem) - before.seats_cost
    packs = sum((_pack(p, quote) for p in before.purchases), Decimal(0))
    tier = Decimal(0)
    if before.tokens_bought and after.tokens_bought:
        each = Fraction(after.tokens_cost) / after.tokens_bought - Fraction(packs) / before.tokens_bought
        tier = quote.money.round(each * after.tokens_bought)
    token_price = packs - before.tokens_cost
    mix = _total(after) - _total(before) - seat_price - token_price - tier
    return Drivers(seat_price, token_price, tier, mix)


def _total(charges: Charges) -> Decimal:
    return charges.total


def _at_prices(seats: Sequence[SeatRow], quote: Problem) -> Decimal:
    """The seats' cost at the quote's prices; seats of a contract the quote lacks keep their own price."""
    contracts = {c.key: c for c in quote.contracts if not c.in_full}
    ordered: Counter[tuple[str, object]] = Counter()
    for row in seats:
        ordered[row.offer, row.contract_start] += row.renewed + row.new
    total = Decimal(0)
    for row in seats:
        kind = "owned" if row.owned else "renewal" if row.renewed else "new" if row.new else "addition"
        term = row.contract_start, row.contract_end
        contract = contracts.get((row.offer, kind, *term))
        if contract is None and row.added and (stated := contracts.get((row.offer, "stated", *term))):
            total += stated.settled * row.added
            continue
        if contract is None:
            total += row.cost
            continue
        tiers = quote.orders[contract.order].tiers if contract.order is not None else ()
        j = sum(tier.from_ <= ordered[row.offer, row.contract_start] for tier in tiers)
        total += contract.cost[j] * row.count
        total += (contract.commitment[j] - contract.cost[j]) * row.in_full
    return total


def _pack(pack: PurchaseRow, quote: Scenario) -> Decimal:
    """A pack's cost at the quote's prices; below the smallest tier, at the price of that tier."""
    tier = tier_reached(tiers_on(quote.tokens, pack.date), pack.tokens)
    return quote.money.round(token_price(quote, tier) * pack.tokens)
