"""The time limit of a search, and where its seconds went."""

from __future__ import annotations

import time
from collections import defaultdict


class Stopwatch:
    """Starts when created; the limit is in seconds."""

    def __init__(self, limit: float) -> None:
        self.limit, self.lapped = limit, time.monotonic()
        self.deadline = self.lapped + limit
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def left(self) -> float:
        """Seconds to the limit."""
        return self.deadline - time.monotonic()

    def lap(self, phase: str) -> None:
        """Count the seconds since the last lap towards this phase."""
        now = time.monotonic()
        self.seconds[phase] += now - self.lapped
        self.lapped = now
