"""Reads one usage file with DuckDB into the table `cell`: a row per person, product and slab of time.

A cell keeps the days of its slab as bit masks, so that a year of 20 million rows becomes a few hundred
thousand cells before anything is joined. Starts of sessions go to the table `launch`, by the number of their
cell. Rows are looked at one by one only when some were rejected (`faults`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from flexopt.inputs.usage import dates
from flexopt.inputs.usage.dates import Style, StyleCount
from flexopt.inputs.usage.formats import Format
from flexopt.inputs.usage.sniff import Text
from flexopt.inputs.usage.windows import DAY

__all__ = [
    "BLANK",
    "EPOCH",
    "LEFT_OUT",
    "OK",
    "REJECTED",
    "SLAB",
    "WORDS",
    "ZERO",
    "Fault",
    "Styles",
    "Table",
    "create",
    "faults",
    "forget",
    "rows_of",
    "scan",
    "seat_of",
    "status_of",
    "title_of",
]

OK, ZERO, LEFT_OUT, BLANK, REJECTED = range(5)
"""What became of a row: its `status` in `cell`."""

MOST = 1e9
"""Tokens of one row above which the row is damaged."""

SHORTEST = 5 * 60_000_000
"""Microseconds below which a launch is not charged."""

LONGEST = 366
"""Days after which an open session is a mistake of the licence server, not work."""

SLAB = 512
"""Days of a slab: 1990-01-01 is the first day of slab 0."""

WORDS = tuple(f"m{i}" for i in range(SLAB // 64))
"""Columns of `cell` with the days of its slab, 64 in each: the first day is the lowest bit of the first.

