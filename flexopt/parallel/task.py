"""Tasks that run in parallel, and the values that several of them share."""

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
"""Times a task is tried when its process dies; then it is lost."""


class Task(Protocol[R_co]):
    """A task is pickled to another process, and its result is pickled back."""

    @property
    def shared(self) -> Path:
        """File of the value that it shares with other tasks, written by `SharedValues`."""

    def run(self, shared: Any) -> R_co:
        """Run the task; `shared` is the value in its file."""

    def lost(self, why: str, hint: str = "") -> R_co:
        """The result if every process that tried has died; without a hint the task supplies one."""


class SharedValues:
    """Values by key, in files of a temporary folder instead of memory: there may be many large ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, key: str) -> Path:
        """Where the value with this key is stored by `put`."""
        return self.folder / f"{key}.shared"

    def put(self, key: str, value: object) -> Path:
        """Store a value, replacing any earlier one."""
        self.file(key).write_bytes(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
        return self.file(key)


@contextmanager
def shared_values() -> Iterator[SharedValues]:
    """A temporary folder for what tasks share, and for temporary files of their processes."""
    with tempfile.TemporaryDirectory(prefix="flexopt-") as folder:
        yield SharedValues(Path(folder))


@lru_cache(maxsize=2)
def load_shared(file: Path) -> Any:
    """A value stored by `SharedValues`. The last two stay in memory, as most tasks share one.

    So does anything a value caches, once in each process.
    """
    return pickle.loads(file.read_bytes())
