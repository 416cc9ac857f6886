from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click
import pandas as pd

from flexopt.base.text import count, fill, money, printable, text_table
from flexopt.cli.options import format_option, scenario_argument
from flexopt.cli.printing import show
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.planning.breakeven import breakeven, prices_of


@click.command("breakeven", short_help="Show the days of use at which a seat becomes cheaper than tokens.")
@scenario_argument
@format_option("csv", "json", help="csv and json also show the days without the buffer.")
def command(scenario: Path, form: str) -> None:
    """Show the days of use per term at which a seat of each offer costs as much as tokens.

    SCENARIO may also be a plan folder: an extra column then uses the marginal price of its tokens (what one
    more is worth to the plan on its first day).

    This is simple arithmetic for a single user. `flexopt plan` decides for all users together, so tiers,
    collections, expiry and holdings shift the break-even.

    \b
    Example:
      flexopt breakeven scenarios/renewal-2026.yaml
      flexopt breakeven renewal.plan
    """
    planned, marginal = prices_of(scenario)
    frame = breakeven(planned, marginal=marginal)
    show(
        form,
        table=lambda: _table(frame, planned),
        csv=lambda: frame.to_csv(index=False, lineterminator="\n"),
        json=lambda: {
            "schema": "flexopt.breakeven/1",
            "currency": planned.currency,
            "rows": [
                {str(name): str(v) if isinstance(v, Decimal) else v for name, v in record.items()}
                for record in frame.astype(object).to_dict("records")
            ],
        },
    )


def _table(frame: pd.DataFrame, scenario: Scenario) -> str:
    """A heading for each offer, and below it a line for each product with a column for each token price."""
    prices = frame[["tier_from", "token_price"]].drop_duplicates()
    tiers = list(prices.itertuples(index=False))
    titles = {o.id: printable(o.title) for o in scenario.offers}
    rows: list[list[str]] = []
    heads = ["offer", "kind", "term_months", "seat_price"]
    for (offer, kind, months, seat), mine in frame.groupby(heads, sort=False):
        term = f"{months} months" if months != 1 else "1 month"
        term += ", renewed" if kind == "renewal" else ""
        rows.append([f"{titles[str(offer)]}, {term}: {money(str(seat))}", *("" for _ in tiers)])
        for products, lines in mine.groupby("products", sort=False):
            days = dict(zip(lines["tier_from"], lines["days_with_buffer"], strict=True))
            rows.append([f"  {products}", *("-" if (d := days[t[0]]) is None else f"{d}" for t in tiers)])
    buffer = scenario.tokens.buffer
    share = f", with a {(buffer * 100).normalize():f} % buffer" if buffer else ""
    listed = ", ".join(
        f"{price} from {count(from_, 'token')}" if from_ else f"{price} is the marginal price in the plan"
        for from_, price in tiers
    )
    words = (
        "Days of use per term from which a seat is cheaper than tokens, at the prices and rates of "
        f"{scenario.horizon.start}{share}; one column for each token price in {scenario.currency} "
        f"({listed})."
    )
    header = ["seat", *(f"{price}" if from_ else "marginal" for from_, price in tiers)]
    return f"{fill(words)}\n\n{text_table(header, rows)}" if rows else "no offer has both a price and a rate"
