"""The bound proven again from the prices stored in the plan: without the solver, by another method.

Whatever the prices, no plan costs less than what all users pay at these prices, each alone, minus what the
available supply (packs, seats that are owned, room under limits) is worth at them: weak duality. For each
choice of tiers the best of the stored cuts counts; the bound is the lowest over all choices.
"""

from __future__ import annotations

from collections.abc import Sequence

from flexopt.audit.certificate.bound import least_bound
from flexopt.audit.certificate.cuts import StoredCut
from flexopt.audit.certificate.subproblems import UserSubproblems
from flexopt.audit.notes import Notes, day_of
from flexopt.audit.rules import split_off
from flexopt.demand.forecast import Demand
from flexopt.inputs.scenario.scenario import Holding, Scenario
from flexopt.store.plan import PlanDocument

__all__ = ["certificate"]

SUMS = 1e-10
"""Relative error of a bound, which is a sum of floats."""


def certificate(
    doc: PlanDocument, scenario: Scenario, holdings: Sequence[Holding], demand: Demand, notes: Notes
) -> None:
    """The stored prices prove at least the bound that the plan claims for them."""
    said = doc.proof.prices
    claimed = said.bound
    total = doc.total
    notes.expect(claimed <= total, f"prices prove {claimed}, more than the plan costs")
    if claimed <= 0:
        return  # no plan has a negative cost: no prices are needed
    if not said.cuts:
        notes.fail("a bound is claimed, but there are no prices to prove it")
        return
    periods = [day_of(row.period_start) for row in doc.ledger]
    try:
        days = {day_of(p.start) for prices in said.cuts for p in prices if p.start}
        subproblems = UserSubproblems(scenario, holdings, demand, periods=periods, days=days)
        cuts = [StoredCut(subproblems, prices) for prices in said.cuts]
    except (KeyError, ValueError, TypeError):
        notes.fail("the prices of the certificate are not those of the scenario's rows")
        return
    # what may be rounded off by purchases on days that are of no other use
    split = float(split_off(scenario))
    proven = least_bound(subproblems, cuts, float(claimed) + split) - split
    # every plan costs whole minor units: a bound above the last amount before the one claimed proves it
    sure = proven - SUMS * abs(proven)
    notes.expect(
        sure > float(claimed - scenario.money.unit),
        f"the prices prove a bound of {proven:.{scenario.money.digits}f}, the plan says {claimed}",
    )
    # the prices must not prove that the plan itself is impossible
    possible = sure <= float(total)
    notes.expect(possible, f"the prices prove {proven:.{scenario.money.digits}f}, more than the plan costs")
