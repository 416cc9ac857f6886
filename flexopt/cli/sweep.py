from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flexopt.cli.options import format_option, output_option, processes_option, scenarios_argument
from flexopt.cli.printing import say, show

if TYPE_CHECKING:
    from flexopt.planning.arguments import Progress
    from flexopt.store.sweep_folder import SweepRow
    from flexopt.studies.sweep import SweepResult


@click.command("sweep", short_help="Plan many scenarios in parallel, with one table of results.")
@scenarios_argument
@output_option("Folder for the table and the plans: new, empty, or from a sweep to resume.", required=True)
@processes_option("Scenarios planned in parallel on this computer.")
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Plan on the Dask cluster with this scheduler (tcp://host:port) instead.",
)
@format_option("csv", "json", help="Format of the table on stdout.")
def command(
    scenarios: tuple[Path, ...], output: Path, processes: int | None, cluster: str | None, form: str
) -> None:
    """Plan every SCENARIO and tabulate the results; usage is read once for all scenarios that share it.

    Each plan is written to the folder as soon as it is made. Run the same command again to resume: results
    from the same inputs are kept. Exits with 1 if a scenario has no plan; the others are still planned.

    \b
    Example:
      flexopt sweep quotes/*.yaml -o quotes.sweep
    """
    if cluster is not None and processes is not None:
        raise click.UsageError("use either --processes (this computer) or --cluster, not both")
    # imported here because --help needs none of it
    from flexopt.base.text import count
    from flexopt.cli.progress import progress
    from flexopt.store.sweep_folder import PLANNED, sweep_csv, sweep_json

    try:
        with progress() as tell:
            rows, there = sweep_into(output, scenarios, processes=processes, cluster=cluster, tell=tell)
    except KeyboardInterrupt:
        say(f"interrupted: finished scenarios are in {output}; run the same command again to resume")
        click.get_current_context().exit(130)
    failed = [row for row in rows if row["status"] not in PLANNED]
    for row in failed:
        hint = f"\n\nhint: {row['hint']}" if row["hint"] else ""
        say(f"error: {row['scenario']}: {row['error']}{hint}\n")
    show(form, table=lambda: _table(rows), csv=lambda: sweep_csv(rows), json=lambda: sweep_json(rows))
    of_them = f", {there:,} of them from an earlier run" if there else ""
    say(f"\n{count(len(rows), 'scenario')} in {output}{of_them}")
    click.get_current_context().exit(1 if failed else 0)


def sweep_into(
    output: Path,
    scenarios: Sequence[Path],
    *,
    processes: int | None = None,
    cluster: str | None = None,
    tell: Progress | None = None,
) -> tuple[list[SweepRow], int]:
    """Sweep, and write each result as it comes; the table last, even when interrupted.

    Returns the rows in the order of the scenarios, and how many results are from an earlier run.
    """
    from flexopt.store.sweep_folder import SweepFolder
    from flexopt.studies.sweep import sweep_each
    from flexopt.studies.sweep.names import ids_of

    folder = SweepFolder(output)
    known: dict[str, SweepRow] = {}
    rows: dict[str, SweepRow] = {}
    alone = threading.Lock()

    def there(scenario: str, key: str) -> SweepRow | None:
        row = folder.known(scenario, key)
        if row is not None:
            known[scenario] = row
        return row

    def keep(result: SweepResult) -> None:
        document = result.plan.document if result.plan else None
        with alone:
            rows[result.scenario] = folder.write(result.row, result.key, document)

    results = sweep_each(
        scenarios, known=there, keep=keep, processes=processes, cluster=cluster, on_progress=tell
    )
    try:
        with closing(results):
            for _ in results:
                pass
    finally:
        with alone:
            rows |= known
        ordered = [rows[scenario] for scenario in ids_of(scenarios) if scenario in rows]
        if ordered:
            folder.write_table(ordered)
    return ordered, len(known)


def _table(rows: Sequence[SweepRow]) -> str:
    """A line per scenario; savings against the first baseline known for all plans."""
    from decimal import Decimal

    from flexopt.base.text import fill, money, percent, text_table
    from flexopt.exports.words import ENGLISH
    from flexopt.store.tables import BASELINES

    planned = [row for row in rows if row["total"] is not None]
    baseline = next((b for b in BASELINES if all(row[f"saving_{b}"] for row in planned)), None)
    saving = f"saving_{baseline}"
    currencies = sorted({str(row["currency"]) for row in planned})
    lines = []
    for row in rows:
        amounts = [row["total"], row["seats"], row["tokens"], row.get(saving)]
        gap = "-" if row["gap"] is None else percent(Decimal(row["gap"])) if Decimal(row["gap"]) else "0"
        cells = [money(None if amount is None else str(amount)) for amount in amounts]
        currency = [str(row["currency"] or "-")] if len(currencies) > 1 else []
        lines.append([str(row["scenario"]), *cells, *currency, gap, str(row["status"])])
    header = ["scenario", "total", "seats", "tokens", "saved", *(["in"] if len(currencies) > 1 else [])]
    words = ""
    if planned:
        unit = f"in {currencies[0]}; " if len(currencies) == 1 else ""
        against = ENGLISH(baseline) if baseline else "nothing: no baseline is known for all scenarios"
        words = "\n" + fill(f"{unit}saved: against {against}")
    return text_table([*header, "gap", "status"], lines) + words
