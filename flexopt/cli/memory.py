"""The option of the commands that read usage."""

from __future__ import annotations

import click

__all__ = ["memory_option"]

memory_option = click.option(
    "--memory",
    metavar="SIZE",
    help="Hold at most this much of the usage in memory while it is read (4GB, 500MB), the rest in the "
    "temporary folder.  [default: half of the machine's]",
)
