"""Processes on this computer, each with one task at a time."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import IO, Generic, TypeVar, cast

from flexopt.parallel.task import ATTEMPTS, Task, load_shared

R = TypeVar("R")

GRACE = 5
"""Seconds a process has to clean up when it is asked to end."""


def in_this_process(tasks: Iterable[Task[R]]) -> Generator[R, None, None]:
    """Run tasks one after another."""
    for task in tasks:
        yield task.run(load_shared(task.shared))


def in_processes(
    tasks: Iterable[Task[R]], processes: int, work: Path, keep: Callable[[R], None] = lambda result: None
) -> Generator[R, None, None]:
    """Run tasks in that many processes; results arrive as they are ready. Temporary files go into `work`.

    `keep` is called with each result at once, in a thread: preparation of the next task may still be running,
    and may fail or be interrupted.
    """
    workers: _Workers[R] = _Workers(work)

    def do(task: Task[R]) -> R:
        result = workers.do(task)
        keep(result)
        return result

    threads = ThreadPoolExecutor(processes)  # each thread has a process and waits for it
    running: set[Future[R]] = set()
    try:
        for task in tasks:
            running.add(threads.submit(do, task))
            while len(running) > processes:  # one task is queued, so that no process is idle
                done, running = _some(running)
                yield from (future.result() for future in done)
        while running:
            done, running = _some(running)
            yield from (future.result() for future in done)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        workers.end()
        threads.shutdown()


def _some(running: set[Future[R]]) -> tuple[set[Future[R]], set[Future[R]]]:
    # an endless wait would ignore ^C on Windows
    done, rest = wait(running, timeout=1, return_when=FIRST_COMPLETED)
    return done, rest


class _Workers(Generic[R]):
    """The processes: one for each thread that has tasks."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.mine = threading.local()
        self.all: list[_Process] = []
        self.ended = False
        self.lock = threading.Lock()

    def do(self, task: Task[R]) -> R:
        """Run the task in this thread's process; if that dies, in a new one."""
        code: int | None = None
        for _ in range(ATTEMPTS):
            process = self._process()
            try:
                result: R = process.ask(task)
            except (EOFError, OSError, pickle.UnpicklingError):
                code = process.end(0)  # its solver may still be running
                self.mine.process = None
                with self.lock:
                    self.all.remove(process)
            else:
                return result
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return task.lost(f"its process died {ATTEMPTS} times ({how})")

    def _process(self) -> _Process:
        process: _Process | None = getattr(self.mine, "process", None)
        if process is None:
            with self.lock:
                if self.ended:
                    raise InterruptedError("all processes were stopped")
                process = self.mine.process = _Process(self.work)
                self.all.append(process)
        return process

    def end(self) -> None:
        """End all processes and their solvers; no thread may start another one."""
        with self.lock:
            self.ended, processes = True, [*self.all]
        for process in processes:
            process.signal(signal.SIGTERM)
        for process in processes:
            process.end(GRACE)


class _Process:
    """A process of `worker.py`; on POSIX systems it leads a group that includes its solver."""

    def __init__(self, work: Path) -> None:
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(work))
        # the modules of this process, wherever they are; -P: no modules from the current folder
        path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        self.popen = subprocess.Popen(
            [sys.executable, "-P", "-m", "flexopt.parallel.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | temporary | {"PYTHONPATH": path},
            # only this process receives ^C, and a worker can be ended together with its solver
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )

    def ask(self, task: Task[R]) -> R:
        """Run a task. Raises EOFError, OSError or UnpicklingError if the process dies."""
        to, from_ = cast("IO[bytes]", self.popen.stdin), cast("IO[bytes]", self.popen.stdout)
        pickle.dump(task, to)
        to.flush()
        result: R = pickle.load(from_)
        return result

    def signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self.popen.pid, number)
            else:
                self.popen.kill()

    def end(self, grace: float) -> int:
        """Wait `grace` seconds, then kill; returns the exit code."""
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(grace)
        self.signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        code = self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout):
            with suppress(OSError):
                cast("IO[bytes]", pipe).close()
        return code
