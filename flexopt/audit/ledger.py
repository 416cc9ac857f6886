"""Replays the pool day by day and compares the ledger with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from flexopt.audit.notes import TOLERANCE, Notes, close, day_of, show
from flexopt.audit.rules import cloud_tokens, opening_packs
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.store.plan_json import PlanDocument

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PoolDay:
    """The pool on one day, in tokens: opening + bought - drawn - expired = closing; `raw` has no buffer."""

    opening: Fraction
    bought: Fraction
    drawn: Fraction
    raw: Fraction
    expired: Fraction
    closing: Fraction


@dataclass(slots=True)
class _Pack:
    expires: date
    first: date
    left: Fraction


def replay_pool(
    doc: PlanDocument, scenario: Scenario, use: Sequence[Fraction], notes: Notes
) -> dict[date, PoolDay]:
    """Tokens come from the pack that expires first, then from the smallest; the balance is never negative.

    `use` has the tokens for each day's chargeable days, without buffer.
    """
    start, end = scenario.horizon.start, scenario.horizon.end
    packs = [_Pack(p.expires, start - ONE_DAY, Fraction(p.tokens)) for p in opening_packs(scenario)]
    packs += [_Pack(day_of(p["expires"]), day_of(p["date"]), Fraction(p["tokens"])) for p in doc["purchases"]]
    buffer = 1 + Fraction(scenario.tokens.buffer)
    days: dict[date, PoolDay] = {}
    short: tuple[date, Fraction] | None = None
    for day, (cloud, cloud_buffered), used in zip(
        _days(start, end), cloud_tokens(scenario), use, strict=True
    ):
        live = sorted((p for p in packs if p.first <= day < p.expires), key=lambda p: (p.expires, p.left))
        bought = sum((p.left for p in live if p.first == day), Fraction(0))
        opening = sum((p.left for p in live), Fraction(0)) - bought
        needed = due = used * buffer + cloud_buffered
        for pack in live:
            drawn = min(pack.left, due)
            pack.left -= drawn
            due -= drawn
        if due > TOLERANCE and short is None:
            short = (day, due)
        expired = sum((p.left for p in live if p.expires == day + ONE_DAY), Fraction(0))
        closing = sum((p.left for p in live), Fraction(0)) - expired
        days[day] = PoolDay(opening, bought, needed - due, used + cloud, expired, closing)
    if short:
        notes.fail(f"the pool is short of {show(short[1])} tokens on {short[0]}")
    return days


def _days(start: date, end: date) -> list[date]:
    return [start + timedelta(days=d) for d in range((end - start).days)]


def ledger(doc: PlanDocument, scenario: Scenario, pool: dict[date, PoolDay], notes: Notes) -> None:
    """The ledger's periods tile the horizon, each adds up, and its numbers equal those of the replay."""
    cursor = scenario.horizon.start
    for row in doc["ledger"]:
        first, after = day_of(row["period_start"]), day_of(row["period_end"])
        notes.expect(first == cursor, f"the ledger continues on {first} instead of {cursor}")
        cursor = after
        if not (first < after and first in pool and after - ONE_DAY in pool):
            notes.fail(f"the ledger has a period from {first} to {after}")
            continue
        n = {k: Fraction(row[k]) for k in ("opening", "bought", "drawn", "buffer", "expired", "closing")}
        balance = n["opening"] + n["bought"] - n["drawn"] - n["buffer"] - n["expired"]
        notes.expect(close(balance, n["closing"]), f"the ledger of {first} does not add up")
        days = [pool[d] for d in _days(first, after)]
        raw = sum((d.raw for d in days), Fraction(0))
        replayed = {
            "opening": days[0].opening,
            "bought": sum((d.bought for d in days), Fraction(0)),
            "drawn": raw,
            "buffer": sum((d.drawn for d in days), Fraction(0)) - raw,
            "expired": sum((d.expired for d in days), Fraction(0)),
            "closing": days[-1].closing,
        }
        for name, tokens in replayed.items():
            notes.expect(
                close(n[name], tokens),
                f"`{name}` in the ledger of {first} is {show(n[name])} tokens, in the replay {show(tokens)}",
            )
    notes.expect(cursor == scenario.horizon.end, f"the ledger ends on {cursor}")
