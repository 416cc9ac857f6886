"""Money: a Decimal with a currency, in whole cents.

Prices per token have more digits than a cent (2.7075) and stay Decimal; an amount that is owed is Money.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

CENT = Decimal("0.01")

HALF_CENT = 0.005
"""The most by which rounding to whole cents changes an amount."""

SAME_COST = 0.004
"""Costs this close to each other are equal in cents: the difference is the solver's arithmetic, not money."""


def cents(amount: Decimal | Fraction | int) -> Decimal:
    """The amount rounded half up to whole cents, as invoices are."""
    if isinstance(amount, Fraction):
        # Decimal division could round once here and quantize a second time; integers round exactly once.
        units, rest = divmod(amount.numerator * 100, amount.denominator)
        return Decimal(units + (2 * rest >= amount.denominator)).scaleb(-2)
    return Decimal(amount).quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount owed, in whole cents of one currency; mixing currencies raises ValueError."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", cents(self.amount))

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, count: int) -> Money:
        return Money(self.amount * count, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def __str__(self) -> str:
        return f"{self.amount:,} {self.currency}"
