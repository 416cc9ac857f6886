"""What a seat costs: examples by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flexopt.inputs.rules.prices import price_in_horizon, seat_price, token_price
from flexopt.inputs.scenario.scenario import Horizon, Negotiated, Offer, TokenTier

OFFER = Offer.model_validate(
    {
        "id": "autocad-1y",
        "covers": ["AutoCAD"],
        "term_months": 12,
        "prices": [
            {"from": "2025-01-01", "new": "2310", "renewal": "2205"},
            {"from": "2026-07-01", "new": "2400"},
        ],
    }
)
NEGOTIATED = Negotiated.model_validate({"seats": "0.10", "tokens": "0.05", "offers": {"revit-1y": "0.5"}})


def test_a_seat_costs_its_price_in_force_on_the_start_date_less_the_discounts() -> None:
    assert seat_price(OFFER, Negotiated(), date(2024, 12, 31)) is None
    assert seat_price(OFFER, Negotiated(), date(2026, 6, 30)) == Decimal("2310.00")
    assert seat_price(OFFER, NEGOTIATED, date(2026, 7, 1)) == Decimal("2160.00")  # 2400 less 10 %
    # 10 % negotiated, then 5 % for the size of the order: 2310 x 0.9 x 0.95 = 1975.05
    tiered = seat_price(OFFER, NEGOTIATED, date(2026, 1, 1), tier_discount=Decimal("0.05"))
    assert tiered == Decimal("1975.05")


def test_a_renewal_without_a_price_of_its_own_costs_as_much_as_a_new_seat() -> None:
    assert seat_price(OFFER, Negotiated(), date(2026, 1, 1), renewal=True) == Decimal("2205.00")
    assert seat_price(OFFER, Negotiated(), date(2026, 7, 1), renewal=True) == Decimal("2400.00")


def test_the_horizon_bears_its_share_by_days() -> None:
    horizon = Horizon(start=date(2026, 1, 1), months=12)
    assert price_in_horizon(Decimal(365), date(2026, 7, 1), date(2027, 7, 1), horizon) == Decimal("184.00")
    assert price_in_horizon(Decimal(365), date(2026, 1, 1), date(2027, 1, 1), horizon) == Decimal("365.00")


def test_a_token_price_is_not_rounded_to_the_cent() -> None:
    tier = TokenTier.model_validate({"from": 100, "price": "2.85"})
    assert token_price(tier, NEGOTIATED) == Decimal("2.7075")
