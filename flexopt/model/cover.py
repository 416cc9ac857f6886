"""Which contract covers each pair of user and product in each period, for the seats of a solution."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from flexopt.base.arrays import Ints, ranges
from flexopt.model.sets import Problem


def cover_of(problem: Problem, seats: Ints) -> npt.NDArray[np.int32]:
    """int32[pairs, periods]: the contract that covers the pair, -1 if none does (then it is on Flex).

    If two do, an owned one, at no extra cost, takes precedence; then the order is by number.
    """
    demand = problem.demand
    first_pair = np.searchsorted(demand.pair_user, np.arange(len(demand.users) + 1))
    cover = np.full((demand.pairs, problem.periods), -1, dtype=np.int32)
    by_contract = seats[np.argsort(seats[:, 1], kind="stable")]
    start_of = np.searchsorted(by_contract[:, 1], np.arange(len(problem.contracts) + 1))
    free = [c.kind in ("owned", "stated") for c in problem.contracts]
    by_rank = sorted(range(len(problem.contracts)), key=lambda k: (free[k], -k))
    for k in by_rank:  # later ones overwrite
        users = by_contract[start_of[k] : start_of[k + 1], 0]
        _, pairs = ranges(first_pair[users], first_pair[users + 1])
        contract = problem.contracts[k]
        mine = pairs[np.isin(demand.pair_product[pairs], sorted(contract.covers))]
        cover[mine, contract.first : contract.after] = k
    return cover
