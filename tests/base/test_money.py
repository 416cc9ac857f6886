"""Money: whole cents, rounded half up once, in one currency."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexopt.base.money import Money, cents


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        (Decimal("0.005"), "0.01"),
        (Decimal("0.0049999"), "0.00"),
        (Decimal("2.675"), "2.68"),  # a float would say 2.67
        (Decimal("-0.005"), "-0.01"),
        (7, "7.00"),
        (Fraction(1, 200), "0.01"),
        (Fraction(2, 3), "0.67"),
        (Fraction(1, 3), "0.33"),
        # 0.00499... has more digits than a Decimal division keeps: it must not be rounded twice
        (Fraction(5, 1000) - Fraction(1, 10**40), "0.00"),
        (Fraction(2079 * 275, 365), "1566.37"),
    ],
)
def test_half_a_cent_is_rounded_up(amount: Decimal | Fraction | int, rounded: str) -> None:
    assert str(cents(amount)) == rounded


@given(st.fractions(min_value=0, max_value=10**9))
def test_no_amount_moves_by_more_than_half_a_cent(amount: Fraction) -> None:
    moved = Fraction(cents(amount)) - amount
    assert -Fraction(1, 200) < moved <= Fraction(1, 200)


@given(st.integers(-(10**9), 10**9), st.integers(1, 9999))
def test_fractions_and_decimals_round_alike(numerator: int, places: int) -> None:
    exact = Decimal(numerator) / Decimal(10**4)
    assert cents(Fraction(exact)) == cents(exact), places


def test_money_adds_up_in_its_currency() -> None:
    seat, packs = Money(Decimal("2310"), "USD"), Money(Decimal("2289.004"), "USD")
    assert str(seat + packs) == "4,599.00 USD"
    assert seat - packs == Money(Decimal("21"), "USD")
    assert seat * 3 == Money(Decimal("6930.00"), "USD")
    assert packs < seat


@pytest.mark.parametrize("mix", ["__add__", "__sub__", "__lt__"])
def test_currencies_do_not_mix(mix: str) -> None:
    with pytest.raises(ValueError, match="cannot mix USD and EUR"):
        getattr(Money(Decimal(1), "USD"), mix)(Money(Decimal(1), "EUR"))
