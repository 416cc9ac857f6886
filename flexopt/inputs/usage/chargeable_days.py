"""Cells with people and products -> one row per chargeable day, and which file had it first.

Until the end a day is one number with the bits of user, product and day: numbers sort by user, product, date.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from flexopt.base.arrays import Ints
from flexopt.inputs.usage import dates
from flexopt.inputs.usage.day_masks import Mask, first_seen, opener, unpack
from flexopt.inputs.usage.scan import ANY_DAY, SLAB, WORDS
from flexopt.inputs.usage.usage_table import OK
from flexopt.inputs.usage.windows import DAY, cut_windows

Kept = Counter[int]
"""Rows of each file that opened a day or carry a summary."""


BLOCK = 1 << 22
"""Launches cut into windows at a time: about 200 MB with intermediate results."""

DAYS = 17
"""Bits for the days since 1990; the upper bits are the slab."""

FRAMED = 1 << 13
"""Days made into rows at a time: few enough that intermediate results fit in the processor's cache."""

SLABS = DAYS - (SLAB.bit_length() - 1)

_EPOCH = np.datetime64(dates.EARLIEST, "s")
_EPOCH_DAY = int(np.datetime64(dates.EARLIEST, "D").astype(np.int64))


def chargeable_days(con: duckdb.DuckDBPyConnection, product: str = "id") -> tuple[pd.DataFrame, Kept]:
    """One row per user, product and date, and how many rows of each file were the first to open one.

    product : the column of `title` with the product, or '': `id`, or `unknown` for the use left out.
    """
    users, products = _number(con, product)
    bits = len(products).bit_length()
    key, file, mask = _cells(con, bits)
    slabs, days, fresh = first_seen(key, mask)
    kept: Kept = Counter()
    _add(kept, file, np.bitwise_count(fresh).sum(axis=1, dtype=np.int64))
    found = [unpack(slabs, days)]
    del slabs, days, mask
    for pair, start, end, launched in _launches(con, bits):
        launch, window = cut_windows(pair, start, _until(pair, end))
        day = (pair[launch] << DAYS) + window // DAY - _EPOCH_DAY
        # a day has one opener: the first file's, dates before sessions; a row may open several days
        cell = opener(key, fresh, day)
        file_of_cell = file[cell] if len(file) else cell
        wins = (cell < 0) | (launched[launch] < file_of_cell)
        _add(kept, file_of_cell[(cell >= 0) & wins], -1)
        _add(kept, launched[np.unique(launch[wins])], 1)
        found.append(day[cell < 0])
    numbers = found[0] if len(found) == 1 else np.concatenate(found)
    del found
    if len(numbers) > 1 and (numbers[1:] < numbers[:-1]).any():
        numbers.sort()
    return _frame(numbers, bits, users, products), kept


def _number(con: duckdb.DuckDBPyConnection, product: str) -> tuple[list[str], list[str]]:
    """Create the table `good`: cells planned by day, with `u` and `p` numbering users and products.

    Returns the names of both, sorted.
    """
    con.execute(
        f"create or replace temp table planned as select c.cell, p.user, t.{product} as product from cell c "
        "join person p using (name, email, hash, id) join title t using (product) "
        f"where c.status = {OK} and c.used is null and p.user <> '' and t.{product} <> ''"
    )
    names = []
    for what in ("user", "product"):
        con.execute(
            f"create or replace temp table {what}s as "
            "select name, row_number() over (order by name) - 1 as number "
            f"from (select distinct {what} as name from planned)"
        )
        rows = con.execute(f"select name from {what}s order by number").fetchall()
        names.append([str(r[0]) for r in rows])
    con.execute(
        f"create or replace temp table good as select cell, file, slab, {', '.join(WORDS)}, u.number as u, "
        "p.number as p from planned g join cell c using (cell) "
        "join users u on u.name = g.user join products p on p.name = g.product"
    )
    return names[0], names[1]


def _cells(con: duckdb.DuckDBPyConnection, bits: int) -> tuple[Ints, Ints, Mask]:
    """Key (pair and slab), file and mask of cells with dates, sorted by key and file."""
    columns = con.execute(
        f"select (((u << {bits}) + p) << {SLABS}) + slab as key, file, {ANY_DAY} from good "
        "where slab is not null group by key, file order by key, file"
    ).fetchnumpy()
    mask = np.column_stack([np.asarray(columns[word], np.uint64) for word in WORDS])
    return np.asarray(columns["key"], np.int64), np.asarray(columns["file"], np.int64), mask


def _launches(con: duckdb.DuckDBPyConnection, bits: int) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
    """Pair, start, end (at least the start) and file of launches, sorted, in blocks of whole pairs."""
    reader = con.sql(
        f"select (u << {bits}) + p as pair, start_us, "
        "coalesce(greatest(end_us, start_us), start_us) as end_us, file::bigint as file "
        "from launch join good using (cell) order by pair, start_us, file, end_us"
    ).to_arrow_reader(BLOCK)
    held: list[pa.RecordBatch] = []
    for batch in reader:
        held.append(batch)
        pair = batch.column("pair").to_numpy()
        if sum(map(len, held)) >= BLOCK and pair[0] != pair[-1]:
            cut = int(np.searchsorted(pair, pair[-1]))
            yield _arrays([*held[:-1], batch.slice(0, cut)])
            held = [batch.slice(cut)]
    if held:
        yield _arrays(held)


def _arrays(batches: list[pa.RecordBatch]) -> tuple[Ints, Ints, Ints, Ints]:
    pair, start, end, file = (c.to_numpy() for c in pa.Table.from_batches(batches).columns)
    return pair, start, end, file


def _until(pair: Ints, end: Ints) -> Ints:
    """The latest end among each launch and the earlier ones of its pair."""
    until, step = end, 1
    while step < len(pair):
        # by now it is the latest of the last `step` launches; if that changes none, nothing further will
        later = until.copy()
        np.maximum(until[step:], until[:-step], out=later[step:], where=pair[step:] == pair[:-step])
        if np.array_equal(later, until):
            break
        until, step = later, step * 2
    return until


def _add(kept: Kept, files: Ints, rows: Ints | int) -> None:
    """Add a number of rows to each of the files."""
    for number in np.unique(files).tolist():
        these = files == number
        kept[number] += int(rows[these].sum()) if isinstance(rows, np.ndarray) else int(these.sum()) * rows


def _frame(numbers: Ints, bits: int, users: list[str], products: list[str]) -> pd.DataFrame:
    user, product = np.empty(len(numbers), _code(users)), np.empty(len(numbers), _code(products))
    date = np.empty(len(numbers), "datetime64[s]")
    for begin in range(0, len(numbers), FRAMED):
        block = slice(begin, begin + FRAMED)
        pair = numbers[block] >> DAYS
        user[block], product[block] = pair >> bits, pair & ((1 << bits) - 1)
        date[block] = _EPOCH + ((numbers[block] & ((1 << DAYS) - 1)) * 86_400).view("timedelta64[s]")
    columns = {"user": (user, users), "product": (product, products)}
    named = {
        c: pd.Categorical.from_codes(codes, pd.Index(names, dtype=object), validate=False)
        for c, (codes, names) in columns.items()
    }
    return pd.DataFrame({**named, "date": date}, copy=False)


def _code(names: list[str]) -> type[np.signedinteger[Any]]:
    """The smallest type that pandas uses for this many categories."""
    return np.int8 if len(names) < 1 << 7 else np.int16 if len(names) < 1 << 15 else np.int32
