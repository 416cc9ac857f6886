"""Usage files -> chargeable days: every file into cells, then people, products, windows, one row per day."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import pandas as pd

from flexopt.base.findings import Findings, Refusal
from flexopt.inputs.files.containers import sha256
from flexopt.inputs.files.formats import OWN, USERS, own_format
from flexopt.inputs.files.names import named
from flexopt.inputs.records import Person, Source, Unplanned, Usage
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.inputs.usage.assigned import add_assigned, create_assigned, read_assigned
from flexopt.inputs.usage.billed_rates import report_billed_rates
from flexopt.inputs.usage.chargeable_days import chargeable_days
from flexopt.inputs.usage.collections import (
    collections_in,
    drop_known_days,
    known_of_summaries,
    needs_of,
)
from flexopt.inputs.usage.coverage import cover, note
from flexopt.inputs.usage.database import DEFAULTS, DatabaseOptions, UsageProgress, connected, watched
from flexopt.inputs.usage.date_styles import with_date_styles
from flexopt.inputs.usage.faults import NAMELESS, VALUES, line_of, report_faults, report_unsplit_lines
from flexopt.inputs.usage.free_days import free_days
from flexopt.inputs.usage.identity.changed_emails import changed_names
from flexopt.inputs.usage.identity.people import identify, other_names
from flexopt.inputs.usage.open_table import even_lines, open_frame, open_table, western
from flexopt.inputs.usage.pages import report_missing_pages
from flexopt.inputs.usage.products import Catalogue, assign, report_titles
from flexopt.inputs.usage.row_kinds import (
    refuse_unclear,
    report_encoding,
    report_features,
    report_machines,
    report_notation,
    report_offering,
    report_row_kinds,
)
from flexopt.inputs.usage.scan import create, forget, has_rows, scan, unclear_zero
from flexopt.inputs.usage.summaries import period_of, summaries
from flexopt.inputs.usage.summary_rates import report_summary_rates
from flexopt.inputs.usage.token_days import add_token_days, create_token_days, read_token_days
from flexopt.inputs.usage.usage_table import OK, UNCLEAR, UsageTable

SHOWN = 20
"""Findings of one kind that are listed individually; the rest are counted."""


def read_usage(
    files: Sequence[Path],
    scenario: Scenario,
    root: Path,
    on_progress: UsageProgress | None = None,
    *,
    memory: str | None = None,
    token_days: bool = False,
    people: Mapping[str, Person] | None = None,
    users: Sequence[Path] = (),
    options: DatabaseOptions = DEFAULTS,
) -> Usage:
    """Read and clean usage files from any export: one row per chargeable day.

    Never raises for bad data: all irregularities are in `Usage.findings`.

    Parameters
    ----------
    files : the files, in any order; their names are shown relative to the folder `root`.
    on_progress : called while a file is read and at its end.
    memory : memory limit ("4GB"), beyond which reading spills to the temporary folder; None: half of the
        machine's memory. The days themselves (13 bytes each) are not included.
    people : the people table; rows under an alias count for its user.
    users : Users exports, which tie emails to ids.
    token_days : also determine which days were token use, if the files say so; a second pass over them.

    Raises
    ------
    FlexoptError : `memory` is not a memory size.
    """
    findings = Findings()
    # which of two equal rows counts as repeated must not depend on the order in which files are given
    ordered = named(files, root)
    listed = named(users, root, ordered)
    names = [name for name, _ in ordered + listed]
    columns = scenario.usage.columns
    own = own_format(**columns.model_dump(exclude={"dates"})) if columns else None
    size = sum(path.stat().st_size for path in (*files, *users) if _is_file(path))
    with connected(memory, options, size) as (con, work), ThreadPoolExecutor(1) as beside:
        reader = _UsageReader(con, scenario, names, findings, token_days=token_days, people=people)
        digests = []
        for number, (name, path) in enumerate(ordered):
            with watched(con, name, path, on_progress, options.every) as done:
                reader.add(partial(open_table, con, number, path, name, work, own=own), number, work)
                done(reader.rows(number))
            # a scan keeps every core busy, the steps after it only one: the digest uses another
            if _is_file(path):
                digests.append((name, beside.submit(sha256, path)))
        for number, (name, path) in enumerate(listed, len(ordered)):
            reader.add_users(partial(open_table, con, number, path, name, work, wanted=USERS), number)
            if _is_file(path):
                digests.append((name, beside.submit(sha256, path)))
        return reader.usage(digests)


def usage_from_frame(
    frame: pd.DataFrame,
    scenario: Scenario,
    *,
    memory: str | None = None,
    token_days: bool = False,
    people: Mapping[str, Person] | None = None,
) -> Usage:
    """Usage from a frame with the columns of the plain format, cleaned and reported as for a file."""
    findings = Findings()
    with connected(memory, size=len(frame) * 50) as (con, work):
        reader = _UsageReader(con, scenario, ["usage frame"], findings, token_days=token_days, people=people)
        reader.add(lambda: open_frame(con, 0, frame, "usage frame"), 0, work)
        return reader.usage([])


def _said(error: duckdb.Error) -> str:
    """The first line of an error, without paths."""
    return re.sub(r"""["'][^"']*[/\\]([^"'/\\]*)["']""", r"`\1`", str(error).splitlines()[0])[:120]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError, RuntimeError):
        return False


