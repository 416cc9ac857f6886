"""The payment calendar: what is invoiced when, in instalments where the scenario states them."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flexopt.base.dates import add_months
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.planning.order import KINDS, OrderLine


@dataclass(frozen=True, slots=True)
class Payment:
    """One invoice of an order: of the seats of an offer that start on `ordered`, additions, or a pack.

    `instalment` counts from 1 to `instalments`.
    """

    date: datetime.date
    month: str
    fiscal_year: str
    kind: str
    offer: str
    ordered: datetime.date
    instalment: int
    instalments: int
    amount: Decimal


def payments_of(order: Sequence[OrderLine], scenario: Scenario) -> list[Payment]:
    """What is invoiced, by date; all amounts add up to those of the order.

    An order is invoiced on its day, or in equal instalments from then on; additions always at once.
    """
    due: dict[tuple[date, str, str], Decimal] = defaultdict(Decimal)
    for line in order:
        due[line.date, line.kind, line.offer] += line.amount
    stated = {o.id: o.instalments for o in scenario.offers} | {"": scenario.tokens.instalments}
    found = []
    for (ordered, kind, offer), amount in due.items():
        parts = stated[offer] if kind != "addition" else None
        number, step = (parts.number, parts.every_months) if parts else (1, 0)
        for n, share in enumerate(_divided(amount, number, scenario.money.unit)):
            day = add_months(ordered, n * step)
            year = fiscal_year(day, scenario.fiscal_year_starts)
            found.append(Payment(day, f"{day:%Y-%m}", year, kind, offer, ordered, n + 1, number, share))
    return sorted(
        (p for p in found if p.amount), key=lambda p: (p.date, KINDS.index(p.kind), p.offer, p.ordered)
    )


def _divided(amount: Decimal, number: int, unit: Decimal) -> Iterator[Decimal]:
    """Equal parts in whole minor units; those that are left over go to the first ones, one each."""
    each, rest = divmod(int(amount / unit), number)
    for n in range(number):
        yield (each + (n < rest)) * unit


def fiscal_year(day: date, first_month: int) -> str:
    """The fiscal year of a day: `2026`, or `2026/27` if it does not begin in January."""
    year = day.year - (day.month < first_month)
    return f"{year}" if first_month == 1 else f"{year}/{(year + 1) % 100:02}"
