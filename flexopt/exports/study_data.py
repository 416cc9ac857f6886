"""Studies as data: a table of each as CSV, and everything as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from flexopt.base.money import Currency
from flexopt.store.plan import PlanDocument
from flexopt.store.study_parts import ComparisonPart, ReviewPart, SensitivityPart
from flexopt.store.table_csv import table_csv
from flexopt.store.tables import DRIVERS, TOKEN_FIGURES

MOVES: dict[str, type] = {
    "user": str,
    "product": str,
    "group": str,
    "move": str,
    "before": str,
    "after": str,
    "saving": Decimal,
}
"""The columns of a review."""

SOLVES: dict[str, type] = {
    "part": str,
    "lever": str,
    "side": str,
    "value": Decimal,
    "with_lever": str,
    "with_value": Decimal,
    "total": Decimal,
    "difference": Decimal,
    "annual_seats": int,
    "monthly_seats": int,
    "tokens_bought": int,
    "answer": str,
}
"""The columns of a sensitivity study."""


def comparison_csv(compared: ComparisonPart) -> Iterator[str]:
    """A row per scenario: its figures, its drivers, and its plan's regret under each quote."""
    drivers = {row.scenario: row for row in compared.drivers}
    scenarios = compared.scenarios
    kinds: dict[str, type] = {
        **dict.fromkeys(("id", "name", "status", "currency"), str),
        **dict.fromkeys(("total", "difference", "seats", "tokens", "commitment", "bound", "gap"), Decimal),
        **dict.fromkeys(
            ("annual_seats", "monthly_seats", "seat_months", "seats_owned", "tokens_bought"), int
        ),
        **dict.fromkeys((*TOKEN_FIGURES, "effective_token_price"), Decimal),
        "users_changed": int,
        **dict.fromkeys((f"driver_{name}" for name in DRIVERS), Decimal),
    }
    regret = {f"regret_under_{n}": Decimal for n, _ in enumerate(scenarios, 1)}
    rows, none = [], Currency(compared.currency).zero
    for s, cells in zip(scenarios, compared.regret, strict=True):
        row = dict(s) | {"currency": compared.currency}
        mine = drivers.get(s.id)
        row |= {f"driver_{name}": getattr(mine, name, none) for name in DRIVERS}
        rows.append(row | dict(zip(regret, cells, strict=True)))
    return table_csv(rows, kinds | regret)


def sensitivity_json(part: SensitivityPart, name: str, currency: str) -> dict[str, Any]:
    """`flexopt.sensitivity/1`: the key `sensitivity` of plan.json, with the scenario's name and currency."""
    return {
        "schema": "flexopt.sensitivity/1",
        "name": name,
        "currency": currency,
        **part.model_dump(mode="json"),
    }


def sensitivity_csv(part: SensitivityPart) -> Iterator[str]:
    """All tables as one, with a row per solve."""
    yield from table_csv(list(_rows(part)), SOLVES)


def review_json(document: PlanDocument) -> dict[str, Any]:
    """`flexopt.review/1`: the key `review` of plan.json, with the currency."""
    return {
        "schema": "flexopt.review/1",
        "currency": document.currency,
        **review_of(document).model_dump(mode="json", by_alias=True),
    }


def review_csv(document: PlanDocument) -> Iterator[str]:
    """A row for every user and product, the moves that save most first."""
    return table_csv(review_of(document).moves, MOVES)


def review_of(document: PlanDocument) -> ReviewPart:
    """The review of a plan that has one."""
    assert document.review is not None, "only of a plan with a review"
    return document.review


def _rows(part: SensitivityPart) -> Iterator[dict[str, Any]]:
    def row(**cells: Any) -> dict[str, Any]:
        return {name: cells.get(name, "" if kind is str else None) for name, kind in SOLVES.items()}

    def moved(total: Decimal | None) -> Decimal | None:
        return None if total is None else total - part.total

    yield row(part="now", total=part.total, difference=moved(part.total))
    for bar in part.levers:
        for side, end in (("low", bar.low), ("high", bar.high)):
            yield row(part="lever", lever=bar.lever, side=side, difference=moved(end.total), **dict(end))
    for grid in part.grids:
        for y, totals in zip(grid.y_values, grid.totals, strict=True):
            for x, total in zip(grid.x_values, totals, strict=True):
                yield row(
                    part="grid",
                    lever=grid.x,
                    value=x,
                    with_lever=grid.y,
                    with_value=y,
                    total=total,
                    difference=moved(total),
                )
    for flip in part.indifference:
        sides = [(side, at) for side, at in (("below", flip.below), ("above", flip.above)) if at]
        for side, at in sides:
            cells = {"difference": moved(at.total), **dict(at), "answer": f"{flip.question}: {at.answer}"}
            yield row(part="indifference", lever=flip.lever, side=side, **cells)
        if not sides:
            answer = f"{flip.question}: {flip.note}"
            yield row(part="indifference", lever=flip.lever, answer=answer)
    for ask in part.negotiation:
        saving = ask.saving
        total = part.total - saving
        yield row(
            part="negotiation",
            lever=ask.lever,
            total=total,
            difference=moved(total),
            answer=ask.label,
        )
