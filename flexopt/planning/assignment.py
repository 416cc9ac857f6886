"""Days and tokens by user, product and contract: the cells of the demand, added up by a solution's seats.

Exact: cells are added up as integers, many at a time. Those with the same growth factor and the same `per`
have one denominator, so a fraction is made once for each distinct number.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from flexopt.base.arrays import Ints
from flexopt.base.columns import Column, classes
from flexopt.inputs.rules.prices import rate_on
from flexopt.model.cover import cover_of
from flexopt.model.sets import Problem
from flexopt.model.solution import Solution

CHUNK = 4_000_000
"""Cells added up at a time, so that little memory is needed beside them."""


@dataclass(frozen=True, slots=True)
class AssignmentRows:
    """A row for each pair's chargeable days under one contract or on Flex, by pair, Flex before contracts.

    pair, contract : int64[rows]; the contract is -1 on Flex
    days : Fractions, with growth
    tokens : Fractions, what the days use (or would use) on Flex, without buffer
    pair_days : Fractions, all days of the row's pair
    periods : int, the periods with days: period t is bit t
    """

    pair: Ints
    contract: Ints
    days: Column
    tokens: Column
    pair_days: Column
    periods: Column


def users_on_seats(solution: Solution) -> Ints:
    """int64[seats, 2]: user and contract."""
    return np.asarray(solution.seats, dtype=np.int64).reshape(-1, 2)


def assignment_rows(
    problem: Problem, solution: Solution, chunk_size: int = CHUNK
) -> tuple[AssignmentRows, list[Fraction]]:
    """All rows, and per period the tokens of all days on Flex, without buffer."""
    cover = cover_of(problem, users_on_seats(solution))
    demand, cells, periods = problem.demand, problem.cells, problem.periods
    pair_of, period_of, counts, pers = (cells[n].to_numpy() for n in ("pair", "period", "count", "per"))
    per = np.ones(demand.pairs, dtype=np.int64)
    per[pair_of] = pers
    factor, first = classes(np.asarray(demand.pair_factor, dtype=object))
    factors = [Fraction(demand.pair_factor[i]) for i in first]
    rates, scale = token_rates(problem)
    kind, kind_first = classes(demand.pair_product, factor, per)  # pairs whose cells are added up together

    most = int(counts.max(initial=0))
    exact = np.int64 if most * max(len(cells), periods * max(map(max, rates))) < 2**62 else object
    rate = np.array(rates, dtype=exact)
    bit = np.array([1 << t for t in range(periods)], dtype=np.int64 if periods < 63 else object)
    on_flex = np.zeros(len(kind_first) * periods, dtype=exact)
    wide = len(problem.contracts) + 1
    parts = []
    for start in range(0, max(1, len(cells)), chunk_size):
        chunk = slice(start, start + chunk_size)
        pair, period, count = pair_of[chunk], period_of[chunk], counts[chunk].astype(exact)
        if (per[pair] != pers[chunk]).any():
            raise ValueError("the days of a user and product have two denominators")
        contract = cover[pair, period]
        flex = contract < 0
        np.add.at(on_flex, (kind[pair] * periods + period)[flex], count[flex])
        weighted = count * rate[demand.pair_product[pair], period]
        parts.append(_added(pair * wide + contract + 1, count, weighted, bit[period]))
    # a pair may return to a contract, and may span two chunks
    key, *sums = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(key, kind="stable")
    key, count, weighted, bits = _added(key[order], *(column[order] for column in sums))
    pair, contract = key // wide, key % wide - 1

    def column(count: npt.NDArray[Any], denominator: int = 1) -> Column:
        codes, first = classes(count, per[pair], factor[pair])
        values = [
            Fraction(int(count[i]), int(per[pair[i]]) * denominator) * factors[factor[pair[i]]] for i in first
        ]
        return Column(codes, values)

    of_pair = np.flatnonzero(np.diff(pair, prepend=-1))
    pair_count = np.add.reduceat(count, of_pair) if len(pair) else count
    rows = AssignmentRows(
        pair,
        contract,
        days=column(count),
        tokens=column(weighted, scale),
        pair_days=column(np.repeat(pair_count, np.diff(of_pair, append=len(pair)))),
        periods=Column.from_array(bits),
    )
    need = [Fraction(0)] * periods
    for daily, i in zip(on_flex.reshape(-1, periods), kind_first, strict=True):
        weight = factors[factor[i]] / (int(per[i]) * scale)
        for t in np.flatnonzero(daily):
            need[t] += int(daily[t]) * rates[demand.pair_product[i]][t] * weight
    return rows, need


def _added(
    key: Ints, count: npt.NDArray[Any], weighted: npt.NDArray[Any], bits: npt.NDArray[Any]
) -> tuple[npt.NDArray[Any], ...]:
    """Neighbours with the same key become one: counts are added up, and bits combined."""
    if not len(key):
        return key, count, weighted, bits
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    return (
        key[starts],
        np.add.reduceat(count, starts),
        np.add.reduceat(weighted, starts),
        np.bitwise_or.reduceat(bits, starts),
    )


def token_rates(problem: Problem) -> tuple[list[list[int]], int]:
    """Tokens per chargeable day times a whole number, [products][periods], and that number.

    0 where the product is not on Flex.
    """
    rates = [
        [Fraction(rate_on(p, day) or 0) for day in problem.edges[:-1]] for p in problem.scenario.products
    ]
    scale = lcm(*(rate.denominator for row in rates for rate in row))
    return [[int(rate * scale) for rate in row] for row in rates], scale
