"""The alternatives of every row, its segment and its reason, from the row, the packs and the scenario."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache

import numpy as np

from flexopt.audit.alone.access import MILLIONTH, always_on_flex, rates_of
from flexopt.audit.assignment import plan_token_price
from flexopt.audit.notes import Notes, distinct, fractions
from flexopt.audit.rules import new_seat_days, seat_cost, seat_price, term_end
from flexopt.base.columns import Column, classes
from flexopt.store.plan import PlanDocument

EDGE = Fraction(1, 5)
"""A user within this share of the break-even is an edge case."""

TENTH = Fraction(1, 20)
"""Rounding of break-even days."""


def alternatives(doc: PlanDocument, cells: Mapping[str, Column], notes: Notes) -> None:
    """Prices on Flex, break-even days and segments."""
    unit = Fraction(doc.scenario.money.unit)
    buffered = plan_token_price(doc, doc.scenario) * (1 + Fraction(doc.scenario.tokens.buffer))
    rates, always = rates_of(doc), always_on_flex(doc)
    product, days, tokens, flex, even = (
        cells[name] for name in ("product", "days", "tokens", "flex_price", "break_even_days")
    )
    named = cells["access"].array_of(lambda word: word == "named", bool)
    year = {name: cheapest_year(doc, name) for name in product.values}
    keys = (named, *(c.codes for c in (product, days, tokens, flex, even, cells["seat_price"])))
    for row in distinct(np.arange(len(named)), *keys):
        count, taken, price = Fraction(days[row]), Fraction(tokens[row]), flex[row]
        least, most = rates.get(product[row], (Fraction(0), Fraction(0)))
        low, high = (count * least, count * most) if named[row] else (taken, taken)
        place = f"`assignment[{row}].flex_price` is {price}"
        if price is None:
            on_flex = product[row] in always or not named[row]
            notes.expect(not on_flex, f"{place}, but {product[row]} is on Flex")
            continue
        notes.expect(product[row] in rates, f"{place}, but {product[row]} is not on Flex")
        off = unit / 2 + MILLIONTH * buffered * (1 + most)
        fits = low * buffered - off <= Fraction(price) <= high * buffered + off
        notes.expect(fits, f"{place}, but its tokens cost {_shown(low * buffered, high * buffered)}")
        known, anchor = year[product[row]]
        if known:
            anchor = cells["seat_price"][row] if anchor is None else anchor
            _break_even(even[row], anchor, (least * buffered, most * buffered), row, notes)
    _segments(cells, notes)


def _break_even(
    said: Decimal | None, anchor: Decimal | None, a_day: tuple[Fraction, Fraction], row: int, notes: Notes
) -> None:
    place = f"`assignment[{row}].break_even_days` is {said}"
    if said is None or anchor is None:  # tokens that cost nothing are always cheaper
        fits = said is None and (anchor is None or not a_day[0])
        notes.expect(fits, f"{place}, but there is {'none' if anchor is None else 'one'}")
        return
    off = TENTH + MILLIONTH
    least, most = (Fraction(anchor) / daily if daily else None for daily in a_day[::-1])
    fits = (least is None or least - off <= Fraction(said)) and (most is None or Fraction(said) <= most + off)
    notes.expect(fits, f"{place}, but a seat costs as much as {float(least or 0):.1f} days")


def _segments(cells: Mapping[str, Column], notes: Notes) -> None:
    """Above, around or below the break-even; what is not on Flex is for power users."""
    days, scale = fractions(cells["days"])
    pair, first = classes(cells["user"].codes, cells["product"].codes)
    total = np.zeros(len(first), dtype=days.dtype)
    np.add.at(total, pair, days)
    theirs, flex, even, segment = (
        total[pair],
        *(cells[name] for name in ("flex_price", "break_even_days", "segment")),
    )
    off_flex = flex.array_of(lambda price: price is None, bool)
    for row in distinct(np.arange(len(pair)), theirs, off_flex, even.codes, segment.codes):
        used, at = Fraction(int(theirs[row]), scale), even[row]
        if off_flex[row]:
            fits = {"power"}
        elif at is None:
            fits = {"occasional"}
        else:  # days are rounded to a millionth
            near = (used - 10 * MILLIONTH, used, used + 10 * MILLIONTH)
            fits = {_segment(number, Fraction(at)) for number in near}
        notes.expect(
            segment[row] in fits,
            f"`assignment[{row}].segment` is {segment[row]} at {float(used):g} days, break-even at {at}",
        )


def _segment(days: Fraction, at: Fraction) -> str:
    return "power" if days > at * (1 + EDGE) else "occasional" if days < at * (1 - EDGE) else "edge"


def cheapest_year(doc: PlanDocument, product: str) -> tuple[bool, Decimal | None]:
    """The least cost of new seats that cover the product in all of the horizon; None if none can.

    The first is whether this can be told: where seats join a contract or are added, it depends on more.
    """
    scenario, horizon = doc.scenario, doc.scenario.horizon
    offers = [offer for offer in scenario.offers if product in offer.covers]
    added = {addition.offer for addition in scenario.additions}
    if any(offer.co_term or offer.id in added for offer in offers):
        return False, None
    terms = [
        (begin, term_end(offer, horizon, begin, new=True), offer)
        for offer in offers
        for begin in new_seat_days(offer, horizon)
    ]

    @cache
    def least(day: date) -> Decimal | None:
        if day >= horizon.end:
            return Decimal(0)
        found = []
        for begin, finish, offer in terms:
            price = seat_price(scenario, offer, begin, Decimal(0), renewed=False)
            if begin <= day < finish and price is not None and (rest := least(finish)) is not None:
                found.append(seat_cost(scenario, price, begin, finish) + rest)
        return min(found, default=None)

    return True, least(horizon.start)


def _shown(low: Fraction, high: Fraction) -> str:
    return f"{float(low):,.2f}" if low == high else f"{float(low):,.2f} to {float(high):,.2f}"
