"""Whether the parts of a plan belong together: names that exist, dates in order, a total that adds up."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal

import numpy as np

from flexopt.base.columns import ColumnTable, classes
from flexopt.store.plan import PlanDocument

ZERO = Decimal(0)


def contradictions(plan: PlanDocument) -> Iterator[str]:
    """What the plan says in one place and denies in another, with the places."""
    scenario = plan.scenario
    if (plan.horizon.start, plan.horizon.end) != (scenario.horizon.start, scenario.horizon.end):
        yield "`horizon` is not that of `scenario`"
    if plan.currency != scenario.currency:
        yield f"`currency` is {plan.currency}, but that of `scenario` is {scenario.currency}"
    if plan.history.last < plan.history.first:
        yield "`history` ends before it begins"
    yield from _assignment(plan.assignment, scenario.product_by_id, scenario.offer_by_id)
    for table in ("seats", "holdings"):
        for number, row in enumerate(getattr(plan, table)):
            if row.offer not in scenario.offer_by_id:
                yield f"`{table}[{number}].offer` is `{row.offer}`, which is not an offer of `scenario`"
    dates = [(f"seats[{n}]", s.contract_start, s.contract_end) for n, s in enumerate(plan.seats)]
    dates += [(f"purchases[{n}]", p.date, p.expires) for n, p in enumerate(plan.purchases)]
    dates += [(f"ledger[{n}]", p.period_start, p.period_end) for n, p in enumerate(plan.ledger)]
    for place, start, end in dates:
        if end <= start:
            yield f"`{place}` ends before it begins"
    edges = [plan.horizon.start, *(p.period_end for p in plan.ledger)]
    if edges[-1] != plan.horizon.end or [p.period_start for p in plan.ledger] != edges[:-1]:
        yield "`ledger` does not cover the horizon without gaps"
    yield from _money(plan)


def _assignment(table: ColumnTable, products: Collection[str], offers: Collection[str]) -> Iterator[str]:
    names = ("access", "offer", "contract_start", "contract_end")
    cells = [table.columns[name] for name in names]
    product = table.columns["product"]
    for code, name in enumerate(product.values):
        if name not in products and (product.codes == code).any():
            row = np.argmax(product.codes == code)
            yield f"`assignment[{row}].product` is `{name}`, which is not a product of `scenario`"
    for row in classes(*(cell.codes for cell in cells))[1].tolist():
        access, offer, start, end = (cell[row] for cell in cells)
        if access == "flex" and (offer or start or end):
            yield f"`assignment[{row}]` is on Flex and has a contract"
        elif access == "named" and offer not in offers:
            yield f"`assignment[{row}].offer` is `{offer}`, which is not an offer of `scenario`"
        elif access == "named" and not (start and end and start < end):
            yield f"`assignment[{row}]` has a seat without a contract that ends after it begins"


def _money(plan: PlanDocument) -> Iterator[str]:
    seats, packs = (sum((row.cost for row in rows), ZERO) for rows in (plan.seats, plan.purchases))
    s = plan.summary
    used = sum((row.amount for row in plan.charges if row.kind in ("tokens", "per-result service")), ZERO)
    buffer = sum((row.amount for row in plan.charges if row.kind == "buffer"), ZERO)
    inside, later = (
        sum((row.amount for row in plan.payments if (row.date >= plan.horizon.end) == after), ZERO)
        for after in (False, True)
    )
    for place, said, found in (
        ("summary.seats", plan.summary.seats, seats),
        ("summary.tokens", plan.summary.tokens, packs),
        ("total", plan.total, seats + packs),
        ("total", plan.total, sum((row.amount for row in plan.charges), ZERO)),
        ("summary.used_cost", s.used_cost, used),
        ("summary.buffer_cost", s.buffer_cost, buffer),
        ("summary.tokens", s.tokens, s.used_cost + s.expired_cost + s.left_cost),
        ("summary.tokens", s.tokens, used + buffer + s.expired_cost_with_buffer + s.left_cost_with_buffer),
        ("proof.cost", plan.proof.cost, plan.total),
        *_threshold(plan),
        ("summary.commitment", s.commitment, sum((row.amount for row in plan.order), ZERO)),
        ("summary.commitment", s.commitment, inside + later),
        ("summary.paid_in_horizon", s.paid_in_horizon, inside),
    ):
        if said != found:
            yield f"`{place}` is {said}, but its parts add up to {found}"
    for part in ("sensitivity", "review"):
        study = getattr(plan, part)
        if study is not None and study.total != plan.total:
            yield f"`{part}.total` is {study.total}, but the plan costs {plan.total}"
    if plan.comparison is not None and plan.comparison.currency != plan.currency:
        yield f"`comparison.currency` is {plan.comparison.currency}, but that of the plan is {plan.currency}"


def _threshold(plan: PlanDocument) -> Iterator[tuple[str, Decimal, Decimal]]:
    found, least, money = plan.proof.threshold, plan.scenario.policy.min_saving, plan.scenario.money
    if found is not None:
        fees = money.ceil(least.contract) * found.contracts + money.ceil(least.move) * found.moves
        yield "proof.threshold.objective", found.objective, plan.total + fees
