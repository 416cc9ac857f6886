"""The pricing problem with a move fee: every subproblem keeps today's access, or moves and pays.

At given prices this takes two passes, one with today's access as the only choice and one with all choices:
the cheaper of the two, including the fee, is the cost of the subproblem.
"""

from __future__ import annotations

import numpy as np

from flexopt.base.arrays import Bools, Floats, Ints
from flexopt.model.fees import Fees, Moves
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem
from flexopt.solve.options import SearchOptions
from flexopt.solve.pricing import Forbidden, Opened, Prices, PricingProblem, Response
from flexopt.solve.subproblems import subproblem_of_pairs


class PricingWithMoves(PricingProblem):
    """Every subproblem stays or moves. Its own passes are for moving, those of `stay` for staying."""

    moves: Moves

    def __init__(
        self,
        problem: Problem,
        restriction: Restriction,
        fees: Fees,
        options: SearchOptions = SearchOptions(),
    ) -> None:
        super().__init__(problem, restriction, options)
        self.stay = PricingProblem(problem, fees.today, options)
        self.moves = Moves(problem, fees, subproblem_of_pairs(self.parts, problem.demand.pairs))
        # today's access ties fewer products together: a subproblem here is one or several of `stay`
        self.whole = self._of_pieces(self.stay)
        self.exact[self.whole[~self.stay.exact]] = False

    def respond(
        self, prices: Prices, group: Ints, groups: int, forbidden: Forbidden | None = None
    ) -> Response:
        gain, value = self._gain(prices)
        goes = gain > 0
        free = super().respond(prices, np.where(goes, group, groups), groups + 1, forbidden)
        still = np.where(goes[self.whole], groups, group[self.whole])
        stay = self.stay.respond(prices, still, groups + 1)
        seats = stay.seats.copy()
        seats[:, 0] = self.whole[seats[:, 0]]
        both = np.concatenate([free.seats[goes[free.seats[:, 0]]], seats[~goes[seats[:, 0]]]])
        return Response(
            value,
            both[np.lexsort((both[:, 1], both[:, 0]))],
            (free.counts + stay.counts)[:groups],
            (free.tokens + stay.tokens)[:groups],
            float(self.moves.fee) * np.bincount(group[goes], minlength=groups).astype(np.float64),
        )

    def least_reduced_costs(self, prices: Prices) -> tuple[Floats, Floats]:
        """The minimum over the choices on the cheaper side, and over changing sides."""
        gain, _ = self._gain(prices)
        found = []
        sides = zip(super().least_reduced_costs(prices), self.stay.least_reduced_costs(prices), strict=True)
        for moving, staying in sides:
            stays = np.full(len(self), np.inf)
            np.minimum.at(stays, self.whole, staying)
            found.append(np.minimum(np.abs(gain), np.where(gain > 0, moving, stays)))
        return found[0], found[1]

    def opened(self, prices: Prices, inside: Bools, window: float) -> Opened:
        """Only the subproblems inside that are within the window of changing sides are free to do so."""
        gain, _ = self._gain(prices)
        between = inside & (np.abs(gain) <= window)
        stays = ((gain <= 0) & ~between)[self.moves.subproblem]
        today, free = self.stay.restriction, self.restriction
        offers = {i: only for i, only in today.offers.items() if stays[i]}
        offers |= {i: only for i, only in free.offers.items() if not stays[i]}
        rule = np.where(stays, today.rules(self.problem), free.rules(self.problem))
        pricing = PricingProblem(self.problem, Restriction(rule, offers), self.options)
        # a subproblem that is free to change sides may make choices that cost up to the fee more
        width = window + float(self.moves.fee) if between.any() else window
        within = inside[self._of_pieces(pricing)] | ~pricing.exact
        return Opened(pricing, within, width, np.flatnonzero((gain > 0) & ~between))

    def _gain(self, prices: Prices) -> tuple[Floats, Floats]:
        """float64[subproblems] each: extra cost of staying over moving with the fee; cost of the cheaper."""
        none, pieces = np.zeros(len(self), dtype=np.int64), np.zeros(len(self.stay), dtype=np.int64)
        stays = np.bincount(self.whole, self.stay.respond(prices, pieces, 1).value, len(self))
        moves = super().respond(prices, none, 1).value + float(self.moves.fee)
        return stays - moves, np.minimum(stays, moves)

    def _of_pieces(self, pricing: PricingProblem) -> Ints:
        """int64[subproblems of the other]: the subproblem here to which each belongs."""
        first = [part.pairs[0] for part in pricing.parts]
        return self.moves.subproblem[np.concatenate([*first, np.empty(0, np.int64)]).astype(np.int64)]
