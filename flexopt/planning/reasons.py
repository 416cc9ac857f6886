"""The reason for each row of the assignment, both alternatives priced, worded for the user's manager."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np

from flexopt.base.arrays import Bools, Ints
from flexopt.base.columns import Column, classes
from flexopt.base.money import half_up
from flexopt.base.text import plain
from flexopt.inputs.rules.prices import tiers_on, token_price
from flexopt.model.fees import Fees
from flexopt.model.leaving import Leaving, leaving
from flexopt.model.sets import Contract, Problem
from flexopt.planning.bill import Bill

EDGE = Fraction(1, 5)
"""A user within this share of the break-even is an edge case."""

NEVER = 2**60
"""Cents for what is not on offer: more than any seats cost, and twice it is still an int64."""


@dataclass(frozen=True, slots=True)
class Explained:
    """The alternatives of every row of the assignment, in its order; None if there is no such alternative.

    seat_price, flex_price, break_even_days : Decimal or None
    segment, reason : str
    """

    seat_price: Column
    flex_price: Column
    break_even_days: Column
    segment: Column
    reason: Column


def planned_token_price(problem: Problem, bill: Bill) -> Decimal:
    """Price per token: the average of the plan's purchases, otherwise that of the smallest purchase."""
    if bill.tokens_bought:
        return problem.scenario.money.round_price(Fraction(bill.tokens_cost) / bill.tokens_bought)
    return token_price(problem.scenario, tiers_on(problem.scenario.tokens, problem.edges[0])[0])


def explain_rows(
    problem: Problem, bill: Bill, marginal: Sequence[str], fees: Fees | None = None
) -> Explained:
    """Explain every row of the assignment. A cell depends on few numbers: it is made once for each set.

    marginal : for every period, what one more token is worth to the plan; empty if unknown
    fees : what changes must save
    """
    rows, demand, tell = bill.assignment, problem.demand, _Teller(problem, bill, marginal)
    product = demand.pair_product[rows.pair]
    seated = rows.contract >= 0
    group = tell.gone.group[demand.pair_user[rows.pair]]
    money = problem.scenario.money

    def paid(units: int) -> Decimal | None:
        return Decimal(int(units)).scaleb(-money.digits) if units < NEVER else None

    on_flex, cheapest = _alternatives(problem, tell.gone, product, group, rows.periods)
    named = Column.by_class(
        lambda i: tell.seat_price[rows.contract[i]][0] if seated[i] else paid(cheapest[i]),
        rows.contract,
        np.where(seated, 0, cheapest),
    )
    flex = Column.by_class(
        lambda i: tell.flex_cost(rows.tokens[i]) if on_flex[i] else None, rows.tokens.codes, on_flex
    )
    # the break-even is for a year of seats; if no seats cover a year, for the row's own seats
    whole = np.ones((1, problem.periods), dtype=bool)
    staying = tell.gone.barred[-1]
    year = np.array([_cheapest_named(problem, p, whole, staying)[0] for p in range(len(demand.products))])
    year = year[product]
    break_even = Column.by_class(
        lambda i: tell.break_even(
            rows.tokens[i] / rows.days[i] if on_flex[i] else None,
            paid(year[i]) if year[i] < NEVER else named[i],
        ),
        *(on_flex, rows.days.codes, rows.tokens.codes, year, np.where(year < NEVER, -1, named.codes)),
    )
    segment = Column.by_class(
        lambda i: _segment(rows.pair_days[i], break_even[i]) if on_flex[i] else "power",
        *(on_flex, rows.pair_days.codes, break_even.codes),
    )
    edge = segment.array() == "edge"
    margin = Column.by_class(
        lambda i: tell.at_the_margin(int(product[i]), break_even[i]) if edge[i] else "",
        *(edge, product, break_even.codes),
    )
    # what the row's change must save, in minor units: leaving tokens for seats, or today's seat for tokens
    fee, digits = np.zeros(len(product), dtype=np.int64), problem.scenario.money.digits
    if fees:
        today = fees.today.rules(problem)[rows.pair]
        leaves = np.where(seated, today == "named", today == "flex")
        charged = _alternatives(fees.on(problem), tell.gone, product, group, rows.periods)[1]
        fee = np.where(seated, 0, charged - cheapest) + leaves * int(fees.move.scaleb(digits))
    amounts, codes = np.unique(fee, return_inverse=True)
    tell.fee = Column(codes.astype(np.int32), [Decimal(int(units)).scaleb(-digits) for units in amounts])
    return Explained(named, flex, break_even, segment, _reasons(tell, bill, on_flex, named, margin))


