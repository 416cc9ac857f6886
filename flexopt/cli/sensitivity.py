from __future__ import annotations

import json
import shlex
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flexopt.base.errors import FlexoptError
from flexopt.cli.memory import memory_option

if TYPE_CHECKING:
    from flexopt.inputs.records import ScenarioFile, Usage

__all__ = ["command"]


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


def _same(into: Path, source: ScenarioFile, usage: Usage) -> dict[str, Any]:
    """The plan to add to, before hours are spent. Raises FlexoptError if it is of something else."""
    from flexopt.planning.document import inputs_of
    from flexopt.store.folder import check_place, read_same

    document = read_same(into, inputs_of(source, usage))
    if document["scenario"] != source.scenario.model_dump(mode="json", by_alias=True):
        raise FlexoptError(
            f"{into}: the plan is of another scenario than {source.path}",
            f"plan again: flexopt plan {source.path} -o {into}",
        )
    check_place(into)
    return document


@click.command(
    "sensitivity", short_help="How the total moves with each price, where answers flip, what to ask for."
)
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "--step", default="0.10", show_default=True, callback=_share, help="How far levers are moved down and up."
)
@click.option(
    "--lever",
    "levers",
    multiple=True,
    metavar="NAME",
    help="Look at this lever only: seat:OFFER, tokens, buffer, growth or tier:5000; repeatable.",
)
@click.option(
    "--grid",
    "grids",
    multiple=True,
    metavar="LEVER,LEVER",
    callback=_pair,
    help="Totals by two levers, two steps down and up each: 24 solves; repeatable.",
)
@click.option(
    "--as-good-as",
    "other",
    type=click.Path(path_type=Path),
    metavar="SCENARIO",
    help="For each price: what it must be for SCENARIO to be as good as this other quote.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "markdown"]),
    default="table",
    help="Of what goes to stdout.",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="PLAN",
    help="Add it to the plan.json of this plan folder, made from the same inputs, for exports.",
)
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
    """How the optimal total of SCENARIO moves with each price, the buffer, growth and token tiers; the prices
    at which an offer enters or leaves the plan, or the next token tier is worth it; and what one more percent
    of discount is worth on each line.

    Every figure is of a plan solved anew. Prices are those paid, after the negotiated discounts. With many
    offers and users this takes a while: --lever looks at one.

    \b
    Example:
      flexopt sensitivity scenarios/renewal-2026.yaml --lever seat:aec-1y --lever tokens
    """
    from flexopt.base.text import screen
    from flexopt.cli.progress import progress
    from flexopt.exports.sensitivity import sensitivity_csv, sensitivity_markdown, sensitivity_text
    from flexopt.inputs.scenario.load import load_scenario
    from flexopt.planning.planner import Clock, compared, solve
    from flexopt.store.folder import write_folder
    from flexopt.studies.compare.sources import one_reading, sources_of
    from flexopt.studies.sensitivity import sensitivity

    source = load_scenario(scenario)
    sources = sources_of([source, other]) if other else {source.path.stem: source}
    with progress(float(source.scenario.solver.time_limit)) as tell:
        usage = one_reading(sources, tell, memory)
        forecasts = usage[next(iter(sources))]
        document = _same(into, source, forecasts.usage) if into else None
        goal = None
        for id_, against in [*sources.items()][1:]:
            solved = solve(against, usage[id_], tell, Clock())
            goal = id_, compared(solved, tell, Clock()).optimum.cost
        part: dict[str, Any] = sensitivity(
            source, forecasts, step=step, only=levers, grids=grids, other=goal, on_progress=tell
        )
    if into and document:
        if document["total"] != part["total"]:
            raise FlexoptError(
                f"{into}: the plan costs {document['total']}, and now {part['total']} was found",
                f"a time limit came first: raise solver.time_limit, then flexopt plan {scenario} -o {into}",
            )
        write_folder(document | {"sensitivity": part}, into)
        click.echo(f"added to {into}; next: flexopt export {shlex.quote(str(into))} -o report.html", err=True)
    name, currency = source.scenario.name, source.scenario.currency
    if form == "json":
        data = {"schema": "flexopt.sensitivity/1", "name": name, "currency": currency, **part}
        click.echo(json.dumps(data, indent=1, ensure_ascii=False))
    elif form == "csv":
        click.echo("".join(sensitivity_csv(part)), nl=False)
    elif form == "markdown":
        click.echo(sensitivity_markdown(part, name, currency), nl=False)
    else:
        click.echo(screen(sensitivity_text(part, name, currency)))
