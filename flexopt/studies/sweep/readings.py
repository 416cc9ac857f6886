"""Usage, read once for all scenarios that agree in it, and kept in a file for the processes that plan."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.records import ScenarioFile
from flexopt.inputs.usage import read_usage
from flexopt.inputs.usage.containers import sha256
from flexopt.inputs.usage.read import usage_key
from flexopt.planning.planner import Progress, tell_files

__all__ = ["Readings", "usage_in"]


class Readings:
    """Usage by what its reading depends on; in files of `folder`, not in memory."""

    def __init__(self, folder: Path, tell: Progress) -> None:
        self.folder, self.tell = folder, tell
        self.count = 0
        """Readings made so far."""
        self.key_of: Callable[[ScenarioFile], str] = lambda source: usage_key(source, self._hash)
        self._hash = cache(sha256)  # the same files come with every scenario

    def file(self, source: ScenarioFile, key: str) -> Path:
        """The file with the usage of the scenario, read if no scenario before had the same reading."""
        path = self.folder / f"{key}.usage"
        if not path.exists():
            # plans are under way when a later one is read: their phase goes on
            on_file = None if self.count else tell_files(self.tell, len(source.usage_files))
            usage = read_usage(source.usage_files, source.scenario, source.path.parent, on_file)
            self.count += 1
            path.write_bytes(pickle.dumps(usage, pickle.HIGHEST_PROTOCOL))
        return path


@lru_cache(maxsize=2)
def usage_in(file: Path) -> ForecastCache:
    """The usage that `Readings` put there. The last two stay in memory: most scenarios share one.

    So do the demands forecast from it, once in each process.
    """
    return ForecastCache(pickle.loads(file.read_bytes()))
