from __future__ import annotations

import json

import click

from flexopt.inputs.scenario.schema import scenario_schema
from flexopt.store.schema import plan_schema

__all__ = ["command"]


@click.command("schema", short_help="JSON Schema of a scenario or a plan, for editors and programs.")
@click.argument("what", type=click.Choice(["scenario", "plan"]))
def command(what: str) -> None:
    """Print the JSON Schema of WHAT to stdout.

    \b
    Example:
      flexopt schema scenario > scenario.schema.json
    """
    schema = scenario_schema() if what == "scenario" else plan_schema()
    click.echo(json.dumps(schema, indent=1, ensure_ascii=False))
