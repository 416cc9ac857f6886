"""The least that a plan can cost by the stored cuts, over all sizes of purchases and of orders."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import numpy as np

from flexopt.audit.certificate.cuts import StoredCut
from flexopt.audit.certificate.subproblems import UserSubproblems
from flexopt.audit.rules import (
    expiry_of,
    opening_packs,
    rounded_off,
    smallest_in_tier,
    tiers_of_day,
    token_price,
    useful_dates,
)
from flexopt.base.minmax import least_of_best


def least_bound(subproblems: UserSubproblems, cuts: Sequence[StoredCut], enough: float) -> float:
    """The minimum over all choices of tiers of the best cut's bound."""
    scenario = subproblems.scenario
    opening = opening_packs(scenario)
    constant = [
        c.constant
        + c.users
        - math.fsum(float(p.tokens) * c.value(subproblems, subproblems.start, p.expires) for p in opening)
        for c in cuts
    ]
    packs = [np.array([_pack(subproblems, c, day) for c in cuts]) for day in useful_dates(scenario)]
    orders: dict[tuple[str, date, bool], list[int]] = defaultdict(list)
    for k, t in enumerate(subproblems.terms):
        if t.ordered:
            orders[t.offer.id, t.start, t.kind == "addition"].append(k)
    seats = [np.array([_order(subproblems, c, ks) for c in cuts]) for _, ks in sorted(orders.items())]
    counts = [[0] + [1] * (w.shape[1] - 1) for w in packs] + [[0] * w.shape[1] for w in seats]
    most = scenario.tokens.max_purchases
    return least_of_best(np.array(constant), [*packs, *seats], counts, most, enough)[0]


def _pack(subproblems: UserSubproblems, cut: StoredCut, day: date) -> list[float]:
    """No purchase on the day, or one in each tier, as small or as large as it may be."""
    scenario, tokens = subproblems.scenario, subproblems.scenario.tokens
    expires, step = expiry_of(tokens, day), tokens.increment
    worth = cut.value(subproblems, day, expires)
    limited = sum(cut.budget.get(b.id, 0.0) for b in scenario.budgets if b.from_ <= day < b.to)
    tiers = tiers_of_day(tokens, day)
    needed = math.ceil(subproblems.use[subproblems.pieces(day, expires)].sum() / step - 1e-9) * step
    found = [0.0]
    for tier, after in zip(tiers, [*tiers[1:], None], strict=True):
        price = token_price(scenario, tier)
        each = float(price) * (1.0 + limited) + cut.oversize - worth
        # an invoice may be rounded off, in the bill and in a budget
        off = float(rounded_off(scenario, day)) + limited * float(scenario.money.rounded_off(price * step))
        least = smallest_in_tier(tokens, tier)
        # no more is needed than all users use during the pack's life, or the tier's smallest purchase
        most = max(least, needed)
        if after is not None:
            most = min(most, (after.from_ - 1) // step * step)
        found.append(min(each * least, each * most) - off if least <= most else math.inf)
    return found


def _order(subproblems: UserSubproblems, cut: StoredCut, terms: Sequence[int]) -> list[float]:
    """No seat, or as many as each seat tier allows, cheapest first."""
    first = subproblems.terms[terms[0]]
    tiers, minimum = first.offer.tiers, first.offer.minimum
    largest = max(1, minimum, len(subproblems.demand.users), *(t.from_ for t in tiers))
    if first.kind == "addition":  # seats that join a contract are added one by one
        tiers, minimum = (), 0
    found, bounds = [0.0], [1, *(t.from_ for t in tiers)]
    for j, lower in enumerate(bounds):
        least = max(lower, minimum)
        most = bounds[j + 1] - 1 if j + 1 < len(bounds) else largest
        each = []
        for k in terms:
            term = subproblems.terms[k]
            price = float(term.cost[j]) + cut.limits(k, term, j) - cut.order[k]
            each.append((price, most if term.most is None else term.most))
        total, count = 0.0, 0
        for price, limit in sorted(each):
            seats = max(0, min(limit, (most if price < 0 else least) - count))
            total, count = total + price * seats, count + seats
        found.append(total if least <= most and count >= least else math.inf)
    return found
