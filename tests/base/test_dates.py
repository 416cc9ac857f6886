"""Calendar arithmetic: anniversaries of days that not every month has, half-open spans."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexopt.base.dates import add_months, anniversaries, overlap_days

DAYS = st.dates(date(1990, 1, 1), date(2200, 1, 1))


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 30), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -13, date(2024, 12, 15)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last(day: date, months: int, later: date) -> None:
    assert add_months(day, months) == later


def test_anniversaries_of_the_31st_return_to_the_31st() -> None:
    days = anniversaries(date(2026, 1, 31), date(2026, 6, 1))
    assert [str(d) for d in days] == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]


def test_the_end_is_no_anniversary() -> None:
    assert anniversaries(date(2026, 1, 1), date(2026, 3, 1)) == [date(2026, 1, 1), date(2026, 2, 1)]
    assert len(anniversaries(date(2026, 1, 1), date(2027, 1, 1), 3)) == 4


@given(DAYS, st.integers(0, 240))
def test_anniversaries_rise(day: date, months: int) -> None:
    assert add_months(day, months) < add_months(day, months + 1)


@pytest.mark.parametrize(
    ("other", "days"),
    [
        ((date(2026, 1, 1), date(2026, 1, 10)), 0),  # it ends on the day the span starts
        ((date(2026, 1, 9), date(2026, 1, 11)), 1),
        ((date(2026, 1, 12), date(2026, 1, 14)), 2),
        ((date(2026, 1, 19), date(2026, 3, 1)), 1),
        ((date(2026, 1, 20), date(2026, 3, 1)), 0),
        ((date(2026, 1, 1), date(2026, 3, 1)), 10),
    ],
)
def test_overlap_of_half_open_spans(other: tuple[date, date], days: int) -> None:
    assert overlap_days(date(2026, 1, 10), date(2026, 1, 20), *other) == days


@given(DAYS, st.integers(0, 999), DAYS, st.integers(0, 999))
def test_overlap_counts_common_days(a: date, long: int, b: date, wide: int) -> None:
    first = {a + timedelta(days=i) for i in range(long)}
    second = {b + timedelta(days=i) for i in range(wide)}
    found = overlap_days(a, a + timedelta(days=long), b, b + timedelta(days=wide))
    assert found == len(first & second)
