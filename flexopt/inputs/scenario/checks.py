"""What the schema cannot see: names that must exist, dates to meet, rules that contradict."""

from __future__ import annotations

from flexopt.base.findings import Findings
from flexopt.inputs.records import Person
from flexopt.inputs.scenario.check_dates import DATE_RULES
from flexopt.inputs.scenario.check_names import NAME_RULES
from flexopt.inputs.scenario.checking import Check
from flexopt.inputs.scenario.extends import Resolved
from flexopt.inputs.scenario.scenario import Scenario

__all__ = ["check"]


def check(
    scenario: Scenario, people: dict[str, Person] | None, resolved: Resolved, findings: Findings
) -> None:
    """Adds the findings S2xx of a scenario that the schema accepts; `people` is None without a table."""
    run = Check(scenario, people, resolved, findings)
    for rule in (*NAME_RULES, *DATE_RULES):
        rule(run)
