"""How the audit reads a plan document, and where it notes what does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flexopt.base.arrays import Ints
from flexopt.store.plan_json import PlanRow

__all__ = [
    "ROUNDING",
    "TOLERANCE",
    "Cells",
    "Notes",
    "Seat",
    "alike",
    "close",
    "day_of",
    "distinct",
    "exact",
    "read",
    "seat_of",
    "show",
]


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


@dataclass(frozen=True, slots=True)
class Cells:
    """A column of a table: the cell of row i is `values[codes[i]]`, and no value is there twice."""

    codes: Ints
    values: list[Any]

    def of(self, change: Callable[[Any], Any], kind: type) -> npt.NDArray[Any]:
        """kind[rows]: `change` of each cell, made once for each value."""
        return np.array([change(value) for value in self.values], dtype=kind)[self.codes]

    def fractions(self) -> tuple[npt.NDArray[Any], int]:
        """Numbers that are written as text: integers[rows], and the number by which all are divided."""
        numbers = [Fraction(value) for value in self.values]
        scale = lcm(*(number.denominator for number in numbers))
        whole = [int(number * scale) for number in numbers]
        kind = exact(max(map(abs, whole), default=0) * max(1, len(self.codes)))
        return np.array(whole, dtype=kind)[self.codes], scale


def exact(most: int) -> type:
    """The type of integers that stay exact up to `most`: int64, or those of Python."""
    return np.int64 if most < 2**62 else object


def read(rows: Sequence[PlanRow], names: Iterable[str]) -> dict[str, Cells]:
    """The columns of a table of the document, which is a list of rows or has its columns ready."""
    ready = getattr(rows, "columns", None)
    found = {}
    for name in names:
        known: dict[Any, int] = {}
        cells = (row[name] for row in rows) if ready is None else ready[name].values
        codes = np.array([known.setdefault(cell, len(known)) for cell in cells], dtype=np.int64)
        found[name] = Cells(codes if ready is None else codes[ready[name].codes], list(known))
    return found


def alike(*keys: npt.NDArray[Any]) -> tuple[Ints, Ints]:
    """A number for each combination of the keys, and the rows in which each number is met first."""
    numbers = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        one, values = pd.factorize(key)
        numbers = pd.factorize(numbers * (len(values) + 1) + one)[0].astype(np.int64)
    highest = np.maximum.accumulate(np.concatenate(([-1], numbers)))  # numbers are given as rows are met
    return numbers, np.flatnonzero(np.diff(highest))


def distinct(rows: Ints, *keys: npt.NDArray[Any]) -> list[int]:
    """One of these rows for each combination of the keys: what holds for it holds for all like it."""
    found: list[int] = rows[alike(*(key[rows] for key in keys))[1]].tolist()
    return found


def seat_of(row: PlanRow) -> Seat:
    return row["offer"], day_of(row["contract_start"]), day_of(row["contract_end"])


def day_of(text: str | None) -> date:
    """The date of a cell; an empty cell is a day before every other."""
    return date.fromisoformat(text) if text else date.min


def close(a: Fraction, b: Fraction, by: Fraction = TOLERANCE) -> bool:
    return abs(a - b) <= by


def show(number: Fraction) -> str:
    """A number as a failure shows it."""
    return format(round(Decimal(number.numerator) / number.denominator, 4).normalize(), "f")
