"""The pool over the horizon, replayed if the forecast holds and if the buffer is used in full as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from flexopt.inputs.rules.expiry import Lot, draw, live_lots, opening_packs
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.store.rows import PurchaseRow


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """The pool in one period, in tokens.

    If the forecast holds, opening + bought - used - expired = closing, without buffer. If the buffer is used
    in full, opening_with_buffer + bought - used - buffer - expired_with_buffer = closing_with_buffer.
    `expired` is what was left in the packs whose last day is the last of the period, including at the end of
    the horizon; `closing` can still be used afterwards.
    """

    period_start: date
    period_end: date
    opening: Fraction
    bought: Fraction
    used: Fraction
    expired: Fraction
    closing: Fraction
    buffer: Fraction
    opening_with_buffer: Fraction
    expired_with_buffer: Fraction
    closing_with_buffer: Fraction


@dataclass(frozen=True, slots=True)
class Pool:
    """The ledger, and the tokens unused even if the buffer is used in full, by expiry of their pack."""

    ledger: tuple[LedgerRow, ...]
    unused: Mapping[date, Fraction]


@dataclass(frozen=True, slots=True)
class PoolPeriod:
    """One period of a replay; `drawn` has the tokens taken from each pack."""

    opening: Fraction
    bought: Fraction
    drawn: tuple[Fraction, ...]
    expired: Fraction
    closing: Fraction


def packs_of(scenario: Scenario, bought: Sequence[PurchaseRow]) -> list[Lot]:
    """The opening packs, then those bought."""
    start = scenario.horizon.start
    return [Lot(start, p.expires, Fraction(p.tokens)) for p in opening_packs(scenario)] + [
        Lot(p.date, p.expires, Fraction(p.tokens)) for p in bought
    ]


def replay(
    packs: Sequence[Lot], bought: int, edges: Sequence[date], due: Sequence[Fraction]
) -> list[PoolPeriod]:
    """Draw what is due in each period; packs keep what is not used. The last `bought` of them are bought."""
    periods = []
    for (start, end), tokens in zip(pairwise(edges), due, strict=True):
        live, before = live_lots(packs, start), [p.left for p in packs]
        arrived = sum((p.left for p in packs[len(packs) - bought :] if p.start == start), Fraction(0))
        opening = sum((p.left for p in live), Fraction(0)) - arrived
        draw(live, tokens)
        expired = sum((p.left for p in live if p.expires == end), Fraction(0))
        closing = sum((p.left for p in live), Fraction(0)) - expired
        drawn = tuple(was - p.left for was, p in zip(before, packs, strict=True))
        periods.append(PoolPeriod(opening, arrived, drawn, expired, closing))
    return periods


def make_pool(
    scenario: Scenario,
    edges: Sequence[date],
    need: Sequence[Fraction],
    cloud: Sequence[tuple[Fraction, Fraction]],
    bought: Sequence[PurchaseRow],
) -> Pool:
    """The pool period by period.

    `need` has the tokens of all users on Flex per period, without buffer, and `cloud` those of per-result
    services, without and with theirs.
    """
    share = 1 + Fraction(scenario.tokens.buffer)
    packs = packs_of(scenario, bought)
    holds, full = (
        replay(of, len(bought), edges, due)
        for of, due in (
            (packs_of(scenario, bought), [n + raw for n, (raw, _) in zip(need, cloud, strict=True)]),
            (packs, [n * share + buffered for n, (_, buffered) in zip(need, cloud, strict=True)]),
        )
    )
    ledger = []
    for (start, end), a, b in zip(pairwise(edges), holds, full, strict=True):
        used = sum(a.drawn, Fraction(0))
        ledger.append(
            LedgerRow(
                start,
                end,
                opening=a.opening,
                bought=a.bought,
                used=used,
                expired=a.expired,
                closing=a.closing,
                buffer=sum(b.drawn, Fraction(0)) - used,
                opening_with_buffer=b.opening,
                expired_with_buffer=b.expired,
                closing_with_buffer=b.closing,
            )
        )
    unused: dict[date, Fraction] = {}
    for pack in packs:
        unused[pack.expires] = unused.get(pack.expires, Fraction(0)) + pack.left
    return Pool(tuple(ledger), unused)
