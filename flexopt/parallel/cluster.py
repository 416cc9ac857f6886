"""Runs tasks on a Dask cluster and collects their results."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import flexopt
from flexopt.base.errors import FlexoptError
from flexopt.parallel.task import ATTEMPTS, Task, load_shared

if TYPE_CHECKING:
    from distributed import Client, Future

R = TypeVar("R")

_alone = threading.Lock()
"""A worker may have several threads, but a solver's output belongs to the whole process."""


def on_cluster(
    tasks: Iterable[Task[R]],
    address: str,
    *,
    patience: float = 10,
    versions: Mapping[str, str] | None = None,
) -> Generator[R, None, None]:
    """Run tasks on the workers of a scheduler; results arrive as they are ready.

    `patience` is the number of seconds to wait for the scheduler, then for a first worker; `versions` are
    those that all its processes must have (as `_versions` gives for this one).
    Raises FlexoptError if the scheduler cannot be reached or is lost, or the workers have other versions.
    """
    try:
        import distributed
    except ImportError:
        raise FlexoptError("a cluster needs the extra `cluster`", "pip install 'flexopt[cluster]'") from None
    with _silent(), _connected(address, patience) as client:
        wanted = versions or _versions()
        _check_versions(client, address, patience, wanted)
        cluster: _Cluster[R] = _Cluster(client, wanted)
        done = distributed.as_completed(loop=client.loop)
        for task in tasks:
            done.add(cluster.submit(task))
            # twice as many as workers: no worker waits for its next task, and the load stays even
            while done.count() >= 2 * len(client.nthreads()) > 0:
                yield from cluster.result(next(done), done.add)
        while done.count():
            yield from cluster.result(next(done), done.add)


@contextmanager
def _silent() -> Iterator[None]:
    """Suppress the tracebacks that Dask logs when a connection is lost; we report the loss ourselves."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _connected(address: str, patience: float) -> Client:
    from distributed import Client

    try:
        return Client(address, timeout=patience, set_as_default=False)
    except (OSError, ValueError) as error:
        raise FlexoptError(
            f"{address}: no Dask scheduler answers at this address ({type(error).__name__})",
            "start one with `dask scheduler`, and give the address it prints (tcp://host:port)",
        ) from None


def _check_versions(client: Client, address: str, patience: float, wanted: Mapping[str, str]) -> None:
    """Raise FlexoptError unless all processes of the cluster have these versions."""
    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError:
        raise FlexoptError(
            f"{address}: the cluster has no workers", f"start some with `dask worker {address} --nthreads 1`"
        ) from None
    hint = "on the cluster: pip install " + " ".join(f"{name}=={number}" for name, number in wanted.items())
    try:
        # the scheduler unpickles what it passes on, and so needs flexopt as the workers do
        theirs = {"the scheduler": client.run_on_scheduler(_versions)}
        theirs |= {f"the worker {worker}": found for worker, found in client.run(_versions).items()}
    except Exception as error:  # Dask passes on any exception that importing flexopt raised there
        raise FlexoptError(
            f"{address}: flexopt does not run on its scheduler or a worker ({error})", hint
        ) from None
    for process, found in sorted(theirs.items()):
        if found != wanted:
            others = ", ".join(f"{name} {number}" for name, number in found.items() if number != wanted[name])
            raise FlexoptError(f"{address}: {process} has {others}, unlike this computer", hint)


def _versions() -> dict[str, str]:
    """Versions of what results depend on, and of what serialises the usage."""
    return {"flexopt": flexopt.__version__, "pulp": version("pulp"), "pandas": version("pandas")}


class _Cluster(Generic[R]):
    """The running tasks."""

    def __init__(self, client: Client, versions: Mapping[str, str]) -> None:
        self.client, self.versions = client, versions
        self.shared: dict[Path, Future[Any]] = {}
        self.running: dict[Hashable, tuple[Task[R], int]] = {}

    def submit(self, task: Task[R], attempt: int = 1) -> Future[R]:
        """Start a task. Its shared value is already on the workers, unless it is the first task to use it."""
        if task.shared not in self.shared:
            while len(self.shared) > 1:  # keep two, as local processes do; running tasks keep theirs
                del self.shared[next(iter(self.shared))]
            # on all workers, so that it survives the loss of any of them
            value = load_shared(task.shared)
            self.shared[task.shared] = self.client.scatter(value, broadcast=True, hash=False)
        future = self.client.submit(_run, task, self.shared[task.shared], self.versions, pure=False)
        self.running[future.key] = task, attempt
        return future

    def result(self, future: Future[R], again: Callable[[Future[R]], None]) -> Iterator[R]:
        """The result of a task that ended; a task lost with its worker is started again instead."""
        task, attempt = self.running.pop(future.key)
        if future.status == "finished":
            yield future.result()
        elif self.client.status != "running":
            raise FlexoptError(
                "the connection to the scheduler was lost",
                "run the same command again once it is back; finished scenarios are kept",
            )
        elif attempt < ATTEMPTS:
            self.shared.pop(task.shared, None)
            again(self.submit(task, attempt + 1))
        else:
            why = f"its worker died {ATTEMPTS} times ({future.status})"
            yield task.lost(why, "give the workers more memory")


def _run(task: Task[R], shared: Any, versions: Mapping[str, str]) -> R:
    """Runs on a worker."""
    if versions != _versions():  # a worker that joined later
        return task.lost("a worker has a different version of flexopt, PuLP or pandas", "update the worker")
    with _alone:
        return task.run(shared)
