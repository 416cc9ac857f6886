"""Launches without tokens that another export shows as use.

Token Usage reports a launch under five minutes with 0 tokens: no charge. An export of seats and Flex alike
that has no column for tokens or access shows the same launch as any other day; it must not become a charge.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from flexopt.base.findings import Findings
from flexopt.base.text import count
from flexopt.inputs.usage.identity.parts import FLEX, FREE, add_parts, tells
from flexopt.inputs.usage.scan import ANY_DAY, WORDS
from flexopt.inputs.usage.usage_table import OK, ZERO, UsageTable

BOTH_KINDS = 0.5
"""Share of the Flex days that a file must show to be one of seats and Flex alike."""


def free_days(
    con: duckdb.DuckDBPyConnection, opened: Mapping[int, UsageTable], files: list[str], findings: Findings
) -> None:
    """Remove days from files that cannot tell, if all others know them as launches without tokens."""
    daily = {n: t for n, t in opened.items() if t.format.kind == "days" and "date" in t.roles}
    blind = [n for n, t in daily.items() if not tells(t)]
    rows = con.execute(f"select distinct file from cell where status = {ZERO}").fetchall()
    free = [daily[n] for (n,) in rows if n in daily and tells(daily[n])]
    if not blind or not free:
        return
    add_parts(con, free)
    for name, part in (("flex_day", FLEX), ("free_day", FREE)):
        con.execute(
            f"create or replace temp table {name} as select p.user, t.id, d.slab, {ANY_DAY} from part d "
            f"join person p using (name, email, hash, id) join title t using (product) "
            f"where d.part = {part} and p.user <> '' and t.id <> '' group by all"
        )
    both = [n for n in blind if _shows_flex(con, n)]
    for number in both:
        _remove(con, number, both, files, findings)


def _cells(where: str) -> str:
    return (
        f"(select p.user, t.id, c.slab, {ANY_DAY} from cell c join person p using (name, email, hash, id) "
        f"join title t using (product) where c.status = {OK} and c.used is null and c.slab is not null "
        f"and p.user <> '' and t.id <> '' and {where} group by all)"
    )


def _shows_flex(con: duckdb.DuckDBPyConnection, number: int) -> bool:
    """Whether a file shows most of the Flex days of the time that it covers."""
    slabs = con.execute(
        f"select slab, {', '.join(f'bit_or({w})' for w in WORDS)} from cell "
        f"where file = {number} and status = {OK} and slab is not null group by slab order by slab"
    ).fetchall()
    if not slabs:
        return False
    bits = sum(int(word) << (64 * at) for at, word in enumerate(slabs[0][1:]))
    low = bits & -bits
    covered = {int(slab): (1 << (64 * len(WORDS))) - 1 for slab, *_ in slabs}
    covered[int(slabs[0][0])] &= -low
    bits = sum(int(word) << (64 * at) for at, word in enumerate(slabs[-1][1:]))
    covered[int(slabs[-1][0])] &= (1 << bits.bit_length()) - 1
    whole = (1 << 64) - 1
    values = ", ".join(
        f"({slab}, {', '.join(f'{(mask >> (64 * at)) & whole}::ubigint' for at in range(len(WORDS)))})"
        for slab, mask in sorted(covered.items())
    )
    there = " + ".join(f"bit_count(f.{w} & r.{w})" for w in WORDS)
    shown = " + ".join(f"bit_count(f.{w} & r.{w} & coalesce(c.{w}, 0))" for w in WORDS)
    (row,) = con.execute(
        f"select sum({there}), sum({shown}) from flex_day f "
        f"join (values {values}) r(slab, {', '.join(WORDS)}) using (slab) "
        f"left join {_cells(f'c.file = {number}')} c using (user, id, slab)"
    ).fetchall()
    return bool(row[0]) and row[1] >= BOTH_KINDS * row[0]


def _remove(
    con: duckdb.DuckDBPyConnection, number: int, both: list[int], files: list[str], findings: Findings
) -> None:
    listed = ", ".join(map(str, both))
    left = ", ".join(f"f.{w} & ~coalesce(k.{w}, 0::ubigint) as {w}" for w in WORDS)
    con.execute(
        f"create or replace temp table uncharged as select f.user, f.id, f.slab, {left} from free_day f "
        f"left join {_cells(f'c.file not in ({listed})')} k using (user, id, slab)"
    )
    bits = " + ".join(f"bit_count(c.{w} & u.{w})" for w in WORDS)
    (row,) = con.execute(
        f"select coalesce(sum({bits}), 0) from {_cells(f'c.file = {number}')} c "
        "join uncharged u using (user, id, slab)"
    ).fetchall()
    if not row[0]:
        return
    words = ", ".join(f"{w} = cell.{w} & ~u.{w}" for w in WORDS)
    con.execute(
        f"update cell set {words} from (select c.cell, {', '.join(f'u.{w}' for w in WORDS)} from cell c "
        "join person p using (name, email, hash, id) join title t using (product) "
        "join uncharged u on u.user = p.user and u.id = t.id and u.slab = c.slab "
        f"where c.file = {number} and c.status = {OK}) u where cell.cell = u.cell"
    )
    findings.add(
        "U187",
        f"{count(int(row[0]), 'day')} of the file are launches without tokens in another: not charged",
        file=files[number],
        severity="info",
        count=int(row[0]),
    )
