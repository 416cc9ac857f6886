"""Rejected rows -> findings with file, line, column, value and repair."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from flexopt.inputs.findings import Findings
from flexopt.inputs.usage.scan import Fault, Table, faults, rejects
from flexopt.inputs.usage.sniff import file_lines

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
    lines = _lines(con, table, found)
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
    lines = rejects(con, table)
    for line, kind, _ in lines[:most]:
        words, code = _SPLIT.get(str(kind), ("the row cannot be split into columns", "U113"))
        findings.add(
            code,
            words,
            file=table.file,
            row=int(line),
            hint="save the file as UTF-8 (Excel: `CSV UTF-8 (comma delimited)`)"
            if code == "U111"
            else "compare the row with the header; a name with a comma needs quotation marks",
        )
    if len(lines) > most:
        findings.add(
            "U113",
            f"{len(lines) - most:,} more rows that cannot be read",
            file=table.file,
            row=int(lines[most][0]),
            count=len(lines) - most,
        )
    return len(lines)


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
    if table.text is None:
        return record
    rejected = iter(int(line) for line, *_ in rejects(con, table))
    return file_lines(table.text, [record], rejected).get(record, record)


def _lines(con: duckdb.DuckDBPyConnection, table: Table, found: list[Fault]) -> dict[int, int]:
    """Records of a text file -> lines of the file; other files count rows themselves."""
    records = [record for fault in found for record, _ in fault.first]
    if table.text is None or not records:
        return {r: r for r in records}
    return file_lines(table.text, records, iter(int(line) for line, *_ in rejects(con, table)))
