"""Days of a collection whose title the export does not say: those known by title elsewhere are dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from flexopt.base.arrays import Ints
from flexopt.base.findings import Findings
from flexopt.inputs.rules.collections import CollectionNeed, with_collections
from flexopt.inputs.rules.prices import in_force
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.inputs.usage.scan import WORDS
from flexopt.inputs.usage.usage_table import OK
from flexopt.inputs.usage.windows import DAY

_BY_TITLE = "Seat Usage and Token Usage show the titles day by day: add them to `usage.files`"


def settle_collections(
    con: duckdb.DuckDBPyConnection,
    days: pd.DataFrame,
    totals: pd.DataFrame,
    known: Mapping[str, tuple[str, ...]],
    *,
    scenario: Scenario,
    files: Sequence[str],
    findings: Findings,
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[CollectionNeed, ...]]:
    """Days and summaries without what titles already account for, and the needs that remain.

    A day on which a title of the collection is known is not another one. Of a summary, the titles account for
    as many days as they have in its period, or in a summary of another file; if these are half or more, for
    all of them.
    """
    used = [c for c in days["product"].cat.categories if c in known]
    used += [c for c in sorted(set(totals["product"])) if c in known and c not in used]
    needs = []
    for name in sorted(used):
        days, totals, dropped = _without_known(con, days, totals, name, known[name])
        if dropped:
            findings.add(
                "U148",
                f'of {len(dropped):,} users of "{name}" other rows show which of its titles they used: '
                "these are planned, and not the collection's days again",
                file=_file(con, name, files),
                column="product",
                value=name,
                severity="info",
                count=len(dropped),
            )
        its, totalled = days[days["product"] == name], totals[totals["product"] == name]
        if its.empty and totalled.empty:
            continue
        mix, over = _mix(con, name, known[name])
        need = CollectionNeed(name, known[name], tuple(mix.items()), over)
        needs.append(need)
        people = len(set(its["user"]) | set(totalled["user"]))
        number = len(its) + int(totalled["days"].sum())
        findings.add(
            "U147",
            f'"{name}" is a collection, and its rows do not say which title was used: {number:,} days of '
            f"{people:,} users are planned as a need for the collection itself: its seat, or "
            + _on_flex(scenario, need),
            file=_file(con, name, files),
            column="product",
            value=name,
            severity="warning",
            hint=_BY_TITLE,
            count=people,
        )
    if len(days) and used:
        days = days.reset_index(drop=True)
        days["product"] = days["product"].cat.remove_unused_categories()
        days["user"] = days["user"].cat.remove_unused_categories()
    return days, totals.reset_index(drop=True), tuple(needs)


def _on_flex(scenario: Scenario, need: CollectionNeed) -> str:
    product = with_collections(scenario, [need]).product_by_id[need.product]
    rate = in_force(product.rates, scenario.horizon.start)
    if rate is None:
        return "nothing else: none of its titles is on Flex"
    basis = "the mix of its titles in the other files" if need.mix else rate.source.removeprefix("estimate: ")
    return f"{rate.tokens.normalize():f} tokens a day on Flex ({basis})"


def _file(con: duckdb.DuckDBPyConnection, name: str, files: Sequence[str]) -> str:
    """The first file with the collection."""
    (row,) = con.execute(
        f"select min(file) from cell join title using (product) where title.id = ? and status = {OK}", [name]
    ).fetchall()
    return files[int(row[0])]


def _without_known(
    con: duckdb.DuckDBPyConnection, days: pd.DataFrame, totals: pd.DataFrame, name: str, titles: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame, set[str]]:
    """Days and summaries without the collection's that titles account for, and the users of these."""
    is_title = days["product"].isin(titles).to_numpy()
    is_need = (days["product"] == name).to_numpy()
    again = np.zeros(len(days), bool)
    if is_need.any():
        again[is_need] = np.isin(_user_days(days[is_need]), np.unique(_user_days(days[is_title])))
    dropped = set(days["user"][again])
    rows = totals[totals["product"] == name]
    left = dict(zip(rows["user"], rows["days"].tolist(), strict=True))
    if left:
        begin, after = rows["first"].iloc[0], rows["after"].iloc[0]
        seen = days[is_title & ((days["date"] >= begin) & (days["date"] < after)).to_numpy()]
        seen = seen[seen["user"].isin(list(left))].drop_duplicates(["user", "date"])
        known = seen.groupby("user", observed=True).size().to_dict()
        for user, number in _summed_elsewhere(con, name, titles).items():
            known[user] = max(number, known.get(user, 0))
        for user, number in known.items():
            if number and user in left:
                dropped.add(user)
                left[user] = 0 if 2 * number >= left[user] else left[user] - number
    changed = totals.assign(
        days=[
            left.get(u, n) if p == name else n for u, p, n in totals[["user", "product", "days"]].to_numpy()
        ]
    ).astype({"days": "int64"})
    return days[~again] if again.any() else days, changed[changed["days"] > 0], dropped


def _summed_elsewhere(con: duckdb.DuckDBPyConnection, name: str, titles: Sequence[str]) -> dict[str, int]:
    """Per user, the most days of titles in a summary other than that with the collection."""
    rows = con.execute(
        "with summed as (select p.user, t.id, c.file, sum(c.used) as days from cell c join person p "
        f"using (name, email, hash, id) join title t using (product) where c.status = {OK} "
        "and c.used is not null and p.user <> '' group by all) "
        "select t.user, max(t.days) from (select user, file, sum(days) as days from summed "
        "where list_contains(?, id) group by all) t where not exists (select 1 from summed s "
        "where s.user = t.user and s.file = t.file and s.id = ?) group by t.user",
        [list(titles), name],
    ).fetchall()
    return {str(user): int(days) for user, days in rows}


def _user_days(days: pd.DataFrame) -> Ints:
    """User and date of each row as one number."""
    date: Any = days["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    return np.asarray(days["user"].cat.codes.to_numpy(np.int64) * 200_000 + date)


def _mix(con: duckdb.DuckDBPyConnection, name: str, titles: Sequence[str]) -> tuple[dict[str, int], int]:
    """Days of each title in files that do not have the collection, and the days on which a user had any."""
    con.execute(
        "create or replace temp table other as select p.user, t.id, c.* exclude (id) from cell c "
        f"join person p using (name, email, hash, id) join title t using (product) where c.status = {OK} "
        "and p.user <> '' and list_contains(?, t.id) and c.file not in (select x.file from cell x "
        f"join title y using (product) where y.id = ? and x.status = {OK})",
        [list(titles), name],
    )

    def number(key: str) -> dict[str, int]:
        """Days by title, or of a user with any title if `key` is empty."""
        masks = ", ".join(f"bit_or({word}) as {word}" for word in WORDS)
        bits = " + ".join(f"bit_count({word})" for word in WORDS)
        rows = con.execute(
            f"select key, sum(n) from (select {key} as key, {bits} as n from "
            f"(select user, {key} as id, slab, "
            f"{masks} from other where slab is not null group by all) union all "
            f"select {key}, count(distinct (user, start_us // {DAY})) from launch join other using (cell) "
            "group by 1) group by 1 order by 1"
        ).fetchall()
        return {str(k): int(n) for k, n in rows}

    if mix := number("id"):
        return mix, sum(number("''").values())
    rows = con.execute(
        "select id, sum(used) from other where used is not null group by id order by id"
    ).fetchall()
    return {str(k): int(n) for k, n in rows}, sum(int(n) for _, n in rows)
