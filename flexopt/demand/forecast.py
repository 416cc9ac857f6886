"""Past usage -> chargeable days in the horizon.

Demand is a table of spans: `count / per` chargeable days on every day of `[first, after)`, times the growth
factor of its user and product. A repeated day is a span of one day; a rate is one span over the horizon.
Counts stay integers and factors Decimal, so that the audit can add them up exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flexopt.base.arrays import Bools, Ints, ranges
from flexopt.base.findings import Findings
from flexopt.demand.history import history_of
from flexopt.demand.policy import rule_for
from flexopt.inputs.records import Person, Unplanned, Usage
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.inputs.scenario.use import Growth

Objects = npt.NDArray[np.object_]

UNPLANNED, REFUSED = "not a product of the scenario", "policy: access none"
NOT_YET, NO_LONGER = "before the user starts", "after the user leaves"
"""Reasons for which use is left out although it will be there."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Chargeable days in the horizon. A *pair* is one user with one product.

    users : user ids, sorted
    groups, cost_centres : of each user, from the people table; empty without one
    products : ids of all products of the scenario, in its order
    pair_user, pair_product : int64[pairs], indexes into them; pairs are sorted by user, then product
    pair_factor : object[pairs] of Decimal, growth factor (1.05)
    pair_rule : object[pairs], "named", "flex" or "" (free)
    spans : integer columns `pair`, `first`, `after` (days since the horizon's start), `count`, `per`; sorted
    left_out : columns `user`, `product`, `days`, `reason`: chargeable days of the last 12 months not planned
    history : first and last day of the history used
    leaves : by user who leaves, the first day after that, in days since the horizon's start
    """

    users: tuple[str, ...]
    groups: tuple[str, ...]
    cost_centres: tuple[str, ...]
    products: tuple[str, ...]
    pair_user: Ints
    pair_product: Ints
    pair_factor: npt.NDArray[np.object_]
    pair_rule: npt.NDArray[np.object_]
    spans: pd.DataFrame
    left_out: pd.DataFrame
    history: tuple[date, date]
    findings: Findings
    leaves: Mapping[int, int] = field(default_factory=dict)

    @property
    def not_planned(self) -> pd.DataFrame:
        """The rows of `left_out` that are use the plan does not serve, rather than none in the horizon."""
        return self.left_out[self.left_out["reason"].isin((UNPLANNED, REFUSED))]

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
        row, period = ranges(begin, np.searchsorted(edges, after, side="left"))
        inside = np.minimum(edges[period + 1], after[row]) - np.maximum(edges[period], first[row])
        cells = pd.DataFrame(
            {
                "pair": spans["pair"].to_numpy()[row],
                "period": period,
                "count": spans["count"].to_numpy()[row] * inside,
                "per": spans["per"].to_numpy()[row],
            }
        )
        return pd.DataFrame(cells.groupby(["pair", "period", "per"])["count"].sum().reset_index())


def forecast(scenario: Scenario, usage: Usage, people: Mapping[str, Person]) -> Demand:
    """Forecast the chargeable days of the horizon from the usage, by `demand.method`.

    Raises InputError if nothing is left to plan or the history cannot carry the method.
    """
    findings = Findings()
    history, window = history_of(scenario, usage, findings)
    findings.raise_if_errors()
    index = _PairIndex.of(scenario, usage, people)
    repeat = scenario.demand.method == "repeat"
    spans, outside = _repeat(scenario, index, history) if repeat else _rate(scenario, index, history, window)
    if len(usage.totals):
        spans = pd.concat([spans, _totals(scenario, index, usage)]).sort_values("pair", kind="stable")
    spans, gone = _within_employment(scenario, index, spans)
    spans, refused, rule = _within_policy(scenario, index, spans)
    rule_pairs, _ = _distinct(spans)
    spans, shrunk, factor = _within_growth(scenario, index, spans)
    left_out = index.named(pd.concat([outside, gone, refused, shrunk], ignore_index=True))
    if usage.unplanned is not None:
        left_out = _with_unplanned(left_out, usage.unplanned, window)
    if spans.empty and not scenario.cloud:
        reasons = left_out.groupby("reason")["days"].sum()
        findings.add(
            "D104",
            "there is nothing left to plan: "
            + "; ".join(f"{days:,} days: {reason}" for reason, days in reasons.items()),
            file="usage",
            hint="check the horizon, the people table and the policy",
        )
        findings.raise_if_errors()
    pairs, place = _distinct(spans)
    users, pair_user = np.unique(pairs // index.width, return_inverse=True)
    names = tuple(index.users[u] for u in users.tolist())
    return Demand(
        users=names,
        groups=tuple(index.groups[u] for u in users.tolist()),
        cost_centres=tuple(people[name].cost_centre if name in people else "" for name in names),
        products=tuple(p.id for p in scenario.products),
        pair_user=pair_user.astype(np.int64),
        pair_product=pairs % index.width,
        pair_factor=factor,
        pair_rule=rule[np.isin(rule_pairs, pairs)],
        spans=pd.DataFrame({**{c: spans[c].to_numpy() for c in spans}, "pair": place.astype(np.int32)}),
        left_out=left_out,
        history=window,
        findings=findings,
        leaves=leaving_days(scenario, names, people),
    )


def leaving_days(scenario: Scenario, users: Sequence[str], people: Mapping[str, Person]) -> dict[int, int]:
    """The first day after leaving, by place of the user, in days since the horizon's start."""
    return {
        n: (person.leaves - scenario.horizon.start).days
        for n, user in enumerate(users)
        if (person := people.get(user)) and person.leaves
    }


@dataclass(frozen=True, slots=True)
class _PairIndex:
    """Users and products as numbers: pair = user * width + product, sorted by user, then product."""

    users: list[str]
    groups: list[str]
    people: Mapping[str, Person]
    products: tuple[str, ...]

    @classmethod
    def of(cls, scenario: Scenario, usage: Usage, people: Mapping[str, Person]) -> _PairIndex:
        users = sorted(usage.users)
        groups = [people[u].group if u in people else "" for u in users]
        return cls(users, groups, people, tuple(p.id for p in scenario.products))

    @property
    def width(self) -> int:
        return len(self.products)

    def pair(self, frame: pd.DataFrame) -> Ints:
        """The pair of each row of a frame with the columns `user` and `product`."""
        user, product = (
            pd.Index(names, dtype=object).get_indexer(pd.Index(known.categories, dtype=object))[known.codes]
            for names, known in (
                (self.users, pd.Categorical(frame["user"])),
                (self.products, pd.Categorical(frame["product"])),
            )
        )
        return np.asarray(user.astype(np.int64) * self.width + product)

    def each(self, pairs: Ints, alone: Collection[str], value: Callable[[str, str, str], Any]) -> Objects:
        """value(user, group, product) of each pair, computed once per group and product.

        `alone` are the users for whom it is computed separately.
        """
        found = np.empty(len(pairs), object)
        names = sorted(set(self.groups))
        number = {name: n for n, name in enumerate(names)}
        group = np.array([number[g] for g in self.groups], np.int64)
        user, product = pairs // self.width, pairs % self.width
        kinds, kind = np.unique(group[user] * self.width + product, return_inverse=True)
        values = np.empty(len(kinds), object)
        values[:] = [value("", names[k // self.width], self.products[k % self.width]) for k in kinds.tolist()]
        found[:] = values[kind]
        single = np.flatnonzero(np.isin(user, [n for n, u in enumerate(self.users) if u in alone]))
        for i in single.tolist():
            u = int(user[i])
            found[i] = value(self.users[u], self.groups[u], self.products[int(product[i])])
        return found

    def named(self, left_out: pd.DataFrame) -> pd.DataFrame:
        """Days left out, summed by pair and reason, with the names of users and products."""
        rows = left_out.groupby(["pair", "reason"], as_index=False)["days"].sum()
        pair = rows["pair"].to_numpy(np.int64)
        return pd.DataFrame(
            {
                "user": np.array(self.users, object)[pair // self.width],
                "product": np.array(self.products, object)[pair % self.width],
                "days": rows["days"].astype(np.int64),
                "reason": rows["reason"].astype(object),
            }
        ).sort_values(["user", "product", "reason"], ignore_index=True)


def _distinct(spans: pd.DataFrame) -> tuple[Ints, Ints]:
    """The distinct pairs of sorted spans, and the place of each span's pair among them."""
    pair = spans["pair"].to_numpy(np.int64)
    new = np.ones(len(pair), bool)
    new[1:] = pair[1:] != pair[:-1]
    return pair[new], np.cumsum(new) - 1


def _repeat(
    scenario: Scenario, index: _PairIndex, history: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each day moved by whole years to every date it has in the horizon; 29 February moves to the 28th."""
    start, end = scenario.horizon.start, scenario.horizon.end
    length = (end - start).days
    days: Any = history["date"].to_numpy().astype("datetime64[D]")
    # a year has few dates: the target of each is looked up
    begin = days.min() if len(days) else np.datetime64(start)
    at = (days - begin).astype(np.int32)
    del days
    calendar: Any = pd.DatetimeIndex(begin + np.arange(at.max() + 1 if len(at) else 0))
    month, day = calendar.month.to_numpy(np.int64), calendar.day.to_numpy(np.int64)
    day = np.where((month == 2) & (day == 29), 28, day)
    pair = index.pair(history)
    moved, reached = [], np.zeros(len(calendar), dtype=bool)
    for target in range(start.year, end.year + 1):
        months = ((target - 1970) * 12 + month - 1).astype("datetime64[M]")
        offset = (months.astype("datetime64[D]") + (day - 1) - np.datetime64(start, "D")).astype(np.int64)
        inside = (offset >= 0) & (offset < length)
        reached |= inside
        rows = inside[at]
        moved.append(pair[rows] * length + offset[at[rows]])
    # one number holds pair and day: once sorted, equal neighbours are days that coincide
    keys = np.concatenate(moved)
    moved.clear()
    keys.sort()
    begins = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))) if len(keys) else keys
    count = np.diff(np.append(begins, len(keys)))
    keys = keys[begins]
    first = (keys % length).astype(np.int32)
    spans = _spans(keys // length, first, first + 1, count, 1)
    # a horizon under a year does not reach every day: the rest is reported as left out
    outside = pair[~reached[at]]
    return spans, _left_out(outside, 1, "outside the months of the horizon")


def _rate(
    scenario: Scenario, index: _PairIndex, history: pd.DataFrame, window: tuple[date, date]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Chargeable days per calendar day of the observed window, on every day of the horizon."""
    pair, count = np.unique(index.pair(history), return_counts=True)
    length = (scenario.horizon.end - scenario.horizon.start).days
    return _spans(pair, 0, length, count, (window[1] - window[0]).days + 1), _left_out(pair[:0], 0, "")


def _totals(scenario: Scenario, index: _PairIndex, usage: Usage) -> pd.DataFrame:
    """Summaries have no days to repeat: their count is spread over the period they cover."""
    totals = usage.totals
    length = (scenario.horizon.end - scenario.horizon.start).days
    per: Any = (totals["after"] - totals["first"]).dt.days.to_numpy(np.int64)
    return _spans(index.pair(totals), 0, length, totals["days"].to_numpy(np.int64), per)


def _within_employment(
    scenario: Scenario, index: _PairIndex, spans: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut each span to the days on which its user is employed."""
    start, far = scenario.horizon.start, 10**9
    pair, was_first, was_after = (spans[c].to_numpy(np.int64) for c in ("pair", "first", "after"))
    arrives, leaves = np.full(len(index.users), -far), np.full(len(index.users), far)
    for u, name in enumerate(index.users):
        if person := index.people.get(name):
            arrives[u] = (person.starts - start).days if person.starts else -far
            leaves[u] = (person.leaves - start).days if person.leaves else far
    if (arrives == -far).all() and (leaves == far).all():
        return spans, _left_out(pair[:0], 0, NO_LONGER)
    user = pair // index.width
    first, after = np.maximum(was_first, arrives[user]), np.minimum(was_after, leaves[user])
    kept = after > first
    # of a count spread over the horizon, the share of the days cut off; part of a day counts as a day
    length, count = was_after - was_first, spans["count"].to_numpy(np.int64)
    early = np.clip(arrives[user] - was_first, 0, length)
    whole = length - np.maximum(after - first, 0)
    lost = -(-count * whole // length)
    before = np.minimum(-(-count * early // length), lost)
    gone = pd.concat(
        _left_out(pair[days > 0], days[days > 0], reason)
        for days, reason in ((before, NOT_YET), (lost - before, NO_LONGER))
    )
    return spans.assign(first=first.astype(np.int32), after=after.astype(np.int32))[kept], gone


def _within_policy(
    scenario: Scenario, index: _PairIndex, spans: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, Objects]:
    """Drop what `access: none` leaves out; returns the rule of each remaining pair."""
    pairs, place = _distinct(spans)

    def access(user: str, group: str, product: str) -> str:
        rule = rule_for(scenario.policy.rules, user, group, product)
        return rule.access if rule else ""

    rules = index.each(pairs, {r.user for r in scenario.policy.rules if r.user}, access)
    none = rules == "none"
    return *_without(spans, none[place], REFUSED), rules[~none]


def _with_unplanned(left_out: pd.DataFrame, use: Unplanned, window: tuple[date, date]) -> pd.DataFrame:
    """What was left out, with the use in the window of products that the scenario does not have."""
    first, last = map(pd.Timestamp, window)
    days = use.days[(use.days["date"] >= first) & (use.days["date"] <= last)]
    counts = days.groupby(["user", "product"], observed=True).size().rename("days").reset_index()
    rows = pd.concat(
        [
            part.astype({"user": object, "product": object})
            for part in (counts, use.totals[["user", "product", "days"]])
        ]
    ).assign(reason=UNPLANNED)
    found = pd.concat([left_out, rows.astype({"days": np.int64})], ignore_index=True)
    return found.sort_values(["user", "product", "reason"], ignore_index=True)


def _within_growth(
    scenario: Scenario, index: _PairIndex, spans: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, Objects]:
    """Drop what shrinks to nothing (growth -1): no days, no access; returns the factors of the rest."""
    pairs, place = _distinct(spans)
    growth = scenario.demand.growth
    factors = index.each(pairs, (), lambda _, group, product: growth_factor(growth, product, group))
    none = (factors == 0).astype(bool)
    return *_without(spans, none[place], "growth of -1"), factors[~none]


def _without(spans: pd.DataFrame, none: Bools, reason: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    if not none.any():
        return spans, _left_out(np.empty(0, np.int64), 0, reason)
    gone = spans[none]
    return spans[~none], _left_out(gone["pair"].to_numpy(np.int64), gone["count"].to_numpy(np.int64), reason)


def _spans(
    pair: Ints, first: npt.ArrayLike, after: npt.ArrayLike, count: Ints, per: npt.ArrayLike
) -> pd.DataFrame:
    columns = {"first": first, "after": after, "count": count, "per": per}
    small = {name: np.broadcast_to(v, len(pair)).astype(np.int32) for name, v in columns.items()}
    return pd.DataFrame({"pair": pair, **small})


def _left_out(pair: Ints, days: Ints | int, reason: str) -> pd.DataFrame:
    pairs, place = np.unique(pair, return_inverse=True)
    sums = np.bincount(place, np.broadcast_to(days, len(pair)), len(pairs)).astype(np.int64)
    return pd.DataFrame({"pair": pairs, "days": sums, "reason": reason})


def growth_factor(growth: Growth, product: str, group: str) -> Decimal:
    """1 + growth: that of the named product and group, otherwise the default."""
    named = [
        table[key] for table, key in ((growth.products, product), (growth.groups, group)) if key in table
    ]
    factor = Decimal(1)
    for share in named or [growth.default]:
        factor *= 1 + share
    return factor
