"""Names of the scenarios of a sweep, and keys that tell whether one has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import flexopt
from flexopt.base.text import unique
from flexopt.inputs.records import ScenarioFile
from flexopt.planning.arguments import ScenarioLike, scenarios_of
from flexopt.solve.backend import solver_version


def ids_of(scenarios: Iterable[ScenarioLike]) -> dict[str, ScenarioLike]:
    """The scenarios by id, in the order given: paths named by `names_of`, the others by their own name."""
    given = scenarios_of(scenarios)
    names = names_of(Path(s) for s in given if not isinstance(s, ScenarioFile))
    taken = {name.casefold() for name in names.values()}
    found: dict[str, ScenarioLike] = {}
    for scenario in given:
        if isinstance(scenario, ScenarioFile):
            found[unique(scenario.name, taken)] = scenario
        else:
            found.setdefault(names[Path(scenario)], scenario)
    return found


def names_of(paths: Iterable[Path]) -> dict[Path, str]:
    """A name for every scenario: its path below their common folder, without the extension.

    A scenario given twice has one name. If two differ only in extension or case, the second gets a `-2`.
    """
    places = {path: path.resolve() for path in paths}
    parents = [place.parent.parts for place in places.values()]
    common = 0
    while parents and all(len(p) > common and p[common] == parents[0][common] for p in parents):
        common += 1
    taken: set[str] = set()
    names: dict[Path, str] = {}
    for place in sorted({*places.values()}):
        above = [part.strip("/\\:") for part in place.parent.parts[common:]]  # a drive has a colon
        names[place] = unique("/".join([*above, place.stem]), taken)
    return {path: names[place] for path, place in places.items()}


def plan_key(source: ScenarioFile, usage: str, *, version: str | None = None) -> str:
    """A SHA-256 over everything that decides a plan: equal keys, equal plans.

    This is the scenario, its tables, its usage (whose key is given), flexopt and the solver.
    """
    parts = {
        "flexopt": version or flexopt.__version__,
        "solver": solver_version(source.scenario.solver),
        "scenario": source.scenario.model_dump(mode="json", by_alias=True),
        "sources": [(source.shown(s.file), s.sha256) for s in source.sources],
        "usage": usage,
    }
    if source.path is None:  # its tables are not files
        parts["tables"] = repr((sorted(source.people.items()), source.access, source.holdings))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
