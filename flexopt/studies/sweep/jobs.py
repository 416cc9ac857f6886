"""One scenario of a sweep: how it is called, what tells that it changed, and how it is planned."""

from __future__ import annotations

import hashlib
import json
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import flexopt
from flexopt.base.errors import FlexoptError
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.records import ScenarioFile
from flexopt.planning.planner import plan
from flexopt.solve.backend import solver_version
from flexopt.studies.sweep.readings import usage_in
from flexopt.studies.sweep.results import Failure, Row, keep

__all__ = ["Job", "Made", "job_key", "make", "names_of", "put"]

Made = Mapping[str, Any] | Failure
"""A plan document, or why there is none."""


@dataclass(frozen=True, slots=True)
class Job:
    """A scenario to plan."""

    name: str
    """In the table and in the folder of the sweep."""
    source: ScenarioFile
    usage: Path
    """File with its usage: `usage_in` reads it."""
    folder: Path
    """Of the sweep."""
    key: str
    """Equal keys, equal plans."""

    def run(self) -> Row:
        """Plan it, and write what came of it."""
        return put(self, make(self.source, usage_in(self.usage)))

    def died(self, how: str) -> Row:
        """Its row where every process that tried has died."""
        return put(self, Failure("failed", how, "if memory is short, plan with fewer --processes"))


def names_of(paths: Iterable[Path]) -> dict[Path, str]:
    """A name for every scenario: its path below the folder that all are in, without the ending.

    A scenario given twice has one name. Of two that differ only in ending or case the second has a `-2`.
    """
    places = {path: path.resolve() for path in paths}
    parents = [place.parent.parts for place in places.values()]
    common = 0
    while parents and all(len(p) > common and p[common] == parents[0][common] for p in parents):
        common += 1
    taken: dict[str, Path] = {}
    names: dict[Path, str] = {}
    for place in sorted({*places.values()}):
        above = [part.strip("/\\:") for part in place.parent.parts[common:]]  # a drive has a colon
        name = whole = "/".join([*above, place.stem])
        number = 2
        while name.casefold() in taken:
            name, number = f"{whole}-{number}", number + 1
        taken[name.casefold()] = place
        names[place] = name
    return {path: names[place] for path, place in places.items()}


def job_key(source: ScenarioFile, reading: str) -> str:
    """A SHA-256 over all that decides a plan: the scenario, its tables, its usage, flexopt and the solver."""
    root = source.path.parent.as_posix()
    parts = {
        "flexopt": flexopt.__version__,
        "solver": solver_version(source.scenario.solver),
        "scenario": source.scenario.model_dump(mode="json", by_alias=True),
        "sources": [(s.file.removeprefix(f"{root}/"), s.sha256) for s in source.sources],
        "usage": reading,
    }
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def make(source: ScenarioFile, usage: ForecastCache) -> Made:
    """The plan of one scenario; an error of its own must not end the others."""
    # as many scenarios as processors are planned at once: each solver keeps to one
    solver = source.scenario.solver.model_copy(update={"threads": 1})
    scenario = source.scenario.model_copy(update={"solver": solver})
    try:
        return plan(replace(source, scenario=scenario), usage).document
    except FlexoptError as error:
        return Failure.of(error)
    except MemoryError:
        return Failure("failed", "out of memory", "plan with fewer processes, or on a larger machine")
    except Exception as error:
        # the place in the program, without values: they may be of people
        last = traceback.extract_tb(error.__traceback__)[-1]
        return Failure(
            "failed",
            f"unexpected {type(error).__name__} in {Path(last.filename).name}:{last.lineno}",
            "run `flexopt --debug plan` on it alone and report what it prints",
        )


def put(job: Job, made: Made) -> Row:
    """Write what came of a job; returns its row of the table."""
    return keep(job.folder, job.name, job.key, job.source.scenario.name, made)
