"""Interruptions: ^C, the end of the terminal, termination by the system."""

from __future__ import annotations

import atexit
import shutil
import signal
import tempfile
from contextlib import suppress
from types import FrameType

_received: list[int] = []


def end_tidily() -> None:
    """Treat termination by the system, or with the terminal, as an interruption like ^C."""
    _received.clear()
    for name, default in (
        ("SIGINT", signal.default_int_handler),
        ("SIGTERM", signal.SIG_DFL),
        ("SIGHUP", signal.SIG_DFL),  # Windows has none; `nohup` ignores it
    ):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is default:
            signal.signal(number, _interrupt)


def raise_if_interrupted() -> None:
    """Raises KeyboardInterrupt again if a library has swallowed it: PuLP has a bare `except`."""
    if _received:
        raise KeyboardInterrupt


def keep_temporary_files_together() -> None:
    """One folder for the temporary files of a run, removed at its very end, even if one's own removal of a
    file was interrupted. Called before the libraries are imported: what they remove at exit goes first.
    """
    with suppress(OSError):  # what needs no temporary file runs without
        folder = tempfile.tempdir = tempfile.mkdtemp(prefix="flexopt-")
        atexit.register(_remove, folder)


def _remove(folder: str) -> None:
    for number in signal.valid_signals():  # another interruption must not stop the tidying up
        if signal.getsignal(number) is _interrupt:
            signal.signal(number, signal.SIG_IGN)
    shutil.rmtree(folder, ignore_errors=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    raise KeyboardInterrupt
