"""Progress on stderr while a person waits: the phase, its size, the time it has taken."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from flexopt.planner import Progress

__all__ = ["progress"]


@contextmanager
def progress(limit: float | None = None) -> Iterator[Progress]:
    """Show phases on a terminal, nothing elsewhere; `limit` is the solver's, in seconds."""
    if not sys.stderr.isatty():
        yield lambda phase, size: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    bars = Bars(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[limit]}"),
        console=Console(stderr=True),
        transient=True,
    )
    current = None

    def tell(phase: str, size: str) -> None:
        nonlocal current
        if current is not None:
            bars.remove_task(current)
        solving = limit is not None and phase in ("solving", "comparing")
        current = bars.add_task(
            f"{phase} {size}".strip(), total=None, limit=f"/ {limit:g} s at most" if solving else ""
        )

    with bars:
        yield tell
