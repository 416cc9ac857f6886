"""The plan replayed without the solver: day by day from its own rows, and the bill added up again.

Shares no code with `model`, `problem`, `bill` or `solution`: it reads the plan document as it will be
written, the scenario and the demand, and says what does not hold. A plan with a failure is never written.
What it does not know again: `cost_if_named` of a row on Flex, `break_even_days`, `segment` and the words of
the reasons, which explain a decision and are no part of the bill.
"""

from __future__ import annotations

from collections.abc import Sequence

from flexopt.audit.charges import limits, purchases, seats
from flexopt.audit.ledger import ledger, replay_pool
from flexopt.audit.replay import replay_access
from flexopt.audit.rows import Notes, Row
from flexopt.audit.totals import header, proof, summary
from flexopt.demand import Demand
from flexopt.inputs.scenario import Holding, Scenario

__all__ = ["audit"]


def audit(document: Row, scenario: Scenario, holdings: Sequence[Holding], demand: Demand) -> list[str]:
    """What does not hold in the plan, each kind of failure once; an empty list is a pass.

    No failure names a user: usage is personal data, and these words may end in a log.
    """
    notes = Notes()
    header(document, scenario, demand, notes)
    use = replay_access(document, scenario, demand, notes)
    pool = replay_pool(document, scenario, use, notes)
    ledger(document, scenario, pool, notes)
    seats(document, scenario, holdings, notes)
    purchases(document, scenario, notes)
    limits(document, scenario, pool, notes)
    summary(document, scenario, notes)
    proof(document, notes)
    return list(notes.failures)
