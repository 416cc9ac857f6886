"""The knapsack bound: what whole packs and whole holdings cost beyond the prices.

At the prices of a cut a plan costs the bound, plus something for every deviation: the reduced cost of every
choice, at least `loss` for every token bought but not used where its price is highest, and the price of every
owned seat that is left idle. Tokens come in whole increments, so the waste follows, modulo an increment, from
the use. The minimum of

    sum of reduced costs + loss x ((opening tokens - use) modulo an increment) + sum of prices x idle holdings

over all choices of all subproblems is what every plan in these tiers costs on top of the bound. It is a
knapsack: an array of remainders for every subproblem near indifference and, if holdings are scarce, labels
that count them, none above the cost of the incumbent, with the knapsack as the estimate of the remaining
cost. In a small estate the last few units of money depend on which users fill the last pack: branch and bound
on the model does not find them as fast.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from flexopt.base.arrays import Bools, Floats, Ints
from flexopt.inputs.rules.prices import rate_on
from flexopt.model.sets import Problem
from flexopt.solve.coupling import CouplingRows, Cut
from flexopt.solve.knapsack_labels import SAME, SAME_PRICE, Choice, Holdings, Knapsack, Menu
from flexopt.solve.pricing import TINY, Pass, PricingProblem


@dataclass(frozen=True, slots=True, eq=False)
class KnapsackBound:
    """excess : what every plan costs on top of the bound

    subproblems : int64[n], those whose choice at the excess is not their cheapest (empty if unknown)
    seats : int64[seats, 2], (subproblem, contract), their choices
    """

    excess: float
    subproblems: Ints
    seats: Ints


def knapsack_bound(pricing: PricingProblem, coupling: CouplingRows, cut: Cut, most: float) -> KnapsackBound:
    """The least excess of a plan over the bound at the prices of a cut, and the choices that attain it.

    The result is at most `most`: larger excesses are not computed.
    """
    problem, options = pricing.problem, pricing.options
    pool = cut.rows[[label["row"] == "pool" for label in coupling.labels]]
    highest = pool >= pool.max() - SAME_PRICE
    loss = float(pool.max() - pool[~highest].max(initial=0.0))
    step = _step(problem)
    remainders = int(problem.scenario.tokens.increment / step)
    if loss < SAME_PRICE or not pricing.exact.all() or options.first_menus * remainders > options.most_cells:
        return _unreached(0.0)
    holdings = Holdings(coupling, cut, remainders, options.most_holdings)
    response = pricing.respond(cut.prices, np.zeros(len(pricing), dtype=np.int64), 1)
    unused = _unused(problem, highest, response.tokens[0]) / float(step)
    waste = loss * float(step) * _modulo(unused - np.arange(float(remainders)), remainders)
    idle = holdings.idle(response.counts[0])
    distance = _first_other_choice(pricing, cut, holdings)
    order = np.argsort(distance, kind="stable")
    count = max(options.first_menus, int((distance <= SAME_PRICE).sum()))
    while True:
        chosen = order[:count]
        # any other choice outside the knapsack costs at least this
        outside = float(distance[order[count]]) if count < len(order) else math.inf
        window = min(outside, most)
        menus: dict[int, Menu] = {}
        for part in pricing.passes(cut.prices, np.sort(chosen)):
            of_part = _Menus(part, holdings, highest, (1 + problem.buffer) / float(step))
            for column, n in enumerate(part.numbers.tolist()):
                menu = of_part.of(column, window, options.most_choices)
                if menu is None:
                    return _unreached(0.0)
                menus[n] = menu
        knapsack = Knapsack(menus, waste, holdings, idle, options.most_labels)
        excess, choices = knapsack.solve(window)
        if choices is not None:
            seats = [
                (n, k)
                for n, choice in sorted(choices.items())
                for k in _contracts(pricing, n, menus[n][choice][1])
            ]
            return KnapsackBound(
                excess, np.array(sorted(choices)), np.array(seats, dtype=np.int64).reshape(-1, 2)
            )
        count *= 2
        if outside >= most or count * remainders > options.most_cells:
            return _unreached(excess)


def _unreached(excess: float) -> KnapsackBound:
    return KnapsackBound(excess, np.empty(0, dtype=np.int64), np.empty((0, 2), dtype=np.int64))


def _contracts(pricing: PricingProblem, subproblem: int, mask: int) -> list[int]:
    """The contracts in the mask of a subproblem's choice."""
    n = int(np.searchsorted(pricing.first, subproblem, side="right")) - 1
    part = pricing.parts[n]
    mine = part.contracts[part.kind[subproblem - pricing.first[n]]].tolist()
    return [k for bit, k in enumerate(mine) if mask >> bit & 1]


