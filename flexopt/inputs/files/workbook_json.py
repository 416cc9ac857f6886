"""Reads workbooks and JSON: small files, held as text in memory."""

from __future__ import annotations

import json
import math
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from python_calamine import CalamineWorkbook

from flexopt.base.findings import Refusal
from flexopt.inputs.files.containers import damaged, open_bytes
from flexopt.inputs.files.formats import Kind, recognise
from flexopt.inputs.files.json_shapes import Page, find_table, not_a_table

MOST = 1 << 30
"""Uncompressed bytes above which a file is not read into memory."""

CELLS = 200_000_000
"""A sheet with more cells than this is a mistake: a stray cell in its far corner."""

_HALF = re.compile("[\ud800-\udfff]")
"""Halves of characters, invalid in text: they become a control character, and thus a finding."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table in memory: header, and its columns as text, with `row` (the line in the file) last."""

    header: tuple[str, ...]
    table: pa.Table
    page: Page | None = None
    """Which rows of a query these are, if the file says so."""


def _text(value: Any) -> str | None:
    """A cell as in a CSV export."""
    if value is None:
        return None
    if isinstance(value, str):
        return _HALF.sub("\x1a", value) or None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if math.isfinite(value) and value.is_integer() else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight and value.tzinfo is None else value.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (list, dict)):
        return json.dumps(value, default=str)
    return str(value)


def _grid(header: Sequence[str], rows: Iterable[tuple[int, Sequence[Any]]]) -> Grid:
    width = len(header)
    columns: list[list[str | None]] = [[] for _ in range(width)]
    numbers: list[int] = []
    for number, row in rows:
        numbers.append(number)
        for place in range(width):
            columns[place].append(_text(row[place]) if place < len(row) else None)
    arrays = [pa.array(c, pa.large_string()) for c in columns]
    names = [f"c{place}" for place in range(width)]
    table = pa.Table.from_arrays([*arrays, pa.array(numbers, pa.int64())], names=[*names, "row"])
    return Grid(tuple(header), table)