def _alternatives(
    problem: Problem, gone: Leaving, product: Ints, group: Ints, periods: Column
) -> tuple[Bools, Ints]:
    """For each row: whether all its periods are on Flex, and what the cheapest new seats for them cost.

    The cost is in minor units.

    group : of each row's user, by the contracts that last longer than the user stays
    """
    alike, first = classes(product, group, periods.codes)
    when = np.array([periods[i] for i in first.tolist()], dtype=np.int64 if problem.periods < 63 else object)
    needed = (when[:, None] >> np.arange(problem.periods)) & 1 == 1
    reached = np.zeros(len(first), dtype=bool)
    cost = np.zeros(len(first), dtype=np.int64)
    for p in range(len(problem.demand.products)):
        of_product = product[first] == p
        reached[of_product] = ~(needed[of_product] & ~problem.on_flex[p]).any(axis=1)
        for n, barred in enumerate(gone.barred):
            mine = of_product & (group[first] == n)
            cost[mine] = _cheapest_named(problem, p, needed[mine], barred)
    return reached[alike], cost[alike]


def _cheapest_named(problem: Problem, product: int, needed: Bools, barred: frozenset[int]) -> Ints:
    """Least cost and fees in minor units of new seats that cover the needed periods; NEVER if none can.

    needed : bool[cases, periods]; barred : contracts that are not for the user; returns int64[cases].

    Walks the periods backwards: from t on, either nothing is needed in t, or a live contract is taken
    and the rest starts where it ends.
    """
    mine = [
        c for k, c in enumerate(problem.contracts) if product in c.covers and c.on_sale and k not in barred
    ]
    best, digits = np.zeros((problem.periods + 1, len(needed)), dtype=np.int64), problem.scenario.money.digits
    for t in reversed(range(problem.periods)):
        live = [c for c in mine if c.first <= t < c.after]
        options = [int((c.cost[0] + c.fee).scaleb(digits)) + best[c.after] for c in live]
        least = np.minimum.reduce([np.full(len(needed), NEVER), *options])
        best[t] = np.where(needed[:, t], least, best[t + 1])
    least_of_all: Ints = best[0]
    return least_of_all


