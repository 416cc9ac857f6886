"""A document as JSON, in pieces: tables of millions of rows are never one text, nor one dict a row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flexopt.columns import Rows

__all__ = ["document_json"]


def document_json(document: Mapping[str, Any]) -> Iterator[str]:
    """What `json.dumps(document, indent=1, ensure_ascii=False)` would be if tables were lists."""
    if not document:
        yield "{}"
    for number, (key, value) in enumerate(document.items()):
        yield f"{',' if number else '{'}\n {_text(key)}: "
        # a text has no line breaks of its own in JSON
        yield from _table(value) if isinstance(value, Rows) else [_text(value).replace("\n", "\n ")]
    if document:
        yield "\n}"


def _text(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def _table(rows: Rows) -> Iterator[str]:
    if not rows:
        yield "[]"
        return
    first, last = next(iter(rows.columns)), next(reversed(rows.columns))
    begin, end = (",", ",\n  {"), ("", "\n  }")
    cells = {
        name: [
            f"{begin[name == first]}\n   {_text(name)}: {_text(value)}{end[name == last]}"
            for value in column.values
        ]
        for name, column in rows.columns.items()
    }
    for number, text in enumerate(rows.texts(cells)):
        yield text if number else f"[{text[1:]}"  # no comma before the first row
    yield "\n ]"
