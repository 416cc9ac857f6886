"""The subproblems of users, sorted into a few structures: numpy decides all of one structure together.

A *subproblem* is the products of one user that collections tie together; products that no usable seat covers
together are separate subproblems. Its *structure* says when its contracts start and end and which of its
products they cover: all that matters besides prices and days. An estate has many users but few structures.

A structure is a graph of *states*: for each product the period until which the seats taken so far cover it.
If there are too many states (long horizons, many starts, large collections), ends are rounded up: seats then
seem to cover more, so that anything computed from the structure is still a lower bound; `exact` is False.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product

import numpy as np

from flexopt.base.arrays import Bools, Ints
from flexopt.model.leaving import leaving
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Contract, Problem


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Periods [first, after) in which no contract of the structure starts or ends, and its states.

    uncovered : bool[states, products]
    enter : int64[states left by the previous step], their places here
    leave : int64[states], their places among the states in which the next step is entered
    contracts : those that start with the step, by place in the subproblem's list, each with the state that
        every state becomes if it is taken
    """

    first: int
    after: int
    uncovered: Bools
    enter: Ints
    leave: Ints
    contracts: tuple[tuple[int, Ints], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """The states of all subproblems of one shape, step by step."""

    products: int
    steps: tuple[Step, ...]
    exact: bool

    @property
    def states(self) -> int:
        """Number of states in the largest step."""
        return max(len(s.uncovered) for s in self.steps)


@dataclass(frozen=True, slots=True, eq=False)
class Subproblems:
    """All subproblems of one structure.

    pairs : int64[products, subproblems], the pair of each product
    kind : int64[subproblems], row of `contracts`
    contracts : int64[kinds, contracts], index of each contract of the structure
    covers : bool[contracts, products]
    """

    structure: Structure
    pairs: Ints
    kind: Ints
    contracts: Ints
    covers: Bools

    def __len__(self) -> int:
        return int(self.pairs.shape[1])


Shape = tuple[int, tuple[tuple[int, int, int], ...]]
"""Number of products, and for each contract: first period, period after, bit mask of products covered."""


def subproblems_of(problem: Problem, restriction: Restriction, most_states: int) -> list[Subproblems]:
    """The subproblems of all users, by structure; every pair is in exactly one.

    A structure with more than `most_states` states in a step is rounded up.
    """
    demand = problem.demand
    starts = np.flatnonzero(np.diff(demand.pair_user, prepend=-1))
    sizes = np.diff(starts, append=demand.pairs)
    codes, decode = _codes(problem, restriction)
    found: dict[Shape, list[tuple[Ints, Ints]]] = defaultdict(list)
    for users in _alike(starts, sizes, codes):
        begin, size = starts[users[0]], sizes[users[0]]
        mine = [decode[c] for c in codes[begin : begin + size].tolist()]
        for places, contracts in _components(problem.contracts, mine):
            shape = _shape(problem.contracts, [mine[i][0] for i in places], contracts)
            pairs = starts[users][None, :] + np.array(places, dtype=np.int64)[:, None]
            found[shape].append((pairs, np.array(contracts, dtype=np.int64)))
    subproblems = []
    for (products, terms), parts in sorted(found.items(), key=lambda item: item[0]):
        pairs = np.concatenate([p for p, _ in parts], axis=1)
        kind = np.repeat(np.arange(len(parts)), [p.shape[1] for p, _ in parts])
        order = np.argsort(pairs[0], kind="stable")
        subproblems.append(
            Subproblems(
                structure(products, terms, problem.periods, most_states),
                np.ascontiguousarray(pairs[:, order]),
                kind[order],
                np.array([c for _, c in parts], dtype=np.int64).reshape(len(parts), len(terms)),
                np.array(
                    [[bool(m >> p & 1) for p in range(products)] for *_, m in terms], dtype=bool
                ).reshape(len(terms), products),
            )
        )
    return subproblems


def subproblem_of_pairs(subproblems: Sequence[Subproblems], pairs: int) -> Ints:
    """int64[pairs]: the subproblem of each pair, numbered across all structures."""
    found, first = np.empty(pairs, dtype=np.int64), 0
    for part in subproblems:
        found[part.pairs] = first + np.arange(len(part))
        first += len(part)
    return found


_Pair = tuple[int, str, frozenset[str] | None, frozenset[int]]
"""Product, rule, the only offers allowed, and the contracts that are not for the user."""


def _codes(problem: Problem, restriction: Restriction) -> tuple[Ints, list[_Pair]]:
    """A number for each pair's product, rule, allowed offers and leaving, and what each number means."""
    rules = restriction.rules(problem)
    names = ["", "named", "flex"]
    rule = np.zeros(len(rules), dtype=np.int64)
    for n, name in enumerate(names):
        rule[rules == name] = n
    allowed: list[frozenset[str] | None] = [None]
    offers = np.zeros(len(rules), dtype=np.int64)
    known: dict[frozenset[str], int] = {}
    for pair, only in sorted(restriction.offers.items()):
        if only not in known:
            known[only] = len(allowed)
            allowed.append(only)
        offers[pair] = known[only]
    gone = leaving(problem)
    codes = (problem.demand.pair_product * len(names) + rule) * len(allowed) + offers
    codes = codes * len(gone.barred) + gone.group[problem.demand.pair_user]
    decode: list[_Pair] = list(product(range(len(problem.demand.products)), names, allowed, gone.barred))
    return codes, decode


def _alike(starts: Ints, sizes: Ints, codes: Ints) -> list[Ints]:
    """Groups of users (as places in `starts`) with the same codes."""
    if not len(starts):
        return []
    words = np.random.default_rng(0).integers(1, 2**63, int(codes.max()) + 1, dtype=np.uint64)
    keys = np.add.reduceat(words[codes], starts) + words[0] * sizes.astype(np.uint64)
    _, first, key = np.unique(keys, return_index=True, return_inverse=True)
    leader = first[key]
    # equal keys for different codes: one in 2 ** 63, but it would give a wrong plan
    row = np.repeat(np.arange(len(starts)), sizes)
    place = np.arange(len(codes)) - starts[row]
    if not (sizes == sizes[leader]).all() or (codes != codes[starts[leader[row]] + place]).any():
        raise AssertionError("two different subproblems have the same key")
    order = np.argsort(key, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(key[order])) + 1)


