"""Checks the order sheet, the payment calendar and the numbers of seats against seats, packs and holdings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from typing import Any, TypeVar

from flexopt.audit.notes import Notes, day_of
from flexopt.audit.rules import fiscal_year_of, instalments_of, months_of
from flexopt.inputs.scenario.scenario import Holding, Scenario
from flexopt.store.plan import PlanDocument
from flexopt.store.rows import OrderRow, PaymentRow, SeatRow

COUNTS = ("have", "renew", "reduce", "keep", "new", "addition", "tokens")

Row = TypeVar("Row", OrderRow, PaymentRow)


def check_order(doc: PlanDocument, scenario: Scenario, holdings: Sequence[Holding], notes: Notes) -> None:
    """Each seat held is renewed, let go or kept; each seat and pack bought is ordered once, and invoiced."""
    invoices, end = _invoices(doc, scenario), scenario.horizon.end
    _compare("order", doc.order, _lines(doc, scenario, holdings), notes)
    _compare("payments", doc.payments, invoices, notes)
    figures: dict[str, Decimal | int] = {
        **_seats(doc.seats, scenario),
        "paid_in_horizon": sum((i.amount for i in invoices if i.date < end), Decimal(0)),
        "paid_later": sum((i.amount for i in invoices if i.date >= end), Decimal(0)),
    }
    for name, value in figures.items():
        said = getattr(doc.summary, name)
        notes.expect(said == value, f"`{name}` of the summary is {value}, not {said}")


def _lines(doc: PlanDocument, scenario: Scenario, holdings: Sequence[Holding]) -> Iterator[OrderRow]:
    start, end = scenario.horizon.start, scenario.horizon.end
    ending: Counter[tuple[date, str, str]] = Counter()
    lasting: Counter[tuple[date, str, date, str]] = Counter()
    for h in holdings:
        if h.ends >= end:
            lasting[max(start, h.from_ or start), h.offer, h.ends, h.subscription_id] += h.quantity
        else:
            ending[h.ends, h.offer, h.subscription_id] += h.quantity
    paid = [row for row in doc.seats if not row.owned]
    for row in paid:
        if (until := day_of(row.contract_end)) < end:
            ending[until, row.offer, ""] += row.added
    for row in paid:
        day, offer, name = day_of(row.contract_start), row.offer, row.subscription_id
        have = ending.pop((day, offer, name), 0) if row.renewed else 0
        count, price = row.renewed + row.new + row.added, row.unit_price
        yield _line(
            day,
            "addition" if row.added else "seats",
            offer,
            have=have,
            renew=row.renewed,
            reduce=have - row.renewed,
            new=row.new,
            addition=row.added,
            ends=day_of(row.contract_end),
            unit_price=price,
            amount=price * count,
            subscription_id=name,
        )
    for (day, offer, name), count in ending.items():
        if count:
            yield _line(day, "seats", offer, have=count, reduce=count, subscription_id=name)
    for (day, offer, until, name), count in lasting.items():
        yield _line(day, "seats", offer, have=count, keep=count, ends=until, subscription_id=name)
    for pack in doc.purchases:
        yield _line(
            day_of(pack.date),
            "tokens",
            "",
            tokens=pack.tokens,
            ends=day_of(pack.expires),
            unit_price=pack.unit_price,
            amount=pack.cost,
        )


def _line(day: date, kind: str, offer: str, **cells: Any) -> OrderRow:
    """A row of the order, whatever its figures are: those of a plan that contradicts itself may be none."""
    row: dict[str, Any] = dict.fromkeys(COUNTS, 0) | {"ends": None, "unit_price": None, "amount": Decimal(0)}
    row |= {"subscription_id": "", "date": day, "kind": kind, "offer": offer}
    return OrderRow.model_construct(**row | cells)


def _invoices(doc: PlanDocument, scenario: Scenario) -> list[PaymentRow]:
    due: dict[tuple[date, str, str], Decimal] = defaultdict(Decimal)
    for row in doc.seats:
        kind = "addition" if row.added else "seats"
        due[day_of(row.contract_start), kind, row.offer] += row.commitment
    for pack in doc.purchases:
        due[day_of(pack.date), "tokens", ""] += pack.cost
    found = []
    for (ordered, kind, offer), amount in due.items():
        parts = instalments_of(scenario, kind, offer, ordered, amount)
        for number, (day, part) in enumerate(parts, 1):
            invoice = PaymentRow.model_construct(
                date=day,
                month=str(day)[:7],
                fiscal_year=fiscal_year_of(scenario, day),
                kind=kind,
                offer=offer,
                ordered=ordered,
                instalment=number,
                instalments=len(parts),
                amount=part,
            )
            found += [invoice] if part else []
    return found


def _seats(rows: Iterable[SeatRow], scenario: Scenario) -> dict[str, int]:
    """The most seats bought that are live on a day, by term, and the months of short terms."""
    live: dict[str, Counter[date]] = {"annual_seats": Counter(), "monthly_seats": Counter()}
    bought = [(row, row.renewed + row.new + row.added) for row in rows]
    terms = {o.id: o.term_months for o in scenario.offers}
    days = {day_of(row.contract_start) for row, _ in bought}
    months = 0
    for row, count in bought:
        begin, finish, term = (
            day_of(row.contract_start),
            day_of(row.contract_end),
            terms.get(row.offer, 12),
        )
        for day in days:
            if begin <= day < finish:
                live["annual_seats" if term >= 12 else "monthly_seats"][day] += count
        months += count * min(term, months_of(begin, finish)) if term < 12 else 0
    return {name: max(of.values(), default=0) for name, of in live.items()} | {"seat_months": months}


def _compare(table: str, said: Sequence[Row], wanted: Iterable[Row], notes: Notes) -> None:
    """The rows are these; one that is not is told by the columns in which it differs."""
    days = [row.date for row in said]
    notes.expect(days == sorted(days), f"the rows of `{table}` are not sorted by date")
    here, there = Counter(wanted), Counter(said)
    odd: dict[tuple[date, str], tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((here - there, there - here)):
        for row in rows.elements():
            odd[row.date, row.offer][side].append(row)
    for (day, offer), sides in odd.items():
        of = f"of {offer or 'tokens'} on {day} in `{table}`"
        for one, other in zip_longest(*(sorted(rows, key=str) for rows in sides)):
            if one is None or other is None:
                notes.fail(f"a row {of} is {'missing' if other is None else 'not one of the plan'}")
                continue
            for name in type(one).model_fields:
                is_, told = getattr(one, name), getattr(other, name)
                notes.expect(is_ == told, f"`{name}` {of} is {is_}, not {told}")