Integers, not a bit string: DuckDB can spill the former while it groups.
"""

EPOCH = f"date '{dates.EARLIEST}'"


@dataclass(frozen=True, slots=True)
class Table:
    """A usage file that DuckDB can read, column by role."""

    number: int
    file: str
    format: Format
    relation: str
    """What follows FROM."""
    header: tuple[str, ...]
    roles: Mapping[str, int]
    columns: tuple[str, ...]
    """SQL of each column of the header, text unless `types` says otherwise."""
    types: tuple[str, ...]
    row: str
    """SQL of the line of a row; for a text file, of its place among the rows that could be split."""
    text: Text | None = None
    styles: Mapping[str, Style] | None = None
    """How the dates of each role are written; None: ISO, not yet looked at."""

    def sql(self, role: str) -> str:
        """The column of a role as text, or null."""
        if role not in self.roles:
            return "cast(null as varchar)"
        place = self.roles[role]
        if self.types[place] == "VARCHAR":
            return self.columns[place] if self.text else f"nullif({self.columns[place]}, '')"
        return f"cast({self.columns[place]} as varchar)"

    def native(self, role: str) -> str:
        """The column's own type."""
        return self.types[self.roles[role]]

    def column(self, role: str) -> str:
        """The name of the column in the file."""
        return self.header[self.roles[role]] if role in self.roles else ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Rejected rows of one kind: how many, and the first of them."""

    code: str
    role: str
    count: int
    first: tuple[tuple[int, str], ...]
    """Row and value."""


@dataclass(frozen=True, slots=True)
class Styles:
    """The date styles in a column."""

    count: StyleCount
    first: tuple[tuple[int, str], ...]
    """Row and value with which each of them begins."""


def create(con: duckdb.DuckDBPyConnection) -> None:
    """The empty tables, and how a name is cleaned."""
    words = ", ".join(f"{word} ubigint" for word in WORDS)
    con.execute("create temp sequence cells")
    con.execute(
        "create temp table cell (cell integer default nextval('cells'), file integer, name varchar, "
        "email varchar, hash varchar, id varchar, product varchar, access varchar, status integer, "
        f"slab integer, {words}, used integer, n bigint)"
    )
    con.execute("create temp table launch (cell integer, start_us bigint, end_us bigint)")
    con.execute(r"create temp macro trimmed(x) as regexp_replace(x, '^[\s\x{a0}]+|[\s\x{a0}]+$', '', 'g')")
    con.execute(
        r"create temp macro shown(x) as case when regexp_full_match(coalesce(x, ''), '[*@.\s\x{a0}]*') "
        "then '' else trimmed(x) end"
    )
    con.execute(r"create temp macro broken(x) as regexp_matches(trimmed(coalesce(x, '')), '[\x00-\x1f]')")


def seat_of(table: Table) -> str:
    """SQL: does the row say that it is use of a seat?"""
    access = f"lower(trim({table.sql('access')}))"
    flex = f"contains({access}, 'flex') or contains({access}, 'token') or {access} in ('', 'ppu', '-', 'n/a')"
    return f"({table.sql('access')} is not null and not ({flex}))"


def tokens_of(table: Table) -> str:
    """SQL of the tokens of a row."""
    text = table.sql("tokens")
    comma = table.text is not None and table.text.delimiter != ","
    number = f"replace({text}, ',', '.')" if comma else text
    return f"try_cast({number} as double)"


def title_of(table: Table) -> str:
    """The product of a row, else its collection; the first is often blank in exports of collections."""
    return f"coalesce({_child(table)}, {table.sql('parent')})"


def _child(table: Table) -> str:
    product = table.sql("product")
    return f"(case when trim({product}) <> '' then {product} end)" if "parent" in table.roles else product


def _instant(table: Table, role: str) -> str:
    """SQL of the UTC microseconds of a timestamp column."""
    if role not in table.roles:
        return "cast(null as bigint)"
    kind = table.native(role)
    raw = table.columns[table.roles[role]]
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return f"epoch_us({raw}{'::timestamp' if kind != 'TIMESTAMP WITH TIME ZONE' else ''})"
    if table.styles is None:
        return dates.fast_instant(table.sql(role))
    return dates.instant(table.sql(role), table.styles.get(role, "iso"))


def _day(table: Table) -> str:
    """SQL of the date column."""
    if "date" not in table.roles:
        return "cast(null as date)"
    kind = table.native("date")
    if kind == "DATE":
        return table.columns[table.roles["date"]]
    if kind.startswith("TIMESTAMP"):
        return f"cast(make_timestamp({_instant(table, 'date')}) as date)"
    if table.styles is None:
        return dates.fast_day(table.sql("date"))
    return f"cast(make_timestamp({_instant(table, 'date')}) as date)"


def _plausible(day: str) -> str:
    return f"({day} >= date '{dates.EARLIEST}' and {day} < date '{dates.LATEST}')"


def _conditions(table: Table) -> list[tuple[str, str, str]]:
    """(code, role, SQL condition) of every fault that one row can have by itself; d, s, e, t are computed."""
    found: list[tuple[str, str, str]] = []
    if table.format.kind == "summary":
        used = f"try_cast({table.sql('days')} as double)"
        found.append(
            ("U151", "days", f"({used} is null or {used} < 0 or {used} > 1e5 or {used} <> floor({used}))")
        )
    for role, value in (("start", "s"), ("date", "d"), ("end", "e")):
        if role not in table.roles:
            continue
        raw = table.columns[table.roles[role]] if table.native(role) != "VARCHAR" else table.sql(role)
        day = value if value == "d" else f"cast(make_timestamp({value}) as date)"
        missing = f"{raw} is null" + (" and not st" if role == "date" and "start" in table.roles else "")
        if role == "start" and "date" in table.roles:
            missing = "false"
        if role != "end":
            found.append(("U103", role, f"({missing})"))
        found.append(("U104", role, f"({raw} is not null and {value} is null)"))
        found.append(("U107", role, f"({value} is not null and not {_plausible(day)})"))
    if "end" in table.roles:
        found.append(("U109", "end", f"(e < s or e > s + {LONGEST * DAY})"))
    if "date" in table.roles and "start" in table.roles:
        # a local date may be the day before or after the UTC day; a long session has a row for each day
        last = "cast(make_timestamp(greatest(s, coalesce(e, s))) as date)"
        first = "cast(make_timestamp(s) as date)"
        found.append(("U108", "date", f"(s is not null and (d < {first} - 1 or d > {last} + 1))"))
    if "tokens" in table.roles:
        bad = f"({table.sql('tokens')} is not null and (t between 0 and {MOST}) is not true)"
        found.append(("U140", "tokens", bad))
    return found


def rows_of(table: Table, extra: str = "") -> str:
    """SQL: the file's rows with d (date), s and e (session), st (a start is given), t (tokens)."""
    start = f"{table.sql('start')} is not null" if "start" in table.roles else "false"
    return (
        f"(select *{extra}, {_day(table)} as d, "
        f"{_instant(table, 'start')} as s, {_instant(table, 'end')} as e, "
        f"{start} as st, {tokens_of(table) if 'tokens' in table.roles else 'cast(null as double)'} as t "
        f"from {table.relation})"
    )


