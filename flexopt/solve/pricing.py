"""The pricing problem: the cheapest choice of every user at given prices, in one numpy pass over all users.

At given prices of tokens (per period) and of seats (per contract) no user depends on another. The cheapest
choice of a subproblem is a shortest path through the states of its structure, computed backwards in time:

    G[e] = sum over products not covered in e of their tokens x price + V_next[what is left of e]
    G[e] = min(G[e], price of k + G[e with k])          for every contract k that starts now
    V[e] = G[e]                                          for the states that the step is entered with

Every subproblem has a column, every state a row. A forward pass adds the cost of reaching each state, which
gives the *reduced cost* of each decision: the cheapest choice with it less the cheapest without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from flexopt.base.arrays import Bools, Floats, Ints
from flexopt.model.fees import Moves
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem
from flexopt.solve.options import SearchOptions
from flexopt.solve.subproblems import subproblems_of

Forbidden = dict[int, Bools]
"""By structure, bool[contracts, subproblems]: seats that a subproblem must not take."""

TINY = 1e-9
"""Differences in money below this are float arithmetic."""


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """seat : float64[contracts]; token : float64[periods], price of a token used, with its buffer"""

    seat: Floats
    token: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """The cheapest choices at some prices.

    value : float64[subproblems], their cost at these prices
    seats : int64[n, 2], (subproblem, contract), sorted
    counts : int64[groups, contracts], seats of each group of subproblems
    tokens : float64[groups, periods], tokens of each group, without buffer
    fees : float64[groups], fees for moves of each group
    """

    value: Floats
    seats: Ints
    counts: Ints
    tokens: Floats
    fees: Floats


@dataclass(frozen=True, slots=True, eq=False)
class ReducedCosts:
    """For each decision of some subproblems of one structure: the extra cost of taking it.

    Negative if it belongs to the cheapest choice; infinite if there is no choice without it, or with it; nan
    if there is nothing to decide (the contract covers no use, the product is not used).

    seat : float64[contracts, subproblems]
    flex : float64[products, steps, subproblems]
    idle : bool[contracts, subproblems], free seats that add nothing to the cheapest choice: left unassigned
        if everything else is decided
    """

    seat: Floats
    flex: Floats
    idle: Bools

    def least(self) -> tuple[Floats, Floats]:
        """float64[subproblems] each: the smallest magnitude of any decision, and of those on tokens."""
        seat = np.where(np.isnan(self.seat) | self.idle, np.inf, np.abs(self.seat))
        flex = np.where(np.isnan(self.flex), np.inf, np.abs(self.flex))
        tokens = flex.min(axis=(0, 1), initial=np.inf)
        return np.minimum(seat.min(axis=0, initial=np.inf), tokens), tokens


class PricingProblem:
    """All subproblems of a problem, and the passes over them.

    Subproblems are numbered across all structures; `user` is their user, `exact` whether their structure is.
    """

    moves: Moves | None = None
    """What is a move, if moves have a fee (`pricing_moves.py`)."""

    def __init__(
        self, problem: Problem, restriction: Restriction, options: SearchOptions = SearchOptions()
    ) -> None:
        self.problem, self.restriction, self.options = problem, restriction, options
        self.parts = subproblems_of(problem, restriction, options.most_states)
        self.first = np.cumsum([0, *(len(p) for p in self.parts)])
        users = [problem.demand.pair_user[p.pairs[0]] for p in self.parts]
        self.user = np.concatenate([*users, np.empty(0, dtype=np.int64)]).astype(np.int64)
        self.exact = np.concatenate(
            [*(np.full(len(p), p.structure.exact) for p in self.parts), np.empty(0, dtype=bool)]
        ).astype(bool)
        # no tokens: the product is not on Flex then, or the rules require a seat
        named = restriction.rules(problem) == "named"
        self.barred = (problem.days > 0) & (named[:, None] | ~problem.on_flex[problem.demand.pair_product])
        self.any_barred = self.barred.any(axis=1)

    def __len__(self) -> int:
        return int(self.first[-1])

    def forbid(self, forbidden: Forbidden, contracts: Sequence[int], subproblems: Ints) -> None:
        """Add to `forbidden` that these subproblems must not take seats under these contracts."""
        for n, part in enumerate(self.parts):
            mine = self._of_part(n, subproblems)
            if len(mine):
                banned = forbidden.setdefault(n, np.zeros((part.contracts.shape[1], len(part)), bool))
                banned[:, mine] |= np.isin(part.contracts[part.kind[mine]].T, list(contracts))

    def respond(
        self, prices: Prices, group: Ints, groups: int, forbidden: Forbidden | None = None
    ) -> Response:
        """The cheapest choice of each subproblem; a seat rather than tokens at the same cost.

        With `forbidden` it no longer gives a bound: some choices are not the cheapest.
        """
        contracts, periods = len(self.problem.contracts), self.problem.periods
        value = np.zeros(len(self))
        counts = np.zeros(groups * contracts, dtype=np.int64)
        tokens = np.zeros(groups * periods)
        takers, taken = [], []
        for part in self.passes(prices, forbidden=forbidden):
            here = part.numbers
            value[here] = part.backward()
            seats, used = part.forward()
            row, column = np.nonzero(seats)
            k = part.contract[row, column]
            takers.append(here[column])
            taken.append(k)
            counts += np.bincount(group[here[column]] * contracts + k, minlength=len(counts))
            for t in range(periods):
                tokens[t::periods] += np.bincount(group[here], used[t], groups)
        seat = np.stack([np.concatenate([np.empty(0, np.int64), *x]) for x in (takers, taken)], axis=1)
        order = np.lexsort((seat[:, 1], seat[:, 0]))
        return Response(
            value,
            seat[order],
            counts.reshape(groups, contracts),
            tokens.reshape(groups, periods),
            np.zeros(groups),
        )

    def least_reduced_costs(self, prices: Prices) -> tuple[Floats, Floats]:
        """`ReducedCosts.least` of all subproblems; 0 if the structure is not exact."""
        least, tokens = np.zeros(len(self)), np.zeros(len(self))
        for part in self.passes(prices, np.flatnonzero(self.exact)):
            least[part.numbers], tokens[part.numbers] = part.reduced_costs().least()
        return least, tokens

    def passes(
        self, prices: Prices, subproblems: Ints | None = None, forbidden: Forbidden | None = None
    ) -> Iterator[Pass]:
        """The passes over some subproblems (all, if none are given), structure by structure."""
        cells, widest = self.options.pass_cells, self.options.pass_width
        for n, part in enumerate(self.parts):
            places = np.arange(len(part)) if subproblems is None else self._of_part(n, subproblems)
            width = max(64, min(widest, cells // part.structure.states))
            for begin in range(0, len(places), width):
                yield Pass(self, n, places[begin : begin + width], prices, forbidden)

    def opened(self, prices: Prices, inside: Bools, window: float) -> Opened:
        """The pricing problem in which a core of these subproblems is fixed: this one, as nothing moves."""
        return Opened(self, inside, window, np.empty(0, dtype=np.int64))

    def _of_part(self, n: int, subproblems: Ints) -> Ints:
        """Places in structure n of the subproblems that have it."""
        mine = (subproblems >= self.first[n]) & (subproblems < self.first[n + 1])
        places: Ints = subproblems[mine] - self.first[n]
        return places


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A pricing problem without a fee, in which a core can be fixed.

    inside : bool[its subproblems]; window : reduced cost up to which their decisions are open
    moved : int64[n], subproblems (of the original pricing problem) that move in any case
    """

    pricing: PricingProblem
    inside: Bools
    window: float
    moved: Ints


