"""Writes files whole or not at all, and lets writers in one folder take turns."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def write_whole(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write a file beside its place, then move it there in one step; `mode` replaces the default permissions.

    A symbolic link keeps pointing at the file. Raises OSError, leaving an existing file unchanged.
    """
    place = path.resolve()
    if mode is None:
        usual = os.umask(0)
        os.umask(usual)
        mode = 0o666 & ~usual
    handle, draft = tempfile.mkstemp(prefix=f".{place.name[:100]}.new-", dir=place.parent)  # private
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(mode)
        Path(draft).replace(place)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise


@contextmanager
def folder_lock(folder: Path) -> Iterator[bool]:
    """Wait for a turn to change names in a folder; False if the system cannot take turns.

    The lock is on the folder itself and ends with the process, however it ends: nothing is left behind.
    """
    try:
        import fcntl
    except ImportError:
        yield False
        return
    handle = -1
    try:
        try:
            handle = os.open(folder, os.O_RDONLY)
            fcntl.flock(handle, fcntl.LOCK_EX)
            locked = True
        except OSError:  # a network file system without locks, or an unreadable folder
            locked = False
        yield locked
    finally:
        if handle >= 0:
            os.close(handle)
