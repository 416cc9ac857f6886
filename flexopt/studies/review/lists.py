"""Findings that need no plan: unused seats, access held by leavers, tokens used despite a seat."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from flexopt.inputs.records import Person, TodaysAccess, Usage
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.store.study_parts import DoubleUse, IdleSeat, Leaver
from flexopt.studies.review.access import Has


def idle(
    scenario: Scenario, access: Sequence[TodaysAccess], usage: Usage, last: date
) -> tuple[IdleSeat, ...]:
    """Seats not used in the last `demand.idle_days` of the history, which ends with `last`; never used first.

    Using one product of a collection uses the seat. Summaries do not date the days of use: users who appear
    in one are not listed.
    """
    covers = {o.id: o.covers for o in scenario.offers}
    dated = usage.days.groupby(["user", "product"], observed=True)["date"].max()
    latest = {pair: day.date() for pair, day in dated.items()}
    undated = set(zip(usage.totals["user"], usage.totals["product"], strict=True))
    seats: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in access:
        if row.access == "named":
            seats[row.user, row.offer or f"\0{row.product}"].append(row.product)
    found: list[IdleSeat] = []
    for (user, offer), products in sorted(seats.items()):
        known = covers.get(offer, ())
        reached = {*products, *known}
        if any((user, p) in undated for p in reached):
            continue
        used = max((latest[user, p] for p in reached if (user, p) in latest), default=None)
        if used is None or used <= last - timedelta(days=scenario.demand.idle_days):
            found.append(
                IdleSeat(
                    user=user,
                    product=", ".join(products),
                    offer="" if offer.startswith("\0") else offer,
                    last_use=used,
                )
            )
    return tuple(sorted(found, key=lambda row: (row.last_use or date.min, row.user, row.product)))


def leavers(
    scenario: Scenario, access: Sequence[TodaysAccess], people: Mapping[str, Person]
) -> tuple[Leaver, ...]:
    """Access of people who leave before the horizon ends, or have left; by leaving date."""
    found = [
        Leaver(user=row.user, product=row.product, offer=row.offer, leaves=person.leaves)
        for row in access
        if (person := people.get(row.user)) and person.leaves and person.leaves < scenario.horizon.end
    ]
    return tuple(sorted(found, key=lambda row: (row.leaves, row.user, row.product)))


def double_use(
    usage: Usage, today: Mapping[tuple[str, str], Has], first: date, last: date
) -> tuple[DoubleUse, ...]:
    """Users who hold a seat for a product and used tokens for it in the history; the most days first.

    Empty if the usage files do not say which days used tokens.
    """
    if usage.token_days is None:
        return ()
    day = usage.token_days["date"]
    inside = usage.token_days[(day >= str(first)) & (day <= str(last))]
    found: list[DoubleUse] = []
    for pair, days in Counter(zip(inside["user"], inside["product"], strict=True)).items():
        has = today.get(pair)
        if has and (has.offers or has.any_seat):
            offers = " + ".join(sorted(has.offers))
            found.append(DoubleUse(user=pair[0], product=pair[1], offer=offers, flex_days=days))
    return tuple(sorted(found, key=lambda row: (-row.flex_days, row.user, row.product)))
