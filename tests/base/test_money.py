"""Money: whole minor units of one currency, rounded half up once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexopt.base.money import Currency, Money, half_up

USD, JPY, KWD = map(Currency, ("USD", "JPY", "KWD"))
CURRENCIES = st.sampled_from([USD, JPY, KWD, Currency("CLF")])


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        *((code, "0.01") for code in ("USD", "EUR", "GBP", "HUF", "IDR", "TWD")),
        *((code, "1") for code in ("JPY", "KRW", "CLP", "ISK", "XOF")),
        *((code, "0.001") for code in ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")),
        ("CLF", "0.0001"),
    ],
)
def test_the_minor_unit_is_that_of_iso_4217(code: str, unit: str) -> None:
    assert str(Currency(code).unit) == unit


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
        (Fraction(-1, 200), "-0.01"),
        # 0.00499... has more digits than a Decimal division keeps: it must not be rounded twice
        (Fraction(5, 1000) - Fraction(1, 10**40), "0.00"),
        (Fraction(2079 * 275, 365), "1566.37"),
    ],
)
def test_half_a_cent_is_rounded_up(amount: Decimal | Fraction | int, rounded: str) -> None:
    assert str(USD.round(amount)) == rounded


def test_yen_and_fils_by_hand() -> None:
    assert [str(c.round(Fraction(2079 * 275, 365))) for c in (JPY, KWD)] == ["1566", "1566.370"]
    assert [str(c.round_price(Fraction(2, 3))) for c in (JPY, USD, KWD)] == ["0.67", "0.6667", "0.66667"]
    assert [str(c.shown(Decimal("450.50"))) for c in (JPY, USD, KWD)] == ["450.50", "450.50", "450.500"]
    assert [str(c.zero) for c in (JPY, USD, KWD)] == ["0", "0.00", "0.000"]


@given(st.fractions(min_value=0, max_value=10**9), CURRENCIES)
def test_no_amount_moves_by_more_than_half_a_unit(amount: Fraction, currency: Currency) -> None:
    moved = Fraction(currency.round(amount)) - amount
    assert -Fraction(currency.unit) / 2 < moved <= Fraction(currency.unit) / 2


@given(st.integers(-(10**9), 10**9), st.integers(0, 6))
def test_fractions_and_decimals_round_alike(numerator: int, digits: int) -> None:
    exact = Decimal(numerator) / Decimal(10**4)
    assert half_up(Fraction(exact), digits) == half_up(exact, digits)


@given(st.decimals(0, 1000, places=6), st.integers(1, 10**4), CURRENCIES)
def test_nothing_takes_more_off_a_multiple_than_is_said(
    step: Decimal, count: int, currency: Currency
) -> None:
    exact = step * count
    off = Fraction(exact) - Fraction(currency.round(exact))
    assert off <= currency.rounded_off(step) < Fraction(currency.unit) / 2


@given(st.integers(1, 10**7), CURRENCIES)
def test_that_much_is_taken_off_some_multiple(millionths: int, currency: Currency) -> None:
    step = Fraction(millionths, 10**6)
    unit = Fraction(currency.unit)
    parts = (step / unit).denominator
    wanted = currency.rounded_off(Decimal(millionths).scaleb(-6)) / unit * parts
    assert wanted.denominator == 1
    # the multiple whose fraction of a unit is the wanted one: step / unit is invertible modulo its parts
    count = int(wanted) * pow((step / unit).numerator, -1, parts) % parts if parts > 1 else 0
    exact = step * count
    assert exact - Fraction(currency.round(exact)) == wanted * unit / parts


def test_money_adds_up_in_its_currency() -> None:
    seat, packs = Money(Decimal("2310"), "USD"), Money(Decimal("2289.004"), "USD")
    assert str(seat + packs) == "4,599.00 USD"
    assert seat - packs == Money(Decimal("21"), "USD")
    assert seat * 3 == Money(Decimal("6930.00"), "USD")
    assert packs < seat
    assert str(Money(Decimal("1234.5"), "JPY")) == "1,235 JPY"
    assert str(Money(Decimal("1.5"), "KWD")) == "1.500 KWD"


@pytest.mark.parametrize("mix", ["__add__", "__sub__", "__lt__"])
def test_currencies_do_not_mix(mix: str) -> None:
    with pytest.raises(ValueError, match="cannot mix USD and EUR"):
        getattr(Money(Decimal(1), "USD"), mix)(Money(Decimal(1), "EUR"))
