"""Small scenarios and usage for tests: one place knows the shape, so that a test shows only its point."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from flexopt import Plan, load_scenario, plan
from flexopt.base.findings import Findings
from flexopt.demand.forecast import Demand, forecast
from flexopt.inputs.records import Person, ScenarioFile, TodaysAccess, Usage
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.model.sets import Problem, formulate
from flexopt.solve.pricing import Prices, PricingProblem

Days = Mapping[tuple[str, str], Iterable[date]]
"""Days of use by user and product."""

AUTOCAD = {"id": "AutoCAD", "rates": [{"from": "2021-09-07", "tokens": 7}]}
REVIT = {"id": "Revit", "rates": [{"from": "2021-09-07", "tokens": 10}]}
AUTOCAD_YEAR = {
    "id": "autocad-1y",
    "covers": ["AutoCAD"],
    "term_months": 12,
    "prices": [{"from": "2025-01-01", "new": 2310, "renewal": 2079}],
}
AEC_YEAR = {
    "id": "aec-1y",
    "covers": ["AutoCAD", "Revit"],
    "term_months": 12,
    "prices": [{"from": "2025-01-01", "new": 3675}],
}
REVIT_YEAR = {
    "id": "revit-1y",
    "covers": ["Revit"],
    "term_months": 12,
    "prices": [{"from": "2025-01-01", "new": 2985}],
}


def a_scenario(**changes: Any) -> Scenario:
    """AutoCAD (7 tokens) and Revit (10), a seat for a year of each, tokens one by one at 3.00, no buffer."""
    base: dict[str, Any] = {
        "schema": "flexopt.scenario/1",
        "currency": "USD",
        "horizon": {"start": "2026-01-01", "months": 12},
        "products": [AUTOCAD, REVIT],
        "offers": [AUTOCAD_YEAR, REVIT_YEAR],
        "tokens": {"tiers": [{"from": 1, "price": 3}], "increment": 1},
    }
    tokens = {"tokens": base["tokens"] | changes.pop("tokens", {})}
    return Scenario.model_validate(base | tokens | changes)


@cache
def case_plan(case: Path) -> Plan:
    """The plan of a worked example: made once for all tests that look at it."""
    return plan(load_scenario(case / "scenario.yaml"))


def every(first: date, count: int, step: int = 1) -> list[date]:
    """`count` days from `first`, one every `step` days."""
    return [first + timedelta(days=step * i) for i in range(count)]


def usage_of(
    days: Days, totals: Sequence[tuple[str, str, int, date, date]] = (), *, shuffle: int | None = None
) -> Usage:
    """Usage as the readers hand it over: user, product, date; and summaries over `[first, after)`."""
    rows = [(u, p, pd.Timestamp(d)) for (u, p), dates in days.items() for d in set(dates)]
    frame = pd.DataFrame(rows, columns=["user", "product", "date"])
    frame["date"] = frame["date"].astype("datetime64[s]")
    frame = frame.sort_values(["user", "product", "date"], ignore_index=True)
    if shuffle is not None:
        frame = frame.sample(frac=1, random_state=shuffle)
    spread = pd.DataFrame(totals, columns=["user", "product", "days", "first", "after"])
    spread = spread.astype({"days": "int64", "first": "datetime64[s]", "after": "datetime64[s]"})
    return Usage(frame, spread, (), (), Findings())


def the_demand(
    days: Days, scenario: Scenario | None = None, people: Iterable[Person] = (), **changes: Any
) -> Demand:
    known = {p.user: p for p in people}
    return forecast(scenario or a_scenario(**changes), usage_of(days), known)


def a_problem(days: Days, people: Iterable[Person] = (), **changes: Any) -> Problem:
    scenario = a_scenario(**changes)
    return formulate(scenario, scenario.holdings, the_demand(days, scenario, people))


def a_source(
    scenario: Scenario, people: Iterable[Person] = (), access: Iterable[TodaysAccess] = ()
) -> ScenarioFile:
    """What `load_scenario` would return, without files."""
    return ScenarioFile(
        name="scenario",
        path=Path("scenario.yaml"),
        scenario=scenario,
        usage_files=(),
        people={p.user: p for p in people},
        access=tuple(access),
        holdings=scenario.holdings,
        sources=(),
        findings=Findings(),
    )


def the_value(pricing: PricingProblem, prices: Prices) -> float:
    """The least that all users together pay at these prices (infinite if one of them has no choice)."""
    return math.fsum(pricing.respond(prices, np.zeros(len(pricing), dtype=np.int64), 1).value)
