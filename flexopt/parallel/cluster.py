"""Tasks done on a Dask cluster; their results come back here."""

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
"""A worker may have several threads; a solver's output is that of the process."""


def on_cluster(
    tasks: Iterable[Task[R]],
    address: str,
    *,
    patience: float = 10,
    versions: Mapping[str, str] | None = None,
) -> Generator[R, None, None]:
    """Do them on the workers of a scheduler; results come as they are done.

    `patience` is how many seconds to wait for the scheduler, and then for a first worker; `versions` what all
    its processes must have (as `_versions` says of this one).
    Raises FlexoptError if the scheduler cannot be reached, or goes away, or the workers have other versions.
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
            # twice as many as workers: none waits for its next, and the load stays even
            while done.count() >= 2 * len(client.nthreads()) > 0:
                yield from cluster.result(next(done), done.add)
        while done.count():
            yield from cluster.result(next(done), done.add)


@contextmanager
def _silent() -> Iterator[None]:
    """Dask logs tracebacks where a connection is lost; what that means is said here."""
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
            f"{address}: no Dask scheduler answers there ({type(error).__name__})",
            "start one with `dask scheduler`, and give the address it prints (tcp://host:port)",
        ) from None


def _check_versions(client: Client, address: str, patience: float, wanted: Mapping[str, str]) -> None:
    """All processes of the cluster have these versions; else FlexoptError."""
    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError:
        raise FlexoptError(
            f"{address}: the cluster has no workers", f"start some with `dask worker {address} --nthreads 1`"
        ) from None
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


class _Cluster(Generic[R]):
    """The tasks that are under way."""

    def __init__(self, client: Client, versions: Mapping[str, str]) -> None:
        self.client, self.versions = client, versions
        self.shared: dict[Path, Future[Any]] = {}
        self.running: dict[Hashable, tuple[Task[R], int]] = {}

    def submit(self, task: Task[R], attempt: int = 1) -> Future[R]:
        """Start a task. What it shares is on the workers already, unless it is the first with this value."""
        if task.shared not in self.shared:
            while len(self.shared) > 1:  # as the processes here do, remember two; running tasks keep theirs
                del self.shared[next(iter(self.shared))]
            # on all workers, so that it outlives each of them
            value = load_shared(task.shared)
            self.shared[task.shared] = self.client.scatter(value, broadcast=True, hash=False)
        future = self.client.submit(_run, task, self.shared[task.shared], self.versions, pure=False)
        self.running[future.key] = task, attempt
        return future

    def result(self, future: Future[R], again: Callable[[Future[R]], None]) -> Iterator[R]:
        """What came of a task that ended; one that was lost with its worker is started again instead."""
        task, attempt = self.running.pop(future.key)
        if future.status == "finished":
            yield future.result()
        elif self.client.status != "running":
            raise FlexoptError(
                "the scheduler went away", "the same command goes on once it is back; what was done is kept"
            )
        elif attempt < ATTEMPTS:
            self.shared.pop(task.shared, None)
            again(self.submit(task, attempt + 1))
        else:
            why = f"its worker died {ATTEMPTS} times ({future.status})"
            yield task.lost(why, "give the workers more memory")


def _run(task: Task[R], shared: Any, versions: Mapping[str, str]) -> R:
    """What runs on a worker."""
    if versions != _versions():  # a worker that came later
        return task.lost("a worker has another version of flexopt, PuLP or pandas", "renew it")
    with _alone:
        return task.run(shared)
