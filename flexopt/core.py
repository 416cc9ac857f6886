"""The core: which decisions are left to the solver, and what is decided already.

Small problems are all core. In large ones the users who are far from indifferent at the bound's prices do
what is cheapest for them; they reach the model as sums.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from flexopt.needs import Needs, Restriction
from flexopt.pricing import Estate, Prices, Regrets, Response
from flexopt.problem import Problem, spans

__all__ = ["Core", "cover_of", "everything", "given", "near", "nobody"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Block = tuple[int, int]
"""A pair, and the first period of a block of its product."""


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """Open decisions, and the sums of what is decided.

    seats : open (user, contract); flexes : open blocks
    access : blocks that still need a seat or tokens
    decided : int64[n, 2], (user, contract) of seats that are given
    counts : int64[contracts], how many these are; tokens : float64[periods], decided use, without buffer
    users : how many users have an open decision
    """

    seats: tuple[tuple[int, int], ...]
    flexes: tuple[Block, ...]
    access: tuple[Block, ...]
    decided: Ints
    counts: Ints
    tokens: Floats
    users: int

    @property
    def choices(self) -> int:
        return len(self.seats) + len(self.flexes)


def nobody(problem: Problem) -> Core:
    """No user at all: the rows that users share, and purchases."""
    return Core((), (), (), *_nothing(problem), 0)


def everything(problem: Problem, restriction: Restriction) -> Core:
    """Every decision of every user.

    A seat only where it would be used, and where no product it covers is bound to Flex (policy); tokens only
    where the product is on Flex and not bound to seats.
    """
    demand, rules = problem.demand, restriction.rules(problem)
    seats, flexes, access = [], [], []
    starts = np.flatnonzero(np.diff(demand.pair_user, prepend=-1)).tolist()
    for begin, end in pairwise([*starts, demand.pairs]):
        pairs = range(begin, end)
        product = {i: int(demand.pair_product[i]) for i in pairs}
        for k, contract in enumerate(problem.contracts):
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
    """No decision of users left: they have these seats, int64[n, 2] of (user, contract), and else tokens."""
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


def cover_of(problem: Problem, seats: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """int32[pairs, periods]: the contract that covers the pair, -1 where none does (then it is on Flex).

    Where two do, the one that costs nothing more comes first: owned, then by number.
    """
    demand = problem.demand
    first_pair = np.searchsorted(demand.pair_user, np.arange(len(demand.users) + 1))
    cover = np.full((demand.pairs, problem.periods), -1, dtype=np.int32)
    by_contract = seats[np.argsort(seats[:, 1], kind="stable")]
    start_of = np.searchsorted(by_contract[:, 1], np.arange(len(problem.contracts) + 1))
    by_rank = sorted(range(len(problem.contracts)), key=lambda k: (problem.contracts[k].kind == "owned", -k))
    for k in by_rank:  # later ones overwrite
        users = by_contract[start_of[k] : start_of[k + 1], 0]
        pairs = _ranges(first_pair[users], first_pair[users + 1])
        contract = problem.contracts[k]
        mine = pairs[np.isin(demand.pair_product[pairs], sorted(contract.covers))]
        cover[mine, contract.first : contract.after] = k
    return cover


def _ranges(first: npt.NDArray[np.int64], after: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The numbers of all ranges `[first, after)`, one range after the other."""
    sizes = after - first
    begin: npt.NDArray[np.int64] = np.repeat(first - (np.cumsum(sizes) - sizes), sizes)
    return begin + np.arange(len(begin))


def _nothing(problem: Problem) -> tuple[Ints, Ints, Floats]:
    contracts = np.zeros(len(problem.contracts), dtype=np.int64)
    return np.empty((0, 2), dtype=np.int64), contracts, np.zeros(problem.periods)


Outside = Callable[[Ints], Response]
"""What needs outside the core do, given the seats decided inside it (by contract); groups as in `near`."""


def near(
    estate: Estate, prices: Prices, inside: npt.NDArray[np.bool_], window: float, outside: Outside
) -> Core:
    """The core of some needs: their decisions with a regret of at most `window` are open.

    inside : bool[needs]; all others do what the response of `outside` says, whose groups are 0 outside and 1
        inside.
    """
    problem = estate.problem
    seats: list[tuple[int, int]] = []
    flexes: list[Block] = []
    access: list[Block] = []
    decided: list[tuple[int, int]] = []
    blocks: list[tuple[int, int, int]] = []
    for n, places, regrets in estate.regrets(prices, np.flatnonzero(inside)):
        part = estate.parts[n]
        for column, place in enumerate(places.tolist()):
            need = _Need(problem, part, place, regrets=regrets, column=column, window=window)
            user = int(problem.demand.pair_user[part.pairs[0, place]])
            seats += [(user, k) for k in need.open_seats]
            decided += [(user, k) for k in need.seats]
            flexes += need.open_blocks
            access += need.access
            blocks += need.blocks
    mine = np.array(decided, dtype=np.int64).reshape(-1, 2)
    counts = np.bincount(mine[:, 1], minlength=len(problem.contracts))
    response = outside(counts)
    others = response.seats[~inside[response.seats[:, 0]]]
    tokens = response.tokens[0].copy()
    for i, first, after in blocks:
        tokens[first:after] += problem.tokens[i, first:after]
    given = np.concatenate([np.stack([estate.user[others[:, 0]], others[:, 1]], axis=1), mine])
    order = np.lexsort((given[:, 1], given[:, 0]))
    return Core(
        seats=tuple(sorted(seats)),
        flexes=tuple(sorted(flexes)),
        access=tuple(sorted(access)),
        decided=given[order],
        counts=counts + response.counts[0],
        tokens=tokens,
        users=len(np.unique(estate.user[inside])),
    )


class _Need:
    """What is open and what is decided of one need in the core."""

    def __init__(
        self, problem: Problem, part: Needs, place: int, *, regrets: Regrets, column: int, window: float
    ) -> None:
        contracts = part.contracts[part.kind[place]].tolist()
        seat = regrets.seat[:, column].tolist()
        # an inexact structure bounds the cost, but its cheapest choice may be none: all stays open
        width = window if part.structure.exact else np.inf
        self.open_seats = [k for k, r in zip(contracts, seat, strict=True) if abs(r) <= width]
        self.seats = [k for k, r in zip(contracts, seat, strict=True) if r < -width]
        self.open_blocks: list[Block] = []
        self.access: list[Block] = []
        self.blocks: list[tuple[int, int, int]] = []
        live = [problem.contracts[k] for k in self.seats]
        firsts = [s.first for s in part.structure.steps]
        for p, i in enumerate(part.pairs[:, place].tolist()):
            product = int(problem.demand.pair_product[i])
            for first, after in spans(problem, product):
                if not problem.days[i, first:after].any():
                    continue
                if any(product in c.covers and c.first <= first < c.after for c in live):
                    continue
                # a block is several steps where a seat for another product starts: any that is used tells
                begin = int(np.searchsorted(firsts, first, side="right")) - 1
                of = regrets.flex[p, begin : int(np.searchsorted(firsts, after)), column]
                regret = float(of[~np.isnan(of)][0])
                if regret < -width or regret == -np.inf:
                    # no seat can serve it, however wide the window
                    self.blocks.append((i, first, after))
                    continue
                self.access.append((i, first))
                if regret <= width and np.isfinite(regret):
                    self.open_blocks.append((i, first))
