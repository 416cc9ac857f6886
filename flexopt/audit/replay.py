"""Every chargeable day again: does a live seat cover it, or tokens, and what do they take?

The days of all users are cut at once (3,000 users with a year of single days take seconds): a *segment* is a
piece of the horizon in which the seats of a pair and the rate of its product do not change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd

from flexopt.audit.rows import ROUNDING, Notes, Row, Seat, close, seat_of, show
from flexopt.demand import Demand
from flexopt.inputs.scenario import Policy, Product, Scenario
from flexopt.money import cents
from flexopt.policy import rule_for

__all__ = ["rate_of", "replay_access"]


@dataclass(slots=True)
class _Segment:
    """Days `[first, after)` of one pair, counted from the horizon's start."""

    pair: int
    first: int
    after: int
    seats: tuple[Seat, ...]
    rate: Fraction | None
    days: Fraction = Fraction(0)
    earliest: int = 0


def rate_of(product: Product, day: date) -> Fraction | None:
    """Tokens of a chargeable day, None where the product is not on Flex."""
    known = [r for r in product.rates if r.from_ <= day] if product.flex else []
    return Fraction(max(known, key=lambda r: r.from_).tokens) if known else None


def replay_access(doc: Row, scenario: Scenario, demand: Demand, notes: Notes) -> list[Fraction]:
    """Holds the assignment against the demand; tokens of every day of the horizon, without buffer."""
    claimed, seats_of = _claims(doc, scenario, notes)
    segments = _segments(scenario, demand, seats_of)
    tokens = _count(scenario, demand, segments)
    of_pair: dict[int, list[_Segment]] = defaultdict(list)
    for s in segments:
        if s.days:
            of_pair[s.pair].append(s)
    rules = _Rules(scenario, demand)
    prices = _Prices(doc, scenario)
    for i, (u, p) in enumerate(zip(demand.pair_user.tolist(), demand.pair_product.tolist(), strict=True)):
        user, product = demand.users[u], demand.products[p]
        rows = claimed.pop((user, product), [])
        rule = rules.of(u, product)
        _hold(rows, of_pair[i], (product, rule), scenario.horizon.start, notes)
        _alternatives(rows, of_pair[i], product, prices, notes)
        group = demand.groups[u]
        notes.expect(all(r["group"] == group for r in rows), f"a row for {product} has another group")
    for _, product in claimed:
        notes.fail(f"the assignment has rows for {product} without demand")
    return tokens


def _claims(
    doc: Row, scenario: Scenario, notes: Notes
) -> tuple[dict[tuple[str, str], list[Row]], dict[str, set[Seat]]]:
    """The rows by user and product, and the seats each user sits on; rows that make no sense are noted."""
    claimed: dict[tuple[str, str], list[Row]] = defaultdict(list)
    seats_of: dict[str, set[Seat]] = defaultdict(set)
    covers = {o.id: set(o.covers) for o in scenario.offers}
    met = set()
    for row in doc["assignment"]:
        product, seat = row["product"], seat_of(row)
        key = (row["user"], product, row["access"], seat)
        notes.expect(key not in met, f"a row for {product} is there twice")
        met.add(key)
        claimed[row["user"], product].append(row)
        if row["access"] == "named":
            if product in covers.get(row["offer"], ()):
                seats_of[row["user"]].add(seat)
            else:
                notes.fail(f"a row for {product} has a seat of {row['offer']}, which does not cover it")
        elif row["access"] == "flex":
            empty = not (row["offer"] or row["contract_start"] or row["contract_end"])
            notes.expect(empty, f"a row for {product} on Flex has a contract")
        else:
            notes.fail(f"a row for {product} has the access {row['access']}")
    return claimed, seats_of


def _segments(scenario: Scenario, demand: Demand, seats_of: Mapping[str, set[Seat]]) -> list[_Segment]:
    """The segments of every pair, in the order of the pairs and days."""
    start, length = scenario.horizon.start, (scenario.horizon.end - scenario.horizon.start).days
    covers = {o.id: set(o.covers) for o in scenario.offers}
    rates: list[list[tuple[int, Fraction | None]]] = []
    for name in demand.products:
        entry = scenario.product_by_id[name]
        changes = {0, *((r.from_ - start).days for r in entry.rates)}
        rates.append(
            [(d, rate_of(entry, start + timedelta(days=d))) for d in sorted(changes) if 0 <= d < length]
        )
    found = []
    for i, (u, p) in enumerate(zip(demand.pair_user.tolist(), demand.pair_product.tolist(), strict=True)):
        product = demand.products[p]
        mine = sorted(s for s in seats_of.get(demand.users[u], ()) if product in covers[s[0]])
        lives = [(s, (s[1] - start).days, (s[2] - start).days) for s in mine]
        cuts = {d for d, _ in rates[p]} | {d for _, *life in lives for d in life if 0 < d < length}
        edges = [*sorted(cuts), length]
        for first, after in pairwise(edges):
            rate = next(r for d, r in reversed(rates[p]) if d <= first)
            live = tuple(s for s, begin, finish in lives if begin <= first < finish)
            found.append(_Segment(i, first, after, live, rate))
    return found


