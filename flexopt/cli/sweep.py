from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flexopt.studies.sweep import Sweep

__all__ = ["command"]


@click.command("sweep", short_help="Plan many scenarios: side by side, usage read once, a table over all.")
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for the table and the plans: new, empty, or of a sweep that goes on.",
)
@click.option(
    "--processes",
    type=click.IntRange(1),
    help="Scenarios planned at once on this computer.  [default: as many as processors]",
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Plan on the Dask cluster with this scheduler (tcp://host:port) instead.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    help="Of the table on stdout.",
)
def command(
    scenarios: tuple[Path, ...], output: Path, processes: int | None, cluster: str | None, form: str
) -> None:
    """Plan every SCENARIO and compare them in a table; usage is read once for all that share it.

    Each plan is in the folder as soon as it is made. The same command again goes on where it was stopped:
    what is there from the same inputs is not planned again. Exit 1 if a scenario has no plan; the others have
    theirs.

    \b
    Example:
      flexopt sweep quotes/*.yaml -o quotes.sweep
    """
    if cluster is not None and processes is not None:
        raise click.UsageError("--processes is for this computer, --cluster for another: give one of them")
    # after --help, which needs none of it
    from flexopt.base.text import count, screen
    from flexopt.cli.progress import progress
    from flexopt.store.table_csv import table_csv
    from flexopt.studies.sweep import sweep
    from flexopt.studies.sweep.results import COLUMNS, table_json

    try:
        with progress() as tell:
            done = sweep(scenarios, output, processes=processes, cluster=cluster, on_progress=tell)
    except KeyboardInterrupt:
        click.echo(
            f"interrupted: what was done is in {output}; the same command goes on from there", err=True
        )
        click.get_current_context().exit(130)
    for row in done.failed:
        hint = f"\n\nhint: {row['hint']}" if row["hint"] else ""
        click.echo(screen(f"error: {row['scenario']}: {row['error']}{hint}") + "\n", err=True)
    if form == "json":
        click.echo(table_json(done.rows), nl=False)
    elif form == "csv":
        click.echo("".join(table_csv(done.rows, COLUMNS)), nl=False)
    else:
        click.echo(_table(done))
    there = f", {done.kept:,} of them were there already" if done.kept else ""
    click.echo(f"\n{count(len(done.rows), 'scenario')} in {output}{there}", err=True)
    click.get_current_context().exit(1 if done.failed else 0)


def _table(done: Sweep) -> str:
    """A line per scenario; savings against the first baseline that all plans have."""
    from decimal import Decimal

    from flexopt.base.text import fill, money, percent, text_table
    from flexopt.exports.summary import BASELINE_NAMES

    planned = [row for row in done.rows if row["total"] is not None]
    baseline = next((b for b in BASELINE_NAMES if all(row[f"saving_{b}"] for row in planned)), None)
    saving = f"saving_{baseline}"
    currencies = sorted({str(row["currency"]) for row in planned})
    lines = []
    for row in done.rows:
        amounts = [row["total"], row["seats"], row["tokens"], row.get(saving)]
        gap = "-" if row["gap"] is None else percent(Decimal(row["gap"])) if Decimal(row["gap"]) else "0"
        cells = [money(None if amount is None else str(amount)) for amount in amounts]
        currency = [str(row["currency"] or "-")] if len(currencies) > 1 else []
        lines.append([str(row["scenario"]), *cells, *currency, gap, str(row["status"])])
    header = ["scenario", "total", "seats", "tokens", "saved", *(["in"] if len(currencies) > 1 else [])]
    words = ""
    if planned:
        unit = f"in {currencies[0]}; " if len(currencies) == 1 else ""
        against = BASELINE_NAMES[baseline] if baseline else "nothing: no baseline is known to all"
        words = "\n" + fill(f"{unit}saved: against {against}")
    return text_table([*header, "gap", "status"], lines) + words
