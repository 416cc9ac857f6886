"""What every user would do at given prices, and what it costs to do otherwise: one pass of numpy for all.

At given prices of tokens (per period) and of seats (per contract) no user depends on another. The cheapest
choice of a need is a shortest path through the states of its structure, computed backwards in time:

    G[e] = sum over products not covered in e of their tokens x price + V_next[what is left of e]
    G[e] = min(G[e], price of k + G[e with k])          for every contract k that starts now
    V[e] = G[e]                                          for the states that the step is entered with

Every user has a column, every state a row. A forward pass adds what it costs to reach a state: then each
single decision has its *regret*, the cheapest choice with it less the cheapest without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from flexopt.base.arrays import Bools, Floats, Ints
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem
from flexopt.solve.subproblems import needs_of

__all__ = ["TINY", "Estate", "Forbidden", "Pass", "Prices", "Regrets", "Response"]


Forbidden = dict[int, Bools]
"""By structure, bool[contracts, needs]: seats that a need may not take."""

CELLS = 1 << 18
"""States x needs computed at once: what fits into a core's cache."""

WIDEST = 1 << 14

TINY = 1e-9
"""Money below which sums of floats are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """seat : float64[contracts]; token : float64[periods], of one that a user takes, with its buffer"""

    seat: Floats
    token: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """The cheapest choices at some prices.

    value : float64[needs], what they cost at these prices
    seats : int64[n, 2], (need, contract), sorted
    counts : int64[groups, contracts], seats of each group of needs
    tokens : float64[groups, periods], tokens of each group, without buffer
    fees : float64[groups], what the choices of each group cost beside seats and tokens; None: nothing
    """

    value: Floats
    seats: Ints
    counts: Ints
    tokens: Floats
    fees: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Regrets:
    """Each decision of some needs of one structure: what taking it costs more than leaving it.

    Negative where it belongs to the cheapest choice; infinite where there is no choice without it, or with
    it; nan where there is nothing to decide (the contract covers no use, the product is not used).

    seat : float64[contracts, needs]
    flex : float64[products, steps, needs]
    idle : bool[contracts, needs], free seats that add nothing to the cheapest choice: where all else is
        decided they are left
    """

    seat: Floats
    flex: Floats
    idle: Bools

    def least(self) -> tuple[Floats, Floats]:
        """float64[needs] each: how far it is from indifferent, in any decision, and in those on tokens."""
        seat = np.where(np.isnan(self.seat) | self.idle, np.inf, np.abs(self.seat))
        flex = np.where(np.isnan(self.flex), np.inf, np.abs(self.flex))
        tokens = flex.min(axis=(0, 1), initial=np.inf)
        return np.minimum(seat.min(axis=0, initial=np.inf), tokens), tokens


class Estate:
    """All needs of a problem, and the passes over them.

    Needs are numbered through all structures; `user` says whose they are.
    """

    def __init__(self, problem: Problem, restriction: Restriction) -> None:
        self.problem = problem
        self.parts = needs_of(problem, restriction)
        self.first = np.cumsum([0, *(len(p) for p in self.parts)])
        users = [problem.demand.pair_user[p.pairs[0]] for p in self.parts]
        self.user = np.concatenate([*users, np.empty(0, dtype=np.int64)]).astype(np.int64)
        self.exact = np.concatenate(
            [*(np.full(len(p), p.structure.exact) for p in self.parts), np.empty(0, dtype=bool)]
        ).astype(bool)
        # no tokens: the product is not on Flex then, or the rules ask for a seat
        named = restriction.rules(problem) == "named"
        self.barred = (problem.days > 0) & (named[:, None] | ~problem.on_flex[problem.demand.pair_product])
        self.any_barred = self.barred.any(axis=1)

    def __len__(self) -> int:
        return int(self.first[-1])

    def forbid(self, forbidden: Forbidden, contracts: Sequence[int], needs: Ints) -> None:
        """Add to `forbidden` that these needs take no seats under these contracts."""
        for n, part in enumerate(self.parts):
            mine = needs[(needs >= self.first[n]) & (needs < self.first[n + 1])] - self.first[n]
            if len(mine):
                banned = forbidden.setdefault(n, np.zeros((part.contracts.shape[1], len(part)), bool))
                banned[:, mine] |= np.isin(part.contracts[part.kind[mine]].T, list(contracts))

    def respond(
        self, prices: Prices, group: Ints, groups: int, forbidden: Forbidden | None = None
    ) -> Response:
        """Everybody's cheapest choice; a seat rather than tokens that cost the same.

        With `forbidden` it is no bound any more: some may not do what is cheapest.
        """
        contracts, periods = len(self.problem.contracts), self.problem.periods
        value = np.zeros(len(self))
        counts = np.zeros(groups * contracts, dtype=np.int64)
        tokens = np.zeros(groups * periods)
        takers, taken = [], []
        for n, chunk in self._chunks():
            part, here = Pass(self, n, chunk, prices, forbidden), self.first[n] + chunk
            value[here] = part.backward()
            seats, used = part.forward()
            row, need = np.nonzero(seats)
            k = part.contract[row, need]
            takers.append(here[need])
            taken.append(k)
            counts += np.bincount(group[here[need]] * contracts + k, minlength=len(counts))
            for t in range(periods):
                tokens[t::periods] += np.bincount(group[here], used[t], groups)
        seat = np.stack([np.concatenate([np.empty(0, np.int64), *x]) for x in (takers, taken)], axis=1)
        order = np.lexsort((seat[:, 1], seat[:, 0]))
        return Response(
            value, seat[order], counts.reshape(groups, contracts), tokens.reshape(groups, periods)
        )

    def least_regrets(self, prices: Prices) -> tuple[Floats, Floats]:
        """`Regrets.least` of all needs; 0 where the structure is not exact."""
        least, tokens = np.zeros(len(self)), np.zeros(len(self))
        for n, chunk in self._chunks():
            if self.parts[n].structure.exact:
                here = self.first[n] + chunk
                least[here], tokens[here] = Pass(self, n, chunk, prices).regrets().least()
        return least, tokens

    def regrets(self, prices: Prices, needs: Ints) -> Iterator[tuple[int, Ints, Regrets]]:
        """The regrets of some needs, with the number of their structure and their places in it."""
        for n, chunk in self._chunks(needs):
            yield n, chunk, Pass(self, n, chunk, prices).regrets()

    def passes(self, prices: Prices, needs: Ints) -> Iterator[tuple[Ints, Pass]]:
        """Some needs, and the pass over them, structure by structure."""
        for n, chunk in self._chunks(needs):
            yield self.first[n] + chunk, Pass(self, n, chunk, prices)

    def _chunks(self, needs: Ints | None = None) -> Iterator[tuple[int, Ints]]:
        for n, part in enumerate(self.parts):
            if needs is None:
                places = np.arange(len(part))
            else:
                places = needs[(needs >= self.first[n]) & (needs < self.first[n + 1])] - self.first[n]
            width = max(64, min(WIDEST, CELLS // part.structure.states))
            for begin in range(0, len(places), width):
                yield n, places[begin : begin + width]


class Pass:
    """Some needs of one structure at given prices."""

    def __init__(
        self, estate: Estate, n: int, chunk: Ints, prices: Prices, forbidden: Forbidden | None = None
    ) -> None:
        self.part = estate.parts[n]
        self.structure = self.part.structure
        self.problem = estate.problem
        self.pairs = self.part.pairs[:, chunk]
        self.contract = self.part.contracts[self.part.kind[chunk]].T
        self.seat = prices.seat[self.contract]
        if forbidden and n in forbidden:
            self.seat = np.where(forbidden[n][:, chunk], np.inf, self.seat)
        self.flex = [self._flex(estate, pairs, prices.token) for pairs in self.pairs]
        self.taken: dict[int, Bools] = {}

    def _flex(self, estate: Estate, pairs: Ints, token: Floats) -> Floats:
        """float64[steps, needs]: what tokens for one product cost in each step."""
        steps = self.structure.steps
        price = np.zeros((len(steps), len(token)))
        for n, step in enumerate(steps):
            price[n, step.first : step.after] = token[step.first : step.after]
        cost: Floats = price @ self.problem.tokens[pairs].T
        if estate.any_barred[pairs].any():
            barred = estate.barred[pairs].T
            for n, step in enumerate(steps):
                cost[n, barred[step.first : step.after].any(axis=0)] = np.inf
        return cost

    def _used(self) -> list[Bools]:
        """bool[steps, needs] of each product: is it used in the step?"""
        firsts = [step.first for step in self.structure.steps]
        return [
            np.logical_or.reduceat(self.problem.days[pairs].T > 0, firsts, axis=0) for pairs in self.pairs
        ]

    def _add_tokens(self, values: Floats, n: int) -> None:
        uncovered = self.structure.steps[n].uncovered
        for p, cost in enumerate(self.flex):
            values[uncovered[:, p]] += cost[n]

    def backward(self) -> Floats:
        """float64[needs]: cost of the cheapest choice (infinite without any); `forward` then makes it."""
        V = np.zeros((1, self.pairs.shape[1]))
        for n in reversed(range(len(self.structure.steps))):
            step = self.structure.steps[n]
            G = V[step.leave]
            self._add_tokens(G, n)
            for k, up in reversed(step.contracts):
                with_k = G[up]
                with_k += self.seat[k]
                # a seat rather than tokens of the same price, but none that adds nothing
                self.taken[k] = (with_k <= G) & (up != np.arange(len(up)))[:, None]
                np.minimum(G, with_k, out=G)
            V = G[step.enter]
        return np.asarray(V[0])

    def forward(self) -> tuple[Bools, Floats]:
        """Seats taken, bool[contracts, needs], and tokens used, float64[periods, needs]."""
        steps, count = self.structure.steps, self.pairs.shape[1]
        everybody = np.arange(count)
        seats = np.zeros((len(self.seat), count), dtype=bool)
        tokens = np.zeros((self.problem.periods, count))
        state = np.zeros(count, dtype=np.int64)
        for step in steps:
            state = step.enter[state]
            for k, up in step.contracts:
                seats[k] = self.taken[k][state, everybody]
                state = np.where(seats[k], up[state], state)
            for p, pairs in enumerate(self.pairs):
                open_ = step.uncovered[:, p][state]
                used = self.problem.tokens[pairs, step.first : step.after].T
                tokens[step.first : step.after] += np.where(open_, used, 0.0)
            state = step.leave[state]
        free = np.flatnonzero((self.seat <= 0).any(axis=1) & seats.any(axis=1))
        if len(free):
            seats[free] &= self._live(self._used())[free]
        return seats, tokens

    def _live(self, used: Sequence[Bools]) -> Bools:
        """bool[contracts, needs]: does the contract cover any use?"""
        live = np.zeros(self.seat.shape, dtype=bool)
        for n, step in enumerate(self.structure.steps):
            for k, _ in step.contracts:
                contract = self.problem.contracts[self.part.contracts[0, k]]
                after = [m for m, s in enumerate(self.structure.steps) if s.after <= contract.after][-1] + 1
                for p in np.flatnonzero(self.part.covers[k]).tolist():
                    live[k] |= used[p][n:after].any(axis=0)
        return live

    def layers(self) -> list[list[Floats]]:
        """By step, float64[states, needs]: what is to be paid yet.

        At first with all contracts of the step to choose from, then without the first of them, and so on
        until none is left.
        """
        layers: list[list[Floats]] = []
        V = np.zeros((1, self.pairs.shape[1]))
        for n in reversed(range(len(self.structure.steps))):
            step = self.structure.steps[n]
            G = V[step.leave]
            self._add_tokens(G, n)
            layer = [G]
            for k, up in reversed(step.contracts):
                G = np.minimum(G, G[up] + self.seat[k])
                layer.append(G)
            layers.append(layer[::-1])
            V = G[step.enter]
        return layers[::-1]

    def regrets(self) -> Regrets:
        """Backwards, then forwards through the same states: with and without every single decision."""
        steps, count = self.structure.steps, self.pairs.shape[1]
        layers = self.layers()
        used = self._used()
        live = self._live(used)
        seat = np.full(self.seat.shape, np.nan)
        flex = np.full((len(self.pairs), len(steps), count), np.nan)
        A = np.zeros((1, count))
        with np.errstate(invalid="ignore"):  # inf - inf: no choice either way, which is nothing to decide
            for n, step in enumerate(steps):
                reached = np.full((len(step.leave), count), np.inf)
                reached[step.enter] = A
                A = reached
                for (k, up), after in zip(step.contracts, layers[n][1:], strict=True):
                    paid = A + self.seat[k]
                    seat[k] = np.where(live[k], (paid + after[up]).min(0) - (A + after).min(0), np.nan)
                    A = np.minimum(A, _gathered(paid, up))
                through = A + layers[n][-1]
                for p in range(len(self.pairs)):
                    open_ = step.uncovered[:, p]
                    covered = through[~open_].min(0, initial=np.inf)
                    flex[p, n] = np.where(used[p][n], through[open_].min(0) - covered, np.nan)
                self._add_tokens(A, n)
                A = _gathered(A, step.leave, int(step.leave.max()) + 1)
        idle = (self.seat <= 0) & (np.abs(seat) < TINY)
        if idle.any():
            # one that the cheapest choice takes is not idle, even where another would do
            self.backward()
            idle &= ~self.forward()[0]
        return Regrets(seat, flex, idle)


def _gathered(values: Floats, target: Ints, size: int | None = None) -> Floats:
    """float64[size, needs]: the least of the rows that go to each target row."""
    found = np.full((size or len(target), values.shape[1]), np.inf)
    order = np.argsort(target, kind="stable")
    rows, begin = np.unique(target[order], return_index=True)
    found[rows] = np.minimum.reduceat(values[order], begin, axis=0)
    return found
