"""Who has what today, as the exports say: Users exports, and the seat assignments of a Usage Report."""

from __future__ import annotations

import duckdb
import pandas as pd

from flexopt.inputs.usage.usage_table import WHO, UsageTable, who_of

COLUMNS = ("offering", "product", "access", "group", "team", "first_name", "last_name", "email", "last_used")
ROLES = ("parent", "product", "group", "team", "first", "last", "accessed")

NO_ACCOUNT = ("inactive", "deleted", "removed", "disabled", "declined", "expired", "deactivated")
"""Account statuses of a Users export that mean that nothing is assigned any more."""


def create_assigned(con: duckdb.DuckDBPyConnection) -> None:
    """Create the empty table `assigned`: a row per person and assignment."""
    columns = ", ".join(f'"{column}" varchar' for column in (*WHO, *ROLES, "access"))
    con.execute(f"create temp table assigned (file integer, {columns})")


def add_assigned(con: duckdb.DuckDBPyConnection, table: UsageTable) -> None:
    """Add what a Users export or a Usage Report says of its people."""

    def text(role: str) -> str:
        return f"shown({table.sql(role)})" if role in table.roles else "''"

    seat, option, status = (f"lower({text(role)})" for role in ("seat", "access", "status"))
    offering = f"lower({text('parent')})"
    by_token = "contains({0}, 'flex') or contains({0}, 'token') or {0} in ('ppu', 'pay as you go')"
    statuses = ", ".join(f"'{word}'" for word in NO_ACCOUNT)
    listed = "'named'" if table.format.kind == "users" else "''"
    con.execute(
        f"insert into assigned select distinct {table.number}, {who_of(table)}, "
        f"{', '.join(text(role) for role in ROLES)}, case "
        f"when {status} in ({statuses}) then '' "
        f"when {by_token.format(seat)} or {by_token.format(offering)} then 'flex' "
        f"when {seat} in ('unassigned', 'not assigned', 'no', 'false') then '' "
        f"when {seat} <> '' then 'named' "
        f"when {by_token.format(option)} then 'flex' when {option} <> '' then 'named' else {listed} end "
        f"from {table.relation}"
    )


def read_assigned(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """`user` and COLUMNS, all str: unique, sorted; `access` is `named`, `flex` or '' (nothing today).

    `last_used` is an ISO date, or '' if the export does not tell.
    """
    listed = 'a.parent as offering, a.product, a.access, a."group", a.team, a.first, a.last'
    frame = con.execute(
        f"select distinct p.user, {listed}, lower(shown(a.email)) as email, "
        "coalesce(cast(try_cast(left(a.accessed, 10) as date) as varchar), '') as last_used from assigned a "
        "join person p using (name, email, hash, id) where p.user <> '' order by all"
    ).df()
    return frame.set_axis(["user", *COLUMNS], axis=1).astype(object)
