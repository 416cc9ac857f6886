"""Tables that are held in memory: their columns as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from flexopt.inputs.files.cells import text_of
from flexopt.inputs.files.json_shapes import Page


@dataclass(frozen=True, slots=True)
class Grid:
    """A table in memory: header, and its columns as text, with `row` (the line in the file) last."""

    header: tuple[str, ...]
    table: pa.Table
    page: Page | None = None
    """Which rows of a query these are, if the file says so."""


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
