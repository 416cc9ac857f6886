"""The cheapest solution of every scenario, several in parallel, each in its own process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from flexopt.base.errors import FlexoptError, SolverError
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.records import ScenarioFile
from flexopt.model.sets import formulate
from flexopt.parallel.pool import in_processes
from flexopt.parallel.task import SharedValues, shared_values
from flexopt.planning.arguments import Progress, completed
from flexopt.planning.baselines import Baseline
from flexopt.planning.planner import Clock, Solved, compared, solve
from flexopt.solve.optimise import Optimum
from flexopt.store.tables import BaselineName


@dataclass(frozen=True, slots=True)
class _Found:
    """What a process sends back, without the problem, which is as large as the estate and quickly rebuilt."""

    id: str
    optimum: Optimum
    baselines: Mapping[BaselineName, Baseline]


@dataclass(frozen=True, slots=True)
class _Solving:
    """A scenario to solve: a task that shares the usage."""

    id: str
    source: ScenarioFile
    shared: Path
    baselines: bool

    def run(self, shared: ForecastCache) -> _Found | Exception:
        try:
            found = _solved(self.id, self.source, shared, lambda *_: None, self.baselines)
        except Exception as error:  # raised in the parent process, which reports it
            return error
        return _Found(self.id, found.optimum, found.baselines)

    def lost(self, why: str, hint: str = "") -> Exception:
        return SolverError(f"{self.id}: {why}", hint or "if memory is short, compare with --processes 1")


def solve_all(
    sources: Mapping[str, ScenarioFile],
    forecasts: Mapping[str, ForecastCache],
    tell: Progress,
    processes: int,
    *,
    baselines: bool,
) -> dict[str, Solved]:
    """Every scenario solved, by id in the order given. Raises the first error, with the scenario's id."""
    if processes == 1:
        return {
            id_: _solved(
                id_, source, forecasts[id_], _telling(tell, f"{n} of {len(sources)}, {id_}"), baselines
            )
            for n, (id_, source) in enumerate(sources.items(), 1)
        }
    found: dict[str, _Found] = {}
    tell("solving", f"0 of {len(sources)} scenarios")
    with (
        shared_values() as shared,
        closing(
            in_processes(_tasks(sources, forecasts, shared, baselines), processes, shared.folder)
        ) as all_,
    ):
        for one in all_:
            if isinstance(one, Exception):
                raise one
            found[one.id] = one
            tell("solving", f"{len(found)} of {len(sources)} scenarios, last {one.id}")
    solved = {}
    for id_, source in sources.items():
        source = completed(source, forecasts[id_].usage)
        demand = forecasts[id_].of(source.scenario, source.people)
        problem = formulate(source.scenario, source.holdings, demand)
        usage, one = forecasts[id_].usage, found[id_]
        solved[id_] = Solved(source, usage, problem, one.optimum, one.baselines)
    return solved


def _tasks(
    sources: Mapping[str, ScenarioFile],
    forecasts: Mapping[str, ForecastCache],
    shared: SharedValues,
    baselines: bool,
) -> Iterator[_Solving]:
    for id_, source in sources.items():
        key = str(id(forecasts[id_]))
        file = shared.file(key)
        yield _Solving(id_, source, file if file.exists() else shared.put(key, forecasts[id_]), baselines)


def _solved(
    id_: str, source: ScenarioFile, forecasts: ForecastCache, tell: Progress, baselines: bool
) -> Solved:
    try:
        found = solve(source, forecasts, tell, Clock())
        return compared(found, tell, Clock()) if baselines else found
    except FlexoptError as error:
        error.message = f"{id_}: {error.message}"
        raise


def _telling(tell: Progress, where: str) -> Progress:
    """Progress of one of many scenarios."""
    return lambda phase, size: tell(phase, f"{where}: {size}" if size else where)
