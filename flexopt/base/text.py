"""Aligned plain text, the same on a terminal and in a file."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import floor
from unicodedata import category, east_asian_width

WIDTH = 80
"""Width of texts in columns: the narrowest terminal in use, and a page."""


def plain(number: Fraction | Decimal | int, digits: int = 6) -> str:
    """A number as people write it: at most `digits` decimals, half up, without trailing zeros or exponent."""
    scaled = floor(Fraction(number) * 10**digits + Fraction(1, 2))
    text = format(Decimal(scaled).scaleb(-digits), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def printable(text: str) -> str:
    """Text without control or direction marks: a user's name cannot steer the terminal."""
    return "".join(c if category(c) not in ("Cc", "Cf") else "\N{REPLACEMENT CHARACTER}" for c in text)


def screen(text: str) -> str:
    """Text of several lines for a terminal: line ends are the only control characters kept."""
    return "\n".join(printable(line) for line in text.split("\n"))


def fill(text: str, indent: str = "", later: str | None = None) -> str:
    """A paragraph in lines of at most 80 columns; longer words stay whole."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if later is None else later,
        break_long_words=False,
        break_on_hyphens=False,
    )


def count(number: int, one: str, many: str = "") -> str:
    """`1 seat`, `1,200 seats`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def unique(name: str, taken: set[str]) -> str:
    """The name, numbered if already taken (folders may ignore case); it counts as taken from now on."""
    whole, number = name, 2
    while name.casefold() in taken:
        name, number = f"{whole}-{number}", number + 1
    taken.add(name.casefold())
    return name


def percent(share: Decimal) -> str:
    """A small share: `0.28 %`, never shown as zero unless it is."""
    return "less than 0.01 %" if 0 < share < Decimal("0.0001") else f"{share * 100:.2f} %"


def money(amount: Decimal | str | None) -> str:
    """`41200.00` -> `41,200.00`; empty -> a dash."""
    return "-" if amount is None else f"{Decimal(amount):,}"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(c) in "WF" else 0 if category(c) in ("Mn", "Me") else 1 for c in text)


def _numeric(text: str) -> bool:
    """Whether a text is a number, with a percent sign or as a range (`1 to 11`), or stands for none."""
    try:
        for part in text.split(" to "):
            Decimal(part.replace(",", "").rstrip("%").strip() or "0")
    except InvalidOperation:
        return text in ("-", "")
    return True


def abridged(text: str, most: int) -> str:
    """The text, without its middle if it is too long."""
    text = printable(text)
    return text if len(text) <= most else f"{text[: most - 6]}…{text[-5:]}"


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, wrap: bool = False) -> str:
    """Columns two spaces apart; columns of numbers are right-aligned.

    With `wrap` the last column is wrapped to keep lines within 80 columns.
    """
    cells = [[printable(c) for c in row] for row in rows]
    right = [all(_numeric(row[i]) for row in cells) for i in range(len(header))]
    table = [list(header), *cells]
    widths = [max(_width(row[i]) for row in table) for i in range(len(header))]
    before = sum(widths[:-1]) + 2 * (len(widths) - 1)
    lines = []
    for row in table:
        padded = [
            " " * (w - _width(c)) + c if r else c + " " * (w - _width(c))
            for c, w, r in zip(row, widths, right, strict=True)
        ]
        line = "  ".join(padded).rstrip()
        if wrap and _width(line) > WIDTH and before < WIDTH - 10:
            line = fill(row[-1], "  ".join([*padded[:-1], ""]), " " * before)
        lines.append(line)
    return "\n".join(lines)
