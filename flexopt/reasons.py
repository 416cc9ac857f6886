"""Why each row of the assignment is as it is, both alternatives priced, in words for the user's manager."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import floor

from flexopt.bill import Bill, Stretch
from flexopt.inputs.prices import token_price
from flexopt.money import CENT, cents
from flexopt.problem import Contract, Problem

__all__ = ["Explained", "explain_rows", "plain", "planned_token_price"]

EDGE = Fraction(1, 5)
"""A user within this share of the break-even is an edge case."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A stretch with its alternatives; None where there is no such alternative."""

    stretch: Stretch
    cost_if_named: Decimal | None
    cost_if_flex: Decimal | None
    break_even_days: Decimal | None
    segment: str
    reason: str


def plain(number: Fraction | Decimal | int, digits: int = 6) -> str:
    """A number as people write it: at most `digits` decimals, half up, no trailing zeros, no exponent."""
    scaled = floor(Fraction(number) * 10**digits + Fraction(1, 2))
    text = format(Decimal(scaled).scaleb(-digits), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def planned_token_price(problem: Problem, bill: Bill) -> Decimal:
    """Price of a token: the average of the plan's purchases, else that of the smallest purchase."""
    if bill.tokens_bought:
        return cents(Fraction(bill.tokens_cost) / bill.tokens_bought * 100) / 100
    return token_price(problem.scenario.tokens.tiers[0], problem.scenario.negotiated)


def explain_rows(problem: Problem, bill: Bill) -> tuple[Explained, ...]:
    """Every stretch of the bill, in its order."""
    teller = _Teller(problem, bill)
    return tuple(teller.explain(s) for s in bill.stretches)


class _Teller:
    def __init__(self, problem: Problem, bill: Bill) -> None:
        self.problem = problem
        self.price = planned_token_price(problem, bill)
        self.token_prices = len({p.unit_price for p in bill.purchases})
        self.names = [p.id for p in problem.scenario.products]
        # what a seat of each contract costs in this plan: the size of the order may have made it cheaper
        self.seat_price: dict[int, tuple[Decimal, Decimal]] = {}
        kinds = {"owned": "owned", "renewal": "renewed", "new": "new"}
        rows = {
            (r.offer, r.contract_start, r.contract_end, k): r
            for r in bill.seats
            for k in kinds
            if getattr(r, kinds[k])
        }
        for k, c in enumerate(problem.contracts):
            row = rows.get((c.offer, c.start, c.end, c.kind))
            count = getattr(row, kinds[c.kind]) if row else 0
            self.seat_price[k] = (row.cost / count, row.unit_price) if row else (c.cost[0], c.commitment[0])
        buffer = problem.scenario.tokens.buffer
        self.buffer = f" with {plain(buffer * 100, 2)} % buffer" if buffer else ""
        self.of_pair: Mapping[int, list[Stretch]] = defaultdict(list)
        self.under: Mapping[tuple[int, int], list[Stretch]] = defaultdict(list)
        for s in bill.stretches:
            self.of_pair[s.pair].append(s)
            if s.contract is not None:
                self.under[int(problem.demand.pair_user[s.pair]), s.contract].append(s)
        self.cheapest_named = lru_cache(maxsize=None)(self._cheapest_named)

    def explain(self, s: Stretch) -> Explained:
        p = int(self.problem.demand.pair_product[s.pair])
        on_flex = all(self.problem.on_flex[p, t] for t in s.periods)
        flex_cost = self._flex_cost(s.tokens) if on_flex else None
        if s.contract is not None:
            named_cost: Decimal | None = self.seat_price[s.contract][0]
        else:
            named_cost = self.cheapest_named(p, s.periods)
        # not rounded: cents per day would move the break-even of a low rate by days
        per_day = self._buffered(s.tokens / s.days) if on_flex else None
        year = self.cheapest_named(p, tuple(range(self.problem.periods)))
        anchor = year if year is not None else named_cost
        break_even = _tenths(Fraction(anchor) / per_day) if per_day and anchor is not None else None
        total_days = sum((x.days for x in self.of_pair[s.pair]), Fraction(0))
        return Explained(
            s,
            named_cost,
            flex_cost,
            break_even,
            _segment(total_days, break_even) if on_flex else "power",
            self._reason(s, p, named_cost),
        )

    def _buffered(self, tokens: Fraction) -> Fraction:
        return tokens * (1 + Fraction(self.problem.scenario.tokens.buffer)) * Fraction(self.price)

    def _flex_cost(self, tokens: Fraction) -> Decimal:
        return cents(self._buffered(tokens))

    def _cheapest_named(self, p: int, periods: tuple[int, ...]) -> Decimal | None:
        """Least cost of new seats that cover product p in these periods; None if no seats can.

        Walks the periods backwards: from t on, either nothing is needed in t, or a live contract is taken
        and the rest starts where it ends.
        """
        mine = [c for c in self.problem.contracts if p in c.covers and c.kind == "new"]
        needed = set(periods)
        best: list[Decimal | None] = [Decimal(0)]  # best[0] is after the last period
        last = self.problem.periods
        for t in reversed(range(last)):
            if t not in needed:
                best.insert(0, best[0])
                continue
            options = [
                c.cost[0] + rest
                for c in mine
                if c.first <= t < c.after and (rest := best[c.after - t - 1]) is not None
            ]
            best.insert(0, min(options, default=None))
        return best[0]

    def _reason(self, s: Stretch, p: int, named: Decimal | None) -> str:
        demand = self.problem.demand
        rule = str(demand.pair_rule[s.pair])
        days = _days(plain(s.days, 1))
        if s.contract is None:
            return self._why_flex(s, p, named, rule, days)
        contract = self.problem.contracts[s.contract]
        lead = self._seat_words(contract, demand.pair_user[s.pair], s.contract)
        if not all(self.problem.on_flex[p, t] for t in s.periods):
            return f"{lead} {self.names[p]} is not on Flex: a seat is the only access."
        if rule == "named":
            return f"{lead} The policy asks for named access."
        under = self.under[int(demand.pair_user[s.pair]), s.contract]
        on_flex = self._flex_cost(sum((x.tokens for x in under), Fraction(0)))
        tokens = plain(sum((x.tokens for x in under), Fraction(0)), 1)
        total_days = _days(" + ".join(plain(x.days, 1) for x in under)) + f" ({tokens} tokens{self.buffer})"
        cost = self.seat_price[s.contract][0]
        if cost == 0:
            return f"{lead} On Flex {total_days} would cost {on_flex:,} at {self._price()}."
        if cost <= on_flex:
            saved = f"{on_flex - cost:,} more" if cost < on_flex else "a tie, and the seat's cost is certain"
            return f"{lead} On Flex {total_days} would cost {on_flex:,} at {self._price()}: {saved}."
        return (
            f"{lead} On Flex {total_days} would cost {on_flex:,} at {self._price()}, but for the plan as a "
            "whole the seat is cheaper: more tokens would have to be bought, or a limit leaves none."
        )

    def _seat_words(self, contract: Contract, user: int, k: int) -> str:
        products = [
            self.names[int(self.problem.demand.pair_product[x.pair])] for x in self.under[int(user), k]
        ]
        what = f" for {' and '.join(products)}" if len(products) > 1 else ""
        charged, price = self.seat_price[k]
        if contract.kind == "owned":
            return f"Sits on a seat of {contract.offer} owned until {contract.end}{what}: no new cost."
        verb = "Renewing" if contract.kind == "renewal" else "A new seat of"
        whole = ""
        if charged != price:
            whole = f" in the horizon ({price:,} for its term)"
        return f"{verb} {contract.offer} from {contract.start}{what} costs {charged:,}{whole}."

    def _why_flex(self, s: Stretch, p: int, named: Decimal | None, rule: str, days: str) -> str:
        tokens, cost = plain(s.tokens, 1), self._flex_cost(s.tokens)
        take = "takes" if days == "1 day" else "take"
        lead = f"{days} on Flex {take} {tokens} tokens, {cost:,}{self.buffer} at {self._price()}."
        if rule == "flex":
            return f"{lead} The policy asks for Flex."
        if named is None:
            return f"{lead} No seat on offer covers these days."
        if cost <= named:
            return f"{lead} The cheapest new seats for them cost {named:,}: {named - cost:,} more."
        return (
            f"{lead} The cheapest new seats for them cost {named:,}, but for the plan as a whole Flex is "
            "cheaper: packs hold tokens to spare, a larger purchase is in a cheaper tier, or a limit leaves "
            "no seat."
        )

    def _price(self) -> str:
        average = "an average of " if self.token_prices > 1 else ""
        return f"{average}{_at_least_cents(self.price)} a token"


def _at_least_cents(price: Decimal) -> str:
    """2.70, 2.7075: a price as people write it."""
    whole = price.quantize(CENT)
    return f"{whole:,}" if whole == price else plain(price, 6)


def _tenths(number: Fraction) -> Decimal:
    return (cents(number / 10) * 10).quantize(Decimal("0.1"))


def _days(count: str) -> str:
    return f"{count} day" if count == "1" else f"{count} days"


def _segment(days: Fraction, break_even: Decimal | None) -> str:
    """power | edge | occasional: above, around or below the break-even of the year; without one, below."""
    if break_even is None:
        return "occasional"
    if days > Fraction(break_even) * (1 + EDGE):
        return "power"
    return "occasional" if days < Fraction(break_even) * (1 - EDGE) else "edge"
