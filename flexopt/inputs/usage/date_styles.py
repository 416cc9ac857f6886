"""How the dates of a file are written: determined only if they are not all ISO."""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from flexopt.base.findings import Findings, Refusal
from flexopt.inputs.usage.dates import StyleCount, decide, instant, is_short, style_of
from flexopt.inputs.usage.faults import line_of
from flexopt.inputs.usage.usage_table import UsageTable


@dataclass(frozen=True, slots=True)
class _Styles:
    """The date styles found in a column."""

    count: StyleCount
    first: tuple[tuple[int, str], ...]
    """Row and value of the first of each style."""
    short: int
    """Values with a year of two digits."""
    year_first: bool
    """Whether these years seem to come first: few different first numbers, many last ones."""


def with_date_styles(
    con: duckdb.DuckDBPyConnection, table: UsageTable, setting: str | None, findings: Findings
) -> UsageTable:
    """The table with its date styles; `setting` decides if they are ambiguous.

    Raises
    ------
    Refusal : U105 two styles in one column, U106 day or month may come first, or a year of two digits.
    """
    styles = {}
    for role, seen in _styles(con, table).items():
        count, column = seen.count, table.column(role)
        decided = decide(count, setting)
        if decided in ("mixed", "ambiguous"):
            row, value = seen.first[1 if decided == "mixed" else 0]
            row = line_of(con, table, row)
        if seen.short and seen.year_first and setting is None:
            row, value = seen.first[0]
            raise Refusal(
                "U106",
                "the dates are ambiguous: years of two digits seem to come first",
                "write the dates as 2025-12-31, or set `usage.dates: dmy` if the day does come first",
                line_of(con, table, row),
                column=column,
                value=value,
            )
        if decided == "mixed":
            raise Refusal(
                "U105",
                "two date styles in one column: "
                f"{count.iso + count.ymd:,} year first, {count.day_first:,} day first, "
                f"{count.month_first:,} month first, {count.open:,} ambiguous"
                + "".join(
                    f", {number:,} {what}"
                    for number, what in (
                        (count.serial, "serial numbers of Excel"),
                        (count.compact, "without separators"),
                        (count.named, "with the name of the month"),
                    )
                    if number
                ),
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
        for number, what in (
            (count.serial, "serial numbers of Excel: {value} is read as {day}"),
            (seen.short, "dates with a year of two digits: {value} is read as {day}"),
        ):
            if number:
                value = next(v for _, v in seen.first)
                query = f"select cast(make_timestamp({instant('v', decided)}) as date) from (select ? as v)"
                (day,) = con.execute(query, [value]).fetchall()[0]
                findings.add(
                    "U159",
                    f"{number:,} " + what.format(value=value[:40], day=day),
                    file=table.file,
                    column=column,
                    value=value,
                    severity="info",
                    count=number,
                )
    return replace(table, styles=styles)


def _styles(con: duckdb.DuckDBPyConnection, table: UsageTable) -> dict[str, _Styles]:
    """The date styles of every text column of dates."""
    counted: dict[str, _Styles] = {}
    for role in ("date", "start", "end"):
        if role in table.roles and table.native(role) == "VARCHAR":
            rows = con.execute(
                "select kind, count(*), min(line), min_by(v, line), count(*) filter (where short), "
                "count(distinct regexp_extract(v, '^\\s*(\\d+)', 1)) filter (where short), "
                "count(distinct regexp_extract(v, '^\\s*\\d+\\D+(?:\\d+[/.-])?(\\d+)', 1)) "
                "filter (where short) "
                "from (select "
                f"{style_of('v')} as kind, {is_short('v')} as short, v, line from ("
                f"select left({table.sql(role)}, 300) as v, {table.row} as line from {table.relation})) "
                "where kind is not null group by kind"
            ).fetchall()
            count = StyleCount(**dict.fromkeys(StyleCount.__slots__, 0) | {r[0]: int(r[1]) for r in rows})
            clear = [r for r in rows if r[0] != "open" or count.day_first + count.month_first == 0]
            first = tuple(sorted((int(r[2]), str(r[3])) for r in clear))
            year_first = any(r[5] <= 3 < r[6] for r in rows)
            counted[role] = _Styles(count, first, sum(int(r[4]) for r in rows), year_first)
    return counted
