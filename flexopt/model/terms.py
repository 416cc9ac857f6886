"""The terms that seats may have: owned, renewed, new, or added to a contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from flexopt.base.dates import add_months, anniversaries
from flexopt.demand.forecast import Demand
from flexopt.inputs.rules.co_term import added_seat_price, joining, stated_additions
from flexopt.inputs.rules.prices import in_force
from flexopt.inputs.scenario.scenario import Holding, Offer, Scenario


@dataclass(frozen=True, slots=True)
class Term:
    offer: Offer
    kind: str
    start: date
    end: date
    quantity: int | None
    in_full: bool = False
    price: Decimal | None = None
    """Of a seat in an addition."""


def in_full(terms: Sequence[Term], scenario: Scenario, demand: Demand) -> list[Term]:
    """Terms that run past the horizon, once more for those who leave in the course of them."""
    start, end = scenario.horizon.start, scenario.horizon.end
    left = {start + timedelta(days=days) for days in demand.leaves.values()}
    return [
        replace(term, in_full=True)
        for term in terms
        if term.kind not in ("owned", "stated")
        and term.end > end
        and any(term.start < day < term.end for day in left)
    ]


def terms_of(scenario: Scenario, holdings: Sequence[Holding]) -> list[Term]:
    """Every term a seat may have: owned until its end, renewed, new on a start date, or added to another."""
    start, end = scenario.horizon.start, scenario.horizon.end
    owned: dict[tuple[str, date, date], int] = {}
    for h in holdings:
        first = max(start, h.from_ or start)
        if start <= h.ends and first < end:  # after an earlier end it has lapsed, and its renewal too
            owned[h.offer, h.ends, first] = owned.get((h.offer, h.ends, first), 0) + h.quantity
    stated = stated_additions(scenario, holdings)
    terms, monthly = [], anniversaries(start, end)
    for offer in scenario.offers:
        mine = sorted((ends, first, q) for (o, ends, first), q in owned.items() if o == offer.id)
        terms += [Term(offer, "owned", first, ends, q) for ends, first, q in mine if ends > first]
        added = [s for s in stated if s.offer is offer]
        terms += [Term(offer, "stated", s.start, s.end, s.quantity, price=s.price) for s in added]
        held = Counter({ends: 0 for ends, *_ in mine})
        for ends, number in [*((ends, q) for ends, _, q in mine), *((s.end, s.quantity) for s in added)]:
            held[ends] += number
        # a short term can be bought again whenever it has ended; an annual one only at the start
        starts = set(monthly if offer.term_months < 12 else [start])
        more = monthly if offer.starts == "monthly" else offer.starts
        starts.update(day for day in more if isinstance(day, date) and start <= day < end)
        joined = {day: joining(offer, holdings, day) for day in sorted(starts)}
        ends_of = set(filter(None, joined.values()))
        for ends in sorted({*held, *ends_of}):
            if ends < end:  # where seats can be added, these can be renewed, too
                most = None if ends in ends_of else held[ends]
                terms.append(Term(offer, "renewal", ends, add_months(ends, offer.term_months), most))
        for day, joins in joined.items():
            if joins is not None:
                price = added_seat_price(scenario, offer, day, joins)
                terms.append(Term(offer, "addition", day, joins, None, price=price))
                continue
            # a term from the 31st ends on a 31st again: in a horizon from 31 January, 28 February + 1 month
            # is 31 March; otherwise three days of each March would have no monthly seat
            anchor, months = (start, monthly.index(day)) if day in monthly else (day, 0)
            terms.append(Term(offer, "new", day, add_months(anchor, months + offer.term_months), None))
    return [t for t in terms if t.kind in ("owned", "stated") or in_force(t.offer.prices, t.start)]
