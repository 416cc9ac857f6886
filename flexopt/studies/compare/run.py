"""From several scenarios to a comparison: one reading of usage, a plan for each, what sets them apart."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flexopt.inputs.records import ScenarioFile
from flexopt.planning.planner import Clock, Plan, Progress, finish
from flexopt.studies.compare.drivers import drivers
from flexopt.studies.compare.regret import regrets
from flexopt.studies.compare.solving import solve_all
from flexopt.studies.compare.sources import one_reading, sources_of
from flexopt.studies.compare.table import make_comparison

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True)
class Comparison:
    """Plans of quotes and what sets them apart. `document` is comparison.json."""

    document: Mapping[str, Any]
    plans: Mapping[str, Plan]
    """By id of the scenario, in the order given; each document has the comparison as one more key."""
    seconds: Mapping[str, float]
    """Seconds by phase."""

    def save(self, folder: str | Path) -> Path:
        """Write comparison.json and a plan folder `ID.plan` for each scenario, all of it or nothing."""
        from flexopt.store.comparison_folder import write_comparison

        documents = {id_: plan.document for id_, plan in self.plans.items()}
        return write_comparison(self.document, documents, Path(folder))


def compare(
    scenarios: Sequence[ScenarioFile | str | Path],
    *,
    baselines: bool = False,
    processes: int | None = None,
    on_progress: Progress | None = None,
    memory: str | None = None,
) -> Comparison:
    """Optimise every scenario anew and say what sets their plans apart; the first is the baseline.

    Parameters
    ----------
    scenarios
        What `load_scenario` returned, or paths: at least two, of one currency, one horizon and one usage.
    baselines
        Price also what else could be decided in each (all named, all Flex, ...), as `plan` does.
    processes
        How many scenarios are solved at once; with 1 in this process. None: as many as there are processors.
    on_progress
        Called with a phase and the scenario it is at, as in `plan`.
    memory
        "4GB": what reading usage may hold in memory, the rest goes to the temporary folder.

    Raises
    ------
    FlexoptError
        The scenarios cannot be compared, or one of them has no plan: as `plan` raises it, with its id.

    Source: docs/outputs.md has the meaning of every figure.
    """
    tell, clock = on_progress or (lambda phase, size: None), Clock()
    sources = sources_of(scenarios)
    forecasts = one_reading(sources, tell, memory)
    clock.lap("reading usage")
    processes = min(processes or os.cpu_count() or 1, len(sources))
    solved = solve_all(sources, forecasts, tell, processes, baselines=baselines)
    clock.lap("solving")
    solved, regret, notes = regrets(solved, tell)
    clock.lap("regret")
    plans: dict[str, Plan] = {}
    for id_, found in solved.items():
        where = f"{len(plans) + 1} of {len(solved)}, {id_}"
        tell("auditing", where)
        plans[id_] = finish(found, lambda *_: None, Clock())
    clock.lap("audit")
    first, *others = solved.values()
    split = {id_: drivers(first, other) for id_, other in zip(list(solved)[1:], others, strict=True)}
    comparison = make_comparison(plans, regret, notes, split)
    document = {"schema": "flexopt.comparison/1", **comparison}
    plans = {
        i: replace(plan, document={**plan.document, "comparison": comparison}) for i, plan in plans.items()
    }
    return Comparison(document, plans, clock.seconds)