def _blank(table: Table) -> str:
    return f"coalesce({', '.join([table.sql(r) for r in table.roles] + ['null'])}) is null"


def status_of(table: Table) -> str:
    """SQL: what became of a row."""
    rejected = f"coalesce({' or '.join(c for _, _, c in _conditions(table)) or 'false'}, false)"
    parts = []
    if "category" in table.roles:
        # first of all: an adjustment may be negative, and have no date and no user
        category = f"coalesce(lower(trim({table.sql('category')})), '')"
        charged = "('desktop_product', 'cloud_product')"
        parts.append(f"when not ({_blank(table)}) and {category} not in {charged} then {LEFT_OUT}")
    parts.append(f"when {rejected} then case when {_blank(table)} then {BLANK} else {REJECTED} end")
    if "tokens" in table.roles and table.format.kind == "days":
        parts.append(f"when t = 0 and not {seat_of(table)} then {ZERO}")
    if "start" in table.roles and "end" in table.roles:
        # an end equal to a start at midnight is a date without a clock, not a launch of no length
        parts.append(f"when t is null and e - s < {SHORTEST} and (e > s or s % {DAY} <> 0) then {ZERO}")
    if table.format.kind == "summary":
        parts.append(f"when try_cast({table.sql('days')} as double) = 0 then {ZERO}")
    return f"case {' '.join(parts)} else {OK} end"


def forget(con: duckdb.DuckDBPyConnection, number: int) -> None:
    """Takes out what was read of a file."""
    con.execute("delete from launch where cell in (select cell from cell where file = ?)", [number])
    con.execute("delete from cell where file = ?", [number])


