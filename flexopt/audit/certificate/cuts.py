"""The prices stored in a plan, cut by cut: what users pay, and what the supply is worth."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import numpy as np

from flexopt.audit.certificate.subproblems import UserSubproblems
from flexopt.audit.certificate.terms import Term
from flexopt.audit.notes import day_of
from flexopt.audit.rules import smallest_bought
from flexopt.store.plan import CutPrice


class StoredCut:
    """The prices of one cut: what a user pays for tokens and seats, and what the supply is worth."""

    def __init__(self, subproblems: UserSubproblems, prices: Sequence[CutPrice]) -> None:
        scenario, terms, tokens = subproblems.scenario, subproblems.terms, subproblems.scenario.tokens
        number = {t.key: k for k, t in enumerate(terms)}
        budgets = {b.id: b for b in scenario.budgets}
        pool: dict[date, float] = {}
        seat = [0.0 if t.ordered else float(t.cost[0]) for t in terms]
        for k, t in enumerate(terms):
            seat[k] += subproblems.fees.contract if t.kind in ("new", "addition") else 0.0
        # what a seat pays for room under maxima and among renewals, and the share of its price in budgets
        self.room, self.due = [0.0] * len(terms), [0.0] * len(terms)
        self.order: dict[int, float] = defaultdict(float)
        self.budget: dict[str, float] = defaultdict(float)
        self.oversize = 0.0
        self.constant = float(subproblems.settled)
        for entry in prices:
            row, price = entry.row, float(entry.price)
            # a price with the wrong sign, or of a row that does not exist, would prove something false
            size = max(0.0, price if row in ("pool", "order") else -price)
            if not math.isfinite(price):
                raise ValueError
            if row == "pool":
                pool[day_of(entry.start)] = size
            elif row in ("order", "holding"):
                key = entry.offer, entry.kind, entry.start, entry.end
                k = number[*key, entry.counts or ""]
                seat[k] += size
                if row == "order" and terms[k].ordered:
                    self.order[k] += size
                elif row == "holding" and not terms[k].ordered and terms[k].most is not None:
                    self.constant -= size * (terms[k].most or 0)
                    if (*key, "in full") in number:  # a renewal is one of the same holding, whoever has it
                        seat[number[*key, "in full"]] += size
                else:
                    raise ValueError
            elif row == "renewable":
                joins = terms[number[entry.offer, entry.kind, entry.start, entry.end, ""]]
                if joins.joined is None:
                    raise ValueError
                self.constant -= size * joins.joined
                for k, t in enumerate(terms):
                    if t.offer is joins.offer:
                        self.room[k] += size if t.key[:4] == joins.key[:4] else 0.0
                        self.room[k] -= size if (t.kind, t.end) == ("addition", joins.start) else 0.0
            elif row == "maximum" and (most := scenario.offer_by_id[entry.offer or ""].maximum) is not None:
                day = day_of(entry.start)
                self.constant -= size * most
                for k, t in enumerate(terms):
                    if t.offer.id == entry.offer and t.start <= day < t.end:
                        self.room[k] += size
            elif row == "budget":
                limit = budgets[entry.id or ""]
                self.budget[limit.id] += size
                self.constant -= size * float(scenario.money.floor(limit.amount))
                for k, t in enumerate(terms):
                    if t.kind == "stated" and limit.from_ <= t.start < limit.to:
                        self.constant += size * float(t.whole[0]) * (t.most or 0)
                    elif t.kind != "owned" and limit.from_ <= t.start < limit.to:
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
        self.constant -= self.oversize * float(smallest_bought(scenario))
        self.users = subproblems.least(self.seat, self.token)

    def limits(self, k: int, term: Term, tier: int) -> float:
        """What a seat in the tier pays for room under maxima and in budgets."""
        return self.room[k] + self.due[k] * float(term.whole[tier])

    def value(self, subproblems: UserSubproblems, first: date, after: date) -> float:
        """The worth of a token that can be used on days [first, after), where it is worth most."""
        return max([0.0, *(float(self.pool[n]) for n in subproblems.pieces(first, after))])
