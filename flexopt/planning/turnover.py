"""Staff turnover that nobody stated: who seems to have left, and who came too late to have a past year.

Both are planned as the past year shows them, which is wrong for both: only the planner knows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd

from flexopt.base.findings import Findings
from flexopt.base.text import count
from flexopt.demand.forecast import Demand
from flexopt.inputs.records import ScenarioFile, Usage
from flexopt.inputs.rules.prices import rate_on, tiers_on, token_price
from flexopt.model.sets import Problem
from flexopt.planning.bill import Bill
from flexopt.planning.reasons import planned_token_price

SHOWN = 20
"""People that a finding lists with a line to paste."""

MISSING_DAYS = 10
"""A newcomer is reported if at this rate as many days or more would have fallen before the first day."""


def turnover(
    source: ScenarioFile,
    usage: Usage,
    demand: Demand,
    costs: Callable[[], Mapping[str, Decimal]],
    priced: str = "",
) -> Findings:
    """D105: people without use for `demand.idle_days`; D106: people without an earlier season.

    Who may only have changed the email has been asked about (U184), and did not leave.

    Parameters
    ----------
    costs : computes what planning each user of the demand costs; called only if somebody is reported.
    priced : how, if that is not what the plan does with them: ` on Flex`.
    """
    findings = Findings()
    seen = _seen(usage, demand)
    end, idle = demand.history[1], timedelta(days=source.scenario.demand.idle_days)
    people = source.people
    moved = {f.value for f in usage.findings if f.code == "U184"}
    quiet = seen.index[seen["last"] < pd.Timestamp(end - idle)]
    gone = [u for u in quiet if _open(people, u, "leaves") and u not in moved]
    if gone:
        _report_gone(findings, source, seen.loc[gone], end, costs(), priced=priced)
    if source.scenario.demand.method == "repeat":
        _report_new(findings, source, seen, demand.history)
    return findings


def _open(people: Mapping[str, object], user: str, column: str) -> bool:
    """Whether the people table leaves this date of the user open."""
    return getattr(people.get(user), column, None) is None


def _seen(usage: Usage, demand: Demand) -> pd.DataFrame:
    """First and last day of use and the number of days of planned users, by user, as far as they are known.

    A Usage Report knows the last day, but not the first.
    """
    days = usage.days
    known = pd.Categorical(days["user"])
    days_of = np.bincount(known.codes, minlength=len(known.categories))
    dates = days["date"].to_numpy().astype("datetime64[s]").astype(np.int64)
    first = np.full(len(days_of), np.iinfo(np.int64).max)
    last = np.full(len(days_of), np.iinfo(np.int64).min)
    np.minimum.at(first, known.codes, dates)
    np.maximum.at(last, known.codes, dates)
    seen = pd.DataFrame(
        {"first": first.astype("datetime64[s]"), "last": last.astype("datetime64[s]"), "days": days_of},
        index=pd.Index(known.categories, dtype=object),
    )
    summed = pd.Index(sorted(set(usage.totals["user"])), dtype=object)
    if len(summed) and usage.assigned is not None:
        reported = pd.to_datetime(usage.assigned.groupby("user")["last_used"].max().replace("", None))
        seen = seen.reindex(seen.index.union(summed))
        reported = reported.reindex(summed)
        latest = pd.concat([seen.loc[summed, "last"], reported], axis=1).max(axis=1)
        seen.loc[summed, "last"] = latest.where(reported.notna())
    seen.loc[seen.index.isin(summed), "first"] = pd.NaT
    return seen.loc[[u for u in demand.users if u in seen.index]]


def _report_gone(
    findings: Findings,
    source: ScenarioFile,
    gone: pd.DataFrame,
    end: date,
    costs: Mapping[str, Decimal],
    *,
    priced: str,
) -> None:
    order = sorted(gone.index, key=lambda u: (-costs.get(u, Decimal(0)), u))
    gone = gone.loc[order]
    total = sum((costs.get(u, Decimal(0)) for u in order), Decimal(0))
    leaves = {u: gone["last"][u].date() + timedelta(days=1) for u in order[:SHOWN]}
    currency, idle = source.scenario.currency, source.scenario.demand.idle_days
    findings.add(
        "D105",
        f"{_people(len(gone))} had no use in the last {idle} days of the data, which end on {end}; planning "
        f"{'them' if len(gone) > 1 else 'this person'} costs {total:,} {currency}{priced}: "
        f"{_named(gone['last'])}",
        file="usage",
        severity="warning",
        hint=_repair(source, leaves) + _more(len(gone)),
        count=len(gone),
    )


def _report_new(
    findings: Findings, source: ScenarioFile, seen: pd.DataFrame, history: tuple[date, date]
) -> None:
    if seen.empty:
        return
    begin, end = max(pd.Timestamp(history[0]), seen["first"].min()), pd.Timestamp(history[1])
    if (end - begin).days < 300:  # that the history is short is said elsewhere
        return
    away, there = (seen["first"] - begin).dt.days, (end - seen["first"]).dt.days + 1
    missing = (seen["days"] - 1) / there * away  # the first day is no rate yet
    recent = there < (end - begin).days / 2
    stated = np.array([_open(source.people, u, "starts") for u in seen.index], dtype=bool)
    new = seen[recent & (missing >= MISSING_DAYS) & stated].rename_axis("user").sort_values(["first", "user"])
    if len(new):
        findings.add(
            "D106",
            f"{_people(len(new))} came in the second half of the history: the months before are planned "
            f"without use, about {round(float(missing[new.index].sum())):,} days too few: "
            f"{_named(new['first'], 'from')}",
            file="usage",
            severity="warning",
            hint="`demand: {method: rate}` spreads everybody's days over the year; or raise `tokens.buffer`",
            count=len(new),
        )


def _people(number: int) -> str:
    return count(number, "person", "people")


def _named(days: pd.Series, word: str = "last") -> str:
    names = ", ".join(f"{user} ({word} {day.date()})" for user, day in days.head(3).items())
    return names + (f" and {len(days) - 3:,} more" if len(days) > 3 else "")


def _repair(source: ScenarioFile, leaves: Mapping[str, date]) -> str:
    """The lines for the people table: whole ones for a new table, the day alone for one that is there."""
    table = source.scenario.people
    blanks = ["", "", ""] if table is None else []  # group, cost_centre, starts
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if table is not None:
        writer.writerow(["user", "leaves"])
    writer.writerows([user, *blanks, day] for user, day in leaves.items())
    if table is None:
        where = (
            "write these lines to people.csv, below `user,group,cost_centre,starts,leaves`, and add "
            "`people: people.csv` to the scenario:"
        )
    else:
        where = f"fill in `leaves` of their lines in {table}:"
    return f"if they left, {where}\n{text.getvalue().rstrip()}"


def _more(number: int) -> str:
    return f"\n... and {number - SHOWN:,} more" if number > SHOWN else ""


def costs_on_flex(source: ScenarioFile, demand: Demand) -> dict[str, Decimal]:
    """What each user's forecast costs on Flex at the price of the smallest purchase, before planning."""
    scenario = source.scenario
    price = Fraction(token_price(scenario, tiers_on(scenario.tokens, scenario.horizon.start)[0]))
    rates = [Fraction(rate_on(p, scenario.horizon.start) or 0) for p in scenario.products]
    spans = demand.spans
    days = spans["count"].to_numpy(np.float64) * (spans["after"] - spans["first"]) / spans["per"]
    of_pair = np.bincount(spans["pair"], days, demand.pairs)
    found: dict[int, Fraction] = {}
    for pair, (user, product) in enumerate(zip(demand.pair_user, demand.pair_product, strict=True)):
        tokens = Fraction(of_pair[pair]) * Fraction(demand.pair_factor[pair]) * rates[product]
        found[int(user)] = found.get(int(user), Fraction(0)) + tokens * price
    share = 1 + Fraction(scenario.tokens.buffer)
    return {demand.users[user]: scenario.money.round(cost * share) for user, cost in found.items()}


def costs_in_plan(problem: Problem, bill: Bill) -> dict[str, Decimal]:
    """What each user costs in a plan: seats held, and tokens with their buffer at the plan's price."""
    rows, demand = bill.assignment, problem.demand
    user = demand.pair_user[rows.pair]
    each = {
        (s.offer, s.contract_start, s.contract_end): Fraction(s.cost) / max(s.assigned, 1) for s in bill.seats
    }
    price = Fraction(planned_token_price(problem, bill)) * (1 + Fraction(problem.scenario.tokens.buffer))
    found: dict[int, Fraction] = {}
    held = {(u, k) for u, k in zip(user.tolist(), rows.contract.tolist(), strict=True) if k >= 0}
    for u, k in held:
        contract = problem.contracts[k]
        found[u] = found.get(u, Fraction(0)) + each[contract.offer, contract.start, contract.end]
    tokens = rows.tokens.array()
    for i in np.flatnonzero(rows.contract < 0):
        found[int(user[i])] = found.get(int(user[i]), Fraction(0)) + tokens[i] * price
    return {demand.users[u]: problem.scenario.money.round(cost) for u, cost in found.items()}
