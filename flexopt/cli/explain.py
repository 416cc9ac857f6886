from __future__ import annotations

import shlex
from difflib import get_close_matches
from pathlib import Path

import click

from flexopt.cli.options import PATH, format_option
from flexopt.cli.printing import say, show
from flexopt.exports.report.explained import explanation_report, user_report
from flexopt.exports.text import text
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
    report = (user_report if user else explanation_report)(found.document, found.currency)
    show(form, bold=(0,), table=lambda: text(report), json=lambda: found.document)
    if form == "table" and not user:
        say(f"\nnext: flexopt explain {shlex.quote(str(plan))} USER explains one user's access")
