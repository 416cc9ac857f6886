"""What each contract's seats cost in each month, shared by the products that are used on them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from flexopt.base.arrays import Ints
from flexopt.base.columns import Column
from flexopt.base.dates import overlap_days
from flexopt.model.sets import Problem
from flexopt.model.solution import Solution
from flexopt.planning.bill import bought_seats
from flexopt.planning.charges.apportion import apportion, apportion_groups
from flexopt.planning.charges.use import Months, Weights


@dataclass(frozen=True, slots=True, eq=False)
class SeatMoney:
    """Whole cents of one seat of each contract, and how many there are.

    cents : int64[contracts, months]: what the seat costs in the horizon, spread by days
    count : int64[contracts], used or not
    """

    cents: Ints
    count: Ints

    def share(
        self, user: Ints, contract: Ints, pair: Ints, weights: Weights, days: npt.NDArray[Any]
    ) -> tuple[Ints, Ints, Ints, Ints]:
        """Share the cost of each user's seats among the rows on them.

        All arrays have a value for each row of the assignment (the contract is -1 on Flex); `days` has
        integers[rows, months]. Returns row, month and cents of what is used or charged; and the contract of
        each seat.
        """
        paid = np.flatnonzero(np.append(self.cents.any(axis=1), False)[contract])
        paid = paid[np.lexsort((pair[paid], contract[paid], user[paid]))]
        if not len(paid):
            return paid, paid, paid, paid
        new = (np.diff(user[paid], prepend=-1) != 0) | (np.diff(contract[paid], prepend=-1) != 0)
        starts = np.flatnonzero(new)
        group = np.cumsum(new) - 1
        amounts = self.cents[contract[paid[starts]]]
        whole = lcm(*(w.denominator for w in weights.days))
        factors = [int(w * whole) for w in weights.days]
        most = int(days[paid].sum(axis=1).max()) * max(factors) * len(paid) * int(amounts.max())
        exact = np.int64 if most < 2**62 else object
        share = days[paid].astype(exact) * np.array(factors, dtype=exact)[weights.of_pair[pair[paid]], None]
        idle = np.add.reduceat(share, starts, axis=0)[group] == 0
        share = np.where(idle, share.sum(axis=1)[:, None], share)
        cents = apportion_groups(amounts, share, starts).astype(np.int64)
        row, month = np.nonzero((cents != 0) | (days[paid] != 0))
        return paid[row], month, cents[row, month], contract[paid[starts]]


def seat_money(problem: Problem, solution: Solution, months: Months) -> SeatMoney:
    """The seats of the solution; those that are owned cost nothing."""
    cents, count = [], []
    for c, (tier, bought, _) in zip(problem.contracts, bought_seats(problem, solution), strict=True):
        live = [Fraction(overlap_days(c.start, c.end, *days)) for days in months.days]
        cost = c.settled if c.kind == "stated" else c.cost[tier]
        cents.append(
            apportion(int(cost.scaleb(problem.scenario.money.digits)), Column(np.arange(len(live)), live))
        )
        count.append(bought)
    size = len(problem.contracts), len(months.days)
    return SeatMoney(np.array(cents, dtype=np.int64).reshape(size), np.array(count, dtype=np.int64))
