"""Prices users again: what each needs and when, which seats exist, and the least all users pay.

It works forwards in time, by dates, from the demand and the scenario; the optimiser works backwards, from its
own tables.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

import numpy as np

from flexopt.audit.certificate.terms import Term, make_terms
from flexopt.audit.rules import additions_of, cloud_tokens, seat_cost, tokens_a_day
from flexopt.audit.todays_access import FREE, SEAT, TOKENS, Today
from flexopt.base.arrays import Floats, Ints
from flexopt.demand.forecast import Demand
from flexopt.inputs.scenario.scenario import Holding, Scenario

CELLS = 1 << 23
"""States x users priced at once, to fit into memory."""

MOST_STATES = 2187
"""States beyond which ends of seats are rounded up, as in the optimiser (docs/model.md)."""


LATEST = 10**9
"""The day on which somebody leaves who does not."""


@dataclass(frozen=True, slots=True, eq=False)
class Fees:
    """What `policy.min_saving` adds for a new contract and a move; `today` is None without moves."""

    contract: float = 0.0
    move: float = 0.0
    today: Today | None = None


NO_FEES = Fees()


class UserSubproblems:
    """What users need, in pieces of the horizon that no date of the scenario or the prices divides.

    periods : first days of the plan's periods; days : of the prices

    rate : float64[products, pieces], inf where the product is not on Flex
    use : float64[pieces], tokens with buffer if all users were on Flex
    cloud : for every day with per-result tokens: these without buffer, with it, and the piece of the day
    """

    def __init__(
        self,
        scenario: Scenario,
        holdings: Sequence[Holding],
        demand: Demand,
        *,
        periods: Sequence[date],
        days: set[date],
        fees: Fees = NO_FEES,
    ) -> None:
        self.scenario, self.demand, self.fees = scenario, demand, fees
        self.start, self.end = scenario.horizon.start, scenario.horizon.end
        self.periods = [*periods, self.end]
        self.terms = make_terms(scenario, holdings, demand.leaves)
        self.settled = sum(  # what is paid whatever is decided
            (
                count * seat_cost(scenario, price, begin, finish)
                for (_, begin, finish), (count, price) in additions_of(scenario, holdings).items()
            ),
            Decimal(0),
        )
        dates = {self.start, self.end, *days}
        dates.update(d for t in self.terms for d in (t.start, t.end))
        dates.update(r.from_ for p in scenario.products for r in p.rates)
        self.edges = sorted(d for d in dates if self.start <= d <= self.end)
        offsets = np.array([(d - self.start).days for d in self.edges], dtype=np.int64)
        cells = demand.cells(offsets)
        pieces = len(self.edges) - 1
        self.days = np.zeros((demand.pairs, pieces))
        self.days[cells["pair"], cells["period"]] = cells["count"] / cells["per"]
        self.days *= demand.pair_factor.astype(float)[:, None]
        products = [scenario.product_by_id[p] for p in demand.products]
        rates = [[tokens_a_day(p, day) for day in self.edges[:-1]] for p in products]
        rate = np.array([[math.inf if r is None else float(r) for r in row] for row in rates])
        self.rate = rate.reshape(len(products), pieces)
        rule = np.select([demand.pair_rule == "named", demand.pair_rule == "flex"], [SEAT, TOKENS], FREE)
        free = Today(rule, np.zeros(demand.pairs, dtype=np.int64), (None,))
        self.classes = _classes_of(self, free)
        self.staying = _classes_of(self, fees.today) if fees.today else []
        self.whole, self.wholes = _numbered(self.classes, demand.pairs)
        taken = self.days * np.where(np.isinf(self.rate), 0.0, self.rate)[demand.pair_product]
        self.use = (1 + float(scenario.tokens.buffer)) * taken.sum(axis=0)
        due = cloud_tokens(scenario)
        piece = np.searchsorted(offsets, np.arange(len(due)), side="right") - 1
        self.cloud = [
            (float(raw), float(buffered), int(p))
            for (raw, buffered), p in zip(due, piece, strict=True)
            if buffered
        ]
        for _, buffered, p in self.cloud:
            self.use[p] += buffered

    def pieces(self, first: date, after: date) -> list[int]:
        """The pieces with a day in [first, after)."""
        pairs = enumerate(pairwise(self.edges))
        return [n for n, (begin, finish) in pairs if begin < after and first < finish]

    def least(self, seat: Floats, token: Floats) -> float:
        """The least that all users pay.

        seat : float64[terms], price of a seat; token : float64[pieces], price of a token used, with buffer
        """
        paid = self._each(self.classes, seat, token)
        if self.staying:
            paid = np.minimum(paid + self.fees.move, self._each(self.staying, seat, token))
        return math.fsum(paid)

    def _each(self, classes: Sequence[_SubproblemClass], seat: Floats, token: Floats) -> Floats:
        """float64[wholes]: the least that each set of products that seats cover together costs."""
        found = np.zeros(self.wholes)
        for group in classes:
            states = min(MOST_STATES, math.prod(len(of) + 1 for of in group.until))
            for n in range(0, group.pairs.shape[1], CELLS // states):
                pairs = group.pairs[:, n : n + CELLS // states]
                np.add.at(found, self.whole[pairs[0]], _forwards(self, group, pairs, seat, token))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _SubproblemClass:
    """Users who use the same products under the same rules.

    pairs : int64[products, users]; terms : the seats they may take
    until : for each product, until when a seat covers it, by the end of its term
    seats_only : places of the products that must not be used with tokens
    """

    products: tuple[int, ...]
    pairs: Ints
    terms: tuple[int, ...]
    until: tuple[Mapping[date, date], ...]
    seats_only: frozenset[int]


def _numbered(classes: Sequence[_SubproblemClass], pairs: int) -> tuple[Ints, int]:
    """int64[pairs]: a number for each user's products that seats cover together; and how many there are."""
    found, count = np.empty(pairs, dtype=np.int64), 0
    for group in classes:
        found[group.pairs] = count + np.arange(group.pairs.shape[1])
        count += group.pairs.shape[1]
    return found, count