def _components(contracts: Sequence[Contract], pairs: Sequence[_Pair]) -> list[tuple[list[int], list[int]]]:
    """The subproblems of a user with these pairs: the places of their pairs, and their usable contracts."""
    usable: list[tuple[int, list[int]]] = []
    for k, c in enumerate(contracts):
        used = [i for i, (p, *_) in enumerate(pairs) if p in c.covers]
        allowed = all(
            rule != "flex" and (only is None or c.offer in only) and k not in barred
            for _, rule, only, barred in (pairs[i] for i in used)
        )
        if used and allowed and c.first < c.after:
            usable.append((k, used))
    component = list(range(len(pairs)))
    for _, used in usable:
        merged = {component[i] for i in used}
        component = [min(merged) if n in merged else n for n in component]
    found = []
    for n in sorted(set(component)):
        mine = [(k, used) for k, used in usable if component[used[0]] == n]
        places = [i for i in range(len(pairs)) if component[i] == n]
        # products ordered by the terms of their seats, so that equal structures look equal
        terms = {
            i: sorted((contracts[k].first, contracts[k].after, len(used)) for k, used in mine if i in used)
            for i in places
        }
        places.sort(key=lambda i: (terms[i], i))
        found.append((places, sorted(k for k, _ in mine)))
    return found


def _shape(contracts: Sequence[Contract], products: Sequence[int], mine: list[int]) -> Shape:
    """The shape; sorts the contracts into its order."""
    terms = {}
    for k in mine:
        c = contracts[k]
        terms[k] = (c.first, c.after, sum(1 << i for i, p in enumerate(products) if p in c.covers))
    mine.sort(key=lambda k: (terms[k], k))
    return len(products), tuple(terms[k] for k in mine)


@cache
def structure(
    products: int, terms: tuple[tuple[int, int, int], ...], periods: int, most_states: int
) -> Structure:
    """The states of a shape over the periods; ends are rounded up while a step has too many."""
    ends = [sorted({after for _, after, mask in terms if mask >> p & 1} | {periods}) for p in range(products)]
    longest = [{end: end for end in of} for of in ends]
    edges = sorted({0, periods} | {first for first, _, _ in terms} | {after for _, after, _ in terms})
    exact = True
    while _most_states(terms, edges, longest) > most_states and _round_up(terms, edges, longest):
        exact = False
    steps = []
    carried = np.zeros((1, products), dtype=np.int64)
    for first, after in pairwise(edges):
        here = _states([_levels(terms, longest[p], p, first) for p in range(products)])
        place = {tuple(state): n for n, state in enumerate(here.tolist())}
        enter = np.array([place[tuple(state)] for state in carried.tolist()], dtype=np.int64)
        later = np.where(here > after, here, 0)
        carried, leave = np.unique(later, axis=0, return_inverse=True)
        starting = []
        for k, (begin, end, mask) in enumerate(terms):
            if begin == first:
                until = [longest[p][end] if mask >> p & 1 else 0 for p in range(products)]
                taken = np.maximum(here, np.array(until, dtype=np.int64))
                up = np.array([place[tuple(state)] for state in taken.tolist()], dtype=np.int64)
                starting.append((k, up))
        steps.append(Step(first, after, here == 0, enter, leave.reshape(-1), tuple(starting)))
    return Structure(products, tuple(steps), exact)


def _levels(terms: Sequence[tuple[int, int, int]], longest: Mapping[int, int], p: int, t: int) -> list[int]:
    """Until when product p can be covered in period t; 0: not at all."""
    live = {longest[after] for first, after, mask in terms if mask >> p & 1 and first <= t}
    return [0, *sorted(end for end in live if end > t)]


def _states(levels: Sequence[Sequence[int]]) -> Ints:
    return np.array(list(product(*levels)), dtype=np.int64).reshape(-1, len(levels))


def _most_states(
    terms: Sequence[tuple[int, int, int]], edges: Sequence[int], longest: Sequence[Mapping[int, int]]
) -> int:
    return max(
        int(np.prod([len(_levels(terms, of, p, t)) for p, of in enumerate(longest)], dtype=np.float64))
        for t in edges[:-1]
    )


def _round_up(
    terms: Sequence[tuple[int, int, int]], edges: Sequence[int], longest: Sequence[dict[int, int]]
) -> bool:
    """Round up to the next the end that adds the least cover; False if no product has two ends."""
    most = [max(len(_levels(terms, of, p, t)) for t in edges[:-1]) for p, of in enumerate(longest)]
    of = longest[int(np.argmax(most))]
    kept = sorted(set(of.values()))
    if len(kept) < 2:
        return False
    _, end, following = min((b - a, a, b) for a, b in pairwise(kept))
    of.update({original: following for original, rounded in of.items() if rounded == end})
    return True
