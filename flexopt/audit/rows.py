"""How the audit reads a plan document, and where it notes what does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

__all__ = ["ROUNDING", "TOLERANCE", "Notes", "Row", "Seat", "close", "day_of", "seat_of", "show"]

Row = Mapping[str, Any]
Seat = tuple[str, date, date]
"""Offer, first day and first day after of a contract."""

ROUNDING = Fraction(1, 1_000_000)
"""Tokens and days are written with six decimals."""
TOLERANCE = Fraction(1, 10_000)
"""Sums of many of them, and what the solver's arithmetic may leave uncovered, in tokens."""


class Notes:
    """Failures in the order they are found; the same words are kept once."""

    def __init__(self) -> None:
        self.failures: dict[str, None] = {}

    def fail(self, failure: str) -> None:
        self.failures[failure] = None

    def expect(self, holds: bool, failure: str) -> None:
        if not holds:
            self.fail(failure)


def seat_of(row: Row) -> Seat:
    return row["offer"], day_of(row["contract_start"]), day_of(row["contract_end"])


def day_of(text: str | None) -> date:
    """The date of a cell; an empty cell is a day before every other."""
    return date.fromisoformat(text) if text else date.min


def close(a: Fraction, b: Fraction, by: Fraction = TOLERANCE) -> bool:
    return abs(a - b) <= by


def show(number: Fraction) -> str:
    """A number as a failure shows it."""
    return format(round(Decimal(number.numerator) / number.denominator, 4).normalize(), "f")
