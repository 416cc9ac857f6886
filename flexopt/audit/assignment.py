"""Compares the rows of the assignment with the replay: equal rows once, as exact fractions."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flexopt.audit.claims import Claims, outlasting
from flexopt.audit.notes import ROUNDING, Notes, Seat, close, distinct, fractions, seat_of, show
from flexopt.audit.replay import Replay
from flexopt.audit.rules import tiers_of_day, token_price
from flexopt.base.arrays import Ints, places_in
from flexopt.base.columns import classes
from flexopt.demand.forecast import Demand
from flexopt.demand.policy import rule_for
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.store.plan import PlanDocument


def check_policy(replay: Replay, scenario: Scenario, demand: Demand, notes: Notes) -> None:
    """Every day has access, of a kind that the policy allows."""
    start = scenario.horizon.start
    # users whom no rule names share a result
    named = pd.Index(np.asarray(demand.users, dtype=object)).isin(
        [r.user for r in scenario.policy.rules if r.user]
    )
    user = np.where(named[demand.pair_user], demand.pair_user, -1)
    groups = np.asarray(demand.groups, dtype=object)[demand.pair_user]
    kind, first = classes(user, groups, demand.pair_product)
    rules = [
        rule_for(
            scenario.policy.rules,
            demand.users[demand.pair_user[i]],
            groups[i],
            demand.products[demand.pair_product[i]],
        )
        for i in first
    ]
    access = np.array([rule.access if rule else "" for rule in rules], dtype="U5")[kind]
    product, rule = demand.pair_product[replay.pair], access[replay.pair]
    seated, on_tokens = replay.live > 0, (replay.live == 0) & replay.on_flex
    for where, words in (
        (seated & (rule == "flex"), "the policy requires Flex, but a seat covers {} on {}"),
        (~seated & ~on_tokens, "a user has no access to {} on {}"),
        (on_tokens & (rule == "named"), "the policy requires a seat, but {} is on Flex on {}"),
    ):
        for i in distinct(np.flatnonzero(where), product, replay.earliest):
            day = start + timedelta(days=int(replay.earliest[i]))
            notes.fail(words.format(demand.products[product[i]], day))
    for i in distinct(np.flatnonzero(access == "none"), demand.pair_product):
        notes.fail(f"the policy leaves {demand.products[demand.pair_product[i]]} out, but it is planned")


def check_days(claims: Claims, replay: Replay, notes: Notes) -> None:
    """Days and tokens of every pair's rows, the days under each seat, and the group of each row."""
    demand, known = claims.demand, claims.pair >= 0
    on_tokens, on_seats = np.flatnonzero(known & claims.flex), np.flatnonzero(known & claims.named)
    days, days_scale = fractions(claims.cells["days"])
    tokens, tokens_scale = fractions(claims.cells["tokens"])
    flex_rows, seat_rows = (
        np.bincount(claims.pair[rows], minlength=demand.pairs) for rows in (on_tokens, on_seats)
    )
    said_flex, said_tokens, said_seats = (
        _added(claims.pair[rows], amounts[rows], demand.pairs)
        for rows, amounts in ((on_tokens, days), (on_tokens, tokens), (on_seats, days))
    )
    flex = (replay.live == 0) & replay.on_flex
    flex_days, flex_tokens, seat_days = (
        _added(replay.pair[where], amounts[where], demand.pairs)
        for where, amounts in ((flex, replay.days), (flex, replay.tokens), (replay.live > 0, replay.days))
    )
    pairs, product = np.arange(demand.pairs), demand.pair_product
    for i in distinct(pairs, product, said_flex, flex_days, replay.weight_of):
        words = f"days of {demand.products[product[i]]} on Flex"
        _same(words, Fraction(int(said_flex[i]), days_scale), _days(replay, flex_days[i], i), notes)
    for i in distinct(pairs, product, said_tokens, flex_tokens, replay.weight_of):
        words = f"tokens of {demand.products[product[i]]}"
        replayed = _days(replay, flex_tokens[i], i) / replay.scale
        _same(words, Fraction(int(said_tokens[i]), tokens_scale), replayed, notes)
    for i in distinct(np.flatnonzero(flex_rows != (flex_days != 0)), product, flex_rows):
        notes.fail(f"{flex_rows[i]} rows on Flex of one user for {demand.products[product[i]]}")
    for i in distinct(pairs, product, said_seats, seat_days, replay.weight_of, seat_rows):
        said, replayed = Fraction(int(said_seats[i]), days_scale), _days(replay, seat_days[i], i)
        notes.expect(
            close(said, replayed, ROUNDING * max(1, int(seat_rows[i]))),
            f"the rows say {show(said)} days of {demand.products[product[i]]} on seats, "
            f"the replay {show(replayed)}",
        )
    _check_seats(claims, replay, on_seats, notes)

    groups = list(dict.fromkeys(demand.groups))
    own = pd.Index(groups).get_indexer(pd.Index(demand.groups, dtype=object))
    group = claims.cells["group"]
    theirs = group.array_of(lambda g: groups.index(g) if g in groups else -1, np.int64)
    pair = claims.pair[known]
    other = pair[theirs[known] != own[demand.pair_user[pair]]]
    for i in distinct(other, product):
        notes.fail(f"a row for {demand.products[product[i]]} has another group")


