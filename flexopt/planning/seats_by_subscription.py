"""The seats of a contract by subscription: which ids they have, and of which ids how many are renewed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from flexopt.inputs.scenario.scenario import Holding
from flexopt.planning.bill import SeatRow


def by_subscription(rows: Sequence[SeatRow], holdings: Sequence[Holding], start: date) -> list[SeatRow]:
    """The rows, those of owned and renewed seats split by the subscriptions of the holdings.

    If fewer seats are renewed than end, the subscriptions are renewed in the order of their ids, each as far
    as it goes; seats without an id, as added ones are, come last. Users sit on the first seats.

    start : the first day of the horizon, on which holdings without `from` begin.
    """
    owned: dict[tuple[str, date, date], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    ending: dict[tuple[str, date], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for h in sorted(holdings, key=lambda h: (not h.subscription_id, h.subscription_id)):
        owned[h.offer, max(start, h.from_ or start), h.ends][h.subscription_id] += h.quantity
        ending[h.offer, h.ends][h.subscription_id] += h.quantity
    for row in rows:
        if row.added:
            ending[row.offer, row.contract_end][""] += row.added
    found: list[SeatRow] = []
    for row in rows:
        if row.owned:
            found += _split(row, owned[row.offer, row.contract_start, row.contract_end])
        else:
            found += _split(row, ending[row.offer, row.contract_start]) if row.renewed else [row]
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
