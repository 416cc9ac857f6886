"""Seven checks, each named after a mistake that costs Flex programmes money, with figures and a repair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flexopt.inputs.records import ScenarioFile, Usage
from flexopt.inputs.rules.expiry import opening_packs
from flexopt.studies.review.access import Move

YEAR = 365
"""Days of use that a year's tokens are bought on."""

SHORT = 31
"""Days that may be missing from the year: the last export is rarely of today."""

AHEAD = 90
"""Days before its expiry from which a pack is watched (the vendor's alert)."""

OVERSIZED = Decimal("1.20")
"""Tokens held and bought per token forecast above which a pool is oversized (the guide: 15 to 20 %)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at: the inputs, plan.json, and the moves with the saving of each."""

    source: ScenarioFile
    usage: Usage
    document: Mapping[str, Any]
    moves: Sequence[Move]
    savings: Mapping[tuple[str, int], float]

    def saved(self, moves: Sequence[Move]) -> str:
        """What these moves save, one by one: `1,234.00 USD`."""
        known = {(m.user, m.together) for m in moves} & self.savings.keys()
        return self.money(sum(self.savings[key] for key in sorted(known)))

    def money(self, amount: float | Decimal) -> str:
        return f"{Decimal(amount):,.2f} {self.document['currency']}"


CheckResult = tuple[int, str, str]
"""How many, what was found in figures, and what to do about it; 0 where the mistake was not made."""


def checks(facts: Facts) -> list[dict[str, Any]]:
    """R1 ... R7, all of them, found or not."""
    rows = []
    for number, (name, check) in enumerate(CHECKS.items(), 1):
        count, message, repair = check(facts)
        rows.append(
            {
                "code": f"R{number}",
                "name": name,
                "found": count > 0,
                "count": count,
                "message": message,
                "repair": repair if count else "",
            }
        )
    return rows


def _power_users(facts: Facts) -> CheckResult:
    """Who is on Flex today and uses the product so often that a seat is cheaper by far."""
    today = {(m.user, m.product): m for m in facts.moves if m.before.flex}
    power: dict[tuple[str, str], Decimal] = {}
    for row in facts.document["assignment"]:
        pair = row["user"], row["product"]
        if pair in today and row["segment"] == "power" and row["cost_if_flex"] is not None:
            power[pair] = power.get(pair, Decimal(0)) + Decimal(row["cost_if_flex"])
    if not power:
        return 0, "nobody on Flex today is far above the break-even", ""
    cost = sum(power.values(), Decimal(0))
    seated = [m for pair in power if (m := today[pair]).after.offers]
    return (
        len(power),
        f"{_count(len(power), 'user and product', 'users and products')} on Flex today "
        f"{'is' if len(power) == 1 else 'are'} more than 20 % above the break-even: their tokens would cost "
        f"{facts.money(cost)}; the plan gives {len(seated):,} of them seats, which saves "
        f"{facts.saved(seated)}",
        "assign the seats that the moves name, and take Flex away from these users",
    )


def _no_usage_data(facts: Facts) -> CheckResult:
    """Tokens held or bought on less than a year of usage."""
    days, totals = facts.usage.days["date"], facts.usage.totals
    begins = [*([days.min().date()] if len(days) else []), *(t.date() for t in totals["first"])]
    ends = [
        *([days.max().date()] if len(days) else []),
        *(t.date() - timedelta(days=1) for t in totals["after"]),
    ]
    observed = (max(ends) - min(begins)).days + 1 if begins else 0
    tokens = _pool(facts) + facts.document["summary"]["tokens_bought"]
    said = f"the usage covers {_count(observed, 'day')}, the tokens held and to be bought are {tokens:,f}"
    if not tokens or observed >= YEAR - SHORT:
        return 0, said, ""
    return (
        YEAR - observed,
        f"{said}: {YEAR - observed:,} days of a year are not known",
        "add older usage exports, or buy for a part of the year only (tokens.max_oversize, quarterly "
        "purchase_dates) until a year is known",
    )


def _expiry(facts: Facts) -> CheckResult:
    """Tokens that expire unused in the plan, and packs held that end soon."""
    document, start = facts.document, facts.source.scenario.horizon.start
    step = facts.source.scenario.tokens.increment
    owned = {str(p.expires): p for p in opening_packs(facts.source.scenario)}
    lost = {
        row["period_end"]: Decimal(row["expired"]) for row in document["ledger"] if Decimal(row["expired"])
    }
    # less than an increment is what whole packs leave
    lost = {day: tokens for day, tokens in lost.items() if day in owned or tokens >= step}
    soon = {
        day: p for day, p in owned.items() if day not in lost and p.expires <= start + timedelta(days=AHEAD)
    }
    words = [f"{tokens:,.0f} tokens expire unused on {day}" for day, tokens in sorted(lost.items())]
    words += [f"a pack of {p.tokens:,f} tokens ends on {day}" for day, p in sorted(soon.items())]
    if not words:
        return 0, "no pack of the plan expires with an increment of tokens or more unused", ""
    return (
        len(words),
        _listed(words),
        "use the packs that end first (more users on Flex until then), buy later or less at a time "
        "(quarterly purchase_dates), and set an alert at 30 % remaining, 90 days before expiry",
    )


