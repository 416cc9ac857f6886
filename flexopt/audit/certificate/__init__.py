"""The bound proven again from the prices stored in the plan: without the solver, by another method.

Whatever the prices, no plan costs less than what all users pay at these prices, each alone, minus what the
available supply (packs, seats that are owned, room under limits) is worth at them: weak duality. For each
choice of tiers the best of the stored cuts counts; the bound is the lowest over all choices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from flexopt.audit.certificate.bound import least_bound
from flexopt.audit.certificate.cuts import StoredCut
from flexopt.audit.certificate.subproblems import NO_FEES, Fees, UserSubproblems
from flexopt.audit.notes import Notes, day_of
from flexopt.audit.rules import token_price
from flexopt.audit.todays_access import Today
from flexopt.base.money import CENT
from flexopt.demand.forecast import Demand
from flexopt.inputs.scenario.scenario import Holding, Scenario
from flexopt.store.plan_json import PlanDocument

__all__ = ["certificate"]

ARITHMETIC = 1e-9
"""Relative error of the bound, as floats are summed in another order."""


def certificate(
    doc: PlanDocument,
    scenario: Scenario,
    holdings: Sequence[Holding],
    demand: Demand,
    notes: Notes,
    *,
    today: Today | None,
) -> None:
    """The stored prices prove at least the bounds that the plan claims for them.

    today : with a fee for moves
    """
    said, least = doc["proof"]["threshold"], scenario.policy.min_saving
    with_fees = [(doc["proof"]["prices"], Decimal(doc["total"]), NO_FEES)]
    if said is not None:
        fees = Fees(float(least.contract), float(least.move), today)
        with_fees.append((said["prices"], Decimal(said["objective"]), fees))
    periods = [day_of(row["period_start"]) for row in doc["ledger"]]
    users = partial(UserSubproblems, scenario, holdings, demand, periods=periods)
    for prices, total, fees in with_fees:
        _proven(prices, total, scenario, partial(users, fees=fees), notes)


def _proven(
    said: Mapping[str, Any],
    total: Decimal,
    scenario: Scenario,
    users: Callable[..., UserSubproblems],
    notes: Notes,
) -> None:
    """The prices prove what is claimed for them, and not that the plan is impossible.

    total : of the plan, with its fees
    """
    claimed = Decimal(said["bound"])
    notes.expect(claimed <= total + CENT, f"prices prove {claimed}, more than the plan costs")
    if claimed <= 0:
        return  # no plan has a negative cost: no prices are needed
    if not said["cuts"]:
        notes.fail("a bound is claimed, but there are no prices to prove it")
        return
    try:
        days = {day_of(p["start"]) for prices in said["cuts"] for p in prices if "start" in p}
        subproblems = users(days=days)
        cuts = [StoredCut(subproblems, prices) for prices in said["cuts"]]
    except (KeyError, ValueError, TypeError):
        notes.fail("the prices of the certificate are not those of the scenario's rows")
        return
    proven = least_bound(subproblems, cuts, float(claimed))
    room = ARITHMETIC * max(abs(proven), 1.0) + float(CENT) + _unrounded(scenario, cuts)
    notes.expect(
        proven >= float(claimed) - room, f"the prices prove a bound of {proven:.2f}, the plan says {claimed}"
    )
    # the prices must not prove that the plan itself is impossible
    notes.expect(proven <= float(total) + room, f"the prices prove {proven:.2f}, more than the plan costs")


def _unrounded(scenario: Scenario, cuts: Sequence[StoredCut]) -> float:
    """How far invoices may be below the unrounded cost of purchases, which leaves more room in budgets."""
    tokens = scenario.tokens
    tiers = [t for of in tokens.tier_lists for t in of.tiers]
    if not any(token_price(scenario, t) * tokens.increment % CENT for t in tiers):
        return 0.0
    dearest = max(sum(c.budget.values()) for c in cuts)
    return float(CENT) / 2 * len(scenario.purchase_dates()) * (1 + dearest)
