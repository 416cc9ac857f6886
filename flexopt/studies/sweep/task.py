"""One scenario of a sweep, planned in any process."""

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
    """The scenario's name in the sweep."""
    source: ScenarioFile
    shared: Path
    key: str

    def run(self, shared: ForecastCache) -> SweepResult:
        """Plan it; an error must not stop the others."""
        # one scenario per processor is planned at a time, so each solver gets one thread
        solver = self.source.scenario.solver.model_copy(update={"threads": 1})
        scenario = self.source.scenario.model_copy(update={"solver": solver})
        try:
            made = plan(replace(self.source, scenario=scenario), shared)
        except FlexoptError as error:
            return self._failed(error)
        except MemoryError:
            return self.lost("out of memory", "plan with fewer processes, or on a larger machine")
        except Exception as error:
            # the place in the program, without values, which may be personal data
            last = traceback.extract_tb(error.__traceback__)[-1]
            return self.lost(
                f"unexpected {type(error).__name__} in {Path(last.filename).name}:{last.lineno}",
                "run `flexopt --debug plan` on this scenario alone and report the output",
            )
        return SweepResult(planned_row(self.scenario, made.document), self.key, made)

    def lost(self, why: str, hint: str = "") -> SweepResult:
        """The result of a scenario that cannot be planned."""
        return self._failed(FlexoptError(why, hint or "if memory is short, plan with fewer --processes"))

    def _failed(self, error: FlexoptError) -> SweepResult:
        return SweepResult(failed_row(self.scenario, self.source.scenario.name, error), self.key, None)
