"""plan.json, the contract: everything else is rendered from this document.

Money and quantities are decimal strings, dates ISO strings, counts integers; no clock, no machine, no path
of this computer, so that the same input gives the same bytes. The tables that grow with the users,
`assignment` and `left_out`, are a `ColumnTable`: read-only, and read like lists of dicts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from flexopt.base.columns import Column, ColumnTable
from flexopt.base.findings import Finding, Findings
from flexopt.base.money import Currency
from flexopt.base.text import plain
from flexopt.inputs.records import ScenarioFile, Source, Usage
from flexopt.inputs.rules.expiry import opening_packs
from flexopt.model.fees import Fees
from flexopt.model.sets import Problem
from flexopt.planning.baselines import Baseline
from flexopt.planning.bill import Bill
from flexopt.planning.charges import Charged, charges
from flexopt.planning.coverage import coverage_of
from flexopt.planning.min_saving import fees_of
from flexopt.planning.order import order_lines, seats_to_pay
from flexopt.planning.payments import Payment, payments_of
from flexopt.planning.reasons import explain_rows, planned_token_price
from flexopt.planning.seats_by_subscription import by_subscription
from flexopt.solve.backend import solver_version
from flexopt.solve.optimise import Certificate, Optimum
from flexopt.store.folder import CHARGES_CSV
from flexopt.store.plan_json import PlanDocument
from flexopt.store.table_csv import table_csv
from flexopt.store.tables import CHARGES, TABLES, TOKEN_FIGURES, UNWRITTEN


def make_document(
    *,
    source: ScenarioFile,
    usage: Usage,
    problem: Problem,
    optimum: Optimum,
    bill: Bill,
    baselines: Mapping[str, Baseline],
    findings: Findings,
    version: str,
) -> dict[str, Any]:
    """The plan document (`flexopt.plan/1`) of an optimum and its bill."""
    scenario, demand = source.scenario, problem.demand
    marginal = _marginal(problem, optimum, bill)
    charged = charges(problem, optimum.solution, bill)
    seats = by_subscription(bill.seats, source.holdings, scenario.horizon.start)
    order = order_lines(seats, bill.purchases, source.holdings, scenario)
    payments = payments_of(order, scenario)
    return {
        "schema": "flexopt.plan/1",
        "flexopt": version,
        "name": scenario.name,
        "currency": scenario.currency,
        "horizon": {"start": str(scenario.horizon.start), "end": str(scenario.horizon.end)},
        "history": {"first": str(demand.history[0]), "last": str(demand.history[1])},
        "status": optimum.status.value,
        "total": str(scenario.money.round(bill.total)),
        "summary": _summary(problem, bill, charged, payments) | _moves(source, problem, bill),
        "baselines": {name: _baseline(scenario.money, b, bill.total) for name, b in baselines.items()},
        "proof": _proof(problem, optimum, bill, marginal),
        "inputs": inputs_of(source, usage.sources),
        "coverage": coverage_of(demand, usage),
        "findings": [_finding(source, f) for f in findings],
        "assignment": _assignment(problem, bill, marginal, charged, fees_of(source, problem)),
        "seats": [_row("seats", s) for s in seats],
        "holdings": [h.model_dump(mode="json", by_alias=True) for h in source.holdings],
        "purchases": [_row("purchases", p) for p in bill.purchases],
        "order": [_row("order", line) for line in order],
        "payments": [_row("payments", p) for p in payments],
        "ledger": [_row("ledger", entry) for entry in bill.pool.ledger],
        "charges": charged.by_payer,
        "charge_rows": charged.rows,
        "files": [{"file": CHARGES_CSV, "sha256": _sha256(table_csv(charged.rows, CHARGES))}],
        "left_out": ColumnTable(
            {name: Column.from_array(demand.left_out[name]) for name in TABLES["left_out"]}
        ),
        "scenario": scenario.model_dump(mode="json", by_alias=True),
    }


def _sha256(pieces: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece.encode("utf-8"))
    return digest.hexdigest()


def inputs_of(source: ScenarioFile, usage: Sequence[Source]) -> list[dict[str, str]]:
    """Every file a plan is made from, usage last, with the SHA-256 of its bytes."""
    return [{"file": source.shown(s.file), "sha256": s.sha256} for s in (*source.sources, *usage)]


def typed_frame(document: PlanDocument, table: str) -> pd.DataFrame:
    """A table of the document as a frame: Decimal, date, int and str; None for an empty cell."""
    read: dict[type, Callable[[Any], Any]] = {Decimal: Decimal, date: date.fromisoformat, int: int, str: str}
    kinds = CHARGES if table == UNWRITTEN else TABLES[table]
    rows = ColumnTable.of(document[table], kinds)

    def typed(column: str, kind: type) -> pd.Series[Any]:
        cells = rows.columns[column].mapped(
            lambda cell: None if cell in (None, "") and kind is not str else read[kind](cell)
        )
        return pd.Series(cells.array(), dtype="int64" if kind is int else object)

    return pd.DataFrame({column: typed(column, kind) for column, kind in kinds.items()})


def _row(table: str, record: object) -> dict[str, Any]:
    """A row of the bill as a dict of its table's columns."""
    return {column: _cell(getattr(record, column)) for column in TABLES[table]}


