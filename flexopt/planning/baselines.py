"""What the plan is compared with: the same problem under a rule of thumb used instead of optimising.

Every baseline is the model with more rules, so it can never be cheaper than the optimum, and it has the
cheapest packs and contracts that its rule allows: the saving shown is a minimum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flexopt.base.arrays import Bools, Floats, Ints
from flexopt.base.dates import add_months
from flexopt.demand.forecast import Demand, leaving_days
from flexopt.inputs.records import Person, TodaysAccess
from flexopt.inputs.rules.prices import in_force, tiers_on
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.model.leaving import STAYS
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem


@dataclass(frozen=True, slots=True)
class Baseline:
    """The cost of an alternative; `total` is None if it is not possible, and `note` says why."""

    total: Decimal | None
    seats: Decimal | None
    tokens: Decimal | None
    note: str = ""


def all_named(problem: Problem) -> Restriction:
    """Seats wherever seats can cover the use."""
    return Restriction(rule=_rule(named=_always_named(problem)))


def all_flex(problem: Problem) -> Restriction:
    """Tokens wherever a product is on Flex."""
    return Restriction(rule=_rule(flex=_always_flex(problem)))


def break_even_rule(problem: Problem) -> Restriction:
    """Per user: a seat if the tokens would cost at least as much at list price, otherwise Flex.

    A collection is taken if its price is at most what that rule pays for the products it covers. The share of
    the horizon counts, for people who leave before the term ends its whole price.
    """
    scenario, demand = problem.scenario, problem.demand
    leaves = np.array([demand.leaves.get(u, STAYS) for u in range(len(demand.users))])[demand.pair_user]
    listed = tiers_on(scenario.tokens, scenario.horizon.start)[0].price
    index = {name: p for p, name in enumerate(demand.products)}
    seat, within = np.full((2, demand.pairs), np.inf)
    collections: list[tuple[list[int], Floats]] = []
    for offer in scenario.offers:
        price = in_force(offer.prices, scenario.horizon.start)
        if price is None or offer.term_months < 12:
            continue
        share = Fraction(scenario.horizon.months, offer.term_months)
        term = (add_months(scenario.horizon.start, offer.term_months) - scenario.horizon.start).days
        counted = np.where(
            (leaves < term) & (share < 1), float(price.new), float(Fraction(price.new) * share)
        )
        if len(offer.covers) == 1:
            mine = demand.pair_product == index[offer.covers[0]]
            seat[mine] = np.minimum(seat, counted)[mine]
        else:
            covers = [index[p] for p in offer.covers]
            mine = np.isin(demand.pair_product, covers)
            within[mine] = np.minimum(within, counted)[mine]
            collections.append((covers, counted))
    # the seat of a product without one of its own is the collection's
    seat = np.where(np.isinf(seat), within, seat)
    tokens = float(listed) * problem.tokens.sum(axis=1)
    named, paid = seat <= tokens, np.minimum(seat, tokens)
    begin, user = _users(problem)
    for covers, counted in collections:
        mine = np.isin(demand.pair_product, covers)
        several = _of_users(np.add, mine.astype(np.int64), begin) > 1
        cheaper = _of_users(np.add, np.where(mine, paid, 0.0), begin) >= counted[begin]
        named = named | (mine & (several & cheaper)[user])
    return Restriction(rule=_rule(named=named & _always_named(problem), flex=~named & _always_flex(problem)))


def todays_access(problem: Problem, access: Sequence[TodaysAccess]) -> Restriction:
    """All users keep today's access; what the access table does not list is free.

    A seat takes precedence over tokens: a user with a seat that covers the product is not bound to Flex.
    """
    demand = problem.demand
    users = {u: i for i, u in enumerate(demand.users)}
    products = {p: i for i, p in enumerate(demand.products)}
    covers = {o.id: o.covers for o in problem.scenario.offers}
    width = len(products)
    pairs = dict(
        zip((demand.pair_user * width + demand.pair_product).tolist(), range(demand.pairs), strict=True)
    )

    def pair(user: str, product: str) -> int:
        """-1 if the user does not use the product in the horizon."""
        return pairs.get(users[user] * width + products[product], -1) if user in users else -1

    rule = _rule(named=np.zeros(demand.pairs, dtype=bool))
    offers: dict[int, frozenset[str]] = {}
    held: set[int] = set()
    for row in access:
        if row.access == "named":
            held.update(pair(row.user, p) for p in covers.get(row.offer, ()))
            if (i := pair(row.user, row.product)) >= 0:
                rule[i] = "named"
                if row.offer:
                    offers[i] = offers.get(i, frozenset()) | {row.offer}
    for row in access:
        i = pair(row.user, row.product)
        if row.access == "flex" and i >= 0 and i not in held and not rule[i]:
            rule[i] = "flex"
    return Restriction(rule=rule, offers=offers)


def with_idle_holders(
    demand: Demand, access: Sequence[TodaysAccess], scenario: Scenario, people: Mapping[str, Person]
) -> Demand:
    """The demand with all of today's seat holders: without use, a sliver of a day keeps the seat.

    It does until they leave; the seat of somebody who has left before the horizon is kept all the same.
    """
    horizon = scenario.horizon
    length = (horizon.end - horizon.start).days
    known = {
        (demand.users[u], demand.products[p])
        for u, p in zip(demand.pair_user, demand.pair_product, strict=True)
    }
    idle = sorted({(a.user, a.product) for a in access if a.access == "named"} - known)
    if not idle:
        return demand
    users = tuple(sorted({*demand.users, *(u for u, _ in idle)}))
    index = {u: i for i, u in enumerate(users)}
    leaves = {u: day for u, day in leaving_days(scenario, users, people).items() if day > 0}
    group = dict(zip(demand.users, demand.groups, strict=True))
    pairs = pd.DataFrame(
        {
            "u": [index[demand.users[u]] for u in demand.pair_user] + [index[u] for u, _ in idle],
            "p": [*demand.pair_product, *(demand.products.index(p) for _, p in idle)],
            "factor": [*demand.pair_factor, *(Decimal(1) for _ in idle)],
            "rule": [*demand.pair_rule, *("" for _ in idle)],
            "old": np.arange(demand.pairs + len(idle)),
        }
    ).sort_values(["u", "p"], ignore_index=True)
    renumbered = pd.Series(pairs.index, index=pairs["old"])
    slivers = pd.DataFrame(
        {
            "pair": np.arange(demand.pairs, demand.pairs + len(idle)),
            "first": 0,
            "after": [min(length, leaves.get(index[u], length)) for u, _ in idle],
            "count": 1,
            "per": 1_000_000_000,
        }
    )
    spans = pd.concat([demand.spans, slivers], ignore_index=True)
    spans["pair"] = spans["pair"].map(renumbered)
    return Demand(
        users=users,
        groups=tuple(group.get(u, "") for u in users),
        cost_centres=tuple(people[u].cost_centre if u in people else "" for u in users),
        products=demand.products,
        pair_user=pairs["u"].to_numpy(np.int64),
        pair_product=pairs["p"].to_numpy(np.int64),
        pair_factor=pairs["factor"].to_numpy(object),
        pair_rule=pairs["rule"].to_numpy(object),
        spans=spans.astype(np.int64).sort_values(["pair", "first"], ignore_index=True),
        left_out=demand.left_out,
        history=demand.history,
        findings=demand.findings,
        leaves=leaves,
    )


def _rule(named: Bools | None = None, flex: Bools | None = None) -> npt.NDArray[np.object_]:
    """object[pairs]: "named", "flex" or "" for each pair."""
    one = named if named is not None else flex
    rule = np.full(0 if one is None else len(one), "", dtype=object)
    if flex is not None:
        rule[flex] = "flex"
    if named is not None:
        rule[named] = "named"
    return rule


def _users(problem: Problem) -> tuple[Ints, Ints]:
    """The first pair of each user with use, and for every pair the index of its user among them."""
    changes = np.diff(problem.demand.pair_user, prepend=-1) != 0
    return np.flatnonzero(changes), np.cumsum(changes) - 1


def _of_users(add: np.ufunc, values: npt.NDArray[Any], begin: Ints) -> npt.NDArray[Any]:
    """The values of each user's pairs, combined."""
    return np.asarray(add.reduceat(values, begin)) if len(begin) else values[:0]


