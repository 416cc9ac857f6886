"""What whole packs and whole holdings cost beyond the prices.

At the prices of a cut a plan costs the bound, and more for everything that it does otherwise: the regret of
every choice, at least `loss` for every token bought that is not used where tokens are dearest, and the price
of every holding that is left idle. Tokens come in whole increments, so what is wasted is known modulo an
increment from what is used. The least of

    sum of regrets + loss x ((opening tokens - use) modulo an increment) + sum of prices x idle holdings

over all choices of all needs is what every plan in these tiers costs on top of the bound. It is a knapsack:
a row of remainders for every need that is near indifference, and where holdings are scarce, labels that
count them, no dearer than a plan at hand, with the knapsack as the estimate of what is to come. The last
euros of a small estate are in who exactly fills up the last pack: no search by rows finds them so fast.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from flexopt.base.arrays import Bools, Floats, Ints
from flexopt.inputs.rules.prices import rate_on
from flexopt.model.sets import Problem
from flexopt.solve.coupling import Cut, Shared
from flexopt.solve.pricing import TINY, Estate, Pass

__all__ = ["Fill", "fill"]


FIRST_NEEDS = 100
"""Needs with a choice in the first knapsack; twice as many in the next one."""

MOST_CELLS = 20_000_000
"""Needs x remainders of the last knapsack: of more needs than that no plan depends on a few euros."""

MOST_CHOICES = 5_000
"""Uses that a need may choose from."""

MOST_LABELS = 10_000_000
"""Labels looked at in one go; where it takes more, what is proven until then must do."""

MOST_ROWS = 4
"""Holdings counted, the dearest: their counts are the digits of one integer."""

BITS = 62
"""Of a label: the remainder, and the counts."""

SAME = 1e-3
"""Part of a step that is none: use is counted in steps, and its sum is one of floats."""

SAME_PRICE = 1e-6
"""Difference of token prices that is none."""

Choice = tuple[int, int]
"""Use, in steps, and seats on counted holdings (digits), both more than those of the cheapest choice."""

Menu = dict[Choice, tuple[float, int]]
"""The least regret with which a need can have each choice, and its seats: bit k is the need's contract k."""


@dataclass(frozen=True, slots=True, eq=False)
class Fill:
    """excess : what every plan costs on top of the bound

    needs : int64[n], who must choose otherwise than is cheapest to reach it (none where it is not known)
    seats : int64[seats, 2], (need, contract), their choices
    """

    excess: float
    needs: Ints
    seats: Ints


def fill(estate: Estate, shared: Shared, cut: Cut, most: float) -> Fill:
    """The least excess of a plan over the bound at the prices of a cut, and who it takes to reach it.

    Excesses above `most` are of no interest: then `most` is the result.
    """
    problem = estate.problem
    pool = cut.rows[[label["row"] == "pool" for label in shared.labels]]
    dear = pool >= pool.max() - SAME_PRICE
    loss = float(pool.max() - pool[~dear].max(initial=0.0))
    step = _step(problem)
    remainders = int(problem.scenario.tokens.increment / step)
    if loss < SAME_PRICE or not estate.exact.all() or FIRST_NEEDS * remainders > MOST_CELLS:
        return _nobody(0.0)
    holdings = _Holdings(shared, cut, remainders)
    response = estate.respond(cut.prices, np.zeros(len(estate), dtype=np.int64), 1)
    unused = _unused(problem, dear, response.tokens[0]) / float(step)
    waste = loss * float(step) * _modulo(unused - np.arange(float(remainders)), remainders)
    idle = holdings.idle(response.counts[0])
    distance = _distance(estate, cut, holdings)
    order = np.argsort(distance, kind="stable")
    count = max(FIRST_NEEDS, int((distance <= SAME_PRICE).sum()))
    while True:
        chosen = order[:count]
        # whoever is not in the knapsack regrets at least this
        outside = float(distance[order[count]]) if count < len(order) else math.inf
        window = min(outside, most)
        menus = _menus(estate, cut, chosen, dear, holdings, window=window, step=step)
        if menus is None:
            return _nobody(0.0)
        excess, choices = _Knapsack(menus, waste, holdings, idle).solve(window)
        if choices is not None:
            seats = [
                (need, k)
                for need, choice in sorted(choices.items())
                for k in _contracts(estate, need, menus[need][choice][1])
            ]
            return Fill(excess, np.array(sorted(choices)), np.array(seats, dtype=np.int64).reshape(-1, 2))
        count *= 2
        if outside >= most or count * remainders > MOST_CELLS:
            return _nobody(excess)