def _cell(value: object) -> Any:
    if isinstance(value, Fraction):
        return plain(value)
    return (
        format(value, "f") if isinstance(value, Decimal) else str(value) if isinstance(value, date) else value
    )


def _proof(problem: Problem, optimum: Optimum, bill: Bill, marginal: Sequence[str]) -> dict[str, Any]:
    options, money, cheapest = problem.scenario.solver, problem.scenario.money, optimum.cheapest
    of_cost, threshold = cheapest or optimum, None
    if cheapest:
        threshold = {
            "contracts": optimum.contracts,
            "moves": optimum.moves,
            "objective": str(money.round(optimum.objective)),
            "bound": str(money.round(optimum.objective_bound)),
            "cheapest": str(money.round(min(cheapest.cost, optimum.cost))),
            "prices": _prices(money, optimum.certificate, optimum.objective),
        }
    return {
        "cost": str(money.round(optimum.cost)),
        "bound": str(money.round(min(of_cost.objective_bound, optimum.cost))),
        "gap": format(optimum.gap, "f"),
        "gap_asked": format(options.gap, "f"),
        "rounding": _rounding(problem, optimum),
        "solver": solver_version(options),
        "seed": options.seed,
        "users_in_core": optimum.users,
        "choices_in_core": optimum.choices,
        "variables": optimum.variables,
        "rows": optimum.rows,
        "marginal_token_prices": [
            {"start": str(start), "end": str(end), "price": price}
            for start, end, price in _merged(problem, marginal)
        ],
        "prices": _prices(money, of_cost.certificate, optimum.cost),
        "threshold": threshold,
    }


def _prices(money: Currency, certificate: Certificate | None, most: Decimal) -> dict[str, Any]:
    """The cuts that prove a bound without a solver."""
    if certificate is None:
        return {"bound": str(money.zero), "cuts_found": 0, "cuts": []}
    return {
        "bound": str(money.round(min(certificate.bound, most))),
        "cuts_found": certificate.asked,
        "cuts": [
            [
                {**label, "price": repr(price)}
                for label, price in zip(certificate.labels, cut.rows.tolist(), strict=True)
                if price or label["row"] == "pool"
            ]
            for cut in certificate.cuts
        ],
    }


def _rounding(problem: Problem, optimum: Optimum) -> dict[str, Any]:
    """What of the difference between cost and bound may be rounding, and of how many invoices."""
    unit, solution = problem.scenario.money.unit, optimum.solution
    most = solution.rounding(problem) // Fraction(unit) * unit
    amount = min(most, optimum.objective - optimum.objective_bound)
    invoices = sum(above > 0 for above in solution.invoices_above(problem))
    return {"amount": str(amount), "invoices": invoices if amount else 0}


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


