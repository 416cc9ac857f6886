"""The words of reports, and the figures of a locale."""

from __future__ import annotations

from datetime import date as Day
from decimal import Decimal

import pytest

from flexopt.base.errors import FlexoptError
from flexopt.exports.words import ENGLISH, words_for

NARROW = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("locale", "money", "date", "share", "large"),
    [
        (None, "1,234,567.80", "2026-04-01", "-12.4 %", "12,000"),
        ("de", "1.234.567,80", "01.04.2026", "-12,4 %", "12.000"),
        ("de-CH", "1’234’567.80", "01.04.2026", "-12.4 %", "12’000"),
        ("fr_FR", f"1{NARROW}234{NARROW}567,80", "01/04/2026", "-12,4 %", f"12{NARROW}000"),
        ("en_US", "1,234,567.80", "4/1/2026", "-12.4 %", "12,000"),
        ("en_IN", "12,34,567.80", "01/04/2026", "-12.4 %", "12,000"),
        ("sv", "1\xa0234\xa0567,80", "2026-04-01", "-12,4 %", "12\xa0000"),
    ],
)
def test_formats(locale: str | None, money: str, date: str, share: str, large: str) -> None:
    words = words_for(locale)
    assert words.money(Decimal("1234567.80")) == money
    assert words.priced(Decimal("1234567.80"), "USD") == f"{money} USD"
    assert words.money(None) == "-"
    assert words.date(Day(2026, 4, 1)) == date
    assert words.date(None) == "-"
    assert words.percent(Decimal("-0.1239")) == share
    assert words.number(12_000) == large


def test_dates_in_a_workbook() -> None:
    written = [words_for(locale).date_in_excel for locale in (None, "de", "en_US", "hu")]
    assert written == ["yyyy-mm-dd", "dd.mm.yyyy", "m/d/yyyy", "yyyy. mm. dd."]


@pytest.mark.parametrize("locale", ["", "xx", "de_XX", "Deutsch", "../de"])
def test_no_such_locale(locale: str) -> None:
    with pytest.raises(FlexoptError, match="there is no locale"):
        words_for(locale)


def test_counts() -> None:
    assert [ENGLISH.count(n, "user") for n in (0, 1, 2)] == ["0 users", "1 user", "2 users"]


def test_shares() -> None:
    assert ENGLISH.percent(Decimal("0.05"), sign=True) == "+5.0 %"
    assert ENGLISH.percent(Decimal("-0.0004"), sign=True) == "-0.0 %"
    assert ENGLISH.exact(Decimal("0.0250")) == "2.5 %"
    assert ENGLISH.exact(Decimal("0.10"), sign=True) == "+10 %"
    assert ENGLISH.small(Decimal(0)) == "0.00 %"
    assert ENGLISH.small(Decimal("0.00001")) == "less than 0.01 %"
    assert ENGLISH.whole(Decimal("0.50")) == "1"


def test_what_is_filled_in_is_no_template() -> None:
    assert ENGLISH("growth_of", name="{share} {0} {name.x}", share="+1 %") == "{share} {0} {name.x} +1 %"
