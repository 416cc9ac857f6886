"""Rows of their own kind: trials, free charges, categories seldom seen, machines, access that is not said."""

from __future__ import annotations

import duckdb

from flexopt.base.findings import Findings, Refusal
from flexopt.inputs.usage.faults import line_of
from flexopt.inputs.usage.scan import features
from flexopt.inputs.usage.usage_table import (
    BY_SEAT,
    BY_TOKEN,
    BY_TRIAL,
    CONSUMPTION,
    UNCLEAR,
    UsageTable,
    is_free,
    rows_of,
    status_of,
)


def refuse_unclear(con: duckdb.DuckDBPyConnection, table: UsageTable) -> None:
    """Refuse rows with 0 tokens and no access option, unless the offering of such rows is known to tell.

    Raises
    ------
    Refusal : U166.
    """
    parent = table.sql("parent")
    of_flex = f"contains(lower({parent}), 'flex')"
    reliable = "false"
    if table.column("parent").casefold().startswith("offering"):
        # in some exports Flex rows have the offering Flex, in others that of the product
        reliable = (
            f"count(*) filter (where means = {BY_TOKEN} and not coalesce({of_flex}, false)) = 0 and "
            f"count(*) filter (where means >= {BY_SEAT} and coalesce({of_flex}, false)) = 0 and "
            f"count(*) filter (where means = {BY_TOKEN}) > 0 and "
            f"count(*) filter (where outcome = {UNCLEAR} and coalesce(trim({parent}), '') = '') = 0"
        )
    (row,) = con.execute(
        f"select {reliable}, min(line) filter (where outcome = {UNCLEAR}), "
        f"count(*) filter (where outcome = {UNCLEAR}) from (select *, {status_of(table)} as outcome "
        f"from {rows_of(table, f', {table.row} as line')})"
    ).fetchall()
    if not row[0]:
        raise Refusal(
            "U166",
            f"{row[2]:,} rows have 0 tokens and no `{table.column('access')}`: they may be use of a seat, or "
            "launches on Flex without a charge",
            f"fill in `{table.column('access')}` (Subscription or Flex), or delete these rows",
            line_of(con, table, int(row[1])),
            column=table.column("access"),
        )


def report_row_kinds(con: duckdb.DuckDBPyConnection, table: UsageTable, findings: Findings) -> None:
    """Findings for rows that the scan has counted as odd; a second pass over the file."""
    kinds = {
        "U162": (is_free(table), "charge"),
        "U164": (f"lower(trim({table.sql('category')})) = '{CONSUMPTION}'", "category"),
        "U165": (f"means = {BY_TRIAL}", "access"),
    }
    listed = ", ".join(
        f"case when {condition} then {{code: '{code}', value: trim({table.sql(role)})}} end"
        for code, (condition, role) in kinds.items()
        if role in table.roles
    )
    rows = con.execute(
        f"select f.code, f.value, count(*), min(line) from (select line, unnest([{listed}]) as f "
        f"from {rows_of(table, f', {table.row} as line')}) where f is not null group by 1, 2 order by 1, 2"
    ).fetchall()
    for code, value, count, line in rows:
        words, hint = _WORDS[code]
        findings.add(
            code,
            words.format(value=value[:60]),
            file=table.file,
            row=line_of(con, table, int(line)),
            column=table.column(kinds[code][1]),
            value=value,
            severity="info" if code == "U164" else "warning",
            hint=hint,
            count=int(count),
        )


_WORDS = {
    "U162": (
        "rows of charge category {value} are no charge: they are left out",
        "a product that is free today costs tokens on Flex only if its rate says so; if these users need it, "
        "remove the column, and the rows are days of use",
    ),
    "U164": ("rows of category {value} are read as days of use of their product", ""),
    "U165": (
        'rows with the access "{value}" are nobody\'s paid use today; they are planned as days of use',
        "delete these rows if the use ends with the trial, or is not commercial",
    ),
}