def read_workbook(path: Path, zipped: bool, wanted: Collection[Kind]) -> Grid:
    """The sheet whose header is of a wanted kind, otherwise the first sheet that is not empty.

    Raises
    ------
    Refusal : U110 it is damaged or not a workbook, U102 it is empty, U171 several sheets have usage.
    """
    try:
        raw = BytesIO(_bytes(path, zipped))
        _small(raw)
        book = CalamineWorkbook.from_filelike(raw)
        sheets = [
            (name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in _sheets(book)
        ]
    except Refusal:
        raise
    except BaseException as problem:  # a damaged workbook may panic below Python
        if isinstance(problem, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise damaged("workbook", "it cannot be opened, or has a password") from None
    fallback: Grid | None = None
    found: list[tuple[str, Grid]] = []
    for name, rows in sheets:
        for place, row in enumerate(rows[:10]):
            header = [(_text(c) or "").strip() for c in row]
            while header and not header[-1]:
                header.pop()
            if not header:
                continue
            known = recognise(header)
            if known is not None and known.kind in wanted:
                filled = ((n, r) for n, r in enumerate(rows[place + 1 :], start=place + 2) if any(r))
                found.append((name, _grid(header, filled)))
                break
            if fallback is None or (known is not None and recognise(fallback.header) is None):
                fallback = _grid(header, [])
    used = [(name, grid) for name, grid in found if grid.table.num_rows] or found[:1]
    if len(used) > 1:
        names = ", ".join(f'"{name[:40]}"' for name, _ in used[:5])
        raise Refusal(
            "U171",
            f"several sheets of the workbook have such a table: {names}",
            "save each sheet you want as a separate file, or delete the others",
        )
    if used:
        return used[0][1]
    if fallback is None:
        raise Refusal("U102", "the workbook is empty", "export it again, or remove it from `usage.files`")
    return fallback


def _bytes(path: Path, zipped: bool) -> bytes:
    with open_bytes(path, zipped) as file:
        raw = file.read(MOST + 1)
    if len(raw) > MOST:
        raise _large()
    return raw


def _large() -> Refusal:
    return Refusal("U110", "the file is too large to be read into memory", "export it as CSV or Parquet")


def _small(raw: BytesIO) -> None:
    """Refuse workbooks that would not fit into memory, judging by the directory of their archive."""
    if not zipfile.is_zipfile(raw):
        return
    with zipfile.ZipFile(raw) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > 4 * MOST:
            raise _large()
        for name in archive.namelist():
            if not name.startswith("xl/worksheets/"):
                continue
            with archive.open(name) as sheet:
                last = re.search(rb'<dimension ref="(?:[A-Z]+\d+:)?([A-Z]{1,3})(\d{1,7})"', sheet.read(4096))
            if last and _column(last[1]) * int(last[2]) > CELLS:
                raise Refusal(
                    "U110",
                    f"a sheet has {int(last[2]):,} rows and {_column(last[1]):,} columns",
                    "delete the stray cells beyond the table, or save the sheet as CSV",
                )
    raw.seek(0)


def _column(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place


def _sheets(book: CalamineWorkbook) -> list[str]:
    return [s.name for s in book.sheets_metadata if "work" in str(s.typ).lower()] or list(book.sheet_names)


def read_json(path: Path, zipped: bool) -> Grid:
    """A list of objects, or `columns` and positional `rows`, also inside other objects; `row` counts from 2.

    Raises
    ------
    Refusal : U110 it is not JSON or has another shape, U111 encoding, U113 rows of another length, U145 an
    answer without a result.
    """
    try:
        data = json.loads(_bytes(path, zipped))
    except UnicodeDecodeError:
        raise Refusal("U111", "the file is not in UTF-8", "save the file as UTF-8") from None
    except (ValueError, RecursionError) as problem:
        row = problem.lineno if isinstance(problem, json.JSONDecodeError) else None
        raise Refusal("U110", "the JSON is damaged or truncated", "export the file again", row) from None
    except (OSError, EOFError, zlib.error):
        raise damaged("gzip file", "it is truncated or corrupt") from None
    found = find_table(data)
    if found.columns is not None:
        header, rows = found.columns, found.rows
        if not all(isinstance(r, list) for r in rows):
            raise not_a_table()
        ragged = next((n for n, r in enumerate(rows, start=2) if len(r) != len(header)), None)
        if ragged is not None:
            raise Refusal(
                "U113", "a row and `columns` have different numbers of values", "query the API again", ragged
            )
        return replace(_grid(header, enumerate(rows, start=2)), page=found.page)
    if not all(isinstance(r, dict) for r in found.rows):
        raise not_a_table()
    if not found.rows:
        raise Refusal("U102", "the file has no rows", "export it again, or remove it from `usage.files`")
    names = list(dict.fromkeys(k for r in found.rows for k in r))
    grid = _grid(
        [_text(k) or "" for k in names],
        ((n, [r.get(k) for k in names]) for n, r in enumerate(found.rows, start=2)),
    )
    return replace(grid, page=found.page)


def frame_grid(frame: pd.DataFrame) -> Grid:
    """A frame as a table in memory: dates as ISO text, `row` counted from 2 as in a file with a header."""
    header = tuple(_text(str(c)) or "" for c in frame.columns)
    arrays = [_column_text(frame.iloc[:, place]) for place in range(len(header))]
    names = [f"c{place}" for place in range(len(header))]
    rows = pa.array(np.arange(2, len(frame) + 2))
    return Grid(header, pa.Table.from_arrays([*arrays, rows], names=[*names, "row"]))


def _column_text(column: pd.Series[Any]) -> pa.Array:
    """A column as text; each category or date is converted only once."""
    if isinstance(column.dtype, pd.CategoricalDtype) or column.dtype.kind == "M":
        codes, values = pd.factorize(column)
        texts = pa.array([_text(v) for v in values], pa.large_string())
        return texts.take(pa.array(codes, mask=codes < 0))
    try:
        return pa.array(column, pa.large_string(), from_pandas=True)
    except (pa.ArrowException, TypeError, UnicodeError):  # not only text, or halves of characters
        cells = column.astype(object).where(column.notna(), None)
        return pa.array([_text(v) for v in cells], pa.large_string())
