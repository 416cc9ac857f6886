"""The least total of a tiny scenario, by trying everything: the judge of the optimiser.

The economics are written again from the specification, in exact arithmetic and day by day. Of flexopt only
the scenario's schema is used (as data); nothing here knows the model, its periods, its solver or its bill.

1. Chargeable days of the horizon, from the usage.
2. Contracts: every seat term that can be held. For each user every set of them in which no seat is idle;
   what the set leaves open is on Flex, if rules and rates allow it.
3. All users together: a table from (seats sat on, tokens by segment, money due by budget) to the least cost.
   Entries that are worse in everything are dropped.
4. For every entry: every size of every seat order, then every number of increments on every purchase date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import product as cross
from operator import add

import pandas as pd
from brute_demand import Needs, access_rule, chargeable_days, later, rate_of
from brute_packs import PackSearch, TooLarge, in_units

from flexopt.inputs.records import Person
from flexopt.inputs.scenario.scenario import Holding, Offer, Scenario

Counts = tuple[int, ...]
Sums = tuple[Fraction, ...]
Entry = tuple[Counts, Sums, Sums, Fraction]
"""Seats sat on by counted contract, tokens by segment, money due by budget, cost: of one user or of all."""


def least_total(
    scenario: Scenario,
    usage: pd.DataFrame,
    people: Mapping[str, Person] | None = None,
    holdings: Sequence[Holding] | None = None,
    *,
    most: int = 4000,
) -> Decimal | None:
    """The cheapest total; None where no plan satisfies all rules.

    With `policy.min_saving.contract` it includes that fee for every new contract of a user.

    `most` bounds the options of a user and the entries of the table; beyond it TooLarge is raised.
    """
    people = people or {}
    owned = scenario.holdings if holdings is None else holdings
    needs = chargeable_days(scenario, usage, people)
    return _Enumeration(scenario, needs, people, owned, most).least()


# --- 2. contracts and the options of a user --------------------------------------------------------------


@dataclass(frozen=True)
class Contract:
    """Seats of one offer with one start, end and price; `charge` and `whole` by seat tier (0: no tier)."""

    offer: Offer
    kind: str
    start: date
    end: date
    limit: int | None
    charge: Sums
    whole: Sums
    in_full: bool = False
    """For those who leave before it ends, beyond the horizon: they are charged for all of it."""

    @property
    def ordered(self) -> bool:
        """Whether the size of the order matters: it is then decided for all users together."""
        whole = self.kind in ("renewal", "new")
        return self.kind == "addition" or (whole and bool(self.offer.tiers or self.offer.minimum > 1))


def contracts_of(
    scenario: Scenario, holdings: Sequence[Holding], people: Mapping[str, Person]
) -> list[Contract]:
    start = scenario.horizon.start
    end = later(start, scenario.horizon.months)
    zero = (Fraction(0),)
    months = [later(start, n) for n in range(scenario.horizon.months)]
    found = []
    for offer in scenario.offers:
        ending: dict[date, int] = {}
        for h in holdings:
            begin = max(start, h.from_ or start)
            if h.offer == offer.id and h.ends >= start and begin < end:
                ending[h.ends] = ending.get(h.ends, 0) + h.quantity
                if h.ends > begin:
                    found.append(Contract(offer, "owned", begin, h.ends, h.quantity, zero, zero))
        for n, added in enumerate(scenario.additions):
            if added.offer == offer.id and added.ends is not None:
                ending[added.ends] = ending.get(added.ends, 0) + added.quantity
                found.append(
                    Contract(offer, f"stated {n}", added.from_, added.ends, added.quantity, zero, zero)
                )
        starts = set(months if offer.term_months < 12 or offer.starts == "monthly" else [start])
        if not isinstance(offer.starts, str):
            starts |= {day for day in offer.starts if start <= day < end}
        joins = offer.co_term if isinstance(offer.co_term, date) else None
        added_on = [day for day in sorted(starts) if joins and day < joins]
        if joins and added_on:
            ending.setdefault(joins, 0)
        terms: list[tuple[str, date, int | None]] = [
            ("renewal", e, None if added_on and e == joins else n) for e, n in ending.items() if e < end
        ]
        terms += [("new", day, None) for day in sorted(starts) if day not in added_on]
        for day in added_on:
            if joins and (price := price_by_days(scenario, offer, day, joins)) is not None:
                share = Fraction((min(joins, end) - day).days, (joins - day).days)
                in_horizon, one = (in_units(scenario, price * share),), (price,)
                found.append(Contract(offer, "addition", day, joins, None, in_horizon, one))
                if joins > end and any(p.leaves and day < p.leaves < joins for p in people.values()):
                    found.append(Contract(offer, "addition", day, joins, None, one, one, in_full=True))
        for kind, begin, limit in terms:
            prices = sorted((p for p in offer.prices if p.from_ <= begin), key=lambda p: p.from_)
            if not prices:
                continue
            finish = later(begin, offer.term_months)
            if kind == "new" and begin in months:  # from anniversary to anniversary, 31 January or not
                finish = later(start, months.index(begin) + offer.term_months)
            listed = prices[-1].new
            if kind == "renewal" and prices[-1].renewal is not None:
                listed = prices[-1].renewal
            off = scenario.negotiated.offers.get(offer.id, scenario.negotiated.seats)
            inside = Fraction((min(finish, end) - begin).days, (finish - begin).days)
            discounts = [Decimal(0), *(t.discount for t in offer.tiers)]
            whole = tuple(
                in_units(scenario, Fraction(listed) * (1 - Fraction(off)) * (1 - Fraction(d)))
                for d in discounts
            )
            charge = tuple(in_units(scenario, price * inside) for price in whole)
            found.append(Contract(offer, kind, begin, finish, limit, charge, whole))
            if finish > end and any(p.leaves and begin < p.leaves < finish for p in people.values()):
                found.append(Contract(offer, kind, begin, finish, limit, whole, whole, in_full=True))
    return found


def price_by_days(scenario: Scenario, offer: Offer, day: date, end: date) -> Fraction | None:
    """A seat from the day until the end of its contract: the days' share of the term that ends with it."""
    prices = sorted((p for p in offer.prices if p.from_ <= day), key=lambda p: p.from_)
    if not prices:
        return None
    off = scenario.negotiated.offers.get(offer.id, scenario.negotiated.seats)
    whole = in_units(scenario, Fraction(prices[-1].new) * (1 - Fraction(off)))
    term = (end - later(end, -offer.term_months)).days
    return in_units(scenario, whole * Fraction((end - day).days, term))


