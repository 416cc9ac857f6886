"""`policy.min_saving`: what new contracts and moves must save, as fees of the search."""

from __future__ import annotations

from flexopt.base.findings import Findings
from flexopt.inputs.records import ScenarioFile
from flexopt.model.fees import Fees
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem
from flexopt.planning.baselines import todays_access


def fees_of(source: ScenarioFile, problem: Problem) -> Fees | None:
    """The fees of the scenario; None if it has none.

    Plans cost whole minor units: what saves a fraction of one more saves as much as the fee rounded up.
    """
    least, money = source.scenario.policy.min_saving, source.scenario.money
    if not (least.contract or least.move):
        return None
    today = todays_access(problem, source.access) if least.move else Restriction()
    return Fees(money.ceil(least.contract), money.ceil(least.move), today)


def check_min_saving(source: ScenarioFile) -> Findings:
    """S200: what a move must save cannot be applied where nothing says who has what today."""
    findings = Findings()
    if source.scenario.policy.min_saving.move and not source.access:
        findings.add(
            "S200",
            "a move is a change of today's access, and nothing says who has what today",
            file=str(source),
            column="policy.min_saving.move",
            hint="name the Users export under `users`, or a table under `access`; or delete the key",
        )
    return findings
