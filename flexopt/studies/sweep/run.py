"""Many scenarios in parallel: known results, tasks, and new results as they come."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from decimal import Decimal
from functools import cache

from flexopt.base.errors import FlexoptError
from flexopt.inputs.files.containers import sha256
from flexopt.inputs.records import ScenarioFile
from flexopt.parallel.pool import in_processes, in_this_process
from flexopt.parallel.task import SharedValues, shared_values
from flexopt.planning.arguments import (
    Progress,
    ScenarioLike,
    UsageLike,
    forecasts_for,
    key_of_usage,
    scenario_of,
    scenarios_of,
)
from flexopt.store.sweep_folder import PLANNED, SweepRow, sweep_row
from flexopt.studies.sweep.names import ids_of, plan_key
from flexopt.studies.sweep.results import Sweep, SweepResult, failed_row
from flexopt.studies.sweep.task import PlanTask

Known = Callable[[str, str], SweepRow | None]
"""The row of a scenario from an earlier run, by id and key; None if it is to be planned."""


def sweep(
    scenarios: Iterable[ScenarioLike],
    usage: UsageLike | None = None,
    *,
    processes: int | None = None,
    cluster: str | None = None,
    on_progress: Progress | None = None,
    memory: str | None = None,
) -> Sweep:
    """Plan many scenarios; usage is read once for all that share it.

    A scenario that fails has a row that says so; the others are still planned. All plans stay in memory;
    `sweep_each` yields them one by one.

    Parameters
    ----------
    scenarios
        What `load_scenario` or `make_scenario` returned, or paths; a path given twice is planned once.
    usage
        Usage for all of them instead of their files, as for `plan`.
    processes
        How many scenarios are planned in parallel on this computer; 1: in this process. None: the number of
        processors. Every solver uses one thread, whatever `solver.threads` says.
    cluster
        Address of a Dask scheduler (`tcp://host:port`) to plan there instead: needs `flexopt[cluster]`, and
        the same versions on its workers, to which the usage is sent.
    on_progress, memory
        As for `plan`.

    Returns
    -------
    Sweep
        `frame`, a row per scenario in the order given, money as Decimal in the currency of its row; and
        `plans` by the name of the scenario.

    Raises
    ------
    FlexoptError
        The cluster cannot be used.

    Examples
    --------
    >>> done = sweep(["quotes/low.yaml", "quotes/high.yaml"])  # doctest: +SKIP
    >>> done.frame[["scenario", "total", "saving_today"]]  # doctest: +SKIP
    """
    given = scenarios_of(scenarios)
    each = sweep_each(
        given, usage, processes=processes, cluster=cluster, on_progress=on_progress, memory=memory
    )
    found = {result.scenario: result for result in each}
    return Sweep(tuple(found[id_] for id_ in ids_of(given)))


def sweep_each(
    scenarios: Iterable[ScenarioLike],
    usage: UsageLike | None = None,
    *,
    known: Known = lambda scenario, key: None,
    keep: Callable[[SweepResult], None] = lambda result: None,
    processes: int | None = None,
    cluster: str | None = None,
    on_progress: Progress | None = None,
    memory: str | None = None,
) -> Generator[SweepResult, None, None]:
    """The results of a sweep one by one as they come, in no particular order.

    Parameters
    ----------
    scenarios, usage, processes, cluster, on_progress, memory
        As for `sweep`.
    known
        Called with the name and key of each scenario before it is planned: its row, if an earlier run with
        the same inputs made it.
    keep
        Called with each new result as soon as it is ready, possibly from another thread. Finished plans are
        then safe while the usage of the next scenario is read, even if that is interrupted.

    Yields
    ------
    SweepResult
        One for each scenario. Closing the iterator early stops what is running.

    Raises
    ------
    FlexoptError
        The cluster cannot be used.

    Examples
    --------
    >>> for result in sweep_each(["quotes/low.yaml", "quotes/high.yaml"]):  # doctest: +SKIP
    ...     print(result.scenario, result.row["total"])
    """
    if cluster is None and processes is None:
        processes = os.cpu_count() or 1
    with shared_values() as shared:
        todo = _Todo(ids_of(scenarios), usage, known, keep, shared, on_progress=on_progress, memory=memory)
        results: Generator[SweepResult, None, None]
        if cluster is not None:
            from flexopt.parallel.cluster import on_cluster

            results = on_cluster(todo.tasks(), cluster)
        elif processes == 1:
            results = in_this_process(todo.tasks())
        else:
            results = in_processes(todo.tasks(), processes or 1, shared.folder, keep)
        with closing(results):
            for result in results:
                if cluster is not None or processes == 1:
                    keep(result)
                yield from todo.done_at_once()
                yield todo.count(result)
        yield from todo.done_at_once()


class _Todo:
    """The scenarios in order: those that need no planning are finished immediately."""

    def __init__(
        self,
        scenarios: Mapping[str, ScenarioLike],
        usage: UsageLike | None,
        known: Known,
        keep: Callable[[SweepResult], None],
        shared: SharedValues,
        *,
        on_progress: Progress | None,
        memory: str | None,
    ) -> None:
        self.scenarios, self.usage, self.shared = scenarios, usage, shared
        self.known, self.keep = known, keep
        self.progress = on_progress or (lambda phase, size: None)
        self.reading: Progress | None = self.progress
        self.memory = memory
        self.hashed = cache(sha256)  # the same files come with every scenario
        self.unreadable: dict[str, FlexoptError] = {}
        """Errors of reading usage, by its key."""
        self.rows: list[SweepRow] = []
        self.there = 0
        self.waiting: list[SweepResult] = []

    def tasks(self) -> Iterator[PlanTask]:
        """Tasks to plan; each scenario is read when a processor is about to be free for it."""
        for id_, scenario in self.scenarios.items():
            name = ""
            try:
                source = scenario_of(scenario)
                name = source.scenario.name
                task = self._task(id_, source)
            except FlexoptError as error:
                self._at_once(SweepResult(failed_row(id_, name, error), "", None))
            else:
                if task is not None:
                    yield task

    def done_at_once(self) -> Iterator[SweepResult]:
        """Results without a task since the last call."""
        while self.waiting:
            yield self.waiting.pop(0)

    def count(self, result: SweepResult) -> SweepResult:
        """Record a result, and report progress."""
        self.rows.append(result.row)
        self.there += result.known
        self._tell()
        return result

    def _task(self, id_: str, source: ScenarioFile) -> PlanTask | None:
        """The task for a scenario; None if its result is known. Raises FlexoptError."""
        try:
            usage_key = key_of_usage(source, self.usage, self.hashed)
        except OSError as error:
            why = f"{error.filename}: cannot be read ({error.strerror})"
            cells = {"scenario": id_, "name": source.scenario.name, "status": "input", "error": why}
            self._at_once(SweepResult(sweep_row(cells), "", None))
            return None
        key = plan_key(source, usage_key)
        row = self.known(id_, key)
        if row is not None:
            self._at_once(SweepResult(row, key, None, known=True))
            return None
        if usage_key in self.unreadable:
            raise self.unreadable[usage_key]
        file = self.shared.file(usage_key)
        if not file.exists():
            # plans are running while a later scenario is read: their phase continues
            progress, self.reading = self.reading, None
            try:
                self.shared.put(usage_key, forecasts_for(source, self.usage, progress, self.memory))
            except FlexoptError as error:
                self.unreadable[usage_key] = error
                raise
        self._tell()  # reading may have shown its own phase
        return PlanTask(id_, source, file, key)

    def _at_once(self, result: SweepResult) -> None:
        if not result.known:
            self.keep(result)
        self.waiting.append(self.count(result))

    def _tell(self) -> None:
        words = [f"{len(self.rows):,} of {len(self.scenarios):,} scenarios"]
        if self.there:
            words.append(f"{self.there:,} from an earlier run")
        planned = [row for row in self.rows if row["status"] in PLANNED]
        if failures := len(self.rows) - len(planned):
            words.append(f"{failures:,} failed")
        if len({row["currency"] for row in planned}) == 1:
            best = min(planned, key=lambda row: Decimal(row["total"] or 0))
            words.append(f"cheapest {best['scenario']}: {Decimal(best['total'] or 0):,} {best['currency']}")
        self.progress("planning", ", ".join(words))
