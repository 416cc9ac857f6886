"""The cheapest packs for given tokens, for brute force: every number of increments on every purchase date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from brute_demand import DAY, later

from flexopt.inputs.scenario.scenario import Scenario, TokenTier

PATIENCE = 30_000
"""Choices of packs tried in one scenario, some seconds' worth."""

Lot = tuple[date, date, Fraction]
"""A pack: its first day, the first day it cannot be used, its tokens."""


class TooLarge(Exception):
    """The instance has more combinations than are worth trying."""


def in_units(scenario: Scenario, amount: Fraction) -> Fraction:
    """Rounded half up to cents, yen or fils, as on an invoice."""
    units = {"JPY": 1, "KWD": 1000}.get(scenario.currency, 100)
    return Fraction((2 * amount.numerator * units + amount.denominator) // (2 * amount.denominator), units)


@dataclass(frozen=True)
class _Task:
    """What packs must serve: `need` by segment with buffers, at most `cap` tokens bought."""

    need: Sequence[Fraction]
    cap: Fraction | None


@dataclass(frozen=True)
class _Bought:
    """Packs chosen so far, their cost, and what the budgets have left."""

    lots: tuple[Lot, ...]
    cost: Fraction
    room: tuple[Fraction, ...]


class PackSearch:
    """Packs of one scenario; `segments` are the first days of the spans in which no pack begins or ends."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.rules = scenario, scenario.tokens
        self.start = scenario.horizon.start
        self.end = later(self.start, scenario.horizon.months)
        self.life = DAY * scenario.tokens.valid_days
        self.dates = self._dates()
        self.opening = [
            (self.start, p.expires, Fraction(p.tokens)) for p in scenario.pool if p.expires > self.start
        ]
        edges = {
            self.start,
            *self.dates,
            *(d + self.life for d in self.dates),
            *(e for _, e, _ in self.opening),
        }
        self.segments = sorted(d for d in edges if self.start <= d < self.end)
        self.cloud = self._cloud()
        self.tried = 0

    def _dates(self) -> list[date]:
        chosen, months = self.rules.purchase_dates, self.scenario.horizon.months
        if isinstance(chosen, str):
            step = {"start": months, "quarterly": 3, "monthly": 1}[chosen]
            return [later(self.start, n) for n in range(0, months, step)]
        return sorted({d for d in chosen if self.start <= d < self.end})

    def _tiers(self, day: date) -> Sequence[TokenTier]:
        """The tiers that are on sale on the day."""
        return max((of for of in self.rules.tier_lists if of.from_ <= day), key=lambda of: of.from_).tiers

    def segment(self, day: date) -> int:
        return sum(edge <= day for edge in self.segments) - 1

    def _cloud(self) -> list[tuple[Fraction, Fraction]]:
        """Per-result tokens by segment, without and with buffer: a month's tokens over the month's days."""
        due = [(Fraction(0), Fraction(0))] * len(self.segments)
        for m in range(self.scenario.horizon.months):
            first, after = later(self.start, m), later(self.start, m + 1)
            for service in self.scenario.cloud:
                share = self.rules.buffer if service.buffer is None else service.buffer
                daily = Fraction(service.monthly_tokens) / (after - first).days
                for n in range((after - first).days):
                    t = self.segment(first + DAY * n)
                    due[t] = (due[t][0] + daily, due[t][1] + daily * (1 + Fraction(share)))
        return due

    def least(
        self, raw: Sequence[Fraction], room: Sequence[Fraction], ceiling: Fraction | None
    ) -> Fraction | None:
        """The cost of the cheapest packs that serve `raw` tokens by segment; None if there are none.

        `room` is what the budgets have left; from `ceiling` on nothing is of interest.
        """
        buffer, cap = 1 + Fraction(self.rules.buffer), None
        need = [t * buffer + buffered for t, (_, buffered) in zip(raw, self.cloud, strict=True)]
        if self.rules.max_oversize is not None:
            forecast = sum(raw, Fraction(0)) + sum((plain for plain, _ in self.cloud), Fraction(0))
            step = self.rules.increment
            smallest = max(-(-self._tiers(d)[0].from_ // step) * step for d in self.dates or [self.start])
            cap = (1 + Fraction(self.rules.max_oversize)) * forecast + smallest
        return self._buy(_Task(need, cap), 0, _Bought((), Fraction(0), tuple(room)), ceiling)

    def _buy(self, task: _Task, i: int, so_far: _Bought, best: Fraction | None) -> Fraction | None:
        """The least cost below `best` after every choice on the dates from the i-th on; None if none is."""
        self.tried += 1
        if self.tried > PATIENCE:
            raise TooLarge(f"more than {PATIENCE} choices of packs")
        day = self.dates[i] if i < len(self.dates) else self.end
        lots, cost = so_far.lots, so_far.cost
        if (best is not None and cost >= best) or not self._served(task.need, (*self.opening, *lots), day):
            return None
        if i == len(self.dates):
            return cost
        found = self._buy(task, i + 1, so_far, best)
        if self.rules.max_purchases is not None and len(lots) >= self.rules.max_purchases:
            return found
        tokens = sum((n for _, _, n in lots), Fraction(0))
        for size in self._sizes(task, day):
            tiers = [t for t in self._tiers(day) if t.from_ <= size]
            if not tiers or (task.cap is not None and tokens + size > task.cap):
                continue
            price = in_units(
                self.scenario,
                size * Fraction(tiers[-1].price) * (1 - Fraction(self.scenario.negotiated.tokens)),
            )
            room = tuple(
                r - price if b.from_ <= day < b.to else r
                for r, b in zip(so_far.room, self.scenario.budgets, strict=True)
            )
            if all(r >= 0 for r in room):
                more = _Bought((*lots, (day, day + self.life, Fraction(size))), cost + price, room)
                cheaper = self._buy(task, i + 1, more, best if found is None else found)
                found = found if cheaper is None else cheaper
        return found

    def _sizes(self, task: _Task, day: date) -> list[int]:
        """Whole increments up to all that can be used in the pack's life, or the start of the last tier."""
        live = [n for n, e in zip(task.need, self.segments, strict=True) if day <= e < day + self.life]
        step = self.rules.increment
        largest = max(-(-sum(live, Fraction(0)) // step), *(-(-t.from_ // step) for t in self._tiers(day)))
        return [units * step for units in range(1, int(largest) + 1)]

    def _served(self, need: Sequence[Fraction], packs: Sequence[Lot], until: date) -> bool:
        """Segments before `until` find their tokens, drawn from the pack that expires first."""
        lots = sorted(packs, key=lambda lot: lot[1])
        left = [tokens for _, _, tokens in lots]
        for due, edge in zip(need, self.segments, strict=True):
            if edge >= until:
                break
            for n, (begin, expires, _) in enumerate(lots):
                if begin <= edge < expires:
                    drawn = min(due, left[n])
                    left[n] -= drawn
                    due -= drawn
            if due > 0:
                return False
        return True
