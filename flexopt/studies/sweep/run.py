"""Many scenarios in one go: what is there already, what is to be done, and the table over all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pandas as pd

from flexopt.base.errors import FlexoptError
from flexopt.inputs.scenario.load import load_scenario
from flexopt.parallel.local import in_processes, in_this_process
from flexopt.planning.planner import Progress
from flexopt.studies.sweep.jobs import Job, job_key, names_of
from flexopt.studies.sweep.readings import Readings
from flexopt.studies.sweep.results import (
    COLUMNS,
    PLANNED,
    Failure,
    Row,
    check_folder,
    keep,
    kept,
    write_table,
)

__all__ = ["Sweep", "sweep"]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What came of a sweep."""

    folder: Path
    """With sweep.csv, sweep.json and for every scenario its plan (`NAME.plan`)."""
    rows: tuple[Row, ...]
    """A row per scenario in the order given, with the columns of sweep.csv; decimals as text."""
    kept: int
    """Scenarios that were not planned again: their results were there, from the same inputs."""
    readings: int
    """How often usage was read."""

    @property
    def failed(self) -> tuple[Row, ...]:
        """Rows of the scenarios without a plan; `error` and `hint` say why."""
        return tuple(row for row in self.rows if row["status"] not in PLANNED)

    @property
    def frame(self) -> pd.DataFrame:
        """The rows: money and gap are Decimal, counts int, the rest str; None where a cell is empty."""
        cells = [
            [Decimal(v) if COLUMNS[c] is Decimal and v is not None else v for c, v in row.items()]
            for row in self.rows
        ]
        return pd.DataFrame(cells, columns=list(COLUMNS), dtype=object)


def sweep(
    scenarios: Iterable[str | Path],
    folder: str | Path,
    *,
    processes: int | None = None,
    cluster: str | None = None,
    on_progress: Progress | None = None,
) -> Sweep:
    """Plan many scenarios; usage is read once for all that agree in it.

    Every result is in the folder as soon as it is known. Called again, only what is missing or has other
    inputs is planned. A scenario that fails has a row that says so; the others are planned.

    Parameters
    ----------
    scenarios
        Paths of scenarios; one that is given twice is planned once.
    folder
        New, empty, or of an earlier sweep.
    processes
        How many scenarios are planned at once on this computer; with 1 in this process. None: as many as
        there are processors. Every solver keeps to one thread, whatever `solver.threads` says.
    cluster
        Address of a Dask scheduler (`tcp://host:port`), to plan there instead: needs `flexopt[cluster]`, and
        the same versions on its workers. The usage goes to them.
    on_progress
        Called with a phase and what is known of it, as in `plan`.

    Raises
    ------
    FlexoptError
        The folder is something else, or the cluster cannot be used.
    """
    tell = on_progress or (lambda phase, size: None)
    names = names_of(Path(path) for path in scenarios)
    folder = Path(folder)
    check_folder(folder)
    if cluster is None and processes is None:
        processes = os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="flexopt-") as temporary:
        work = Path(temporary)
        todo = _Todo(names, folder, Readings(work, tell), tell)
        if cluster is not None:
            from flexopt.studies.sweep.cluster import on_cluster

            results = on_cluster(todo.jobs(), cluster)
        elif processes == 1:
            results = in_this_process(todo.jobs())
        else:
            results = in_processes(todo.jobs(), processes or 1, work)
        try:
            with closing(results):
                for row in results:
                    todo.done(row)
        finally:
            rows = tuple(todo.rows[name] for name in dict.fromkeys(names.values()) if name in todo.rows)
            if rows:
                write_table(folder, rows)
    return Sweep(folder, rows, todo.kept, todo.readings.count)


class _Todo:
    """The scenarios, one after the other: those that need no planning are done at once."""

    def __init__(self, names: dict[Path, str], folder: Path, readings: Readings, tell: Progress) -> None:
        self.names, self.folder, self.readings, self.tell = names, folder, readings, tell
        self.paths = {name: path for path, name in reversed(names.items())}
        self.rows: dict[str, Row] = {}
        self.kept = 0

    def jobs(self) -> Iterator[Job]:
        """What is to be planned; each scenario is read when a processor is about to be free for it."""
        for name in dict.fromkeys(self.names.values()):
            job = self._job(name, self.paths[name])
            if job is not None:
                yield job

    def _job(self, name: str, path: Path) -> Job | None:
        try:
            source = load_scenario(path)
        except FlexoptError as error:
            self.done(keep(self.folder, name, "", "", Failure.of(error)))
            return None
        try:
            reading = self.readings.key_of(source)
        except OSError as error:
            why = Failure("input", f"{error.filename}: cannot be read ({error.strerror})")
            self.done(keep(self.folder, name, "", source.scenario.name, why))
            return None
        key = job_key(source, reading)
        row = kept(self.folder, name, key)
        if row is not None:
            self.kept += 1
            self.done(row)
            return None
        job = Job(name, source, self.readings.file(source, reading), self.folder, key)
        self._tell()  # reading may have had its own phase
        return job

    def done(self, row: Row) -> None:
        """Take a result, and tell how far the sweep is."""
        self.rows[str(row["scenario"])] = row
        self._tell()

    def _tell(self) -> None:
        words = [f"{len(self.rows):,} of {len({*self.names.values()}):,} scenarios"]
        if self.kept:
            words.append(f"{self.kept:,} there already")
        if failures := sum(row["status"] not in PLANNED for row in self.rows.values()):
            words.append(f"{failures:,} failed")
        planned = [row for row in self.rows.values() if row["status"] in PLANNED]
        if len({row["currency"] for row in planned}) == 1:
            best = min(planned, key=lambda row: Decimal(row["total"] or 0))
            words.append(f"cheapest {best['scenario']}: {Decimal(best['total'] or 0):,} {best['currency']}")
        self.tell("planning", ", ".join(words))
