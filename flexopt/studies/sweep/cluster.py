"""Scenarios planned on a Dask cluster; the results come back and are written here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import flexopt
from flexopt.base.errors import FlexoptError
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.records import ScenarioFile
from flexopt.parallel.local import ATTEMPTS
from flexopt.studies.sweep.jobs import Job, Made, make, put
from flexopt.studies.sweep.readings import usage_in
from flexopt.studies.sweep.results import Failure, Row

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["on_cluster"]

PATIENCE = 10
"""Seconds to wait for the scheduler, and then for a first worker."""

_alone = threading.Lock()
"""A worker may have several threads; a solver's output is that of the process."""


def on_cluster(jobs: Iterable[Job], address: str) -> Generator[Row, None, None]:
    """Plan on the workers of a scheduler; rows come as they are done.

    Raises FlexoptError if the scheduler cannot be reached, or goes away, or the workers have other versions.
    """
    try:
        import distributed
    except ImportError:
        raise FlexoptError("a cluster needs the extra `cluster`", "pip install 'flexopt[cluster]'") from None
    with _silent(), _connected(address) as client:
        _check_versions(client, address)
        cluster = _Cluster(client)
        done = distributed.as_completed(loop=client.loop)
        for job in jobs:
            done.add(cluster.submit(job))
            # twice as many as workers: none waits for its next, and the load stays even
            while done.count() >= 2 * len(client.nthreads()) > 0:
                yield from cluster.result(next(done), done.add)
        while done.count():
            yield from cluster.result(next(done), done.add)


@contextmanager
def _silent() -> Iterator[None]:
    """Dask logs tracebacks where a connection is lost; what that means for the sweep is said by it."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _connected(address: str) -> Client:
    from distributed import Client

    try:
        return Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise FlexoptError(
            f"{address}: no Dask scheduler answers there ({type(error).__name__})",
            "start one with `dask scheduler`, and give the address it prints (tcp://host:port)",
        ) from None


def _check_versions(client: Client, address: str) -> None:
    """All processes of the cluster have the versions of this one; else FlexoptError."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise FlexoptError(
            f"{address}: the cluster has no workers", f"start some with `dask worker {address} --nthreads 1`"
        ) from None
    wanted = _versions()
    hint = "there: pip install " + " ".join(f"{name}=={number}" for name, number in wanted.items())
    try:
        # the scheduler unpacks what it hands on, and so needs flexopt like the workers
        theirs = {"the scheduler": client.run_on_scheduler(_versions)}
        theirs |= {f"the worker {worker}": found for worker, found in client.run(_versions).items()}
    except Exception as error:  # dask passes on whatever importing flexopt ended with there
        raise FlexoptError(
            f"{address}: flexopt does not run on its scheduler or a worker ({error})", hint
        ) from None
    for process, found in sorted(theirs.items()):
        if found != wanted:
            others = ", ".join(f"{name} {number}" for name, number in found.items() if number != wanted[name])
            raise FlexoptError(f"{address}: {process} has {others}, and this computer another version", hint)


def _versions() -> dict[str, str]:
    """What results depend on, and what the usage is sent in."""
    return {"flexopt": flexopt.__version__, "pulp": version("pulp"), "pandas": version("pandas")}


class _Cluster:
    """The jobs that are under way."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.usage: dict[Path, Future[Made]] = {}
        self.running: dict[Hashable, tuple[Job, int]] = {}

    def submit(self, job: Job, attempt: int = 1) -> Future[Made]:
        """Start a job. Its usage is on the workers already, unless it is the first with this one."""
        if job.usage not in self.usage:
            while len(self.usage) > 1:  # as the processes here do, remember two; running jobs keep theirs
                del self.usage[next(iter(self.usage))]
            # on all workers, so that it outlives each of them
            self.usage[job.usage] = self.client.scatter(usage_in(job.usage), broadcast=True, hash=False)
        future = self.client.submit(_plan, job.source, self.usage[job.usage], _versions(), pure=False)
        self.running[future.key] = job, attempt
        return future

    def result(self, future: Future[Made], again: Callable[[Future[Made]], None]) -> Iterator[Row]:
        """The row of a job that ended; a job that was lost with its worker is started again instead."""
        job, attempt = self.running.pop(future.key)
        if future.status == "finished":
            made: Made = future.result()
            yield put(job, made)
        elif self.client.status != "running":
            raise FlexoptError(
                "the scheduler went away", "the same command goes on once it is back; what was done is kept"
            )
        elif attempt < ATTEMPTS:
            self.usage.pop(job.usage, None)
            again(self.submit(job, attempt + 1))
        else:
            why = f"its worker died {ATTEMPTS} times ({future.status})"
            yield put(job, Failure("failed", why, "give the workers more memory"))


def _plan(source: ScenarioFile, usage: ForecastCache, versions: Mapping[str, str]) -> Made:
    """What runs on a worker."""
    if versions != _versions():  # a worker that came later
        return Failure("failed", "a worker has another version of flexopt, PuLP or pandas", "renew it")
    with _alone:
        return make(source, usage)
