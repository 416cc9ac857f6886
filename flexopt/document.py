"""plan.json, the contract: everything else is rendered from this document.

Money and quantities are decimal strings, dates ISO strings, counts integers; no clock, no machine, no path
of this computer, so that the same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from flexopt.baselines import Baseline
from flexopt.bill import Bill
from flexopt.document_tables import TABLES
from flexopt.inputs.findings import Findings
from flexopt.inputs.tables import ScenarioFile, Usage
from flexopt.money import cents
from flexopt.optimise import Optimum
from flexopt.problem import Problem
from flexopt.reasons import Explained, explain_rows, plain, planned_token_price
from flexopt.solver import solver_version

__all__ = ["TABLES", "make_document", "typed_frame"]


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
    return {
        "schema": "flexopt.plan/1",
        "flexopt": version,
        "name": scenario.name,
        "currency": scenario.currency,
        "horizon": {"start": str(scenario.horizon.start), "end": str(scenario.horizon.end)},
        "history": {"first": str(demand.history[0]), "last": str(demand.history[1])},
        "status": optimum.status.value,
        "total": str(cents(bill.total)),
        "summary": _summary(problem, bill) | _moves(source, problem, bill),
        "baselines": {name: _baseline(b, bill.total) for name, b in baselines.items()},
        "proof": {
            "cost": str(cents(optimum.cost)),
            "bound": format(min(optimum.bound, bill.total), "f"),
            "gap": format(optimum.gap, "f"),
            "gap_asked": format(scenario.solver.gap, "f"),
            "solver": solver_version(scenario.solver),
            "seed": scenario.solver.seed,
            "variables": optimum.variables,
            "rows": optimum.rows,
        },
        "inputs": [
            {"file": _inside(source, s.file), "sha256": s.sha256} for s in (*source.sources, *usage.sources)
        ],
        "coverage": _coverage(problem, usage),
        "findings": [_finding(f) | {"file": _inside(source, f.file)} for f in findings],
        "assignment": [_assignment(problem, e) for e in explain_rows(problem, bill)],
        "seats": [_row("seats", s) for s in bill.seats],
        "purchases": [_row("purchases", p) for p in bill.purchases],
        "ledger": [_row("ledger", entry) for entry in bill.ledger],
        "left_out": [
            {"user": u, "product": p, "days": int(d), "reason": r}
            for u, p, d, r in demand.left_out.itertuples(index=False)
        ],
        "scenario": scenario.model_dump(mode="json", by_alias=True),
    }


def typed_frame(document: Mapping[str, Any], table: str) -> pd.DataFrame:
    """A table of the document as a frame: Decimal, date, int and str; None where a cell is empty."""
    read: dict[type, Callable[[Any], Any]] = {Decimal: Decimal, date: date.fromisoformat, int: int, str: str}
    return pd.DataFrame(
        {
            column: pd.Series(
                [
                    None if row[column] in (None, "") and kind is not str else read[kind](row[column])
                    for row in document[table]
                ],
                dtype="int64" if kind is int else object,
            )
            for column, kind in TABLES[table].items()
        }
    )


def _row(table: str, record: object) -> dict[str, Any]:
    """A row of the bill with the columns of its table."""
    return {column: _cell(getattr(record, column)) for column in TABLES[table]}


def _cell(value: object) -> Any:
    if isinstance(value, Fraction):
        return plain(value)
    return (
        format(value, "f") if isinstance(value, Decimal) else str(value) if isinstance(value, date) else value
    )


def _summary(problem: Problem, bill: Bill) -> dict[str, Any]:
    named = {int(problem.demand.pair_user[s.pair]) for s in bill.stretches if s.contract is not None}
    flex = {int(problem.demand.pair_user[s.pair]) for s in bill.stretches if s.contract is None}
    drawn = bill.tokens_drawn
    effective = cents(Fraction(bill.tokens_cost) / drawn * 100) / 100 if drawn else None
    return {
        "seats": str(cents(bill.seats_cost)),
        "tokens": str(cents(bill.tokens_cost)),
        "commitment": str(cents(bill.commitment)),
        "users": len(problem.demand.users),
        "users_named_only": len(named - flex),
        "users_flex_only": len(flex - named),
        "users_both": len(named & flex),
        "seats_bought": sum(s.renewed + s.new for s in bill.seats),
        "seats_owned": sum(s.owned for s in bill.seats),
        "tokens_bought": bill.tokens_bought,
        "tokens_used": plain(drawn, 1),
        "tokens_expired": plain(sum((row.expired for row in bill.ledger), Fraction(0)), 1),
        "tokens_left": plain(bill.ledger[-1].closing, 1),
        "purchases": len(bill.purchases),
        "token_price": plain(planned_token_price(problem, bill), 4),
        "effective_token_price": None if effective is None else plain(effective, 4),
    }


def _moves(source: ScenarioFile, problem: Problem, bill: Bill) -> dict[str, int | None]:
    """Users whose access to some product changes; None without the table of today's access."""
    demand = problem.demand
    named: set[tuple[str, str]] = set()
    flex: set[tuple[str, str]] = set()
    for s in bill.stretches:
        pair = demand.users[int(demand.pair_user[s.pair])], demand.products[int(demand.pair_product[s.pair])]
        (flex if s.contract is None else named).add(pair)
    today = {
        kind: {(a.user, a.product) for a in source.access if a.access == kind} for kind in ("named", "flex")
    }
    planned = {user for user, _ in named | flex}
    moves = {
        "users_to_flex": {user for user, _ in today["named"] & (flex - named)},
        "users_to_seats": {user for user, _ in (today["flex"] - today["named"]) & named},
        "users_idle": {user for user, _ in today["named"]} - planned,
    }
    return {name: len(users) if source.access else None for name, users in moves.items()}


