"""The payment calendar: what is invoiced when, in instalments where the scenario states them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from flexopt.base.dates import add_months
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.planning.order import KINDS
from flexopt.store.rows import OrderKind, OrderRow, PaymentRow


def payments_of(order: Sequence[OrderRow], scenario: Scenario) -> list[PaymentRow]:
    """What is invoiced, by date; all amounts add up to those of the order.

    An order is invoiced on its day, or in equal instalments from then on; additions always at once.
    """
    due: dict[tuple[date, OrderKind, str], Decimal] = defaultdict(Decimal)
    for line in order:
        due[line.date, line.kind, line.offer] += line.amount
    stated = {o.id: o.instalments for o in scenario.offers} | {"": scenario.tokens.instalments}
    found = []
    for (ordered, kind, offer), amount in due.items():
        parts = stated[offer] if kind != "addition" else None
        number, step = (parts.number, parts.every_months) if parts else (1, 0)
        for n, share in enumerate(_divided(amount, number, scenario.money.unit)):
            day = add_months(ordered, n * step)
            if not share:
                continue
            found.append(
                PaymentRow(
                    date=day,
                    month=f"{day:%Y-%m}",
                    fiscal_year=fiscal_year(day, scenario.fiscal_year_starts),
                    kind=kind,
                    offer=offer,
                    ordered=ordered,
                    instalment=n + 1,
                    instalments=number,
                    amount=share,
                )
            )
    return sorted(found, key=lambda p: (p.date, KINDS.index(p.kind), p.offer, p.ordered))


def _divided(amount: Decimal, number: int, unit: Decimal) -> Iterator[Decimal]:
    """Equal parts in whole minor units; those that are left over go to the first ones, one each."""
    each, rest = divmod(int(amount / unit), number)
    for n in range(number):
        yield (each + (n < rest)) * unit


def fiscal_year(day: date, first_month: int) -> str:
    """The fiscal year of a day: `2026`, or `2026/27` if it does not begin in January."""
    year = day.year - (day.month < first_month)
    return f"{year}" if first_month == 1 else f"{year}/{(year + 1) % 100:02}"
