"""Reads a scenario with its bases and the tables beside it, and says everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from flexopt.base.findings import Findings, InputError
from flexopt.inputs.records import Person, ScenarioFile, TodaysAccess
from flexopt.inputs.scenario.check import ScenarioCheck
from flexopt.inputs.scenario.check_dates import DATE_RULES
from flexopt.inputs.scenario.check_names import NAME_RULES
from flexopt.inputs.scenario.extends import Resolved, resolve
from flexopt.inputs.scenario.folder import Place, ScenarioFolder
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.inputs.scenario.schema_errors import report_schema_errors
from flexopt.inputs.scenario.yaml import KeyPath
from flexopt.inputs.tables.people_and_access import read_access, read_people
from flexopt.inputs.tables.subscriptions import read_subscriptions

__all__ = ["load_scenario", "read_scenario"]


def load_scenario(path: str | Path) -> ScenarioFile:
    """Reads a scenario file; warnings stay in `ScenarioFile.findings`.

    Raises
    ------
    InputError
        With every error found, if the scenario cannot be used.
    """
    read, findings = read_scenario(path)
    findings.raise_if_errors()
    if read is None:
        raise InputError(findings.errors)
    return read


def read_scenario(path: str | Path) -> tuple[ScenarioFile | None, Findings]:
    """The scenario and all findings, also with errors; None where the schema refuses the scenario."""
    path = Path(path)
    findings = Findings()
    folder = ScenarioFolder(path.parent, findings)
    resolved = resolve(path, folder)
    scenario = _validate(resolved, findings) if resolved else None
    if resolved is None or scenario is None:
        return None, findings
    usage = folder.expand(_named(resolved, ("usage", "files"), scenario.usage.files), "usage")
    exports = folder.expand(_named(resolved, ("subscriptions",), scenario.subscriptions), "Subscriptions")
    people = _people(folder, resolved, scenario)
    access: tuple[TodaysAccess, ...] = ()
    if scenario.access is not None:
        place = resolved.place(("access",))
        if folder.allowed(scenario.access, place):
            access = read_access(folder, scenario.access, place, scenario)
    for rule in (*NAME_RULES, *DATE_RULES):
        rule(ScenarioCheck(scenario, people, resolved, findings))
    place = resolved.place(("subscriptions",))
    own = tuple(h for h in scenario.holdings if h.ends >= scenario.horizon.start)
    bought = read_subscriptions(folder, [(name, place) for name in exports], scenario)
    return (
        ScenarioFile(
            path=path,
            scenario=scenario,
            usage_files=tuple(folder.path(n) for n in usage),
            people=people or {},
            access=access,
            holdings=own + bought,
            sources=tuple(folder.sources),
            findings=findings,
        ),
        findings,
    )


def _named(resolved: Resolved, path: KeyPath, names: Sequence[str]) -> list[tuple[str, Place]]:
    return [(name, resolved.place((*path, index))) for index, name in enumerate(names)]


def _people(folder: ScenarioFolder, resolved: Resolved, scenario: Scenario) -> dict[str, Person] | None:
    """None where no table is named, or none can be read: then nobody is called unknown."""
    place = resolved.place(("people",))
    if scenario.people is None or not folder.allowed(scenario.people, place):
        return None
    return read_people(folder, scenario.people, place) or None


def _validate(resolved: Resolved, findings: Findings) -> Scenario | None:
    try:
        return Scenario.model_validate(resolved.data)
    except ValidationError as error:
        report_schema_errors(error, resolved, findings)
        return None
