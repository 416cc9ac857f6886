"""All inputs of a plan, read and checked; nothing is planned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flexopt.base.findings import Findings, InputError
from flexopt.demand.forecast import forecast
from flexopt.inputs.records import Coverage
from flexopt.inputs.scenario.load import read_scenario
from flexopt.inputs.usage import read_usage
from flexopt.planning.arguments import Progress, completed, tell_files
from flexopt.planning.coverage import coverage_of
from flexopt.planning.min_saving import check_min_saving
from flexopt.planning.turnover import costs_on_flex, turnover
from flexopt.store.plan import UsageCoverage


@dataclass(frozen=True, slots=True)
class InputCheck:
    """The findings in the inputs of a plan."""

    findings: Findings
    coverage: tuple[Coverage, ...] = ()
    """What became of the rows of each usage file; empty if the scenario cannot be used."""
    planned: tuple[int, int] | None = None
    """Users and user-product pairs that would be planned; None if there are errors."""
    counts: UsageCoverage | None = None
    """As `coverage` of plan.json; None if there are errors."""
    months: int = 12
    """Length of the horizon."""


def check_inputs(scenario: Path, on_progress: Progress, memory: str | None) -> InputCheck:
    """Read a scenario, its tables and its usage; errors are returned as findings, not raised."""
    source, findings = read_scenario(scenario)
    if source is None:
        return InputCheck(findings)
    on_file = tell_files(on_progress, len(source.usage_files))
    usage = read_usage(
        source.usage_files,
        source.scenario,
        source.folder,
        on_file,
        memory=memory,
        people=source.people,
        users=source.user_files,
    )
    findings = Findings([*findings, *usage.findings])
    if findings.errors:
        return InputCheck(findings, usage.coverage)
    source = completed(source, usage)
    try:
        demand = forecast(source.scenario, usage, source.people)
    except InputError as error:
        return InputCheck(Findings([*findings, *error.findings]), usage.coverage)
    findings = check_min_saving(source)
    if findings.errors:
        return InputCheck(findings, usage.coverage)
    people = turnover(source, usage, demand, lambda: costs_on_flex(source, demand), " on Flex")
    return InputCheck(
        Findings([*source.findings, *usage.findings, *demand.findings, *people]),
        usage.coverage,
        (len(demand.users), demand.pairs),
        coverage_of(demand, usage),
        source.scenario.horizon.months,
    )
