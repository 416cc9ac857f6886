"""The order sheet: what becomes of every seat held, and everything there is to buy, line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flexopt.base.dates import anniversaries, most_at_once
from flexopt.inputs.scenario.scenario import Holding, Offer, Scenario
from flexopt.planning.bill import SeatRow
from flexopt.store.rows import OrderRow, PurchaseRow

KINDS = ("seats", "addition", "tokens")
"""What a row orders, in the order of the rows of one day."""

NOTHING: dict[str, Any] = {
    **dict.fromkeys(("have", "renew", "reduce", "keep", "new", "addition", "tokens"), 0),
    **dict.fromkeys(("ends", "unit_price")),
    "subscription_id": "",
}
"""The cells of a row that orders nothing."""


def order_lines(
    seats: Sequence[SeatRow],
    purchases: Sequence[PurchaseRow],
    holdings: Sequence[Holding],
    scenario: Scenario,
) -> list[OrderRow]:
    """The order, by date and offer; its amounts add up to the commitment.

    have = renew + reduce + keep; amount = unit_price x (renew + new + addition), or the price of the pack.

    seats : the rows by subscription
    holdings : none ends before the horizon; added seats are held, too, when their contract ends
    """
    horizon, free = scenario.horizon, scenario.money.zero
    held: dict[tuple[date, str, str], int] = defaultdict(int)
    kept: dict[tuple[date, str, date, str], int] = defaultdict(int)
    for h in holdings:
        if h.ends < horizon.end:
            held[h.ends, h.offer, h.subscription_id] += h.quantity
        else:
            first = max(horizon.start, h.from_ or horizon.start)
            kept[first, h.offer, h.ends, h.subscription_id] += h.quantity
    for row in seats:
        if row.added and row.contract_end < horizon.end:
            held[row.contract_end, row.offer, ""] += row.added
    renewed = {(r.contract_start, r.offer, r.subscription_id): r for r in seats if r.renewed}
    lines = []
    for day, offer, name in {**held, **dict.fromkeys(renewed, 0)}:
        have = held[day, offer, name]
        line = _row(day, "seats", offer, free, have=have, reduce=have, subscription_id=name)
        order = renewed.get((day, offer, name))
        lines.append(_renewed(line, order) if order else line)
    lines += [
        _row(day, "seats", offer, free, have=n, keep=n, ends=ends, subscription_id=name)
        for (day, offer, ends, name), n in kept.items()
    ]
    lines += [_bought(row) for row in seats if row.new or row.added]
    lines += [
        _row(p.date, "tokens", "", p.cost, tokens=p.tokens, ends=p.expires, unit_price=p.unit_price)
        for p in purchases
    ]
    return sorted(lines, key=_place)


def _row(day: date, kind: str, offer: str, amount: Decimal, **cells: Any) -> OrderRow:
    return OrderRow(**{**NOTHING, "date": day, "kind": kind, "offer": offer, "amount": amount, **cells})


def _renewed(line: OrderRow, row: SeatRow) -> OrderRow:
    """The line of seats that end on a day, some of them renewed."""
    return line.model_copy(
        update={
            "renew": row.renewed,
            "reduce": line.have - row.renewed,
            "ends": row.contract_end,
            "unit_price": row.unit_price,
            "amount": row.commitment,
        }
    )


def _bought(row: SeatRow) -> OrderRow:
    return _row(
        row.contract_start,
        "addition" if row.added else "seats",
        row.offer,
        row.commitment,
        new=row.new,
        addition=row.added,
        ends=row.contract_end,
        unit_price=row.unit_price,
    )


def _place(line: OrderRow) -> tuple[object, ...]:
    """By date: seats before tokens, by offer, seats held before new ones; no subscription id comes last."""
    return (
        line.date,
        line.kind == "tokens",
        line.offer,
        not line.have,
        line.addition > 0,
        not line.subscription_id,
        line.subscription_id,
        line.ends or date.min,
    )


def seats_to_pay(rows: Sequence[SeatRow], offers: Mapping[str, Offer]) -> dict[str, int]:
    """Seats bought, counted as seats: `annual_seats`, `monthly_seats` and `seat_months`.

    The first two are the most there are at once, of terms of 12 months or more and of shorter ones: a seat
    that is bought month after month is one seat. `seat_months` are the months of those with shorter terms.
    """
    annual: list[tuple[date, date, int]] = []
    monthly: list[tuple[date, date, int]] = []
    months = 0
    for row in rows:
        bought, term = row.renewed + row.new + row.added, offers[row.offer].term_months
        span = row.contract_start, row.contract_end
        (annual if term >= 12 else monthly).append((*span, bought))
        if term < 12:
            # an added seat may join the last days of a term
            months += bought * min(term, len(anniversaries(*span)))
    return {
        "annual_seats": most_at_once(annual),
        "monthly_seats": most_at_once(monthly),
        "seat_months": months,
    }
