"""What the plan is measured against: the same problem, bound to a rule people use instead of optimising.

Every baseline is the model with more rules, so it can never be cheaper than the plan, and it has the
cheapest packs and contracts that its rule allows: the saving shown is the least that can be claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from flexopt.demand import Demand
from flexopt.inputs.prices import in_force
from flexopt.inputs.tables import Access
from flexopt.needs import Restriction
from flexopt.problem import Problem, pairs_by_user

__all__ = ["Baseline", "all_flex", "all_named", "break_even_rule", "todays_access", "with_idle_holders"]

Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Baseline:
    """What another way of deciding costs; `total` is None where it cannot be done, and `note` says why."""

    total: Decimal | None
    seats: Decimal | None
    tokens: Decimal | None
    note: str = ""


def all_named(problem: Problem) -> Restriction:
    """A seat for everything that seats can cover."""
    seats = _always_named(problem)
    return Restriction(rule={key: "named" for key in _keys(problem) if seats[key]})


def all_flex(problem: Problem) -> Restriction:
    """Tokens for everything that is on Flex."""
    flexible = _always_flex(problem)
    return Restriction(rule={key: "flex" for key in _keys(problem) if flexible[key]})


def break_even_rule(problem: Problem) -> Restriction:
    """Per user at list price: a seat where its tokens at list price would cost as much, else Flex.

    A collection is taken where its price is at most what that rule pays for the products it covers.
    """
    scenario = problem.scenario
    listed = scenario.tokens.tiers[0].price
    cheapest: dict[str, Fraction] = {}
    collections: list[tuple[frozenset[str], Fraction]] = []
    for offer in scenario.offers:
        price = in_force(offer.prices, scenario.horizon.start)
        if price is None or offer.term_months < 12:
            continue
        yearly = Fraction(price.new) * scenario.horizon.months / offer.term_months
        if len(offer.covers) == 1:
            cheapest[offer.covers[0]] = min(yearly, cheapest.get(offer.covers[0], yearly))
        else:
            collections.append((frozenset(offer.covers), yearly))
    seats, flexible = _always_named(problem), _always_flex(problem)
    rule: dict[Key, str] = {}
    for pairs in pairs_by_user(problem).values():
        price_of: dict[str, Fraction] = {}
        chosen: dict[str, str] = {}
        keys = {problem.demand.products[int(problem.demand.pair_product[i])]: i for i in pairs}
        for name, i in keys.items():
            flex_cost = Fraction(listed) * Fraction(float(problem.tokens[i].sum()))
            seat = cheapest.get(name)
            named = seat is not None and seat <= flex_cost
            price_of[name] = min(seat, flex_cost) if seat is not None else flex_cost
            chosen[name] = "named" if named else "flex"
        for covers, yearly in collections:
            mine = covers & set(keys)
            if len(mine) > 1 and yearly <= sum((price_of[n] for n in mine), Fraction(0)):
                chosen.update(dict.fromkeys(mine, "named"))
        for name, i in keys.items():
            key = _key(problem, i)
            possible = seats[key] if chosen[name] == "named" else flexible[key]
            if possible:
                rule[key] = chosen[name]
    return Restriction(rule=rule)


def todays_access(problem: Problem, access: Sequence[Access]) -> Restriction:
    """Everybody keeps today's access; what today's table does not list is free.

    A seat goes before tokens: who holds a seat that covers the product is not bound to Flex for it.
    """
    users = {u: i for i, u in enumerate(problem.demand.users)}
    products = {p: i for i, p in enumerate(problem.demand.products)}
    covers = {o.id: o.covers for o in problem.scenario.offers}
    rule: dict[Key, str] = {}
    offers: dict[Key, frozenset[str]] = {}
    held: set[Key] = set()
    for row in access:
        u = users.get(row.user, -1)
        if row.access == "named":
            key = (u, products[row.product])
            rule[key] = "named"
            held.update((u, products[p]) for p in covers.get(row.offer, ()))
            if row.offer:
                offers[key] = offers.get(key, frozenset()) | {row.offer}
    for row in access:
        key = (users.get(row.user, -1), products[row.product])
        if row.access == "flex" and key not in held:
            rule.setdefault(key, "flex")
    return Restriction(rule=rule, offers=offers)


def with_idle_holders(demand: Demand, access: Sequence[Access], horizon_days: int) -> Demand:
    """The demand with everybody who holds a seat today: without use, a sliver of a day keeps the seat."""
    known = {
        (demand.users[u], demand.products[p])
        for u, p in zip(demand.pair_user, demand.pair_product, strict=True)
    }
    idle = sorted({(a.user, a.product) for a in access if a.access == "named"} - known)
    if not idle:
        return demand
    users = tuple(sorted({*demand.users, *(u for u, _ in idle)}))
    index = {u: i for i, u in enumerate(users)}
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
            "after": horizon_days,
            "count": 1,
            "per": 1_000_000_000,
        }
    )
    spans = pd.concat([demand.spans, slivers], ignore_index=True)
    spans["pair"] = spans["pair"].map(renumbered)
    return Demand(
        users=users,
        groups=tuple(group.get(u, "") for u in users),
        products=demand.products,
        pair_user=pairs["u"].to_numpy(np.int64),
        pair_product=pairs["p"].to_numpy(np.int64),
        pair_factor=pairs["factor"].to_numpy(object),
        pair_rule=pairs["rule"].to_numpy(object),
        spans=spans.astype(np.int64).sort_values(["pair", "first"], ignore_index=True),
        left_out=demand.left_out,
        history=demand.history,
        findings=demand.findings,
    )


def _key(problem: Problem, i: int) -> Key:
    return int(problem.demand.pair_user[i]), int(problem.demand.pair_product[i])


def _keys(problem: Problem) -> list[Key]:
    return [_key(problem, i) for i in range(problem.demand.pairs)]


def _always_named(problem: Problem) -> dict[Key, bool]:
    """Whether new seats can cover the pair whenever it has demand.

    A seat that also covers a product which the policy puts on Flex is none for that user.
    """
    demand = problem.demand
    covered: dict[frozenset[int], npt.NDArray[np.bool_]] = {}
    found: dict[Key, bool] = {}
    for pairs in pairs_by_user(problem).values():
        barred = frozenset(int(demand.pair_product[i]) for i in pairs if demand.pair_rule[i] == "flex")
        if barred not in covered:
            covered[barred] = np.zeros((len(demand.products), problem.periods), dtype=bool)
            for c in problem.contracts:
                if c.kind == "new" and not c.covers & barred:
                    covered[barred][list(c.covers), c.first : c.after] = True
        for i in pairs:
            missing = (problem.days[i] > 0) & ~covered[barred][demand.pair_product[i]]
            found[_key(problem, i)] = not missing.any()
    return found


def _always_flex(problem: Problem) -> dict[Key, bool]:
    """Whether tokens can reach the pair whenever it has demand, and no seat that must be there covers it.

    Somebody who needs a collection for one of its products uses the others with that seat, too.
    """
    demand = problem.demand
    out_of_reach = (problem.days > 0) & ~problem.on_flex[demand.pair_product]
    missing = [bool(row.any()) for row in out_of_reach]
    offers = {c.covers for c in problem.contracts}
    found = {_key(problem, i): not missing[i] for i in range(demand.pairs)}
    for u, pairs in pairs_by_user(problem).items():
        used = {int(demand.pair_product[i]) for i in pairs}
        seated = {int(demand.pair_product[i]) for i in pairs if missing[i] or demand.pair_rule[i] == "named"}
        for p in seated:
            beside = [(covers & used) - seated for covers in offers if p in covers]
            if all(beside):  # every seat for p covers something that tokens could reach
                found.update({(u, q): False for others in beside for q in others})
    return found
