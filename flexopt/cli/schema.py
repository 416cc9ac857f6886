from __future__ import annotations

import click

from flexopt.cli.printing import show
from flexopt.inputs.scenario.schema import scenario_schema
from flexopt.store.schema import plan_schema


@click.command("schema", short_help="Print the JSON Schema of a scenario or a plan.")
@click.argument("what", type=click.Choice(["scenario", "plan"]))
def command(what: str) -> None:
    """Print the JSON Schema of a scenario or a plan to stdout.

    \b
    Example:
      flexopt schema scenario > scenario.schema.json
    """
    show(what, scenario=scenario_schema, plan=plan_schema)