def _always_named(problem: Problem) -> Bools:
    """bool[pairs]: can new seats cover the pair whenever it has demand?

    A seat that also covers a product which the policy puts on Flex does not count for that user.
    """
    demand = problem.demand
    begin, user = _users(problem)
    barred = np.zeros((len(begin), len(demand.products)), dtype=bool)
    flex = demand.pair_rule == "flex"
    barred[user[flex], demand.pair_product[flex]] = True
    kinds, kind = np.unique(barred, axis=0, return_inverse=True)
    found = np.zeros(demand.pairs, dtype=bool)
    for n, without in enumerate(kinds):
        covered = np.zeros((len(demand.products), problem.periods), dtype=bool)
        for c in problem.contracts:
            if c.on_sale and not without[list(c.covers)].any():
                covered[list(c.covers), c.first : c.after] = True
        mine = (kind.reshape(-1) == n)[user]
        missing = (problem.days[mine] > 0) & ~covered[demand.pair_product[mine]]
        found[mine] = ~missing.any(axis=1)
    return found


def _always_flex(problem: Problem) -> Bools:
    """bool[pairs]: can tokens serve the pair at all times, without a required seat that covers it too?

    A user who needs a collection for one of its products also uses the others with that seat.
    """
    demand = problem.demand
    missing = ((problem.days > 0) & ~problem.on_flex[demand.pair_product]).any(axis=1)
    found = ~missing
    begin, user = _users(problem)
    width = len(demand.products)
    used, seated = np.zeros((len(begin), width), dtype=bool), np.zeros((len(begin), width), dtype=bool)
    used[user, demand.pair_product] = True
    must = missing | (demand.pair_rule == "named")
    seated[user[must], demand.pair_product[must]] = True
    offers = {c.covers for c in problem.contracts}
    taken = np.zeros_like(used)
    kinds, kind = np.unique(np.concatenate([used, seated], axis=1), axis=0, return_inverse=True)
    for n, row in enumerate(kinds):
        mine, must_have = (set(np.flatnonzero(part).tolist()) for part in (row[:width], row[width:]))
        for p in must_have:
            beside = [(covers & mine) - must_have for covers in offers if p in covers]
            if all(beside):  # every seat for p covers something that tokens could serve
                reached = sorted(set().union(*beside))
                taken[np.ix_(kind.reshape(-1) == n, reached)] = True
    return np.asarray(found & ~taken[user, demand.pair_product])