def _nobody(excess: float) -> Fill:
    return Fill(excess, np.empty(0, dtype=np.int64), np.empty((0, 2), dtype=np.int64))


def _contracts(estate: Estate, need: int, mask: int) -> list[int]:
    """The contracts of a need that are in the mask."""
    n = int(np.searchsorted(estate.first, need, side="right")) - 1
    part = estate.parts[n]
    mine = part.contracts[part.kind[need - estate.first[n]]].tolist()
    return [k for bit, k in enumerate(mine) if mask >> bit & 1]


def _step(problem: Problem) -> Fraction:
    """The largest number of tokens of which every use, with its buffer, and the increment are multiples."""
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
    """The remainder; what is as good as a whole increment is none."""
    found = steps % remainders
    return np.where(found > remainders - SAME, 0.0, found)


def _unused(problem: Problem, dear: Bools, tokens: Floats) -> float:
    """Opening tokens that can be used where tokens are dear, less what is used there."""
    use = problem.cloud[dear].sum() + (1 + problem.buffer) * tokens[dear].sum()
    opening = [
        float(p.tokens) for p in problem.packs if p.tokens is not None and dear[p.first : p.after].any()
    ]
    return float(math.fsum(opening) - use)


class _Holdings:
    """The rows that count seats and have a price: seats that are owned, or may be renewed, and are scarce.

    price : float64[rows], of a seat left idle; digits : int64[contracts], what one seat adds to the counts
    """

    def __init__(self, shared: Shared, cut: Cut, remainders: int) -> None:
        counted = [
            r
            for r in np.flatnonzero((shared.senses < 0) & (cut.rows < -SAME_PRICE)).tolist()
            if set(shared.seat[r]) <= {0, 1} and not shared.token[r].any()
        ]
        self.rows = sorted(counted, key=lambda r: cut.rows[r])[:MOST_ROWS]
        self.price = -cut.rows[self.rows]
        self.base = 1 << (BITS - remainders.bit_length()) // MOST_ROWS
        self.weights = self.base ** np.arange(len(self.rows))
        self.seat = shared.seat[self.rows].astype(np.int64)
        self.digits: Ints = np.asarray(self.weights @ self.seat, dtype=np.int64)
        self.sides = shared.sides[self.rows]

    def idle(self, counts: Ints) -> Ints:
        """int64[rows]: seats that the cheapest choices leave idle; negative where they take too many."""
        return np.asarray(np.rint(self.sides - self.seat @ counts), dtype=np.int64)

    def read(self, codes: Ints) -> Ints:
        """int64[codes, rows]: the counts that the digits stand for, which may be negative."""
        half = self.base // 2
        shifted = codes[:, None] + half * int(self.weights.sum())
        return np.asarray(shifted // self.weights % self.base - half, dtype=np.int64)


def _distance(estate: Estate, cut: Cut, holdings: _Holdings) -> Floats:
    """float64[needs]: the regret of the first choice with another use, or other seats that are counted."""
    found = np.full(len(estate), np.inf)
    for n, places, regrets in estate.regrets(cut.prices, np.arange(len(estate))):
        part = estate.parts[n]
        counted = holdings.digits[part.contracts[part.kind[places]].T] != 0
        seat = np.where(np.isnan(regrets.seat) | ~counted, np.inf, np.abs(regrets.seat))
        flex = np.where(np.isnan(regrets.flex), np.inf, np.abs(regrets.flex))
        least = np.minimum(seat.min(axis=0, initial=np.inf), flex.min(axis=(0, 1), initial=np.inf))
        found[estate.first[n] + places] = least
    return found


def _menus(
    estate: Estate, cut: Cut, needs: Ints, dear: Bools, holdings: _Holdings, *, window: float, step: Fraction
) -> dict[int, Menu] | None:
    """What each need can choose with a regret within the window; None if that is too much."""
    share = (1 + estate.problem.buffer) / float(step)
    menus = {}
    for numbers, chunk in estate.passes(cut.prices, np.sort(needs)):
        layers, cheapest = chunk.layers(), chunk.backward()
        seats, used = chunk.forward()
        digits = holdings.digits[chunk.contract]
        base = np.rint(used[dear].sum(axis=0) * share).astype(int).tolist()
        held = np.where(seats, digits, 0).sum(axis=0).tolist()
        tokens = [np.where(dear, estate.problem.tokens[pairs], 0.0) * share for pairs in chunk.pairs]
        steps = [
            [np.rint(of[:, s.first : s.after].sum(axis=1)) for of in tokens] for s in chunk.structure.steps
        ]
        for column, need in enumerate(numbers.tolist()):
            least = float(cheapest[column])
            found = _menu(chunk, layers, steps=steps, digits=digits, column=column, most=least + window)
            if found is None:
                return None
            menus[need] = {
                (use - base[column], seat - held[column]): (max(0.0, cost - least), mask)
                for (use, seat), (cost, mask) in found.items()
            }
    return menus


def _menu(
    chunk: Pass,
    layers: Sequence[Sequence[Floats]],
    *,
    steps: Sequence[Sequence[Floats]],
    digits: Ints,
    column: int,
    most: float,
) -> Menu | None:
    """The least cost of each choice, forwards through the states; none that costs more than `most`."""
    most += TINY
    reached: dict[int, Menu] = {0: {(0, 0): (0.0, 0)}}
    for n, step in enumerate(chunk.structure.steps):
        stay = np.arange(len(step.leave))
        reached = _onward([(reached, step.enter, 0, 0.0, 0)], layers[n][0][:, column], most)
        for (k, up), later in zip(step.contracts, layers[n][1:], strict=True):
            seat = (reached, up, int(digits[k, column]), float(chunk.seat[k, column]), 1 << k)
            reached = _onward([(reached, stay, 0, 0.0, 0), seat], later[:, column], most)
        paid: dict[int, Menu] = {}
        for state, menu in reached.items():
            flex = np.flatnonzero(step.uncovered[state]).tolist()
            cost = math.fsum(float(chunk.flex[p][n, column]) for p in flex)
            use = int(sum(steps[n][p][column] for p in flex))
            if cost < math.inf:
                _add(paid.setdefault(int(step.leave[state]), {}), menu, (use, 0), (cost, 0))
        reached = paid
        if sum(map(len, reached.values())) > MOST_CHOICES:
            return None
    return reached[0]


def _onward(
    ways: Sequence[tuple[Mapping[int, Menu], Ints, int, float, int]], ahead: Floats, most: float
) -> dict[int, Menu]:
    """States that ways lead to, each with its cost; not those from where it must cost more than `most`."""
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


class _Knapsack:
    """One choice from every menu, so that regrets, wasted tokens and idle holdings cost least.

    waste : float64[remainders], what it costs to use so many steps more than the cheapest choices
    idle : int64[rows], holdings that these leave idle
    """

    def __init__(self, menus: Mapping[int, Menu], waste: Floats, holdings: _Holdings, idle: Ints) -> None:
        self.holdings, self.idle = holdings, idle
        regret = {need: sorted(menu.values())[1][0] for need, menu in menus.items() if len(menu) > 1}
        # anyone of many can sit on a seat that is owned: they are counted, not told apart
        self.alike: dict[int, list[int]] = defaultdict(list)
        for need in list(regret):
            if len(menus[need]) == 2 and not regret[need] and not any(use for use, _ in menus[need]):
                self.alike[sum(digits for _, digits in menus[need])].append(need)
                del regret[need]
        # who has a choice for nothing comes last: labels multiply late
        self.needs = sorted(regret, key=lambda need: (-regret[need], need))
        self.menus = [{c: cost for c, (cost, _) in menus[need].items()} for need in self.needs]
        self.ahead = [waste]
        for menu in reversed(self.menus):
            least: dict[int, float] = {}
            for (use, _), cost in menu.items():
                least[use] = min(cost, least.get(use, math.inf))
            later = self.ahead[-1]
            self.ahead.append(np.minimum.reduce([np.roll(later, -use) + c for use, c in least.items()]))
        self.ahead.reverse()

    def solve(self, most: float) -> tuple[float, dict[int, Choice] | None]:
        """The least cost, at most `most`, and who chooses otherwise for it (None where that is not known)."""
        proven = float(self.ahead[0][0])
        takers = sum(any(digits for _, digits in menu) for menu in self.menus)
        if takers + sum(map(len, self.alike.values())) >= self.holdings.base // 2:
            return min(proven, most), None
        while proven < most:
            # a little above what is proven first: the fewer labels, the sooner
            limit = min(most, 1.25 * proven + SAME)
            found = self._labels(limit)
            if found is None:
                break
            cost, choices = found
            if choices is not None:
                return cost, choices
            proven = limit
        return min(proven, most), None

    def _labels(self, limit: float) -> tuple[float, dict[int, Choice] | None] | None:
        """The cheapest choices that cost at most so much; no choices if it takes more, None if too many."""
        seats = self._of_alike()
        if seats is None:
            return None
        holdings = zip(self.holdings.weights.tolist(), self.holdings.price.tolist(), strict=True)
        idle = [{(0, j * w): j * price for j in range(int(limit / price) + 1)} for w, price in holdings]
        menus = [*(menu for menu in idle if len(menu) > 1), *self.menus]
        before = len(menus) - len(self.menus)
        ahead = [self.ahead[0]] * before + self.ahead
        room, remainders, work = self._room(menus, seats[-1]), len(self.ahead[0]), 0
        use, code, paid = np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1)
        steps: list[tuple[Ints, Ints]] = []
        for n, menu in enumerate(menus):
            uses, codes = np.array(list(menu)).T
            to_use = ((use[:, None] + uses) % remainders).reshape(-1)
            to_code = (code[:, None] + codes).reshape(-1)
            cost = (paid[:, None] + np.array(list(menu.values()))).reshape(-1)
            kept = np.flatnonzero(cost + ahead[n + 1][to_use] <= limit + TINY)
            left = self.idle - self.holdings.read(to_code[kept])
            low, high = room[n + 1]
            kept = kept[((low <= left) & (left <= high)).all(axis=1)]
            label = to_code[kept] * remainders + to_use[kept]
            order = np.lexsort((cost[kept], label))
            kept = kept[order[np.diff(label[order], prepend=label.min(initial=0) - 1) != 0]]
            work += len(cost)
            if work > MOST_LABELS:
                return None
            use, code, paid = to_use[kept], to_code[kept], cost[kept]
            steps.append((kept // len(uses), kept % len(uses)))
        missing = int(self.holdings.weights @ self.idle) - code
        total = np.where(np.isin(missing, seats[-1]), paid + ahead[-1][use], np.inf)
        at = int(np.argmin(total)) if len(total) else 0
        if not len(total) or total[at] > limit + TINY:
            return limit, None
        least, choices = float(total[at]), self._choices_alike(int(missing[at]), seats)
        for n in reversed(range(len(menus))):
            parent, item = steps[n]
            choice = list(menus[n])[item[at]]
            if n >= before and choice != (0, 0):
                choices[self.needs[n - before]] = choice
            at = int(parent[at])
        return least, choices

    def _of_alike(self) -> list[Ints] | None:
        """Seats that those who are alike can take, the first kind of them, the first two, and so on."""
        found = [np.zeros(1, dtype=np.int64)]
        for code, needs in self.alike.items():
            sums = found[-1][:, None] + code * np.arange(len(needs) + 1)
            if sums.size > MOST_LABELS:
                return None
            found.append(np.unique(sums))
        return found

    def _choices_alike(self, missing: int, seats: Sequence[Ints]) -> dict[int, Choice]:
        """Who of them takes the seats that are missing: of each kind the first."""
        choices: dict[int, Choice] = {}
        for n, (code, needs) in reversed(list(enumerate(self.alike.items()))):
            earlier = missing - code * np.arange(len(needs) + 1)
            count = int(np.flatnonzero(np.isin(earlier, seats[n]))[0])
            choices |= dict.fromkeys(needs[:count], (0, code))
            missing = int(earlier[count])
        return choices

    def _room(self, menus: Sequence[Menu], alike: Ints) -> list[tuple[Ints, Ints]]:
        """Before each menu: the least and the most seats that it and all later ones can take of a holding."""
        found = []
        low = high = np.zeros(len(self.idle), dtype=np.int64)
        for codes in [alike, *(np.array([code for _, code in menu]) for menu in reversed(menus))]:
            counts = self.holdings.read(codes)
            low, high = low + counts.min(axis=0), high + counts.max(axis=0)
            found.append((low, high))
        return found[::-1]
