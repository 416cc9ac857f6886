from __future__ import annotations

import json
import shlex
from pathlib import Path

import click

from flexopt.base.errors import LimitError
from flexopt.base.findings import Finding
from flexopt.base.text import fill, percent, screen
from flexopt.cli.memory import memory_option
from flexopt.cli.progress import progress
from flexopt.exports.summary import summary_text
from flexopt.inputs.scenario.load import load_scenario
from flexopt.planning.planner import plan
from flexopt.store.folder import check_place, summary_json

__all__ = ["command"]


@click.command("plan", short_help="Find the cheapest plan, prove it, audit it, write it.")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder to write; an older plan there is replaced in one step.  [default: SCENARIO's name + .plan]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    help="Of the summary on stdout.",
)
@click.option(
    "--require-optimal",
    is_flag=True,
    help="Exit 4 and write nothing unless the plan is proven to be the cheapest (within solver.gap).",
)
@memory_option
def command(
    scenario: Path, output: Path | None, form: str, require_optimal: bool, memory: str | None
) -> None:
    """Find the cheapest plan for SCENARIO, prove how good it is, audit it, and write the plan folder.

    The summary goes to stdout. Exit 3 if no plan is possible (the message says which rules clash), 4 if the
    solver's time limit came before a plan.

    \b
    Example:
      flexopt plan scenarios/renewal-2026.yaml -o renewal.plan
    """
    folder = output or Path(f"{scenario.stem}.plan")
    source = load_scenario(scenario)
    check_place(folder)
    with progress(float(source.scenario.solver.time_limit)) as tell:
        result = plan(source, on_progress=tell, memory=memory)
    for finding in result.document["findings"]:
        if finding["severity"] == "warning":
            click.echo(screen(str(Finding(**finding, value=""))) + "\n", err=True)
    if require_optimal and result.status != "optimal":
        raise LimitError(
            f"the search ended before the proof: the plan found may be {percent(result.gap)} too dear; "
            "nothing was written",
            "raise solver.time_limit or solver.gap, or leave out --require-optimal",
        )
    result.save(folder)
    if form == "json":
        click.echo(json.dumps(summary_json(result.document), indent=1, ensure_ascii=False))
    else:
        click.echo(summary_text(result.document))
    if result.status != "optimal":
        other = source.scenario.solver.name == "cbc"
        highs = ", or try `solver: {name: highs}` (pip install 'flexopt[highs]')" if other else ""
        click.echo(f"\nhint: for a closer proof raise solver.time_limit{highs}", err=True)
    took = [f"{phase} {seconds:.1f} s" for phase, seconds in result.seconds.items() if seconds >= 0.05]
    click.echo("\n" + fill("time: " + ", ".join(took)), err=True)
    click.echo(f"\nPlan written to {folder}; next: flexopt explain {shlex.quote(str(folder))}", err=True)
