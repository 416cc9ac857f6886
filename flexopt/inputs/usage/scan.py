"""Reads one usage file with DuckDB into the table `cell`: a row per person, product and slab of time.

A cell stores the days of its slab as bit masks, so that a year of 20 million rows becomes a few hundred
thousand cells before any join. Session starts go to the table `launch`, with the number of their cell. Rows
are examined one by one only if some were rejected (`faults.py`).
"""

from __future__ import annotations

import duckdb

from flexopt.inputs.usage import dates
from flexopt.inputs.usage.usage_table import (
    OK,
    REJECTED,
    WHO,
    ZERO,
    UsageTable,
    is_odd,
    number_of,
    rows_of,
    seat_of,
    status_of,
    title_of,
)

SLAB = 512
"""Days of a slab: 1990-01-01 is the first day of slab 0."""

WORDS = tuple(f"m{i}" for i in range(SLAB // 64))
"""Columns of `cell` with the days of its slab, 64 in each: the first day is the lowest bit of the first.

Integers, not a bit string: DuckDB can spill integers to disk while grouping.
"""

ANY_DAY = ", ".join(f"bit_or({word}) as {word}" for word in WORDS)
"""SQL: the days that any of several cells has."""

DAYS_IN = " + ".join(f"bit_count({word})::integer" for word in WORDS)
"""SQL: the number of days in a cell."""

EPOCH = f"date '{dates.EARLIEST}'"


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Create the empty tables, and the macros that clean names."""
    words = ", ".join(f"{word} ubigint" for word in WORDS)
    con.execute("create temp sequence cells")
    con.execute(
        "create temp table cell (cell integer default nextval('cells'), file integer, name varchar, "
        "email varchar, hash varchar, id varchar, product varchar, access varchar, status integer, "
        f"slab integer, {words}, used integer, n bigint, lo double, hi double, odd bigint)"
    )
    con.execute("create temp table launch (cell integer, start_us bigint, end_us bigint)")
    con.execute(r"create temp macro trimmed(x) as regexp_replace(x, '^[\s\x{a0}]+|[\s\x{a0}]+$', '', 'g')")
    con.execute(
        r"create temp macro shown(x) as case when regexp_full_match(coalesce(x, ''), '[*@.\s\x{a0}]*') "
        "then '' else trimmed(x) end"
    )
    con.execute(
        r"create temp macro identified(x) as case when regexp_full_match(lower(shown(x)), "
        r"'[0-]*|#?n/?a|none|null|nil|unknown|undefined|hidden|anonymous|not available|\*+@.*') "
        "then '' else shown(x) end"
    )
    con.execute(
        r"create temp macro broken(x) as "
        r"regexp_matches(trimmed(coalesce(x, '')), '[\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}]')"
    )


def forget(con: duckdb.DuckDBPyConnection, number: int) -> None:
    """Remove what was read from a file."""
    con.execute("delete from launch where cell in (select cell from cell where file = ?)", [number])
    con.execute("delete from cell where file = ?", [number])


def scan(con: duckdb.DuckDBPyConnection, table: UsageTable) -> int:
    """Add the file's cells and launches; returns the number of rejected rows."""
    summary = table.format.kind == "summary"
    who = {r: table.sql(r) for r in WHO if r in table.roles}
    keys = who | {"product": title_of(table)}
    if summary:
        # rows of two teams are two counts, not a repeated row
        keys["access"] = f"concat_ws(' | ', {table.sql('access')}, {table.sql('team')})"
        keys["used"] = f"case when status = {OK} then cast({number_of(table, 'days')} as integer) end"
    # one key for status and slab, and none for columns missing from the file: every key costs time
    dated = "date" in table.roles
    slab = f"day >> {SLAB.bit_length() - 1}" if dated else "null"
    keys["part"] = f"case when status <> {OK} then -status when not st then {slab} end"
    listed = ", ".join(f"{value} as {key}" for key, value in keys.items())
    # the rates of an enterprise agreement are not those of Flex
    tells = "tokens" in table.roles and not summary and "category" not in table.roles
    billed = ", ".join(f"{f}(t) filter (where t > 0)" if tells else "null" for f in ("min", "max"))
    flex = f"case when not {seat_of(table)} then t end as t" if "access" in table.roles else "t"
    odd = is_odd(table)
    if odd != "false":
        flex, odd = f"{flex}, ({odd}) as odd", "count(*) filter (where odd)"
    else:
        odd = "0"
    inner = (
        f"select {listed}, (day >> 6) & {len(WORDS) - 1} as word, 1::ubigint << (day & 63)::ubigint as bit, "
        f"{flex} from (select *, {status_of(table)} as status, d - {EPOCH} as day from {rows_of(table)})"
    )
    # without a slab the masks have no meaning
    words = ", ".join(
        f"coalesce(bit_or(bit) filter (word = {i}), 0)" if dated else "0" for i in range(len(WORDS))
    )
    names = [*WHO, "product", "access"]
    con.execute(
        f"insert into cell by position select nextval('cells'), {table.number}, "
        + ", ".join(f"coalesce({name}, '')" if name in keys else "''" for name in names)
        + f", case when part < 0 then -part else {OK} end, case when part >= 0 then part end, {words}, "
        f"{'used' if summary else 'null'}, count(*), {billed}, {odd} "
        f"from ({inner}) group by {', '.join(keys)}"
    )
    if "start" in table.roles:
        _add_launches(con, table, list(keys)[:-1])
    # fetch the whole result: DuckDB cannot register a frame while a result is open
    (row,) = con.execute(
        "select coalesce(sum(n), 0) from cell where file = ? and status = ?", [table.number, REJECTED]
    ).fetchall()
    return int(row[0])


def _add_launches(con: duckdb.DuckDBPyConnection, table: UsageTable, names: list[str]) -> None:
    """Add launches in a second pass, when cells have numbers: these keep launches smaller than names do."""
    same = " and ".join(f"r.{name} = c.{name}" for name in names)
    columns = {name: table.sql(name) for name in names} | {"product": title_of(table)}
    listed = ", ".join(f"coalesce({columns[name]}, '') as {name}" for name in names)
    con.execute(
        "insert into launch select c.cell, r.s, max(r.e) from "
        f"(select {listed}, s, e from {rows_of(table)} where st and {status_of(table)} = {OK}) r "
        f"join cell c on {same} and c.file = {table.number} and c.status = {OK} and c.slab is null "
        "group by c.cell, r.s"
    )


def has_rows(con: duckdb.DuckDBPyConnection, number: int, condition: str) -> bool:
    """Whether a file has cells that meet the condition."""
    return bool(
        con.execute(f"select 1 from cell where file = ? and {condition} limit 1", [number]).fetchall()
    )


def unclear_zero(con: duckdb.DuckDBPyConnection, table: UsageTable) -> int | None:
    """The first row with 0 tokens in a file that does not say whether its rows are seats or Flex."""
    known = table.format
    if (
        known.flex_only
        or "access" not in known.roles
        or {"access", "tokens"} & table.roles.keys() != {"tokens"}
    ):
        return None
    (row,) = con.execute(
        f"select min(line) from (select *, {status_of(table)} as outcome "
        f"from {rows_of(table, f', {table.row} as line')}) where outcome = {ZERO}"
    ).fetchall()
    return None if row[0] is None else int(row[0])


def features(con: duckdb.DuckDBPyConnection, table: UsageTable) -> tuple[int, int, str]:
    """Rows planned as days that name a feature of their product: their number, the first, its feature."""
    if "feature" not in table.roles:
        return 0, 0, ""
    feature = table.sql("feature")
    (row,) = con.execute(
        f"select count(*), min(line), min_by({feature}, line) from (select *, {status_of(table)} as outcome "
        f"from {rows_of(table, f', {table.row} as line')}) where outcome = {OK} "
        f"and trim({feature}) <> '' and lower(trim({feature})) <> lower(trim({title_of(table)}))"
    ).fetchall()
    return (int(row[0]), int(row[1]), str(row[2])) if row[0] else (0, 0, "")
