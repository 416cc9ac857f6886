from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import click

from flexopt.cli.options import format_option, into_option, memory_option, scenario_argument
from flexopt.cli.printing import show, show_warnings
from flexopt.cli.progress import progress
from flexopt.exports.review import review_csv, review_json, review_markdown, review_text
from flexopt.inputs.scenario.load import load_scenario
from flexopt.inputs.usage.read import usage_sources
from flexopt.planning.document import inputs_of
from flexopt.store.additions import add_review, plan_to_add_to
from flexopt.studies.review import review


class _Amount(click.ParamType[Decimal]):
    """Money, 0 or more, in whole cents."""

    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", text := str(value)):
            self.fail(f"{text!r} is no amount: write it like 250 or 99.50", param, ctx)
        return Decimal(text)


AMOUNT = _Amount()


@click.command("review", short_help="Who should move: today's access against the plan, and seven checks.")
@scenario_argument
@click.option(
    "--min-saving",
    type=AMOUNT,
    metavar="AMOUNT",
    default="0",
    help="Leave moves alone that save less than this, in the scenario's currency; the plan is then the "
    "cheapest with that.",
)
@into_option(
    "Also put the review into this plan folder, made from the same inputs, for `flexopt export`; with "
    "--min-saving the plan in it becomes the one with the threshold."
)
@format_option("json", "csv", "markdown", help="csv has every user and product; json everything.")
@memory_option
def command(scenario: Path, min_saving: Decimal, into: Path | None, form: str, memory: str | None) -> None:
    """Compare today's access (the table `access` of SCENARIO) with the cheapest plan: who keeps what they
    have, who moves to a seat, to a collection or to Flex, which seats nobody uses, and what each move saves.

    Beside the moves: who holds a seat and burns tokens for the same product, seats without use in 90 days,
    access of people who leave; and seven checks, named after mistakes that cost money. Nothing is written
    but with --into.

    \b
    Example:
      flexopt review scenarios/renewal-2026.yaml
      flexopt review scenarios/renewal-2026.yaml --min-saving 100 --into renewal.plan
    """
    source = load_scenario(scenario)
    if into is not None:
        plan_to_add_to(into, inputs_of(source, usage_sources(source)))
    with progress(float(source.scenario.solver.time_limit)) as tell:
        found = review(source, min_saving=min_saving, on_progress=tell, memory=memory)
    document = found.plan.document
    if into is not None:
        add_review(into, document)
    show_warnings([document])
    show(
        form,
        table=lambda: review_text(document),
        json=lambda: review_json(document),
        csv=lambda: review_csv(document),
        markdown=lambda: review_markdown(document),
    )
    if into is not None:
        click.echo(f"\nReview added to {into}; next: flexopt export {into} -o FILE", err=True)
