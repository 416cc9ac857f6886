"""Rejected rows -> findings with file, line, column, value and repair."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from flexopt.base.findings import Findings
from flexopt.inputs.usage.lines import locate
from flexopt.inputs.usage.scan import Table, faults, rejects

__all__ = ["NAMELESS", "VALUES", "line_of", "report_faults", "report_fresh_faults"]

NAMELESS = frozenset({"U114", "U120", "U121"})
"""Faults of a user or product, known only once all files are read."""

_WORDS: dict[str, tuple[str, str]] = {
    "U103": ("there is no date", "fill in the day of use, or take the row out"),
    "U104": ('"{value}" is not a date', "write it as 2025-12-31, or take the row out"),
    "U107": ('"{value}" is no plausible day of use', "check the year of the row"),
    "U108": ('"{value}" is not a day of the session of the row', "correct the date or the times of the row"),
    "U109": ("the session ends before it starts, or a year later", "correct the two times of the row"),
    "U114": ("the text has control characters", "export the file again; it was damaged on its way"),
    "U120": ("the row has no user", "export with a user column that is filled (email or hashed id)"),
    "U121": ("the row has no product", "fill in the product, or take the row out"),
    "U140": ('"{value}" is no number of tokens', "tokens are 0 or more: correct the row"),
    "U151": ('"{value}" is no number of days', "days used are a whole number, 0 or more"),
}


VALUES = frozenset(_WORDS) - NAMELESS
"""Faults that a row has by itself."""


def report_faults(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    findings: Findings,
    most: int,
    codes: Collection[str],
) -> None:
    """A finding for each of the first rejected rows of these kinds, then one that counts the rest."""
    found = [f for f in faults(con, table, most) if f.code in codes]
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
                f"{rest:,} more rows like the last one",
                file=table.file,
                row=lines.get(fault.first[-1][0]) if fault.first else None,
                column=table.column(fault.role),
                hint=hint,
                count=rest,
            )


def report_fresh_faults(con: duckdb.DuckDBPyConnection, table: Table, findings: Findings, most: int) -> int:
    """Findings for lines that could not be split into columns; returns how many there are."""
    units = rejects(con, table)
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
    "U113": "compare the row with the header; a name with a comma needs quotation marks",
    "U115": "export the file again, or take the line out",
}
_SPLIT = {
    "MISSING COLUMNS": ("the row has fewer columns than the header", "U113"),
    "TOO MANY COLUMNS": ("the row has more columns than the header", "U113"),
    "UNQUOTED VALUE": ("a quotation mark is opened and not closed", "U113"),
    "LINE SIZE OVER MAXIMUM": ("the line is longer than 1 MB", "U115"),
    "INVALID ENCODING": ("the row is not in UTF-8", "U111"),
    "INVALID UNICODE": ("the row is not in UTF-8", "U111"),
}


def line_of(con: duckdb.DuckDBPyConnection, table: Table, record: int) -> int:
    """The line of the file that a record begins on."""
    return _lines(con, table, [record])[record]


def _lines(con: duckdb.DuckDBPyConnection, table: Table, records: list[int]) -> dict[int, int]:
    """Records of a text file -> lines of the file; other files count rows themselves."""
    same = {r: r for r in records}
    if table.text is None or not records:
        return same
    return same | locate(table.text, records, (), {int(unit) for unit, *_ in rejects(con, table)})[0]
