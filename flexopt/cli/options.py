"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)

scenario_argument = click.argument("scenario", type=PATH)

scenarios_argument = click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, type=PATH)

memory_option = click.option(
    "--memory",
    metavar="SIZE",
    help="Memory limit for reading usage (4GB, 500MB); the rest goes to the temporary folder.  "
    "[default: half of the machine's memory]",
)


def format_option(*more: str, help: str) -> Callable[[F], F]:
    """--format: `table`, or one of these."""
    return click.option("--format", "form", type=click.Choice(["table", *more]), default="table", help=help)


def output_option(help: str, *, required: bool = False) -> Callable[[F], F]:
    """-o, --output."""
    return click.option("-o", "--output", type=PATH, required=required, help=help)


def into_option(help: str) -> Callable[[F], F]:
    """--into PLAN."""
    return click.option("--into", type=PATH, metavar="PLAN", help=help)


def processes_option(help: str) -> Callable[[F], F]:
    """--processes."""
    return click.option(
        "--processes", type=click.IntRange(1), help=f"{help}  [default: number of processors]"
    )
