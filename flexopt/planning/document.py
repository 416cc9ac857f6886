"""plan.json, the contract: everything else is rendered from this document.

Money and quantities are decimal strings, dates ISO strings, counts integers; no clock, no machine, no path
of this computer, so that the same input gives the same bytes. The tables that grow with the users,
`assignment` and `left_out`, are a `ColumnTable`: read-only, and read like lists of dicts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from flexopt.base.columns import Column, ColumnTable
from flexopt.base.findings import Finding, Findings
from flexopt.base.money import Currency
from flexopt.base.text import plain
from flexopt.inputs.records import ScenarioFile, Source, Usage
from flexopt.inputs.rules.expiry import opening_packs
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.model.fees import Fees
from flexopt.model.sets import Problem
from flexopt.planning.baselines import Baseline
from flexopt.planning.bill import Bill
from flexopt.planning.charges import Charged, charges
from flexopt.planning.coverage import coverage_of
from flexopt.planning.min_saving import fees_of
from flexopt.planning.order import order_lines, seats_to_pay
from flexopt.planning.payments import payments_of
from flexopt.planning.reasons import explain_rows, planned_token_price
from flexopt.planning.seats_by_subscription import by_subscription
from flexopt.solve.backend import Status, solver_version
from flexopt.solve.optimise import Certificate, Optimum
from flexopt.store.folder import CHARGES_CSV
from flexopt.store.plan import (
    BaselineCost,
    CutPrice,
    FindingRow,
    History,
    InputFile,
    PlanDocument,
    Proof,
    ProvenPrices,
    Rounding,
    Span,
    Summary,
    TableFile,
    Threshold,
    TokenPrice,
)
from flexopt.store.rows import ChargeRow, LedgerRow, PaymentRow, SeatRow
from flexopt.store.table_csv import table_csv
from flexopt.store.tables import CHARGES, TABLES, TOKEN_FIGURES, BaselineName
from flexopt.store.values import PlanPart

Row = TypeVar("Row", bound=PlanPart)


def make_document(
    *,
    source: ScenarioFile,
    usage: Usage,
    problem: Problem,
    optimum: Optimum,
    bill: Bill,
    baselines: Mapping[BaselineName, Baseline],
    findings: Findings,
    version: str,
) -> PlanDocument:
    """The plan document (`flexopt.plan/1`) of an optimum and its bill."""
    scenario, demand = source.scenario, problem.demand
    marginal = _marginal(problem, optimum, bill)
    charged = charges(problem, optimum.solution, bill)
    seats = by_subscription(bill.seats, source.holdings, scenario.horizon.start)
    order = order_lines(seats, bill.purchases, source.holdings, scenario)
    payments = payments_of(order, scenario)
    return PlanDocument(
        schema="flexopt.plan/1",
        flexopt=version,
        name=scenario.name,
        currency=scenario.currency,
        horizon=Span(start=scenario.horizon.start, end=scenario.horizon.end),
        history=History(first=demand.history[0], last=demand.history[1]),
        status="optimal" if optimum.status is Status.OPTIMAL else "feasible",
        total=scenario.money.round(bill.total),
        summary=_summary(source, problem, bill, charged, payments),
        baselines={name: _baseline(scenario.money, b, bill.total) for name, b in baselines.items()},
        proof=_proof(problem, optimum, bill, marginal),
        inputs=inputs_of(source, usage.sources),
        coverage=coverage_of(demand, usage),
        findings=tuple(_finding(source, f) for f in findings),
        assignment=_assignment(problem, bill, marginal, charged, fees_of(source, problem)),
        seats=tuple(_row(SeatRow, seat) for seat in seats),
        holdings=source.holdings,
        purchases=bill.purchases,
        order=tuple(order),
        payments=tuple(payments),
        ledger=tuple(_row(LedgerRow, entry) for entry in bill.pool.ledger),
        charges=tuple(ChargeRow(**row) for row in charged.by_payer),
        files=(TableFile(file=CHARGES_CSV, sha256=_sha256(table_csv(charged.rows, CHARGES))),),
        left_out=ColumnTable({name: Column.from_array(demand.left_out[name]) for name in TABLES["left_out"]}),
        # as it is read again: names of files do not tell the folders of this computer
        scenario=Scenario.model_validate(scenario.model_dump(mode="json", by_alias=True)),
    ).with_charge_rows(charged.rows)


def _sha256(pieces: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece.encode("utf-8"))
    return digest.hexdigest()


def inputs_of(source: ScenarioFile, usage: Sequence[Source]) -> tuple[InputFile, ...]:
    """Every file a plan is made from, usage last, with the SHA-256 of its bytes."""
    return tuple(InputFile(file=source.shown(s.file), sha256=s.sha256) for s in (*source.sources, *usage))


def typed_frame(rows: ColumnTable | Sequence[PlanPart], table: str) -> pd.DataFrame:
    """A table of the document as a frame: Decimal, date, int and str; None for an empty cell."""
    kinds = CHARGES if table == "charge_rows" else TABLES[table]
    cells = {
        name: rows.columns[name].array()
        if isinstance(rows, ColumnTable)
        else [getattr(row, name) for row in rows]
        for name in kinds
    }
    return pd.DataFrame(
        {
            name: pd.Series(cells[name], dtype="int64" if kind is int else object)
            for name, kind in kinds.items()
        }
    )


def _row(kind: type[Row], record: object) -> Row:
    """A row of the bill as a row of its table."""
    cells = {column: getattr(record, column) for column in kind.model_fields}
    return kind(**{c: _number(value) if isinstance(value, Fraction) else value for c, value in cells.items()})


def _proof(problem: Problem, optimum: Optimum, bill: Bill, marginal: Sequence[str]) -> Proof:
    options, money, cheapest = problem.scenario.solver, problem.scenario.money, optimum.cheapest
    of_cost, threshold = cheapest or optimum, None
    if cheapest:
        threshold = Threshold(
            contracts=optimum.contracts,
            moves=optimum.moves,
            objective=money.round(optimum.objective),
            bound=money.round(optimum.objective_bound),
            cheapest=money.round(min(cheapest.cost, optimum.cost)),
            prices=_prices(money, optimum.certificate, optimum.objective),
        )
    return Proof(
        cost=money.round(optimum.cost),
        bound=money.round(min(of_cost.objective_bound, optimum.cost)),
        gap=optimum.gap,
        gap_asked=options.gap,
        rounding=_rounding(problem, optimum),
        solver=solver_version(options),
        seed=options.seed,
        users_in_core=optimum.users,
        choices_in_core=optimum.choices,
        variables=optimum.variables,
        rows=optimum.rows,
        marginal_token_prices=tuple(
            TokenPrice(start=start, end=end, price=Decimal(price))
            for start, end, price in _merged(problem, marginal)
        ),
        prices=_prices(money, of_cost.certificate, optimum.cost),
        threshold=threshold,
    )


def _prices(money: Currency, certificate: Certificate | None, most: Decimal) -> ProvenPrices:
    """The cuts that prove a bound without a solver."""
    if certificate is None:
        return ProvenPrices(bound=money.zero, cuts_found=0, cuts=())
    return ProvenPrices(
        bound=money.round(min(certificate.bound, most)),
        cuts_found=certificate.asked,
        cuts=tuple(
            tuple(
                CutPrice.model_validate({**label, "price": price})
                for label, price in zip(certificate.labels, cut.rows.tolist(), strict=True)
                if price or label["row"] == "pool"
            )
            for cut in certificate.cuts
        ),
    )


def _rounding(problem: Problem, optimum: Optimum) -> Rounding:
    """What of the difference between cost and bound may be rounding, and of how many invoices."""
    unit, solution = problem.scenario.money.unit, optimum.solution
    most = solution.rounding(problem) // Fraction(unit) * unit
    amount = min(most, optimum.objective - optimum.objective_bound)
    invoices = sum(above > 0 for above in solution.invoices_above(problem))
    return Rounding(amount=amount, invoices=invoices if amount else 0)


def _marginal(problem: Problem, optimum: Optimum, bill: Bill) -> list[str]:
    """For every period, what one more token in the pool is worth to the plan.

    Empty if no pack is live: the first token would be worth anything up to what it saves in seats. An empty
    list if no prices are known.
    """
    certificate, start = optimum.certificate, problem.edges[0]
    if certificate is None:
        return []
    lives = [(p.date, p.expires) for p in bill.purchases]
    lives += [(start, p.expires) for p in opening_packs(problem.scenario)]
    return [
        plain(Decimal(repr(price)), 4) if any(first <= day < after for first, after in lives) else ""
        for price, day in zip(certificate.token.tolist(), problem.edges[:-1], strict=True)
    ]


def _merged(problem: Problem, prices: Sequence[str]) -> list[tuple[date, date, str]]:
    """Neighbouring periods of the same price, merged: from a day, up to a day, the price."""
    found: list[tuple[date, date, str]] = []
    for (start, end), price in zip(pairwise(problem.edges), prices, strict=False):
        same = found and found[-1][1:] == (start, price)
        begin = found.pop()[0] if same else start
        if price:
            found.append((begin, end, price))
    return found


def _summary(
    source: ScenarioFile, problem: Problem, bill: Bill, charged: Charged, payments: Sequence[PaymentRow]
) -> Summary:
    user, seated = problem.demand.pair_user[bill.assignment.pair], bill.assignment.contract >= 0
    named, flex = np.zeros((2, len(problem.demand.users)), dtype=bool)
    named[user[seated]] = True
    flex[user[~seated]] = True
    used = sum((row.used for row in bill.pool.ledger), Fraction(0))
    money = problem.scenario.money
    figures: dict[str, Any] = {
        **seats_to_pay(bill.seats, problem.scenario.offer_by_id),
        **{name: charged.tokens[name] for name in TOKEN_FIGURES},
    }
    effective = money.round_price(Fraction(bill.tokens_cost) / used) if used else None
    inside = sum((p.amount for p in payments if p.date < problem.edges[-1]), Decimal(0))
    return Summary(
        seats=money.round(bill.seats_cost),
        tokens=money.round(bill.tokens_cost),
        commitment=money.round(bill.commitment),
        paid_in_horizon=money.round(inside),
        paid_later=money.round(bill.commitment - inside),
        users=len(problem.demand.users),
        users_named_only=int((named & ~flex).sum()),
        users_flex_only=int((flex & ~named).sum()),
        users_both=int((named & flex).sum()),
        seats_owned=sum(s.owned for s in bill.seats),
        tokens_bought=bill.tokens_bought,
        purchases=len(bill.purchases),
        token_price=_number(planned_token_price(problem, bill)),
        effective_token_price=None if effective is None else _number(effective, money.digits + 2),
        **figures,
        **_moves(source, problem, bill),
    )


def _moves(source: ScenarioFile, problem: Problem, bill: Bill) -> dict[str, Any]:
    """Users whose access to some product changes; None without an access table."""
    if not source.access:
        return dict.fromkeys(("users_to_flex", "users_to_seats", "users_idle"))
    demand = problem.demand
    rows = bill.assignment
    # all users in the table or the plan get a number, and so do all products
    users, _ = pd.factorize(np.array([*demand.users, *(a.user for a in source.access)], dtype=object))
    numbers = {
        p: i for i, p in enumerate(dict.fromkeys((*demand.products, *(a.product for a in source.access))))
    }
    wide, planned_users = len(numbers), len(demand.users)
    seated = rows.contract >= 0
    planned = users[demand.pair_user[rows.pair]] * wide + demand.pair_product[rows.pair]
    table = users[planned_users:] * wide + np.array([numbers[a.product] for a in source.access])
    kind = np.array([a.access == "named" for a in source.access])
    named, flex = planned[seated], np.setdiff1d(planned[~seated], planned[seated])
    named_today, flex_today = table[kind], np.setdiff1d(table[~kind], table[kind])
    idle = np.setdiff1d(named_today // wide, planned // wide)
    return {
        "users_to_flex": len(np.unique(np.intersect1d(named_today, flex) // wide)),
        "users_to_seats": len(np.unique(np.intersect1d(flex_today, named) // wide)),
        "users_idle": len(idle),
    }


def _baseline(money: Currency, baseline: Baseline, total: Decimal) -> BaselineCost:
    amounts = {
        name: None if (amount := getattr(baseline, name)) is None else money.round(amount)
        for name in ("total", "seats", "tokens")
    }
    saving = None if baseline.total is None else money.round(baseline.total - total)
    return BaselineCost(**amounts, saving=saving, note=baseline.note)


def _assignment(
    problem: Problem, bill: Bill, marginal: Sequence[str], charged: Charged, fees: Fees | None
) -> ColumnTable:
    demand, rows = problem.demand, bill.assignment
    told = explain_rows(problem, bill, marginal, fees)
    user = demand.pair_user[rows.pair]
    groups = Column.from_array(np.asarray(demand.groups, dtype=object))
    seated = rows.contract >= 0
    contract = rows.contract + 1  # 0 is Flex
    contracts = problem.contracts
    tokens = rows.tokens.mapped(_number)
    columns = {
        "user": Column(user, np.asarray(demand.users, dtype=object).tolist()),
        "product": Column(demand.pair_product[rows.pair], demand.products),
        "group": Column(groups.codes[user], groups.values),
        "access": Column(seated.astype(np.int8), ("flex", "named")),
        "offer": Column(contract, ["", *(c.offer for c in contracts)]),
        "contract_start": Column(contract, [None, *(c.start for c in contracts)]),
        "contract_end": Column(contract, [None, *(c.end for c in contracts)]),
        "days": rows.days.mapped(_number),
        "tokens": Column(np.where(seated, 0, tokens.codes + 1), [Decimal(0), *tokens.values]),
        "cost": charged.of_assignment,
        "seat_price": told.seat_price,
        "flex_price": told.flex_price,
        "break_even_days": told.break_even_days,
        "segment": told.segment,
        "reason": told.reason,
    }
    return ColumnTable({name: columns[name] for name in TABLES["assignment"]})


def _number(amount: Fraction | Decimal, digits: int = 6) -> Decimal:
    """The number with as many digits as it is written with."""
    return Decimal(plain(amount, digits))


def _finding(source: ScenarioFile, found: Finding) -> FindingRow:
    """A finding without the folder of the scenario, in its text too."""
    folder = "" if source.path is None or source.folder == Path() else f"{source.folder.as_posix()}/"
    cells = {name: getattr(found, name) for name in FindingRow.model_fields}
    texts = {name: cells[name].replace(folder, "") for name in ("message", "hint") if folder}
    return FindingRow(**cells | {"file": source.shown(found.file)} | texts)