def _count(scenario: Scenario, demand: Demand, segments: Sequence[_Segment]) -> list[Fraction]:
    """Fills `days` and `earliest` of the segments; returns the tokens of each day. Exact: integers only."""
    length = (scenario.horizon.end - scenario.horizon.start).days
    spans = {name: demand.spans[name].to_numpy(np.int64) for name in demand.spans}
    wide = length + 1  # keys of one pair never reach the next pair's
    first_of = np.array([s.first for s in segments], dtype=np.int64)
    after_of = np.array([s.after for s in segments], dtype=np.int64)
    keys = np.array([s.pair for s in segments], dtype=np.int64) * wide + first_of
    begin = np.searchsorted(keys, spans["pair"] * wide + spans["first"], side="right") - 1
    pieces = np.searchsorted(keys, spans["pair"] * wide + spans["after"], side="left") - begin
    row = np.repeat(np.arange(len(pieces)), pieces)
    segment = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces) + begin[row]
    first = np.maximum(spans["first"][row], first_of[segment])
    after = np.minimum(spans["after"][row], after_of[segment])
    count, per = spans["count"][row], spans["per"][row]

    factors = [Fraction(f) for f in demand.pair_factor]
    table = pd.DataFrame({"segment": segment, "per": per, "n": count * (after - first), "first": first})
    added = table.groupby(["segment", "per"])[["n", "first"]].agg({"n": "sum", "first": "min"})
    for (number, share), n, earliest in zip(added.index, added["n"], added["first"], strict=True):
        s = segments[number]
        s.earliest = min(s.earliest, int(earliest)) if s.days else int(earliest)
        s.days += Fraction(int(n), int(share)) * factors[s.pair]

    # days on Flex with the same product, factor and `per` are counted together, as integers
    flex = np.array([not s.seats and s.rate is not None for s in segments], dtype=bool)[segment]
    kinds: dict[tuple[int, Fraction], int] = {}
    kind = np.array(
        [
            kinds.setdefault((p, f), len(kinds))
            for p, f in zip(demand.pair_product.tolist(), factors, strict=True)
        ],
        dtype=np.int64,
    )
    of_pair = kind[spans["pair"][row][flex]]
    shares, share_of = np.unique(per[flex], return_inverse=True)
    classes, class_of = np.unique(of_pair * max(1, len(shares)) + share_of, return_inverse=True)
    steps = np.zeros((len(classes), wide), dtype=np.int64)
    np.add.at(steps, (class_of, first[flex]), count[flex])
    np.add.at(steps, (class_of, after[flex]), -count[flex])
    names = list(kinds)
    tokens = [Fraction(0)] * length
    days = [scenario.horizon.start + timedelta(days=d) for d in range(length)]
    for number, daily in zip(classes.tolist(), np.cumsum(steps, axis=1), strict=True):
        p, factor = names[number // len(shares)]
        weight = factor / int(shares[number % len(shares)])
        entry = scenario.product_by_id[demand.products[p]]
        for d in np.flatnonzero(daily[:length]).tolist():
            tokens[d] += int(daily[d]) * weight * (rate_of(entry, days[d]) or 0)
    return tokens


class _Rules:
    """The policy of each user and product; users that no rule names share an answer."""

    def __init__(self, scenario: Scenario, demand: Demand) -> None:
        self.policy, self.demand = scenario.policy, demand
        self.named = {rule.user for rule in scenario.policy}
        self.known: dict[tuple[str, str, str], Policy | None] = {}

    def of(self, u: int, product: str) -> str:
        user, group = self.demand.users[u], self.demand.groups[u]
        key = (user if user in self.named else "", group, product)
        if key not in self.known:
            self.known[key] = rule_for(self.policy, user, group, product)
        rule = self.known[key]
        return rule.access if rule else ""


def _hold(
    rows: Sequence[Row], segments: Sequence[_Segment], subject: tuple[str, str], start: date, notes: Notes
) -> None:
    """The rows of one pair against its segments; the subject is its product and its rule of the policy."""
    product, rule = subject
    sure: dict[Seat, Fraction] = defaultdict(Fraction)
    at_most: dict[Seat, Fraction] = defaultdict(Fraction)
    on_seats, on_flex, tokens = Fraction(0), Fraction(0), Fraction(0)
    for s in segments:
        day = start + timedelta(days=s.earliest)
        if s.seats:
            on_seats += s.days
            for seat in s.seats:
                at_most[seat] += s.days
            if len(s.seats) == 1:
                sure[s.seats[0]] += s.days
            notes.expect(rule != "flex", f"the policy asks for Flex, but a seat covers {product} on {day}")
        elif s.rate is None:
            notes.fail(f"a user has no access to {product} on {day}")
        else:
            on_flex += s.days
            tokens += s.days * s.rate
            notes.expect(rule != "named", f"the policy asks for a seat, but {product} is on Flex on {day}")
    notes.expect(rule != "none", f"the policy leaves {product} out, but it is planned")
    flex = [r for r in rows if r["access"] == "flex"]
    named = [r for r in rows if r["access"] == "named"]
    _same(f"days of {product} on Flex", sum((Fraction(r["days"]) for r in flex), Fraction(0)), on_flex, notes)
    _same(f"tokens of {product}", sum((Fraction(r["tokens"]) for r in flex), Fraction(0)), tokens, notes)
    notes.expect(len(flex) == bool(on_flex), f"{len(flex)} rows on Flex of one user for {product}")
    said = sum((Fraction(r["days"]) for r in named), Fraction(0))
    notes.expect(
        close(said, on_seats, ROUNDING * max(1, len(named))),
        f"the rows say {show(said)} days of {product} on seats, the replay {show(on_seats)}",
    )
    for row in named:
        seat, days = seat_of(row), Fraction(row["days"])
        # where two seats of a user are live, a day may stand under either of them
        notes.expect(
            sure[seat] - ROUNDING <= days <= at_most[seat] + ROUNDING and at_most[seat] > 0,
            f"a row says {show(days)} days of {product} on seats of {seat[0]}, the replay {show(sure[seat])}",
        )
        notes.expect(not Fraction(row["tokens"]), f"days of {product} on a seat take tokens")


def _same(what: str, said: Fraction, replayed: Fraction, notes: Notes) -> None:
    notes.expect(
        close(said, replayed, ROUNDING), f"the rows say {show(said)} {what}, the replay {show(replayed)}"
    )


class _Prices:
    """What a token and a seat of each contract cost in this plan, for the alternatives that rows show."""

    def __init__(self, doc: Row, scenario: Scenario) -> None:
        packs = doc["purchases"]
        bought = sum(r["tokens"] for r in packs)
        if bought:
            paid = sum((Decimal(r["cost"]) for r in packs), Decimal(0))
            self.token = cents(Fraction(paid) / bought * 100) / 100
        else:
            smallest = min(scenario.tokens.tiers, key=lambda t: t.from_)
            self.token = smallest.price * (1 - scenario.negotiated.tokens)
        self.buffered = Fraction(self.token) * (1 + Fraction(scenario.tokens.buffer))
        self.seat: dict[Seat, set[Decimal]] = defaultdict(set)
        for row in doc["seats"]:
            if count := row["owned"] + row["renewed"] + row["new"]:
                self.seat[seat_of(row)].add(Decimal(row["cost"]) / count)

    def on_flex(self, segments: Sequence[_Segment]) -> Decimal | None:
        if any(s.rate is None for s in segments):
            return None
        tokens = sum((s.days * (s.rate or 0) for s in segments), Fraction(0))
        return cents(tokens * self.buffered)


def _alternatives(
    rows: Sequence[Row], segments: Sequence[_Segment], product: str, prices: _Prices, notes: Notes
) -> None:
    """`cost_if_flex` of every row whose days are certain, and `cost_if_named` of those on a seat."""
    for row in rows:
        seat = seat_of(row) if row["access"] == "named" else None
        if seat:
            notes.expect(
                row["cost_if_named"] is not None and Decimal(row["cost_if_named"]) in prices.seat[seat],
                f"cost_if_named of a row for {product} is not the price of its seat of {seat[0]}",
            )
        mine = [s for s in segments if (seat in s.seats if seat else not s.seats)]
        if any(len(s.seats) > 1 for s in mine):
            continue
        expected = prices.on_flex(mine)
        said = None if row["cost_if_flex"] is None else Decimal(row["cost_if_flex"])
        notes.expect(
            said == expected,
            f"cost_if_flex of a row for {product} is {expected}, not {said}",
        )
