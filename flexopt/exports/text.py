"""Aligned plain text, the same on a terminal and in a file."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from unicodedata import category, east_asian_width

__all__ = ["money", "printable", "text_table"]


def printable(text: str) -> str:
    """Text without control or direction marks: a user's name cannot steer the terminal."""
    return "".join(c if category(c) not in ("Cc", "Cf") else "\N{REPLACEMENT CHARACTER}" for c in text)


def money(amount: str | None) -> str:
    """`41200.00` -> `41,200.00`; empty -> a dash."""
    return "-" if amount is None else f"{Decimal(amount):,}"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(c) in "WF" else 0 if category(c) in ("Mn", "Me") else 1 for c in text)


def _numeric(text: str) -> bool:
    try:
        Decimal(text.replace(",", "").rstrip("%").strip() or "0")
    except InvalidOperation:
        return text in ("-", "")
    return True


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns two spaces apart; a column of numbers is flush right."""
    cells = [[printable(c) for c in row] for row in rows]
    right = [all(_numeric(row[i]) for row in cells) for i in range(len(header))]
    widths = [max(_width(row[i]) for row in [list(header), *cells]) for i in range(len(header))]
    lines = []
    for row in [list(header), *cells]:
        padded = [
            " " * (w - _width(c)) + c if r else c + " " * (w - _width(c))
            for c, w, r in zip(row, widths, right, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)
