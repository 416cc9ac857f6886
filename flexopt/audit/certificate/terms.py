"""The seats that exist: contracts by start and end, the number available, and their prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from flexopt.audit.rules import (
    added_price,
    additions_of,
    end_joined,
    new_seat_days,
    seat_cost,
    seat_price,
    term_end,
)
from flexopt.inputs.scenario.scenario import Holding, Offer, Scenario


@dataclass(frozen=True, slots=True)
class Term:
    """Seats of one offer with one start and one end: the number available, and their price by seat tier.

    Those `in_full` are for people who leave before the end, which is beyond the horizon.
    """

    offer: Offer
    kind: str
    start: date
    end: date
    most: int | None
    cost: tuple[Decimal, ...]
    whole: tuple[Decimal, ...]
    in_full: bool = False
    joined: int | None = None
    """Of renewals: the seats that end on the day, if others can be added to them."""

    @property
    def ordered(self) -> bool:
        """Whether seats are bought in orders whose size decides the price or has a minimum."""
        whole = self.kind in ("renewal", "new")
        return self.kind == "addition" or (whole and bool(self.offer.tiers or self.offer.minimum > 1))

    @property
    def key(self) -> tuple[str | None, str | None, date | None, date | None, str]:
        return self.offer.id, self.kind, self.start, self.end, "in full" if self.in_full else ""


def make_terms(scenario: Scenario, holdings: Sequence[Holding], leaves: Mapping[int, int]) -> list[Term]:
    """The seats that are owned, and all that can be bought in the horizon.

    leaves : days from its start until users leave
    """
    start, end = scenario.horizon.start, scenario.horizon.end
    owned: dict[tuple[str, date, date], int] = defaultdict(int)
    for h in holdings:
        first = max(start, h.from_ or start)
        if h.ends >= start and first < end:
            owned[h.offer, first, h.ends] += h.quantity
    stated = additions_of(scenario, holdings)
    found = []
    for offer in scenario.offers:
        ending: dict[date, int] = defaultdict(int)
        for (name, first, day), count in sorted(owned.items()):
            if name == offer.id:
                ending[day] += count
                if day > first:
                    free = (Decimal(0),) * (len(offer.tiers) + 1)
                    found.append(Term(offer, "owned", first, day, count, free, free))
        for (name, first, day), (count, price) in stated.items():
            if name == offer.id:
                ending[day] += count
                found.append(Term(offer, "stated", first, day, count, (Decimal(0),), (price,)))
        days = {d: end_joined(offer, holdings, d) for d in new_seat_days(offer, scenario.horizon)}
        joined = {day for day in days.values() if day is not None}
        for day in sorted({*ending, *joined}):
            if day < end:
                renewal = _priced(scenario, offer, "renewal", day, None if day in joined else ending[day])
                found.append(replace(renewal, joined=ending[day] if day in joined else None))
        for day, until in days.items():
            if until is None:
                found.append(_priced(scenario, offer, "new", day, None))
            elif (price_ := added_price(scenario, offer, day, until)) is not None:
                cost = seat_cost(scenario, price_, day, until)
                found.append(Term(offer, "addition", day, until, None, (cost,), (price_,)))
    found = [t for t in found if t.whole and t.end > max(t.start, start)]
    return found + [
        replace(t, cost=t.whole, in_full=True)
        for t in found
        if t.kind not in ("owned", "stated")
        and t.end > end
        and any(t.start < start + timedelta(days=d) < t.end for d in leaves.values())
    ]


def _priced(scenario: Scenario, offer: Offer, kind: str, day: date, most: int | None) -> Term:
    """A term and its prices; none if the offer has no price yet."""
    end = term_end(offer, scenario.horizon, day, new=kind == "new")
    discounts = (Decimal(0), *(t.discount for t in offer.tiers))
    prices = [seat_price(scenario, offer, day, d, renewed=kind == "renewal") for d in discounts]
    whole = tuple(p for p in prices if p is not None)
    cost = tuple(seat_cost(scenario, p, day, end) for p in whole)
    return Term(offer, kind, day, end, most, cost, whole)
