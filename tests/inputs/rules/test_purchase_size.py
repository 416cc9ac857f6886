"""Whole increments and the tiers that they reach: examples by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from build import a_scenario

from flexopt.inputs.rules.prices import tiers_on
from flexopt.inputs.rules.purchase_size import increments_in_tier, smallest_purchase, tier_reached
from flexopt.inputs.scenario.scenario import TokenTier


def tiers(*thresholds: int) -> list[TokenTier]:
    return [TokenTier.model_validate({"from": n, "price": "3.00"}) for n in thresholds]


def listed(*thresholds: int) -> list[dict[str, Any]]:
    return [{"from": n, "price": "3.00"} for n in thresholds]


def test_thresholds_are_rounded_up_to_whole_increments() -> None:
    of = tiers(450, 1000)
    assert increments_in_tier(of, 100, 0) == (5, 9)  # 500 to 900 tokens
    assert increments_in_tier(of, 100, 1) == (10, None)
    assert smallest_purchase(a_scenario(tokens={"increment": 100, "tiers": listed(450, 1000)})) == 500


def test_a_tier_without_a_whole_increment_is_empty() -> None:
    fewest, most = increments_in_tier(tiers(500, 1100, 1400), 500, 1)
    assert most is not None
    assert fewest > most


def test_a_purchase_has_the_price_of_the_tier_it_reaches() -> None:
    of = tiers(500, 1000)
    assert tier_reached(of, 999).from_ == 500
    assert tier_reached(of, 1000).from_ == 1000
    assert tier_reached(of, 100).from_ == 500  # smaller than the smallest purchase


def test_the_tiers_of_the_last_day_that_has_come_apply() -> None:
    """The minimum falls from 100 to 33 tokens on 4 June; the lists may be written in any order."""
    dated = [
        {"from": "2026-06-04", "tiers": listed(33, 5000)},
        {"from": "2026-01-01", "tiers": listed(100)},
    ]
    changed = {"increment": 1, "tiers": dated, "purchase_dates": ["2026-01-01", "2026-07-01"]}
    scenario = a_scenario(tokens=changed)
    starts = {
        day: [t.from_ for t in tiers_on(scenario.tokens, day)]
        for day in (date(2026, 6, 3), date(2026, 6, 4), date(2025, 1, 1))
    }
    assert starts == {
        date(2026, 6, 3): [100],
        date(2026, 6, 4): [33, 5000],
        date(2025, 1, 1): [100],  # before the first list: `check` refuses such a purchase date
    }
    assert smallest_purchase(scenario) == 100
    assert smallest_purchase(a_scenario(tokens=changed | {"purchase_dates": ["2026-07-01"]})) == 33
