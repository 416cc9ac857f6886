"""The fixed words of reports, and how numbers, money and dates are written.

The words are English. Numbers and dates are too, with ISO dates, unless a locale is asked for. What is filled
into a text is never read as a template again.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from importlib.resources import files

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import parse_pattern

from flexopt.base.errors import FlexoptError

__all__ = ["ENGLISH", "Words", "words_for"]


@dataclass(frozen=True, slots=True)
class Words:
    """The texts, with the figures of a locale: `words("cost")`, `words.count(3, "seat")`."""

    texts: Mapping[str, str]
    locale: Locale | None = None

    def __call__(self, key: str, **values: object) -> str:
        """The text with its values filled in. Raises KeyError for an unknown key."""
        return self.texts[key].format(**values)

    def count(self, number: int, key: str) -> str:
        """`1 seat`, `1,200 seats`: the text of the key is `one|many`."""
        one, many = self.texts[key].split("|")
        return f"{self.number(number)} {one if number == 1 else many}"

    @property
    def separators(self) -> tuple[str, str]:
        """Between thousands, and before decimals."""
        if self.locale is None:
            return ",", "."
        symbols = self.locale.number_symbols["latn"]
        return symbols["group"].replace("'", "’"), symbols["decimal"]

    def number(self, value: int | Decimal) -> str:
        """`1234.5` -> `1,234.5`, with the digits as given."""
        exact = Decimal(value)
        plain = f"{exact:,f}"
        if self.locale is None:
            return plain
        pattern = self.locale.decimal_formats[None]
        if pattern.grouping == (3, 3):  # Babel loses the apostrophe of a Swiss number as if it were a quote
            group, point = self.separators
            return plain.translate({44: group, 46: point})
        whole, point, decimals = pattern.pattern.partition(".")[0], *plain.partition(".")[1:]
        return str(parse_pattern(f"{whole}{point}{'0' * len(decimals)}").apply(exact, self.locale))

    def money(self, amount: Decimal | None) -> str:
        """`41200.00` -> `41,200.00`; a dash for None."""
        return "-" if amount is None else self.number(amount)

    def signed(self, amount: Decimal) -> str:
        """Money that is more or less than another amount: `+21.00`, `-1,711.50`."""
        return f"{'+' if amount > 0 else ''}{self.money(amount)}"

    def whole(self, amount: Decimal) -> str:
        """Money without cents, for sentences."""
        return self.number(amount.quantize(Decimal(1), ROUND_HALF_UP))

    def priced(self, amount: Decimal | None, currency: str) -> str:
        """Money with its currency."""
        return "-" if amount is None else f"{self.money(amount)} {currency}"

    def percent(self, share: Decimal, places: int = 1, *, sign: bool = False) -> str:
        """A share with `places` decimals: `0.1234` -> `12.3 %`; with `sign`, `+12.3 %`."""
        hundred = (share * 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        return f"{'+' if sign and not hundred.is_signed() else ''}{self.number(hundred)} %"

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
        return format_date(day, self._short_date, self.locale) if self.locale else str(day)

    @property
    def date_in_excel(self) -> str:
        """The number format of a date in a workbook."""
        if self.locale is None:
            return "yyyy-mm-dd"
        return self._short_date.replace("M", "m").replace("'", '"')

    @property
    def _short_date(self) -> str:
        """The locale's date in numbers, with the whole year."""
        pattern: str = self.locale.date_formats["short"].pattern if self.locale else "y-MM-dd"
        return pattern.replace("yyyy", "y").replace("yy", "y").replace("y", "yyyy")


ENGLISH = Words(tomllib.loads((files(__name__) / "en.toml").read_text(encoding="utf-8")))


def words_for(locale: str | None) -> Words:
    """The words with figures and dates as a locale (`de_CH`, `fr-FR`, `en_US`) has them.

    Raises FlexoptError if there is no such locale.
    """
    if locale is None:
        return ENGLISH
    try:
        return Words(ENGLISH.texts, Locale.parse(locale.replace("-", "_")))
    except (UnknownLocaleError, ValueError, TypeError):
        raise FlexoptError(
            f'there is no locale "{locale}"', "name a language, and a country if it matters: de, de_CH, en_US"
        ) from None