def _classes_of(subproblems: UserSubproblems, allowed: Today) -> list[_SubproblemClass]:
    """The users, grouped by the products they use and what they may use for these."""
    demand = subproblems.demand
    only = allowed.named
    # users who outlast the same terms are alike
    days = np.array([demand.leaves.get(u, LATEST) for u in range(len(demand.users))], dtype=np.int64)
    lasts = sorted({(t.end - subproblems.start).days for t in subproblems.terms if t.in_full})
    outlasted = np.searchsorted(lasts, days, side="right")
    each = 3 * len(only)
    wide = each * len(demand.products)
    code = outlasted[demand.pair_user] * wide + demand.pair_product * each
    code += allowed.kind * len(only) + allowed.offers
    doubled = _doubled(subproblems.terms)
    begin = np.flatnonzero(np.diff(demand.pair_user, prepend=-1))
    size = np.diff(begin, append=demand.pairs)
    found = []
    for n in np.unique(size).tolist():
        mine = begin[size == n]
        kinds, kind = np.unique(code[mine[:, None] + np.arange(n)], axis=0, return_inverse=True)
        for number, codes in enumerate(kinds.tolist()):
            longer = set(lasts[codes[0] // wide :])
            products, rules = [c % wide // each for c in codes], [c % each // len(only) for c in codes]
            names = [demand.products[p] for p in products]
            on_flex = {name for name, r in zip(names, rules, strict=True) if r == TOKENS}
            of = {name: only[c % len(only)] for name, c in zip(names, codes, strict=True)}
            usable = [
                k
                for k, t in enumerate(subproblems.terms)
                if not on_flex & set(t.offer.covers)
                and set(names) & set(t.offer.covers)
                and all(t.offer.id in (of[n] or (t.offer.id,)) for n in set(names) & set(t.offer.covers))
                and (k not in doubled or t.in_full == ((t.end - subproblems.start).days in longer))
            ]
            pairs = (mine[kind.reshape(-1) == number][:, None] + np.arange(n)).T
            for places, terms in _apart(subproblems, names, usable):
                named = frozenset(i for i, p in enumerate(places) if rules[p] == SEAT)
                used = tuple(products[p] for p in places)
                until = _until(subproblems, [names[p] for p in places], terms)
                found.append(_SubproblemClass(used, pairs[places], tuple(terms), until, named))
    return found


def _doubled(terms: Sequence[Term]) -> set[int]:
    """The terms that cost users who leave before their end more than others."""
    number = {t.key: k for k, t in enumerate(terms)}
    full = {k: number[*t.key[:4], ""] for k, t in enumerate(terms) if t.in_full}
    return {*full, *full.values()}


def _apart(
    subproblems: UserSubproblems, names: Sequence[str], usable: Sequence[int]
) -> list[tuple[list[int], list[int]]]:
    """Split products that no usable seat covers together, to price them separately."""
    group = list(range(len(names)))
    for k in usable:
        covered = {group[i] for i, name in enumerate(names) if name in subproblems.terms[k].offer.covers}
        group = [min(covered) if g in covered else g for g in group]
    found = []
    for g in sorted(set(group)):
        places = [i for i, other in enumerate(group) if other == g]
        covers = {names[i] for i in places}
        found.append((places, [k for k in usable if covers & set(subproblems.terms[k].offer.covers)]))
    return found


def _until(
    subproblems: UserSubproblems, names: Sequence[str], usable: Sequence[int]
) -> tuple[dict[date, date], ...]:
    """For each product, until when a seat covers it, by the end of its term.

    That is the end itself, or a later one if there are too many states: less is proven then, never more.
    The plan's periods decide which ends are close to each other, so that the audit proves the same bound.
    """
    seats = [subproblems.terms[k] for k in usable]
    spans = [
        tuple(bisect_left(subproblems.periods, d) for d in (t.start, min(t.end, subproblems.end)))
        for t in seats
    ]
    size = [len(set(names) & set(t.offer.covers)) for t in seats]
    mine = [[n for n, t in enumerate(seats) if name in t.offer.covers] for name in names]
    last = len(subproblems.periods) - 1
    until = [{end: end for end in (last, *(spans[n][1] for n in of))} for of in mine]
    order = sorted(range(len(names)), key=lambda p: (sorted((*spans[n], size[n]) for n in mine[p]), p))
    edges = sorted({0, *(day for span in spans for day in span if day < last)})

    def states(p: int, t: int) -> int:
        ends = {until[p][spans[n][1]] for n in mine[p] if spans[n][0] <= t}
        return 1 + sum(end > t for end in ends)

    while math.prod(len(of) + 1 for of in until) > MOST_STATES:
        many = [[states(p, t) for t in edges] for p in order]
        if max(map(math.prod, zip(*many, strict=True))) <= MOST_STATES:
            break
        most = [max(row) for row in many]
        widest = until[order[most.index(max(most))]]
        kept = sorted(set(widest.values()))
        if len(kept) < 2:
            break
        _, end, later = min((b - a, a, b) for a, b in pairwise(kept))
        widest.update({original: later for original, rounded in widest.items() if rounded == end})
    return tuple(
        {
            seats[n].end: max(min(seats[n].end, subproblems.end), subproblems.periods[of[spans[n][1]]])
            for n in mine[p]
        }
        for p, of in enumerate(until)
    )


def _forwards(
    subproblems: UserSubproblems, group: _SubproblemClass, pairs: Ints, seat: Floats, token: Floats
) -> Floats:
    """float64[users]: the least each of these users pays at the prices.

    Forwards in time: `best` has an axis for every product with the days until which it may be covered (the
    first: not covered), and in each cell the least paid to get there. Uncovered products use tokens.
    """
    names = [subproblems.demand.products[p] for p in group.products]
    levels = [[subproblems.start] for _ in names]
    best = np.zeros((*(1 for _ in names), pairs.shape[1]))
    for piece, (begin, finish) in enumerate(pairwise(subproblems.edges)):
        for k in group.terms:
            term = subproblems.terms[k]
            if term.start != begin:
                continue
            covered = [(p, group.until[p][term.end]) for p, n in enumerate(names) if n in term.offer.covers]
            for place, end in covered:
                if end not in levels[place]:
                    at = bisect_left(levels[place], end)
                    levels[place].insert(at, end)
                    best = np.insert(best, at, np.inf, axis=place)
            taken = best + seat[k]
            for place, end in covered:
                at, of = levels[place].index(end), np.moveaxis(taken, place, 0)
                of[at] = of[: at + 1].min(axis=0)
                of[:at] = np.inf
            np.minimum(best, taken, out=best)
        for place, (p, mine) in enumerate(zip(group.products, pairs, strict=True)):
            days, rate = subproblems.days[mine, piece], subproblems.rate[p, piece]
            closed = place in group.seats_only or math.isinf(rate)
            tokens = np.where(days > 0, np.inf, 0.0) if closed else days * (rate * token[piece])
            of = np.moveaxis(best, place, 0)
            of[0] += tokens
            # cover that ends with the piece is no cover after it
            ended = sum(end <= finish for end in levels[place])
            of[ended - 1] = of[:ended].min(axis=0)
            best = best[(slice(None),) * place + (slice(ended - 1, None),)]
            levels[place] = [subproblems.start, *levels[place][ended:]]
    return np.asarray(best.reshape(-1, pairs.shape[1]).min(axis=0))
