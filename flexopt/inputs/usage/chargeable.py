"""Cells with people and products -> one row per chargeable day, and summaries; says which file had them."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from flexopt.inputs.findings import Findings
from flexopt.inputs.scenario import Window
from flexopt.inputs.usage import dates
from flexopt.inputs.usage.scan import OK
from flexopt.inputs.usage.windows import DAY, cut_windows

__all__ = ["chargeable_days", "summaries"]

Kept = Counter[int]
"""Rows of each file that opened a day, or carry a summary."""


def chargeable_days(con: duckdb.DuckDBPyConnection) -> tuple[pd.DataFrame, Kept]:
    """One row per user, product and date; and how many rows of each file were the first to open one."""
    con.execute(
        "create temp table good as select c.*, p.user, t.id as product_id from cell c "
        "join person p using (name, email, hash, id) join title t using (product) "
        f"where c.status = {OK} and p.user <> '' and t.id <> ''"
    )
    con.execute(
        "create temp table day as select user, product_id, "
        f"cast(date '{dates.EARLIEST}' + to_months(month) + to_days(cast(bit as integer)) as date) as date, "
        "min(file) as file, -1::bigint as launch "
        "from (select *, unnest(range(31)) as bit from good where month is not null) "
        "where (mask >> bit) & 1 = 1 group by all"
    )
    _add_windows(con)
    # a row may open several days, and a day has one opener: of the first file, dates before sessions
    kept = con.execute(
        "select o.f, count(*) filter (where o.l < 0) + count(distinct o.l) filter (where o.l >= 0) "
        "from (select min({f: file, l: launch}) as o from day group by user, product_id, date) group by 1"
    ).fetchall()
    frame = con.execute(
        "select user, product_id as product, cast(date as timestamp_s) as date from day "
        "group by all order by all"
    ).df()
    frame = frame.astype({"user": object, "product": object, "date": "datetime64[s]"})
    return frame, Counter({int(f): int(n) for f, n in kept})


def _add_windows(con: duckdb.DuckDBPyConnection) -> None:
    """Adds the days on which the 24-hour windows of sessions start."""
    table = con.sql(
        "select dense_rank() over (order by user, product_id) as grp, user, product_id, start_us, file, "
        "max(coalesce(greatest(end_us, start_us), start_us)) over (partition by user, product_id "
        "order by start_us, file, end_us rows unbounded preceding) as until from good "
        "where start_us is not null order by grp, start_us, file, end_us"
    ).to_arrow_table()
    if not table.num_rows:
        return
    numbers = {c: table.column(c).to_numpy().astype(np.int64) for c in ("grp", "start_us", "until", "file")}
    launch, window = cut_windows(numbers["grp"], numbers["start_us"], numbers["until"])
    opened = pa.table(
        {
            "user": table.column("user").take(pa.array(launch)),
            "product_id": table.column("product_id").take(pa.array(launch)),
            "date": pa.array(window // DAY).cast(pa.int32()).cast(pa.date32()),
            "file": numbers["file"][launch],
            "launch": launch,
        }
    )
    con.register("opened", opened)
    con.execute("insert into day select user, product_id, date, file, launch from opened")
    con.unregister("opened")


def summaries(
    con: duckdb.DuckDBPyConnection,
    days: pd.DataFrame,
    period: Window | None,
    *,
    files: list[str],
    findings: Findings,
    most: int,
) -> tuple[pd.DataFrame, Kept]:
    """Days per user and product from summaries, where no file has them by day."""
    begin, after = (period.from_, period.to) if period else (date(2000, 1, 1), date(2000, 1, 2))
    length = (after - begin) // timedelta(days=1)
    # the same row twice is one; rows of versions, teams and ways of access are different counts
    rows = con.execute(
        "select user, product_id as product, file, sum(used) as days, max(used) as longest, "
        "count(*) as parts from (select distinct user, product_id, product, file, access, used from good "
        "where used is not null) group by user, product_id, file order by user, product_id, days desc, file"
    ).df()
    if rows.empty:
        return _frame(rows, begin, after), Counter()
    keys = pd.MultiIndex.from_frame(rows[["user", "product"]])
    by_day = keys.isin(pd.MultiIndex.from_frame(days[["user", "product"]]))
    _say(
        findings,
        "U153",
        "{n} users and products are in a summary and by day: the days count",
        rows[by_day].drop_duplicates(["user", "product"]),
        files=files,
        hint="take the summary out, unless the exports by day cover the same time",
    )
    rows = rows[~by_day]
    _too_many(rows, length, files, findings, most)
    several = rows.groupby(["user", "product"])["days"].transform("nunique") > 1
    best = rows.drop_duplicates(["user", "product"])
    _say(
        findings,
        "U155",
        "{n} users and products have other days in another summary: the larger number counts",
        best[several.loc[best.index]],
        files=files,
        hint="name one summary only, the one that covers `usage.period`",
    )
    for number in sorted(set(best["file"].tolist())):
        _say(
            findings,
            "U154",
            "{n} users and products have several rows (versions, teams, ways of access): "
            f"their days are added, {length:,} at the most",
            best[(best["file"] == number) & (best["parts"] > 1)],
            files=files,
            hint="export the usage by day, which counts no day twice",
        )
    best = best.assign(days=np.minimum(best["days"], length))
    kept: Kept = Counter()
    for number, parts in zip(best["file"].tolist(), best["parts"].tolist(), strict=True):
        kept[int(number)] += int(parts)
    return _frame(best, begin, after), kept


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
    for place, (product, used, number) in enumerate(
        zip(*(wrong[c].tolist() for c in ("product", "longest", "file")), strict=True)
    ):
        if place == most:
            findings.add(
                "U152",
                f"{len(wrong) - most:,} more summaries that do not fit",
                file=files[number],
                column="days",
                hint="set `usage.period` to the days the summary covers",
                count=len(wrong) - most,
            )
            break
        findings.add(
            "U152",
            f"{int(used):,} days of {product} do not fit into the {length} days of `usage.period`",
            file=files[number],
            column="days",
            value=int(used),
            hint="set `usage.period` to the days the summary covers",
        )
