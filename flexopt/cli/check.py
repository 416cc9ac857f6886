from __future__ import annotations

from pathlib import Path

import click

from flexopt.base.findings import with_each_hint_once
from flexopt.base.text import count, fill, printable, screen
from flexopt.cli.options import format_option, memory_option, scenario_argument
from flexopt.cli.printing import show
from flexopt.cli.progress import progress
from flexopt.exports.report.costs import not_planned
from flexopt.exports.words import ENGLISH
from flexopt.planning.check import InputCheck, check_inputs

FINDING = ("severity", "code", "file", "row", "column", "value", "message", "count", "hint")


@click.command("check", short_help="Check all inputs and list every problem; plan nothing.")
@scenario_argument
@format_option("json", help="Output format; json is for programs.")
@memory_option
def command(scenario: Path, form: str, memory: str | None) -> None:
    """Read SCENARIO, its tables and its usage, and list every finding with a suggested fix.

    Exits with 1 if there are errors, otherwise 0. Warnings say what was assumed or left out, notes what was
    counted.

    \b
    Example:
      flexopt check scenarios/renewal-2026.yaml
    """
    with progress() as tell:
        found = check_inputs(scenario, tell, memory)
    errors = len(found.findings.errors)
    show(
        form,
        bold=(-1,),
        table=lambda: _table(found),
        json=lambda: {
            "schema": "flexopt.check/1",
            "errors": errors,
            "findings": [{name: getattr(f, name) for name in FINDING} for f in found.findings],
            "not_planned": {
                key: getattr(found.counts, key)
                for key in ("users_not_planned", "days_of_users_not_planned", "days_not_planned")
                if found.counts
            },
            "planned": found.planned and dict(zip(("users", "pairs"), found.planned, strict=True)),
            "coverage": [{name: getattr(c, name) for name in c.__slots__} for c in found.coverage],
        },
    )
    click.get_current_context().exit(1 if errors else 0)


def _table(found: InputCheck) -> str:
    lines = []
    for c in found.coverage:
        became = {
            "repeating a day": c.repeated,
            "without tokens": c.zero_token,
            "with an unknown product": c.unknown_product,
            "left out": c.left_out,
            "with errors": c.rejected,
        }
        parts = [f"{c.kept:,} kept", *(f"{n:,} {what}" for what, n in became.items() if n)]
        text = f"{printable(c.file)} ({c.format}): {count(c.rows, 'row')}: {', '.join(parts)}"
        lines.append(fill(text, later="  "))
    if found.planned:
        users, pairs = found.planned
        if found.counts and (missing := not_planned(found.counts, found.months, ENGLISH)):
            lines.append(fill(missing))
        lines.append(f"to plan: {count(users, 'user')}, {count(pairs, 'user-product pair')}")
    counts = {s: sum(f.severity == s for f in found.findings) for s in ("error", "warning", "info")}
    words = {"error": "error", "warning": "warning", "info": "note"}
    blocks = [*map(screen, with_each_hint_once(found.findings)), *(["\n".join(lines)] if lines else [])]
    return "\n\n".join([*blocks, ", ".join(count(counts[s], words[s]) for s in counts)])
