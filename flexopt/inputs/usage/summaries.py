"""Usage summaries -> days per user and product, without dates."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd

from flexopt.base.arrays import Ints
from flexopt.base.dates import add_months
from flexopt.base.findings import Finding, Findings
from flexopt.inputs.scenario.use import Window
from flexopt.inputs.usage.chargeable_days import Kept
from flexopt.inputs.usage.collections import Known
from flexopt.inputs.usage.usage_table import OK, UsageTable


def summaries(
    con: duckdb.DuckDBPyConnection,
    period: Window | None,
    days: pd.DataFrame,
    *,
    files: list[str],
    findings: Findings,
    most: int,
    product: str = "id",
    known: Known | None = None,
) -> tuple[pd.DataFrame, Kept]:
    """Days per user and product from summaries, unless a file has them by day.

    product : the column of `title` with the product, as for `chargeable_days`, which is called before.
    known : days of collections that are known by title; if these are half of them or more, they are all.
    """
    begin, after = (period.from_, period.to) if period else (date(2000, 1, 1), date(2000, 1, 2))
    length = (after - begin) // timedelta(days=1)
    # a repeated row counts once; rows of versions, teams and kinds of access are different counts
    rows = con.execute(
        "select user, id as product, file, sum(used) as days, max(used) as longest, count(*) as parts, "
        "(user, id) in (select (user, product) from planned) as by_day from (select distinct p.user, "
        f"t.{product} as id, product, c.file, access, used from cell c "
        "join person p using (name, email, hash, id) "
        f"join title t using (product) where c.status = {OK} and used is not null and p.user <> '' "
        f"and t.{product} <> '') group by user, id, file order by user, id, days desc, file"
    ).df()
    if rows.empty:
        return _frame(rows, begin, after), Counter()
    by_day = rows["by_day"].to_numpy(bool)
    said = rows[by_day].drop_duplicates(["user", "product"])
    dated = _dated(days, said, begin, after)
    _say(
        findings,
        "U153",
        "{n} users and products have more days in a summary than by day: the days are used",
        # a report counts launches without tokens too
        said[said["days"] > dated + np.maximum(2, said["days"] // 10)],
        files=files,
        hint="remove the summary, unless the daily exports cover the same period",
    )
    rows = rows[~by_day]
    _too_many(rows, length, files, findings, most)
    several = rows.groupby(["user", "product"])["days"].transform("nunique") > 1
    best = rows.drop_duplicates(["user", "product"])
    _say(
        findings,
        "U155",
        "{n} users and products have a different number of days in another summary: the larger is used",
        best[several.loc[best.index]],
        files=files,
        hint="name only the summary that covers `usage.period`",
    )
    for number in sorted(set(best["file"].tolist())):
        _say(
            findings,
            "U154",
            "{n} users and products have several rows (versions, teams, kinds of access): "
            f"their days are added up, to {length:,} at most",
            best[(best["file"] == number) & (best["parts"] > 1)],
            files=files,
            hint="export the usage by day, so that no day is counted twice",
        )
    best = best.assign(days=np.minimum(best["days"], length))
    for name, users in (known or {}).items():
        by_title = best["user"].map(users).fillna(0).where(best["product"] == name, 0).astype("int64")
        best = best[by_title * 2 < best["days"]].assign(days=best["days"] - by_title)
    kept: Kept = Counter()
    for number, parts in zip(best["file"].tolist(), best["parts"].tolist(), strict=True):
        kept[int(number)] += int(parts)
    return _frame(best, begin, after), kept


def _dated(days: pd.DataFrame, said: pd.DataFrame, begin: date, after: date) -> Ints:
    """The days by day in the period, of each user and product."""
    inside = days[days["user"].isin(set(said["user"])) & (days["date"] >= pd.Timestamp(begin))]
    inside = inside[inside["date"] < pd.Timestamp(after)]
    number = inside.groupby(["user", "product"], observed=True).size().to_dict()
    pairs = zip(said["user"], said["product"], strict=True)
    return np.array([number.get(pair, 0) for pair in pairs], np.int64)


def period_of(con: duckdb.DuckDBPyConnection, table: UsageTable) -> tuple[date, date]:
    """The period that a summary may cover: the months up to the last use in it, or some year."""
    first, last = (
        f"try_cast(left({table.sql(role)}, 10) as date)" if role in table.roles else "null::date"
        for role in ("earliest", "accessed")
    )
    (row,) = con.execute(f"select min({first}), max({last}) from {table.relation}").fetchall()
    if row[1] is None:
        return date(2025, 1, 1), date(2026, 1, 1)
    after = add_months(row[1].replace(day=1), 1)
    begin = add_months(after, -12)
    return (begin if row[0] is None else min(begin, row[0].replace(day=1))), after


def _frame(rows: pd.DataFrame, begin: date, after: date) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "user": rows["user"].astype(object),
            "product": rows["product"].astype(object),
            "days": rows["days"].astype("int64"),
            "first": np.datetime64(begin, "s"),
            "after": np.datetime64(after, "s"),
        }
    ).reset_index(drop=True)


def _say(
    findings: Findings, code: str, words: str, rows: pd.DataFrame, *, files: list[str], hint: str
) -> None:
    if len(rows):
        findings.add(
            code,
            words.format(n=f"{len(rows):,}"),
            file=files[min(rows["file"].tolist())],
            severity="warning",
            hint=hint,
            count=len(rows),
        )


def _too_many(rows: pd.DataFrame, length: int, files: list[str], findings: Findings, most: int) -> None:
    wrong = rows[rows["longest"] > length].sort_values(["file", "product", "longest"], kind="stable")
    hint = "set `usage.period` to the days the summary covers"
    found = []
    for product, used, number in wrong[["product", "longest", "file"]].to_numpy().tolist():
        days = int(used)
        message = f"{days:,} days of {product} do not fit into the {length} days of `usage.period`"
        found.append(Finding(files[number], None, "days", "U152", "error", message, hint, str(days)))
    findings.add_few(found, most, "more summaries that do not fit", column="days")
