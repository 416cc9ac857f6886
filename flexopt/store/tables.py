"""Columns of the plan's tables, shared by plan.json and the CSV files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, get_args, get_origin

from flexopt.store import rows

ADDED = ("comparison", "sensitivity", "review")
"""Keys of plan.json that other commands add to a plan, in this order."""

BASELINES = ("today", "all_named", "all_flex", "break_even_rule")
"""What a plan is compared with; its headline uses the first that is known."""

DRIVERS = ("seat_price", "token_price", "tier", "mix")
"""The parts of the difference between the totals of two quotes."""


def _kind(annotation: Any) -> type:
    """The type of the cells of a column, None aside."""
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0])
    if annotation in (str, int, Decimal, date):
        return annotation  # type: ignore[no-any-return]
    kinds = [_kind(inner) for inner in get_args(annotation) if isinstance(inner, type) or get_args(inner)]
    return kinds[0] if kinds else str  # a choice of words


TABLES: dict[str, dict[str, type]] = {
    table: {name: _kind(field.annotation) for name, field in row.model_fields.items()}
    for table, row in rows.TABLES.items()
}
"""Columns and types of the plan's tables, in order; the CSV files have the same."""
