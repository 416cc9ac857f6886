"""Reads a scenario with its bases and the tables beside it, and says everything that is wrong at once."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from flexopt.errors import InputError
from flexopt.inputs.explain import explain
from flexopt.inputs.extends import Resolved, resolve
from flexopt.inputs.findings import Findings
from flexopt.inputs.scenario import Scenario
from flexopt.inputs.tables import ScenarioFile
from flexopt.inputs.tree import Tree

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
    """The scenario and all findings, also when there are errors; None where there is no scenario to speak of."""
    path = Path(path)
    findings = Findings()
    tree = Tree(path.parent, findings)
    resolved = resolve(path, tree)
    scenario = _validate(resolved, findings) if resolved else None
    if resolved is None or scenario is None:
        return None, findings
    usage = tree.expand(
        [(n, resolved.place(("usage", "files", i))) for i, n in enumerate(scenario.usage.files)], "usage"
    )
    return (
        ScenarioFile(
            path=path,
            scenario=scenario,
            usage_files=tuple(tree.path(n) for n in usage),
            people={},
            access=(),
            holdings=scenario.holdings,
            sources=tuple(tree.sources),
            findings=findings,
        ),
        findings,
    )


def _validate(resolved: Resolved, findings: Findings) -> Scenario | None:
    try:
        return Scenario.model_validate(resolved.data)
    except ValidationError as error:
        explain(error, resolved, findings)
        return None
