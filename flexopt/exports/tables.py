"""Tables of the plan as CSV that spreadsheets open as data, never as formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["harmless", "table_csv"]


def harmless(text: str) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def table_csv(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, type]) -> str:
    """Rows as CSV with a header: comma, UTF-8, line feed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(
            [
                "" if row[name] is None else harmless(row[name]) if kind is str else row[name]
                for name, kind in columns.items()
            ]
        )
    return out.getvalue()
