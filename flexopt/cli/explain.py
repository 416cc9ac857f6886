from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import click

from flexopt.cli.options import PATH, format_option
from flexopt.cli.printing import show
from flexopt.exports.explain import explain_text, explain_user_text
from flexopt.studies.explain import explain


# a user may be called `-2+3`
@click.command(
    "explain",
    short_help="Explain a plan, or one user's access.",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
@click.argument("plan", type=PATH)
@click.argument("user", required=False)
@format_option("json", help="Output format; json is for programs.")
@click.pass_context
def command(ctx: click.Context, plan: Path, user: str | None, form: str) -> None:
    """Explain PLAN as a whole, or one USER's access, with both alternatives priced.

    \b
    Example:
      flexopt explain renewal.plan
      flexopt explain renewal.plan a.baker@example.com
    """
    if wrong := next((word for word in (user or "", *ctx.args) if word.startswith("--")), None):
        close = get_close_matches(wrong, ["--format", "--help"], 1)
        raise click.NoSuchOption(wrong, possibilities=close, ctx=ctx)
    if ctx.args:
        raise click.UsageError(f"Got unexpected extra argument ({ctx.args[0]})", ctx)
    found = explain(plan, user) if user else explain(plan)
    text = explain_user_text if user else explain_text
    show(form, bold=(0,), table=lambda: text(found.document, found.currency), json=lambda: found.document)