class _Teller:
    """The prices of a plan, and the words of its rows."""

    def __init__(self, problem: Problem, bill: Bill, marginal: Sequence[str]) -> None:
        self.problem, self.gone = problem, leaving(problem)
        self.fee: Column
        """Of every row, what its change must save (`policy.min_saving`), in the order of the amounts."""
        self.marginal = sorted({Decimal(price) for price in marginal if price})
        self.price = planned_token_price(problem, bill)
        self.token_prices = len({p.unit_price for p in bill.purchases})
        self.names = [p.id for p in problem.scenario.products]
        self.titles = {o.id: o.title for o in problem.scenario.offers}
        # the cost of a seat of each contract in this plan, which depends on the size of the order
        self.seat_price: dict[int, tuple[Decimal, Decimal]] = {}
        rows = {
            (r.offer, r.contract_start, r.contract_end, kind): r
            for r in bill.seats
            for kind, count in (
                ("owned", r.owned),
                ("renewal", r.renewed),
                ("new", r.new),
                ("addition", r.added),
                ("stated", r.stated),
            )
            if count
        }
        for k, c in enumerate(problem.contracts):
            row = rows.get((c.offer, c.start, c.end, c.kind))
            tier = c.commitment.index(row.unit_price) if row else 0
            charged = c.settled if c.kind == "stated" else c.cost[tier]
            self.seat_price[k] = charged, c.commitment[tier]
        buffer = problem.scenario.tokens.buffer
        self.buffer = f" with a {plain(buffer * 100, 2)} % buffer" if buffer else ""
        # not rounded: whole minor units per day would move the break-even of a low rate by days
        self.buffered = (1 + Fraction(buffer)) * Fraction(self.price)

    def flex_cost(self, tokens: Fraction) -> Decimal:
        return self.problem.scenario.money.round(tokens * self.buffered)

    def break_even(self, per_day: Fraction | None, anchor: Decimal | None) -> Decimal | None:
        """Days whose tokens cost as much as the seat; `per_day` is in tokens."""
        daily = per_day and per_day * self.buffered
        return _tenths(Fraction(anchor) / daily) if daily and anchor is not None else None

    def at_the_margin(self, product: int, break_even: Decimal | None) -> str:
        """The break-even at the marginal price of a token."""
        if len(self.marginal) != 1 or break_even is None:
            return ""
        price = self.marginal[0]
        if not price:
            return " One more token is worth nothing to this plan: it would save neither a pack nor a seat."
        days = _tenths(Fraction(break_even) * Fraction(self.price) / Fraction(price))
        return (
            f" At the marginal price of {self._shown(price)} per token the break-even of a new seat for "
            f"{self.names[product]} is {days} days."
        )

    def worth(self) -> str:
        """What one more token is worth to the plan."""
        prices = [self._shown(p) if p else "nothing" for p in self.marginal]
        if not prices:
            return ""
        return f" One more token is worth {' to '.join(dict.fromkeys((prices[0], prices[-1])))} to the plan."

    def why_seat(
        self, k: int, under: Sequence[tuple[int, Fraction, Fraction]], instead: str, leaves: int, fee: Decimal
    ) -> str:
        """`under` has product, days and tokens of all the user's use on the seat of contract k.

        leaves : when the user leaves, in days since the horizon's start; fee : what a change must save
        """
        lead = self._seat_words(self.problem.contracts[k], k, [p for p, _, _ in under])
        if self.problem.contracts[k].in_full:
            day = self.problem.edges[0] + timedelta(days=leaves)
            lead += f" It counts in full, as it outlasts the user, who leaves on {day}."
        if instead:
            return f"{lead} {instead}"
        taken = sum((tokens for _, _, tokens in under), Fraction(0))
        on_flex = self.flex_cost(taken)
        days = _days(" + ".join(plain(days, 1) for _, days, _ in under))
        tokens = f"{_tokens(taken)} tokens{self.buffer}"
        words = f"{lead} On Flex, {days} ({tokens}) would cost {on_flex:,} at {self._price()}"
        cost = self.seat_price[k][0]
        if cost == 0 or self.problem.contracts[k].kind == "stated":
            return f"{words}."
        if cost <= on_flex:
            saved = (
                f"{on_flex - cost:,} more"
                if cost < on_flex
                else "the same as the seat, whose cost is certain"
            )
            contract, pays = self.problem.contracts[k], ""
            usual = contract.kind == "new" and contract.after - contract.first == self.problem.periods
            if len(under) == 1 and not usual:  # otherwise it is the row's break-even
                pays = f"; this seat pays from {self.break_even(taken / under[0][1], cost)} days"
            return f"{words}, {saved}{pays}."
        if cost - on_flex <= fee:
            return f"{words}, {cost - on_flex:,} less: too little, {_must_save(fee)}."
        return (
            f"{words}, but for the plan as a whole the seat is cheaper: more tokens would have to be bought, "
            f"or a limit leaves no tokens.{self.worth()}"
        )

    def _seat_words(self, contract: Contract, k: int, products: Sequence[int]) -> str:
        what = f" for {' and '.join(self.names[p] for p in products)}" if len(products) > 1 else ""
        charged, price = self.seat_price[k]
        offer = self.titles[contract.offer]
        if contract.kind == "owned":
            return f"Holds a seat of {offer}, owned until {contract.end}{what}: no new cost."
        if contract.kind == "stated":
            return (
                f"Holds a seat of {offer}, added on {contract.start} until {contract.end}{what}: it "
                f"is one of the stated additions, which cost {charged:,} each whoever has them."
            )
        verb = {"renewal": "Renewing", "addition": "Adding a seat of"}.get(contract.kind, "A new seat of")
        if contract.kind == "addition":
            what = f" until its contract ends on {contract.end}{what}"
        whole = ""
        if charged != price:
            whole = f" in the horizon ({price:,} for its term)"
        return f"{verb} {offer} from {contract.start}{what} costs {charged:,}{whole}."

    def why_flex(
        self, count: Fraction, taken: Fraction, named: Decimal | None, rule: str, fee: Decimal
    ) -> str:
        days, tokens, cost = _days(plain(count, 1)), _tokens(taken), self.flex_cost(taken)
        use = "uses" if days == "1 day" else "use"
        lead = f"{days} on Flex {use} {tokens} tokens: {cost:,}{self.buffer} at {self._price()}."
        if rule == "flex":
            return f"{lead} The policy requires Flex."
        if named is None:
            return f"{lead} No seat on offer covers these days."
        if cost <= named:
            return f"{lead} The cheapest new seats for these days cost {named:,}, {named - cost:,} more."
        if cost - named <= fee:
            less = f"{cost - named:,} less: too little, {_must_save(fee)}"
            return f"{lead} The cheapest new seats for these days cost {named:,}, {less}."
        return (
            f"{lead} The cheapest new seats for these days cost {named:,}, but for the plan as a whole Flex "
            "is cheaper: packs have tokens to spare, a larger purchase reaches a cheaper tier, or a limit "
            f"leaves no seat.{self.worth()}"
        )

    def _shown(self, price: Decimal) -> str:
        """A price as people write it: 2.70, 2.7075."""
        whole = price.quantize(self.problem.scenario.money.unit)
        return f"{whole:,}" if whole == price else plain(price, 6)

    def _price(self) -> str:
        average = "an average of " if self.token_prices > 1 else ""
        return f"{average}{self._shown(self.price)} per token"


