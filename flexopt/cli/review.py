from __future__ import annotations

import re
import shlex
from decimal import Decimal
from pathlib import Path

import click

from flexopt.audit.alone import refuse_contradictions
from flexopt.cli.options import format_option, into_option, memory_option, scenario_argument
from flexopt.cli.printing import say, show, show_warnings
from flexopt.cli.progress import progress
from flexopt.exports.markdown import markdown
from flexopt.exports.report.reviewed import review_report
from flexopt.exports.study_data import review_csv, review_json
from flexopt.exports.text import text
from flexopt.inputs.scenario.load import load_scenario
from flexopt.inputs.usage.sources import usage_sources
from flexopt.planning.document import inputs_of
from flexopt.store.additions import add_review, plan_to_add_to
from flexopt.studies.review import review


class _Amount(click.ParamType[Decimal]):
    """An amount of money, 0 or more, in whole cents."""

    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", text := str(value)):
            self.fail(f"{text!r} is not an amount: write 250 or 99.50", param, ctx)
        return Decimal(text)


AMOUNT = _Amount()


@click.command("review", short_help="Compare today's access with the plan, and run seven checks.")
@scenario_argument
@click.option(
    "--min-saving",
    type=AMOUNT,
    metavar="AMOUNT",
    help="Make no move that saves less than this amount, in the scenario's currency, in place of its "
    "`policy.min_saving.move`; the plan is the cheapest under this condition.",
)
@into_option(
    "Also add the review to this plan folder, made from the same inputs, for `flexopt export`; with "
    "--min-saving, the plan with the threshold replaces the one in the folder."
)
@format_option("json", "csv", "markdown", help="csv lists every user and product; json contains everything.")
@memory_option
def command(
    scenario: Path, min_saving: Decimal | None, into: Path | None, form: str, memory: str | None
) -> None:
    """Compare today's access (the access table of SCENARIO, and what its exports show) with the cheapest
    plan: whose access stays, who moves to a seat, to a collection or to Flex, which seats are unused, and
    what each move saves.

    Also lists users who hold a seat but use tokens for the same product, seats not used lately, access held
    by leavers, and seven checks for costly mistakes. Writes nothing without --into.

    \b
    Example:
      flexopt review scenarios/renewal-2026.yaml
      flexopt review scenarios/renewal-2026.yaml --min-saving 100 --into renewal.plan
    """
    source = load_scenario(scenario)
    if into is not None:
        refuse_contradictions(plan_to_add_to(into, inputs_of(source, usage_sources(source))), into)
    with progress(float(source.scenario.solver.time_limit)) as tell:
        found = review(source, min_saving=min_saving, on_progress=tell, memory=memory)
    document = found.plan.document
    if into is not None:
        add_review(into, document)
    show(
        form,
        bold=(0, 1),
        table=lambda: text(review_report(document, continued="continued_in_data")),
        json=lambda: review_json(document),
        csv=lambda: review_csv(document),
        markdown=lambda: markdown(review_report(document)),
    )
    show_warnings([document], f"flexopt check {shlex.quote(str(scenario))}")
    if into is not None:
        say(f"\nReview added to {into}; next: flexopt export {shlex.quote(str(into))} -o FILE")