def _step(problem: Problem) -> Fraction:
    """The largest number of tokens that divides every use, with its buffer, and the increment."""
    demand, share = problem.demand, 1 + Fraction(problem.scenario.tokens.buffer)
    cells = problem.cells.drop_duplicates("pair")
    kinds = {
        (int(demand.pair_product[i]), demand.pair_factor[i], int(per))
        for i, per in zip(cells["pair"], cells["per"], strict=True)
    }
    step = Fraction(problem.scenario.tokens.increment)
    for p, factor, per in kinds:
        for rate in {rate_on(problem.scenario.products[p], day) for day in problem.edges[:-1]}:
            use = share * Fraction(rate or 0) * Fraction(factor) / per
            top = math.gcd(step.numerator * use.denominator, use.numerator * step.denominator)
            step = Fraction(top, step.denominator * use.denominator)
    return step


def _modulo(steps: npt.NDArray[Any], remainders: int) -> Floats:
    """The remainder; zero for a whole increment, up to arithmetic."""
    found = steps % remainders
    return np.where(found > remainders - SAME, 0.0, found)


def _unused(problem: Problem, highest: Bools, tokens: Floats) -> float:
    """Opening tokens that can be used where the price is highest, less what is used there."""
    use = problem.cloud[highest].sum() + (1 + problem.buffer) * tokens[highest].sum()
    opening = [
        float(p.tokens) for p in problem.packs if p.tokens is not None and highest[p.first : p.after].any()
    ]
    return float(math.fsum(opening) - use)


def _first_other_choice(pricing: PricingProblem, cut: Cut, holdings: Holdings) -> Floats:
    """float64[subproblems]: the least reduced cost of another use, or of other counted seats."""
    found = np.full(len(pricing), np.inf)
    for part in pricing.passes(cut.prices):
        costs, counted = part.reduced_costs(), holdings.digits[part.contract] != 0
        seat = np.where(np.isnan(costs.seat) | ~counted, np.inf, np.abs(costs.seat))
        found[part.numbers] = np.minimum(seat.min(axis=0, initial=np.inf), costs.least()[1])
    return found


class _Menus:
    """The choices of the subproblems of one pass; use is counted where the token price is highest."""

    def __init__(self, chunk: Pass, holdings: Holdings, highest: Bools, share: float) -> None:
        self.chunk, self.layers, self.cheapest = chunk, chunk.layers(), chunk.backward()
        seats, used = chunk.forward()
        self.digits = holdings.digits[chunk.contract]
        self.use = np.rint(used[highest].sum(axis=0) * share).astype(int)
        self.held = np.where(seats, self.digits, 0).sum(axis=0)
        tokens = [np.where(highest, chunk.problem.tokens[pairs], 0.0) * share for pairs in chunk.pairs]
        steps = chunk.structure.steps
        self.steps = [[np.rint(of[:, s.first : s.after].sum(axis=1)) for of in tokens] for s in steps]

    def of(self, column: int, window: float, most_choices: int) -> Menu | None:
        """The least reduced cost of each choice within the window; None if there are too many.

        Forwards through the states, as far as the remaining cost (`layers`) allows.
        """
        chunk, least = self.chunk, float(self.cheapest[column])
        most = least + window + TINY
        reached: dict[int, Menu] = {0: {(0, 0): (0.0, 0)}}
        for n, step in enumerate(chunk.structure.steps):
            layer, stay = self.layers[n], np.arange(len(step.leave))
            reached = _onward([(reached, step.enter, 0, 0.0, 0)], layer[0][:, column], most)
            for (k, up), later in zip(step.contracts, layer[1:], strict=True):
                seat = (reached, up, int(self.digits[k, column]), float(chunk.seat[k, column]), 1 << k)
                reached = _onward([(reached, stay, 0, 0.0, 0), seat], later[:, column], most)
            paid: dict[int, Menu] = {}
            for state, menu in reached.items():
                flex = np.flatnonzero(step.uncovered[state]).tolist()
                cost = math.fsum(float(chunk.flex[p][n, column]) for p in flex)
                use = int(sum(self.steps[n][p][column] for p in flex))
                if cost < math.inf:
                    _add(paid.setdefault(int(step.leave[state]), {}), menu, (use, 0), (cost, 0))
            reached = paid
            if sum(map(len, reached.values())) > most_choices:
                return None
        use, held = int(self.use[column]), int(self.held[column])
        return {(u - use, h - held): (max(0.0, c - least), mask) for (u, h), (c, mask) in reached[0].items()}


def _onward(
    ways: Sequence[tuple[Mapping[int, Menu], Ints, int, float, int]], ahead: Floats, most: float
) -> dict[int, Menu]:
    """The next states, each with its cost, except those that must lead to a cost above `most`."""
    found: dict[int, Menu] = {}
    for reached, target, digits, cost, bit in ways:
        for state, menu in reached.items():
            to = int(target[state])
            left = most - cost - float(ahead[to])
            within = {choice: paid for choice, paid in menu.items() if paid[0] <= left}
            if within:
                _add(found.setdefault(to, {}), within, (0, digits), (cost, bit))
    return found


def _add(menu: Menu, more: Menu, choice: Choice, price: tuple[float, int]) -> None:
    use, digits = choice
    for (used, held), (paid, mask) in more.items():
        key, value = (used + use, held + digits), (paid + price[0], mask | price[1])
        menu[key] = min(value, menu.get(key, value))
