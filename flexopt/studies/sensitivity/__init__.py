"""How the optimal total moves with each price, where answers flip, and what one more percent is worth."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from flexopt.base.errors import FlexoptError
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.records import ScenarioFile
from flexopt.planning.planner import Progress
from flexopt.studies.sensitivity.indifference import as_good_as, next_tier, offer_in_plan
from flexopt.studies.sensitivity.levers import Lever, levers_of, one_percent_off
from flexopt.studies.sensitivity.study import Answer, Study

__all__ = ["sensitivity"]

SPREAD = (-2, -1, 0, 1, 2)
"""Steps of a grid, in each direction."""


def sensitivity(
    source: ScenarioFile,
    forecasts: ForecastCache,
    *,
    step: Decimal = Decimal("0.10"),
    only: Collection[str] = (),
    grids: Sequence[tuple[str, str]] = (),
    other: tuple[str, Decimal] | None = None,
    on_progress: Progress | None = None,
) -> dict[str, Any]:
    """The part `sensitivity` of plan.json: see docs/outputs.md.

    Parameters
    ----------
    step
        How far each lever is moved down and up: 0.10 is a tenth of a price, or ten points of a share.
    only
        Names of the levers to look at; all of them where it is empty.
    grids
        Pairs of levers whose totals are wanted together.
    other
        Name and total of another scenario: at which prices is this one as good?

    Raises
    ------
    FlexoptError
        There is no such lever. And what `plan` raises for the scenario itself.
    """
    levers = levers_of(source.scenario)
    for name in (*only, *(name for pair in grids for name in pair)):
        if name not in levers:
            raise _unknown(name, levers)
    chosen = [lever for name, lever in levers.items() if not only or name in only]
    if any(x == y for x, y in grids):
        raise FlexoptError("a grid is of two levers, not of one", "give it as --grid seat:aec-1y,tokens")
    study = Study(source, forecasts, on_progress or (lambda phase, size: None))
    bars, flips, asks = [], [], []
    for number, lever in enumerate(chosen):
        study.begin(lever.name, len(chosen) - number, len(chosen))
        low = _point(study, lever, -step)
        if lever.line:
            if lever.name != "tokens":
                flips.append(offer_in_plan(study, lever, low))
            elif (row := next_tier(study)) is not None:
                flips.append(row)
            asks += _saving(study, lever)
        bars.append(_bar(lever, study, low, _point(study, lever, step)))
        if other and lever.line:
            flips.append(as_good_as(study, lever, *other))
    study.begin("grids", 0, len(chosen))
    return {
        "total": str(study.base.total),
        "step": format(step, "f"),
        "levers": sorted(bars, key=_spread, reverse=True),
        "grids": [_grid(study, levers[x], levers[y], step) for x, y in grids],
        "indifference": flips,
        "negotiation": sorted(asks, key=lambda row: Decimal(row["saving"]), reverse=True),
    }


def _unknown(name: str, levers: Collection[str]) -> FlexoptError:
    from difflib import get_close_matches

    close = get_close_matches(name, levers, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"levers: {', '.join(levers)}"
    return FlexoptError(f"there is no lever `{name}` in this scenario", hint)


def _point(study: Study, lever: Lever, share: Decimal) -> tuple[Decimal, Answer | None]:
    """The lever moved so far: its value, and the answer there."""
    value = lever.moved(share)
    answer = study.inferred(lever, value) or study.at(lever, value)
    return value, study.priced(answer, cut=share < 0) if lever.line else answer


def _bar(
    lever: Lever, study: Study, low: tuple[Decimal, Answer | None], high: tuple[Decimal, Answer | None]
) -> dict[str, Any]:
    return {
        "lever": lever.name,
        "label": lever.label,
        "value": format(lever.value, "f"),
        "low": _told(*low),
        "high": _told(*high),
    }


def _told(value: Decimal, answer: Answer | None) -> dict[str, Any]:
    return {
        "value": format(value, "f"),
        "total": None if answer is None else str(answer.total),
        "seats_bought": None if answer is None else answer.seats_bought,
        "tokens_bought": None if answer is None else answer.charges.tokens_bought,
    }


def _spread(bar: dict[str, Any]) -> Decimal:
    totals = [Decimal(bar[side]["total"]) for side in ("low", "high") if bar[side]["total"] is not None]
    return max(totals) - min(totals) if totals else Decimal(0)


def _saving(study: Study, lever: Lever) -> list[dict[str, Any]]:
    """What one more percent off the list price is worth; nothing where there is nothing left to give."""
    scenario = one_percent_off(study.scenario, lever.line)
    if scenario is None:
        return []
    left = levers_of(scenario).get(lever.name)
    known = study.inferred(lever, left.value) if left else None
    answer = known or study.priced(study.of(scenario), cut=True)
    saving = Decimal(0) if answer is None else study.base.total - answer.total
    what = "tokens" if lever.line == "tokens" else lever.line
    return [{"lever": lever.name, "label": f"1 % more discount on {what}", "saving": str(saving)}]


def _grid(study: Study, x: Lever, y: Lever, step: Decimal) -> dict[str, Any]:
    """Totals by two levers, two steps down and up each; values that are the same are there once."""
    across, down = (list(dict.fromkeys(lever.moved(step * n) for n in SPREAD)) for lever in (x, y))
    rows = []
    for below in down:
        scenario = y.apply(study.scenario, below)
        answers = [study.of(x.apply(scenario, value)) for value in across]
        rows.append([None if answer is None else str(answer.total) for answer in answers])
    return {
        "x": x.name,
        "y": y.name,
        "x_values": [format(value, "f") for value in across],
        "y_values": [format(value, "f") for value in down],
        "totals": rows,
    }
