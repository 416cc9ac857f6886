"""Days that the exports mark as token use: they show which users burn tokens despite having a seat.

A second pass over files with this information, made only on request.
"""

from __future__ import annotations

import duckdb
import pandas as pd

from flexopt.inputs.usage.usage_table import (
    BY_TOKEN,
    OK,
    UsageTable,
    rows_of,
    seat_of,
    status_of,
    title_of,
    who_of,
)


def create_token_days(con: duckdb.DuckDBPyConnection) -> None:
    """Create the empty table `token_day`: a row per person, product and day with tokens."""
    con.execute(
        "create temp table token_day (name varchar, email varchar, hash varchar, id varchar, "
        "product varchar, day date)"
    )


def add_token_days(con: duckdb.DuckDBPyConnection, table: UsageTable) -> bool:
    """Add the file's days of token use; False if its columns cannot tell."""
    known = table.format
    if known.kind != "days" or not (known.flex_only or {"access", "tokens"} & table.roles.keys()):
        return False
    day = "coalesce(d, cast(make_timestamp(s) as date))"
    con.execute(
        f"insert into token_day select distinct {who_of(table)}, coalesce({title_of(table)}, ''), {day} from "
        f"{rows_of(table)} where {status_of(table)} = {OK} and ({_burns(table)})"
    )
    return True


def _burns(table: UsageTable) -> str:
    """SQL: whether a row says that it used tokens, or that its access is by token."""
    if table.format.flex_only:
        return "true"
    says = []
    if "access" in table.roles:
        says.append(f"means = {BY_TOKEN}")
    if "tokens" in table.roles:
        says.append(f"t > 0 and not {seat_of(table)}")
    return f"coalesce({' or '.join(says)}, false)"


def read_token_days(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """`user`, `product` (str), `date` (datetime64[s]) of days with tokens, unique and sorted."""
    frame = con.execute(
        "select distinct p.user, t.id as product, b.day as date from token_day b "
        "join person p using (name, email, hash, id) join title t using (product) "
        "where p.user <> '' and t.id <> '' order by 1, 2, 3"
    ).df()
    return frame.astype({"user": object, "product": object, "date": "datetime64[s]"})
