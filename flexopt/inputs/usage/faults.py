"""Rejected rows, examined one by one -> findings with file, line, column, value and hint."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import duckdb

from flexopt.base.findings import Findings
from flexopt.inputs.usage.line_numbers import locate
from flexopt.inputs.usage.usage_table import (
    FREE,
    LEFT_OUT,
    OK,
    WHO,
    UsageTable,
    conditions_of,
    is_blank,
    rows_of,
    status_of,
    title_of,
)

NAMELESS = frozenset({"U114", "U120", "U121"})
"""Faults in a user or product, known only once all files are read."""

_WORDS: dict[str, tuple[str, str]] = {
    "U103": ("the date is missing", "fill in the day of use, or delete the row"),
    "U104": ('"{value}" is not a date', "write it as 2025-12-31, or delete the row"),
    "U107": ('"{value}" is not a plausible day of use', "check the year"),
    "U108": ('"{value}" is not a day of the row\'s session', "correct the date or the times"),
    "U109": ("the session ends before it starts, or more than a year later", "correct the two times"),
    "U114": ("the text has control characters", "export the file again; it was damaged in transfer"),
    "U120": ("the row has no user", "export with a filled user column (email or hashed id)"),
    "U121": ("the row has no product", "fill in the product, or delete the row"),
    "U140": ('"{value}" is not a token count', "a token count is 0 or more: correct the row"),
    "U151": (
        '"{value}" is not a number of days',
        "the number of days used must be a whole number, 0 or more",
    ),
}


VALUES = frozenset(_WORDS) - NAMELESS
"""Faults of a single row."""


@dataclass(frozen=True, slots=True)
class _Fault:
    """Rejected rows of one kind: their number, and the first of them."""

    code: str
    role: str
    count: int
    first: tuple[tuple[int, str], ...]
    """Row and value."""


def report_faults(
    con: duckdb.DuckDBPyConnection,
    table: UsageTable,
    findings: Findings,
    most: int,
    codes: Collection[str],
) -> None:
    """Add a finding for each of the first rejected rows of these kinds, then one that counts the rest."""
    found = [f for f in _faults(con, table, most) if f.code in codes]
    lines = _lines(con, table, [record for fault in found for record, _ in fault.first])
    for fault in found:
        message, hint = _WORDS[fault.code]
        for record, value in fault.first:
            findings.add(
                fault.code,
                message.format(value=value[:80]),
                file=table.file,
                row=lines.get(record, record),
                column=table.column(fault.role),
                value=value,
                hint=hint,
            )
        rest = fault.count - len(fault.first)
        if rest > 0:
            findings.add(
                fault.code,
                f"{rest:,} more rows of this kind",
                file=table.file,
                row=lines.get(fault.first[-1][0]) if fault.first else None,
                column=table.column(fault.role),
                hint=hint,
                count=rest,
            )


def report_unsplit_lines(
    con: duckdb.DuckDBPyConnection, table: UsageTable, findings: Findings, most: int
) -> int:
    """Add findings for lines that could not be split into columns; returns their number."""
    units = _rejects(con, table)
    if table.text is None or not units:
        return 0
    first = [int(unit) for unit, *_ in units[: most + 1]]
    lines = locate(table.text, (), first, ())[1]
    for unit, kind, _ in units[:most]:
        words, code = _SPLIT.get(str(kind), ("the row cannot be split into columns", "U113"))
        findings.add(
            code,
            words,
            file=table.file,
            row=lines.get(int(unit), int(unit)),
            hint=_REPAIR.get(code, _REPAIR["U113"]),
        )
    if len(units) > most:
        findings.add(
            "U113",
            f"{len(units) - most:,} more rows that cannot be read",
            file=table.file,
            row=lines.get(first[-1], first[-1]),
            hint=_REPAIR["U113"],
            count=len(units) - most,
        )
    return len(units)


_REPAIR = {
    "U111": "save the file as UTF-8 (Excel: `CSV UTF-8 (comma delimited)`)",
    "U113": "compare the row with the header; put names that contain a comma in quotation marks",
    "U115": "export the file again, or delete the line",
}
_SPLIT = {
    "MISSING COLUMNS": ("the row has fewer columns than the header", "U113"),
    "TOO MANY COLUMNS": ("the row has more columns than the header", "U113"),
    "UNQUOTED VALUE": ("a quotation mark is not closed", "U113"),
    "LINE SIZE OVER MAXIMUM": ("the line is longer than 1 MB", "U115"),
    "INVALID ENCODING": ("the row is not in UTF-8", "U111"),
    "INVALID UNICODE": ("the row is not in UTF-8", "U111"),
}


def line_of(con: duckdb.DuckDBPyConnection, table: UsageTable, record: int) -> int:
    """The line of the file that a record begins on."""
    return _lines(con, table, [record])[record]


def _lines(con: duckdb.DuckDBPyConnection, table: UsageTable, records: list[int]) -> dict[int, int]:
    """Records of a text file -> lines of the file; in other files row and line are the same."""
    same = {r: r for r in records}
    if table.text is None or not records:
        return same
    return same | locate(table.text, records, (), {int(unit) for unit, *_ in _rejects(con, table)})[0]


def _faults(con: duckdb.DuckDBPyConnection, table: UsageTable, most: int) -> list[_Fault]:
    """Every kind of rejected row with its count and first places; a slower second pass over the file."""
    who = [r for r in WHO if r in table.roles]
    shown = " || ".join(f"{'shown' if r == 'name' else 'identified'}({table.sql(r)})" for r in who)
    title = title_of(table)
    product = "product" if "product" in table.roles else "parent"
    # a service or a launch without tokens may have no user
    planned = f"outcome = {OK}"
    checks = [
        *conditions_of(table),
        ("U120", who[0], f"({shown}) = '' and {planned}"),
        ("U121", product, f"trimmed(coalesce({title}, '')) = '' and {planned}"),
        *(("U114", r, f"broken({table.sql(r)}) and {planned}") for r in who),
        ("U114", product, f"broken({title}) and {planned}"),
    ]
    listed = ", ".join(
        f"case when {condition} then "
        f"{{code: '{code}', role: '{role}', value: coalesce({table.sql(role)}, '')}} end"
        for code, role, condition in checks
    )
    query = (
        "select f.code, f.role, count(*), min_by({n: line, v: left(f.value, 300)}, line, "
        f"{most}) from (select line, unnest([{listed}]) as f from (select *, {status_of(table)} as outcome "
        f"from {rows_of(table, f', {table.row} as line')}) "
        f"where not ({is_blank(table)}) and outcome not in ({LEFT_OUT}, {FREE})) "
        "where f is not null group by 1, 2 order by 1, 2"
    )
    return [
        _Fault(code, role, count, tuple(sorted((int(p["n"]), str(p["v"])) for p in first)))
        for code, role, count, first in con.execute(query).fetchall()
    ]


def _rejects(con: duckdb.DuckDBPyConnection, table: UsageTable) -> list[tuple[Any, ...]]:
    """The lines that could not be split into columns: line, kind and text, once per line."""
    if table.text is None:
        return []
    return con.execute(
        f"select line, min(error_type::varchar), left(min(csv_line), 200) from rejects_{table.number} "
        "group by line order by line"
    ).fetchall()
