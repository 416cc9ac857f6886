"""From several scenarios to a comparison: usage read once, a plan for each, and why they differ."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from flexopt.base.errors import FlexoptError
from flexopt.planning.arguments import Progress, ScenarioLike, UsageLike, scenarios_of
from flexopt.planning.planner import Clock, Plan, finish
from flexopt.planning.quotes import quotes_of, usage_by_quote
from flexopt.store.study_parts import ComparisonDocument
from flexopt.studies.compare.drivers import drivers
from flexopt.studies.compare.regret import regrets
from flexopt.studies.compare.solving import solve_all
from flexopt.studies.compare.table import make_comparison


@dataclass(frozen=True)
class Comparison:
    """Plans of quotes and why they differ. `document` is comparison.json."""

    document: ComparisonDocument
    plans: Mapping[str, Plan]
    """By id of the scenario, in the order given; each document also has the key `comparison`."""
    seconds: Mapping[str, float]
    """Seconds by phase."""

    @property
    def cheapest(self) -> str:
        """Id of the scenario whose plan costs least."""
        return self.document.cheapest

    @property
    def totals(self) -> pd.Series[Any]:
        """The total of each plan by id: Decimal, in the currency of the scenarios."""
        return pd.Series({s.id: s.total for s in self.document.scenarios}, dtype=object)

    @property
    def regret(self) -> pd.DataFrame:
        """Plan kept (rows) by quote signed (columns): Decimal, the extra cost over the quote's own plan.

        None if the plan is not possible under the quote: `document.notes` says why.
        """
        return pd.DataFrame(
            self.document.regret, index=list(self.plans), columns=list(self.plans), dtype=object
        )

    def save(self, folder: str | Path) -> Path:
        """Write comparison.json and a plan folder `ID.plan` for each scenario, all or nothing."""
        from flexopt.store.comparison_folder import write_comparison

        documents = {id_: plan.document for id_, plan in self.plans.items()}
        return write_comparison(self.document, documents, Path(folder))


def compare(
    scenarios: Iterable[ScenarioLike],
    usage: UsageLike | None = None,
    *,
    baselines: bool = False,
    processes: int | None = None,
    on_progress: Progress | None = None,
    memory: str | None = None,
) -> Comparison:
    """Optimise every scenario separately and explain how their plans differ; the first is the baseline.

    Parameters
    ----------
    scenarios
        What `load_scenario` or `make_scenario` returned, or paths: at least two, with the same currency,
        horizon and usage.
    usage
        Usage for all of them instead of their files, as for `plan`.
    baselines
        Also price the baselines of each (all named, all Flex, ...), as `plan` does.
    processes
        How many scenarios are solved in parallel; 1: in this process. None: the number of processors.
    on_progress, memory
        As for `plan`.

    Returns
    -------
    Comparison
        The plans, their totals and regret, and the drivers of the differences; money in their currency.

    Raises
    ------
    FlexoptError
        The scenarios cannot be compared, or one has no plan: the error of `plan`, with the scenario's id.

    Examples
    --------
    >>> found = compare(["quotes/low.yaml", "quotes/high.yaml"])  # doctest: +SKIP
    >>> found.cheapest, found.regret  # doctest: +SKIP

    docs/outputs.md has the meaning of every figure.
    """
    tell, clock = on_progress or (lambda phase, size: None), Clock()
    given = scenarios_of(scenarios)
    if len(given) < 2:
        raise FlexoptError(
            "a comparison needs at least two scenarios", "name the baseline first, then the others"
        )
    sources = quotes_of(given)
    forecasts = usage_by_quote(sources, usage, tell, memory)
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
    document = ComparisonDocument.model_construct(**dict(comparison))
    plans = {
        i: replace(plan, document=plan.document.model_copy(update={"comparison": comparison}))
        for i, plan in plans.items()
    }
    return Comparison(document, plans, clock.seconds)
