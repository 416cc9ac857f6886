"""Tables of millions of rows, stored as columns with few distinct values and readable row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes = npt.NDArray[np.integer[Any]]
"""Index of each row's value."""

BLOCK = 50_000
"""Rows materialised at a time."""


def classes(*keys: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Give rows with the same keys the same number, in order of first appearance: int64[rows].

    Also the first row of each number: int64[numbers]. A key is an array of integers or of objects.
    """
    codes = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        more, values = pd.factorize(key, use_na_sentinel=False)  # -1 would be the number of another class
        # both are below the number of rows: the product is far from 2**63
        codes = pd.factorize(codes * max(1, len(values)) + more)[0].astype(np.int64)
    last = np.maximum.accumulate(np.concatenate(([-1], codes)))
    return codes, np.flatnonzero(np.diff(last))


@dataclass(frozen=True, slots=True)
class Column:
    """The cell of row i is `values[codes[i]]`; a value may appear twice, or in no row."""

    codes: Codes
    values: Sequence[Any]

    @classmethod
    def of(cls, cells: Iterable[Any]) -> Column:
        """The column of these cells, which must be hashable."""
        known: dict[Any, int] = {}
        codes = [known.setdefault(cell, len(known)) for cell in cells]
        return cls(np.array(codes, dtype=np.int32), list(known))

    @classmethod
    def by_class(cls, value: Callable[[int], Any], *keys: npt.NDArray[Any]) -> Column:
        """`value(i)` of every row i, called once for all rows with the same keys, which share the value."""
        codes, first = classes(*keys)
        return cls(codes.astype(np.int32), [value(i) for i in first.tolist()])

    @classmethod
    def from_array(cls, cells: Any) -> Column:
        """The column of an array or a pandas series of any type, without a loop over its rows."""
        codes, values = pd.factorize(cells, use_na_sentinel=False)
        return cls(codes.astype(np.int32), np.asarray(values, dtype=object).tolist())

    def __getitem__(self, row: int) -> Any:
        return self.values[self.codes[row]]

    def mapped(self, change: Callable[[Any], Any]) -> Column:
        """The column with every value changed; `change` is called once per value."""
        return Column(self.codes, [change(value) for value in self.values])

    def distinct(self) -> Column:
        """The same cells with no value repeated: rows have the same cell only if they have the same code."""
        once = Column.of(self.values)
        return Column(once.codes[self.codes], once.values)

    def array_of(self, change: Callable[[Any], Any], dtype: type) -> npt.NDArray[Any]:
        """dtype[rows]: the cells converted for numpy; `change` is called once per value."""
        return np.array([change(value) for value in self.values], dtype=dtype)[self.codes]

    def array(self) -> npt.NDArray[np.object_]:
        """object[rows]: the cells."""
        return _objects(self.values)[self.codes]


def _objects(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


class ColumnTable(Sequence[dict[str, Any]]):
    """A read-only list of rows, each a dict with the same keys, built from `columns`.

    `json.dumps(rows, default=list)` writes it; each row is a new dict.
    """

    def __init__(self, columns: Mapping[str, Column], block: int = BLOCK) -> None:
        self.columns = dict(columns)
        self._block = block
        sizes = {len(column.codes) for column in self.columns.values()}
        if len(sizes) != 1:
            raise ValueError("a table needs at least one column, and all columns the same number of rows")
        (self._size,) = sizes

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]], names: Iterable[str], block: int = BLOCK) -> ColumnTable:
        """The table itself, or a table of any other rows with these columns."""
        if isinstance(rows, ColumnTable):
            return rows
        return cls({name: Column.of(row[name] for row in rows) for name in names}, block)

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._size))]
        i = range(self._size)[index]
        return {name: column.values[column.codes[i]] for name, column in self.columns.items()}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        names = tuple(self.columns)
        for block in self._blocks({name: column.values for name, column in self.columns.items()}):
            for cells in block.tolist():
                yield dict(zip(names, cells, strict=True))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ColumnTable | list | tuple):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        more = ", ..." if self._size > 3 else ""
        return f"ColumnTable([{', '.join(map(repr, islice(self, 3)))}{more}])"

    def where(self, name: str, cell: Any) -> list[dict[str, Any]]:
        """The rows that have this cell in the column."""
        column = self.columns[name]
        codes = [code for code, value in enumerate(column.values) if value == cell]
        return [self[i] for i in np.flatnonzero(np.isin(column.codes, codes)).tolist()]

    def texts(self, cells: Mapping[str, Sequence[str]]) -> Iterator[str]:
        """All rows as text, in pieces: `cells` has the text of every value of every column."""
        for block in self._blocks(cells):
            yield "".join(block.ravel().tolist())

    def _blocks(self, values: Mapping[str, Sequence[Any]]) -> Iterator[npt.NDArray[np.object_]]:
        """object[rows, columns], a block of rows at a time, with these values instead of the columns' own."""
        columns = [(self.columns[name].codes, _objects(mine)) for name, mine in values.items()]
        for start in range(0, self._size, self._block):
            block = np.empty((min(self._block, self._size - start), len(columns)), dtype=object)
            for number, (codes, cells) in enumerate(columns):
                block[:, number] = cells[codes[start : start + self._block]]
            yield block
