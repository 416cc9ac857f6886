"""What the tokens of each month cost, and what the tokens that stay unused if the forecast holds cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np

from flexopt.base.columns import Column
from flexopt.base.dates import anniversaries, overlap_days
from flexopt.base.money import Currency
from flexopt.base.text import plain
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.planning.charges.apportion import apportion
from flexopt.planning.charges.use import Months
from flexopt.planning.pool import Pool, packs_of, replay
from flexopt.store.rows import PurchaseRow


@dataclass(frozen=True, slots=True)
class Remainder:
    """Tokens of one pack that the forecast leaves unused: kept as buffer, or more than that."""

    buffer: bool
    expired: bool
    """Within the horizon; otherwise left at its end."""
    month: int
    """The month of the pack's last day, or the last of the horizon."""
    tokens: Fraction
    cents: int


@dataclass(frozen=True, slots=True)
class TokenMoney:
    """Whole cents of the tokens used in each month, and what remains; together the cost of the packs."""

    used: Fraction
    months: tuple[int, ...]
    remainders: tuple[Remainder, ...]

    def figures(self, money: Currency) -> dict[str, str]:
        """As in the summary of a plan: tokens to a tenth and their cost; in either case they add up."""
        weights = [self.used, *(r.tokens for r in self.remainders)]
        tenths = int(sum(weights, Fraction(0)) * 10 + Fraction(1, 2))
        tokens = apportion(tenths, Column(np.arange(len(weights)), weights)).tolist()
        found: dict[str, str] = {}
        for name, digits, used, rest in (
            ("tokens_{}", 1, tokens[0], tokens[1:]),
            ("{}_cost", money.digits, sum(self.months), [r.cents for r in self.remainders]),
        ):
            kept = list(zip(self.remainders, rest, strict=True))
            whole = {
                "used": used,
                "buffer": sum(n for r, n in kept if r.buffer),
                "expired": sum(n for r, n in kept if r.expired),
                "left": sum(n for r, n in kept if not r.expired),
                "expired_with_buffer": sum(n for r, n in kept if r.expired and not r.buffer),
                "left_with_buffer": sum(n for r, n in kept if not r.expired and not r.buffer),
            }
            for kind, amount in whole.items():
                key, _, case = kind.partition("_")
                number = Decimal(amount).scaleb(-digits)
                text = plain(number) if name == "tokens_{}" else str(number)
                found[name.format(key) + (f"_{case}" if case else "")] = text
        return found


def token_money(
    scenario: Scenario, months: Months, use: Sequence[Fraction], pool: Pool, bought: Sequence[PurchaseRow]
) -> TokenMoney:
    """The packs' cost by what becomes of their tokens if the forecast holds.

    `use` has the tokens used in each piece of the months. A pack's tokens cost the same, and those of opening
    packs are paid. Of what a pack keeps, the first part is the buffer, as far as it would be drawn.
    """
    packs = packs_of(scenario, bought)
    price = [Fraction(0)] * (len(packs) - len(bought)) + [Fraction(p.cost) / p.tokens for p in bought]
    periods = replay(packs, len(bought), months.pieces, use)
    spent = [
        sum((tokens * each for tokens, each in zip(p.drawn, price, strict=True)), Fraction(0))
        for p in periods
    ]
    exact = [
        sum(spent[first:after], Fraction(0))
        for first, after in pairwise([*months.first.tolist(), len(spent)])
    ]
    end, kept = months.days[-1][1], dict(pool.unused)
    held: dict[date, Fraction] = {}
    for pack in packs:
        held[pack.expires] = held.get(pack.expires, Fraction(0)) + pack.left
    remainders = []
    # in the order in which they would be drawn
    for pack, each in sorted(zip(packs, price, strict=True), key=lambda p: (p[0].expires, p[0].left)):
        beyond = pack.expires > end
        month = len(months.days) - 1 if beyond else months.of(pack.expires - timedelta(days=1))
        buffer = min(pack.left, max(Fraction(0), held[pack.expires] - kept[pack.expires]))
        held[pack.expires] -= buffer
        for tokens, is_buffer in ((buffer, True), (pack.left - buffer, False)):
            if tokens:
                remainders.append((is_buffer, not beyond, month, tokens))
                exact.append(tokens * each)
    paid = int(sum((p.cost for p in bought), Decimal(0)).scaleb(scenario.money.digits))
    cents = apportion(paid, Column(np.arange(len(exact)), exact)).tolist()
    many = len(months.days)
    return TokenMoney(
        sum((tokens for p in periods for tokens in p.drawn), Fraction(0)),
        tuple(cents[:many]),
        tuple(Remainder(*r, cents=c) for r, c in zip(remainders, cents[many:], strict=True)),
    )


def services_by_piece(scenario: Scenario, months: Months) -> list[list[Fraction]]:
    """Tokens of each per-result service in each piece, without buffer, spread over the days of its month."""
    start, end = months.pieces[0], months.pieces[-1]
    spans = [*pairwise([*anniversaries(start, end), end])]
    return [
        [
            sum(
                (
                    Fraction(service.monthly_tokens)
                    / (finish - begin).days
                    * overlap_days(first, after, begin, finish)
                    for begin, finish in spans
                ),
                Fraction(0),
            )
            for first, after in pairwise(months.pieces)
        ]
        for service in scenario.cloud
    ]
