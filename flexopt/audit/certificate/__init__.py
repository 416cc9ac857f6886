"""The bound again, from the prices that the plan stores: without the solver, in another way.

Whatever the prices are, no plan costs less than all users pay at these prices, each alone, less
what the prices give for what can be had (packs, seats that are owned, room under limits): weak duality. Per
choice of tiers the best of the stored cuts counts; the bound is the least over all choices.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal

import numpy as np

from flexopt.audit.certificate.subproblems import Term, UserSubproblems
from flexopt.audit.notes import Notes, day_of
from flexopt.base.minmax import least_of_best
from flexopt.base.money import CENT
from flexopt.demand.forecast import Demand
from flexopt.inputs.scenario.scenario import Holding, Scenario
from flexopt.store.plan_json import PlanDocument

__all__ = ["certificate"]

ARITHMETIC = 1e-9
"""Share of the bound that sums of floats in another order may be off."""


def certificate(
    doc: PlanDocument, scenario: Scenario, holdings: Sequence[Holding], demand: Demand, notes: Notes
) -> None:
    """The bound that the stored prices prove is at least the one that the plan claims for them."""
    said = doc["proof"]["prices"]
    claimed = Decimal(said["bound"])
    total = Decimal(doc["total"])
    notes.expect(claimed <= total + CENT, f"prices prove {claimed}, more than the plan costs")
    if claimed <= 0:
        return  # nothing costs less than nothing: no prices are needed
    if not said["cuts"]:
        notes.fail("a bound is claimed for prices, but no prices are there")
        return
    periods = [day_of(row["period_start"]) for row in doc["ledger"]]
    try:
        days = {day_of(p["start"]) for prices in said["cuts"] for p in prices if "start" in p}
        subproblems = UserSubproblems(scenario, holdings, demand, periods=periods, days=days)
        cuts = [StoredCut(subproblems, prices) for prices in said["cuts"]]
    except (KeyError, ValueError, TypeError):
        notes.fail("the prices of the certificate are not those of the scenario's rows")
        return
    proven = _bound(subproblems, cuts, float(claimed))
    room = ARITHMETIC * max(abs(proven), 1.0) + float(CENT) + _unrounded(scenario, cuts)
    notes.expect(
        proven >= float(claimed) - room, f"the prices prove a bound of {proven:.2f}, the plan says {claimed}"
    )
    # whatever the prices are, the plan is one that they bound
    notes.expect(proven <= float(total) + room, f"the prices prove {proven:.2f}, more than the plan costs")


def _unrounded(scenario: Scenario, cuts: Sequence[StoredCut]) -> float:
    """What purchases may cost less on invoices than unrounded, and so leave more room in budgets."""
    tokens = scenario.tokens
    if not any(t.price * (1 - scenario.negotiated.tokens) * tokens.increment % CENT for t in tokens.tiers):
        return 0.0
    dearest = max(sum(c.budget.values()) for c in cuts)
    return float(CENT) / 2 * len(scenario.purchase_dates()) * (1 + dearest)


class StoredCut:
    """The prices of one cut: what a user pays for tokens and seats, and what is given for what can be had."""

    def __init__(self, subproblems: UserSubproblems, prices: Sequence[Mapping[str, str]]) -> None:
        scenario, terms, tokens = subproblems.scenario, subproblems.terms, subproblems.scenario.tokens
        number = {t.key: k for k, t in enumerate(terms)}
        budgets = {b.id: b for b in scenario.budgets}
        pool: dict[date, float] = {}
        seat = [0.0 if t.ordered else float(t.cost[0]) for t in terms]
        # what a seat pays for room under maxima, and what share of its price for room in budgets
        self.room, self.due = [0.0] * len(terms), [0.0] * len(terms)
        self.order: dict[int, float] = defaultdict(float)
        self.budget: dict[str, float] = defaultdict(float)
        self.oversize = 0.0
        self.constant = 0.0
        for entry in prices:
            row, price = entry["row"], float(entry["price"])
            # a price of the wrong sign, or of a row that is not there, would prove what is not so
            size = max(0.0, price if row in ("pool", "order") else -price)
            if not math.isfinite(price):
                raise ValueError
            if row == "pool":
                pool[day_of(entry["start"])] = size
            elif row in ("order", "holding"):
                k = number[entry["offer"], entry["kind"], entry["start"], entry["end"]]
                seat[k] += size
                if row == "order" and terms[k].ordered:
                    self.order[k] += size
                elif row == "holding" and not terms[k].ordered and terms[k].most is not None:
                    self.constant -= size * (terms[k].most or 0)
                else:
                    raise ValueError
            elif row == "maximum" and (most := scenario.offer_by_id[entry["offer"]].maximum) is not None:
                day = day_of(entry["start"])
                self.constant -= size * most
                for k, t in enumerate(terms):
                    if t.offer.id == entry["offer"] and t.start <= day < t.end:
                        self.room[k] += size
            elif row == "budget":
                limit = budgets[entry["id"]]
                self.budget[limit.id] += size
                # sums of cents: no more than a cent above what is invoiced is ever needed
                self.constant -= size * (float(limit.amount.quantize(CENT, ROUND_FLOOR)) + 0.01)
                for k, t in enumerate(terms):
                    if t.kind != "owned" and limit.from_ <= t.start < limit.to:
                        self.due[k] += size
            elif row == "oversize" and tokens.max_oversize is not None:
                self.oversize = size
            else:
                raise ValueError
        self.seat = np.array(
            [
                p if t.ordered else p + self.limits(k, t, 0)
                for k, (p, t) in enumerate(zip(seat, terms, strict=True))
            ]
        )
        starts = sorted(pool)
        if not starts or starts[0] > subproblems.start:
            raise ValueError
        self.pool = np.array([pool[max(s for s in starts if s <= d)] for d in subproblems.edges[:-1]])
        share = 1 + float(tokens.max_oversize or 0)
        self.token = self.pool * (1 + float(tokens.buffer)) - self.oversize * share
        for raw, buffered, piece in subproblems.cloud:
            self.constant += buffered * self.pool[piece] - self.oversize * share * raw
        step = tokens.increment
        self.constant -= self.oversize * float(-(-min(t.from_ for t in tokens.tiers) // step) * step)
        self.users = subproblems.least(self.seat, self.token)

    def limits(self, k: int, term: Term, tier: int) -> float:
        """What a seat in the tier pays for room under maxima and in budgets."""
        return self.room[k] + self.due[k] * float(term.whole[tier])

    def value(self, subproblems: UserSubproblems, first: date, after: date) -> float:
        """What a token is worth that can be used on days [first, after), where it is worth most."""
        return max([0.0, *(float(self.pool[n]) for n in subproblems.pieces(first, after))])


def _bound(subproblems: UserSubproblems, cuts: Sequence[StoredCut], enough: float) -> float:
    """The least over all choices of tiers of what the best cut says for them."""
    scenario = subproblems.scenario
    opening = [p for p in scenario.pool if p.expires > subproblems.start]
    constant = [
        c.constant
        + c.users
        - math.fsum(float(p.tokens) * c.value(subproblems, subproblems.start, p.expires) for p in opening)
        for c in cuts
    ]
    packs = [np.array([_pack(subproblems, c, day) for c in cuts]) for day in _dates(scenario)]
    orders: dict[tuple[str, date], list[int]] = defaultdict(list)
    for k, t in enumerate(subproblems.terms):
        if t.ordered:
            orders[t.offer.id, t.start].append(k)
    seats = [np.array([_order(subproblems, c, ks) for c in cuts]) for _, ks in sorted(orders.items())]
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


def _pack(subproblems: UserSubproblems, cut: StoredCut, day: date) -> list[float]:
    """No purchase on the day, or one in each tier, as small or as large as it may be."""
    scenario, tokens = subproblems.scenario, subproblems.scenario.tokens
    expires, step = day + timedelta(days=tokens.valid_days), tokens.increment
    worth = cut.value(subproblems, day, expires)
    share = 1.0 + sum(cut.budget.get(b.id, 0.0) for b in scenario.budgets if b.from_ <= day < b.to)
    tiers = sorted(tokens.tiers, key=lambda t: t.from_)
    needed = math.ceil(subproblems.use[subproblems.pieces(day, expires)].sum() / step - 1e-9) * step
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


def _order(subproblems: UserSubproblems, cut: StoredCut, terms: Sequence[int]) -> list[float]:
    """No seat, or as many as each seat tier allows, the cheapest first."""
    offer = subproblems.terms[terms[0]].offer
    found, bounds = [0.0], [1, *(t.from_ for t in offer.tiers)]
    for j, lower in enumerate(bounds):
        least = max(lower, offer.minimum)
        most = bounds[j + 1] - 1 if j + 1 < len(bounds) else max(least, len(subproblems.demand.users))
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
