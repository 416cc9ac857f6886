"""The plan replayed without the solver: day by day from its own rows, and the bill added up again.

It shares no rule with `model`, `solve` or `planning`, but has its own (`rules.py`): it reads the plan
document as it will be written, the scenario and the demand, and reports what does not hold. A plan with a
failure is never written. Not checked: `seat_price` of a row on Flex, `break_even_days`, `segment` and the
wording of reasons, which explain a decision but are not part of the bill.

Rows are read as columns, and no step loops over them: rows that are alike in everything a check looks at are
checked once, with integers and fractions. A million users take seconds, and nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence

from flexopt.audit.assignment import check_alternatives, check_days, check_policy
from flexopt.audit.certificate import certificate
from flexopt.audit.charged import charge_rows
from flexopt.audit.charges import limits, purchases, seats
from flexopt.audit.claims import ASSIGNMENT, read_claims
from flexopt.audit.ledger import ledger, replay_pool
from flexopt.audit.notes import Notes, read_columns
from flexopt.audit.order import check_order
from flexopt.audit.replay import replay_days
from flexopt.audit.totals import header, proof, summary
from flexopt.demand.forecast import Demand
from flexopt.inputs.scenario.scenario import Holding, Scenario
from flexopt.store.plan import PlanDocument

__all__ = ["audit"]


def audit(
    document: PlanDocument, scenario: Scenario, holdings: Sequence[Holding], demand: Demand
) -> list[str]:
    """What does not hold in the plan, each kind of failure once; an empty list is a pass.

    No failure names a user: usage is personal data, and these messages may end up in a log.
    """
    notes = Notes()
    header(document, scenario, demand, notes)
    rows = read_columns(document.assignment, ASSIGNMENT)
    claims = read_claims(rows, scenario, demand, notes)
    replay = replay_days(claims, scenario, demand, notes)
    check_policy(replay, scenario, demand, notes)
    check_days(claims, replay, notes)
    check_alternatives(document, claims, replay, scenario, notes)
    pool = replay_pool(document, scenario, replay.use, notes)
    ledger(document, scenario, pool, notes)
    seats(document, claims, scenario, holdings, notes)
    purchases(document, scenario, notes)
    check_order(document, scenario, holdings, notes)
    limits(document, scenario, holdings, pool, notes)
    charge_rows(document, claims, pool, scenario, notes)
    summary(document, rows, scenario, notes)
    proof(document, scenario, notes)
    certificate(document, scenario, holdings, demand, notes)
    return list(notes.failures)
