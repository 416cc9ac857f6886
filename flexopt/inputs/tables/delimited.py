"""Small tables (people, access, portal exports): their columns and rows, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from flexopt.base.findings import Finding, Findings, Refusal, Severity, did_you_mean
from flexopt.inputs.files.formats import Kind, compact, recognise
from flexopt.inputs.scenario.folder import Place, ScenarioFolder
from flexopt.inputs.tables.lines import MAX_BYTES, read_lines

SHOWN = 20
"""Findings of one kind that are listed individually; the rest are counted."""
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ][0-9:.]+Z?)?")
DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})( 0?0:00(:00)?)?")
"""As Excel saves a date where points separate its parts: the day is first wherever that is so."""


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
        """Add the findings to `findings`, in line order; of many of a kind the first, and how many more."""
        shown: list[Finding] = []
        kinds: dict[tuple[str, str, str], list[Finding]] = {}
        for found in sorted(self.found.values(), key=lambda f: (f.row or 0, f.column, f.code)):
            alike = kinds.setdefault((found.code, found.column, found.severity), [])
            alike.append(found)
            if len(alike) <= SHOWN:
                shown.append(found)
        findings.add_few(shown, len(shown), "")
        for (_, column, severity), alike in kinds.items():
            findings.add_few(alike[SHOWN:], 0, f"more {severity}s of this kind", column)

    def day(self, row: DelimitedRow, column: str, number: str) -> date | None:
        """The date in a cell; None if it is empty, or with a finding if it is not a date."""
        text = row[column]
        if not text:
            return None
        match = ISO.fullmatch(text)
        try:
            if dotted := DOTTED.fullmatch(text):
                return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
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
    filled: tuple[str, ...] | None = None,
    exports: bool = False,
    wanted: Collection[Kind] = (),
    also: Mapping[str, tuple[str, ...]] | None = None,
) -> DelimitedTable:
    """Read a table; if something is wrong with the file, the table has findings and no rows.

    Column names are compared by their letters and digits only (`Seat quantity` is `seat_quantity`); `also`
    lists other names of a column, the best first. The table may be delimited text, gzipped or not; if it is
    an export of a `wanted` kind, also a sheet of a workbook (chosen by its header) or JSON. With `exports`,
    other columns do not lead to a warning. Rows have the `known` columns only, under these names; those in
    which a `filled` column (all `required` ones unless given) is empty are left out with a finding.
    """
    table = DelimitedTable(folder.shown(name), prefix)
    raw = folder.read(name, place, MAX_BYTES, "S140")
    if raw is None:
        return table
    names = {c: (c, *(also or {}).get(c, ())) for c in known}

    def is_header(cells: Sequence[str]) -> bool:
        there = {compact(c) for c in cells}
        return all(any(compact(n) in there for n in names[c]) for c in required)

    try:
        western, lines = read_lines(folder.path(name), raw, wanted, is_header)
        if western:
            table.add(
                "09",
                "the file is not UTF-8: it is read as Windows-1252, as Excel saves a CSV in western Europe",
                "look at the names with accents; save it as `CSV UTF-8` to be sure",
                severity="warning",
            )
        header = next(lines, None)
        if header is None:
            table.add("02", "the file is empty", "the first line must name the columns: " + ", ".join(known))
            return table
        columns = _header(header, table, names, required, exports)
        if not any(f.severity == "error" for f in table.found.values()):
            for number, cells in lines:
                _add_row(number, cells, columns, table, required if filled is None else filled)
    except Refusal as refusal:
        code = {"U102": "02", "U106": "06"}.get(refusal.code, "01")
        hint = "export it again" if code == "02" else refusal.hint
        table.add(code, refusal.message, hint, row=refusal.row, value="")
    return table


def _header(
    line: tuple[int, Sequence[str]],
    table: DelimitedTable,
    names: Mapping[str, tuple[str, ...]],
    required: tuple[str, ...],
    exports: bool,
) -> list[str]:
    """The known column of every cell of the header, "" for others."""
    row, cells = line
    there = [compact(c) for c in cells]
    columns = [""] * len(cells)
    for column, spellings in names.items():
        found = next((n for n in map(compact, spellings) if n in there), None)
        if found is not None:
            columns[there.index(found)] = column
            if there.count(found) > 1:
                table.add("05", "the column appears twice", "delete one of them", row=row, column=column)
        elif column in required:
            export = recognise(cells)
            others = [c.strip() for c in cells if c.strip()]
            hint = did_you_mean(column, others, "the first line must name the columns: " + ", ".join(names))
            if exports and export is not None:
                hint = f"the file looks like {export.name}; {hint}"
            table.add("03", f"there is no column `{column}`", hint, row=row, column=column)
    for column, cell, key in zip(columns, cells, there, strict=True):
        if key and not column and not exports and there.count(key) == 1:
            table.add(
                "04",
                "the column is ignored",
                did_you_mean(cell.strip(), names, "columns used: " + ", ".join(names)),
                row=row,
                column=cell.strip()[:60],
                severity="warning",
            )
    return columns


def _add_row(
    number: int, cells: Sequence[str], columns: list[str], table: DelimitedTable, filled: tuple[str, ...]
) -> None:
    if any(c.strip() for c in cells[len(columns) :]):
        table.add(
            "06",
            f"the line has {len(cells)} cells, the header {len(columns)}",
            "put text that contains commas in quotes",
            row=number,
        )
        return
    row = DelimitedRow(number, {k: v.strip() for k, v in zip(columns, cells, strict=False) if k})
    for column, text in row.cells.items():
        if CONTROL.search(text):
            table.add(
                "08",
                "the cell has a control character, a tab or a line break",
                "delete it",
                row=number,
                column=column,
            )
            return
    blank = [c for c in filled if not row[c]]
    for column in blank:
        table.add("07", "the cell is empty", f"fill in the {column}", row=number, column=column)
    if not blank:
        table.rows.append(row)
