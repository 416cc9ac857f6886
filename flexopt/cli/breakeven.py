from __future__ import annotations

import json
from pathlib import Path

import click

from flexopt.breakeven import break_even
from flexopt.exports.text import text_table
from flexopt.inputs.load import load_scenario

__all__ = ["command"]


@click.command("breakeven", short_help="Days of use at which a seat becomes cheaper than tokens.")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table")
def command(scenario: Path, form: str) -> None:
    """Days of use per term at which a seat of each offer costs as much as tokens, at SCENARIO's prices.

    This is arithmetic for one user alone. `flexopt plan` decides all users together: tiers, collections,
    expiry and holdings move the line.

    \b
    Example:
      flexopt breakeven scenarios/renewal-2026.yaml
    """
    frame = break_even(load_scenario(scenario).scenario)
    if form == "json":
        click.echo(json.dumps(frame.astype(str).to_dict("records"), indent=1, ensure_ascii=False))
    elif form == "csv":
        click.echo(frame.to_csv(index=False), nl=False)
    else:
        click.echo(text_table(list(frame.columns), frame.astype(str).to_numpy().tolist()))
