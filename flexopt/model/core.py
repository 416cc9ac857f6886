"""The core: the decisions left to the solver, and what is already decided.

In small problems everything is core. In large ones users far from indifference at the bound's prices get
their cheapest choice, which enters the model as sums.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from flexopt.base.arrays import Floats, Ints
from flexopt.model.cover import cover_of
from flexopt.model.leaving import leaving
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem, spans

Block = tuple[int, int]
"""A pair, and the first period of a block of its product."""


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """Open decisions, and the sums of what is decided.

    seats : open (user, contract); flexes : open blocks
    access : blocks that still need a seat or tokens
    decided : int64[n, 2], (user, contract) of the decided seats
    counts : int64[contracts], number of these; tokens : float64[periods], decided use, without buffer
    users : number of users with an open decision
    moved : int64[n], subproblems whose move is decided (`fees.py`)
    """

    seats: tuple[tuple[int, int], ...]
    flexes: tuple[Block, ...]
    access: tuple[Block, ...]
    decided: Ints
    counts: Ints
    tokens: Floats
    users: int
    moved: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def choices(self) -> int:
        return len(self.seats) + len(self.flexes)


def purchases_only(problem: Problem) -> Core:
    """No users at all: only purchases and orders, and the coupling rows."""
    return Core((), (), (), *_nothing(problem), 0)


def everything(problem: Problem, restriction: Restriction) -> Core:
    """Every decision of every user.

    A seat only if it would be used and no product it covers is restricted to Flex (policy); tokens only if
    the product is on Flex and not restricted to seats.
    """
    demand, rules = problem.demand, restriction.rules(problem)
    seats, flexes, access, gone = [], [], [], leaving(problem)
    starts = np.flatnonzero(np.diff(demand.pair_user, prepend=-1)).tolist()
    for begin, end in pairwise([*starts, demand.pairs]):
        pairs = range(begin, end)
        product = {i: int(demand.pair_product[i]) for i in pairs}
        barred = gone.barred[gone.group[demand.pair_user[begin]]]
        for k, contract in enumerate(problem.contracts):
            if k in barred:
                continue
            used = [i for i in pairs if product[i] in contract.covers]
            live = any(problem.days[i, contract.first : contract.after].any() for i in used)
            allowed = all(
                rules[i] != "flex" and contract.offer in restriction.offers.get(i, (contract.offer,))
                for i in used
            )
            if live and allowed:
                seats.append((int(demand.pair_user[begin]), k))
        for i in pairs:
            for first, after in spans(problem, product[i]):
                if problem.days[i, first:after].any():
                    access.append((i, first))
                    if rules[i] != "named" and problem.on_flex[product[i], first]:
                        flexes.append((i, first))
    users = len(np.unique(demand.pair_user))
    return Core(tuple(seats), tuple(flexes), tuple(access), *_nothing(problem), users)


def given(problem: Problem, seats: Ints) -> Core:
    """No open user decisions: users have these seats, int64[n, 2] of (user, contract), otherwise tokens."""
    on_flex = cover_of(problem, seats) < 0
    return Core(
        seats=(),
        flexes=(),
        access=(),
        decided=seats[np.lexsort((seats[:, 1], seats[:, 0]))],
        counts=np.bincount(seats[:, 1], minlength=len(problem.contracts)),
        tokens=np.where(on_flex, problem.tokens, 0.0).sum(axis=0),
        users=0,
    )


def _nothing(problem: Problem) -> tuple[Ints, Ints, Floats]:
    contracts = np.zeros(len(problem.contracts), dtype=np.int64)
    return np.empty((0, 2), dtype=np.int64), contracts, np.zeros(problem.periods)
