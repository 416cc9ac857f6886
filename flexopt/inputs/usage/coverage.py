"""What became of the rows of every file: counts that add up, and notes on rows left out without a finding."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from flexopt.base.findings import Findings
from flexopt.inputs.records import Coverage
from flexopt.inputs.usage.scan import WORDS
from flexopt.inputs.usage.usage_table import BLANK, FREE, LEFT_OUT, OK, REJECTED, ZERO, UsageTable


def cover(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[int, UsageTable],
    kept: Mapping[int, int],
    unsplit: Mapping[int, int],
) -> dict[int, Coverage]:
    """The coverage of each file; `unsplit` counts its lines that could not be split into columns."""
    rows = con.execute(
        "select c.file, c.status, p.user = '' or t.known = 'none' as nameless, "
        "case when t.id = '' then t.known else 'same' end as known, sum(c.n) "
        "from cell c join person p using (name, email, hash, id) join title t using (product) "
        "group by all"
    ).fetchall()
    found = {}
    for number, table in tables.items():
        counts: dict[str, int] = {}
        for file, status, nameless, known, n in rows:
            if file == number:
                fate = _fate(status, nameless, known)
                counts[fate] = counts.get(fate, 0) + int(n)
        lost = unsplit.get(number, 0)
        good = counts.pop("good", 0)
        found[number] = Coverage(
            file=table.file,
            format=table.format.name,
            rows=good + sum(counts.values()) + lost,
            kept=kept.get(number, 0),
            repeated=good - kept.get(number, 0),
            zero_token=counts.get("zero_token", 0),
            unknown_product=counts.get("unknown_product", 0),
            left_out=counts.get("left_out", 0),
            rejected=counts.get("rejected", 0) + lost,
        )
    return found


def _fate(status: int, nameless: bool, known: str) -> str:
    if status == REJECTED or (status == OK and nameless):
        return "rejected"
    if status == ZERO:
        return "zero_token"
    if status in (LEFT_OUT, BLANK, FREE) or known == "collection":
        return "left_out"
    return "unknown_product" if known == "unknown" else "good"


def _openers(con: duckdb.DuckDBPyConnection, number: int, coverage: Mapping[int, Coverage]) -> list[str]:
    """The files that opened the days of a file which opened none itself; sessions are not compared."""
    shared = " or ".join(f"a.{word} & b.{word} <> 0" for word in WORDS)
    cells = (
        f"(select p.user, t.id, c.file, c.slab, {', '.join(WORDS)} from cell c "
        "join person p using (name, email, hash, id) join title t using (product) "
        f"where c.status = {OK} and c.used is null and c.slab is not null and t.id <> '')"
    )
    rows = con.execute(
        f"select distinct b.file from {cells} a join {cells} b using (user, id, slab) "
        f"where a.file = {number} and b.file < {number} and ({shared}) order by 1"
    ).fetchall()
    return [coverage[f].file for (f,) in rows if f in coverage and coverage[f].kept]


def note(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[int, UsageTable],
    coverage: Mapping[int, Coverage],
    findings: Findings,
) -> None:
    """Report once per file what has only been counted so far."""
    query = f"select file, sum(n) from cell where status = {LEFT_OUT} group by file"
    services = {int(f): int(n) for f, n in con.execute(query).fetchall()}
    for number, c in coverage.items():
        summary = tables[number].format.kind == "summary"
        if not c.rows:
            findings.add(
                "U161",
                "the file has a header but no rows",
                file=c.file,
                row=1,
                severity="warning",
                hint="export it again, unless there was no use",
            )
        free = "report 0 days" if summary else "without tokens are launches of less than five minutes"
        again = "are also in another file" if summary else "repeat a chargeable day"
        again += " (duplicates, versions, later launches)"
        if c.repeated and not c.kept and (same := _openers(con, number, coverage)):
            shown = " + ".join(same)
            again = f"repeat a chargeable day: the file shows the same days as {shown}; each counts once"
        for code, count, what in (
            ("U141", c.zero_token, f"{free}: no charge"),
            ("U160", c.repeated, again),
        ):
            if count:
                message = f"{count:,} rows {what}"
                findings.add(code, message, file=c.file, severity="info", count=count)
        if n := services.get(number):
            findings.add(
                "U142",
                f"{n:,} rows are per-result services or adjustments, not days of use; left out",
                file=c.file,
                severity="warning",
                count=n,
                hint="plan per-result services under `cloud` in the scenario",
            )
