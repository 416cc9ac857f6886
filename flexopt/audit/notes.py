"""Where the audit records failures, and how it reads the rows of a plan."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from flexopt.base.arrays import Ints
from flexopt.base.columns import Column, ColumnTable, classes
from flexopt.store.rows import SeatRow

Seat = tuple[str, date, date]
"""A contract's offer, first day and first day after."""

ROUNDING = Fraction(1, 1_000_000)
"""Tokens and days are written with six decimals."""
TOLERANCE = Fraction(1, 10_000)
"""Rounding of sums of many of them, and what the solver's arithmetic may leave uncovered, in tokens."""


class Notes:
    """Failures in the order they are found, each message once."""

    def __init__(self) -> None:
        self.failures: dict[str, None] = {}

    def fail(self, failure: str) -> None:
        self.failures[failure] = None

    def expect(self, holds: bool, failure: str) -> None:
        if not holds:
            self.fail(failure)


def read_columns(table: ColumnTable, names: Iterable[str]) -> dict[str, Column]:
    """The columns of a table of the plan, with no value repeated in a column's `values`."""
    return {name: table.columns[name].distinct() for name in names}


def fractions(column: Column) -> tuple[npt.NDArray[Any], int]:
    """Exact numbers: integers[rows], and their common denominator."""
    numbers = [Fraction(value) for value in column.values]
    scale = lcm(*(number.denominator for number in numbers))
    whole = [int(number * scale) for number in numbers]
    kind = exact(max(map(abs, whole), default=0) * max(1, len(column.codes)))
    return np.array(whole, dtype=kind)[column.codes], scale


def exact(most: int) -> type:
    """The integer type that is exact up to `most`: int64, or Python's own."""
    return np.int64 if most < 2**62 else object


def distinct(rows: Ints, *keys: npt.NDArray[Any]) -> list[int]:
    """One of these rows for each combination of keys: what holds for it holds for all rows like it."""
    found: list[int] = rows[classes(*(key[rows] for key in keys))[1]].tolist()
    return found


def seat_of(row: SeatRow) -> Seat:
    return row.offer, row.contract_start, row.contract_end


def day_of(cell: date | None) -> date:
    """The date of a cell; an empty cell is the earliest date."""
    return cell or date.min


def close(a: Fraction, b: Fraction, by: Fraction = TOLERANCE) -> bool:
    return abs(a - b) <= by


def show(number: Fraction) -> str:
    """A number as shown in failures."""
    return format(round(Decimal(number.numerator) / number.denominator, 4).normalize(), "f")
