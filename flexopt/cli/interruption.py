"""Interruptions: ^C, the end of the terminal, termination by the system."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


@contextmanager
def scratch() -> Iterator[None]:
    """Keep the temporary files of a run in one folder: it goes even if their own removal is interrupted."""
    before, folder = tempfile.tempdir, None
    with suppress(OSError):  # what needs no temporary file runs without
        folder = tempfile.tempdir = tempfile.mkdtemp(prefix="flexopt-")
    try:
        yield
    finally:
        ours = [n for n in signal.valid_signals() if signal.getsignal(n) is _interrupt]
        for number in ours:  # another one must not stop the tidying up
            signal.signal(number, signal.SIG_IGN)
        tempfile.tempdir = before
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        for number in ours:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    raise KeyboardInterrupt