def _must_save(fee: Decimal) -> str:
    return f"as such a change must save at least {fee:,} (`policy.min_saving`)"


def _reasons(tell: _Teller, bill: Bill, on_flex: Bools, named: Column, margin: Column) -> Column:
    rows, demand, fee = bill.assignment, tell.problem.demand, tell.fee
    product = demand.pair_product[rows.pair]
    rules = Column.from_array(np.asarray(demand.pair_rule, dtype=object))
    rule = Column(rules.codes[rows.pair], rules.values)
    flex, seat = np.flatnonzero(rows.contract < 0), np.flatnonzero(rows.contract >= 0)
    on_tokens = Column.by_class(
        lambda n: (
            tell.why_flex(*(c[flex[n]] for c in (rows.days, rows.tokens, named, rule, fee)))
            + ("" if rule[flex[n]] else margin[flex[n]])
        ),
        *(c.codes[flex] for c in (rows.days, rows.tokens, named, rule, margin, fee)),
    )
    kind, _ = classes(product, rows.days.codes, rows.tokens.codes)
    start, size, group, order = _groups(demand.pair_user[rows.pair[seat]], rows.contract[seat])
    under = kind[seat[order]]
    leaves = np.array([demand.leaves.get(u, -1) for u in range(len(demand.users))], dtype=np.int64)
    leaves = leaves[demand.pair_user[rows.pair[seat]]]
    # seats with the same use are alike: their first products are compared, then their second, ...
    of_seat = fee.codes[seat[order]]  # in the order of amounts: any of the products must save it
    most = np.maximum.reduceat(of_seat, start) if len(start) else of_seat
    alike, _ = classes(rows.contract[seat[order[start]]], leaves[order[start]], most)
    for position in range(int(size.max(initial=0))):
        there = size > position
        alike, _ = classes(alike, np.where(there, under[np.where(there, start + position, 0)], -1))

    def why_seat(n: int) -> str:
        i, g = seat[n], group[n]
        instead = ""
        if not on_flex[i]:
            instead = f"{tell.names[product[i]]} is not on Flex; a seat is the only access."
        elif rule[i] == "named":
            instead = "The policy requires named access."
        members = seat[order[start[g] : start[g] + size[g]]]
        done = [(product[m], rows.days[m], rows.tokens[m]) for m in members]
        words = tell.why_seat(int(rows.contract[i]), done, instead, int(leaves[n]), fee.values[most[g]])
        return words if instead else f"{words}{margin[i]}"

    needed = np.where(on_flex[seat], np.where(rule.array()[seat] == "named", -1, -2), product[seat])
    on_seats = Column.by_class(why_seat, alike[group], needed, margin.codes[seat])
    codes = np.empty(len(rows.pair), dtype=np.int32)
    codes[flex], codes[seat] = on_tokens.codes, on_seats.codes + len(on_tokens.values)
    return Column(codes, [*on_tokens.values, *on_seats.values])


def _groups(user: Ints, contract: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Group the rows by user and contract: the rows of a group are `order[start:start + size]`.

    Returns each group's start and size, each row's group, and the order in which groups are contiguous.
    """
    wide = int(contract.max(initial=0)) + 1
    key = user * wide + contract
    order = np.argsort(key, kind="stable")
    start = np.flatnonzero(np.diff(key[order], prepend=-1))
    size = np.diff(start, append=len(key))
    group = np.empty(len(key), dtype=np.int64)
    group[order] = np.repeat(np.arange(len(start)), size)
    return start, size, group, order


def _tokens(number: Fraction) -> str:
    return f"{Decimal(plain(number, 1)):,f}"


def _tenths(number: Fraction) -> Decimal:
    return half_up(number, 1)


def _days(count: str) -> str:
    return f"{count} day" if count == "1" else f"{count} days"


def _segment(days: Fraction, break_even: Decimal | None) -> str:
    """power | edge | occasional: above, around or below the break-even of the year; without one, below."""
    if break_even is None:
        return "occasional"
    if days > Fraction(break_even) * (1 + EDGE):
        return "power"
    return "occasional" if days < Fraction(break_even) * (1 - EDGE) else "edge"
