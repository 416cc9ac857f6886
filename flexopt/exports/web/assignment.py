"""The rows of the assignment table.

There are thousands: what several rows share (the user; a seat for two products, with its price and reason)
is written once, and what HTML does not need (end tags, the scope of a row's first cell) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from flexopt.base.columns import ColumnTable
from flexopt.exports.web.escape import isolated
from flexopt.exports.words import Words

HEADINGS = ("user", "group", "product", "days", "break-even days", "on Flex", "as a seat", "access", "reason")
NUMBERS = (3, 4, 5, 6)
"""The columns of numbers, flush right; page.css lists them too."""

DECIDED = ("offer", "seat_price", "contract_start", "contract_end", "reason")
"""What the rows of one decision of a user have in common."""


def assignment_rows(assignment: ColumnTable, words: Words) -> Iterator[str]:
    """The rows as HTML with the columns of `HEADINGS`: a user's rows together, in the plan's order."""
    people: dict[tuple[str, str], dict[tuple[Any, ...], list[dict[str, Any]]]] = {}
    for row in assignment:
        decisions = people.setdefault((row["user"], row["group"]), {})
        decisions.setdefault(tuple(row[name] for name in DECIDED), []).append(row)
    text = cache(lambda value: str(isolated(value or "")))
    number = cache(lambda value: "" if value is None else words.number(value))
    for (user, group), decisions in people.items():
        whole = _span(sum(map(len, decisions.values())))
        before = f"<tr><th{whole}>{text(user)}<td{whole}>{text(group)}"
        for (offer, cost, start, end, reason), rows in decisions.items():
            mine = _span(len(rows))
            term = f"<br>{words.date(start)} – {words.date(end)}" if start else ""
            cells = (number(cost), (text(offer) or "Flex") + term, text(reason))
            after = "".join(f"<td{mine}>{cell}" for cell in cells)
            for row in rows:
                numbers = (number(row[name]) for name in ("days", "break_even_days", "flex_price"))
                own = (text(row["product"]), *numbers)
                yield before + "".join(f"<td>{cell}" for cell in own) + after
                before, after = "<tr>", ""


def _span(rows: int) -> str:
    return f" rowspan={rows}" if rows > 1 else ""
