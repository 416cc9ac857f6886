"""How the dates of a file are written: determined only if they are not all ISO."""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from flexopt.base.findings import Refusal
from flexopt.inputs.usage.dates import StyleCount, decide, style_of
from flexopt.inputs.usage.faults import line_of
from flexopt.inputs.usage.usage_table import UsageTable


@dataclass(frozen=True, slots=True)
class _Styles:
    """The date styles found in a column."""

    count: StyleCount
    first: tuple[tuple[int, str], ...]
    """Row and value of the first of each style."""


def with_date_styles(con: duckdb.DuckDBPyConnection, table: UsageTable, setting: str | None) -> UsageTable:
    """The table with its date styles; `setting` decides if they are ambiguous.

    Raises
    ------
    Refusal : U105 two styles in one column, U106 day or month may come first.
    """
    styles = {}
    for role, seen in _styles(con, table).items():
        count, column = seen.count, table.column(role)
        decided = decide(count, setting)
        if decided in ("mixed", "ambiguous"):
            row, value = seen.first[1 if decided == "mixed" else 0]
            row = line_of(con, table, row)
        if decided == "mixed":
            raise Refusal(
                "U105",
                "two date styles in one column: "
                f"{count.iso + count.ymd:,} year first, {count.day_first:,} day first, "
                f"{count.month_first:,} month first, {count.open:,} ambiguous",
                "write all dates of the column as 2025-12-31",
                row,
                column=column,
                value=value,
            )
        if decided == "ambiguous":
            raise Refusal(
                "U106",
                "the dates are ambiguous: day or month may come first",
                "set `usage.dates: dmy` (day first) or `usage.dates: mdy` (month first) in the scenario",
                row,
                column=column,
                value=value,
            )
        styles[role] = decided
    return replace(table, styles=styles)


def _styles(con: duckdb.DuckDBPyConnection, table: UsageTable) -> dict[str, _Styles]:
    """The date styles of every text column of dates."""
    counted: dict[str, _Styles] = {}
    for role in ("date", "start", "end"):
        if role in table.roles and table.native(role) == "VARCHAR":
            rows = con.execute(
                "select kind, count(*), min(line), min_by(v, line) from (select "
                f"{style_of('v')} as kind, v, line from (select left({table.sql(role)}, 300) as v, "
                f"{table.row} as line from {table.relation})) where kind is not null group by kind"
            ).fetchall()
            count = StyleCount(**dict.fromkeys(StyleCount.__slots__, 0) | {r[0]: int(r[1]) for r in rows})
            clear = [r for r in rows if r[0] != "open" or count.day_first + count.month_first == 0]
            counted[role] = _Styles(count, tuple(sorted((int(r[2]), str(r[3])) for r in clear)))
    return counted
