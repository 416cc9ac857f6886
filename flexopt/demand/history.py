"""The days of use that a forecast is made from: those of the last 12 months before the horizon."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from flexopt.base.dates import add_months
from flexopt.base.findings import Findings
from flexopt.inputs.records import Usage
from flexopt.inputs.scenario.scenario import Scenario


def history_of(
    scenario: Scenario, usage: Usage, findings: Findings
) -> tuple[pd.DataFrame, tuple[date, date]]:
    """The days of the last 12 months of history, and the first and last day of that window."""
    days, start = usage.days, pd.Timestamp(scenario.horizon.start)
    # no copy of a large frame if all of it stays
    past = days if days.empty or days["date"].max() < start else days[days["date"] < start]
    if len(past):
        if len(past) < len(days):
            findings.add(
                "D101",
                f"{len(days) - len(past):,} chargeable days on or after the horizon's start are not history "
                "and were left out",
                file="usage",
                severity="warning",
                hint="start the horizon after the last day of usage to use all of it",
            )
        days = past
    elif len(days):
        findings.add(
            "D102",
            "all usage lies on or after the horizon's start: the plan is made in hindsight, using the last "
            "12 months of usage",
            file="usage",
            severity="warning",
            hint="start the horizon after the last day of usage",
        )
    if days.empty:
        if usage.totals.empty:
            hint = "add usage.files; in Python, give the usage with the scenario"
            findings.add("D100", "there is no usage to plan with", file="usage", hint=hint)
            return days, (scenario.horizon.start, scenario.horizon.start)
        covered = usage.totals["first"].min().date(), usage.totals["after"].max().date()
        return days, (covered[0], covered[1] - timedelta(days=1))
    last = days["date"].max().date()
    first_seen = days["date"].min().date()
    # a year back from 28 February is the day after 28 February, whether or not one of the years has a 29th
    first = max(add_months(last + timedelta(days=1), -12), add_months(last, -12) + timedelta(days=1))
    _say_short_or_old(scenario, first_seen, last, short=(first_seen - first).days > 31, findings=findings)
    _say_gap(scenario, days, first, first_seen, findings)
    first = max(first, first_seen) if scenario.demand.method == "rate" else first
    return days if first <= first_seen else days[days["date"] >= pd.Timestamp(first)], (first, last)


def _say_short_or_old(
    scenario: Scenario, first: date, last: date, *, short: bool, findings: Findings
) -> None:
    """D103: less than 12 months of history. D120: a horizon that starts long after it."""
    start = scenario.horizon.start
    if short:
        repeats = scenario.demand.method == "repeat"
        known = add_months(first, 12)
        again = known if known > start else add_months(start, 3)
        findings.add(
            "D103",
            f"the history covers only {(last - first).days + 1} days ({first} to {last}): "
            + (
                "with `repeat` the rest of the year has no demand"
                if repeats
                else "`rate` takes them for every other part of the year"
            ),
            file="usage",
            severity="warning",
            hint=("set `demand.method: rate`, or add" if repeats else "add") + " older usage exports; "
            f"otherwise buy only a small first pack, for the use until {again}, and plan again then",
        )
    if (away := (start - last).days) > _FAR:
        findings.add(
            "D120",
            f"the last day of usage, {last}, is {away:,} days before the start of the horizon",
            file="usage",
            severity="warning",
            hint="export the usage again up to today, or correct `horizon.start`",
        )


def _say_gap(
    scenario: Scenario, days: pd.DataFrame, first: date, first_seen: date, findings: Findings
) -> None:
    """D107: a history that begins a few days late, as a portal's "last 12 months" do in the current month."""
    covered = days[days["date"] >= pd.Timestamp(first)]
    missing, known = _working_days(first, first_seen), _working_days(first_seen, add_months(first, 12))
    dense = 2 * covered["date"].nunique() > known  # with little use, some days without use say nothing
    if scenario.demand.method != "repeat" or missing < 5 or (first_seen - first).days > 31 or not dense:
        return
    findings.add(
        "D107",
        f"the history begins on {first_seen}: the {missing} working days from {first} are planned without "
        f"use, about {round(len(covered) * missing / known):,} chargeable days too few",
        file="usage",
        severity="warning",
        hint=f"add an export that begins on {first} or earlier; or raise `tokens.buffer` by "
        f"{-(-missing * 100 // known)} percentage points",
    )


def _working_days(first: date, after: date) -> int:
    """Days from Monday to Friday, without the turn of the year, when many firms are closed."""
    days = pd.bdate_range(first, after, inclusive="left")
    return int((~((days.month == 12) & (days.day > 20) | (days.month == 1) & (days.day < 7))).sum())


_FAR = 92
"""Days without data before the horizon that are usual: a renewal is planned a quarter ahead."""
