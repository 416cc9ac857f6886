"""Usage files -> chargeable days: every file into cells, then people, products, windows, one row a day."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from flexopt.inputs.findings import Findings
from flexopt.inputs.scenario import Scenario
from flexopt.inputs.tables import Coverage, Source, Usage
from flexopt.inputs.usage import dates
from flexopt.inputs.usage.opening import Opened, open_frame, open_table
from flexopt.inputs.usage.people import identify
from flexopt.inputs.usage.products import assign
from flexopt.inputs.usage.report import report_faults, report_fresh_faults
from flexopt.inputs.usage.scan import (
    BLANK,
    LEFT_OUT,
    OK,
    REJECTED,
    ZERO,
    Table,
    create,
    scan,
    style,
    with_styles,
)
from flexopt.inputs.usage.sniff import Refusal, sha256
from flexopt.inputs.usage.windows import DAY, cut_windows

__all__ = ["products_in", "read_usage", "usage_from_frame"]

SHOWN = 20
"""Findings of one kind listed one by one; the rest is counted."""

Progress = Callable[[str, int], None]


def read_usage(
    files: Sequence[Path], scenario: Scenario, root: Path, on_progress: Progress | None = None
) -> Usage:
    """Read and clean usage files: one row per chargeable day, whatever export they come from.

    Never raises for bad data: everything odd is in `Usage.findings`.

    Parameters
    ----------
    files : the files, in any order; `root` is the folder their names are shown relative to.
    on_progress : called with the name of a file and the rows read from it.
    """
    findings = Findings()
    names = [_shown(path, root) for path in files]
    with tempfile.TemporaryDirectory(prefix="flexopt-") as work, _connect(work) as con:
        reader = _Reader(con, scenario, names, findings)
        sources = []
        for number, path in enumerate(files):
            with suppress(OSError):  # opening it says why
                sources.append(Source(names[number], sha256(path)))
            reader.add(partial(open_table, con, number, path, names[number], Path(work)), number)
            if on_progress:
                on_progress(names[number], reader.rows(number))
        return reader.usage(tuple(sources))


def usage_from_frame(frame: pd.DataFrame, scenario: Scenario) -> Usage:
    """Usage from a frame with the columns of the plain format, cleaned and reported like a file."""
    findings = Findings()
    with tempfile.TemporaryDirectory(prefix="flexopt-") as work, _connect(work) as con:
        reader = _Reader(con, scenario, ["usage frame"], findings)
        reader.add(lambda: open_frame(con, 0, frame, "usage frame"), 0)
        return reader.usage(())


def products_in(files: Sequence[Path]) -> list[str]:
    """The product names in usage files, as they are written there; unreadable files have none."""
    found: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="flexopt-") as work, _connect(work) as con:
        create(con)
        for number, path in enumerate(files):
            try:
                opened = open_table(con, number, path, path.name, Path(work))
                scan(con, opened.table)
            except (Refusal, duckdb.Error):
                continue
        rows = con.execute("select distinct trimmed(product) from cell where product <> ''").fetchall()
        found.update(str(r[0]) for r in rows)
    return sorted(found)


def _shown(path: Path, root: Path) -> str:
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.as_posix()


def _connect(work: str) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(":memory:", config={"temp_directory": work})
    con.execute("set timezone = 'UTC'")
    return con


class _Reader:
    """The reading of all files of one scenario."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, scenario: Scenario, names: list[str], findings: Findings
    ) -> None:
        self.con, self.scenario, self.names, self.findings = con, scenario, names, findings
        self.opened: dict[int, Opened] = {}
        self.unsplit: dict[int, int] = {}
        create(con)

    def rows(self, number: int) -> int:
        query = "select coalesce(sum(n), 0) from cell where file = ?"
        row = self.con.execute(query, [number]).fetchone()
        return (int(row[0]) if row else 0) + self.unsplit.get(number, 0)

    def add(self, open_: Callable[[], Opened], number: int) -> None:
        """Scan one file into cells, or say why not."""
        name = self.names[number]
        try:
            opened = open_()
            self._scan(opened, number)
        except Refusal as refusal:
            self.con.execute("delete from cell where file = ?", [number])
            self.findings.add(refusal.code, refusal.message, file=name, row=refusal.row, hint=refusal.hint)
        except duckdb.Error as error:
            self.con.execute("delete from cell where file = ?", [number])
            self.findings.add(
                "U110",
                f"the file cannot be read as a table ({str(error).splitlines()[0][:120]})",
                file=name,
                hint="open it in a spreadsheet, see that every row has the header's columns, and save it "
                "as `CSV UTF-8`",
            )

    def _scan(self, opened: Opened, number: int) -> None:
        table = opened.table
        if table.format.kind == "summary" and self.scenario.usage.period is None:
            raise Refusal(
                "U150",
                "a usage summary does not say which days it covers",
                "add `usage.period: {from: 2025-01-01, to: 2026-01-01}` (`to` is the first day after)",
            )
        # most files have ISO dates and no fault: one fast pass, and a closer look only where it fails
        if scan(self.con, table):
            table = self._with_styles(table, number)
            self.con.execute("delete from cell where file = ?", [number])
            if scan(self.con, table):
                report_faults(self.con, table, self.findings, SHOWN)
        self.opened[number] = Opened(table)
        self.unsplit[number] = report_fresh_faults(self.con, table, self.findings, SHOWN)

    def _with_styles(self, table: Table, number: int) -> Table:
        styles = {}
        for role, count in style(self.con, table).items():
            decided = dates.decide(count, self.scenario.usage.dates)
            if decided == "mixed":
                raise Refusal(
                    "U105",
                    f"two date styles in one column, `{table.column(role)}`: "
                    f"{count.iso + count.ymd:,} with the year first, {count.day_first:,} with the day first, "
                    f"{count.month_first:,} with the month first, {count.open:,} that may be either",
                    "write all dates of the column as 2025-12-31",
                )
            if decided == "ambiguous":
                raise Refusal(
                    "U106",
                    f"the dates in `{table.column(role)}` may have the day or the month first",
                    "set `usage.dates: dmy` (day first) or `usage.dates: mdy` (month first) in the scenario",
                )
            styles[role] = decided
        return with_styles(table, styles)

    def usage(self, sources: tuple[Source, ...]) -> Usage:
        """Everything read, as chargeable days and summaries."""
        identify(self.con, self.names, self.findings, SHOWN)
        assign(self.con, self.scenario, self.names, self.findings, SHOWN)
        nameless = (
            "select distinct c.file from cell c join person p using (name, email, hash, id) "
            f"join title t using (product) where c.status = {OK} and (p.user = '' or t.known = 'none')"
        )
        for (number,) in sorted(self.con.execute(nameless).fetchall()):
            report_faults(
                self.con, self.opened[number].table, self.findings, SHOWN, only=("U114", "U120", "U121")
            )
        self.con.execute(
            "create temp table good as select c.*, p.user, t.id as product_id from cell c "
            "join person p using (name, email, hash, id) join title t using (product) "
            f"where c.status = {OK} and p.user <> '' and t.id <> ''"
        )
        days, kept = self._days()
        totals, kept_totals = self._totals(days)
        coverage = self._coverage({n: kept.get(n, 0) + kept_totals.get(n, 0) for n in self.opened})
        self._notes(coverage)
        if self.names and not len(days) and not len(totals) and not self.findings.errors:
            self.findings.add(
                "U131",
                "no row of the usage files can be planned",
                file=self.names[0],
                hint="compare the products of the files with `products` of the scenario (`flexopt check`)",
            )
        return Usage(days, totals, coverage, sources, self.findings)

    def _days(self) -> tuple[pd.DataFrame, dict[int, int]]:
        """One row per user, product and date; and how many of them each file was the first to have."""
        earliest = dates.EARLIEST
        self.con.execute(
            "create temp table day as select user, product_id, "
            f"cast(date '{earliest}' + to_months(month) + to_days(cast(bit as integer)) as date) as date, "
            "min(file) as file from (select *, unnest(range(31)) as bit from good where month is not null) "
            "where (mask >> bit) & 1 = 1 group by all"
        )
        sessions = self.con.sql(
            "select dense_rank() over (order by user, product_id) as grp, user, product_id, start_us, file, "
            "max(coalesce(greatest(end_us, start_us), start_us)) over (partition by user, product_id "
            "order by start_us, file rows unbounded preceding) as until from good "
            "where start_us is not null order by grp, start_us, file"
        )
        table = sessions.to_arrow_table()
        if table.num_rows:
            numbers = {
                c: table.column(c).to_numpy().astype(np.int64) for c in ("grp", "start_us", "until", "file")
            }
            launch, window = cut_windows(numbers["grp"], numbers["start_us"], numbers["until"])
            opened = pa.table(
                {
                    "user": table.column("user").take(pa.array(launch)),
                    "product_id": table.column("product_id").take(pa.array(launch)),
                    "date": pa.array(window // DAY).cast(pa.int32()).cast(pa.date32()),
                    "file": numbers["file"][launch],
                }
            )
            self.con.register("opened", opened)
            self.con.execute("insert into day select user, product_id, date, file from opened")
            self.con.unregister("opened")
        first = self.con.execute(
            "select file, count(*) from (select min(file) as file from day group by user, product_id, date) "
            "group by 1"
        ).fetchall()
        frame = self.con.execute(
            "select user, product_id as product, cast(date as timestamp_s) as date from day "
            "group by all order by all"
        ).df()
        frame = frame.astype({"user": object, "product": object, "date": "datetime64[s]"})
        return frame, {int(f): int(n) for f, n in first}

    def _totals(self, days: pd.DataFrame) -> tuple[pd.DataFrame, dict[int, int]]:
        """Summaries of users and products that no other file has by day."""
        # of one file the rows of several accesses add up; of several files the fullest counts
        rows = self.con.execute(
            "select user, product_id as product, max(days) as days, arg_max(file, days) as file from ("
            "select user, product_id, file, sum(used) as days from (select user, product_id, file, access, "
            "max(used) as used from good where used is not null group by all) group by all) "
            "group by user, product_id order by all"
        ).df()
        both = rows.merge(days[["user", "product"]].drop_duplicates(), on=["user", "product"])
        if len(both):
            self.findings.add(
                "U153",
                f"{len(both):,} users and products are in a summary and by day: the days count",
                file=self.names[min(both["file"].tolist())],
                severity="info",
                count=len(both),
            )
            rows = rows[
                ~rows.set_index(["user", "product"]).index.isin(both.set_index(["user", "product"]).index)
            ]
        period = self.scenario.usage.period
        begin, after = (period.from_, period.to) if period else (date(2000, 1, 1), date(2000, 1, 2))
        length = (after - begin) // timedelta(days=1)
        too_many = rows.loc[rows["days"] > length, ["product", "days", "file"]].head(SHOWN)
        for product, used, number in zip(*(too_many[c].tolist() for c in too_many), strict=True):
            self.findings.add(
                "U152",
                f"{int(used):,} days of {product} do not fit into the {length} days of `usage.period`",
                file=self.names[number],
                column="days",
                value=int(used),
                hint="set `usage.period` to the days the summary covers",
            )
        frame = pd.DataFrame(
            {
                "user": rows["user"].astype(object),
                "product": rows["product"].astype(object),
                "days": rows["days"].astype("int64"),
                "first": np.datetime64(begin, "s"),
                "after": np.datetime64(after, "s"),
            }
        ).reset_index(drop=True)
        return frame, dict(Counter(rows["file"].tolist()))

    def _coverage(self, kept: dict[int, int]) -> tuple[Coverage, ...]:
        rows = self.con.execute(
            "select c.file, c.status, p.user = '' or t.known = 'none' as nameless, t.known, sum(c.n) "
            "from cell c join person p using (name, email, hash, id) join title t using (product) "
            "group by all"
        ).fetchall()
        found = []
        for number, opened in self.opened.items():
            mine = [
                (status, nameless, known, int(n)) for f, status, nameless, known, n in rows if f == number
            ]
            good = sum(n for s, bad, known, n in mine if s == OK and not bad and known in ("same", "version"))
            count = min(kept.get(number, 0), good)
            found.append(
                Coverage(
                    file=self.names[number],
                    format=opened.table.format.name,
                    rows=sum(n for *_, n in mine) + self.unsplit.get(number, 0),
                    kept=count,
                    repeated=good - count,
                    zero_token=sum(n for s, *_, n in mine if s == ZERO),
                    unknown_product=sum(
                        n for s, bad, known, n in mine if s == OK and not bad and known == "unknown"
                    ),
                    left_out=sum(
                        n
                        for s, bad, known, n in mine
                        if s in (LEFT_OUT, BLANK) or (s == OK and not bad and known == "collection")
                    ),
                    rejected=sum(n for s, bad, _, n in mine if s == REJECTED or (s == OK and bad))
                    + self.unsplit.get(number, 0),
                )
            )
        return tuple(found)

    def _notes(self, coverage: tuple[Coverage, ...]) -> None:
        """What was counted silently so far is said once a file."""
        services = dict(
            self.con.execute(
                f"select file, sum(n) from cell where status = {LEFT_OUT} group by file"
            ).fetchall()
        )
        number_of = {self.names[n]: n for n in self.opened}
        for c in coverage:
            if c.zero_token:
                self.findings.add(
                    "U141",
                    f"{c.zero_token:,} rows without tokens are launches under five minutes: no charge",
                    file=c.file,
                    severity="info",
                    count=c.zero_token,
                )
            if c.repeated:
                self.findings.add(
                    "U160",
                    f"{c.repeated:,} rows repeat a chargeable day (duplicates, versions, later launches)",
                    file=c.file,
                    severity="info",
                    count=c.repeated,
                )
            if n := services.get(number_of[c.file]):
                self.findings.add(
                    "U142",
                    f"{int(n):,} rows are per-result services or adjustments, not days of use; left out",
                    file=c.file,
                    severity="warning",
                    count=int(n),
                    hint="plan per-result services under `cloud` of the scenario",
                )
