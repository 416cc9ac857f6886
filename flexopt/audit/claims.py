"""The assignment as numbers: who has which seat, and which pair each row is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from flexopt.audit.notes import Notes, Seat, day_of, distinct
from flexopt.base.arrays import Bools, Ints, places_in
from flexopt.base.columns import Column, classes
from flexopt.demand.forecast import Demand
from flexopt.inputs.scenario.scenario import Scenario

ASSIGNMENT = (
    "user",
    "product",
    "group",
    "access",
    "offer",
    "contract_start",
    "contract_end",
    "days",
    "tokens",
    "cost",
    "seat_price",
    "flex_price",
)
"""Columns that the audit reads."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The rows of the assignment, matched with the demand.

    demand, cells : the demand, and the columns themselves
    pair : int64[rows], the demand's pair of user and product; -1 if there is none
    named, flex : bool[rows]; a row may be neither
    seat : int64[rows], index into `seats`, the contracts named in rows; an empty contract is not a seat
    covers : bool[seats, products], whether the offer of the seat covers the product of the demand
    sits : int64[:, 2], sorted: user of the demand and seat, for rows whose seat covers their product
    """

    demand: Demand
    cells: dict[str, Column]
    pair: Ints
    named: Bools
    flex: Bools
    seat: Ints
    seats: list[Seat]
    covers: Bools
    sits: Ints


def read_claims(cells: dict[str, Column], scenario: Scenario, demand: Demand, notes: Notes) -> Claims:
    """The rows as numbers; invalid rows are noted."""
    user, product, access, offer = (cells[name] for name in ("user", "product", "access", "offer"))
    begin, finish = cells["contract_start"], cells["contract_end"]
    everyone = np.arange(len(user.codes))
    contract, first = classes(offer.codes, begin.codes, finish.codes)
    number: dict[Seat, int] = {}
    seat_of_contract = [
        number.setdefault(
            (
                offer.values[offer.codes[i]],
                day_of(begin.values[begin.codes[i]]),
                day_of(finish.values[finish.codes[i]]),
            ),
            len(number),
        )
        for i in first
    ]
    seat = np.array(seat_of_contract, dtype=np.int64)[contract]
    seats = list(number)
    named, flex = access.array_of(lambda a: a == "named", bool), access.array_of(lambda a: a == "flex", bool)

    products = {p: i for i, p in enumerate(demand.products)}
    of_offer = {o.id: {products[p] for p in o.covers if p in products} for o in scenario.offers}
    covers = np.zeros((len(seats), len(products)), dtype=bool)
    for s, (name, _, _) in enumerate(seats):
        covers[s, sorted(of_offer.get(name, ()))] = True
    place = product.array_of(lambda p: products.get(p, -1), np.int64)
    person = pd.Index(np.asarray(demand.users, dtype=object)).get_indexer(user.values)[user.codes]
    wide = len(demand.products)
    wanted = np.where((person >= 0) & (place >= 0), person * wide + place, -1)
    pair = places_in(demand.pair_user * wide + demand.pair_product, wanted)  # pairs are sorted by both

    _, once = classes(user.codes, product.codes, access.codes, seat)
    again = np.setdiff1d(everyone, once)
    for i in distinct(again, product.codes):
        notes.fail(f"a row for {product.values[product.codes[i]]} appears twice")
    covered = (place >= 0) & covers[seat, place]
    for i in distinct(np.flatnonzero(named & ~covered), product.codes, offer.codes):
        notes.fail(
            f"a row for {product.values[product.codes[i]]} has a seat of {offer.values[offer.codes[i]]}, "
            "which does not cover it"
        )
    empty = np.ones(len(everyone), dtype=bool)
    for cell in (offer, begin, finish):
        empty &= cell.array_of(lambda text: not text, bool)
    for i in distinct(np.flatnonzero(flex & ~empty), product.codes):
        notes.fail(f"a row for {product.values[product.codes[i]]} on Flex has a contract")
    for i in distinct(np.flatnonzero(~named & ~flex), product.codes, access.codes):
        notes.fail(
            f"a row for {product.values[product.codes[i]]} has the access {access.values[access.codes[i]]}"
        )
    for i in distinct(np.flatnonzero(pair < 0), product.codes):
        notes.fail(f"the assignment has rows for {product.values[product.codes[i]]} without demand")
    sits = np.flatnonzero(named & covered & (person >= 0))
    key = np.unique(person[sits] * len(seats) + seat[sits])
    both = np.column_stack(np.divmod(key, max(1, len(seats))))
    return Claims(demand, cells, pair, named, flex, seat, seats, covers, both)


def outlasting(claims: Claims, scenario: Scenario, user: Ints, seat: Ints) -> Bools:
    """bool[:]: whether the user leaves before the seat's term ends, which is beyond the horizon."""
    start, end = scenario.horizon.start, scenario.horizon.end
    leaves = np.full(len(claims.demand.users), (date.max - start).days, dtype=np.int64)
    leaves[list(claims.demand.leaves)] = list(claims.demand.leaves.values())
    ends = np.array([(s[2] - start).days if s[2] > end else 0 for s in claims.seats], dtype=np.int64)
    return np.asarray(leaves[user] < ends[seat])
