"""Whole increments and the tiers that they reach: examples by hand."""

from __future__ import annotations

from flexopt.inputs.rules.purchase_size import increments_in_tier, smallest_purchase, tier_reached
from flexopt.inputs.scenario.scenario import Tokens


def tokens(increment: int, *thresholds: int) -> Tokens:
    return Tokens.model_validate(
        {"increment": increment, "tiers": [{"from": n, "price": "3.00"} for n in thresholds]}
    )


def test_thresholds_are_rounded_up_to_whole_increments() -> None:
    of = tokens(100, 450, 1000)
    assert smallest_purchase(of) == 500
    assert increments_in_tier(of, 0) == (5, 9)  # 500 to 900 tokens
    assert increments_in_tier(of, 1) == (10, None)


def test_a_tier_without_a_whole_increment_is_empty() -> None:
    fewest, most = increments_in_tier(tokens(500, 500, 1100, 1400), 1)
    assert most is not None
    assert fewest > most


def test_a_purchase_has_the_price_of_the_tier_it_reaches() -> None:
    of = tokens(100, 500, 1000)
    assert tier_reached(of, 999).from_ == 500
    assert tier_reached(of, 1000).from_ == 1000
    assert tier_reached(of, 100).from_ == 500  # smaller than the smallest purchase
