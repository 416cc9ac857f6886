"""Studies of scenarios with `policy.min_saving`: money is money, and the fees decide."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from build import AUTOCAD_YEAR, every
from documents import data

from flexopt import compare, make_scenario, sensitivity
from flexopt.inputs.records import ScenarioFile
from flexopt.store.folder import read_document

MONTH: dict[str, Any] = {
    "id": "autocad-1m",
    "covers": ["AutoCAD"],
    "term_months": 1,
    "prices": [{"from": "2025-01-01", "new": 290}],
}
USAGE = pd.DataFrame(
    [
        {"user": user, "product": "AutoCAD", "date": str(day)}
        for user, days in (("ann", 14), ("bob", 20))  # 294 and 420 on Flex: a month saves 4 and 130
        for day in every(date(2025, 1, 1), days)
    ]
)


def quote(name: str, contract: int, month: int = 290) -> ScenarioFile:
    document = {
        "schema": "flexopt.scenario/1",
        "currency": "USD",
        "horizon": {"start": "2026-01-01", "months": 12},
        "products": [{"id": "AutoCAD", "rates": [{"from": "2021-09-07", "tokens": 7}]}],
        "offers": [AUTOCAD_YEAR, MONTH | {"prices": [{"from": "2025-01-01", "new": month}]}],
        "tokens": {"tiers": [{"from": 1, "price": 3}], "increment": 1},
        "policy": {"min_saving": {"contract": contract}},
    }
    return make_scenario(document, name=name)


def test_a_kept_plan_with_more_contracts_may_cost_less(tmp_path: Path) -> None:
    """Without a fee both have a month, 580; with one of 50 only bob has, 584."""
    found = compare([quote("free", 0), quote("careful", 50)], USAGE, processes=1)
    assert found.totals.to_dict() == {"free": Decimal(580), "careful": Decimal(584)}
    assert found.regret.loc["free", "careful"] == -4
    assert found.regret.loc["careful", "free"] == 4
    assert data(found.plans["careful"].document)["proof"]["threshold"]["contracts"] == 1
    saved = found.save(tmp_path / "quotes")
    assert data(read_document(saved / "careful.plan"))["comparison"]["regret"] == [
        ["0.00", "-4.00"],
        ["4.00", "0.00"],
    ]


def test_a_price_at_which_a_contract_saves_its_fee() -> None:
    """ann's month enters at 244: 294 less the fee of 50."""
    found = sensitivity(quote("careful", 50), USAGE, levers=["seat:autocad-1m"])
    assert found.total.amount == 584
    (bar,) = data(found.document)["levers"]
    assert bar["low"]["total"] == "555.00"  # 29 less for bob's month; at 261 ann's would save 33
    (flip,) = data(found.document)["indifference"]
    assert flip["below"]["value"] == "370.00"  # bob's leaves above 420 - 50
