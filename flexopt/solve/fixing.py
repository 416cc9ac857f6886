"""Reduced-cost fixing: decisions far from indifference at the bound's prices are fixed, the core stays open.

Fixed decisions enter the model as sums.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from flexopt.base.arrays import Bools, Ints
from flexopt.model.core import Block, Core
from flexopt.model.sets import Problem, spans
from flexopt.solve.coupling import CouplingRows
from flexopt.solve.pricing import TINY, Forbidden, Pass, Prices, PricingProblem, ReducedCosts, Response

Outside = Callable[[Ints], Response]
"""Choices outside the core, given the seats fixed inside it (by contract); for groups see below."""


def fix_by_reduced_cost(
    pricing: PricingProblem, prices: Prices, inside: Bools, window: float, outside: Outside
) -> Core:
    """The core of some subproblems: their decisions with a reduced cost of at most `window` are open.

    inside : bool[subproblems]; for all others the response of `outside` applies, whose groups are 0 outside
        and 1 inside
    """
    problem, of = pricing.problem, _Decisions(pricing.problem)
    for part in pricing.passes(prices, np.flatnonzero(inside)):
        costs = part.reduced_costs()
        for column in range(len(part.numbers)):
            of.add(part, costs, column, window)
    mine = np.array(of.decided, dtype=np.int64).reshape(-1, 2)
    counts = np.bincount(mine[:, 1], minlength=len(problem.contracts))
    response = outside(counts)
    others = response.seats[~inside[response.seats[:, 0]]]
    tokens = response.tokens[0].copy()
    for i, first, after in of.blocks:
        tokens[first:after] += problem.tokens[i, first:after]
    given = np.concatenate([np.stack([pricing.user[others[:, 0]], others[:, 1]], axis=1), mine])
    order = np.lexsort((given[:, 1], given[:, 0]))
    return Core(
        seats=tuple(sorted(of.seats)),
        flexes=tuple(sorted(of.flexes)),
        access=tuple(sorted(of.access)),
        decided=given[order],
        counts=counts + response.counts[0],
        tokens=tokens,
        users=len({u for u, _ in of.seats} | {int(problem.demand.pair_user[i]) for i, _ in of.flexes}),
    )


def cheapest_outside(
    pricing: PricingProblem, coupling: CouplingRows, prices: Prices, inside: Bools
) -> Outside:
    """The cheapest choices outside the core, within the rows that count seats.

    If many users are nearly indifferent about owned seats, the prices alone would give one to all of them.
    """
    counting = coupling.counting

    def outside(mine: Ints) -> Response:
        forbidden: Forbidden = {}
        while True:
            response = pricing.respond(prices, inside.astype(np.int64), 2, forbidden)
            over = coupling.seat[counting] @ (response.counts[0] + mine) - coupling.sides[counting]
            if not (over > 0).any():
                return response
            worst = int(np.argmax(over))
            contracts = np.flatnonzero(coupling.seat[counting[worst]])
            seats = response.seats[~inside[response.seats[:, 0]]]
            takers = np.unique(seats[np.isin(seats[:, 1], contracts), 0])
            takers = takers[np.isfinite(response.value[takers])]  # the others have no alternative left
            if not len(takers):
                return response
            loss = np.full(len(pricing), np.inf)
            for part in pricing.passes(prices, takers):
                seat = part.reduced_costs().seat
                theirs = np.isin(part.contract, contracts) & (seat <= TINY)
                loss[part.numbers] = np.where(theirs, -seat, np.inf).min(0)
            # the last among those who lose least: the first users keep their seats
            order = np.lexsort((-takers, loss[takers]))
            pricing.forbid(forbidden, contracts.tolist(), takers[order[: math.ceil(over[worst])]])

    return outside


class _Decisions:
    """Open and decided choices in the core; `blocks` are those decided for tokens."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.seats: list[tuple[int, int]] = []
        self.flexes: list[Block] = []
        self.access: list[Block] = []
        self.decided: list[tuple[int, int]] = []
        self.blocks: list[tuple[int, int, int]] = []

    def add(self, part: Pass, costs: ReducedCosts, column: int, window: float) -> None:
        problem, pairs = self.problem, part.pairs[:, column].tolist()
        user = int(problem.demand.pair_user[pairs[0]])
        seats = list(zip(part.contract[:, column].tolist(), costs.seat[:, column].tolist(), strict=True))
        # an inexact structure only bounds the cost, its cheapest choice may be invalid: all stays open
        width = window if part.structure.exact else np.inf
        self.seats += [(user, k) for k, cost in seats if abs(cost) <= width]
        taken = [k for k, cost in seats if cost < -width]
        self.decided += [(user, k) for k in taken]
        live = [problem.contracts[k] for k in taken]
        firsts = [s.first for s in part.structure.steps]
        for p, i in enumerate(pairs):
            product = int(problem.demand.pair_product[i])
            for first, after in spans(problem, product):
                if not problem.days[i, first:after].any():
                    continue
                if any(product in c.covers and c.first <= first < c.after for c in live):
                    continue
                # a block has several steps if a seat for another product starts: any step with use will do
                begin = int(np.searchsorted(firsts, first, side="right")) - 1
                flex = costs.flex[p, begin : int(np.searchsorted(firsts, after)), column]
                cost = float(flex[~np.isnan(flex)][0])
                if cost < -width or cost == -np.inf:
                    # no seat can serve it, however wide the window
                    self.blocks.append((i, first, after))
                    continue
                self.access.append((i, first))
                if cost <= width and np.isfinite(cost):
                    self.flexes.append((i, first))
