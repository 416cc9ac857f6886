"""Calendar arithmetic: every span is half open, `[start, end)`."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from typing import TypeVar

Day = TypeVar("Day", date, str)
"""A date, or its ISO text, which sorts alike."""

MONTH_NAMES = {
    name: number
    for number, names in enumerate(
        (
            *("jan", "feb fév fev", "mar mär mrz", "apr avr", "may mai", "jun juin"),
            *("jul juil", "aug aoû aou", "sep", "oct okt", "nov", "dec dez déc"),
        ),
        1,
    )
    for name in names.split()
}
"""The number of a month by the first letters of its name, in English, German and French."""


def month_named(name: str) -> int:
    """The number of the month; 0 if the name is none."""
    name = name.casefold()
    return MONTH_NAMES.get(name[:4]) or MONTH_NAMES.get(name[:3], 0)


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def anniversaries(start: date, end: date, months: int = 1) -> list[date]:
    """Every `months`-th month anniversary of `start` in `[start, end)`, `start` first."""
    days: list[date] = []
    while (day := add_months(start, months * len(days))) < end:
        days.append(day)
    return days


def overlap_days(start: date, end: date, other_start: date, other_end: date) -> int:
    """Number of days two spans share."""
    return max(0, (min(end, other_end) - max(start, other_start)) // timedelta(days=1))


def most_at_once(spans: Iterable[tuple[Day, Day, int]]) -> int:
    """The most there are on any day, of so many from each start to each end."""
    changes: dict[Day, int] = {}
    for start, end, count in spans:
        changes[start] = changes.get(start, 0) + count
        changes[end] = changes.get(end, 0) - count
    level = most = 0
    for day in sorted(changes):
        level += changes[day]
        most = max(most, level)
    return most
