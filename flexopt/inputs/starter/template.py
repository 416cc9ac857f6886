"""The text of a new scenario."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

from flexopt.inputs.scenario.scenario import OpeningPack
from flexopt.inputs.starter.facts import Facts

_TEMPLATE = """\
# The prices, dates and rules of one quote. Edit them; to compare quotes, copy this file and change the copy.
# Lists in price-book.yaml are merged by `id`: repeat an id here to change its entry.
schema: flexopt.scenario/1
extends: price-book.yaml # products and rates, offers and prices; replace those marked `estimate: true`
{currency_note}\
currency: {currency}
name: First plan

# The first day to plan (usually your renewal date) and the number of months.
{start_note}\
horizon: {{start: {start}, months: 12}}

# Usage exports, relative to this file: .csv .csv.gz .parquet .xlsx .json; globs such as usage/*.csv.
{usage_note}\
usage:
{period}\
{usage}

# The past year repeats; growth is a share of its days.
demand: {{method: repeat, growth: {{default: 0}}}}

# Token packs: when they may be bought (start, quarterly, monthly or dates); the buffer above the forecast;
# 0.15 buys at most 115 % of the forecast.
tokens:
  purchase_dates: quarterly
  buffer: 0.15
  max_oversize: 0.15

# Discounts on the prices in the price book; the discount on a named offer replaces the general one.
negotiated: {{seats: 0, tokens: 0}}
# negotiated: {{seats: 0.15, offers: {{aec-1y: 0.20}}, tokens: 0.05}}
{unknown}
{seats}
{pool}
{people}
# Rules: access is named (never tokens), flex (never a seat) or none (left out of the plan).
# policy:
#   - {{product: Revit, group: Site, access: flex}}
"""

_UNKNOWN = """
# Products in your usage that are not in the price book. Remove the `#` and give each a rate, or
# `flex: false` and an offer that covers it.
# products:
{products}
# offers:
#   - {{id: other-1y, covers: [...], term_months: 12,
#      prices: [{{from: {start}, new: fill-in, source: quote}}]}}
"""

_NO_SEATS = """\
# Seats you own now: `ends` is the first day without them. Without holdings every seat is new.
# holdings:
#   - {{offer: autocad-1y, quantity: 40, ends: {start}}}
"""

_NO_PEOPLE = """\
# Fill in these two tables and remove the `#`: people and their groups, and today's access to compare with.
# people: people.csv
# access: access.csv
"""


def scenario_text(
    places: Mapping[str, Sequence[str]],
    facts: Facts,
    *,
    start: date,
    renewal: date | None,
    currency: str,
    quoted_in: str,
    example: bool,
) -> str:
    """The scenario that `init` writes.

    Parameters
    ----------
    places : files of each kind, relative to the scenario: `usage`, `subscriptions`, `users`.
    renewal : the day on which most seats end, if the exports tell.
    quoted_in : the currency of the price book.
    example : the usage is synthetic.
    """
    note = f"# The prices in price-book.yaml are in {quoted_in}: replace them with yours.\n"
    period = ""
    if facts.period:
        begin, after = facts.period
        period = (
            "  # what the summaries cover, as far as the exports tell; `to` is the first day after\n"
            f"  period: {{from: {begin}, to: {after}}}\n"
        )
    start_note = "# Most of the seats in your Subscriptions export end on this day.\n"
    usage_note = ""
    if example:
        usage_note = "# This is a synthetic example: replace it with your own exports.\n"
    elif not places["usage"]:
        usage_note = "# None of your files has usage: copy such exports into `usage` and name them here.\n"
    return _TEMPLATE.format(
        currency=currency,
        currency_note="" if currency == quoted_in else note,
        start=start,
        start_note=start_note if start == renewal else "",
        pool=_pool(facts.packs, start),
        usage_note=usage_note,
        period=period,
        usage=_listed(places["usage"]),
        unknown=_unknown(facts.products, start),
        seats=_seats(places, start),
        people=_people(places, facts),
    )


def _listed(names: Sequence[str]) -> str:
    return "\n".join(
        ["  files:", *(f"    - {_quoted(name)}" for name in names)] if names else ["  files: []"]
    )


def _seats(places: Mapping[str, Sequence[str]], start: date) -> str:
    if not places["subscriptions"]:
        return _NO_SEATS.format(start=start)
    return (
        "# Seats you own now: each row of these exports, until its end.\n"
        f"subscriptions: [{', '.join(map(_quoted, places['subscriptions']))}]\n"
    )


def _pool(packs: Sequence[OpeningPack], start: date) -> str:
    """The packs of the Subscriptions exports, or an example."""
    note = "# Tokens you own now: `expires` is the first day on which they cannot be used.\n"
    if not packs:
        expires = start.replace(year=start.year + 1, day=1)
        return f"{note}# pool:\n#   - {{tokens: 1200, expires: {expires}, unit_price: 3.00}}\n"
    lines = "".join(f"  - {{tokens: {pack.tokens}, expires: {pack.expires}}}\n" for pack in packs)
    return f"{note}# These are the tokens that were bought: write the balance in the portal.\npool:\n{lines}"


def _people(places: Mapping[str, Sequence[str]], facts: Facts) -> str:
    lines = ""
    if places["users"]:
        lines = (
            "# Users exports: which emails and ids belong together, and who has what today.\n"
            f"users: [{', '.join(map(_quoted, places['users']))}]\n\n"
        )
    if not facts.people:
        return lines + _NO_PEOPLE
    lines += "# People as the exports show them: add groups, first days, and the day after somebody leaves.\n"
    lines += "people: people.csv\n"
    today = "# Today's access, which the plan is compared with"
    if facts.access:
        return f"{lines}{today}; correct what is no longer true.\naccess: access.csv\n"
    return f"{lines}{today}: fill in the table and remove the `#`.\n# access: access.csv\n"


def _unknown(products: Sequence[str], start: date) -> str:
    """The commented list of products missing from the price book."""
    if not products:
        return ""
    entries = [
        f"#   - {{id: {_quoted(name)}, rates: [{{from: {start}, tokens: fill-in, source: rate sheet}}]}}"
        for name in products
    ]
    return _UNKNOWN.format(products="\n".join(entries), start=start)


def _quoted(name: str) -> str:
    """The name as a YAML string on one line; line breaks are escaped."""
    return json.dumps(name, ensure_ascii=not name.isprintable())
