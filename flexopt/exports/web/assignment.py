"""The rows of the assignment table: short, with the reason of each decision on demand.

There may be thousands: what HTML does not need (end tags, the scope of a row's first cell) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flexopt.exports.report.decisions import Decision, term, used
from flexopt.exports.web.escape import isolated
from flexopt.exports.words import Words
from flexopt.inputs.scenario.scenario import Horizon

HEADINGS = ("user", "group", "product", "access", "days", "on Flex", "as a seat", "saves", "why")
NUMBERS = ("days", "on Flex", "as a seat", "saves")
"""The columns of numbers, flush right; page.css counts them from the end of the row."""


def headings(decisions: Sequence[Decision]) -> list[str]:
    """The columns; no group if nobody has one."""
    return [name for name in HEADINGS if name != "group" or any(d.group for d in decisions)]


def assignment_rows(decisions: Sequence[Decision], horizon: Horizon, words: Words) -> Iterator[str]:
    """A row as HTML for each decision, with the columns of `headings`."""
    grouped = "group" in headings(decisions)
    for d in decisions:
        when = term(d, horizon, words)
        prices = ("" if n is None else words.whole(n) for n in (d.flex, d.seat, d.saving))
        cells = (
            *([isolated(d.group)] if grouped else []),
            isolated(used(d, words)),
            f"{isolated(d.offer or 'Flex')}" + (f" <br>{isolated(when)}" if when else ""),
            words.number(d.days),
            *prices,
            f"<details><summary>why</summary>{isolated(_why(d, words))}</details>",
        )
        yield f"<tr><th>{isolated(d.user)}" + "".join(f"<td>{cell}" for cell in cells)


def _why(decision: Decision, words: Words) -> str:
    """The reason, and the break-even of each product."""
    points = (f"{name} {words.number(days)}" for name, _, days in decision.products if days is not None)
    said = ", ".join(points)
    return f"{decision.reason} Break-even in days: {said}." if said else decision.reason
