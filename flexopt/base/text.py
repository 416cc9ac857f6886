"""Aligned plain text, the same on a terminal and in a file."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import zip_longest
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


def fill(text: str, indent: str = "", later: str | None = None, width: int = WIDTH) -> str:
    """A paragraph in lines of at most `width` columns; longer words stay whole."""
    return textwrap.fill(
        text,
        width,
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


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns two spaces apart; columns of numbers are right-aligned.

    Where lines would be longer than 80 columns, the widest columns of words are wrapped between words. A row
    with nothing but its first cell is a heading, which needs no room in its column.
    """
    table = [[printable(cell) for cell in row] for row in (header, *rows)]
    filled = [row for row in table if len(row) == 1 or any(row[1:])]
    right = [all(_numeric(row[i]) for row in table[1:]) for i in range(len(header))]
    widths = [max(_width(row[i]) for row in filled) for i in range(len(header))]
    least = [
        width if r else min(width, max(_least(row[i]) for row in filled))
        for i, (width, r) in enumerate(zip(widths, right, strict=True))
    ]
    while (over := sum(widths) + 2 * (len(widths) - 1) - WIDTH) > 0:
        loose = [i for i, width in enumerate(widths) if width > least[i]]
        if not loose:
            break
        widest = max(loose, key=lambda i: widths[i])
        widths[widest] = max(least[widest], widths[widest] - over)
    lines = []
    for row in table:
        if len(row) > 1 and not any(row[1:]):
            lines += _in_lines(row[0], WIDTH)
            continue
        cells = [_in_lines(cell, width) for cell, width in zip(row, widths, strict=True)]
        for line in zip_longest(*cells, fillvalue=""):
            padded = (
                " " * (w - _width(c)) + c if r else c + " " * (w - _width(c))
                for c, w, r in zip(line, widths, right, strict=True)
            )
            lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def _indent(cell: str) -> str:
    return cell[: len(cell) - len(cell.lstrip(" "))]


def _least(cell: str) -> int:
    """The columns that a cell needs if it is wrapped."""
    return max(map(_width, cell.split(" "))) + 2 * len(_indent(cell))


def _in_lines(cell: str, width: int) -> list[str]:
    """The cell in lines of at most `width` columns; longer words stay whole."""
    if _width(cell) <= width:
        return [cell]
    indent = _indent(cell)
    first, *words = cell.split()
    lines = [indent + first]
    for word in words:
        if _width(lines[-1]) + 1 + _width(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(f"{indent * 2}{word}")
    return lines
