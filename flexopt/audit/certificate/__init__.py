"""The bound again, from the prices that the plan stores: without the solver, in another way.

Whatever the prices are, no plan costs less than all users pay at these prices, each alone, less what
the prices give for what can be had (packs, seats that are owned, room under limits): weak duality. Per choice
of tiers the best of the stored cuts counts; the bound is the least over all choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from flexopt.audit.certificate.bound import least_bound
from flexopt.audit.certificate.cuts import StoredCut
from flexopt.audit.certificate.subproblems import UserSubproblems
from flexopt.audit.notes import Notes, day_of
from flexopt.audit.rules import token_price
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
    proven = least_bound(subproblems, cuts, float(claimed))
    room = ARITHMETIC * max(abs(proven), 1.0) + float(CENT) + _unrounded(scenario, cuts)
    notes.expect(
        proven >= float(claimed) - room, f"the prices prove a bound of {proven:.2f}, the plan says {claimed}"
    )
    # whatever the prices are, the plan is one that they bound
    notes.expect(proven <= float(total) + room, f"the prices prove {proven:.2f}, more than the plan costs")


def _unrounded(scenario: Scenario, cuts: Sequence[StoredCut]) -> float:
    """What purchases may cost less on invoices than unrounded, and so leave more room in budgets."""
    tokens = scenario.tokens
    if not any(token_price(scenario, t) * tokens.increment % CENT for t in tokens.tiers):
        return 0.0
    dearest = max(sum(c.budget.values()) for c in cuts)
    return float(CENT) / 2 * len(scenario.purchase_dates()) * (1 + dearest)
