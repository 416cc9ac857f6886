"""The lines of a small table, whatever holds it: delimited text, a sheet of a workbook, JSON."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from flexopt.base.findings import Refusal
from flexopt.inputs.files.containers import container
from flexopt.inputs.files.formats import Kind, recognise
from flexopt.inputs.files.grid import Grid
from flexopt.inputs.files.json_table import read_json
from flexopt.inputs.files.western import WESTERN, is_western
from flexopt.inputs.files.workbook import WorkbookLimits, read_sheets

MAX_BYTES = 100_000_000

Line = tuple[int, Sequence[str]]
"""A line's number in the file (in JSON: records from 2) and its cells."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_DELIMITERS = ",;\t|"
_HEAD = 10
"""Lines in which the header is looked for: some exports have a block of filters above the table."""


def read_lines(
    path: Path, raw: bytes, wanted: Collection[Kind], is_header: Callable[[Sequence[str]], bool]
) -> tuple[bool, Iterator[Line]]:
    """Whether the text is Windows-1252; the header, and the lines below it that are not empty.

    Raises
    ------
    Refusal : the file cannot be read; U102 it is empty; once it is reached, U106 a line cannot be read.
    """
    kind, zipped, _ = container(path) if raw else ("text", False, b"")
    if kind == "text":
        text, western = _decode(path, _unzipped(raw) if zipped else raw, zipped)
        return western, _text(text, is_header)
    if kind == "parquet" or not wanted:
        raise Refusal("U101", f"the file is {_WHAT[kind]}", "save the table as CSV (UTF-8)")
    grid = _sheet(path, zipped, wanted, is_header) if kind == "workbook" else read_json(path, zipped)
    return False, _grid(grid)


_WHAT = {"workbook": "a workbook or an archive", "json": "JSON", "parquet": "a Parquet file"}


def _unzipped(raw: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(raw)) as file:
            text = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise Refusal("U110", "the gzip file is truncated or corrupt", "copy the file again") from None
    if len(text) > MAX_BYTES:
        raise Refusal("U110", f"the file unfolds to more than {MAX_BYTES:,} bytes", "check the file")
    return text


def _decode(path: Path, raw: bytes, zipped: bool) -> tuple[str, bool]:
    """The text, and whether it is plausible as Windows-1252 only."""
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(encoding), False
    except UnicodeDecodeError as error:
        if encoding == "utf-8-sig" and is_western(path, zipped):
            return raw.decode(WESTERN), True
        row = raw.count(b"\n", 0, error.start) + 1 if encoding == "utf-8-sig" else None
        raise Refusal("U111", "the file is not UTF-8 text", "save it as CSV (UTF-8)", row) from None


def _text(text: str, is_header: Callable[[Sequence[str]], bool]) -> Iterator[Line]:
    """The delimiter and the header are those of the first lines that have the wanted columns."""
    first = [line for line in re.split(r"\r\n|\r|\n", text[: 1 << 20]) if line.strip()][:_HEAD]
    split = ((d, [c.strip('"') for c in line.split(d)]) for line in first for d in _DELIMITERS)
    delimiter = next((d for d, cells in split if is_header(cells)), None)
    found = delimiter is None
    if delimiter is None:
        line = first[0] if first else ""
        delimiter = max(_DELIMITERS, key=lambda d: (line.count(d), -_DELIMITERS.index(d)))
    for number, cells in _records(text, delimiter):
        found = found or is_header(cells)
        if found:
            yield number, cells


def _records(text: str, delimiter: str) -> Iterator[Line]:
    reader = csv.reader((m[0] for m in _LINE.finditer(text)), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            hint = "check the quotes in this line: quotes inside a text must be doubled"
            raise Refusal("U106", f"the line cannot be read: {error}", hint, number) from None
        if any(c.strip() for c in cells):
            yield number, cells


def _sheet(
    path: Path, zipped: bool, wanted: Collection[Kind], is_header: Callable[[Sequence[str]], bool]
) -> Grid:
    """The sheet with the wanted columns; without one, the header of the sheet that is most like it."""
    found: list[tuple[str, Grid]] = []
    others: list[tuple[bool, Grid]] = []
    for sheet in read_sheets(path, zipped, WorkbookLimits()):
        for place, header in sheet.top():
            known = recognise(header)
            is_wanted = known is not None and known.kind in wanted
            if is_header(header) and (is_wanted or known is None):
                found.append((sheet.name, sheet.below(place, header)))
                break
            others.append((is_wanted, sheet.below(sheet.table.num_rows, header)))
    if not found and not others:
        raise Refusal("U102", "the workbook is empty", "export it again")
    used = [(name, grid) for name, grid in found if grid.table.num_rows] or found[:1]
    if len(used) > 1:
        names = ", ".join(f'"{name[:40]}"' for name, _ in used[:5])
        hint = "save each sheet you want as a separate file, or delete the others"
        raise Refusal("U171", f"several sheets of the workbook have such a table: {names}", hint)
    return used[0][1] if used else max(others, key=lambda other: other[0])[1]


def _grid(grid: Grid) -> Iterator[Line]:
    columns = [column.to_pylist() for column in grid.table.columns]
    numbers = columns.pop()
    yield min(numbers, default=2) - 1, grid.header
    for place, number in enumerate(numbers):
        yield number, [column[place] or "" for column in columns]
