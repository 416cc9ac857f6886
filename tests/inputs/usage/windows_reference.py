"""The 24-hour windows of one user and product, slowly and obviously."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

Session = tuple[datetime, datetime | None]
WINDOW = timedelta(hours=24)
FREE = timedelta(minutes=5)


def charged_days(sessions: Sequence[Session]) -> list[date]:
    """The days on which windows start: walk through the moments at which a window may start, in order."""
    used = sorted((start, end or start) for start, end in sessions if end is None or end - start >= FREE)
    windows: list[datetime] = []
    for start, _ in used:
        # windows that roll on because somebody is still at work, up to this launch
        while windows and windows[-1] + WINDOW <= start and _at_work(used, windows[-1] + WINDOW):
            windows.append(windows[-1] + WINDOW)
        if not windows or start >= windows[-1] + WINDOW:
            windows.append(start)
    while windows and _at_work(used, windows[-1] + WINDOW):
        windows.append(windows[-1] + WINDOW)
    return sorted({w.date() for w in windows})


def _at_work(used: Sequence[tuple[datetime, datetime]], moment: datetime) -> bool:
    return any(start < moment < end for start, end in used)
