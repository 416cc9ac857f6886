"""What a seat costs: examples by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from build import AUTOCAD, a_scenario

from flexopt.inputs.rules.prices import price_in_horizon, rounded_off, seat_price, token_price
from flexopt.inputs.scenario.scenario import Scenario

OFFER = {
    "id": "autocad-1y",
    "covers": ["AutoCAD"],
    "term_months": 12,
    "prices": [
        {"from": "2025-01-01", "new": "2310", "renewal": "2205"},
        {"from": "2026-07-01", "new": "2400"},
    ],
}
NEGOTIATED = {"seats": "0.10", "tokens": "0.05"}


def priced(**changes: Any) -> Scenario:
    """The offer, and tokens at 2.85."""
    tokens = {"tiers": [{"from": 33, "price": "2.85"}], "increment": 33}
    return a_scenario(products=[AUTOCAD], offers=[OFFER], tokens=tokens, **changes)


def seat(scenario: Scenario, day: date, **terms: Any) -> str:
    return str(seat_price(scenario, scenario.offers[0], day, **terms))


def test_a_seat_costs_its_price_in_force_on_the_start_date_less_the_discounts() -> None:
    assert seat(priced(), date(2024, 12, 31)) == "None"
    assert seat(priced(), date(2026, 6, 30)) == "2310.00"
    less = priced(negotiated=NEGOTIATED)
    assert seat(less, date(2026, 7, 1)) == "2160.00"  # 2400 less 10 %
    # 10 % negotiated, then 5 % for the size of the order: 2310 x 0.9 x 0.95 = 1975.05
    assert seat(less, date(2026, 1, 1), tier_discount=Decimal("0.05")) == "1975.05"


@pytest.mark.parametrize(("currency", "price"), [("USD", "1975.05"), ("JPY", "1975"), ("KWD", "1975.050")])
def test_a_seat_costs_whole_minor_units(currency: str, price: str) -> None:
    less = priced(negotiated=NEGOTIATED, currency=currency)
    assert seat(less, date(2026, 1, 1), tier_discount=Decimal("0.05")) == price


def test_a_renewal_without_a_price_of_its_own_costs_as_much_as_a_new_seat() -> None:
    assert seat(priced(), date(2026, 1, 1), renewal=True) == "2205.00"
    assert seat(priced(), date(2026, 7, 1), renewal=True) == "2400.00"


def test_the_horizon_bears_its_share_by_days() -> None:
    scenario = priced(horizon={"start": "2026-01-01", "months": 12})
    year = Decimal(365)
    assert price_in_horizon(scenario, year, date(2026, 7, 1), date(2027, 7, 1)) == Decimal("184.00")
    assert price_in_horizon(scenario, year, date(2026, 1, 1), date(2027, 1, 1)) == Decimal("365.00")


def test_a_token_price_is_not_rounded() -> None:
    scenario = priced(negotiated=NEGOTIATED)
    assert token_price(scenario, scenario.tokens.tier_lists[0].tiers[0]) == Decimal("2.7075")


def test_what_rounding_takes_off_an_invoice_depends_on_the_increment() -> None:
    """33 x 2.7075 = 89.3475: multiples end in quarters of a cent, and only one quarter is rounded down."""
    assert rounded_off(priced(negotiated=NEGOTIATED), date(2026, 1, 1)) == Fraction(25, 10_000)
    assert rounded_off(priced(), date(2026, 1, 1)) == 0  # 94.05
    assert rounded_off(priced(currency="JPY"), date(2026, 1, 1)) == Fraction(9, 20)  # of 94.05 yen
