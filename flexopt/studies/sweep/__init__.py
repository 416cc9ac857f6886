"""Many scenarios in parallel: usage read once, a plan and a row of a table for each."""

from __future__ import annotations

from flexopt.studies.sweep.results import Sweep, SweepResult
from flexopt.studies.sweep.run import sweep, sweep_each

__all__ = ["Sweep", "SweepResult", "sweep", "sweep_each"]
