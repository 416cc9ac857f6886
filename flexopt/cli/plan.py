from __future__ import annotations

import shlex
from pathlib import Path

import click

from flexopt.base.errors import LimitError
from flexopt.base.text import fill, percent
from flexopt.cli.options import format_option, memory_option, output_option, scenario_argument
from flexopt.cli.printing import say, show, show_warnings
from flexopt.cli.progress import progress
from flexopt.exports.report.proven import only_rounding
from flexopt.exports.report.summary import summary_report
from flexopt.exports.text import text
from flexopt.inputs.scenario.load import load_scenario
from flexopt.planning.planner import plan
from flexopt.store.folder import check_place, summary_json
from flexopt.store.plan_json import document_json


@click.command("plan", short_help="Find the cheapest plan, prove it, audit it and write it.")
@scenario_argument
@output_option(
    "Folder to write; an existing plan there is replaced in one step.  [default: SCENARIO's name + .plan]"
)
@format_option("json", help="Format of the summary on stdout.")
@click.option(
    "--require-optimal",
    is_flag=True,
    help="Exit with 4 and write nothing unless the plan is proven optimal (within solver.gap).",
)
@click.option("-v", "--verbose", is_flag=True, help="Also show how the plan was proven, and the time taken.")
@memory_option
def command(  # noqa: PLR0917
    scenario: Path, output: Path | None, form: str, require_optimal: bool, verbose: bool, memory: str | None
) -> None:
    """Find the cheapest plan for SCENARIO, prove it, audit it, and write the plan folder.

    The summary goes to stdout. Exits with 3 if no plan is possible (the message says which rules conflict),
    with 4 if the solver's time limit is reached before a plan is found.

    \b
    Example:
      flexopt plan scenarios/renewal-2026.yaml -o renewal.plan
    """
    folder = output or Path(f"{scenario.stem}.plan")
    source = load_scenario(scenario)
    check_place(folder)
    with progress(float(source.scenario.solver.time_limit)) as tell:
        result = plan(source, on_progress=tell, memory=memory)
    check = f"flexopt check {shlex.quote(str(scenario))}"
    if require_optimal and result.status != "optimal":
        show_warnings([result.document], check)
        raise LimitError(
            "the plan is not proven to be optimal: it may cost up to "
            f"{percent(result.gap)} too much; nothing was written",
            "raise solver.time_limit or solver.gap, or leave out --require-optimal",
        )
    result.save(folder)
    document = result.document
    show(
        form,
        bold=(0, 1),
        table=lambda: text(summary_report(document, verbose=verbose)),
        json=lambda: document_json(summary_json(document)),
    )
    show_warnings([document], check)
    if result.status != "optimal" and not only_rounding(document):
        other = source.scenario.solver.name == "cbc"
        highs = ", or try `solver: {name: highs}` (pip install 'flexopt[highs]')" if other else ""
        say(f"\nhint: for a tighter proof raise solver.time_limit{highs}")
    if verbose:
        took = [f"{phase} {seconds:.1f} s" for phase, seconds in result.seconds.items() if seconds >= 0.05]
        say("\n" + fill("time: " + ", ".join(took)))
    say(f"\nPlan written to {folder}; next: flexopt explain {shlex.quote(str(folder))}")
