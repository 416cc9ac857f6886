"""The plan replayed without the solver: day by day from its own rows, and the bill added up again.

Shares no code with `model`, `problem` or `bill`: it reads the plan document as it will be written, the
scenario and the demand, and says what does not hold. A plan with a failure is never written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flexopt.dates import add_months, overlap_days
from flexopt.demand import Demand
from flexopt.inputs.scenario import Holding, Offer, Scenario
from flexopt.money import cents
from flexopt.policy import rule_for

__all__ = ["audit"]

Row = Mapping[str, Any]
Seat = tuple[str, date, date]

TOLERANCE = Fraction(1, 10_000)
"""Tokens and days are written with six decimals; their sums may differ by this much."""


def audit(document: Row, scenario: Scenario, holdings: Sequence[Holding], demand: Demand) -> list[str]:
    """What does not hold in the plan; an empty list is a pass."""
    auditor = _Auditor(document, scenario, holdings, demand)
    auditor.access_and_days()
    auditor.pool()
    auditor.ledger()
    auditor.seats()
    auditor.purchases()
    auditor.limits()
    auditor.totals()
    return auditor.failures


class _Auditor:
    def __init__(
        self, document: Row, scenario: Scenario, holdings: Sequence[Holding], demand: Demand
    ) -> None:
        self.doc, self.scenario, self.holdings, self.demand = document, scenario, holdings, demand
        self.failures: list[str] = []
        self.start, self.end = scenario.horizon.start, scenario.horizon.end
        self.offers: dict[str, Offer] = {o.id: o for o in scenario.offers}
        self.seats_of: dict[str, set[Seat]] = defaultdict(set)
        for row in document["assignment"]:
            if row["access"] == "named":
                self.seats_of[row["user"]].add(_seat(row))
        self.tokens_raw: dict[date, Fraction] = defaultdict(Fraction)
        self.drawn_to: dict[date, Fraction] = {}

    def expect(self, holds: bool, failure: str) -> None:
        if not holds:
            self.failures.append(failure)

    # --- access, day by day ----------------------------------------------------------------------------

    def access_and_days(self) -> None:
        """Every chargeable day has a live seat or tokens; the rows' days and tokens are the replay's."""
        claimed: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.doc["assignment"]:
            claimed[row["user"], row["product"]].append(row)
        for user, product, factor, spans in self._pairs():
            rows = claimed.pop((user, product), [])
            named_days, flex_days, tokens = Fraction(0), Fraction(0), Fraction(0)
            mine = [s for s in self.seats_of[user] if product in self.offers[s[0]].covers]
            rule = rule_for(self.scenario.policy, user, self._group(user), product)
            self.expect(
                not (mine and rule and rule.access == "flex"),
                f"policy asks for Flex, but a seat covers {product} of a user",
            )
            for first, after, count, per in spans:
                daily = Fraction(count, per) * factor
                for offset in range(first, after):
                    day = self.start + timedelta(days=offset)
                    if any(begin <= day < finish for _, begin, finish in mine):
                        named_days += daily
                        continue
                    rate = self._rate(product, day)
                    if rate is None or (rule and rule.access == "named"):
                        self.failures.append(f"a user has no access to {product} on {day}")
                        continue
                    flex_days += daily
                    tokens += daily * rate
                    self.tokens_raw[day] += daily * rate
            said_named = sum((Fraction(r["days"]) for r in rows if r["access"] == "named"), Fraction(0))
            said_flex = sum((Fraction(r["days"]) for r in rows if r["access"] == "flex"), Fraction(0))
            said_tokens = sum((Fraction(r["tokens"]) for r in rows if r["access"] == "flex"), Fraction(0))
            self.expect(
                _close(said_named, named_days)
                and _close(said_flex, flex_days)
                and _close(said_tokens, tokens),
                f"days or tokens of a row for {product} are not those of the replay",
            )
        self.expect(not claimed, "the assignment has rows without demand")

    def _pairs(self) -> list[tuple[str, str, Fraction, list[tuple[int, int, int, int]]]]:
        spans: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
        for pair, first, after, count, per in self.demand.spans.itertuples(index=False):
            spans[pair].append((first, after, count, per))
        return [
            (
                self.demand.users[u],
                self.demand.products[p],
                Fraction(self.demand.pair_factor[i]),
                spans[i],
            )
            for i, (u, p) in enumerate(
                zip(self.demand.pair_user.tolist(), self.demand.pair_product.tolist(), strict=True)
            )
        ]

    def _group(self, user: str) -> str:
        return self.demand.groups[self.demand.users.index(user)] if self.scenario.policy else ""

    def _rate(self, product: str, day: date) -> Fraction | None:
        entry = self.scenario.product_by_id[product]
        known = [r for r in entry.rates if r.from_ <= day] if entry.flex else []
        return Fraction(max(known, key=lambda r: r.from_).tokens) if known else None

    # --- the pool, day by day --------------------------------------------------------------------------

    def pool(self) -> None:
        """Tokens come from the pack that ends first, the smallest first; the balance is never negative."""
        lots = [(p.expires, self.start, [Fraction(p.tokens)]) for p in self.scenario.pool]
        lots += [
            (_day(p["expires"]), _day(p["date"]), [Fraction(p["tokens"])]) for p in self.doc["purchases"]
        ]
        buffer = 1 + Fraction(self.scenario.tokens.buffer)
        short: tuple[date, Fraction] | None = None
        day = self.start
        while day < self.end:
            cloud = self._cloud(day)
            due = self.tokens_raw[day] * buffer + sum((w for _, w in cloud), Fraction(0))
            self.tokens_raw[day] += sum((raw for raw, _ in cloud), Fraction(0))
            self.drawn_to[day] = due
            live = sorted((lot for lot in lots if lot[1] <= day < lot[0]), key=lambda x: (x[0], x[2][0]))
            for _, _, left in live:
                used = min(left[0], due)
                left[0] -= used
                due -= used
            if due > TOLERANCE and short is None:
                short = (day, due)
            day += timedelta(days=1)
        if short:
            self.failures.append(f"the pool is short of {float(short[1]):.4f} tokens on {short[0]}")

    def _cloud(self, day: date) -> list[tuple[Fraction, Fraction]]:
        """Per-result tokens of a day, without and with buffer: a month's tokens over the month's days."""
        month = max(m for m in range(self.scenario.horizon.months) if add_months(self.start, m) <= day)
        length = (add_months(self.start, month + 1) - add_months(self.start, month)).days
        due = []
        for service in self.scenario.cloud:
            buffer = self.scenario.tokens.buffer if service.buffer is None else service.buffer
            tokens = Fraction(service.monthly_tokens) / length
            due.append((tokens, tokens * (1 + Fraction(buffer))))
        return due

    def ledger(self) -> None:
        """The ledger's periods tile the horizon, each adds up, and draws what the replay draws."""
        cursor, closing = self.start, None
        for row in self.doc["ledger"]:
            first, after = _day(row["period_start"]), _day(row["period_end"])
            self.expect(first == cursor, f"the ledger leaves a hole before {first}")
            n = {k: Fraction(row[k]) for k in ("opening", "bought", "drawn", "buffer", "expired", "closing")}
            balance = n["opening"] + n["bought"] - n["drawn"] - n["buffer"] - n["expired"]
            self.expect(_close(balance, n["closing"]), f"the ledger of {first} does not add up")
            self.expect(closing is None or _close(closing, n["opening"]), f"the ledger jumps on {first}")
            self.expect(min(n.values()) >= 0, f"a negative number in the ledger of {first}")
            days = [first + timedelta(days=i) for i in range((after - first).days)]
            drawn = sum((self.drawn_to.get(d, Fraction(0)) for d in days), Fraction(0))
            raw = sum((self.tokens_raw[d] for d in days), Fraction(0))
            self.expect(
                _close(n["drawn"], raw) and _close(n["drawn"] + n["buffer"], drawn),
                f"the ledger of {first} draws other tokens than the replay",
            )
            cursor, closing = after, n["closing"]
        self.expect(cursor == self.end, "the ledger does not reach the end of the horizon")

    # --- the bill ----------------------------------------------------------------------------------------

    def seats(self) -> None:
        """Seats start, end and cost what the scenario says, and are enough for their users."""
        users: dict[Seat, int] = defaultdict(int)
        for seats in self.seats_of.values():
            for seat in seats:
                users[seat] += 1
        room: dict[Seat, int] = defaultdict(int)
        said: dict[Seat, int] = defaultdict(int)
        order: dict[tuple[str, date], int] = defaultdict(int)
        for row in self.doc["seats"]:
            room[_seat(row)] += row["owned"] + row["renewed"] + row["new"]
            said[_seat(row)] += row["assigned"]
            order[row["offer"], _day(row["contract_start"])] += row["renewed"] + row["new"]
        for seat, count in users.items():
            self.expect(count <= room[seat], f"{count} users on {room[seat]} seats of {seat[0]}")
        self.expect(
            all(said[seat] == users.get(seat, 0) for seat in {*said, *users}),
            "the assigned seats are not the users'",
        )
        for row in self.doc["seats"]:
            self._seat_row(row, order)
        self._owned()
        for (offer_id, day), size in order.items():
            offer = self.offers[offer_id]
            self.expect(
                size == 0 or size >= offer.minimum, f"{size} seats of {offer_id} on {day} are too few"
            )

    def _seat_row(self, row: Row, order: Mapping[tuple[str, date], int]) -> None:
        offer_id, begin, finish = _seat(row)
        offer = self.offers[offer_id]
        count = row["renewed"] + row["new"]
        if row["owned"]:
            self.expect(
                count == 0 and not Decimal(row["cost"]) and not Decimal(row["commitment"]),
                f"owned seats of {offer_id} are charged",
            )
            return
        self.expect(self.start <= begin < self.end, f"a seat of {offer_id} starts outside the horizon")
        self.expect(finish == add_months(begin, offer.term_months), f"a term of {offer_id} ends on {finish}")
        if row["new"]:
            self.expect(self._may_start(offer, begin), f"a new seat of {offer_id} may not start on {begin}")
        owned = sum(h.quantity for h in self.holdings if h.offer == offer_id and h.ends == begin)
        self.expect(row["renewed"] <= owned, f"{row['renewed']} renewals of {owned} seats of {offer_id}")
        price = max((p for p in offer.prices if p.from_ <= begin), key=lambda p: p.from_, default=None)
        if price is None:
            self.failures.append(f"{offer_id} has no price on {begin}")
            return
        listed = price.renewal if row["renewed"] and price.renewal is not None else price.new
        off = self.scenario.negotiated.offers.get(offer_id, self.scenario.negotiated.seats)
        tiers = [t.discount for t in offer.tiers if t.from_ <= order[offer_id, begin]]
        unit = cents(listed * (1 - off) * (1 - (tiers[-1] if tiers else 0)))
        share = Fraction(overlap_days(begin, finish, self.start, self.end), (finish - begin).days)
        self.expect(Decimal(row["unit_price"]) == unit, f"{offer_id} costs {unit}, not {row['unit_price']}")
        self.expect(
            Decimal(row["cost"]) == cents(Fraction(unit) * share) * count, f"the cost of {offer_id} is wrong"
        )
        self.expect(Decimal(row["commitment"]) == unit * count, f"the commitment of {offer_id} is wrong")

    def _may_start(self, offer: Offer, day: date) -> bool:
        monthly = [add_months(self.start, m) for m in range(self.scenario.horizon.months)]
        often = offer.starts == "monthly" or offer.term_months < 12
        return day in (monthly if often else [self.start]) or (
            not isinstance(offer.starts, str) and day in offer.starts
        )

    def _owned(self) -> None:
        owned: dict[tuple[str, date], int] = defaultdict(int)
        for h in self.holdings:
            if h.ends > self.start:
                owned[h.offer, h.ends] += h.quantity
        for row in self.doc["seats"]:
            if row["owned"]:
                owned[row["offer"], _day(row["contract_end"])] -= row["owned"]
        self.expect(not any(owned.values()), "the owned seats are not the holdings")

    def purchases(self) -> None:
        """Packs are bought on allowed days, in whole increments, in their tier, at its price."""
        tokens = self.scenario.tokens
        allowed = set(self.scenario.purchase_dates())
        for row in self.doc["purchases"]:
            day, count = _day(row["date"]), row["tokens"]
            self.expect(day in allowed, f"a purchase on {day}")
            self.expect(_day(row["expires"]) == day + timedelta(days=tokens.valid_days), "a pack's life")
            self.expect(count > 0 and count % tokens.increment == 0, f"a purchase of {count} tokens")
            reached = [t for t in tokens.tiers if t.from_ <= count]
            if not reached:
                self.failures.append(f"a purchase of {count} tokens is under the minimum")
                continue
            price = reached[-1].price * (1 - self.scenario.negotiated.tokens)
            self.expect(
                row["tier_from"] == reached[-1].from_ and Decimal(row["unit_price"]) == price,
                f"{count} tokens cost {price} each, not {row['unit_price']}",
            )
            self.expect(
                Decimal(row["cost"]) == cents(price * count), f"the purchase of {day} is priced wrong"
            )
        days = [row["date"] for row in self.doc["purchases"]]
        self.expect(len(days) == len(set(days)), "two purchases on one day")
        most = tokens.max_purchases
        self.expect(most is None or len(days) <= most, f"{len(days)} purchases")

    def limits(self) -> None:
        """Oversize, maxima and budgets."""
        tokens = self.scenario.tokens
        bought = sum(row["tokens"] for row in self.doc["purchases"])
        if tokens.max_oversize is not None:
            smallest = -(-tokens.tiers[0].from_ // tokens.increment) * tokens.increment
            needed = sum(self.tokens_raw.values(), Fraction(0))
            most = (1 + Fraction(tokens.max_oversize)) * needed + smallest
            self.expect(bought <= most + TOLERANCE, f"{bought} tokens are more than max_oversize allows")
        for offer in self.scenario.offers:
            if offer.maximum is not None:
                rows = [r for r in self.doc["seats"] if r["offer"] == offer.id]
                for day in {_day(r["contract_start"]) for r in rows}:
                    live = sum(
                        r["assigned"] if r["owned"] else r["renewed"] + r["new"]
                        for r in rows
                        if _day(r["contract_start"]) <= day < _day(r["contract_end"])
                    )
                    self.expect(live <= offer.maximum, f"{live} seats of {offer.id} on {day}")
        for budget in self.scenario.budgets:
            spent = sum(
                (
                    Decimal(r["commitment"])
                    for r in self.doc["seats"]
                    if not r["owned"] and budget.from_ <= _day(r["contract_start"]) < budget.to
                ),
                Decimal(0),
            )
            spent += sum(
                (
                    Decimal(r["cost"])
                    for r in self.doc["purchases"]
                    if budget.from_ <= _day(r["date"]) < budget.to
                ),
                Decimal(0),
            )
            self.expect(spent <= budget.amount, f"{spent} spent of the budget {budget.id}")

    def totals(self) -> None:
        """The bill adds up to the cent; the bound is below it; no baseline is."""
        seats = sum((Decimal(r["cost"]) for r in self.doc["seats"]), Decimal(0))
        packs = sum((Decimal(r["cost"]) for r in self.doc["purchases"]), Decimal(0))
        total = Decimal(self.doc["total"])
        self.expect(total == seats + packs, f"the total is {seats + packs}, not {total}")
        self.expect(Decimal(self.doc["proof"]["bound"]) <= total, "the bound is above the total")
        slack = Decimal(self.doc["proof"]["gap"]) * total + Decimal("0.01")
        for name, baseline in self.doc["baselines"].items():
            cheaper = baseline["total"] is not None and Decimal(baseline["total"]) < total - slack
            self.expect(not cheaper, f"the plan costs more than the baseline {name}")


def _seat(row: Row) -> Seat:
    return row["offer"], _day(row["contract_start"]), _day(row["contract_end"])


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _close(a: Fraction, b: Fraction) -> bool:
    return abs(a - b) <= TOLERANCE
