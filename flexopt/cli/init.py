from __future__ import annotations

import shlex
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from flexopt.cli.options import PATH
from flexopt.cli.printing import say
from flexopt.inputs.starter.write import write_starter


class _Date(click.ParamType[date]):
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()
        except ValueError:
            self.fail(f'"{value}" is not a date: write it as 2026-01-31', param, ctx)


@click.command("init", short_help="Create a planning folder from the files of the portal.")
@click.argument("folder", type=PATH)
@click.argument("files", nargs=-1, type=PATH)
@click.option(
    "--start",
    type=_Date(),
    help="First day to plan, such as 2026-01-31.  [default: the day on which most of the seats in a "
    "Subscriptions export end, otherwise the next 1 January]",
)
def command(folder: Path, files: tuple[Path, ...], start: date | None) -> None:
    """Write FOLDER with a commented scenario, an illustrative price book and your exports.

    FILES are exports of any kind, in any order: usage, Subscriptions, Users. Each is recognised by its
    columns and copied to its place; people, today's access, seats and dates are taken from them. Without
    FILES the folder gets a small example, so that you can plan at once.

    \b
    Example:
      flexopt init my-renewal ~/Downloads/*.csv
    """
    otherwise = date(date.today().year + 1, 1, 1)
    written, exports = write_starter(folder, files, start=start, otherwise=otherwise)
    for path in written:
        click.echo(path)
    for export in exports:
        say(f"{export.path.name}: {', '.join(export.formats)}")
    scenario = shlex.quote(str(folder / "scenario.yaml"))
    say(
        f"\nNext: enter your prices in {folder / 'scenario.yaml'}, then\n"
        f"  flexopt check {scenario}\n  flexopt plan {scenario}"
    )
