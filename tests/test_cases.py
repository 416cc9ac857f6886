"""Every worked example reaches the optimum that an independent solver found, to the cent."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from build import case_plan

pytestmark = pytest.mark.xdist_group("worked examples")  # which are planned once


def test_worked_example_reaches_its_optimum(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())
    found = case_plan(case)
    assert found.total.amount == Decimal(expected["total"]), expected["why"]
    assert found.status == "optimal"
    assert found.gap <= Decimal("0.000001")
