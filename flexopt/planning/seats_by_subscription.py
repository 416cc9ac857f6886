"""The seats of a contract by subscription: which ids they have, and of which ids how many are renewed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from flexopt.inputs.scenario.scenario import Holding
from flexopt.planning.bill import SeatRow


def by_subscription(rows: Sequence[SeatRow], holdings: Sequence[Holding]) -> list[SeatRow]:
    """The rows, those of owned and renewed seats split by the subscriptions of the holdings.

    If fewer seats are renewed than end, the subscriptions are renewed in the order of their ids, each as far
    as it goes; seats without an id come last. Users sit on the first seats, and so do those who leave first.
    """
    held: dict[tuple[str, date], Counter[str]] = defaultdict(Counter)
    for holding in sorted(holdings, key=lambda h: h.subscription_id):
        if holding.subscription_id:
            held[holding.offer, holding.ends][holding.subscription_id] += holding.quantity
    found: list[SeatRow] = []
    for row in rows:
        ends = row.contract_end if row.owned else row.contract_start
        found += [row] if row.new else _split(row, held[row.offer, ends])
    return found


def _split(row: SeatRow, held: Mapping[str, int]) -> Iterator[SeatRow]:
    seats = row.owned + row.renewed
    shared = seats - row.in_full
    share = (row.cost - row.unit_price * row.in_full) / shared if shared else row.cost
    left, assigned, whole = seats, row.assigned, row.in_full
    for name, quantity in (*held.items(), ("", seats)):
        count = min(quantity, left)
        full = min(count, whole)
        if count:
            yield replace(
                row,
                owned=count if row.owned else 0,
                renewed=count if row.renewed else 0,
                cost=share * (count - full) + row.unit_price * full,
                commitment=row.unit_price * count,
                assigned=min(assigned, count),
                in_full=full,
                subscription_id=name,
            )
        left, assigned, whole = left - count, max(0, assigned - count), whole - full
