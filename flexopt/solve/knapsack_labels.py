"""The dynamic programme of the knapsack bound: one choice from every menu, at the least cost.

Without holdings it is an array of remainders for every menu, which gives the estimate of the remaining cost
for labels that also count holdings.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from flexopt.base.arrays import Floats, Ints
from flexopt.solve.coupling import CouplingRows, Cut
from flexopt.solve.pricing import TINY

BITS = 62
"""Key of a label: the remainder and the counts."""

SAME = 1e-3
"""Fraction of a step that counts as zero: use is counted in steps, but summed as floats."""

SAME_PRICE = 1e-6
"""Difference of prices that counts as zero."""

Choice = tuple[int, int]
"""Use, in steps, and seats on counted holdings (digits), both relative to the cheapest choice."""

Menu = dict[Choice, tuple[float, int]]
"""The least reduced cost of each choice, and its seats: bit k is the subproblem's contract k."""


class Holdings:
    """The rows that count seats and have a price: scarce seats that are owned or may be renewed.

    price : float64[rows], of an idle seat; digits : int64[contracts], what one seat adds to the counts
    """

    def __init__(self, coupling: CouplingRows, cut: Cut, remainders: int, most: int) -> None:
        scarce = [r for r in coupling.counting if cut.rows[r] < -SAME_PRICE]
        self.rows = sorted(scarce, key=lambda r: cut.rows[r])[:most]
        self.price = -cut.rows[self.rows]
        self.base = 1 << (BITS - remainders.bit_length()) // most
        self.weights = self.base ** np.arange(len(self.rows))
        self.seat = coupling.seat[self.rows].astype(np.int64)
        self.digits: Ints = np.asarray(self.weights @ self.seat, dtype=np.int64)
        self.sides = coupling.sides[self.rows]

    def idle(self, counts: Ints) -> Ints:
        """int64[rows]: seats that the cheapest choices leave idle; negative if they take too many."""
        return np.asarray(np.rint(self.sides - self.seat @ counts), dtype=np.int64)

    def read(self, codes: Ints) -> Ints:
        """int64[codes, rows]: the counts encoded in the digits, which may be negative."""
        half = self.base // 2
        shifted = codes[:, None] + half * int(self.weights.sum())
        return np.asarray(shifted // self.weights % self.base - half, dtype=np.int64)


class Knapsack:
    """One choice from every menu that minimises reduced costs, wasted tokens and idle holdings.

    waste : float64[remainders], cost of using this many more steps than the cheapest choices
    idle : int64[rows], holdings that the cheapest choices leave idle
    """

    def __init__(
        self, menus: Mapping[int, Menu], waste: Floats, holdings: Holdings, idle: Ints, most_labels: int
    ) -> None:
        self.holdings, self.idle, self.most_labels = holdings, idle, most_labels
        second = {n: sorted(menu.values())[1][0] for n, menu in menus.items() if len(menu) > 1}
        # any one of many can have an owned seat: they are counted, not distinguished
        self.alike: dict[int, list[int]] = defaultdict(list)
        for n in list(second):
            if len(menus[n]) == 2 and not second[n] and not any(use for use, _ in menus[n]):
                self.alike[sum(digits for _, digits in menus[n])].append(n)
                del second[n]
        # those with a free second choice come last: labels multiply late
        self.subproblems = sorted(second, key=lambda n: (-second[n], n))
        self.menus = [{c: cost for c, (cost, _) in menus[n].items()} for n in self.subproblems]
        self.ahead = [waste]
        for menu in reversed(self.menus):
            least: dict[int, float] = {}
            for (use, _), cost in menu.items():
                least[use] = min(cost, least.get(use, math.inf))
            later = self.ahead[-1]
            self.ahead.append(np.minimum.reduce([np.roll(later, -use) + c for use, c in least.items()]))
        self.ahead.reverse()

    def solve(self, most: float) -> tuple[float, dict[int, Choice] | None]:
        """The least cost, at most `most`, and the choices other than the cheapest (None: unknown)."""
        proven = float(self.ahead[0][0])
        takers = sum(any(digits for _, digits in menu) for menu in self.menus)
        if takers + sum(map(len, self.alike.values())) >= self.holdings.base // 2:
            return min(proven, most), None
        while proven < most:
            # start slightly above what is proven: fewer labels are faster
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
        """The cheapest choices within the limit; no choices if they cost more, None if too many labels."""
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
            if work > self.most_labels:
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
                choices[self.subproblems[n - before]] = choice
            at = int(parent[at])
        return least, choices

    def _of_alike(self) -> list[Ints] | None:
        """Seats that identical subproblems can take: of the first kind, of the first two, and so on."""
        found = [np.zeros(1, dtype=np.int64)]
        for code, alike in self.alike.items():
            sums = found[-1][:, None] + code * np.arange(len(alike) + 1)
            if sums.size > self.most_labels:
                return None
            found.append(np.unique(sums))
        return found

    def _choices_alike(self, missing: int, seats: Sequence[Ints]) -> dict[int, Choice]:
        """The identical subproblems that take the missing seats: the first of each kind."""
        choices: dict[int, Choice] = {}
        for n, (code, alike) in reversed(list(enumerate(self.alike.items()))):
            earlier = missing - code * np.arange(len(alike) + 1)
            count = int(np.flatnonzero(np.isin(earlier, seats[n]))[0])
            choices |= dict.fromkeys(alike[:count], (0, code))
            missing = int(earlier[count])
        return choices

    def _room(self, menus: Sequence[Menu], alike: Ints) -> list[tuple[Ints, Ints]]:
        """Before each menu: the fewest and most seats of a holding that it and all later ones can take."""
        found = []
        low = high = np.zeros(len(self.idle), dtype=np.int64)
        for codes in [alike, *(np.array([code for _, code in menu]) for menu in reversed(menus))]:
            counts = self.holdings.read(codes)
            low, high = low + counts.min(axis=0), high + counts.max(axis=0)
            found.append((low, high))
        return found[::-1]
