"""Days of seats, of Flex, and launches without tokens, told apart in files that tell: a second pass.

Needed only where one export shows what another leaves out: Seat Usage has no Flex, Token Usage no seats.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from flexopt.inputs.usage.identity.ties import DatedCells
from flexopt.inputs.usage.scan import ANY_DAY, EPOCH, SLAB, WORDS
from flexopt.inputs.usage.usage_table import (
    OK,
    WHO,
    ZERO,
    UsageTable,
    rows_of,
    seat_of,
    status_of,
    title_of,
    who_of,
)

SEAT, FLEX, FREE = 1, 2, 3
"""Parts of a file's days; 0 is all of those that are charged."""


def tells(table: UsageTable) -> bool:
    """Whether the file says which days are Flex."""
    return table.format.flex_only or bool({"access", "tokens"} & table.roles.keys())


def add_parts(con: duckdb.DuckDBPyConnection, tables: Iterable[UsageTable]) -> None:
    """Create the table `part`, once: as `cell`, for the parts of these files; no rows with sessions."""
    (row,) = con.execute("select count(*) from duckdb_tables() where table_name = 'part'").fetchall()
    if row[0]:
        return
    words = ", ".join(f"{word} ubigint" for word in WORDS)
    con.execute(
        "create temp table part (file integer, name varchar, email varchar, hash varchar, "
        f"id varchar, product varchar, part integer, slab integer, {words})"
    )
    for table in tables:
        if not tells(table) or "date" not in table.roles or table.format.kind != "days":
            continue
        seat = "false" if table.format.flex_only else seat_of(table)
        if "access" not in table.roles and not table.format.flex_only:
            seat = "t is null"
        bits = ", ".join(f"coalesce(bit_or(bit) filter (word = {i}), 0)" for i in range(len(WORDS)))
        con.execute(
            f"insert into part select {table.number}, {', '.join(WHO)}, product, part, slab, {bits} from ("
            f"select {who_of(table)}, "
            f"coalesce({title_of(table)}, '') as product, case when status = {ZERO} then {FREE} "
            f"when {seat} then {SEAT} else {FLEX} end as part, day >> {SLAB.bit_length() - 1} as slab, "
            f"(day >> 6) & {len(WORDS) - 1} as word, 1::ubigint << (day & 63)::ubigint as bit from "
            f"(select *, {status_of(table)} as status, d - {EPOCH} as day from {rows_of(table)}) "
            f"where status in ({OK}, {ZERO}) and day >= 0 and not st) "
            f"group by {', '.join(WHO)}, product, part, slab"
        )


def part_cells(con: duckdb.DuckDBPyConnection) -> DatedCells:
    """The parts by identifier."""
    return DatedCells.of(
        con.execute(
            f"select s.node, t.number as product, c.file, c.part, c.slab, s.named, {ANY_DAY} from part c "
            "join seen s using (name, email, hash, id) join titled t using (product) "
            "where s.node is not null group by all order by all"
        ).fetchnumpy()
    )