def _check_seats(claims: Claims, replay: Replay, rows: Ints, notes: Notes) -> None:
    """Each row on a seat; if a user has two live seats, a day may be counted under either of them."""
    demand, days = claims.demand, claims.cells["days"]
    alone = replay.live[replay.segment] == 1
    size = len(replay.own_pair) + 1  # the last stands for a seat that is not among the user's own
    at_most = _added(replay.under, replay.days[replay.segment], size)
    sure = _added(replay.under[alone], replay.days[replay.segment[alone]], size)
    own, pair, seat = _own(claims, replay, rows), claims.pair[rows], claims.seat[rows]
    product, said = demand.pair_product[pair], days.codes[rows]
    keys = (product, seat, said, sure[own], at_most[own], replay.weight_of[pair])
    for n in distinct(np.arange(len(rows)), *keys):
        told = Fraction(days.values[said[n]])
        least, most = (_days(replay, amount[own[n]], pair[n]) for amount in (sure, at_most))
        notes.expect(
            least - ROUNDING <= told <= most + ROUNDING and most > 0,
            f"a row says {show(told)} days of {demand.products[product[n]]} on seats of "
            f"{claims.seats[seat[n]][0]}, the replay {show(least)}",
        )
    tokens = claims.cells["tokens"]
    for n in distinct(np.arange(len(rows)), product, tokens.codes[rows]):
        free = not Fraction(tokens.values[tokens.codes[rows[n]]])
        notes.expect(free, f"days of {demand.products[product[n]]} on a seat take tokens")


def check_alternatives(
    doc: PlanDocument, claims: Claims, replay: Replay, scenario: Scenario, notes: Notes
) -> None:
    """`flex_price` of every row whose days are certain, and `seat_price` of those on a seat."""
    buffered = plan_token_price(doc, scenario) * (1 + Fraction(scenario.tokens.buffer))
    price = seat_prices(doc)
    demand, rows = claims.demand, np.flatnonzero(claims.pair >= 0)
    pair, seat, seated = claims.pair[rows], claims.seat[rows], claims.named[rows]
    product, named = demand.pair_product[pair], claims.cells["seat_price"]
    gone = outlasting(claims, scenario, demand.pair_user[pair], seat)
    for n in distinct(np.flatnonzero(seated), product, seat, gone, named.codes[rows]):
        cost = named.values[named.codes[rows[n]]]
        notes.expect(
            cost is not None and Decimal(cost) in price[claims.seats[seat[n]], bool(gone[n])],
            f"seat_price of a row for {demand.products[product[n]]} is not the price of its seat of "
            f"{claims.seats[seat[n]][0]}",
        )

    size = len(replay.own_pair) + 1
    bare, own = replay.live == 0, _own(claims, replay, rows)
    under, of_pair = (replay.under, replay.segment), (replay.pair[bare], np.flatnonzero(bare))

    def gathered(amounts: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """For each row: the sum over its segments, those of its seat or those without one."""
        (a, b), (c, d) = under, of_pair
        on_seats, on_tokens = _added(a, amounts[b], size), _added(c, amounts[d], demand.pairs)
        return np.where(seated, on_seats[own], on_tokens[pair])

    tokens, reached = gathered(replay.tokens), gathered((~replay.on_flex).astype(np.int64)) == 0
    certain = gathered((replay.live > 1).astype(np.int64)) == 0
    flex = claims.cells["flex_price"]
    keys = (product, reached, tokens, replay.weight_of[pair], flex.codes[rows])
    for n in distinct(np.flatnonzero(certain), *keys):
        served = _days(replay, tokens[n], pair[n]) / replay.scale
        expected = scenario.money.round(served * buffered) if reached[n] else None
        cell = flex.values[flex.codes[rows[n]]]
        said = None if cell is None else Decimal(cell)
        notes.expect(
            said == expected,
            f"flex_price of a row for {demand.products[product[n]]} is {expected}, not {said}",
        )


def seat_prices(doc: PlanDocument) -> dict[tuple[Seat, bool], set[Decimal]]:
    """What a seat may cost in the horizon, by seat and whether its user leaves before its term ends."""
    price: dict[tuple[Seat, bool], set[Decimal]] = defaultdict(set)
    for row in doc.seats:
        unit, whole = row.unit_price, row.in_full
        if row.owned:
            price[seat_of(row), True].add(unit)
            price[seat_of(row), False].add(unit)
        elif others := row.renewed + row.new + row.added - whole:
            price[seat_of(row), False].add((row.cost - whole * unit) / others)
        price[seat_of(row), True].update([unit] * min(whole, 1))
        if row.added:  # stated ones cost the same whoever has them
            price[seat_of(row), True] |= price[seat_of(row), False]
    return price


def plan_token_price(doc: PlanDocument, scenario: Scenario) -> Fraction:
    """The price of a token in this plan."""
    packs = doc.purchases
    bought = sum(r.tokens for r in packs)
    if bought:
        paid = sum((r.cost for r in packs), Decimal(0))
        return Fraction(scenario.money.round_price(Fraction(paid) / bought))
    return Fraction(token_price(scenario, tiers_of_day(scenario.tokens, scenario.horizon.start)[0]))


def _own(claims: Claims, replay: Replay, rows: Ints) -> Ints:
    """The place of each row's seat among its pair's own seats; one past the last if it is none of them."""
    wide = len(claims.seats)
    keys = replay.own_pair * wide + replay.own_seat
    wanted = claims.pair[rows] * wide + claims.seat[rows]
    place = places_in(keys, wanted)
    return np.where(place < 0, len(keys), place)


def _added(place: Ints, amounts: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    """integers[size]: the sum of the amounts at each place."""
    total = np.zeros(size, dtype=amounts.dtype)
    np.add.at(total, place, amounts)
    return total


def _days(replay: Replay, number: Any, pair: Any) -> Fraction:
    """A number of the replay with the weight of its pair."""
    weight: Fraction = replay.weights[replay.weight_of[pair]]
    return int(number) * weight


def _same(what: str, said: Fraction, replayed: Fraction, notes: Notes) -> None:
    notes.expect(
        close(said, replayed, ROUNDING), f"the rows say {show(said)} {what}, the replay {show(replayed)}"
    )
