from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from flexopt.inputs.usage import products_in
from flexopt.starter import write_starter

__all__ = ["command"]


@click.command("init", short_help="Start a folder to plan in: a scenario, a price book, your usage exports.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--usage",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A usage export to copy in; repeat for several.",
)
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day of the plan.  [default: the next 1 January]",
)
def command(folder: Path, usage: tuple[Path, ...], start: datetime | None) -> None:
    """Write FOLDER with a commented scenario, an illustrative price book and your usage exports.

    Without --usage a small example is put in, so that the folder plans right away.

    \b
    Example:
      flexopt init my-renewal --usage ~/Downloads/usage-2025.csv
    """
    first = start.date() if start else date(date.today().year + 1, 1, 1)
    written = write_starter(folder, products=products_in(usage), usage=usage, start=first)
    for path in written:
        click.echo(path)
    click.echo(
        f"\nNext: put your prices into {folder / 'scenario.yaml'}, then\n"
        f"  flexopt check {folder / 'scenario.yaml'}\n  flexopt plan {folder / 'scenario.yaml'}",
        err=True,
    )
