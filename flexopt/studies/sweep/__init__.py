"""Many scenarios in one go: usage read once, plans made side by side, a row of a table for each."""

from __future__ import annotations

from flexopt.studies.sweep.results import Sweep, SweepResult
from flexopt.studies.sweep.run import sweep, sweep_each

__all__ = ["Sweep", "SweepResult", "sweep", "sweep_each"]
