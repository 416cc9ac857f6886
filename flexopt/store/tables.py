"""Columns of the plan's tables, shared by plan.json, its schema and the CSV files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

ADDED = ("comparison", "sensitivity", "review")
"""Keys of plan.json that other commands add to a plan, in this order."""

BASELINES = ("today", "all_named", "all_flex", "break_even_rule")
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

UNWRITTEN = "charge_rows"
"""The rows of charges.csv in the document of a plan that was just made; plan.json does not have them."""

TABLES: dict[str, dict[str, type]] = {
    "assignment": {
        "user": str,
        "product": str,
        "group": str,
        "access": str,
        "offer": str,
        "contract_start": date,
        "contract_end": date,
        "days": Decimal,
        "tokens": Decimal,
        "cost": Decimal,
        "seat_price": Decimal,
        "flex_price": Decimal,
        "break_even_days": Decimal,
        "segment": str,
        "reason": str,
    },
    "seats": {
        "offer": str,
        "contract_start": date,
        "contract_end": date,
        "owned": int,
        "renewed": int,
        "new": int,
        "added": int,
        "unit_price": Decimal,
        "cost": Decimal,
        "commitment": Decimal,
        "assigned": int,
        "in_full": int,
        "subscription_id": str,
    },
    "purchases": {
        "date": date,
        "tokens": int,
        "tier_from": int,
        "unit_price": Decimal,
        "cost": Decimal,
        "expires": date,
    },
    "ledger": {
        "period_start": date,
        "period_end": date,
        "opening": Decimal,
        "bought": Decimal,
        "used": Decimal,
        "expired": Decimal,
        "closing": Decimal,
        "buffer": Decimal,
        "opening_with_buffer": Decimal,
        "expired_with_buffer": Decimal,
        "closing_with_buffer": Decimal,
    },
    "charges": {
        "month": str,
        "group": str,
        "cost_centre": str,
        "kind": str,
        "quantity": Decimal,
        "amount": Decimal,
    },
    "left_out": {"user": str, "product": str, "days": int, "reason": str},
}
"""Columns and types of the plan's tables, in order; the CSV files have the same."""
