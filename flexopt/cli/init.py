from __future__ import annotations

import shlex
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from flexopt.cli.options import PATH
from flexopt.inputs.starter import write_starter
from flexopt.inputs.usage import products_in


class _Date(click.ParamType[date]):
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()
        except ValueError:
            self.fail(f'"{value}" is not a date: write it as 2026-01-31', param, ctx)


@click.command("init", short_help="Create a planning folder: scenario, price book, usage exports.")
@click.argument("folder", type=PATH)
@click.option(
    "--usage",
    multiple=True,
    type=PATH,
    help="Usage export to copy into the folder; repeatable.",
)
@click.option(
    "--start",
    type=_Date(),
    help="First day to plan, such as 2026-01-31.  [default: the next 1 January]",
)
def command(folder: Path, usage: tuple[Path, ...], start: date | None) -> None:
    """Write FOLDER with a commented scenario, an illustrative price book and your usage exports.

    Without --usage the folder gets a small example, so that you can plan at once.

    \b
    Example:
      flexopt init my-renewal --usage ~/Downloads/usage-2025.csv
    """
    first = start or date(date.today().year + 1, 1, 1)
    written = write_starter(folder, products=products_in(usage), usage=usage, start=first)
    for path in written:
        click.echo(path)
    scenario = shlex.quote(str(folder / "scenario.yaml"))
    click.echo(
        f"\nNext: enter your prices in {folder / 'scenario.yaml'}, then\n"
        f"  flexopt check {scenario}\n  flexopt plan {scenario}",
        err=True,
    )
