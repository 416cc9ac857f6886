"""Replays every chargeable day: is it covered by a live seat or by tokens, and how many?

The days of all users are cut together: a *segment* is a piece of the horizon in which the seats of a pair and
the rate of its product do not change. Days and tokens are integers here; the weights make them fractions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from flexopt.audit.claims import Claims
from flexopt.audit.notes import Notes, exact
from flexopt.audit.rules import tokens_a_day
from flexopt.base.arrays import Bools, Ints, ranges
from flexopt.base.columns import classes
from flexopt.demand.forecast import Demand
from flexopt.inputs.scenario.scenario import Scenario

CHUNK = 4_000_000
"""Spans cut at a time, to limit memory."""

NO_RATE = -1


@dataclass(frozen=True, slots=True)
class Replay:
    """The segments that have days, by pair and day, and each pair's own seats.

    pair, earliest : int64[segments]; the first of the days is `earliest` days after the horizon's start
    live : int64[segments], number of live seats of the pair
    on_flex : bool[segments], whether the product can be used with tokens
    days, tokens : integers[segments]: multiplied by the weight of their pair, the chargeable days, and
        `scale` times their tokens (0 if the product is not on Flex)
    own_pair, own_seat : int64[own], the seats of each pair's user that cover its product, by pair and seat
    under, segment : int64[:], which of the own seats are live in which segments
    weight_of : int64[pairs], index into `weights`
    use : tokens of every day of the horizon, without buffer
    """

    pair: Ints
    earliest: Ints
    live: Ints
    on_flex: Bools
    days: npt.NDArray[Any]
    tokens: npt.NDArray[Any]
    own_pair: Ints
    own_seat: Ints
    under: Ints
    segment: Ints
    weight_of: Ints
    weights: list[Fraction]
    scale: int
    use: list[Fraction]


def replay_days(claims: Claims, scenario: Scenario, demand: Demand, notes: Notes) -> Replay:
    """Replay the days of the demand with the seats of the assignment."""
    start, length = scenario.horizon.start, (scenario.horizon.end - scenario.horizon.start).days
    wide = length + 1  # keys of one pair never reach the next pair's
    rates, scale = _rates(scenario, demand, length)
    own_pair, own_seat = _own_seats(claims, demand)
    begin = np.array([(s[1] - start).days for s in claims.seats], dtype=np.int64).clip(0, length)[own_seat]
    finish = np.array([(s[2] - start).days for s in claims.seats], dtype=np.int64).clip(0, length)[own_seat]
    keys = np.unique(
        np.concatenate(
            [
                *_changes(demand, rates, wide),
                *((own_pair * wide + day)[day < length] for day in (begin, finish)),
            ]
        )
    )
    pair, first = np.divmod(keys, wide)
    after = np.append(first[1:], 0)
    after[np.append(pair[1:] != pair[:-1], True)] = length
    lives = begin < finish
    under, segment = ranges(
        np.searchsorted(keys, own_pair * wide + begin),
        np.where(lives, np.searchsorted(keys, own_pair * wide + finish), 0),
    )
    live = np.bincount(segment, minlength=len(keys))
    rate: npt.NDArray[Any] = np.array(rates, dtype=exact(max(map(max, rates), default=0)))[
        demand.pair_product[pair], first
    ]
    on_flex = rate != NO_RATE

    per = np.ones(demand.pairs, dtype=np.int64)
    per[demand.spans["pair"].to_numpy()] = demand.spans["per"].to_numpy()
    weight_of, of_weight = classes(np.asarray(demand.pair_factor, dtype=object), per)
    weights = [Fraction(demand.pair_factor[i]) / int(per[i]) for i in of_weight]
    kind, of_kind = classes(demand.pair_product, weight_of)  # pairs whose days on Flex are summed together

    most = float(demand.spans["count"].sum()) * length
    days: npt.NDArray[Any] = np.zeros(len(keys), dtype=exact(int(most)))
    earliest = np.full(len(keys), length)
    steps = np.zeros(len(of_kind) * wide, dtype=days.dtype)
    on_tokens = (live == 0) & on_flex
    for spans in _pieces(demand):
        if (per[spans["pair"]] != spans["per"]).any():
            notes.fail("the days of a user and product have two denominators")
        base = spans["pair"] * wide
        low = np.searchsorted(keys, base + spans["first"], side="right") - 1
        row, place = ranges(low, np.searchsorted(keys, base + spans["after"], side="left"))
        count = spans["count"][row].astype(days.dtype)
        begins = np.maximum(spans["first"][row], first[place])
        ends = np.minimum(spans["after"][row], after[place])
        np.add.at(days, place, count * (ends - begins))
        np.minimum.at(earliest, place, np.where(count != 0, begins, length))
        flex = on_tokens[place]
        at = (kind[spans["pair"][row]] * wide)[flex]
        np.add.at(steps, at + begins[flex], count[flex])
        np.add.at(steps, at + ends[flex], -count[flex])

    used = days != 0
    bound = int(abs(days).max(initial=0)) * max(1, int(rate.max(initial=0)))
    tokens: npt.NDArray[Any] = days.astype(exact(bound * (length + 1))) * np.where(on_flex, rate, 0)
    number = np.cumsum(used) - 1
    mine = used[segment]
    use = [Fraction(0)] * length
    for daily, i in zip(np.cumsum(steps.reshape(-1, wide), axis=1), of_kind, strict=True):
        weight = weights[weight_of[i]] / scale
        for d in np.flatnonzero(daily[:length]):
            use[d] += int(daily[d]) * rates[demand.pair_product[i]][d] * weight
    return Replay(
        pair=pair[used],
        earliest=earliest[used],
        live=live[used],
        on_flex=on_flex[used],
        days=days[used],
        tokens=tokens[used],
        own_pair=own_pair,
        own_seat=own_seat,
        under=under[mine],
        segment=number[segment[mine]],
        weight_of=weight_of,
        weights=weights,
        scale=scale,
        use=use,
    )


def _rates(scenario: Scenario, demand: Demand, length: int) -> tuple[list[list[int]], int]:
    """Tokens per day times a whole number, [products][days], NO_RATE if not on Flex; and that number."""
    days = [scenario.horizon.start + timedelta(days=d) for d in range(length)]
    table = [[tokens_a_day(scenario.product_by_id[name], day) for day in days] for name in demand.products]
    scale = lcm(*{rate.denominator for row in table for rate in row if rate is not None})
    return [[NO_RATE if rate is None else int(rate * scale) for rate in row] for row in table], scale


def _own_seats(claims: Claims, demand: Demand) -> tuple[Ints, Ints]:
    """Pair and seat for every seat of a user that covers the pair's product, sorted."""
    user, seat = claims.sits.T
    row, pair = ranges(
        np.searchsorted(demand.pair_user, user), np.searchsorted(demand.pair_user, user, side="right")
    )
    covered = claims.covers[seat[row], demand.pair_product[pair]]
    pair, seat = pair[covered], seat[row][covered]
    order = np.lexsort((seat, pair))
    return pair[order], seat[order]


def _changes(demand: Demand, rates: list[list[int]], wide: int) -> Iterator[Ints]:
    """Keys of the days on which the rate of each pair's product changes, including the first day."""
    for p, row in enumerate(rates):
        mine = np.flatnonzero(demand.pair_product == p)
        for day, rate in enumerate(row):
            if not day or rate != row[day - 1]:
                yield mine * wide + day


def _pieces(demand: Demand) -> Iterator[dict[str, Ints]]:
    for begin in range(0, len(demand.spans), CHUNK):
        piece = demand.spans.iloc[begin : begin + CHUNK]
        yield {n: piece[n].to_numpy(np.int64) for n in ("pair", "first", "after", "count", "per")}
