from __future__ import annotations

import shlex
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click

from flexopt.cli.options import PATH, format_option, into_option, memory_option, scenario_argument
from flexopt.cli.printing import say, show


def _share(context: click.Context, option: click.Parameter, text: str) -> Decimal:
    with suppress(InvalidOperation):  # not a number, or nan
        share = Decimal(text)
        if 0 < share < 1:
            return share
    words = f"'{text}' is not a share between 0 and 1: write 10 % as 0.10"
    raise click.BadParameter(words, context, option)


def _pair(context: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = [tuple(text.rsplit(",", 1)) for text in texts]
    for text, pair in zip(texts, pairs, strict=True):
        if len(pair) != 2 or not all(pair):
            raise click.BadParameter(f"'{text}' is not two levers: write seat:aec-1y,tokens", context, option)
    return [(pair[0].strip(), pair[1].strip()) for pair in pairs]


@click.command("sensitivity", short_help="Show how the total depends on each price; what to negotiate.")
@scenario_argument
@click.option(
    "--step",
    default="0.10",
    show_default=True,
    callback=_share,
    help="How far each lever is moved down and up.",
)
@click.option(
    "--lever",
    "levers",
    multiple=True,
    metavar="NAME",
    help="Study only this lever: seat:OFFER, tokens, buffer, growth or tier:5000; repeatable.",
)
@click.option(
    "--grid",
    "grids",
    multiple=True,
    metavar="LEVER,LEVER",
    callback=_pair,
    help="Table of totals by two levers, two steps down and up each (24 solves); repeatable.",
)
@click.option(
    "--as-good-as",
    "other",
    type=PATH,
    metavar="SCENARIO",
    help="For each price: the value at which SCENARIO costs the same as this other quote.",
)
@format_option("json", "csv", "markdown", help="Format of the output on stdout.")
@into_option("Add the result to this plan folder, made from the same inputs, for exports.")
@memory_option
def command(  # noqa: PLR0917
    scenario: Path,
    step: Decimal,
    levers: tuple[str, ...],
    grids: list[tuple[str, str]],
    other: Path | None,
    form: str,
    into: Path | None,
    memory: str | None,
) -> None:
    """Show how the optimal total of SCENARIO responds to each price, the buffer, growth and token tiers; the
    prices at which an offer enters or leaves the plan, or the next token tier becomes worthwhile; and the
    value of one more percent of discount on each line.

    Every figure comes from a new solve. Prices are those paid, after negotiated discounts. With many offers
    and users this takes a while; --lever limits the study to one lever.

    \b
    Example:
      flexopt sensitivity scenarios/renewal-2026.yaml --lever seat:aec-1y --lever tokens
    """
    # imported here because --help needs none of it
    from flexopt.audit.alone import refuse_contradictions
    from flexopt.cli.progress import progress
    from flexopt.exports.markdown import markdown
    from flexopt.exports.report.sensitivity import sensitivity_report
    from flexopt.exports.study_data import sensitivity_csv, sensitivity_json
    from flexopt.exports.text import text
    from flexopt.inputs.scenario.load import load_scenario
    from flexopt.inputs.usage.sources import usage_sources
    from flexopt.planning.document import inputs_of
    from flexopt.store.additions import add_sensitivity, check_scenario
    from flexopt.studies.sensitivity import sensitivity

    source = load_scenario(scenario)
    if into is not None:
        refuse_contradictions(check_scenario(into, source, inputs_of(source, usage_sources(source))), into)
    with progress(float(source.scenario.solver.time_limit)) as tell:
        found = sensitivity(
            source,
            step=step,
            levers=levers,
            grids=grids,
            as_good_as=other,
            on_progress=tell,
            memory=memory,
        )
    part, name, currency = found.document, found.name, found.currency
    if into is not None:
        add_sensitivity(into, source, part, found.inputs)
        say(f"Sensitivity added to {into}; next: flexopt export {shlex.quote(str(into))} -o report.html")
    show(
        form,
        bold=(0, 1),
        table=lambda: text(sensitivity_report(part, name, currency)),
        json=lambda: sensitivity_json(part, name, currency),
        csv=lambda: sensitivity_csv(part),
        markdown=lambda: markdown(sensitivity_report(part, name, currency)),
    )
