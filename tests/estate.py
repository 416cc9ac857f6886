"""One estate with everything at once: the plan that the audit's tests tamper with.

Collections, a renewal at the start and one in mid-year, seat tiers, a minimum order with an empty seat, a
maximum, policy, opening packs that expire on different days, per-result tokens, two purchases, a budget.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from build import AUTOCAD, Days, a_scenario, a_source, every, usage_of

from flexopt import Plan, plan
from flexopt.inputs.records import Person, TodaysAccess
from flexopt.inputs.scenario.scenario import Scenario

CHANGES: dict[str, Any] = {
    "products": [
        AUTOCAD,
        {
            "id": "Revit",
            "rates": [{"from": "2021-09-07", "tokens": 10}, {"from": "2026-07-15", "tokens": "10.5"}],
        },
        {"id": "Vault", "flex": False},
    ],
    "offers": [
        {
            "id": "autocad-1y",
            "covers": ["AutoCAD"],
            "term_months": 12,
            "prices": [
                {"from": "2025-01-01", "new": 2310, "renewal": 2079},
                {"from": "2026-04-01", "new": 2400, "renewal": 2100},
            ],
            "tiers": [{"from": 2, "discount": "0.05"}, {"from": 5, "discount": "0.08"}],
        },
        {
            "id": "autocad-1m",
            "covers": ["AutoCAD"],
            "term_months": 1,
            "prices": [{"from": "2025-01-01", "new": 290}],
            "maximum": 1,
        },
        {
            "id": "revit-1y",
            "covers": ["Revit"],
            "term_months": 12,
            "prices": [{"from": "2025-01-01", "new": 2985, "renewal": 2700}],
        },
        {
            "id": "aec-1y",
            "covers": ["AutoCAD", "Revit"],
            "term_months": 12,
            "prices": [{"from": "2025-01-01", "new": 3675}],
        },
        {
            "id": "vault-1y",
            "covers": ["Vault"],
            "term_months": 12,
            "prices": [{"from": "2025-01-01", "new": 700}],
            "minimum": 2,
        },
    ],
    "tokens": {
        "tiers": [{"from": 100, "price": 3}, {"from": 1000, "price": "2.85"}],
        "increment": 100,
        "purchase_dates": ["2026-01-01", "2026-04-01", "2026-07-01"],
        "valid_days": 200,
        "buffer": "0.15",
        "max_oversize": "0.6",
        "max_purchases": 2,
    },
    "negotiated": {"seats": "0.1", "offers": {"aec-1y": "0.22"}, "tokens": "0.05"},
    "holdings": [
        {"offer": "autocad-1y", "quantity": 2, "ends": "2026-04-01"},
        {"offer": "revit-1y", "quantity": 1, "ends": "2026-01-01"},
    ],
    "pool": [{"tokens": 400, "expires": "2026-02-01"}, {"tokens": "611.5", "expires": "2026-05-17"}],
    "policy": [
        {"user": "kim", "product": "AutoCAD", "access": "flex"},
        {"group": "site", "product": "Revit", "access": "named"},
        {"group": "guests", "access": "none"},
    ],
    "cloud": [{"service": "CFD solve", "monthly_tokens": 35, "buffer": "0.5"}],
    "budgets": [{"id": "fy26", "from": "2026-01-01", "to": "2027-01-01", "amount": 30_000}],
}

USE: Days = {
    ("abe", "AutoCAD"): every(date(2025, 1, 1), 230),
    ("amy", "AutoCAD"): every(date(2025, 1, 3), 181, 2),
    ("ben", "AutoCAD"): every(date(2025, 1, 1), 140, 2),
    ("bob", "AutoCAD"): every(date(2025, 1, 1), 145, 2),
    ("cat", "AutoCAD"): every(date(2025, 2, 1), 150, 2),
    ("ray", "Revit"): every(date(2025, 1, 1), 200),
    ("sid", "Revit"): every(date(2025, 3, 1), 60),
    ("dot", "AutoCAD"): every(date(2025, 1, 1), 90, 4),
    ("dot", "Revit"): every(date(2025, 1, 2), 90, 4),
    ("kim", "AutoCAD"): every(date(2025, 1, 1), 122, 3),
    ("lou", "Revit"): every(date(2025, 1, 10), 30, 10),
    ("lou", "AutoCAD"): every(date(2025, 9, 1), 10, 3),
    ("mia", "Revit"): every(date(2025, 2, 20), 25, 12),
    ("sue", "AutoCAD"): every(date(2025, 6, 1), 60),
    ("val", "Vault"): every(date(2025, 1, 1), 50, 7),
    ("guy", "Revit"): every(date(2025, 12, 1), 31),
}

PEOPLE = [
    Person("sid", "site", "CC 7"),
    Person("lou", "office", "CC 1"),
    Person("guy", "guests"),
    Person("mia", leaves=date(2026, 10, 1)),
]

ACCESS = [
    TodaysAccess("abe", "AutoCAD", "named", "autocad-1y"),
    TodaysAccess("ida", "Revit", "named", "revit-1y"),
]


@cache
def estate_plan() -> Plan:
    """Made once for all tests that look at it; whoever changes its document takes a copy."""
    return plan(a_source(estate(), PEOPLE, ACCESS), usage_of(USE))


def estate(**changes: Any) -> Scenario:
    """The scenario, with some of its parts replaced."""
    return a_scenario(**{**CHANGES, **changes})