def _baseline(baseline: Baseline, total: Decimal) -> dict[str, Any]:
    money = {
        name: None if (amount := getattr(baseline, name)) is None else str(cents(amount))
        for name in ("total", "seats", "tokens")
    }
    saving = None if baseline.total is None else str(cents(baseline.total - total))
    return {**money, "saving": saving, "note": baseline.note}


def _assignment(problem: Problem, e: Explained) -> dict[str, Any]:
    demand, s = problem.demand, e.stretch
    contract = None if s.contract is None else problem.contracts[s.contract]
    user = int(demand.pair_user[s.pair])
    money = {
        name: None if (amount := getattr(e, name)) is None else str(amount)
        for name in ("cost_if_named", "cost_if_flex", "break_even_days")
    }
    return {
        "user": demand.users[user],
        "product": demand.products[int(demand.pair_product[s.pair])],
        "group": demand.groups[user],
        "access": "flex" if contract is None else "named",
        "offer": contract.offer if contract else "",
        "contract_start": str(contract.start) if contract else None,
        "contract_end": str(contract.end) if contract else None,
        "days": plain(s.days),
        "tokens": plain(s.tokens) if contract is None else "0",
        **money,
        "segment": e.segment,
        "reason": e.reason,
    }


def _coverage(problem: Problem, usage: Usage) -> dict[str, Any]:
    left_out = problem.demand.left_out
    return {
        "files": [{k: getattr(c, k) for k in c.__slots__} for c in usage.coverage],
        "rows_read": sum(c.rows for c in usage.coverage),
        "users_in_usage": len(usage.users),
        "users_planned": len(problem.demand.users),
        "days_planned": plain(_days_planned(problem), 1),
        "days_left_out": int(left_out["days"].sum()),
    }


def _inside(source: ScenarioFile, file: str) -> str:
    """A file as seen from the folder of the scenario: the plan is the same wherever that lies."""
    return file.removeprefix(f"{source.path.parent.as_posix()}/")


def _days_planned(problem: Problem) -> Fraction:
    """Chargeable days of the horizon, before growth."""
    counts = problem.cells.groupby("per", as_index=False)["count"].sum()
    return sum(
        (Fraction(int(n), int(per)) for per, n in zip(counts["per"], counts["count"], strict=True)),
        Fraction(0),
    )


def _finding(f: Any) -> dict[str, Any]:
    return {
        name: getattr(f, name)
        for name in ("severity", "code", "file", "row", "column", "message", "count", "hint")
    }
