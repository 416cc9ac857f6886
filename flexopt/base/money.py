"""Money: a Decimal in whole minor units of its currency, such as cents, yen or fils.

Prices per token have more digits (2.7075) and stay Decimal; an amount that is owed is rounded once, half up.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction

_OTHERS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
"""ISO 4217: the currencies whose minor unit is not a hundredth, by digits (docs/decisions/0027)."""


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency by its ISO 4217 code; every amount owed in it is a whole number of its minor unit."""

    code: str

    @property
    def digits(self) -> int:
        """Decimal places of an amount: 2 for USD, 0 for JPY, 3 for KWD."""
        return next((digits for digits, codes in _OTHERS.items() if self.code in codes.split()), 2)

    @property
    def unit(self) -> Decimal:
        """The minor unit: a cent is 0.01."""
        return Decimal(1).scaleb(-self.digits)

    @property
    def zero(self) -> Decimal:
        return self.unit * 0

    def round(self, amount: Decimal | Fraction | int) -> Decimal:
        """The amount in whole minor units, rounded half up as on an invoice."""
        return half_up(amount, self.digits)

    def round_price(self, price: Decimal | Fraction) -> Decimal:
        """An average price per token: two digits more than an amount has."""
        return half_up(price, self.digits + 2)

    def floor(self, amount: Decimal) -> Decimal:
        return amount.quantize(self.unit, ROUND_FLOOR)

    def ceil(self, amount: Decimal) -> Decimal:
        return amount.quantize(self.unit, ROUND_CEILING)

    def shown(self, price: Decimal) -> Decimal:
        """An exact price with at least as many digits as an amount."""
        whole = price.quantize(self.unit)
        return whole if whole == price else price

    def rounded_off(self, step: Decimal) -> Fraction:
        """The most that rounding takes off any whole multiple of an amount: nothing if that is whole itself.

        Multiples of 89.3475 end in quarters of a cent: 0.25 is rounded off, 0.5 and 0.75 are rounded up.
        """
        unit = Fraction(self.unit)
        parts = (Fraction(step) / unit).denominator
        return unit * Fraction((parts - 1) // 2, parts)


def half_up(amount: Decimal | Fraction | int, digits: int) -> Decimal:
    """Rounded once to so many decimal places; half a unit away from zero."""
    if isinstance(amount, Fraction):
        # Decimal division could round once here and quantize a second time; integers round exactly once.
        units, rest = divmod(abs(amount.numerator) * 10**digits, amount.denominator)
        units += 2 * rest >= amount.denominator
        return Decimal(-units if amount < 0 else units).scaleb(-digits)
    return Decimal(amount).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount owed, in whole minor units of one currency; mixing currencies raises ValueError."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", Currency(self.currency).round(self.amount))

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
