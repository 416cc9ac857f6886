from __future__ import annotations

import json
from pathlib import Path

import click

from flexopt.cli.progress import progress
from flexopt.demand import forecast
from flexopt.errors import InputError
from flexopt.inputs.findings import Findings
from flexopt.inputs.load import read_scenario
from flexopt.inputs.tables import Coverage
from flexopt.inputs.usage import read_usage

__all__ = ["command"]


@click.command("check", short_help="Read everything, say what is wrong or odd, plan nothing.")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def command(scenario: Path, form: str) -> None:
    """Read SCENARIO, its tables and its usage, and list every finding with its repair.

    Exit 1 if there are errors, 0 if not.

    \b
    Example:
      flexopt check scenarios/renewal-2026.yaml
    """
    source, findings = read_scenario(scenario)
    coverage: tuple[Coverage, ...] = ()
    planned: dict[str, int] = {}
    if source is not None:
        with progress() as tell:
            tell("reading usage", f"{len(source.usage_files)} files")
            usage = read_usage(source.usage_files, source.scenario, source.path.parent)
        findings = Findings([*findings, *usage.findings])
        coverage = usage.coverage
        if not findings.errors:
            try:
                demand = forecast(source.scenario, usage, source.people)
            except InputError as error:
                findings.items.extend(error.findings)
            else:
                findings.items.extend(demand.findings)
                planned = {"users": len(demand.users), "users and products": demand.pairs}
    if form == "json":
        names = ("severity", "code", "file", "row", "column", "value", "message", "count", "hint")
        click.echo(
            json.dumps(
                {
                    "schema": "flexopt.check/1",
                    "errors": len(findings.errors),
                    "findings": [{n: getattr(f, n) for n in names} for f in findings],
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
        click.echo(f"{finding}\n")
    for c in coverage:
        click.echo(
            f"{c.file}: {c.format}, {c.rows:,} rows: {c.kept:,} kept, {c.repeated:,} of the same day, "
            f"{c.zero_token:,} without tokens, {c.unknown_product:,} of unknown products, "
            f"{c.left_out:,} left out, {c.rejected:,} with errors"
        )
    if planned:
        click.echo("to plan: " + ", ".join(f"{n:,} {what}" for what, n in planned.items()))
    counts = {s: sum(f.severity == s for f in findings) for s in ("error", "warning", "info")}
    click.echo(f"{counts['error']} errors, {counts['warning']} warnings, {counts['info']} notes")
