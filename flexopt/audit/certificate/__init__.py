"""The bound proven again from the prices stored in the plan: without the solver, by another method.

Whatever the prices, no plan costs less than what all users pay at these prices, each alone, minus what the
available supply (packs, seats that are owned, room under limits) is worth at them: weak duality. For each
choice of tiers the best of the stored cuts counts; the bound is the lowest over all choices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from flexopt.audit.certificate.bound import least_bound
from flexopt.audit.certificate.cuts import StoredCut
from flexopt.audit.certificate.subproblems import NO_FEES, Fees, UserSubproblems
from flexopt.audit.notes import Notes, day_of
from flexopt.audit.rules import split_off
from flexopt.audit.todays_access import Today
from flexopt.demand.forecast import Demand
from flexopt.inputs.scenario.scenario import Holding, Scenario
from flexopt.store.plan import PlanDocument, ProvenPrices

__all__ = ["certificate"]

SUMS = 1e-10
"""Relative error of a bound, which is a sum of floats."""


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
    said, least = doc.proof.threshold, scenario.policy.min_saving
    with_fees = [(doc.proof.prices, doc.total, NO_FEES)]
    if said is not None:
        contract, move = (float(scenario.money.ceil(fee)) for fee in (least.contract, least.move))
        fees = Fees(contract, move, today)
        with_fees.append((said.prices, said.objective, fees))
    periods = [day_of(row.period_start) for row in doc.ledger]
    users = partial(UserSubproblems, scenario, holdings, demand, periods=periods)
    for prices, total, fees in with_fees:
        _proven(prices, total, scenario, partial(users, fees=fees), notes)


def _proven(
    said: ProvenPrices,
    total: Decimal,
    scenario: Scenario,
    users: Callable[..., UserSubproblems],
    notes: Notes,
) -> None:
    """The prices prove what is claimed for them, and not that the plan is impossible.

    total : of the plan, with its fees
    """
    claimed = said.bound
    notes.expect(claimed <= total, f"prices prove {claimed}, more than the plan costs")
    if claimed <= 0:
        return  # no plan has a negative cost: no prices are needed
    if not said.cuts:
        notes.fail("a bound is claimed, but there are no prices to prove it")
        return
    try:
        days = {day_of(p.start) for prices in said.cuts for p in prices if p.start}
        subproblems = users(days=days)
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
