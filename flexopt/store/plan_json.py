"""A document as JSON, in pieces: tables of millions of rows are never a single text or a dict per row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flexopt.base.columns import Column, ColumnTable
from flexopt.store.tables import TABLES
from flexopt.store.values import PlanPart, as_json

BIG = {tuple(TABLES[table]): table for table in ("assignment", "left_out")}
"""The tables that grow with the number of users, and their columns."""


def document_json(document: PlanPart) -> Iterator[str]:
    """The result of `json.dumps(document, indent=1, ensure_ascii=False)` if tables were lists.

    Keys that a document need not have are left out where they are None.
    """
    big = {name for name in type(document).model_fields if isinstance(getattr(document, name), ColumnTable)}
    head = document.model_dump(mode="json", by_alias=True, exclude=big)
    number = 0
    for name, field in type(document).model_fields.items():
        value = getattr(document, name)
        if value is None and not field.is_required():
            continue
        key = field.alias or name
        yield f"{',' if number else '{'}\n {_text(key)}: "
        # JSON texts contain no line breaks of their own
        yield from _table(value) if name in big else [_text(head[key]).replace("\n", "\n ")]
        number += 1
    yield "\n}"


def _text(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def _table(rows: ColumnTable) -> Iterator[str]:
    if not rows:
        yield "[]"
        return
    first, last = next(iter(rows.columns)), next(reversed(rows.columns))
    begin, end = (",", ",\n  {"), ("", "\n  }")
    cells = {
        name: [
            f"{begin[name == first]}\n   {_text(name)}: {_text(as_json(value))}{end[name == last]}"
            for value in column.values
        ]
        for name, column in rows.columns.items()
    }
    for number, text in enumerate(rows.texts(cells)):
        yield text if number else f"[{text[1:]}"  # no comma before the first row
    yield "\n ]"


ODD = (list, dict, bool, float)
"""Types that no cell of a large table has; some could not be told from others in a column."""


class _Cells(tuple[Any, ...]):
    """A row of a large table, without its keys."""

    __slots__ = ()


class DamageError(ValueError):
    """JSON that no program of ours wrote; the message says why."""


def parse_document(text: str) -> Any:
    """The document, with its large tables as columns. Raises ValueError if it is not JSON, or ambiguous.

    A table in which a row has other keys, or another order, stays a list of dicts.
    """
    known: dict[str, str] = {}

    def row(pairs: list[tuple[str, Any]]) -> Any:
        if tuple(name for name, _ in pairs) not in BIG or any(isinstance(c, ODD) for _, c in pairs):
            part = dict(pairs)
            if len(part) < len(pairs):
                twice = next(name for n, (name, _) in enumerate(pairs) if name in dict(pairs[:n]))
                raise DamageError(f"it has the key `{twice}` twice in one place")
            return part
        # millions of rows have few distinct cells: each text is kept once
        return _Cells(known.setdefault(c, c) if isinstance(c, str) else c for _, c in pairs)

    def constant(word: str) -> Any:
        raise DamageError(f"{word} is not a number")

    document = json.loads(text, object_pairs_hook=row, parse_constant=constant)
    for columns, table in BIG.items():
        if isinstance(document, dict) and isinstance(rows := document.get(table), list):
            document[table] = _with_keys(rows, columns)
    return document


def _with_keys(rows: list[Any], columns: tuple[str, ...]) -> ColumnTable | list[Any]:
    if all(isinstance(row, _Cells) and len(row) == len(columns) for row in rows):
        return ColumnTable({name: Column.of(row[n] for row in rows) for n, name in enumerate(columns)})
    return [dict(zip(columns, row, strict=True)) if isinstance(row, _Cells) else row for row in rows]
