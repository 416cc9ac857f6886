"""Columns are lists of rows to whoever reads them, whatever stands in them."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flexopt.base.columns import Column, ColumnTable, classes

CELLS = st.one_of(st.none(), st.integers(0, 3), st.text(max_size=2))
TABLES = st.lists(st.fixed_dictionaries({"a": CELLS, "b": CELLS}), max_size=8)


@given(TABLES, st.integers(1, 4))
def test_rows_are_the_rows_they_were_made_of(rows: list[dict[str, Any]], chunk: int) -> None:
    table = ColumnTable.of(rows, ["a", "b"], block=chunk)
    assert table == rows
    assert list(table) == rows
    assert [table[i] for i in range(len(table))] == rows
    assert table[1:] == rows[1:]
    assert (table != [*rows, {}], len(table), bool(table)) == (True, len(rows), bool(rows))
    assert json.loads(json.dumps(table, default=list)) == rows
    assert copy.deepcopy(table) == table == ColumnTable.of(table, [])


def test_rows_are_read_only() -> None:
    table = ColumnTable.of([{"a": 1}, {"a": 2}], ["a"])
    table[0]["a"] = 3
    assert table == [{"a": 1}, {"a": 2}]
    assert table[-1] == {"a": 2}
    with pytest.raises(IndexError):
        table[2]
    with pytest.raises(TypeError):
        json.dumps(table)  # and not an empty list in silence


def test_columns_of_different_lengths_are_no_table() -> None:
    with pytest.raises(ValueError, match="same number of rows"):
        ColumnTable({"a": Column.of([1]), "b": Column.of([1, 2])})


@pytest.mark.parametrize("kind", [object, "category", "str"])
def test_a_column_of_a_series(kind: str) -> None:
    series = pd.Series(["b", "a", "b"], dtype=kind)
    column = Column.from_array(series)
    assert column.array().tolist() == ["b", "a", "b"]
    assert [type(value) for value in column.values] == [str, str]
    assert json.dumps(Column.from_array(pd.Series([3, 3, 2])).values) == "[3, 2]"


@given(st.lists(st.tuples(st.integers(-3, 3), st.sampled_from(["", "x", None])), max_size=20))
@example([(0, "x"), (0, ""), (1, None)])
def test_classes_are_numbered_as_they_are_met(rows: list[tuple[int, str | None]]) -> None:
    numbers = np.array([n for n, _ in rows], dtype=np.int64)
    words = np.array([w for _, w in rows], dtype=object)
    codes, first = classes(numbers, words)
    known = list(dict.fromkeys(rows))
    assert codes.tolist() == [known.index(row) for row in rows]
    assert first.tolist() == [rows.index(row) for row in known]