def _summary(problem: Problem, bill: Bill, charged: Charged, payments: Sequence[Payment]) -> dict[str, Any]:
    user, seated = problem.demand.pair_user[bill.assignment.pair], bill.assignment.contract >= 0
    named, flex = np.zeros((2, len(problem.demand.users)), dtype=bool)
    named[user[seated]] = True
    flex[user[~seated]] = True
    used = sum((row.used for row in bill.pool.ledger), Fraction(0))
    money = problem.scenario.money
    effective = money.round_price(Fraction(bill.tokens_cost) / used) if used else None
    inside = sum((p.amount for p in payments if p.date < problem.edges[-1]), Decimal(0))
    return {
        "seats": str(money.round(bill.seats_cost)),
        "tokens": str(money.round(bill.tokens_cost)),
        "commitment": str(money.round(bill.commitment)),
        "paid_in_horizon": str(money.round(inside)),
        "paid_later": str(money.round(bill.commitment - inside)),
        "users": len(problem.demand.users),
        "users_named_only": int((named & ~flex).sum()),
        "users_flex_only": int((flex & ~named).sum()),
        "users_both": int((named & flex).sum()),
        **seats_to_pay(bill.seats, problem.scenario.offer_by_id),
        "seats_owned": sum(s.owned for s in bill.seats),
        "tokens_bought": bill.tokens_bought,
        **{name: charged.tokens[name] for name in TOKEN_FIGURES},
        "purchases": len(bill.purchases),
        "token_price": plain(planned_token_price(problem, bill), money.digits + 2),
        "effective_token_price": None if effective is None else plain(effective, money.digits + 2),
    }


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


def _baseline(money: Currency, baseline: Baseline, total: Decimal) -> dict[str, Any]:
    amounts = {
        name: None if (amount := getattr(baseline, name)) is None else str(money.round(amount))
        for name in ("total", "seats", "tokens")
    }
    saving = None if baseline.total is None else str(money.round(baseline.total - total))
    return {**amounts, "saving": saving, "note": baseline.note}


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
    tokens = rows.tokens.mapped(plain)
    columns = {
        "user": Column(user, np.asarray(demand.users, dtype=object).tolist()),
        "product": Column(demand.pair_product[rows.pair], demand.products),
        "group": Column(groups.codes[user], groups.values),
        "access": Column(seated.astype(np.int8), ("flex", "named")),
        "offer": Column(contract, ["", *(c.offer for c in contracts)]),
        "contract_start": Column(contract, [None, *(str(c.start) for c in contracts)]),
        "contract_end": Column(contract, [None, *(str(c.end) for c in contracts)]),
        "days": rows.days.mapped(plain),
        "tokens": Column(np.where(seated, 0, tokens.codes + 1), ["0", *tokens.values]),
        "cost": charged.of_assignment,
        "segment": told.segment,
        "reason": told.reason,
    }
    for name in ("seat_price", "flex_price", "break_even_days"):
        amounts: Column = getattr(told, name)
        columns[name] = amounts.mapped(lambda amount: None if amount is None else str(amount))
    return ColumnTable({name: columns[name] for name in TABLES["assignment"]})


def _finding(source: ScenarioFile, found: Finding) -> dict[str, Any]:
    """A finding without the folder of the scenario, in its text too."""
    folder = "" if source.path is None or source.folder == Path() else f"{source.folder.as_posix()}/"
    names = ("severity", "code", "file", "row", "column", "message", "count", "hint")
    cells = {name: getattr(found, name) for name in names}
    texts = {name: cells[name].replace(folder, "") for name in ("message", "hint") if folder}
    return cells | {"file": source.shown(found.file)} | texts
