"""The bound again, from the prices that the plan stores: without the solver, in another way.

Whatever the prices are, no plan costs less than all users pay at these prices, each alone, less what the
prices give for what can be had (packs, seats that are owned, room under limits): weak duality. Users are
priced here forwards in time, from the demand and the scenario; the optimiser does it backwards, from its own
tables. Per choice of tiers the best of the stored cuts counts; the bound is the least over all choices.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from flexopt.audit.ledger import cloud_tokens
from flexopt.audit.replay import rate_of
from flexopt.audit.rows import Notes, Row, day_of
from flexopt.dates import add_months, overlap_days
from flexopt.demand import Demand
from flexopt.inputs.scenario import Holding, Offer, Scenario
from flexopt.minmax import least_of_best
from flexopt.money import CENT, cents

__all__ = ["certificate"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ARITHMETIC = 1e-9
"""Share of the bound that sums of floats in another order may be off."""

AT_ONCE = 50_000
"""Users priced at once: what fits into memory."""


def certificate(
    doc: Row, scenario: Scenario, holdings: Sequence[Holding], demand: Demand, notes: Notes
) -> None:
    """The bound that the stored prices prove is at least the one that the plan claims for them."""
    said = doc["proof"]["prices"]
    claimed = Decimal(said["bound"])
    notes.expect(claimed <= Decimal(doc["total"]) + CENT, f"prices prove {claimed}, more than the plan costs")
    if not said["cuts"]:
        notes.expect(claimed <= 0, "a bound is claimed for prices, but no prices are there")
        return
    try:
        days = {day_of(p["start"]) for prices in said["cuts"] for p in prices if "start" in p}
        estate = _Estate(scenario, holdings, demand, days)
        cuts = [_Cut(estate, prices) for prices in said["cuts"]]
    except (KeyError, ValueError, TypeError):
        notes.fail("the prices of the certificate are not those of the scenario's rows")
        return
    proven = _bound(estate, cuts, float(claimed))
    room = ARITHMETIC * max(abs(proven), 1.0) + float(CENT)
    notes.expect(
        proven >= float(claimed) - room, f"the prices prove a bound of {proven:.2f}, the plan says {claimed}"
    )


@dataclass(frozen=True, slots=True)
class _Term:
    """Seats of one offer with one start and one end: how many can be had, what one costs by seat tier."""

    offer: Offer
    kind: str
    start: date
    end: date
    most: int | None
    cost: tuple[Decimal, ...]
    whole: tuple[Decimal, ...]

    @property
    def ordered(self) -> bool:
        """Bought by the order: its size decides the price, or has a minimum."""
        return self.kind != "owned" and bool(self.offer.tiers or self.offer.minimum > 1)

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.offer.id, self.kind, str(self.start), str(self.end)


class _Estate:
    """Who needs what when, in pieces of the horizon in which no date of the scenario or the prices lies."""

    def __init__(
        self, scenario: Scenario, holdings: Sequence[Holding], demand: Demand, days: set[date]
    ) -> None:
        self.scenario, self.demand = scenario, demand
        self.start, self.end = scenario.horizon.start, scenario.horizon.end
        self.terms = _terms(scenario, holdings)
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
        rates = [[rate_of(p, day) for day in self.edges[:-1]] for p in products]
        rate = np.array([[math.inf if r is None else float(r) for r in row] for row in rates])
        self.rate = rate.reshape(len(products), pieces)
        self.needs = _needs(self)
        taken = self.days * np.where(np.isinf(self.rate), 0.0, self.rate)[demand.pair_product]
        self.use = (1 + float(scenario.tokens.buffer)) * taken.sum(axis=0)
        """float64[pieces]: tokens with buffer if everybody were on Flex."""
        for _, buffered, piece in _cloud(self):
            self.use[piece] += float(buffered)

    def pieces(self, first: date, after: date) -> list[int]:
        """Those with a day in [first, after)."""
        pairs = enumerate(pairwise(self.edges))
        return [n for n, (begin, finish) in pairs if begin < after and first < finish]


def _terms(scenario: Scenario, holdings: Sequence[Holding]) -> list[_Term]:
    start, end = scenario.horizon.start, scenario.horizon.end
    owned: dict[tuple[str, date], int] = defaultdict(int)
    for h in holdings:
        owned[h.offer, h.ends] += h.quantity
    found = []
    months = [add_months(start, m) for m in range(scenario.horizon.months)]
    for offer in scenario.offers:
        for (name, day), count in sorted(owned.items()):
            if name != offer.id or day < start:
                continue
            if day > start:
                free = (Decimal(0),) * (len(offer.tiers) + 1)
                found.append(_Term(offer, "owned", start, day, count, free, free))
            if day < end:
                found.append(_priced(scenario, offer, "renewal", day, count))
        often = offer.starts == "monthly" or offer.term_months < 12
        days = {*(months if often else [start])}
        days.update(() if isinstance(offer.starts, str) else offer.starts)
        found += [_priced(scenario, offer, "new", d, None) for d in sorted(days) if start <= d < end]
    return [t for t in found if t.whole and t.end > max(t.start, start)]


def _priced(scenario: Scenario, offer: Offer, kind: str, day: date, most: int | None) -> _Term:
    """A term and its prices; without any where the offer has no price yet."""
    start, horizon_end = scenario.horizon.start, scenario.horizon.end
    end = add_months(day, offer.term_months)
    if kind == "new":
        months = [add_months(start, m) for m in range(scenario.horizon.months)]
        if day in months:
            end = add_months(start, months.index(day) + offer.term_months)
    price = max((p for p in offer.prices if p.from_ <= day), key=lambda p: p.from_, default=None)
    if price is None:
        return _Term(offer, kind, day, end, most, (), ())
    listed = price.renewal if kind == "renewal" and price.renewal is not None else price.new
    off = scenario.negotiated.offers.get(offer.id, scenario.negotiated.seats)
    whole = [cents(listed * (1 - off) * (1 - d)) for d in (Decimal(0), *(t.discount for t in offer.tiers))]
    share = Fraction(overlap_days(day, end, start, horizon_end), (end - day).days)
    return _Term(offer, kind, day, end, most, tuple(cents(Fraction(w) * share) for w in whole), tuple(whole))


@dataclass(frozen=True, slots=True, eq=False)
class _Need:
    """Users who use the same products under the same rules: pairs is int64[products, users]."""

    products: tuple[int, ...]
    pairs: Ints
    terms: tuple[int, ...]
    seats_only: frozenset[int]


def _needs(estate: _Estate) -> list[_Need]:
    """The users by the products they use and the rules for these."""
    demand = estate.demand
    rule = np.select([demand.pair_rule == "named", demand.pair_rule == "flex"], [1, 2], 0)
    code = demand.pair_product * 3 + rule
    begin = np.flatnonzero(np.diff(demand.pair_user, prepend=-1))
    size = np.diff(begin, append=demand.pairs)
    found = []
    for n in np.unique(size).tolist():
        mine = begin[size == n]
        kinds, kind = np.unique(code[mine[:, None] + np.arange(n)], axis=0, return_inverse=True)
        for number, codes in enumerate(kinds.tolist()):
            products, rules = [c // 3 for c in codes], [c % 3 for c in codes]
            names = [demand.products[p] for p in products]
            on_flex = {name for name, r in zip(names, rules, strict=True) if r == 2}
            usable = [
                k
                for k, t in enumerate(estate.terms)
                if not on_flex & set(t.offer.covers) and set(names) & set(t.offer.covers)
            ]
            pairs = (mine[kind.reshape(-1) == number][:, None] + np.arange(n)).T
            for places, terms in _apart(estate, names, usable):
                named = frozenset(i for i, p in enumerate(places) if rules[p] == 1)
                found.append(_Need(tuple(products[p] for p in places), pairs[places], tuple(terms), named))
    return found


def _apart(estate: _Estate, names: Sequence[str], usable: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Products that no usable seat covers together are priced apart."""
    group = list(range(len(names)))
    for k in usable:
        covered = {group[i] for i, name in enumerate(names) if name in estate.terms[k].offer.covers}
        group = [min(covered) if g in covered else g for g in group]
    found = []
    for g in sorted(set(group)):
        places = [i for i, other in enumerate(group) if other == g]
        covers = {names[i] for i in places}
        found.append((places, [k for k in usable if covers & set(estate.terms[k].offer.covers)]))
    return found


