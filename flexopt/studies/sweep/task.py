"""One scenario of a sweep, planned in whatever process it comes to."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from pathlib import Path

from flexopt.base.errors import FlexoptError
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.records import ScenarioFile
from flexopt.planning.planner import plan
from flexopt.studies.sweep.results import SweepResult, failed_row, planned_row


@dataclass(frozen=True, slots=True)
class PlanTask:
    """A scenario to plan: a task that shares the usage."""

    scenario: str
    """What the sweep calls it."""
    source: ScenarioFile
    shared: Path
    key: str

    def run(self, shared: ForecastCache) -> SweepResult:
        """Plan it; an error of its own must not end the others."""
        # as many scenarios as processors are planned at once: each solver keeps to one
        solver = self.source.scenario.solver.model_copy(update={"threads": 1})
        scenario = self.source.scenario.model_copy(update={"solver": solver})
        try:
            made = plan(replace(self.source, scenario=scenario), shared)
        except FlexoptError as error:
            return self._failed(error)
        except MemoryError:
            return self.lost("out of memory", "plan with fewer processes, or on a larger machine")
        except Exception as error:
            # the place in the program, without values: they may be of people
            last = traceback.extract_tb(error.__traceback__)[-1]
            return self.lost(
                f"unexpected {type(error).__name__} in {Path(last.filename).name}:{last.lineno}",
                "run `flexopt --debug plan` on it alone and report what it prints",
            )
        return SweepResult(planned_row(self.scenario, made.document), self.key, made)

    def lost(self, why: str, hint: str = "") -> SweepResult:
        """What came of it where there is no plan to hope for."""
        return self._failed(FlexoptError(why, hint or "if memory is short, plan with fewer --processes"))

    def _failed(self, error: FlexoptError) -> SweepResult:
        return SweepResult(failed_row(self.scenario, self.source.scenario.name, error), self.key, None)
