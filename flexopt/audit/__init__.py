"""The plan replayed without the solver: day by day from its own rows, and the bill added up again.

It shares no rule with `model`, `solve` or `planning`, but has its own (`rules.py`): it reads the plan
document as it will be written, the scenario and the demand, and reports what does not hold. A plan with a
failure is never written. The totals of the baselines are held against the bound only: they are plans of their
own. `alone` is the part that needs no demand: a saved plan held against itself.

Rows are read as columns, and no step loops over them: rows that are alike in everything a check looks at are
checked once, with integers and fractions. A million users take seconds, and nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence

from flexopt.audit.alone import BASELINES, alone
from flexopt.audit.assignment import check_alternatives, check_days, check_policy
from flexopt.audit.certificate import certificate
from flexopt.audit.certificate.subproblems import UserSubproblems
from flexopt.audit.charged import charge_rows
from flexopt.audit.charges import limits, seats
from flexopt.audit.claims import ASSIGNMENT, read_claims
from flexopt.audit.ledger import ledger, replay_pool
from flexopt.audit.moving import moving
from flexopt.audit.notes import Notes, read_columns
from flexopt.audit.replay import replay_days
from flexopt.audit.threshold import moves
from flexopt.audit.todays_access import read_today
from flexopt.audit.totals import header
from flexopt.demand.forecast import Demand
from flexopt.inputs.records import TodaysAccess
from flexopt.inputs.scenario.scenario import Holding, Scenario
from flexopt.store.plan import PlanDocument

__all__ = ["audit"]


def audit(
    document: PlanDocument,
    scenario: Scenario,
    holdings: Sequence[Holding],
    demand: Demand,
    access: Sequence[TodaysAccess] | None = None,
) -> list[str]:
    """What does not hold in the plan, each kind of failure once; an empty list is a pass.

    No failure names a user: usage is personal data, and these messages may end up in a log.

    access : today's, for what a move must save and who moves; empty without a table, None: not counted again
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
    limits(document, scenario, holdings, pool, notes)
    charge_rows(document, claims, pool, scenario, notes)
    today = read_today(access or (), scenario, demand) if scenario.policy.min_saving.move else None
    if today is not None:
        periods = [row.period_start for row in document.ledger]
        users = UserSubproblems(scenario, holdings, demand, periods=periods, days=set())
        moves(document, claims, replay, today, whole=users.whole, notes=notes)
    certificate(document, scenario, holdings, demand, notes, today=today)
    if access is not None:
        moving(document, rows, access, notes)
    for check, failures in alone(document).items():
        if check != BASELINES or document.baselines:
            for failure in failures:
                notes.fail(failure)
    return list(notes.failures)
