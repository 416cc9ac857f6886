"""The fixed words of reports, and how numbers, money and dates are written, in every language.

A language is a table of texts, another for charts, its separators and its date format. What is filled into
a text is never read as a template again.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from importlib.resources import files

__all__ = ["ENGLISH", "LANGUAGES", "Words"]


@dataclass(frozen=True, slots=True)
class Words:
    """One language: `words("cost")`, `words.count(3, "seat")`, `words.money(total)`."""

    language: str
    """ISO 639-1 code."""
    texts: Mapping[str, str]
    thousands: str
    point: str
    space: str
    """The space between a number and its unit."""
    day: str
    """A date from `{y}`, `{m}` and `{d}`."""
    charts: Mapping[str, str] = field(default_factory=dict)
    """The texts of charts, by their English."""
    one: tuple[int, ...] = (1,)
    """The numbers that take the singular."""

    def __call__(self, key: str, **values: object) -> str:
        """The text with its values filled in. Raises KeyError for an unknown key."""
        return self.texts[key].format(**values)

    def say(self, text: str) -> str:
        """A text of a chart, which is its own key, in this language."""
        return self.charts.get(text, text)

    def count(self, number: int, key: str) -> str:
        """`1 seat`, `1,200 seats`: the text of the key is `one|many`."""
        singular, plural = self.texts[key].split("|")
        return f"{self.number(number)} {singular if number in self.one else plural}"

    def number(self, value: int | Decimal) -> str:
        """`1234.5` -> `1,234.5`, with the digits as given."""
        return f"{Decimal(value):,f}".translate({44: self.thousands, 46: self.point})

    def money(self, amount: Decimal | None) -> str:
        """`41200.00` -> `41,200.00`; a dash for None."""
        return "-" if amount is None else self.number(amount)

    def whole(self, amount: Decimal) -> str:
        """Money without cents, for sentences."""
        return self.number(amount.quantize(Decimal(1), ROUND_HALF_UP))

    def priced(self, amount: Decimal | None, currency: str) -> str:
        """Money with its currency."""
        return "-" if amount is None else f"{self.money(amount)}{self.space}{currency}"

    def percent(self, share: Decimal, places: int = 1, *, sign: bool = False) -> str:
        """A share with `places` decimals: `0.1234` -> `12.3 %`; with `sign`, `+12.3 %`."""
        hundred = (share * 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        return f"{'+' if sign and not hundred.is_signed() else ''}{self.number(hundred)}{self.space}%"

    def exact(self, share: Decimal, *, sign: bool = False) -> str:
        """A share with the decimals it needs: `0.0250` -> `2.5 %`."""
        text = f"{share * 100:f}"
        places = len(text.rstrip("0").partition(".")[2]) if "." in text else 0
        return self.percent(share, places, sign=sign)

    def small(self, share: Decimal) -> str:
        """A small share with two decimals; zero only if it is zero."""
        least = Decimal("0.0001")
        return (
            self("less_than", share=self.percent(least, 2)) if 0 < share < least else self.percent(share, 2)
        )

    def date(self, day: date | None) -> str:
        """A date of the document; a dash for None."""
        if day is None:
            return "-"
        return self.day.format(y=f"{day:%Y}", m=f"{day:%m}", d=f"{day:%d}")


def _read(language: str) -> Words:
    table = tomllib.loads((files(__name__) / f"{language}.toml").read_text(encoding="utf-8"))
    return Words(language, **table | {"one": tuple(table["one"])})


LANGUAGES = {language: _read(language) for language in ("en", "de", "fr")}
"""By code, in the order of help and errors."""

ENGLISH = LANGUAGES["en"]
