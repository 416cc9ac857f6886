"""Tables of the plan as CSV that spreadsheets open as data, never as formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from typing import Any
from unicodedata import category, normalize

__all__ = ["harmless", "table_csv"]

INVISIBLE = ("Cc", "Cf", "Zs", "Zl", "Zp")
"""Categories of characters that spreadsheets skip, or people do not see, before a formula."""


def harmless(text: str) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    first = next((c for c in text if category(c) not in INVISIBLE), " ")
    # NFKC: a wide `＝` is a formula in some spreadsheets too
    formula = normalize("NFKC", first)[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n")
    return f"'{text}" if formula else text


class _Lines(list[str]):
    """What csv writes to: rows are told to end in CR LF, so that both are quoted in a cell, and end in LF."""

    def write(self, row: str) -> None:
        self.append(row[:-2] + "\n")


def table_csv(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, type]) -> str:
    """Rows as CSV with a header: comma, UTF-8, line feed."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(
            [
                "" if row[name] is None else harmless(row[name]) if kind is str else row[name]
                for name, kind in columns.items()
            ]
        )
    return "".join(lines)
