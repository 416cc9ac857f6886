from __future__ import annotations

from pathlib import Path

import click

from flexopt.cli.options import PATH, format_option, memory_option
from flexopt.cli.printing import show


@click.command("verify", short_help="Check a saved plan: its files, its sums, and what it claims.")
@click.argument("plan", type=PATH)
@click.argument("scenario", type=PATH, required=False)
@format_option("json", help="Output format; json is for programs.")
@memory_option
def command(plan: Path, scenario: Path | None, form: str, memory: str | None) -> None:
    """Check PLAN, a plan folder or a plan exported as JSON: its files against each other, every sum and
    price, the ledger, the status.

    With SCENARIO, which it was made from, also the inputs and all that the plan claims: it is replayed day
    by day, planned again and compared. Lists what could and what could not be checked; exits with 1 if
    anything is contradicted.

    \b
    Example:
      flexopt verify renewal.plan
      flexopt verify renewal.plan scenarios/renewal-2026.yaml
    """
    # imported here because --help needs none of it
    from flexopt.cli.progress import progress
    from flexopt.exports.verification import verification_text
    from flexopt.studies.verify import verify

    with progress() as tell:
        found = verify(plan, scenario, on_progress=tell, memory=memory)
    show(form, table=lambda: verification_text(found.document), json=lambda: found.document)
    click.get_current_context().exit(0 if found.holds else 1)