class _UsageReader:
    """Reads all usage files of one scenario."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        scenario: Scenario,
        names: list[str],
        findings: Findings,
        *,
        token_days: bool,
        people: Mapping[str, Person] | None,
    ) -> None:
        self.people = people or {}
        self.con, self.scenario, self.names, self.findings = con, scenario, names, findings
        self.opened: dict[int, UsageTable] = {}
        self.unsplit: dict[int, int] = {}
        self.token_days, self.tells = token_days, False
        create(con)
        create_token_days(con)
        create_assigned(con)

    def rows(self, number: int) -> int:
        query = "select coalesce(sum(n), 0) from cell where file = ?"
        (row,) = self.con.execute(query, [number]).fetchall()
        return int(row[0]) + self.unsplit.get(number, 0)

    def add(self, open_: Callable[[], UsageTable], number: int, work: Path) -> None:
        """Scan one file into cells, or report why it cannot be read."""
        with self._reported(number):
            table = open_()
            try:
                self._scan(table, number, work)
            except duckdb.OutOfMemoryException:
                raise
            except duckdb.Error:
                if table.text is None or table.text.rewrite:
                    raise
                # mixed line ends stop DuckDB; once they are uniform, only genuine faults remain
                self._scan(even_lines(table, work), number, work)

    def add_users(self, open_: Callable[[], UsageTable], number: int) -> None:
        """Read a Users export: who is who, and what they have today."""
        with self._reported(number):
            table = open_()
            add_assigned(self.con, table)
            report_unsplit_lines(self.con, table, self.findings, SHOWN)

    @contextmanager
    def _reported(self, number: int) -> Iterator[None]:
        """Why a file cannot be read is a finding, and nothing of it is kept."""
        try:
            yield
        except Refusal as refusal:
            forget(self.con, number)
            self.findings.add_refusal(refusal, self.names[number])
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            forget(self.con, number)
            self.findings.add(
                "U110",
                f"the file cannot be read as a table ({_said(error)})",
                file=self.names[number],
                hint="open it in a spreadsheet, check that every row has the same columns as the header, "
                "and save it as `CSV UTF-8`",
            )

    def _scan(self, table: UsageTable, number: int, work: Path) -> None:
        forget(self.con, number)
        if table.format.kind == "summary" and self.scenario.usage.period is None:
            begin, after = period_of(self.con, table)
            raise Refusal(
                "U150",
                "a usage summary does not state the period it covers",
                f"add `usage.period: {{from: {begin}, to: {after}}}` (`to` is the first day after), or other "
                "days if the report is of another period",
            )
        # most files have ISO dates and no faults: one fast pass, and a closer look only if it fails
        faulty = scan(self.con, table)
        if (other := western(self.con, table, work)) is not None:
            self._scan(other, number, work)
            return
        if faulty:
            usage = self.scenario.usage
            own = usage.columns.dates if usage.columns and table.format.name == OWN else None
            table = with_date_styles(self.con, table, own or usage.dates, self.findings)
            forget(self.con, number)
            if scan(self.con, table):
                report_faults(self.con, table, self.findings, SHOWN, VALUES)
        if has_rows(self.con, number, f"status = {UNCLEAR}"):
            refuse_unclear(self.con, table)
            report_offering(self.con, table, self.findings)
            table = replace(table, offering_tells=True)
            forget(self.con, number)
            scan(self.con, table)
        if has_rows(self.con, number, "odd > 0"):
            report_row_kinds(self.con, table, self.findings)
        if "machine" in table.roles:
            report_machines(self.con, table, self.findings)
        unclear = unclear_zero(self.con, table)
        if unclear is not None:
            access = table.format.roles["access"][0]
            raise Refusal(
                "U143",
                f"without the column `{access}`, 0 tokens may mean use of a seat or an uncharged launch",
                f"export again with `{access}`; or remove the token column: every row is then a day of use",
                line_of(self.con, table, unclear),
                column=table.column("tokens"),
                value="0",
            )
        report_features(self.con, table, self.findings)
        report_encoding(table, self.findings)
        report_notation(self.con, table, self.findings)
        if table.format.kind == "summary":
            add_assigned(self.con, table)
        if self.token_days:
            self.tells |= add_token_days(self.con, table)
        self.opened[number] = table
        self.unsplit[number] = report_unsplit_lines(self.con, table, self.findings, SHOWN)

    def usage(self, digests: Sequence[tuple[str, Future[str]]]) -> Usage:
        """Everything read, as chargeable days and summaries; `digests` are those of the files by name."""
        report_missing_pages(list(self.opened.values()), self.findings)
        con, names, findings = self.con, self.names, self.findings
        catalogue = Catalogue.of(self.scenario)
        assign(con, catalogue)
        identify(con, self.people, self.opened, files=names, findings=findings, most=SHOWN)
        nameless = (
            "select distinct c.file from cell c join person p using (name, email, hash, id) "
            f"join title t using (product) where c.status = {OK} and (p.user = '' or t.known = 'none')"
        )
        for (number,) in sorted(self.con.execute(nameless).fetchall()):
            report_faults(self.con, self.opened[number], self.findings, SHOWN, NAMELESS)
        free_days(con, self.opened, names, findings)
        titles = collections_in(con, catalogue.collections)
        known = drop_known_days(con, titles)
        days, kept = chargeable_days(con)
        changed_names(con, days, self.opened, files=names, findings=findings, most=SHOWN)
        period = self.scenario.usage.period
        summed = known_of_summaries(self.con, days, titles, period)
        totals, kept_totals = summaries(
            self.con, period, days, files=self.names, findings=self.findings, most=SHOWN, known=summed
        )
        needs = needs_of(
            self.con,
            days,
            totals,
            titles,
            known={name: known[name] | summed.get(name, {}) for name in titles},
            scenario=self.scenario,
            files=self.names,
            findings=self.findings,
        )
        report_billed_rates(self.con, self.opened, self.scenario, self.findings)
        report_summary_rates(self.con, self.opened, self.scenario, self.findings)
        unplanned = self._unplanned()
        report_titles(con, catalogue, unplanned, files=names, findings=findings, most=SHOWN)
        coverage = cover(self.con, self.opened, kept + kept_totals, self.unsplit)
        note(self.con, self.opened, coverage, self.findings)
        if coverage and not len(days) and not len(totals) and not self.findings.errors:
            empty = not any(c.rows for c in coverage.values())
            self.findings.add(
                "U131",
                "no row of the usage files can be planned",
                file=self.names[0],
                hint="export them again: they have no rows"
                if empty
                else "compare the products in the files with `products` in the scenario",
            )
        sources = []
        for name, digest in digests:
            with suppress(OSError, ValueError, RuntimeError):  # opening it said why
                sources.append(Source(name, digest.result()))
        assigned = read_assigned(self.con)
        return Usage(
            days,
            totals,
            tuple(coverage.values()),
            tuple(sources),
            self.findings,
            token_days=read_token_days(self.con) if self.tells else None,
            assigned=assigned if len(assigned) else None,
            collections=needs,
            unplanned=unplanned,
            also=other_names(con),
        )

    def _unplanned(self) -> Unplanned | None:
        """Use of products that the scenario does not have."""
        query = f"select 1 from cell join title using (product) where unknown <> '' and status = {OK} limit 1"
        if not self.con.execute(query).fetchall():
            return None
        days, _ = chargeable_days(self.con, "unknown")
        totals, _ = summaries(
            self.con,
            self.scenario.usage.period,
            days,
            files=self.names,
            findings=Findings(),
            most=SHOWN,
            product="unknown",
        )
        return Unplanned(days, totals)
