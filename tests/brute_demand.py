"""Chargeable days of the horizon by user, product and day, for brute force: demand written again.

From the specification and day by day; of flexopt only the schema is used.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

import pandas as pd

from flexopt.inputs.records import Person
from flexopt.inputs.scenario.scenario import Scenario

DAY = timedelta(days=1)
Needs = dict[tuple[str, str], dict[date, Fraction]]


def later(day: date, months: int) -> date:
    """`months` later, on the same day of the month or the month's last."""
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def access_rule(scenario: Scenario, people: Mapping[str, Person], user: str, name: str) -> str:
    """Of the rules that match, user beats group beats product; "" where access is free."""
    group = people[user].group if user in people else ""
    best: tuple[int, str] = (-1, "")
    for rule in scenario.policy.rules:
        wanted = ((rule.user, user, 4), (rule.group, group, 2), (rule.product, name, 1))
        if all(asked is None or asked == actual for asked, actual, _ in wanted):
            best = max(best, (sum(w for asked, _, w in wanted if asked is not None), rule.access))
    return best[1]


def rate_of(scenario: Scenario, name: str, day: date) -> Fraction | None:
    """Tokens of one chargeable day; None where the product is not on Flex that day."""
    entry = next(p for p in scenario.products if p.id == name)
    known = sorted((r.from_, r.tokens) for r in entry.rates if r.from_ <= day)
    return Fraction(known[-1][1]) if entry.flex and known else None


def chargeable_days(scenario: Scenario, usage: pd.DataFrame, people: Mapping[str, Person]) -> Needs:
    """Chargeable days by user, product and day of the horizon, with growth."""
    start = scenario.horizon.start
    end = later(start, scenario.horizon.months)
    names = {_key(n): p.id for p in scenario.products for n in (p.id, *p.aliases)}
    seen = {
        (str(user), names[_key(str(name))], pd.Timestamp(day).date())
        for user, name, day in usage[["user", "product", "date"]].itertuples(index=False)
        if _key(str(name)) in names
    }
    past = {row for row in seen if row[2] < start} or seen
    last = max((day for *_, day in past), default=start)
    first = later(last + DAY, -12)
    horizon = [start + DAY * n for n in range((end - start).days)]
    needs: Needs = {}
    if scenario.demand.method == "rate":
        first = max(first, min((day for *_, day in past), default=first))
        share = Fraction(1, (last - first).days + 1)
        moved = [(u, p, day, share) for u, p, d in past if d >= first for day in horizon]
    else:
        moved = [
            (u, p, day, Fraction(1)) for u, p, d in past if d >= first for day in horizon if _same(d, day)
        ]
    for user, name, day, count in moved:
        person = people.get(user)
        if person and ((person.starts and day < person.starts) or (person.leaves and day >= person.leaves)):
            continue
        if access_rule(scenario, people, user, name) == "none":
            continue
        growth = scenario.demand.growth
        group = person.group if person else ""
        factors = [growth.products.get(name), growth.groups.get(group)]
        factor = Fraction(1)
        for rise in [f for f in factors if f is not None] or [growth.default]:
            factor *= 1 + Fraction(rise)
        days = needs.setdefault((user, name), {})
        days[day] = days.get(day, Fraction(0)) + count * factor
    return needs


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _same(past: date, day: date) -> bool:
    """Whole years apart; 29 February falls on the 28th."""
    place = (past.month, 28 if (past.month, past.day) == (2, 29) else past.day)
    return place == (day.month, day.day)
