"""Reads JSON, and tables that are held as text in memory."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from flexopt.base.findings import Refusal
from flexopt.inputs.files.cells import text_of
from flexopt.inputs.files.containers import damaged, open_bytes

MOST = 1 << 30
"""Uncompressed bytes above which a file is not read into memory."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table in memory: header, and its columns as text, with `row` (the line in the file) last."""

    header: tuple[str, ...]
    table: pa.Table


def _grid(header: Sequence[str], rows: Iterable[tuple[int, Sequence[Any]]]) -> Grid:
    width = len(header)
    columns: list[list[str | None]] = [[] for _ in range(width)]
    numbers: list[int] = []
    for number, row in rows:
        numbers.append(number)
        for place in range(width):
            columns[place].append(text_of(row[place]) if place < len(row) else None)
    arrays = [pa.array(c, pa.large_string()) for c in columns]
    names = [f"c{place}" for place in range(width)]
    table = pa.Table.from_arrays([*arrays, pa.array(numbers, pa.int64())], names=[*names, "row"])
    return Grid(tuple(header), table)


def _bytes(path: Path, zipped: bool) -> bytes:
    with open_bytes(path, zipped) as file:
        raw = file.read(MOST + 1)
    if len(raw) > MOST:
        raise _large()
    return raw


def _large() -> Refusal:
    return Refusal("U110", "the file is too large to be read into memory", "export it as CSV or Parquet")


def read_json(path: Path, zipped: bool) -> Grid:
    """A list of objects, or `columns` and positional `rows` (Insights API); `row` counts records from 2.

    Raises
    ------
    Refusal : U110 it is not JSON or has another shape, U111 encoding, U113 rows of another length.
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
    columns: Any = None
    if isinstance(data, dict):
        columns = data.get("columns")
        data = next(
            (data[k] for k in ("rows", "data", "results", "usage") if isinstance(data.get(k), list)), None
        )
    if not isinstance(data, list):
        raise _shape()
    if isinstance(columns, list):
        header = [text_of(c.get("name", "") if isinstance(c, dict) else c) or "" for c in columns]
        if not all(isinstance(r, list) for r in data):
            raise _shape()
        ragged = next((n for n, r in enumerate(data, start=2) if len(r) != len(header)), None)
        if ragged is not None:
            raise Refusal(
                "U113", "a row and `columns` have different numbers of values", "query the API again", ragged
            )
        return _grid(header, enumerate(data, start=2))
    if not all(isinstance(r, dict) for r in data):
        raise _shape()
    if not data:
        raise Refusal("U102", "the file has no rows", "export it again, or remove it from `usage.files`")
    names = list(dict.fromkeys(k for r in data for k in r))
    return _grid(
        [text_of(k) or "" for k in names],
        ((n, [r.get(k) for k in names]) for n, r in enumerate(data, start=2)),
    )


def _shape() -> Refusal:
    return Refusal(
        "U110",
        "the JSON is not a table",
        "it must be a list of objects, or `columns` with `rows` as the Insights API returns them",
    )


def frame_grid(frame: pd.DataFrame) -> Grid:
    """A frame as a table in memory: dates as ISO text, `row` counted from 2 as in a file with a header."""
    header = tuple(text_of(str(c)) or "" for c in frame.columns)
    arrays = [_column_text(frame.iloc[:, place]) for place in range(len(header))]
    names = [f"c{place}" for place in range(len(header))]
    rows = pa.array(np.arange(2, len(frame) + 2))
    return Grid(header, pa.Table.from_arrays([*arrays, rows], names=[*names, "row"]))


def _column_text(column: pd.Series[Any]) -> pa.Array:
    """A column as text; each category or date is converted only once."""
    if isinstance(column.dtype, pd.CategoricalDtype) or column.dtype.kind == "M":
        codes, values = pd.factorize(column)
        texts = pa.array([text_of(v) for v in values], pa.large_string())
        return texts.take(pa.array(codes, mask=codes < 0))
    try:
        return pa.array(column, pa.large_string(), from_pandas=True)
    except (pa.ArrowException, TypeError, UnicodeError):  # not only text, or halves of characters
        cells = column.astype(object).where(column.notna(), None)
        return pa.array([text_of(v) for v in cells], pa.large_string())
