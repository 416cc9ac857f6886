from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from flexopt.cli.options import (
    format_option,
    memory_option,
    output_option,
    processes_option,
    scenarios_argument,
)
from flexopt.cli.printing import show, show_warnings


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
            self.fail(f"{text!r} is not an amount (500) or a share (2.5%), zero or more", param, ctx)
        return number, text.endswith("%")


@click.command("compare", short_help="Quotes side by side: what each costs, and what sets them apart.")
@scenarios_argument
@output_option("Folder to write: comparison.json, and for every scenario its plan (NAME.plan).")
@format_option("json", "csv", "markdown", help="Of the comparison on stdout.")
@click.option(
    "--fail-above",
    metavar="AMOUNT|PERCENT",
    type=_Excess(),
    help="Exit 1 if a scenario costs more than the first by more than that: 500, or 2.5% of the first.",
)
@processes_option("Scenarios solved at once.")
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
    """Optimise every SCENARIO anew over the same usage, and compare the plans; the first is the baseline.

    Totals, seats, tokens and who changes; what it costs to sign one quote with the plan of another (regret);
    and why the totals differ: prices of seats, prices of tokens, tiers, mix.

    Exit 1 if --fail-above is exceeded, 3 if a scenario has no plan.

    \b
    Example:
      flexopt compare scenarios/renewal-2026.yaml scenarios/negotiated-15.yaml -o quotes.comparison
    """
    # after --help, which needs none of it
    from flexopt.cli.progress import progress
    from flexopt.exports.comparison import comparison_csv, comparison_markdown, comparison_text
    from flexopt.store.comparison_folder import check_comparison
    from flexopt.studies.compare import compare

    if output is not None:
        check_comparison(output)
    with progress() as tell:
        # a plan that is kept has its baselines, as `flexopt plan` writes it
        done = compare(
            scenarios,
            baselines=output is not None,
            processes=processes,
            on_progress=tell,
            memory=memory,
        )
    show_warnings(plan.document for plan in done.plans.values())
    if output is not None:
        done.save(output)
    # on a terminal as wide as that is; in a file always the same
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    show(
        form,
        table=lambda: comparison_text(done.document, width),
        json=lambda: done.document,
        csv=lambda: comparison_csv(done.document),
        markdown=lambda: comparison_markdown(done.document),
    )
    if output is not None:
        first = shlex.quote(str(output / f"{next(iter(done.plans))}.plan"))
        click.echo(f"\nComparison written to {output}; next: flexopt explain {first}", err=True)
    if fail_above is not None:
        _check(done.document, *fail_above)


def _check(document: Mapping[str, Any], limit: Decimal, is_share: bool) -> None:
    """Exit 1, and say why, if a scenario is dearer than the first by more than the limit."""
    from flexopt.base.text import money, screen

    first, *others = document["scenarios"]
    most = limit / 100 * Decimal(first["total"]) if is_share else limit
    above = [s for s in others if Decimal(s["difference"]) > most]
    for s in above:
        words = f"{limit} %" if is_share else f"{limit:,} {document['currency']}"
        click.echo(
            screen(
                f"above the limit: {s['id']} costs {money(s['difference'])} {document['currency']} more than "
                f"{first['id']}, more than {words}"
            ),
            err=True,
        )
    click.get_current_context().exit(1 if above else 0)
