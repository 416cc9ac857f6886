from __future__ import annotations

import shlex
import shutil
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from flexopt.store.study_parts import ComparisonDocument

from flexopt.cli.options import (
    format_option,
    memory_option,
    output_option,
    processes_option,
    scenarios_argument,
)
from flexopt.cli.printing import say, show, show_warnings


class _Excess(click.ParamType[Any]):
    """`500`, `1,000.50` or `2.5%`: an amount in the scenarios' currency, or a share of the first's total."""

    name = "amount or percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        text = str(value).strip()
        try:
            number = Decimal(text.removesuffix("%").strip().replace(",", ""))
        except InvalidOperation:
            number = Decimal(-1)
        if not number.is_finite() or number < 0:
            self.fail(f"{text!r} is neither an amount (500) nor a share (2.5%), zero or more", param, ctx)
        return number, text.endswith("%")


@click.command("compare", short_help="Compare quotes: what each costs, and why they differ.")
@scenarios_argument
@output_option("Folder to write: comparison.json and a plan for every scenario (NAME.plan).")
@format_option("json", "csv", "markdown", help="Format of the comparison on stdout.")
@click.option(
    "--fail-above",
    metavar="AMOUNT|PERCENT",
    type=_Excess(),
    help="Exit with 1 if a scenario exceeds the first by more than this: 500, or 2.5% of the first.",
)
@processes_option("Scenarios solved in parallel.")
@memory_option
def command(
    *,
    scenarios: tuple[Path, ...],
    output: Path | None,
    form: str,
    fail_above: tuple[Decimal, bool] | None,
    processes: int | None,
    memory: str | None,
) -> None:
    """Optimise every SCENARIO separately over the same usage and compare the plans; the first is the
    baseline.

    Shows totals, seats, tokens and whose access changes; the cost of signing one quote with the plan of
    another (regret); and why the totals differ: seat prices, token prices, tiers, mix.

    Exits with 1 if --fail-above is exceeded, with 3 if a scenario has no plan.

    \b
    Example:
      flexopt compare scenarios/renewal-2026.yaml scenarios/negotiated-15.yaml -o quotes.comparison
    """
    # imported here because --help needs none of it
    from flexopt.cli.progress import progress
    from flexopt.exports.markdown import markdown
    from flexopt.exports.report.compared import comparison_report
    from flexopt.exports.study_data import comparison_csv
    from flexopt.exports.text import text
    from flexopt.store.comparison_folder import check_comparison
    from flexopt.store.plan_json import document_json
    from flexopt.studies.compare import compare

    if output is not None:
        check_comparison(output)
    with progress() as tell:
        # plans that are written have baselines, like those of `flexopt plan`
        done = compare(
            scenarios,
            baselines=output is not None,
            processes=processes,
            on_progress=tell,
            memory=memory,
        )
    if output is not None:
        done.save(output)
    # a terminal's own width, but always the same in a file
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    show(
        form,
        bold=(-1,),
        table=lambda: text(comparison_report(done.document), width),
        json=lambda: document_json(done.document),
        csv=lambda: comparison_csv(done.document),
        markdown=lambda: markdown(comparison_report(done.document)),
    )
    show_warnings((plan.document for plan in done.plans.values()), "flexopt check SCENARIO")
    if output is not None:
        cheapest = shlex.quote(str(output / f"{done.cheapest}.plan"))
        say(f"\nComparison written to {output}; next: flexopt explain {cheapest}")
    if fail_above is not None:
        _check(done.document, *fail_above)


def _check(document: ComparisonDocument, limit: Decimal, is_share: bool) -> None:
    """Exit with 1, and say why, if a scenario exceeds the first by more than the limit."""
    from flexopt.base.text import money
    from flexopt.exports.shown import shown_comparison

    first, *others = shown_comparison(document).scenarios
    most = limit / 100 * first.total if is_share else limit
    above = [s for s in others if s.difference > most]
    for s in above:
        words = f"{limit} %" if is_share else f"{limit:,} {document.currency}"
        say(
            f"over the limit: {s.id} costs {money(s.difference)} {document.currency} more than "
            f"{first.id}; the limit is {words}"
        )
    click.get_current_context().exit(1 if above else 0)