def report_machines(con: duckdb.DuckDBPyConnection, table: UsageTable, findings: Findings) -> None:
    """U163: users that are machines, as products metered by machine report them."""
    user, machine = (f"lower(trim(coalesce({table.sql(role)}, '')))" for role in ("email", "machine"))
    # a person works at machines that are nobody's name; a machine has its own name there, or a person's
    rows = con.execute(
        f"with r as (select trim({table.sql('email')}) as shown, {user} as u, {machine} as m, "
        f"{table.row} as line from {table.relation}), other as (select distinct u, m from r "
        "where u <> m and u <> '' and m <> ''), "
        "person as (select u from other where m not in (select u from other)) "
        "select min(shown), count(*), min(line) from r where u <> '' and u not like '%@%' "
        "and u not in (select u from person) and (m <> '' or u in (select m from other)) "
        "group by u order by 1"
    ).fetchall()
    if rows:
        names = ", ".join(str(shown)[:40] for shown, _, _ in rows[:5])
        findings.add(
            "U163",
            f"users that look like machines ({names}): products metered by machine have the machine's name "
            "as user; they are planned as users",
            file=table.file,
            row=line_of(con, table, min(int(line) for _, _, line in rows)),
            column=table.column("email"),
            value=rows[0][0],
            severity="warning",
            hint="for a machine that nobody works at: `policy: [{user: "
            + f"{str(rows[0][0])[:60]}, access: none}}]`; otherwise put the person into the column",
            count=sum(int(n) for _, n, _ in rows),
        )


def report_offering(con: duckdb.DuckDBPyConnection, table: UsageTable, findings: Findings) -> None:
    """U166: rows without access, read by their offering."""
    query = "select sum(n) from cell where file = ? and status = ?"
    (row,) = con.execute(query, [table.number, UNCLEAR]).fetchall()
    findings.add(
        "U166",
        f"rows with 0 tokens do not say their `{table.column('access')}`: those with the offering Flex "
        "are launches without a charge, the others use of a seat",
        file=table.file,
        column=table.column("access"),
        severity="warning",
        hint=f"fill in `{table.column('access')}` if this is wrong",
        count=int(row[0]),
    )


def report_features(con: duckdb.DuckDBPyConnection, table: UsageTable, findings: Findings) -> None:
    """U144: rows that name a feature of their product."""
    count, row, feature = features(con, table)
    if count:
        findings.add(
            "U144",
            f'rows name a feature ("{feature[:60]}"): they count as days of their product',
            file=table.file,
            row=line_of(con, table, row),
            column=table.column("feature"),
            value=feature,
            severity="warning",
            hint="if it is a per-result service, delete the rows and plan the service under `cloud`",
            count=count,
        )


def report_encoding(table: UsageTable, findings: Findings) -> None:
    """U186: a file that is not in UTF-8, read as Excel saves it."""
    if table.text is not None and table.text.supposed:
        findings.add(
            "U186",
            "the file is not in UTF-8; it is read as Windows-1252, as Excel saves a `CSV`",
            file=table.file,
            severity="warning",
            hint="if names with accents look wrong, save the file as UTF-8 "
            "(Excel: `CSV UTF-8 (comma delimited)`)",
        )


def report_notation(con: duckdb.DuckDBPyConnection, table: UsageTable, findings: Findings) -> None:
    """U188: numbers with a decimal comma, and columns separated by `|`, are read as such."""
    if table.text is None or table.text.delimiter == ",":
        return
    if table.text.delimiter == "|":
        findings.add("U188", "the columns are separated by `|`", file=table.file, severity="info")
    for role in ("tokens", "days", "billed"):
        if role not in table.roles:
            continue
        comma = r"regexp_full_match(trim(v), '\d+(\.\d{3})*,\d+')"
        values = f"select {table.sql(role)} as v from {table.relation}"
        # most files have none, which their first rows tell
        if con.execute(f"select v from ({values} limit {_FIRST}) where {comma} limit 1").fetchone() is None:
            continue
        found = con.execute(f"select count(*), min_by(v, length(v)) from ({values}) where {comma}").fetchall()
        count, value = found[0]
        findings.add(
            "U188",
            f"{count:,} numbers have a decimal comma: {value.strip()[:40]} is read as "
            f"{value.strip()[:40].replace('.', '').replace(',', '.')}",
            file=table.file,
            column=table.column(role),
            value=value,
            severity="info",
            count=int(count),
        )


_FIRST = 100_000
"""Rows in which notation is looked for."""
