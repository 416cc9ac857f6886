"""Today's access again, from its table: what each pair may use without a move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flexopt.base.arrays import Ints
from flexopt.demand.forecast import Demand
from flexopt.inputs.records import TodaysAccess
from flexopt.inputs.scenario.scenario import Scenario

FREE, SEAT, TOKENS = 0, 1, 2
"""What a pair may use: anything, a seat only, tokens only."""


@dataclass(frozen=True, slots=True, eq=False)
class Today:
    """What each pair uses today.

    kind : int64[pairs], FREE, SEAT or TOKENS; the scenario's own rules come first
    offers : int64[pairs], index into `named`: the offers of the pair's seats; None is any
    """

    kind: Ints
    offers: Ints
    named: tuple[frozenset[str] | None, ...]


def read_today(access: Sequence[TodaysAccess], scenario: Scenario, demand: Demand) -> Today:
    """Today's access by pair. Whoever has a seat that covers a product does not use it with tokens."""
    own = np.select([demand.pair_rule == "named", demand.pair_rule == "flex"], [SEAT, TOKENS], FREE)
    kind, offers = own.astype(np.int64), np.zeros(demand.pairs, dtype=np.int64)
    covers = {o.id: set(o.covers) for o in scenario.offers}
    seats: dict[str, list[TodaysAccess]] = {}
    tokens: dict[str, set[str]] = {}
    for row in access:
        if row.access == "named":
            seats.setdefault(row.user, []).append(row)
        else:
            tokens.setdefault(row.user, set()).add(row.product)
    number: dict[frozenset[str] | None, int] = {None: 0}
    users = {name: u for u, name in enumerate(demand.users)}
    begin = np.searchsorted(demand.pair_user, np.arange(len(demand.users) + 1)).tolist()
    for user in sorted({*seats, *tokens} & set(users)):
        held = seats.get(user, [])
        within = set().union(*(covers.get(row.offer, set()) for row in held)) | {row.product for row in held}
        for i in range(begin[users[user]], begin[users[user] + 1]):
            product = demand.products[demand.pair_product[i]]
            listed = [row for row in held if row.product == product]
            if listed:
                only = frozenset(row.offer for row in listed if row.offer) or None
                offers[i] = number.setdefault(only, len(number))
            if not own[i] and (listed or product in tokens.get(user, ())):
                kind[i] = SEAT if listed else FREE if product in within else TOKENS
    return Today(kind, offers, tuple(number))