class Pass:
    """Some subproblems of one structure at given prices: their numbers, and their places in `part`."""

    def __init__(
        self, pricing: PricingProblem, n: int, places: Ints, prices: Prices, forbidden: Forbidden | None
    ) -> None:
        self.numbers, self.places = pricing.first[n] + places, places
        self.part = pricing.parts[n]
        self.structure = self.part.structure
        self.problem = pricing.problem
        self.pairs = self.part.pairs[:, places]
        self.contract = self.part.contracts[self.part.kind[places]].T
        self.seat = prices.seat[self.contract]
        if forbidden and n in forbidden:
            self.seat = np.where(forbidden[n][:, places], np.inf, self.seat)
        self.flex = [self._flex(pricing, pairs, prices.token) for pairs in self.pairs]
        self.taken: dict[int, Bools] = {}

    def _flex(self, pricing: PricingProblem, pairs: Ints, token: Floats) -> Floats:
        """float64[steps, subproblems]: cost of tokens for one product in each step."""
        steps = self.structure.steps
        price = np.zeros((len(steps), len(token)))
        for n, step in enumerate(steps):
            price[n, step.first : step.after] = token[step.first : step.after]
        cost: Floats = price @ self.problem.tokens[pairs].T
        if pricing.any_barred[pairs].any():
            barred = pricing.barred[pairs].T
            for n, step in enumerate(steps):
                cost[n, barred[step.first : step.after].any(axis=0)] = np.inf
        return cost

    def _used(self) -> list[Bools]:
        """For each product, bool[steps, subproblems]: whether it is used in the step."""
        firsts = [step.first for step in self.structure.steps]
        return [
            np.logical_or.reduceat(self.problem.days[pairs].T > 0, firsts, axis=0) for pairs in self.pairs
        ]

    def _add_tokens(self, values: Floats, n: int) -> None:
        uncovered = self.structure.steps[n].uncovered
        for p, cost in enumerate(self.flex):
            values[uncovered[:, p]] += cost[n]

    def backward(self) -> Floats:
        """float64[subproblems]: cost of the cheapest choice (infinite without any), found by `forward`."""
        V = np.zeros((1, self.pairs.shape[1]))
        for n in reversed(range(len(self.structure.steps))):
            step = self.structure.steps[n]
            G = V[step.leave]
            self._add_tokens(G, n)
            for k, up in reversed(step.contracts):
                with_k = G[up]
                with_k += self.seat[k]
                # a seat rather than tokens at the same price, but no seat that adds nothing
                self.taken[k] = (with_k <= G) & (up != np.arange(len(up)))[:, None]
                np.minimum(G, with_k, out=G)
            V = G[step.enter]
        return np.asarray(V[0])

    def forward(self) -> tuple[Bools, Floats]:
        """Seats taken, bool[contracts, subproblems], and tokens used, float64[periods, subproblems]."""
        steps, count = self.structure.steps, self.pairs.shape[1]
        columns = np.arange(count)
        seats = np.zeros((len(self.seat), count), dtype=bool)
        tokens = np.zeros((self.problem.periods, count))
        state = np.zeros(count, dtype=np.int64)
        for step in steps:
            state = step.enter[state]
            for k, up in step.contracts:
                seats[k] = self.taken[k][state, columns]
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
        """bool[contracts, subproblems]: whether the contract covers any use."""
        live = np.zeros(self.seat.shape, dtype=bool)
        for n, step in enumerate(self.structure.steps):
            for k, _ in step.contracts:
                contract = self.problem.contracts[self.part.contracts[0, k]]
                after = [m for m, s in enumerate(self.structure.steps) if s.after <= contract.after][-1] + 1
                for p in np.flatnonzero(self.part.covers[k]).tolist():
                    live[k] |= used[p][n:after].any(axis=0)
        return live

    def layers(self) -> list[list[Floats]]:
        """By step, float64[states, subproblems]: the remaining cost.

        First with all contracts of the step to choose from, then without the first of them, and so on until
        none is left.
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

    def reduced_costs(self) -> ReducedCosts:
        """Backwards, then forwards through the same states: with and without every single decision."""
        steps, count = self.structure.steps, self.pairs.shape[1]
        layers = self.layers()
        used = self._used()
        live = self._live(used)
        seat = np.full(self.seat.shape, np.nan)
        flex = np.full((len(self.pairs), len(steps), count), np.nan)
        A = np.zeros((1, count))
        with np.errstate(invalid="ignore"):  # inf - inf: no choice either way, so nothing to decide
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
            # a seat that the cheapest choice takes is not idle, even if another would do
            self.backward()
            idle &= ~self.forward()[0]
        return ReducedCosts(seat, flex, idle)


def _gathered(values: Floats, target: Ints, size: int | None = None) -> Floats:
    """float64[size, subproblems]: the minimum of the rows that go to each target row."""
    found = np.full((size or len(target), values.shape[1]), np.inf)
    order = np.argsort(target, kind="stable")
    rows, begin = np.unique(target[order], return_index=True)
    found[rows] = np.minimum.reduceat(values[order], begin, axis=0)
    return found
