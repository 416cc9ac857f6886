"""Seven checks for costly mistakes in Flex programmes, with figures and a repair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

from flexopt.base.money import Money
from flexopt.inputs.records import ScenarioFile, Usage
from flexopt.inputs.rules.expiry import opening_packs
from flexopt.store.plan import PlanDocument
from flexopt.store.study_parts import ReviewCheck
from flexopt.studies.review.access import Move

YEAR = 365
"""Days of usage on which to base a year's tokens."""

SHORT = 31
"""Days that may be missing from the year: the last export is rarely from today."""

AHEAD = 90
"""Days before its expiry from which to watch a pack (the vendor's alert)."""

OVERSIZED = Decimal("1.15")
"""Tokens held and bought per token forecast above which a pool is oversized (the advisers' rule)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The data of the checks: the inputs, plan.json, and the moves with the saving of each."""

    source: ScenarioFile
    usage: Usage
    document: PlanDocument
    moves: Sequence[Move]
    savings: Mapping[tuple[str, int], float]

    def saved(self, moves: Sequence[Move]) -> str:
        """The sum of what these moves save: `1,234.00 USD`."""
        known = {(m.user, m.together) for m in moves} & self.savings.keys()
        return self.money(sum(self.savings[key] for key in sorted(known)))

    def money(self, amount: float | Decimal) -> str:
        return str(Money(Decimal(amount), self.document.currency))


CheckResult = tuple[int, str, str]
"""The number of cases (0: the mistake was not made), the finding in figures, and what to do about it."""


def checks(facts: Facts) -> tuple[ReviewCheck, ...]:
    """R1 to R7, found or not."""
    rows = []
    for number, (name, check) in enumerate(CHECKS.items(), 1):
        count, message, repair = check(facts)
        rows.append(
            ReviewCheck(
                code=f"R{number}",
                name=name,
                found=count > 0,
                count=count,
                message=message,
                repair=repair if count else "",
            )
        )
    return tuple(rows)


def _power_users(facts: Facts) -> CheckResult:
    """Users on Flex today who use a product so often that a seat is far cheaper."""
    today = {(m.user, m.product): m for m in facts.moves if m.before.flex}
    power: dict[tuple[str, str], Decimal] = {}
    for row in facts.document.assignment:
        pair = row["user"], row["product"]
        if pair in today and row["segment"] == "power" and row["flex_price"] is not None:
            power[pair] = power.get(pair, Decimal(0)) + Decimal(row["flex_price"])
    if not power:
        return 0, "no user on Flex today is far above the break-even", ""
    cost = sum(power.values(), Decimal(0))
    seated = [m for pair in power if (m := today[pair]).after.offers]
    return (
        len(power),
        f"{_count(len(power), 'user and product', 'users and products')} on Flex today "
        f"{'is' if len(power) == 1 else 'are'} more than 20 % above the break-even: their tokens would cost "
        f"{facts.money(cost)}; the plan gives {len(seated):,} of them seats, which saves "
        f"{facts.saved(seated)}",
        "assign the seats listed under moves, and remove these users' Flex access",
    )


def _no_usage_data(facts: Facts) -> CheckResult:
    """Tokens held or bought on the basis of less than a year of usage."""
    days, totals = facts.usage.days["date"], facts.usage.totals
    begins = [*([days.min().date()] if len(days) else []), *(t.date() for t in totals["first"])]
    ends = [
        *([days.max().date()] if len(days) else []),
        *(t.date() - timedelta(days=1) for t in totals["after"]),
    ]
    observed = (max(ends) - min(begins)).days + 1 if begins else 0
    tokens = _pool(facts) + facts.document.summary.tokens_bought
    said = f"the usage covers {_count(observed, 'day')}; {tokens:,f} tokens are held or to be bought"
    if not tokens or observed >= YEAR - SHORT:
        return 0, said, ""
    return (
        YEAR - observed,
        f"{said}: the usage of {_count(YEAR - observed, 'day')} of the year is unknown",
        "add older usage exports, or buy for only part of the year (tokens.max_oversize, quarterly "
        "purchase_dates) until a full year is known",
    )


