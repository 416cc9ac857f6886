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
        "cost_if_named": Decimal,
        "cost_if_flex": Decimal,
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
    "order": {
        "date": date,
        "kind": str,
        "offer": str,
        "have": int,
        "renew": int,
        "reduce": int,
        "keep": int,
        "new": int,
        "addition": int,
        "tokens": int,
        "ends": date,
        "unit_price": Decimal,
        "amount": Decimal,
        "subscription_id": str,
    },
    "payments": {
        "date": date,
        "month": str,
        "fiscal_year": str,
        "kind": str,
        "offer": str,
        "ordered": date,
        "instalment": int,
        "instalments": int,
        "amount": Decimal,
    },
    "ledger": {
        "period_start": date,
        "period_end": date,
        "opening": Decimal,
        "bought": Decimal,
        "drawn": Decimal,
        "buffer": Decimal,
        "expired": Decimal,
        "closing": Decimal,
    },
    "left_out": {"user": str, "product": str, "days": int, "reason": str},
}
"""Columns and types of the plan's tables, in order; the CSV files have the same."""
