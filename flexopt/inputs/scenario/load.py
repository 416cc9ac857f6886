"""Reads a scenario with its bases and the tables beside it, and reports all errors together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from flexopt.base.errors import FlexoptError
from flexopt.base.findings import Findings, InputError
from flexopt.inputs.records import Person, ScenarioFile, TodaysAccess
from flexopt.inputs.rules.renewal import is_lost
from flexopt.inputs.scenario.check_additions import check_additions
from flexopt.inputs.scenario.check_dates import DATE_RULES
from flexopt.inputs.scenario.check_names import NAME_RULES
from flexopt.inputs.scenario.check_numbers import NUMBER_RULES
from flexopt.inputs.scenario.checking import ScenarioCheck
from flexopt.inputs.scenario.currencies import settle_currencies
from flexopt.inputs.scenario.extends import Resolved, resolve
from flexopt.inputs.scenario.folder import Place, ScenarioFolder
from flexopt.inputs.scenario.scenario import Holding, Scenario, policy_of
from flexopt.inputs.scenario.schema_errors import report_schema_errors
from flexopt.inputs.scenario.yaml import KeyPath
from flexopt.inputs.tables.people_and_access import read_access, read_people
from flexopt.inputs.tables.subscriptions import read_subscriptions


def load_scenario(path: str | Path) -> ScenarioFile:
    """Read a scenario, its bases and the tables beside it; usage is read later, when planning.

    Parameters
    ----------
    path
        The scenario file; docs/scenario-file.md lists its keys.

    Returns
    -------
    ScenarioFile
        Warnings are in its `findings`.

    Raises
    ------
    InputError
        With every error found, if the scenario cannot be used.

    Examples
    --------
    >>> load_scenario("my-renewal/scenario.yaml").scenario.currency  # doctest: +SKIP
    'USD'
    """
    read, findings = read_scenario(path)
    findings.raise_if_errors()
    if read is None:
        raise InputError(findings.errors)
    return read


def make_scenario(
    scenario: Scenario | Mapping[str, Any],
    *,
    people: Iterable[Person] = (),
    access: Iterable[TodaysAccess] = (),
    name: str = "scenario",
) -> ScenarioFile:
    """Make a scenario in Python, with the tables that would be beside its file; it is checked as a file is.

    Parameters
    ----------
    scenario
        Contents of a scenario file (docs/scenario-file.md), as a dict of plain values or as a `Scenario`. It
        must not name files: give `people`, `access` and, with each call, the usage instead.
    people
        People and their groups, cost centres, first days and leaving dates; the rows of `aliases` in the
        usage are theirs.
    access
        Today's access, which a review and the baseline `today` compare with.
    name
        Its name in studies, and of its folder when they save its plan.

    Returns
    -------
    ScenarioFile
        Warnings are in its `findings`.

    Raises
    ------
    InputError
        With every error found, if the scenario cannot be used.
    FlexoptError
        If it names a file, or `name` cannot be the name of a folder.

    Examples
    --------
    >>> source = make_scenario(
    ...     {
    ...         "schema": "flexopt.scenario/1",
    ...         "currency": "USD",
    ...         "horizon": {"start": "2026-01-01", "months": 12},
    ...         "products": [{"id": "AutoCAD", "rates": [{"from": "2025-01-01", "tokens": 7}]}],
    ...         "offers": [],
    ...         "tokens": {"tiers": [{"from": 100, "price": 3}]},
    ...     }
    ... )
    >>> source.scenario.currency
    'USD'
    """
    if not name or name.startswith(".") or set(name) & set("/\\:"):
        raise FlexoptError(f"`{name}` cannot be the name of a folder", "use letters, digits, - and _")
    findings = Findings()
    data = scenario.model_dump(mode="json", by_alias=True) if isinstance(scenario, Scenario) else scenario
    resolved = Resolved(name, {k: policy_of(v) if k == "policy" else v for k, v in data.items()})
    found = scenario if isinstance(scenario, Scenario) else _validate(resolved, findings)
    if found is None:
        raise InputError(findings.errors)
    known, today = {p.user: p for p in people}, tuple(access)
    lacking = {
        "usage.files": found.usage.files,
        "subscriptions": found.subscriptions,
        "users": found.users,
        "people": found.people and not known,
        "access": found.access and not today,
    }
    for key, is_lacking in lacking.items():
        if is_lacking:
            raise FlexoptError(
                f"{name}: the scenario names a file under `{key}`, but was not read from a folder",
                "give the file's contents instead, or use `load_scenario`",
            )
    own = _checked(found, known or None, resolved, findings)
    check_additions(ScenarioCheck(found, known or None, resolved, findings), own)
    findings.raise_if_errors()
    return ScenarioFile(name, None, found, (), known, today, own, (), findings)


def read_scenario(path: str | Path) -> tuple[ScenarioFile | None, Findings]:
    """The scenario and all findings, including errors; None if the schema refuses the scenario."""
    path = Path(path)
    findings = Findings()
    folder = ScenarioFolder(path.parent, findings)
    resolved = resolve(path, folder)
    if resolved is not None:
        settle_currencies(resolved, findings)
    scenario = _validate(resolved, findings) if resolved else None
    if resolved is None or scenario is None:
        return None, findings
    usage = folder.expand(_named(resolved, ("usage", "files"), scenario.usage.files), "usage")
    exports = folder.expand(_named(resolved, ("subscriptions",), scenario.subscriptions), "Subscriptions")
    users = folder.expand(_named(resolved, ("users",), scenario.users), "Users")
    people = _people(folder, resolved, scenario)
    access: tuple[TodaysAccess, ...] = ()
    if scenario.access is not None:
        place = resolved.place(("access",))
        if folder.allowed(scenario.access, place):
            access = read_access(folder, scenario.access, place, scenario)
    own = _checked(scenario, people, resolved, findings)
    place = resolved.place(("subscriptions",))
    bought, packs = read_subscriptions(folder, [(name, place) for name in exports], scenario)
    check_additions(ScenarioCheck(scenario, people, resolved, findings), own + bought)
    return (
        ScenarioFile(
            name=path.stem,
            path=path,
            scenario=scenario,
            usage_files=tuple(folder.path(n) for n in usage),
            people=people or {},
            access=access,
            holdings=own + bought,
            sources=tuple(folder.sources),
            findings=findings,
            user_files=tuple(folder.path(n) for n in users),
            packs=packs,
        ),
        findings,
    )


def _checked(
    scenario: Scenario, people: dict[str, Person] | None, resolved: Resolved, findings: Findings
) -> tuple[Holding, ...]:
    """The seats owned in the horizon, or renewable at its start; adds the findings of the checks.

    Those that ended before the horizon end on its first day: they are renewed on it.
    """
    for rule in (*NAME_RULES, *DATE_RULES, *NUMBER_RULES):
        rule(ScenarioCheck(scenario, people, resolved, findings))
    start, offers = scenario.horizon.start, scenario.offer_by_id
    return tuple(
        h.model_copy(update={"ends": max(h.ends, start)})
        for h in scenario.holdings
        if h.offer in offers and not is_lost(scenario, offers[h.offer].term_months, h.ends)
    )


def _named(resolved: Resolved, path: KeyPath, names: Sequence[str]) -> list[tuple[str, Place]]:
    return [(name, resolved.place((*path, index))) for index, name in enumerate(names)]


def _people(folder: ScenarioFolder, resolved: Resolved, scenario: Scenario) -> dict[str, Person] | None:
    """None if no table is named, or it cannot be read: then no user is reported as unknown."""
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