def _expiry(facts: Facts) -> CheckResult:
    """Tokens that expire although the buffer is used in full; a pack that the plan uses up is no mistake."""
    document, start = facts.document, facts.source.scenario.horizon.start
    step = facts.source.scenario.tokens.increment
    owned = {p.expires: p for p in opening_packs(facts.source.scenario)}
    lost = {row.period_end: row.expired_with_buffer for row in document.ledger if row.expired_with_buffer}
    # whole packs always leave less than an increment
    lost = {day: tokens for day, tokens in lost.items() if day in owned or tokens >= step}
    if lost:
        words = [f"{tokens:,.0f} tokens expire unused on {day}" for day, tokens in sorted(lost.items())]
        return (
            len(words),
            _listed(words),
            "use the packs that expire first (more users on Flex until then), buy later or in smaller "
            "quantities (quarterly purchase_dates), and set alerts at 30 % remaining and 90 days before "
            "expiry",
        )
    words = [
        f"a pack of {p.tokens:,f} tokens expires on {day}: the plan uses it before"
        for day, p in sorted(owned.items())
        if p.expires <= start + timedelta(days=AHEAD)
    ]
    if buffer := sum((row.expired for row in document.ledger), Decimal(0)):
        words.append(f"{buffer:,.0f} tokens of the buffer expire if the forecast holds")
    return 0, _listed(["no pack of the plan expires with a full increment of tokens to spare", *words]), ""


def _cloud(facts: Facts) -> CheckResult:
    """Per-result services in the usage that the scenario does not plan."""
    rows = sum(f.count for f in facts.usage.findings if f.code in ("U142", "U144"))
    cloud = facts.source.scenario.cloud
    if cloud:
        monthly = sum((c.monthly_tokens for c in cloud), Decimal(0))
        used = facts.document.summary.tokens_used
        share = monthly * facts.source.scenario.horizon.months / used if used else Decimal(0)
        words = (
            f"{_count(len(cloud), 'per-result service')} planned with {monthly.normalize():,f} tokens per "
            f"month, {share * 100:.0f} % of all tokens used"
        )
        return 0, f"{words}; check them against a budget in the vendor's console", ""
    if not rows:
        return 0, "no per-result services in the usage or the scenario", ""
    return (
        rows,
        f"{_count(rows, 'row')} of the usage {'is' if rows == 1 else 'are'} from per-result services, but "
        "the scenario plans none: they drain the pool of the users on Flex",
        "add the services under `cloud` with their tokens per month, and set budgets by user or team in the "
        "vendor's console",
    )


def _oversized(facts: Facts) -> CheckResult:
    """Tokens held and bought above 115 % of what the forecast uses."""
    s = facts.document.summary
    held, used = _pool(facts) + s.tokens_bought, s.tokens_used
    over = (held - used * OVERSIZED).to_integral_value(ROUND_CEILING)
    share = f"{(held / used - 1) * 100:+.0f} %" if used else "no use"
    said = f"{held:,f} tokens held or to be bought against {used:,f} that the forecast uses ({share})"
    if over <= 0:
        return 0, said, ""
    return (
        int(over),
        f"{said}: {over:,} above 115 %",
        "lower tokens.buffer or tokens.max_oversize, or buy in smaller and later packs; the plan buys more "
        "than the forecast uses only for the buffer, in whole packs, or where a larger pack costs less",
    )


def _edge_users(facts: Facts) -> CheckResult:
    """Users near the break-even whose access differs between today and the plan."""
    edge = {(r["user"], r["product"]) for r in facts.document.assignment if r["segment"] == "edge"}
    wrong = [m for m in facts.moves if (m.user, m.product) in edge and m.kind != "keep"]
    said = f"{_count(len(edge), 'user and product', 'users and products')} within 20 % of the break-even"
    if not wrong:
        return 0, f"{said}, all with the same access as in the plan", ""
    return (
        len(wrong),
        f"{said}; {len(wrong):,} {'has' if len(wrong) == 1 else 'have'} different access today "
        f"from the plan, which saves {facts.saved(wrong)}",
        "decide case by case: `flexopt explain PLAN USER` prices both alternatives",
    )


def _collections(facts: Facts) -> CheckResult:
    """Users of single products for whom a collection would be cheaper."""
    moved = [m for m in facts.moves if m.kind == "to collection"]
    users = len({m.user for m in moved})
    if not users:
        return 0, "no collection would be cheaper for any user", ""
    return (
        users,
        f"{_count(users, 'user')} would be cheaper with a collection: {facts.saved(moved)} saved",
        "assign the collections listed under moves, and remove these users' single seats and Flex access",
    )


CHECKS: dict[str, Callable[[Facts], CheckResult]] = {
    "Flex for power users": _power_users,
    "tokens bought without usage data": _no_usage_data,
    "expiry ahead": _expiry,
    "cloud services unmonitored": _cloud,
    "oversized pool": _oversized,
    "edge users not decided by the plan": _edge_users,
    "collection overlooked": _collections,
}
"""By name, in the order of their codes."""


def _pool(facts: Facts) -> Decimal:
    """Tokens in the opening packs that are live on the first day."""
    return sum((p.tokens for p in opening_packs(facts.source.scenario)), Decimal(0))


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _listed(words: Sequence[str], most: int = 3) -> str:
    more = f"; and {len(words) - most:,} more dates" if len(words) > most else ""
    return "; ".join(words[:most]) + more
