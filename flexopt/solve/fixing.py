"""Decisions fixed by reduced cost: the core is what is left open.

Users who are far from indifferent at the bound's prices do what is cheapest for them; they reach the model as
sums.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from flexopt.base.arrays import Bools, Ints
from flexopt.model.core import Block, Core
from flexopt.model.sets import Problem, spans
from flexopt.solve.pricing import Estate, Prices, Regrets, Response
from flexopt.solve.subproblems import Needs

__all__ = ["near"]


Outside = Callable[[Ints], Response]
"""What needs outside the core do, given the seats decided inside it (by contract); groups as in `near`."""


def near(estate: Estate, prices: Prices, inside: Bools, window: float, outside: Outside) -> Core:
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
        users=len({u for u, _ in seats} | {int(problem.demand.pair_user[i]) for i, _ in flexes}),
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
