"""The chargeable days of every row of the assignment, cut at calendar months as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from flexopt.base.arrays import Ints
from flexopt.base.columns import classes
from flexopt.model.cover import cover_of
from flexopt.model.sets import Problem
from flexopt.model.solution import Solution
from flexopt.planning.assignment import AssignmentRows, token_rates, users_on_seats

CHUNK = 200_000
"""Rows of the assignment that are spread over the months at a time, to limit memory."""


@dataclass(frozen=True, slots=True)
class Months:
    """The calendar months of the horizon; its first and its last day may cut one short.

    names : "2026-01", ...
    days : first day, and first day after, inside the horizon
    pieces : the dates of the periods' edges and of the months' starts, sorted
    period : int64[pieces - 1], the period of each piece
    first : int64[months], the first piece of each month
    """

    names: tuple[str, ...]
    days: tuple[tuple[date, date], ...]
    pieces: tuple[date, ...]
    period: Ints
    first: Ints

    def of(self, day: date) -> int:
        """The month of a day of the horizon."""
        return self.names.index(f"{day:%Y-%m}")


def months_of(edges: tuple[date, ...]) -> Months:
    """The months between the first and the last of the edges of the periods."""
    start, end = edges[0], edges[-1]
    numbers = range(start.year * 12 + start.month, end.year * 12 + end.month)
    begins = [start, *(day for n in numbers if start < (day := date(n // 12, n % 12 + 1, 1)) < end)]
    pieces = tuple(sorted({*edges, *begins}))
    return Months(
        tuple(f"{day:%Y-%m}" for day in begins),
        tuple(zip(begins, [*begins[1:], end], strict=True)),
        pieces,
        np.searchsorted(_numbers(edges), _numbers(pieces[:-1]), side="right") - 1,
        np.searchsorted(_numbers(pieces), _numbers(begins)),
    )


def _numbers(days: tuple[date, ...] | list[date]) -> Ints:
    return np.array([day.toordinal() for day in days], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class RowUse:
    """Rows `first`, `first + 1`, ... of the assignment, all of their users.

    days : integers[rows, months], chargeable days
    tokens : integers[rows, pieces], tokens that they take, 0 on seats; both as `weights` say
    """

    first: int
    days: npt.NDArray[Any]
    tokens: npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What makes integers fractions: days of a pair times `days[of_pair]`, tokens times `tokens[of_pair]`."""

    of_pair: Ints
    days: list[Fraction]
    tokens: list[Fraction]


def use_by_month(
    problem: Problem, solution: Solution, rows: AssignmentRows, months: Months, size: int
) -> tuple[Weights, Iterator[RowUse]]:
    """The use of all rows, about `size` of them at a time."""
    demand = problem.demand
    cells = problem.cells
    if months.pieces != problem.edges:
        cells = demand.cells(_numbers(months.pieces) - problem.edges[0].toordinal())
    pair_of, piece_of, counts, pers = (cells[n].to_numpy() for n in ("pair", "period", "count", "per"))
    per = np.ones(demand.pairs, dtype=np.int64)
    per[pair_of] = pers
    weight_of, first = classes(np.asarray(demand.pair_factor, dtype=object), per)
    days = [Fraction(demand.pair_factor[i]) / int(per[i]) for i in first]
    rates, scale = token_rates(problem)
    weights = Weights(weight_of, days, [weight / scale for weight in days])

    def pieces() -> Iterator[RowUse]:
        cover = cover_of(problem, users_on_seats(solution))
        most = int(counts.max(initial=0)) * max(map(max, rates), default=0) * max(1, len(cells))
        exact = np.int64 if max(most, int(counts.sum())) < 2**62 else object
        rate = np.array(rates, dtype=exact)
        wide = len(problem.contracts) + 1
        key = rows.pair * wide + rows.contract + 1
        user = demand.pair_user[rows.pair]
        of_user = np.append(np.flatnonzero(np.diff(user, prepend=-1)), len(user))
        steps = np.arange(0, len(user) + size, size).clip(0, len(user))
        cuts = np.unique(of_user[np.searchsorted(of_user, steps)])
        for begin, after in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            pairs, contract = rows.pair[begin:after], rows.contract[begin:after]
            mine = slice(*np.searchsorted(pair_of, [pairs[0], pairs[-1] + 1]))
            pair, piece = pair_of[mine], piece_of[mine]
            place = np.searchsorted(key[begin:after], pair * wide + cover[pair, months.period[piece]] + 1)
            count = np.zeros((after - begin, len(months.period)), dtype=exact)
            np.add.at(count, (place, piece), counts[mine].astype(exact))
            tokens = count * rate[demand.pair_product[pairs]][:, months.period]
            tokens[contract >= 0] = 0
            yield RowUse(begin, np.add.reduceat(count, months.first, axis=1), tokens)

    return weights, pieces()
