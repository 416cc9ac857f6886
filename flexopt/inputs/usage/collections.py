"""Days of a collection whose title the export does not say: those known by title elsewhere are dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from flexopt.base.findings import Findings
from flexopt.inputs.rules.collections import CollectionNeed, with_collections
from flexopt.inputs.rules.prices import in_force
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.inputs.scenario.use import Window
from flexopt.inputs.usage.scan import ANY_DAY, DAYS_IN, WORDS
from flexopt.inputs.usage.usage_table import OK
from flexopt.inputs.usage.windows import DAY

Known = dict[str, dict[str, int]]
"""For each collection, the users of whom titles account for days, and for how many."""

_BY_TITLE = "Seat Usage and Token Usage show the titles day by day: add them to `usage.files`"


def collections_in(
    con: duckdb.DuckDBPyConnection, titles: Mapping[str, Sequence[str]]
) -> dict[str, Sequence[str]]:
    """The collections that rows name without a title, and the titles of each."""
    query = "select distinct t.id from cell join title t using (product) where status = ? and known = ?"
    named = {str(row[0]) for row in con.execute(query, [OK, "collection"]).fetchall()}
    return {name: titles[name] for name in sorted(named) if name in titles}


def drop_known_days(con: duckdb.DuckDBPyConnection, titles: Mapping[str, Sequence[str]]) -> Known:
    """Take from the cells of collections the days on which the user's title is known."""
    dropped: Known = {}
    for name, covered in titles.items():
        both = ", ".join(f"n.{word} & t.{word} as {word}" for word in WORDS)
        con.execute(
            f"create or replace temp table known_days as select n.cell, n.user, {both} from ("
            "select c.*, p.user from cell c join person p using (name, email, hash, id) "
            f"join title using (product) where title.id = ? and c.status = {OK} and c.slab is not null "
            f"and p.user <> '') n join ({_title_days()}) t "
            "on t.user = n.user and t.slab = n.slab",
            [name, list(covered)],
        )
        less = ", ".join(f"{word} = cell.{word} - k.{word}" for word in WORDS)
        con.execute(f"update cell set {less} from known_days k where k.cell = cell.cell")
        rows = con.execute(
            f"select user, sum({DAYS_IN}) as n from known_days group by user having n > 0"
        ).fetchall()
        dropped[name] = {str(user): int(n) for user, n in rows}
    return dropped


def known_of_summaries(
    con: duckdb.DuckDBPyConnection,
    days: pd.DataFrame,
    titles: Mapping[str, Sequence[str]],
    period: Window | None,
) -> Known:
    """For users with a summary of a collection: days of its titles in the period, or in another summary."""
    if period is None:
        return {}
    found: Known = {}
    for name, covered in titles.items():
        rows = con.execute(
            "with summed as (select p.user, t.id, c.file, c.used from cell c "
            "join person p using (name, email, hash, id) join title t using (product) "
            f"where c.status = {OK} and c.used is not null and p.user <> ''), "
            "here as (select distinct user, file from summed where id = $1), "
            "other as (select user, file, sum(used) as n from summed where list_contains($2, id) "
            "and (user, file) not in (select (user, file) from here) group by user, file) "
            "select h.user, coalesce(max(n), 0) from here h left join other using (user) group by h.user",
            [name, list(covered)],
        ).fetchall()
        known = {str(user): int(n) for user, n in rows}
        its = days[days["user"].isin(list(known)) & days["product"].isin(covered)]
        its = its[(its["date"] >= pd.Timestamp(period.from_)) & (its["date"] < pd.Timestamp(period.to))]
        by_day = its.drop_duplicates(["user", "date"])["user"].astype(object).value_counts()
        found[name] = {u: most for u, n in known.items() if (most := max(n, int(by_day.get(u, 0))))}
    return found


def _title_days() -> str:
    """SQL: days on which a user used one of the titles, as masks by slab."""
    return (
        f"select p.user, c.slab, {ANY_DAY} from cell c join person p using (name, email, hash, id) "
        f"join title using (product) where list_contains(?, title.id) and c.status = {OK} "
        "and c.slab is not null and p.user <> '' group by p.user, c.slab"
    )


def needs_of(
    con: duckdb.DuckDBPyConnection,
    days: pd.DataFrame,
    totals: pd.DataFrame,
    titles: Mapping[str, Sequence[str]],
    *,
    known: Known,
    scenario: Scenario,
    files: Sequence[str],
    findings: Findings,
) -> tuple[CollectionNeed, ...]:
    """The needs that remain in the days and summaries; says what they are, and whose titles are known."""
    needs = []
    for name, covered in titles.items():
        (row,) = con.execute(
            f"select min(file) from cell join title using (product) where title.id = ? and status = {OK}",
            [name],
        ).fetchall()
        file = files[int(row[0])]
        if users := known.get(name):
            findings.add(
                "U148",
                f'of {len(users):,} users of "{name}" other rows show which of its titles they used: these '
                "are planned, and not the collection's days again",
                file=file,
                column="product",
                value=name,
                severity="info",
                count=len(users),
            )
        its, summed = days[days["product"] == name], totals[totals["product"] == name]
        number, people = len(its) + int(summed["days"].sum()), len({*its["user"], *summed["user"]})
        if not number:
            continue
        mix, over = _mix(con, name, covered)
        need = CollectionNeed(name, tuple(covered), tuple(mix.items()), over)
        needs.append(need)
        findings.add(
            "U147",
            f'"{name}" is a collection, and its rows do not say which title was used: {number:,} days of '
            f"{people:,} users are planned as a need for the collection itself: its seat, or "
            + _on_flex(scenario, need),
            file=file,
            column="product",
            value=name,
            severity="warning",
            hint=_BY_TITLE,
        )
    return tuple(needs)


def _on_flex(scenario: Scenario, need: CollectionNeed) -> str:
    product = with_collections(scenario, [need]).product_by_id[need.product]
    rate = in_force(product.rates, scenario.horizon.start)
    if rate is None:
        return "nothing else: none of its titles is on Flex"
    basis = (
        "the mix of its titles in the other files" if need.mix else rate.source.removeprefix("calculated: ")
    )
    return f"{rate.tokens.normalize():f} tokens a day on Flex ({basis})"


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
        rows = con.execute(
            f"select key, sum(n) from (select {key} as key, {DAYS_IN} as n from "
            f"(select user, {key} as id, slab, "
            f"{ANY_DAY} from other where slab is not null group by all) union all "
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