class _Enumeration:
    def __init__(
        self,
        scenario: Scenario,
        needs: Needs,
        people: Mapping[str, Person],
        holdings: Sequence[Holding],
        most: int,
    ) -> None:
        self.scenario, self.needs, self.people = scenario, needs, people
        # under max_oversize little can be dropped, and every entry has its own packs
        self.most = most if scenario.tokens.max_oversize is None else most // 20
        self.fee = Fraction(scenario.policy.min_saving.contract)
        self.start = scenario.horizon.start
        self.end = later(self.start, scenario.horizon.months)
        self.contracts = contracts_of(scenario, holdings, people)
        # contracts whose seats are counted over all users; the others only cost money
        self.counted = [
            k
            for k, c in enumerate(self.contracts)
            if c.limit is not None or c.ordered or c.offer.maximum is not None or c.kind == "renewal"
        ]
        # where seats can be added, these can be renewed too
        self.renewable = sorted({(c.offer.id, c.end) for c in self.contracts if c.kind == "addition"})
        self.stated = [
            (a, price_by_days(scenario, scenario.offer_by_id[a.offer], a.from_, a.ends))
            for a in scenario.additions
            if a.ends is not None
        ]
        self.packs = PackSearch(scenario)
        self.segments = self.packs.segments

    def _options(self, user: str) -> list[Entry]:
        """Every way to serve the user: seats counted, tokens by segment, money by budget, separable cost."""
        mine = {name: days for (u, name), days in self.needs.items() if u == user}
        rules = {name: access_rule(self.scenario, self.people, user, name) for name in mine}
        bits = [(name, day, n) for name, days in mine.items() for day, n in days.items() if n]
        tokens: list[tuple[int, Fraction] | None] = []
        for name, day, n in bits:
            rate = rate_of(self.scenario, name, day)
            can = rate is not None and rules[name] != "named"
            tokens.append((self.packs.segment(day), n * rate) if can and rate is not None else None)
        masks = {}
        leaves = self.people[user].leaves if user in self.people else None
        for k, c in enumerate(self.contracts):
            outlasts = c.end > self.end and leaves is not None and leaves < c.end
            if c.kind != "owned" and c.in_full != outlasts:
                continue
            if not any(rules.get(name) == "flex" for name in c.offer.covers):
                mask = sum(
                    1 << b
                    for b, (name, day, _) in enumerate(bits)
                    if name in c.offer.covers and c.start <= day < c.end
                )
                if mask:
                    masks[k] = mask
        found = []
        for held in self._sets(list(masks), masks):
            covered = 0
            for k in held:
                covered |= masks[k]
            use = [Fraction(0)] * len(self.segments)
            for b, on_flex in enumerate(tokens):
                if not covered >> b & 1:
                    if on_flex is None:
                        break
                    use[on_flex[0]] += on_flex[1]
            else:
                loose = [self.contracts[k] for k in held if not self.contracts[k].ordered]
                due = tuple(
                    sum((c.whole[0] for c in loose if b.from_ <= c.start < b.to), Fraction(0))
                    for b in self.scenario.budgets
                )
                cost = sum((c.charge[0] for c in loose), Fraction(0))
                cost += self.fee * sum(self.contracts[k].kind in ("new", "addition") for k in held)
                found.append((tuple(int(k in held) for k in self.counted), tuple(use), due, cost))
        return found

    def _sets(self, keys: list[int], masks: dict[int, int]) -> list[tuple[int, ...]]:
        """Sets of contracts in which each covers a day that no other does; others are never cheaper."""
        sets: list[tuple[int, ...]] = [()]
        for k in keys:
            sets += [held for old in sets if _irredundant(held := (*old, k), masks)]
            if len(sets) > self.most:
                raise TooLarge(f"{len(sets)} sets of seats for one user")
        return sets

    # --- 3. all users ------------------------------------------------------------------------------------

    def _table(self) -> list[Entry]:
        nothing = (Fraction(0),) * len(self.segments)
        table = [
            ((0,) * len(self.counted), nothing, (Fraction(0),) * len(self.scenario.budgets), Fraction(0))
        ]
        for user in sorted({u for u, _ in self.needs}):
            options = self._undominated(self._options(user))
            if len(table) * len(options) > 50 * self.most:
                raise TooLarge(f"{len(table)} x {len(options)} entries")
            joined = [
                (tuple(map(add, a[0], b[0])), _add(a[1], b[1]), _add(a[2], b[2]), a[3] + b[3])
                for a in table
                for b in options
            ]
            joined = [e for e in joined if self._within_holdings(dict(zip(self.counted, e[0], strict=True)))]
            table = self._undominated(joined)
            if len(table) > self.most:
                raise TooLarge(f"{len(table)} entries")
        return sorted(table, key=lambda e: e[3])

    def _within_holdings(self, seats: Mapping[int, int]) -> bool:
        """Owned seats, and renewals whether they count in full or not, are at most those there are."""
        taken: dict[tuple[str, str, date], int] = {}
        for k, n in seats.items():
            c = self.contracts[k]
            key = c.offer.id, c.kind, c.start if c.kind == "renewal" else c.end
            taken[key] = taken.get(key, 0) + n
            if c.limit is not None and taken[key] > c.limit:
                return False
        return True

    def _renewable(self, seats: Mapping[int, int]) -> bool:
        """No more seats are renewed than are owned, stated or bought until the end of additions."""
        left = dict.fromkeys(self.renewable, 0)
        for k, c in enumerate(self.contracts):
            if (c.offer.id, c.end) in left and c.kind not in ("renewal", "new"):
                left[c.offer.id, c.end] += seats[k] if c.kind == "addition" else c.limit or 0
            if (c.offer.id, c.start) in left and c.kind == "renewal":
                left[c.offer.id, c.start] -= seats[k]
        return all(n >= 0 for n in left.values())

    def _undominated(self, entries: list[Entry]) -> list[Entry]:
        """Entries that no other beats in everything. Under max_oversize fewer tokens may be worse."""
        least: dict[tuple[Counts, Sums, Sums], Fraction] = {}
        for counts, tokens, due, cost in entries:
            key = (counts, tokens, due)
            least[key] = min(cost, least.get(key, cost))
        unique = [(*key, cost) for key, cost in sorted(least.items(), key=lambda item: item[1])]
        if self.scenario.tokens.max_oversize is not None or len(unique) > self.most:
            return unique
        kept: list[Entry] = []
        for e in unique:
            if not any(_below(k[0], e[0]) and _below(k[1], e[1]) and _below(k[2], e[2]) for k in kept):
                kept.append(e)
        return kept

    # --- 4. orders and packs -----------------------------------------------------------------------------

    def least(self) -> Decimal | None:
        best: Fraction | None = None
        paid = Fraction(0)
        stated_due = [Fraction(0)] * len(self.scenario.budgets)
        for added, price in self.stated:
            if price is None or added.ends is None:
                raise TooLarge("an addition without a price")
            days = (added.ends - added.from_).days
            inside = Fraction((min(added.ends, self.end) - added.from_).days, days)
            paid += added.quantity * in_units(self.scenario, price * inside)
            for g, b in enumerate(self.scenario.budgets):
                stated_due[g] += added.quantity * price if b.from_ <= added.from_ < b.to else 0
        for counts, tokens, due, cost in self._table():
            if best is not None and cost + paid >= best:
                break
            for ordered, spent in self._orders(counts):
                so_far = cost + ordered + paid
                room = [
                    Fraction(b.amount) - d - s - t
                    for b, d, s, t in zip(self.scenario.budgets, due, spent, stated_due, strict=True)
                ]
                if (best is None or so_far < best) and all(r >= 0 for r in room):
                    packs = self.packs.least(tokens, room, None if best is None else best - so_far)
                    best = best if packs is None else so_far + packs
        return None if best is None else Decimal(best.numerator) / best.denominator

    def _orders(self, counts: Counts) -> Iterator[tuple[Fraction, Sums]]:
        """Every size of every order that seats its users: charge, and money due by budget."""
        sat = dict(zip(self.counted, counts, strict=True))
        orders: dict[tuple[str, date, bool], list[int]] = {}
        for k in self.counted:
            if self.contracts[k].ordered:
                c = self.contracts[k]
                orders.setdefault((c.offer.id, c.start, c.kind == "addition"), []).append(k)
        sizes = [self._sizes(ks, sat) for ks in orders.values()]
        for choice in cross(*sizes):
            bought = {k: (n, tier) for order in choice for k, n, tier in order}
            seats = {**sat, **{k: n for k, (n, _) in bought.items()}}
            if self._renewable(seats) and self._within_maximum(seats):
                charge, due = Fraction(0), [Fraction(0)] * len(self.scenario.budgets)
                for k, (n, tier) in bought.items():
                    c = self.contracts[k]
                    charge += n * c.charge[tier]
                    for g, b in enumerate(self.scenario.budgets):
                        due[g] += n * c.whole[tier] if b.from_ <= c.start < b.to else 0
                yield charge, tuple(due)

    def _sizes(self, ks: list[int], sat: Mapping[int, int]) -> list[list[tuple[int, int, int]]]:
        """What may be bought in one order: (contract, seats, tier), idle seats for a better tier included."""
        if self.contracts[ks[0]].kind == "addition":  # idle ones only to be renewed
            most = max(len({u for u, _ in self.needs}), self.contracts[ks[0]].offer.minimum, 5)
            more = range(1 + max(0, most - sum(sat[k] for k in ks)))
            return [[(k, sat[k] + (n if k == ks[0] else 0), 0) for k in ks] for n in more]
        if not any(sat[k] for k in ks):
            return [[]]
        offer, needed = self.contracts[ks[0]].offer, sum(sat[k] for k in ks)
        smallest = max(needed, offer.minimum)
        found = []
        for size in {smallest, *(t.from_ for t in offer.tiers if t.from_ > smallest)}:
            tier = sum(t.from_ <= size for t in offer.tiers)
            limits = [self.contracts[k].limit for k in ks]
            ranges = [
                range(sat[k], 1 + (size if m is None else min(m, size)))
                for k, m in zip(ks, limits, strict=True)
            ]
            found += [
                [(k, n, tier) for k, n in zip(ks, split, strict=True)]
                for split in cross(*ranges)
                if sum(split) == size and self._within_holdings(dict(zip(ks, split, strict=True)))
            ]
        return found

    def _within_maximum(self, seats: Mapping[int, int]) -> bool:
        for offer in self.scenario.offers:
            mine = [
                (self.contracts[k], n) for k, n in seats.items() if self.contracts[k].offer.id == offer.id
            ]
            for day in {c.start for c, _ in mine}:
                live = sum(n for c, n in mine if c.start <= day < c.end)
                if offer.maximum is not None and live > offer.maximum:
                    return False
        return True


def _irredundant(held: tuple[int, ...], masks: Mapping[int, int]) -> bool:
    for k in held:
        others = 0
        for other in held:
            others |= masks[other] if other != k else 0
        if not masks[k] & ~others:
            return False
    return True


def _below(a: Sequence[Fraction | int], b: Sequence[Fraction | int]) -> bool:
    return all(x <= y for x, y in zip(a, b, strict=True))


def _add(a: Sums, b: Sums) -> Sums:
    return tuple(x + y for x, y in zip(a, b, strict=True))
