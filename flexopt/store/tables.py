"""Columns of the plan's tables, shared by plan.json and the CSV files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args, get_origin

from flexopt.store import rows

BaselineName = Literal["today", "all_named", "all_flex", "break_even_rule"]

BASELINES: tuple[BaselineName, ...] = ("today", "break_even_rule", "all_named", "all_flex")
"""What a plan is compared with; its headline uses the first that is known."""

DRIVERS = ("seat_price", "token_price", "tier", "mix")
"""The parts of the difference between the totals of two quotes."""

TOKEN_USE = ("tokens_used", "tokens_buffer", "tokens_expired", "tokens_left")
TOKEN_COSTS = ("used_cost", "buffer_cost", "expired_cost", "left_cost")
"""Figures of a summary: what becomes of the tokens if the forecast holds, and what those tokens cost."""

WITH_BUFFER = ("tokens_expired", "tokens_left", "expired_cost", "left_cost")
"""Those that have a second figure, `..._with_buffer`: if the buffer is used in full."""

TOKEN_FIGURES = (*TOKEN_USE, *TOKEN_COSTS, *(f"{name}_with_buffer" for name in WITH_BUFFER))

CHARGE_KINDS = ("seat", "tokens", "per-result service", "empty seat", "buffer", "unused tokens")
"""What a charge is for; the last three are nobody's use."""

CHARGES: dict[str, type] = {
    "month": str,
    "user": str,
    "group": str,
    "cost_centre": str,
    "product": str,
    "kind": str,
    "quantity": Decimal,
    "amount": Decimal,
}
"""Columns of charges.csv, which has rows for every user, product and month; plan.json has their sums."""


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
