"""A plan held against its inputs: their hashes, the audit with the demand, and the plan made again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from flexopt.audit import audit
from flexopt.audit.alone import UNREADABLE
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.records import ScenarioFile
from flexopt.inputs.usage.sources import usage_sources
from flexopt.planning.arguments import (
    Progress,
    ScenarioLike,
    UsageLike,
    completed,
    forecasts_for,
    scenario_of,
)
from flexopt.planning.document import inputs_of
from flexopt.planning.planner import plan
from flexopt.store.plan import InputFile, PlanDocument
from flexopt.store.study_parts import SensitivityPart
from flexopt.studies.review import review
from flexopt.studies.sensitivity import sensitivity
from flexopt.studies.verify.check import Check, checked, not_possible
from flexopt.studies.verify.differences import differences, different

PARTS = {
    "version": ("schema", "flexopt"),
    "scenario and holdings": ("name", "currency", "horizon", "scenario", "holdings"),
    "history, coverage and what is left out": ("history", "coverage", "left_out"),
    "findings": ("findings",),
    "status, total and summary": ("status", "total", "summary"),
    "baselines": ("baselines",),
    "proof and marginal prices": ("proof",),
    "access, alternatives, segments and reasons": ("assignment",),
    "review": ("review",),
}
"""Keys of plan.json by the check that compares them with a new plan; `bill` has all others."""

BILL = "seats, packs, ledger and charges"

SEARCHED = (
    "status, total and summary",
    "baselines",
    "proof and marginal prices",
    "access, alternatives, segments and reasons",
    "review",
    BILL,
)
"""Checks of what a search decides, which may end elsewhere if a limit stops it."""


NEAR = 0.1
"""Share of the time limit beyond which another computer may have been stopped by it."""


def input_checks(
    document: PlanDocument,
    scenario: ScenarioLike,
    usage: UsageLike | None,
    on_progress: Progress | None,
    memory: str | None,
) -> Iterator[Check]:
    """Checks of everything that follows from the scenario and its usage."""
    source = scenario_of(scenario)
    tell = on_progress or (lambda phase, size: None)
    if usage is not None:  # usage from Python may have files of its own
        forecasts = forecasts_for(source, usage, tell, memory)
        sources = list(forecasts.usage.sources)
    else:
        sources = usage_sources(source)
    other = _other_inputs(document.inputs, inputs_of(source, sources))
    yield checked("hashes of the inputs", other)
    if other:
        yield not_possible("replay and claims", "the inputs are not those that the plan was made from")
        return
    if usage is None:
        forecasts = forecasts_for(source, None, tell, memory, token_days=document.review is not None)
    whole = completed(source, forecasts.usage)
    demand = forecasts.of(whole.scenario, whole.people)
    if document.review is None:
        made = plan(source, forecasts, on_progress=on_progress, memory=memory)
    else:
        # an option of the command, which is in the scenario of its plan
        least = document.scenario.policy.min_saving.move
        made = review(source, forecasts, min_saving=least, on_progress=on_progress, memory=memory).plan
    again = made.document
    tell("auditing", "")
    if document.charge_rows is None:  # a single file has only their hash
        document = document.with_charge_rows(again.charge_rows or document.assignment)
    try:
        failures = audit(document, whole.scenario, whole.holdings, demand, whole.access)
    except UNREADABLE:
        failures = ["the rows do not fit the scenario and its usage"]
    yield checked("replay of every day, and the bill", failures)
    took = sum(
        seconds for phase, seconds in made.seconds.items() if phase not in ("reading usage", "forecast")
    )
    limit = float(whole.scenario.solver.time_limit)
    yield from compared(document, again, near_limit=took > NEAR * limit)
    if document.comparison is not None:
        yield not_possible("comparison, made again", "it also needs the other scenarios")
    if document.sensitivity is not None:
        study = _sensitivity(document.sensitivity, source, forecasts, on_progress)
        yield checked("sensitivity, made again", study)


def _sensitivity(
    said: SensitivityPart, source: ScenarioFile, forecasts: ForecastCache, on_progress: Progress | None
) -> list[str]:
    """Where the study differs from one made now with the same levers, step and grids."""
    found = sensitivity(
        source,
        forecasts,
        step=said.step,
        levers=[row.lever for row in said.levers],
        grids=[(grid.x, grid.y) for grid in said.grids],
        on_progress=on_progress,
    ).document
    known = {row.question for row in found.indifference}
    # prices at which another quote is as good need that quote
    own = said.model_copy(
        update={"indifference": tuple(row for row in said.indifference if row.question in known)}
    )
    one, other = (part.model_dump(mode="json", by_alias=True) for part in (own, found))
    return list(different("sensitivity", one, other))


def _other_inputs(said: Sequence[InputFile], found: Sequence[InputFile]) -> list[str]:
    made, now = ({file.file: file.sha256 for file in files} for files in (said, found))
    words = [f"{name} is not among the inputs of the plan" for name in now if name not in made]
    words += [f"{name} is an input of the plan, but not of the scenario" for name in made if name not in now]
    words += [
        f"{name} is not as it was planned from" for name in now if name in made and made[name] != now[name]
    ]
    return words or (
        [] if tuple(said) == tuple(found) else ["the inputs are listed in another order, or twice"]
    )


def compared(document: PlanDocument, again: PlanDocument, *, near_limit: bool = False) -> Iterator[Check]:
    """The plan and one made now from the same inputs, part by part.

    near_limit : whether that took so long that a slower computer may have reached its limit
    """
    part_of = {key: part for part, keys in PARTS.items() for key in keys}
    found: dict[str, list[str]] = defaultdict(list)
    if not document.baselines and document.comparison is not None:
        again = again.model_copy(update={"baselines": {}})  # quotes are also compared without them
    for key, difference in differences(document, again):
        found[part_of.get(key, BILL)].append(difference)
    stopped = again.status == "feasible" or (near_limit and document.status == "feasible")
    for part in (*PARTS, BILL):
        if part == "review" and document.review is None:
            continue
        if stopped and part in SEARCHED and found[part]:
            yield not_possible(
                f"{part}, planned again", "a limit stopped the search, and another run ends elsewhere"
            )
        else:
            yield checked(f"{part}, planned again", found[part])
