"""One demand for all scenarios that agree in what a forecast reads, and no other plan for that."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from build import AUTOCAD, REVIT, a_scenario, a_source, every, usage_of
from estate import ACCESS, PEOPLE, USE, estate

from flexopt import plan
from flexopt.base.findings import InputError
from flexopt.demand.forecast import forecast
from flexopt.demand.forecast_cache import ForecastCache, forecast_key
from flexopt.inputs.records import Person
from flexopt.inputs.scenario.scenario import Scenario

DAYS = {("ann", "AutoCAD"): every(date(2025, 1, 1), 200), ("bob", "Revit"): every(date(2025, 1, 1), 30, 12)}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The scenarios that were forecast."""
    found: list[Any] = []

    def counted(scenario: Any, *rest: Any) -> Any:
        found.append(scenario)
        return forecast(scenario, *rest)

    monkeypatch.setattr("flexopt.demand.forecast_cache.forecast", counted)
    return found


SAME: dict[str, dict[str, Any]] = {
    "name": {"name": "another"},
    "prices": {"offers": []},
    "discounts": {"negotiated": {"seats": "0.1", "tokens": "0.05"}},
    "tokens": {"tokens": {"tiers": [{"from": 100, "price": 2}], "buffer": "0.2"}},
    "rates": {"products": [AUTOCAD, {"id": "Revit", "flex": False}]},
    "holdings": {"holdings": [{"offer": "autocad-1y", "quantity": 1, "ends": "2026-04-01"}]},
    "pool": {"pool": [{"tokens": 5, "expires": "2026-04-01"}]},
    "budgets": {"budgets": [{"id": "b", "from": "2026-01-01", "to": "2027-01-01", "amount": 1}]},
    "solver": {"solver": {"gap": "0.01"}},
    "what changes must save": {"policy": {"min_saving": {"contract": 50}}},
}
OTHER: dict[str, dict[str, Any]] = {
    "horizon": {"horizon": {"start": "2026-01-01", "months": 6}},
    "method": {"demand": {"method": "rate"}},
    "growth": {"demand": {"growth": {"products": {"Revit": "0.1"}}}},
    "growth, written otherwise": {"demand": {"growth": {"default": "0.00"}}},
    "policy": {"policy": [{"user": "bob", "access": "flex"}]},
    "products": {"products": [REVIT, AUTOCAD]},
    "services": {"cloud": [{"service": "CFD", "monthly_tokens": 1}]},
}


@pytest.mark.parametrize("change", [*SAME, *OTHER])
def test_a_demand_is_forecast_again_only_where_it_would_be_another(calls: list[Any], change: str) -> None:
    forecasts, other = ForecastCache(usage_of(DAYS)), a_scenario(**{**SAME, **OTHER}[change])
    first = forecasts.of(a_scenario(), {})
    second = forecasts.of(other, {})
    assert len(calls) == (1 if change in SAME else 2)
    assert (second is first) == (change in SAME)
    assert pickle.dumps(second) == pickle.dumps(forecast(other, usage_of(DAYS), {}))
    assert forecasts.of(a_scenario(), {}) is first


def test_people_are_part_of_it(calls: list[Any]) -> None:
    forecasts = ForecastCache(usage_of(DAYS))
    people = [{}, {"ann": Person("ann", "site")}, {"ann": Person("ann", leaves=date(2026, 7, 1))}]
    demands = [forecasts.of(a_scenario(), who) for who in [*people, *people]]
    assert len(calls) == 3
    assert all(a is b for a, b in zip(demands[:3], demands[3:], strict=True))
    assert demands[1].groups == ("site", "")


class Spy:
    """A scenario, or a part of one, that notes which of its attributes are read."""

    def __init__(self, real: Any, seen: set[str], deeper: tuple[str, ...] = ()) -> None:
        self.real, self.seen, self.deeper = real, seen, deeper

    def __getattr__(self, name: str) -> Any:
        self.seen.add(name)
        value = getattr(self.real, name)
        if name in self.deeper:
            return tuple(Spy(part, self.seen) for part in value)
        return value


@pytest.mark.parametrize("method", ["repeat", "rate"])
def test_a_forecast_reads_what_is_in_the_key_and_nothing_else(method: str) -> None:
    """A forecast that begins to read another part of the scenario must bring it into the key."""
    usage = usage_of(DAYS, [("cy", "Revit", 30, date(2025, 7, 1), date(2026, 1, 1))])
    scenario = a_scenario(demand={"method": method}, policy=[{"user": "bob", "access": "flex"}])
    read: set[str] = set()
    keyed: set[str] = set()
    spy: Any = Spy(scenario, read, ("products",))
    forecast(spy, usage, {})
    forecast_key(Spy(scenario, keyed, ("products",)), {})  # type: ignore[arg-type]
    assert read - {"cloud"} == keyed - {"cloud"} == {"horizon", "demand", "policy", "products", "id"}
    # only where nothing else is left to plan
    with pytest.raises(InputError):
        forecast(
            Spy(a_scenario(policy=[{"product": p, "access": "none"} for p in ("AutoCAD", "Revit")]), read),  # type: ignore[arg-type]
            usage,
            {},
        )
    assert read == keyed


def test_an_error_is_that_of_each_scenario() -> None:
    forecasts = ForecastCache(usage_of(DAYS))
    bare = a_scenario(policy=[{"product": p, "access": "none"} for p in ("AutoCAD", "Revit")])
    for _ in range(2):
        with pytest.raises(InputError, match="there is nothing left to plan"):
            forecasts.of(bare, {})


def test_memory_is_bounded_and_the_last_stays(calls: list[Any]) -> None:
    """Two of these demands of 230 spans have room, three have not; at no room at all one stays."""
    growing = [a_scenario(demand={"growth": {"default": g}}) for g in (0, 1, 2)]
    for most, again in ((700, 0), (500, 1), (10, 2)):
        forecasts = ForecastCache(usage_of(DAYS), most_spans=most)
        for scenario in growing:
            forecasts.of(scenario, {})
        calls.clear()
        for scenario in reversed(growing):
            forecasts.of(scenario, {})
        assert len(calls) == again
        forecasts.of(growing[0], {})
        assert len(calls) == again


@pytest.mark.parametrize("make", [a_scenario, pytest.param(estate, marks=pytest.mark.slow)])
def test_plans_that_share_a_demand_are_those_made_alone(
    calls: list[Any], make: Callable[..., Scenario]
) -> None:
    """Of an estate with everything, and a comparison with today that adds idle seats to the demand."""
    one, other = make(), make(negotiated={"seats": "0.2"})
    forecasts = ForecastCache(usage_of(USE))
    made = [plan(a_source(s, PEOPLE, ACCESS), forecasts).document for s in (one, other, one)]
    assert len(calls) == 1
    alone = [plan(a_source(s, PEOPLE, ACCESS), usage_of(USE)).document for s in (one, other)]
    assert made == [*alone, alone[0]]
    people = {p.user: p for p in PEOPLE}
    untouched = forecast(one, usage_of(USE), people)
    assert pickle.dumps(forecasts.of(one, people)) == pickle.dumps(untouched)