class _Cut:
    """The prices of one cut: what a user pays for tokens and seats, and what is given for what can be had."""

    def __init__(self, estate: _Estate, prices: Sequence[Mapping[str, str]]) -> None:
        scenario, terms = estate.scenario, estate.terms
        number = {t.key: k for k, t in enumerate(terms)}
        seat = [0.0 if t.ordered else float(t.cost[0]) for t in terms]
        pool: dict[date, float] = {}
        self.order: dict[int, float] = defaultdict(float)
        self.budget: dict[str, float] = {}
        self.maximum: list[tuple[str, date, float]] = []
        self.oversize = 0.0
        self.constant = 0.0
        for entry in prices:
            row, price = entry["row"], float(entry["price"])
            # a price of the wrong sign would prove what is not so
            size = max(0.0, price if row in ("pool", "order") else -price)
            if row == "pool":
                pool[day_of(entry["start"])] = size
            elif row in ("order", "holding"):
                k = number[entry["offer"], entry["kind"], entry["start"], entry["end"]]
                if (row == "order") is not terms[k].ordered:
                    raise ValueError
                seat[k] += size
                if row == "order":
                    self.order[k] += size
                else:
                    self.constant -= size * (terms[k].most or 0)
            elif row == "maximum":
                self.maximum.append((entry["offer"], day_of(entry["start"]), size))
            elif row == "budget":
                self.budget[entry["id"]] = size
            else:
                self.oversize = size
        # what a seat pays for room under maxima, and what share of its price for room in budgets
        self.room, self.due = [0.0] * len(terms), [0.0] * len(terms)
        for offer, day, size in self.maximum:
            self.constant -= size * (scenario.offer_by_id[offer].maximum or 0)
            for k, t in enumerate(terms):
                if t.offer.id == offer and t.start <= day < t.end:
                    self.room[k] += size
        limits = {b.id: b for b in scenario.budgets}
        for name, size in self.budget.items():
            limit = limits[name]
            # sums of cents: no more than a cent above what is invoiced is ever needed
            self.constant -= size * (float(limit.amount.quantize(CENT, ROUND_FLOOR)) + 0.01)
            for k, t in enumerate(terms):
                if t.kind != "owned" and limit.from_ <= t.start < limit.to:
                    self.due[k] += size
        self.seat = np.array(
            [
                p if t.ordered else p + self.limits(k, t, 0)
                for k, (p, t) in enumerate(zip(seat, terms, strict=True))
            ]
        )
        starts = sorted(pool)
        if not starts or starts[0] > estate.start:
            raise ValueError
        self.pool = np.array([pool[max(s for s in starts if s <= d)] for d in estate.edges[:-1]])
        tokens = scenario.tokens
        share = 1 + float(tokens.max_oversize or 0)
        self.token = self.pool * (1 + float(tokens.buffer)) - self.oversize * share
        for raw, buffered, piece in _cloud(estate):
            self.constant += float(buffered) * self.pool[piece] - self.oversize * share * float(raw)
        step = tokens.increment
        self.constant -= self.oversize * float(-(-min(t.from_ for t in tokens.tiers) // step) * step)
        self.users = math.fsum(_cheapest(estate, need, self) for need in estate.needs)

    def limits(self, k: int, term: _Term, tier: int) -> float:
        return self.room[k] + self.due[k] * float(term.whole[tier])

    def value(self, estate: _Estate, first: date, after: date) -> float:
        """What a token is worth that can be used on days [first, after), where it is worth most."""
        return max([0.0, *(float(self.pool[n]) for n in estate.pieces(first, after))])


def _cloud(estate: _Estate) -> list[tuple[Fraction, Fraction, int]]:
    """Per-result tokens day by day, without and with buffer, and the piece of the day."""
    offsets = [(d - estate.start).days for d in estate.edges]
    due = cloud_tokens(estate.scenario)
    piece = np.searchsorted(offsets, np.arange(len(due)), side="right") - 1
    return [(raw, buffered, int(p)) for (raw, buffered), p in zip(due, piece, strict=True) if buffered]


def _cheapest(estate: _Estate, need: _Need, cut: _Cut) -> float:
    return math.fsum(
        float(_forwards(estate, need, need.pairs[:, n : n + AT_ONCE], cut).sum())
        for n in range(0, need.pairs.shape[1], AT_ONCE)
    )


def _forwards(estate: _Estate, need: _Need, pairs: Ints, cut: _Cut) -> Floats:
    """float64[users]: the least each of these users pays at the prices.

    Forwards in time: `best` has, for every set of days until which the products are covered, the least that
    was paid to get there. What is not covered takes tokens.
    """
    nothing = tuple([estate.start] * len(need.products))
    best: dict[tuple[date, ...], Floats] = {nothing: np.zeros(pairs.shape[1])}
    covers = {
        k: [estate.demand.products[p] in estate.terms[k].offer.covers for p in need.products]
        for k in need.terms
    }
    for piece, (begin, finish) in enumerate(pairwise(estate.edges)):
        for k in need.terms:
            term = estate.terms[k]
            if term.start != begin:
                continue
            for until, paid in list(best.items()):
                taken = tuple(max(u, term.end) if c else u for u, c in zip(until, covers[k], strict=True))
                if taken != until:
                    _keep(best, taken, paid + cut.seat[k])
        tokens = []
        for place, (p, mine) in enumerate(zip(need.products, pairs, strict=True)):
            days, rate = estate.days[mine, piece], estate.rate[p, piece]
            closed = place in need.seats_only or math.isinf(rate)
            price = 0.0 if closed else rate * cut.token[piece]
            tokens.append(np.where(days > 0, np.inf, 0.0) if closed else days * price)
        later: dict[tuple[date, ...], Floats] = {}
        for until, paid in best.items():
            for place, cost in enumerate(tokens):
                if until[place] <= begin:
                    paid = paid + cost
            # what ends with the piece is as good as nothing after it
            _keep(later, tuple(u if u > finish else estate.start for u in until), paid)
        best = later
    return np.asarray(np.minimum.reduce(list(best.values())))


def _keep(best: dict[tuple[date, ...], Floats], until: tuple[date, ...], paid: Floats) -> None:
    known = best.get(until)
    best[until] = paid if known is None else np.minimum(known, paid)


def _bound(estate: _Estate, cuts: Sequence[_Cut], enough: float) -> float:
    """The least over all choices of tiers of what the best cut says for them."""
    scenario = estate.scenario
    opening = [p for p in scenario.pool if p.expires > estate.start]
    constant = [
        c.constant
        + c.users
        - math.fsum(float(p.tokens) * c.value(estate, estate.start, p.expires) for p in opening)
        for c in cuts
    ]
    packs = [np.array([_pack(estate, c, day) for c in cuts]) for day in _dates(scenario)]
    orders: dict[tuple[str, date], list[int]] = defaultdict(list)
    for k, t in enumerate(estate.terms):
        if t.ordered:
            orders[t.offer.id, t.start].append(k)
    seats = [np.array([_order(estate, c, ks) for c in cuts]) for _, ks in sorted(orders.items())]
    counts = [[0] + [1] * (w.shape[1] - 1) for w in packs] + [[0] * w.shape[1] for w in seats]
    most = scenario.tokens.max_purchases
    return least_of_best(np.array(constant), [*packs, *seats], counts, most, enough)[0]


def _dates(scenario: Scenario) -> list[date]:
    """Days on which a pack may be of use.

    Who buys later what an earlier pack could hold as long might as well have bought both together: larger
    purchases cost no more a token, and no budget looks at the date.
    """
    tokens, days = scenario.tokens, scenario.purchase_dates()
    prices = [t.price for t in sorted(tokens.tiers, key=lambda t: t.from_)]
    if scenario.budgets or prices != sorted(prices, reverse=True):
        return days
    life, found = timedelta(days=tokens.valid_days), days[:1]
    for day in days[1:]:
        if min(day + life, scenario.horizon.end) > min(found[-1] + life, scenario.horizon.end):
            found.append(day)
    return found


def _pack(estate: _Estate, cut: _Cut, day: date) -> list[float]:
    """No purchase on the day, or one in each tier, as small or as large as it may be."""
    scenario, tokens = estate.scenario, estate.scenario.tokens
    expires, step = day + timedelta(days=tokens.valid_days), tokens.increment
    worth = cut.value(estate, day, expires)
    share = 1.0 + sum(cut.budget.get(b.id, 0.0) for b in scenario.budgets if b.from_ <= day < b.to)
    tiers = sorted(tokens.tiers, key=lambda t: t.from_)
    needed = math.ceil(estate.use[estate.pieces(day, expires)].sum() / step - 1e-9) * step
    found = [0.0]
    for tier, after in zip(tiers, [*tiers[1:], None], strict=True):
        each = float(tier.price * (1 - scenario.negotiated.tokens)) * share + cut.oversize - worth
        least = -(-tier.from_ // step) * step
        # nobody needs more than everybody's use in the life of the pack, or the tier's smallest purchase
        most = max(least, needed)
        if after is not None:
            most = min(most, (after.from_ - 1) // step * step)
        found.append(min(each * least, each * most) if least <= most else math.inf)
    return found


def _order(estate: _Estate, cut: _Cut, terms: Sequence[int]) -> list[float]:
    """No seat, or as many as each seat tier allows, the cheapest first."""
    offer = estate.terms[terms[0]].offer
    found, bounds = [0.0], [1, *(t.from_ for t in offer.tiers)]
    for j, lower in enumerate(bounds):
        least = max(lower, offer.minimum)
        most = bounds[j + 1] - 1 if j + 1 < len(bounds) else max(least, len(estate.demand.users))
        each = []
        for k in terms:
            term = estate.terms[k]
            price = float(term.cost[j]) + cut.limits(k, term, j) - cut.order[k]
            each.append((price, most if term.most is None else term.most))
        total, count = 0.0, 0
        for price, limit in sorted(each):
            seats = max(0, min(limit, (most if price < 0 else least) - count))
            total, count = total + price * seats, count + seats
        found.append(total if least <= most and count >= least else math.inf)
    return found