def _cloud(facts: Facts) -> CheckResult:
    """Per-result services in the usage that the scenario does not plan."""
    rows = sum(f.count for f in facts.usage.findings if f.code in ("U142", "U144"))
    cloud = facts.source.scenario.cloud
    if cloud:
        monthly = sum((c.monthly_tokens for c in cloud), Decimal(0))
        used = Decimal(facts.document["summary"]["tokens_used"])
        share = monthly * facts.source.scenario.horizon.months / used if used else Decimal(0)
        words = (
            f"{_count(len(cloud), 'per-result service')} planned with {monthly.normalize():,f} tokens a "
            f"month, {share * 100:.0f} % of all tokens used"
        )
        return 0, f"{words}; compare them with a budget in the vendor's console", ""
    if not rows:
        return 0, "no per-result services, in the usage or in the scenario", ""
    return (
        rows,
        f"{_count(rows, 'row')} of the usage {'is' if rows == 1 else 'are'} of per-result services, and the "
        "scenario plans none: they drain the pool of the users on Flex",
        "add the services under `cloud` with their tokens a month, and set budgets by user or team in the "
        "vendor's console",
    )


def _oversized(facts: Facts) -> CheckResult:
    """More tokens held and bought than 120 % of what the forecast uses."""
    s = facts.document["summary"]
    held, used = _pool(facts) + s["tokens_bought"], Decimal(s["tokens_used"])
    over = int(held - used * OVERSIZED)
    share = f"{(held / used - 1) * 100:+.0f} %" if used else "no use"
    said = f"{held:,f} tokens held and to be bought for {used:,f} that the forecast uses ({share})"
    if over <= 0:
        return 0, said, ""
    return (
        over,
        f"{said}: {over:,} above 120 %",
        "lower tokens.buffer, set tokens.max_oversize, or buy in smaller and later packs; where a larger "
        "pack is in a cheaper tier, the plan has weighed that",
    )


def _edge_users(facts: Facts) -> CheckResult:
    """Users near the break-even who are decided otherwise today than in the plan."""
    edge = {(r["user"], r["product"]) for r in facts.document["assignment"] if r["segment"] == "edge"}
    wrong = [m for m in facts.moves if (m.user, m.product) in edge and m.kind != "keep"]
    said = f"{_count(len(edge), 'user and product', 'users and products')} within 20 % of the break-even"
    if not wrong:
        return 0, f"{said}, all with the plan's access", ""
    return (
        len(wrong),
        f"{said}; {len(wrong):,} {'has' if len(wrong) == 1 else 'have'} other access today than in the plan, "
        f"which saves {facts.saved(wrong)}",
        "decide them one by one: `flexopt explain PLAN USER` prices both ways",
    )


def _collections(facts: Facts) -> CheckResult:
    """Who pays for products one by one and would be cheaper with a collection."""
    moved = [m for m in facts.moves if m.kind == "to collection"]
    users = len({m.user for m in moved})
    if not users:
        return 0, "no collection is cheaper for anybody than what they have", ""
    return (
        users,
        f"{_count(users, 'user')} would be cheaper with a collection than with what they have: "
        f"{facts.saved(moved)} saved",
        "assign the collections that the moves name, and take single seats and Flex away from these users",
    )


CHECKS: dict[str, Callable[[Facts], CheckResult]] = {
    "Flex for power users": _power_users,
    "tokens bought without usage data": _no_usage_data,
    "expiry ahead": _expiry,
    "cloud unmonitored": _cloud,
    "oversized pool": _oversized,
    "edge users unmodelled": _edge_users,
    "collection overlooked": _collections,
}
"""By name, in the order of their codes."""


def _pool(facts: Facts) -> Decimal:
    """Tokens in opening packs that live on the first day."""
    return sum((p.tokens for p in opening_packs(facts.source.scenario)), Decimal(0))


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _listed(words: Sequence[str], most: int = 3) -> str:
    more = f"; and {len(words) - most:,} more dates" if len(words) > most else ""
    return "; ".join(words[:most]) + more
