"""Tables of the plan as CSV that spreadsheets read as data, never as formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from unicodedata import category, normalize

from flexopt.base.columns import ColumnTable
from flexopt.store.plan import PlanDocument
from flexopt.store.tables import TABLES
from flexopt.store.values import as_json

INVISIBLE = ("Cc", "Cf", "Zs", "Zl", "Zp")
"""Categories of characters that spreadsheets skip, or people cannot see, before a formula."""


def harmless(text: str) -> str:
    """The text, with an apostrophe in front if a spreadsheet would take it for a formula."""
    first = next((c for c in text if category(c) not in INVISIBLE), " ")
    # NFKC: a wide `＝` is a formula in some spreadsheets too
    formula = normalize("NFKC", first)[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n")
    return f"'{text}" if formula else text


def render(document: PlanDocument) -> bytes:
    """The assignment of the plan as CSV."""
    # text may contain half a surrogate pair, which is not valid UTF-8
    return "".join(table_csv(document.assignment, TABLES["assignment"])).encode("utf-8", "replace")


class _Lines(list[str]):
    """Receives the rows of csv, which end in CR LF so that csv quotes both characters in cells."""

    def write(self, row: str) -> None:
        self.append(row)


def table_csv(rows: Sequence[Any], columns: Mapping[str, type]) -> Iterator[str]:
    """Rows (parts of a plan, or dicts) as CSV with a header, in pieces: comma, UTF-8, line feed."""
    yield ",".join(columns) + "\n"
    if not isinstance(rows, ColumnTable):
        # as text, because equal numbers may be written with more or fewer places
        rows = [{name: as_json(_of(row, name)) for name in columns} for row in rows]
    table = ColumnTable.of(rows, columns)
    *names, last = columns
    ends = dict.fromkeys(names, ",") | {last: "\n"}
    alone = len(columns) == 1
    cells = {
        name: [cell + ends[name] for cell in _cells(table.columns[name].values, kind, alone=alone)]
        for name, kind in columns.items()
    }
    yield from table.texts(cells)


def _of(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, dict) else getattr(row, name)


def _cells(values: Sequence[Any], kind: type, *, alone: bool) -> list[str]:
    """Each value as written in a row; an empty cell that is alone in its row is quoted."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    for value in values:
        cell = "" if value is None else harmless(value) if kind is str else as_json(value)
        writer.writerow([cell] if alone else [cell, ""])
    return [line[: -2 if alone else -3] for line in lines]
