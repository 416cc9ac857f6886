"""People who leave before a contract ends: no later day is worth anything, so their seat counts in full.

Such seats are contracts of their own (`in_full`), the same seats at the whole price. Everybody may hold these
or the others, by the day on which they leave.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flexopt.base.arrays import Ints
from flexopt.model.sets import Problem

STAYS = 10**9
"""The day on which somebody leaves who does not."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaving:
    """Who may hold which contracts.

    group : int64[users]; everybody in a group outlives the same contracts
    barred : by group, the contracts that are not for it
    """

    group: Ints
    barred: tuple[frozenset[int], ...]


def leaving(problem: Problem) -> Leaving:
    """The groups of users, by the contracts that end after they have left."""
    start, demand = problem.edges[0], problem.demand
    days = np.full(len(demand.users), STAYS)
    days[list(demand.leaves)] = list(demand.leaves.values())
    ends = sorted({(c.end - start).days for c in problem.contracts if c.in_full})
    full = {c.key: k for k, c in enumerate(problem.contracts) if c.in_full}
    barred = []
    for first in range(len(ends) + 1):
        longer = set(ends[first:])  # ends of the contracts that outlast this group
        barred.append(
            frozenset(
                k
                for k, c in enumerate(problem.contracts)
                if c.key in full and c.in_full != ((c.end - start).days in longer)
            )
        )
    return Leaving(np.searchsorted(ends, days, side="right"), tuple(barred))
