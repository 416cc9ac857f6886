"""What is done side by side: tasks, and the values that several of them share."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

R_co = TypeVar("R_co", covariant=True)

ATTEMPTS = 3
"""So often a task is done anew when its process dies; then it is lost."""


class Task(Protocol[R_co]):
    """A task goes to another process pickled, and what came of it comes back so."""

    @property
    def shared(self) -> Path:
        """File of the value that it shares with other tasks: `SharedValues` wrote it."""

    def run(self, shared: Any) -> R_co:
        """Do it."""

    def lost(self, why: str, hint: str = "") -> R_co:
        """What came of it where every process that tried has died; without a hint the task knows one."""


class SharedValues:
    """Values by key, in files of a temporary folder and not in memory: there may be many large ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, key: str) -> Path:
        """Where the value with this key is, once it was put there."""
        return self.folder / f"{key}.shared"

    def put(self, key: str, value: object) -> Path:
        """Put a value there, in place of what was there before."""
        self.file(key).write_bytes(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
        return self.file(key)


@contextmanager
def shared_values() -> Iterator[SharedValues]:
    """A temporary folder for what tasks share, and for what their processes write on the way."""
    with tempfile.TemporaryDirectory(prefix="flexopt-") as folder:
        yield SharedValues(Path(folder))


@lru_cache(maxsize=2)
def load_shared(file: Path) -> Any:
    """A value that `SharedValues` put there. The last two stay in memory: most tasks share one.

    So does whatever a value remembers, once in each process.
    """
    return pickle.loads(file.read_bytes())
