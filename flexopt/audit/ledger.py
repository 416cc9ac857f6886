"""Replays the pool day by day and compares the ledger with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from flexopt.audit.notes import TOLERANCE, Notes, close, day_of, show
from flexopt.audit.rules import cloud_tokens, opening_packs
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.store.plan import PlanDocument

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PoolDay:
    """The pool on one day, in tokens: opening + bought - drawn - expired = closing."""

    opening: Fraction
    bought: Fraction
    drawn: Fraction
    expired: Fraction
    closing: Fraction
    cents: Fraction
    """What the drawn tokens cost, in minor units: those of opening packs are paid."""


@dataclass(slots=True)
class PoolPack:
    """A pack, and what is left of it; `each` is the cost of a token in minor units."""

    expires: date
    first: date
    left: Fraction
    each: Fraction


@dataclass(frozen=True, slots=True)
class PoolReplay:
    """The pool day by day, and what the packs keep in the end.

    holds, full : every day, if the forecast holds and if the buffer is used in full as well
    packs, full_packs : the packs after the last day
    """

    holds: dict[date, PoolDay]
    full: dict[date, PoolDay]
    packs: list[PoolPack]
    full_packs: list[PoolPack]


def replay_pool(doc: PlanDocument, scenario: Scenario, use: Sequence[Fraction], notes: Notes) -> PoolReplay:
    """Tokens come from the pack that expires first, then from the smallest; the balance is never negative.

    `use` has the tokens for each day's chargeable days, without buffer.
    """
    buffer = 1 + Fraction(scenario.tokens.buffer)
    cloud = cloud_tokens(scenario)
    packs, full_packs = _packs(doc, scenario), _packs(doc, scenario)
    holds, _ = _replay(packs, scenario, [u + raw for u, (raw, _) in zip(use, cloud, strict=True)])
    full, short = _replay(
        full_packs, scenario, [u * buffer + more for u, (_, more) in zip(use, cloud, strict=True)]
    )
    if short:
        notes.fail(f"the pool is short of {show(short[1])} tokens on {short[0]}")
    return PoolReplay(holds, full, packs, full_packs)


def _packs(doc: PlanDocument, scenario: Scenario) -> list[PoolPack]:
    before = scenario.horizon.start - ONE_DAY
    packs = [PoolPack(p.expires, before, Fraction(p.tokens), Fraction(0)) for p in opening_packs(scenario)]
    for p in doc.purchases:
        each = Fraction(p.cost) / Fraction(scenario.money.unit) / p.tokens if p.tokens else Fraction(0)
        packs.append(PoolPack(day_of(p.expires), day_of(p.date), Fraction(p.tokens), each))
    return packs


def _replay(
    packs: Sequence[PoolPack], scenario: Scenario, needed: Sequence[Fraction]
) -> tuple[dict[date, PoolDay], tuple[date, Fraction] | None]:
    """Every day of the horizon; and the first on which tokens are missing, and how many."""
    days: dict[date, PoolDay] = {}
    short: tuple[date, Fraction] | None = None
    for day, due in zip(_days(scenario.horizon.start, scenario.horizon.end), needed, strict=True):
        live = sorted((p for p in packs if p.first <= day < p.expires), key=lambda p: (p.expires, p.left))
        bought = sum((p.left for p in live if p.first == day), Fraction(0))
        opening = sum((p.left for p in live), Fraction(0)) - bought
        drawn = cents = Fraction(0)
        for pack in live:
            taken = min(pack.left, due - drawn)
            pack.left -= taken
            drawn += taken
            cents += taken * pack.each
        if due - drawn > TOLERANCE and short is None:
            short = (day, due - drawn)
        expired = sum((p.left for p in live if p.expires == day + ONE_DAY), Fraction(0))
        closing = sum((p.left for p in live), Fraction(0)) - expired
        days[day] = PoolDay(opening, bought, drawn, expired, closing, cents)
    return days, short


def _days(start: date, end: date) -> list[date]:
    return [start + timedelta(days=d) for d in range((end - start).days)]


def ledger(doc: PlanDocument, scenario: Scenario, pool: PoolReplay, notes: Notes) -> None:
    """The ledger's periods tile the horizon, each adds up twice, and its numbers are those of the replays."""
    cursor = scenario.horizon.start
    for row in doc.ledger:
        first, after = day_of(row.period_start), day_of(row.period_end)
        notes.expect(first == cursor, f"the ledger continues on {first} instead of {cursor}")
        cursor = after
        if not (first < after and first in pool.holds and after - ONE_DAY in pool.holds):
            notes.fail(f"the ledger has a period from {first} to {after}")
            continue
        n = {name: Fraction(cell) for name, cell in row if not isinstance(cell, date)}
        balance = n["opening"] + n["bought"] - n["used"] - n["expired"]
        notes.expect(close(balance, n["closing"]), f"the ledger of {first} does not add up")
        balance = n["opening_with_buffer"] + n["bought"] - n["used"] - n["buffer"] - n["expired_with_buffer"]
        adds_up = close(balance, n["closing_with_buffer"])
        notes.expect(adds_up, f"the ledger of {first} does not add up with the buffer")
        holds, full = ([of[d] for d in _days(first, after)] for of in (pool.holds, pool.full))
        used = sum((d.drawn for d in holds), Fraction(0))
        replayed = {
            "opening": holds[0].opening,
            "bought": sum((d.bought for d in holds), Fraction(0)),
            "used": used,
            "expired": sum((d.expired for d in holds), Fraction(0)),
            "closing": holds[-1].closing,
            "buffer": sum((d.drawn for d in full), Fraction(0)) - used,
            "opening_with_buffer": full[0].opening,
            "expired_with_buffer": sum((d.expired for d in full), Fraction(0)),
            "closing_with_buffer": full[-1].closing,
        }
        for name, tokens in replayed.items():
            notes.expect(
                close(n[name], tokens),
                f"`{name}` in the ledger of {first} is {show(n[name])} tokens, in the replay {show(tokens)}",
            )
    notes.expect(cursor == scenario.horizon.end, f"the ledger ends on {cursor}")
