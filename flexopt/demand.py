"""Usage of the past -> chargeable days of the horizon.

Demand is a table of spans: `count / per` chargeable days on every day of `[first, after)`, times the growth
factor of its user and product. A day that repeats is a span of one day; a rate is one span over the horizon.
Counts stay integers and factors Decimal, so that the audit can add them up exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from flexopt.dates import add_months
from flexopt.inputs.findings import Findings
from flexopt.inputs.scenario import Growth, Scenario
from flexopt.inputs.tables import Person, Usage
from flexopt.policy import rule_for

__all__ = ["Demand", "forecast"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Demand:
    """Chargeable days in the horizon. A *pair* is one user with one product.

    users : user ids, sorted
    products : ids of all products of the scenario, in its order
    pair_user, pair_product : int64[pairs], indexes into them; pairs are sorted by user, then product
    pair_factor : object[pairs] of Decimal, growth factor (1.05)
    pair_rule : object[pairs], "named", "flex" or "" (free)
    spans : int64 columns `pair`, `first`, `after` (days since the horizon's start), `count`, `per`
    left_out : columns `user`, `product`, `days`, `reason`: chargeable days of the last 12 months not planned
    history : first and last day of the history used
    """

    users: tuple[str, ...]
    groups: tuple[str, ...]
    products: tuple[str, ...]
    pair_user: Ints
    pair_product: Ints
    pair_factor: npt.NDArray[np.object_]
    pair_rule: npt.NDArray[np.object_]
    spans: pd.DataFrame
    left_out: pd.DataFrame
    history: tuple[date, date]
    findings: Findings

    @property
    def pairs(self) -> int:
        return len(self.pair_user)

    def cells(self, edges: Ints) -> pd.DataFrame:
        """Spans cut at the edges and added up: int64 columns `pair`, `period`, `count`, `per`.

        `edges` are days since the horizon's start, sorted, first 0 and last the horizon's length; period t
        is [edges[t], edges[t + 1]). A cell has `count / per` chargeable days, before growth; sorted by
        pair and period, one row each. A pair has one `per`.
        """
        spans = self.spans
        first, after = spans["first"].to_numpy(), spans["after"].to_numpy()
        begin = np.searchsorted(edges, first, side="right") - 1
        pieces = np.searchsorted(edges, after, side="left") - begin
        row = np.repeat(np.arange(len(spans)), pieces)
        period = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces) + begin[row]
        inside = np.minimum(edges[period + 1], after[row]) - np.maximum(edges[period], first[row])
        cells = pd.DataFrame(
            {
                "pair": spans["pair"].to_numpy()[row],
                "period": period,
                "count": spans["count"].to_numpy()[row] * inside,
                "per": spans["per"].to_numpy()[row],
            }
        )
        return _summed(cells, ["pair", "period", "per"], "count")


def forecast(scenario: Scenario, usage: Usage, people: Mapping[str, Person]) -> Demand:
    """Forecast the chargeable days of the horizon from the usage, by `demand.method`.

    Raises InputError if nothing is left to plan or the history cannot carry the method.
    """
    findings = Findings()
    history, window = _history(scenario, usage, findings)
    findings.raise_if_errors()
    spans, outside = (
        _repeat(scenario, history) if scenario.demand.method == "repeat" else _rate(scenario, history, window)
    )
    spans = pd.concat([spans, _totals(scenario, usage)], ignore_index=True)
    spans, gone = _within_employment(scenario, spans, people)
    spans, refused = _within_policy(scenario, spans, people)
    spans, shrunk = _within_growth(scenario, spans, people)
    left_out = pd.concat([outside, gone, refused, shrunk], ignore_index=True)
    if spans.empty and not scenario.cloud:
        reasons = left_out.groupby("reason")["days"].sum()
        findings.add(
            "D104",
            "nothing is left to plan: "
            + "; ".join(f"{days:,} days: {reason}" for reason, days in reasons.items()),
            file="usage",
            hint="check the horizon, the people table and the policy",
        )
        findings.raise_if_errors()
    return _indexed(scenario, spans, people, left_out=left_out, window=window, findings=findings)


def _history(scenario: Scenario, usage: Usage, findings: Findings) -> tuple[pd.DataFrame, tuple[date, date]]:
    """The days of the last 12 months of history, and the first and last day of that window."""
    days, start = usage.days, pd.Timestamp(scenario.horizon.start)
    past = days[days["date"] < start]
    if len(past):
        if len(past) < len(days):
            findings.add(
                "D101",
                f"{len(days) - len(past):,} chargeable days on or after the horizon's start are not history "
                "and were left out",
                file="usage",
                severity="warning",
                hint="start the horizon after the last day of usage to plan with all of it",
            )
        days = past
    elif len(days):
        findings.add(
            "D102",
            "all usage lies on or after the horizon's start: the plan is made in hindsight, from the last "
            "12 months of usage",
            file="usage",
            severity="warning",
            hint="start the horizon after the last day of usage",
        )
    if days.empty:
        if usage.totals.empty:
            findings.add("D100", "there is no usage to plan from", file="usage", hint="add usage.files")
            return days, (scenario.horizon.start, scenario.horizon.start)
        covered = usage.totals["first"].min().date(), usage.totals["after"].max().date()
        return days, (covered[0], covered[1] - timedelta(days=1))
    last = days["date"].max().date()
    first_seen = days["date"].min().date()
    # a year back from 28 February is the day after 28 February, whether or not one of the years has a 29th
    first = max(add_months(last + timedelta(days=1), -12), add_months(last, -12) + timedelta(days=1))
    if (first_seen - first).days > 31 and scenario.demand.method == "repeat":
        findings.add(
            "D103",
            f"the history has only {(last - first_seen).days + 1} days ({first_seen} to {last}): "
            "`repeat` plans nothing for the rest of the year",
            file="usage",
            severity="warning",
            hint="set demand.method: rate, or add older usage exports",
        )
    first = max(first, first_seen) if scenario.demand.method == "rate" else first
    return days[days["date"] >= pd.Timestamp(first)], (first, last)


def _repeat(scenario: Scenario, history: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each day moved by whole years to every place it has in the horizon; 29 February goes to the 28th."""
    start, end = scenario.horizon.start, scenario.horizon.end
    dates = history["date"].dt
    month, day = dates.month.to_numpy(np.int64), dates.day.to_numpy(np.int64)
    day = np.where((month == 2) & (day == 29), 28, day)
    moved, reached = [], np.zeros(len(history), dtype=bool)
    for target in range(start.year, end.year + 1):
        months = ((target - 1970) * 12 + month - 1).astype("datetime64[M]")
        offset = (months.astype("datetime64[D]") + (day - 1) - np.datetime64(start)).astype(np.int64)
        inside = (offset >= 0) & (offset < (end - start).days)
        reached |= inside
        moved.append(
            pd.DataFrame(
                {
                    "user": history["user"].to_numpy()[inside],
                    "product": history["product"].to_numpy()[inside],
                    "first": offset[inside],
                    "after": offset[inside] + 1,
                    "count": 1,
                    "per": 1,
                }
            )
        )
    # a horizon under a year does not reach every day: what it does not reach is left out, and said
    outside = history.loc[~reached, ["user", "product"]].assign(days=1, reason="outside the horizon's months")
    keys = ["user", "product", "first", "after", "per"]
    spans = _summed(pd.concat(moved, ignore_index=True), keys, "count")
    return spans, _by_pair(outside)


def _rate(
    scenario: Scenario, history: pd.DataFrame, window: tuple[date, date]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Chargeable days per calendar day of the observed window, on every day of the horizon."""
    spans = history.groupby(["user", "product"], as_index=False, observed=True).size()
    spans = spans.rename(columns={"size": "count"}).assign(
        first=0,
        after=(scenario.horizon.end - scenario.horizon.start).days,
        per=(window[1] - window[0]).days + 1,
    )
    return spans, _by_pair(history.iloc[:0].assign(days=0, reason=""))


def _totals(scenario: Scenario, usage: Usage) -> pd.DataFrame:
    """Summaries have no days to repeat: their count is spread over the window they cover."""
    totals = usage.totals
    return pd.DataFrame(
        {
            "user": totals["user"],
            "product": totals["product"],
            "first": 0,
            "after": (scenario.horizon.end - scenario.horizon.start).days,
            "count": totals["days"].astype(np.int64),
            "per": (totals["after"] - totals["first"]).dt.days.astype(np.int64),
        }
    )


def _within_employment(
    scenario: Scenario, spans: pd.DataFrame, people: Mapping[str, Person]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut each span to the days its user is there."""
    start = scenario.horizon.start
    arrives = spans["user"].map({u: (p.starts - start).days for u, p in people.items() if p.starts})
    leaves = spans["user"].map({u: (p.leaves - start).days for u, p in people.items() if p.leaves})
    first = np.maximum(spans["first"], arrives.fillna(-(10**9))).astype(np.int64)
    after = np.minimum(spans["after"], leaves.fillna(10**9)).astype(np.int64)
    kept = after > first
    # of a count that is spread over the horizon, the share of the days cut off; a begun day is a day
    length = spans["after"] - spans["first"]
    lost = length - np.maximum(after - first, 0)
    gone = spans.loc[lost > 0, ["user", "product"]].assign(
        days=-(-spans["count"] * lost // length), reason="before the user starts or after the user leaves"
    )
    return spans.assign(first=first, after=after)[kept], _by_pair(gone)


def _within_policy(
    scenario: Scenario, spans: pd.DataFrame, people: Mapping[str, Person]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Attach the rule of each user and product; drop what `access: none` leaves out."""
    keys = spans[["user", "product"]].drop_duplicates()
    rules = []
    for user, product in keys.itertuples(index=False) if scenario.policy else ():
        person = people.get(user)
        rule = rule_for(scenario.policy, user, person.group if person else "", product)
        rules.append(rule.access if rule else "")
    keys = keys.assign(rule=rules if scenario.policy else "")
    spans = spans.merge(keys, on=["user", "product"], how="left")
    refused = spans.loc[spans["rule"] == "none", ["user", "product"]].assign(
        days=spans["count"], reason="policy: access none"
    )
    return spans[spans["rule"] != "none"], _by_pair(refused)


def _within_growth(
    scenario: Scenario, spans: pd.DataFrame, people: Mapping[str, Person]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Attach the growth factor; drop what shrinks to nothing (growth -1): no days need no access."""
    keys = spans[["user", "product"]].drop_duplicates()
    cache: dict[tuple[str, str], Decimal] = {}
    factors = []
    for user, product in keys.itertuples(index=False):
        key = (product, people[user].group if user in people else "")
        if key not in cache:
            cache[key] = growth_factor(scenario.demand.growth, *key)
        factors.append(cache[key])
    spans = spans.merge(keys.assign(factor=pd.Series(factors, index=keys.index, dtype=object)), how="left")
    none = (spans["factor"] == 0).astype(bool)
    shrunk = spans.loc[none, ["user", "product"]].assign(days=spans["count"], reason="growth of -1")
    return spans[~none], _by_pair(shrunk)


def _by_pair(rows: pd.DataFrame) -> pd.DataFrame:
    return _summed(rows, ["user", "product", "reason"], "days")[["user", "product", "days", "reason"]]


def _summed(rows: pd.DataFrame, keys: list[str], column: str) -> pd.DataFrame:
    return pd.DataFrame(rows.groupby(keys, observed=True)[column].sum().reset_index())


def growth_factor(growth: Growth, product: str, group: str) -> Decimal:
    """1 + growth: of the named product and of the named group, else the default."""
    named = [
        table[key] for table, key in ((growth.products, product), (growth.groups, group)) if key in table
    ]
    factor = Decimal(1)
    for share in named or [growth.default]:
        factor *= 1 + share
    return factor


def _indexed(
    scenario: Scenario,
    spans: pd.DataFrame,
    people: Mapping[str, Person],
    *,
    left_out: pd.DataFrame,
    window: tuple[date, date],
    findings: Findings,
) -> Demand:
    """Names to indexes, in an order that does not depend on the files' order."""
    users = tuple(sorted(set(spans["user"])))
    groups = tuple(people[u].group if u in people else "" for u in users)
    products = tuple(p.id for p in scenario.products)
    user_index = {u: i for i, u in enumerate(users)}
    product_index = {p: i for i, p in enumerate(products)}
    spans = spans.assign(u=spans["user"].map(user_index), p=spans["product"].map(product_index))
    pairs = (
        spans[["u", "p", "rule", "factor"]]
        .drop_duplicates(["u", "p"])
        .sort_values(["u", "p"], ignore_index=True)
    )
    spans = spans.merge(pairs[["u", "p"]].assign(pair=np.arange(len(pairs))), on=["u", "p"])
    pair_user, pair_product = pairs["u"].to_numpy(np.int64), pairs["p"].to_numpy(np.int64)
    columns = ["pair", "first", "after", "count", "per"]
    return Demand(
        users=users,
        groups=groups,
        products=products,
        pair_user=pair_user,
        pair_product=pair_product,
        pair_factor=pairs["factor"].to_numpy(object),
        pair_rule=pairs["rule"].to_numpy(object),
        spans=spans[columns].astype(np.int64).sort_values(columns, ignore_index=True),
        left_out=left_out.sort_values(["user", "product", "reason"], ignore_index=True),
        history=window,
        findings=findings,
    )
