"""Small delimited tables (people, access, Subscriptions exports): encoding, delimiter, columns, rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from flexopt.base.findings import Finding, Findings, Severity, did_you_mean
from flexopt.inputs.scenario.folder import Place, ScenarioFolder

MAX_BYTES = 500_000_000
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ][0-9:.]+Z?)?")


@dataclass(frozen=True, slots=True)
class DelimitedRow:
    """One line: its number in the file and its cells by column, stripped of white space."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(slots=True)
class DelimitedTable:
    """The rows of one file; `add` merges findings of the same kind and value into one with a count."""

    file: str
    prefix: str
    rows: list[DelimitedRow] = field(default_factory=list)
    found: dict[tuple[str, str, str], Finding] = field(default_factory=dict)

    def add(
        self,
        number: str,
        message: str,
        hint: str,
        *,
        row: DelimitedRow | int | None = None,
        column: str = "",
        value: str | None = None,
        severity: Severity = "error",
    ) -> None:
        """Record a finding with the code `prefix + number`; its value is the cell unless given."""
        code = self.prefix + number
        if value is None:
            value = row[column] if isinstance(row, DelimitedRow) else ""
        if isinstance(row, DelimitedRow):
            row = row.number
        same = self.found.get((code, column, value))
        if same is not None and row is not None:
            self.found[code, column, value] = replace(same, count=same.count + 1)
            return
        text = value if len(value) <= 200 else value[:200] + "…"
        self.found[code, column, value] = Finding(
            self.file, row, column, code, severity, message, hint, text, 1
        )

    def report(self, findings: Findings) -> None:
        """Add the findings to `findings`, in line order."""
        findings.items.extend(sorted(self.found.values(), key=lambda f: (f.row or 0, f.column, f.code)))

    def day(self, row: DelimitedRow, column: str, number: str) -> date | None:
        """The date in a cell; None if it is empty, or with a finding if it is not a date."""
        text = row[column]
        if not text:
            return None
        match = ISO.fullmatch(text)
        try:
            return date.fromisoformat(match[1] if match else "no")
        except ValueError:
            self.add(
                number,
                f'"{text[:60]}" is not a date',
                "write year-month-day: 2026-04-01",
                row=row,
                column=column,
            )
            return None


def read_table(
    folder: ScenarioFolder,
    name: str,
    place: Place,
    prefix: str,
    *,
    known: tuple[str, ...],
    required: tuple[str, ...],
    exports: bool = False,
) -> DelimitedTable:
    """Read a table; if something is wrong with the file, the table has findings and no rows.

    Column names are compared ignoring case; spaces and dashes count as `_`. With `exports`, other columns do
    not lead to a warning.
    """
    table = DelimitedTable(folder.shown(name), prefix)
    raw = folder.read(name, place, MAX_BYTES, "S140")
    text = _decode(raw, table) if raw is not None else None
    if text is None:
        return table
    lines = _lines(text, table)
    header = next(lines, None)
    if header is None:
        if not table.found:
            table.add("02", "the file is empty", "the first line must name the columns: " + ", ".join(known))
        return table
    columns = _header(header[1], table, known, required, exports)
    if any(f.severity == "error" for f in table.found.values()):
        return table
    for number, cells in lines:
        row = _row(number, cells, columns, table)
        if row is None:
            continue
        blank = [c for c in required if not row[c]]
        for column in blank:
            table.add("07", "the cell is empty", f"fill in the {column}", row=number, column=column)
        if not blank:
            table.rows.append(row)
    return table


def _decode(raw: bytes, table: DelimitedTable) -> str | None:
    if raw[:2] == b"PK":
        table.add("01", "the file is a workbook or an archive", "save the sheet as CSV (UTF-8)")
        return None
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1 if encoding == "utf-8-sig" else None
        table.add("01", "the file is not UTF-8 text", "save it as CSV (UTF-8)", row=row)
        return None


def _lines(text: str, table: DelimitedTable) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells of the lines that are not empty."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=lambda d: (first.count(d), -",;\t".index(d)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            hint = "check the quotes in this line: quotes inside a text must be doubled"
            table.add("06", f"the line cannot be read: {error}", hint, row=number)
            return
        if any(c.strip() for c in cells):
            yield number, cells


def _header(
    cells: list[str], table: DelimitedTable, known: tuple[str, ...], required: tuple[str, ...], exports: bool
) -> list[str]:
    columns = [re.sub(r"[\s_-]+", "_", c.strip().casefold()) for c in cells]
    for column in sorted({c for c in columns if c and columns.count(c) > 1}):
        if column in known:
            table.add("05", "the column appears twice", "delete one of them", row=1, column=column)
    for column in required:
        if column not in columns:
            others = [c for c in columns if c and c not in known]
            hint = did_you_mean(column, others, "the first line must name the columns: " + ", ".join(known))
            table.add("03", f"there is no column `{column}`", hint, row=1, column=column)
    for column, cell in zip(columns, cells, strict=True):
        if column and column not in known and not exports:
            table.add(
                "04",
                "the column is ignored",
                did_you_mean(column, known, "columns used: " + ", ".join(known)),
                row=1,
                column=cell.strip()[:60],
                severity="warning",
            )
    return columns


def _row(number: int, cells: list[str], columns: list[str], table: DelimitedTable) -> DelimitedRow | None:
    if any(c.strip() for c in cells[len(columns) :]):
        table.add(
            "06",
            f"the line has {len(cells)} cells, the header {len(columns)}",
            "put text that contains commas in quotes",
            row=number,
        )
        return None
    row = DelimitedRow(number, {k: v.strip() for k, v in zip(columns, cells, strict=False) if k})
    for column, text in row.cells.items():
        if CONTROL.search(text):
            table.add("08", "the cell has a control character", "delete it", row=number, column=column)
            return None
    return row
