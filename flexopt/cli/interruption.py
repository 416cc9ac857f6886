"""Interruptions: ^C, the end of the terminal, termination by the system."""

from __future__ import annotations

import signal
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


def _interrupt(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    raise KeyboardInterrupt