def scan(con: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Adds the file's cells and launches; returns how many rows were rejected."""
    summary = table.format.kind == "summary"
    who = {r: table.sql(r) for r in ("name", "email", "hash", "id") if r in table.roles}
    keys = who | {"product": title_of(table)}
    if summary:
        # rows of two teams are two counts, not one row twice
        keys["access"] = f"concat_ws(' | ', {table.sql('access')}, {table.sql('team')})"
        keys["used"] = (
            f"case when status = {OK} then cast(try_cast({table.sql('days')} as double) as integer) end"
        )
    # one key for status and slab, and none for columns that the file has not: every key costs time
    dated = "date" in table.roles
    slab = f"day >> {SLAB.bit_length() - 1}" if dated else "null"
    keys["part"] = f"case when status <> {OK} then -status when not st then {slab} end"
    listed = ", ".join(f"{value} as {key}" for key, value in keys.items())
    inner = (
        f"select {listed}, (day >> 6) & {len(WORDS) - 1} as word, 1::ubigint << (day & 63)::ubigint as bit "
        f"from (select *, {status_of(table)} as status, d - {EPOCH} as day from {rows_of(table)})"
    )
    # where there is no slab the masks mean nothing
    words = ", ".join(
        f"coalesce(bit_or(bit) filter (word = {i}), 0)" if dated else "0" for i in range(len(WORDS))
    )
    names = ["name", "email", "hash", "id", "product", "access"]
    con.execute(
        f"insert into cell by position select nextval('cells'), {table.number}, "
        + ", ".join(f"coalesce({name}, '')" if name in keys else "''" for name in names)
        + f", case when part < 0 then -part else {OK} end, case when part >= 0 then part end, {words}, "
        f"{'used' if summary else 'null'}, count(*) from ({inner}) group by {', '.join(keys)}"
    )
    if "start" in table.roles:
        _add_launches(con, table, list(keys)[:-1])
    # all of a result is fetched: DuckDB registers no frame while one is open
    (row,) = con.execute(
        "select coalesce(sum(n), 0) from cell where file = ? and status = ?", [table.number, REJECTED]
    ).fetchall()
    return int(row[0])


def _add_launches(con: duckdb.DuckDBPyConnection, table: Table, names: list[str]) -> None:
    """A second pass, now that cells have numbers: numbers instead of names keep the launches small."""
    same = " and ".join(f"r.{name} = c.{name}" for name in names)
    columns = {name: table.sql(name) for name in names} | {"product": title_of(table)}
    listed = ", ".join(f"coalesce({columns[name]}, '') as {name}" for name in names)
    con.execute(
        "insert into launch select c.cell, r.s, max(r.e) from "
        f"(select {listed}, s, e from {rows_of(table)} where st and {status_of(table)} = {OK}) r "
        f"join cell c on {same} and c.file = {table.number} and c.status = {OK} and c.slab is null "
        "group by c.cell, r.s"
    )


def unclear_zero(con: duckdb.DuckDBPyConnection, table: Table) -> int | None:
    """The first row with 0 tokens of a file that does not say whether its rows are seats or Flex."""
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


def features(con: duckdb.DuckDBPyConnection, table: Table) -> tuple[int, int, str]:
    """Rows planned as days that name a feature of their product: how many, the first, its feature."""
    if "feature" not in table.roles:
        return 0, 0, ""
    feature = table.sql("feature")
    (row,) = con.execute(
        f"select count(*), min(line), min_by({feature}, line) from (select *, {status_of(table)} as outcome "
        f"from {rows_of(table, f', {table.row} as line')}) where outcome = {OK} "
        f"and trim({feature}) <> '' and lower(trim({feature})) <> lower(trim({title_of(table)}))"
    ).fetchall()
    return (int(row[0]), int(row[1]), str(row[2])) if row[0] else (0, 0, "")


def style(con: duckdb.DuckDBPyConnection, table: Table) -> dict[str, Styles]:
    """How the dates of every text column of dates are written."""
    counted: dict[str, Styles] = {}
    for role in ("date", "start", "end"):
        if role in table.roles and table.native(role) == "VARCHAR":
            rows = con.execute(
                "select kind, count(*), min(line), min_by(v, line) from (select "
                f"{dates.style_of('v')} as kind, v, line from (select left({table.sql(role)}, 300) as v, "
                f"{table.row} as line from {table.relation})) where kind is not null group by kind"
            ).fetchall()
            count = StyleCount(**dict.fromkeys(StyleCount.__slots__, 0) | {r[0]: int(r[1]) for r in rows})
            clear = [r for r in rows if r[0] != "open" or count.day_first + count.month_first == 0]
            counted[role] = Styles(count, tuple(sorted((int(r[2]), str(r[3])) for r in clear)))
    return counted


def faults(con: duckdb.DuckDBPyConnection, table: Table, most: int) -> list[Fault]:
    """Every kind of rejected row with its count and first places; a second, slower pass over the file."""
    who = [r for r in ("name", "email", "hash", "id") if r in table.roles]
    shown = " || ".join(f"shown({table.sql(r)})" for r in who)
    title = title_of(table)
    product = "product" if "product" in table.roles else "parent"
    # a service or a launch without tokens may have no user
    planned = f"outcome = {OK}"
    checks = [
        *_conditions(table),
        ("U120", who[0], f"({shown}) = '' and {planned}"),
        ("U121", product, f"trimmed(coalesce({title}, '')) = '' and {planned}"),
        *(("U114", r, f"broken({table.sql(r)}) and {planned}") for r in who),
        ("U114", product, f"broken({title}) and {planned}"),
    ]
    listed = ", ".join(
        f"case when {condition} then "
        f"{{code: '{code}', role: '{role}', value: coalesce({table.sql(role)}, '')}} end"
        for code, role, condition in checks
    )
    query = (
        "select f.code, f.role, count(*), min_by({n: line, v: left(f.value, 300)}, line, "
        f"{most}) from (select line, unnest([{listed}]) as f from (select *, {status_of(table)} as outcome "
        f"from {rows_of(table, f', {table.row} as line')}) "
        f"where not ({_blank(table)}) and outcome <> {LEFT_OUT}) "
        "where f is not null group by 1, 2 order by 1, 2"
    )
    return [
        Fault(code, role, count, tuple(sorted((int(p["n"]), str(p["v"])) for p in first)))
        for code, role, count, first in con.execute(query).fetchall()
    ]


def with_styles(table: Table, styles: Mapping[str, Style]) -> Table:
    return replace(table, styles=styles)


def rejects(con: duckdb.DuckDBPyConnection, table: Table) -> list[tuple[Any, ...]]:
    """The lines that could not be split into columns: line, kind, text; one each."""
    if table.text is None:
        return []
    return con.execute(
        f"select line, min(error_type::varchar), left(min(csv_line), 200) from rejects_{table.number} "
        "group by line order by line"
    ).fetchall()
