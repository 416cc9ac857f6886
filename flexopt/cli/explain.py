from __future__ import annotations

import json
from pathlib import Path

import click

from flexopt.exports.explain import explain_text, explain_user
from flexopt.store.folder import read_document

__all__ = ["command"]


@click.command("explain", short_help="Why a plan is as it is, or what one user has and why.")
@click.argument("plan", type=click.Path(path_type=Path))
@click.argument("user", required=False)
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", help="json: for programs."
)
def command(plan: Path, user: str | None, form: str) -> None:
    """Explain PLAN as a whole, or what one USER has and why, with both alternatives priced.

    \b
    Example:
      flexopt explain renewal.plan
      flexopt explain renewal.plan a.baker@example.com
    """
    document = read_document(plan)
    data, text = explain_user(document, user) if user else explain_text(document)
    click.echo(json.dumps(data, indent=1, ensure_ascii=False) if form == "json" else text)
