"""plan.json, the contract: everything else is rendered from this document.

Money and quantities are decimal strings, dates ISO strings, counts integers; no clock, no machine, no path
of this computer, so that the same input gives the same bytes. The tables that grow with the users,
`assignment` and `left_out`, are a `ColumnTable`: read-only, and read like lists of dicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from flexopt.base.columns import Column, ColumnTable
from flexopt.base.findings import Finding, Findings
from flexopt.base.money import cents
from flexopt.inputs.records import ScenarioFile, Source, Usage
from flexopt.inputs.rules.expiry import opening_packs
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.model.sets import Problem
from flexopt.planning.baselines import Baseline
from flexopt.planning.bill import Bill
from flexopt.planning.coverage import coverage_of
from flexopt.planning.reasons import explain_rows, plain, planned_token_price
from flexopt.planning.seats_by_subscription import by_subscription
from flexopt.solve.backend import Status, solver_version
from flexopt.solve.optimise import Optimum
from flexopt.store.plan import (
    BaselineCost,
    CutPrice,
    FindingRow,
    History,
    InputFile,
    PlanDocument,
    Proof,
    ProvenPrices,
    Span,
    Summary,
    TokenPrice,
)
from flexopt.store.rows import LedgerRow, PurchaseRow, SeatRow
from flexopt.store.tables import TABLES, BaselineName
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
    seats = by_subscription(bill.seats, source.holdings, scenario.horizon.start)
    return PlanDocument(
        schema="flexopt.plan/1",
        flexopt=version,
        name=scenario.name,
        currency=scenario.currency,
        horizon=Span(start=scenario.horizon.start, end=scenario.horizon.end),
        history=History(first=demand.history[0], last=demand.history[1]),
        status="optimal" if optimum.status is Status.OPTIMAL else "feasible",
        total=cents(bill.total),
        summary=_summary(source, problem, bill),
        baselines={name: _baseline(b, bill.total) for name, b in baselines.items()},
        proof=_proof(problem, optimum, bill, marginal),
        inputs=inputs_of(source, usage.sources),
        coverage=coverage_of(demand, usage),
        findings=tuple(_finding(source, f) for f in findings),
        assignment=_assignment(problem, bill, marginal),
        seats=tuple(_row(SeatRow, seat) for seat in seats),
        holdings=source.holdings,
        purchases=tuple(_row(PurchaseRow, pack) for pack in bill.purchases),
        ledger=tuple(_row(LedgerRow, entry) for entry in bill.ledger),
        left_out=ColumnTable({name: Column.from_array(demand.left_out[name]) for name in TABLES["left_out"]}),
        # as it is read again: names of files do not tell the folders of this computer
        scenario=Scenario.model_validate(scenario.model_dump(mode="json", by_alias=True)),
    )


def inputs_of(source: ScenarioFile, usage: Sequence[Source]) -> tuple[InputFile, ...]:
    """Every file a plan is made from, usage last, with the SHA-256 of its bytes."""
    return tuple(InputFile(file=source.shown(s.file), sha256=s.sha256) for s in (*source.sources, *usage))


def typed_frame(rows: ColumnTable | Sequence[PlanPart], table: str) -> pd.DataFrame:
    """A table of the document as a frame: Decimal, date, int and str; None for an empty cell."""
    cells = {
        name: rows.columns[name].array()
        if isinstance(rows, ColumnTable)
        else [getattr(row, name) for row in rows]
        for name in TABLES[table]
    }
    kinds = {name: "int64" if kind is int else "object" for name, kind in TABLES[table].items()}
    return pd.DataFrame({name: pd.Series(cells[name], dtype=kind) for name, kind in kinds.items()})


def _row(kind: type[Row], record: object) -> Row:
    """A row of the bill as a row of its table."""
    cells = {column: getattr(record, column) for column in kind.model_fields}
    return kind(**{c: _number(value) if isinstance(value, Fraction) else value for c, value in cells.items()})


def _proof(problem: Problem, optimum: Optimum, bill: Bill, marginal: Sequence[str]) -> Proof:
    options, certificate = problem.scenario.solver, optimum.certificate
    bound = Decimal(repr(certificate.bound)) if certificate and isfinite(certificate.bound) else Decimal(0)
    proven = min(max(bound.quantize(Decimal("0.0001"), ROUND_FLOOR), Decimal(0)), bill.total)
    # if the solver was stopped, the prices may prove more
    optimum = replace(optimum, objective_bound=min(max(optimum.objective_bound, proven), bill.total))
    return Proof(
        cost=cents(optimum.cost),
        bound=optimum.objective_bound,
        gap=optimum.gap,
        gap_asked=options.gap,
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
        prices=ProvenPrices(
            bound=proven,
            cuts_found=certificate.asked if certificate else 0,
            cuts=tuple(
                tuple(
                    CutPrice.model_validate({**label, "price": price})
                    for label, price in zip(
                        certificate.labels if certificate else (), cut.rows.tolist(), strict=True
                    )
                    if price or label["row"] == "pool"
                )
                for cut in (certificate.cuts if certificate else ())
            ),
        ),
    )


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


def _summary(source: ScenarioFile, problem: Problem, bill: Bill) -> Summary:
    user, seated = problem.demand.pair_user[bill.assignment.pair], bill.assignment.contract >= 0
    named, flex = np.zeros((2, len(problem.demand.users)), dtype=bool)
    named[user[seated]] = True
    flex[user[~seated]] = True
    drawn = bill.tokens_drawn
    effective = cents(Fraction(bill.tokens_cost) / drawn * 100) / 100 if drawn else None
    return Summary(
        seats=cents(bill.seats_cost),
        tokens=cents(bill.tokens_cost),
        commitment=cents(bill.commitment),
        users=len(problem.demand.users),
        users_named_only=int((named & ~flex).sum()),
        users_flex_only=int((flex & ~named).sum()),
        users_both=int((named & flex).sum()),
        seats_bought=sum(s.renewed + s.new + s.added for s in bill.seats),
        seats_owned=sum(s.owned for s in bill.seats),
        tokens_bought=bill.tokens_bought,
        tokens_used=_number(drawn, 1),
        tokens_expired=_number(sum((row.expired for row in bill.ledger), Fraction(0)), 1),
        tokens_left=_number(bill.ledger[-1].closing, 1),
        purchases=len(bill.purchases),
        token_price=_number(planned_token_price(problem, bill), 4),
        effective_token_price=None if effective is None else _number(effective, 4),
        **_moves(source, problem, bill),
    )


def _moves(source: ScenarioFile, problem: Problem, bill: Bill) -> dict[str, int | None]:
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


def _baseline(baseline: Baseline, total: Decimal) -> BaselineCost:
    money = {
        name: None if (amount := getattr(baseline, name)) is None else cents(amount)
        for name in ("total", "seats", "tokens")
    }
    saving = None if baseline.total is None else cents(baseline.total - total)
    return BaselineCost(**money, saving=saving, note=baseline.note)


def _assignment(problem: Problem, bill: Bill, marginal: Sequence[str]) -> ColumnTable:
    demand, rows = problem.demand, bill.assignment
    told = explain_rows(problem, bill, marginal)
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
        "cost_if_named": told.cost_if_named,
        "cost_if_flex": told.cost_if_flex,
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
