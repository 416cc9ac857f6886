from __future__ import annotations

import json
from pathlib import Path

import click

from flexopt.base.findings import Findings, InputError
from flexopt.base.text import count, fill, printable, screen
from flexopt.cli.memory import memory_option
from flexopt.cli.progress import progress
from flexopt.demand.forecast import forecast
from flexopt.inputs.records import Coverage
from flexopt.inputs.scenario.load import read_scenario
from flexopt.inputs.usage import read_usage
from flexopt.planning.planner import tell_files

__all__ = ["command"]


@click.command("check", short_help="Read everything, say what is wrong or odd, plan nothing.")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", help="json: for programs."
)
@memory_option
def command(scenario: Path, form: str, memory: str | None) -> None:
    """Read SCENARIO, its tables and its usage, and list every finding with its repair.

    Exit 1 if there are errors, 0 if not. Warnings say what was assumed or left out; notes what was counted.

    \b
    Example:
      flexopt check scenarios/renewal-2026.yaml
    """
    source, findings = read_scenario(scenario)
    coverage: tuple[Coverage, ...] = ()
    planned: dict[str, int] = {}
    if source is not None:
        with progress() as tell:
            on_file = tell_files(tell, len(source.usage_files))
            usage = read_usage(
                source.usage_files, source.scenario, source.path.parent, on_file, memory=memory
            )
        findings = Findings([*findings, *usage.findings])
        coverage = usage.coverage
        if not findings.errors:
            try:
                demand = forecast(source.scenario, usage, source.people)
            except InputError as error:
                findings.items.extend(error.findings)
            else:
                findings.items.extend(demand.findings)
                planned = {"users": len(demand.users), "pairs": demand.pairs}
    if form == "json":
        names = ("severity", "code", "file", "row", "column", "value", "message", "count", "hint")
        click.echo(
            json.dumps(
                {
                    "schema": "flexopt.check/1",
                    "errors": len(findings.errors),
                    "findings": [{n: getattr(f, n) for n in names} for f in findings],
                    "planned": planned or None,
                    "coverage": [{n: getattr(c, n) for n in c.__slots__} for c in coverage],
                },
                indent=1,
                ensure_ascii=False,
            )
        )
    else:
        _table(findings, coverage, planned)
    click.get_current_context().exit(1 if findings.errors else 0)


def _table(findings: Findings, coverage: tuple[Coverage, ...], planned: dict[str, int]) -> None:
    for finding in findings:
        click.echo(f"{screen(str(finding))}\n")
    for c in coverage:
        became = {
            "of a day that another row has": c.repeated,
            "without tokens": c.zero_token,
            "of unknown products": c.unknown_product,
            "left out": c.left_out,
            "with errors": c.rejected,
        }
        parts = [f"{c.kept:,} kept", *(f"{n:,} {what}" for what, n in became.items() if n)]
        text = f"{printable(c.file)} ({c.format}): {count(c.rows, 'row')}: {', '.join(parts)}"
        click.echo(fill(text, later="  "))
    if planned:
        users = count(planned["users"], "user")
        click.echo(f"to plan: {users}, {count(planned['pairs'], 'pair')} of user and product")
    counts = {s: sum(f.severity == s for f in findings) for s in ("error", "warning", "info")}
    words = {"error": "error", "warning": "warning", "info": "note"}
    click.echo(", ".join(count(counts[s], words[s]) for s in counts))
