"""The rows of the assignment table: thousands of them, so every different cell is made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from flexopt.columns import Column, Rows
from flexopt.document_tables import TABLES
from flexopt.exports.text import money
from flexopt.exports.web.escape import isolated

__all__ = ["assignment_rows"]


def assignment_rows(assignment: Sequence[Mapping[str, Any]]) -> Markup:
    """The rows as HTML, in the columns that the page's template heads."""
    rows = Rows.of(assignment, TABLES["assignment"])
    if not len(rows):
        return Markup("")
    columns = rows.columns

    def cell(name: str, show: Callable[[Any], str] = isolated, before: str = "<td>") -> Column:
        return columns[name].mapped(lambda value: before + str(show(value)))

    # a cell ends where the next one begins: HTML needs no end tags there
    cells = {
        "user": cell("user", before="<tr><th scope=row>"),
        "product": cell("product"),
        "group": cell("group"),
        "access": columns["offer"].mapped(lambda offer: "<td>" + str(isolated(offer) or "Flex")),
        "days": cell("days", _number),
        "break_even_days": cell("break_even_days", _number),
        "cost_if_named": cell("cost_if_named", _number),
        "cost_if_flex": cell("cost_if_flex", _number),
        "tokens": cell("tokens", _number),
        "contract_start": cell("contract_start", _text),
        "contract_end": columns["contract_end"].mapped(lambda day: f"<br>– {escape(day)}" if day else ""),
        "segment": cell("segment", _text),
        "reason": cell("reason"),
    }
    table = Rows({name: Column(np.asarray(column.codes), column.values) for name, column in cells.items()})
    return Markup("".join(table.texts({name: column.values for name, column in cells.items()})))


def _number(value: str | None) -> str:
    return "" if value is None else money(value)


def _text(value: str | None) -> str:
    return escape(value or "")
