"""Usage with the demand forecast from it, computed once for all scenarios with the same forecast inputs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from flexopt.demand.forecast import Demand, forecast
from flexopt.inputs.records import Person, Usage
from flexopt.inputs.scenario.scenario import Scenario

MOST_SPANS = 10_000_000
"""Limit on the spans (20 bytes each) of all demands kept in memory; the last one stays whatever its size."""


class ForecastCache:
    """The demands forecast from one usage. `plan` accepts it in place of the usage.

    Plans of price variants share a demand, so a demand must never be modified.
    """

    def __init__(self, usage: Usage, most_spans: int = MOST_SPANS) -> None:
        self.usage, self.most_spans = usage, most_spans
        self._made: dict[Hashable, Demand] = {}

    def of(self, scenario: Scenario, people: Mapping[str, Person]) -> Demand:
        """As `forecast`, which is not called again if the result would be the same."""
        key = forecast_key(scenario, people)
        if key not in self._made:
            # the next will have about as many spans as there are days: make room first, so that memory never
            # holds both
            while self._made and self._spans + len(self.usage.days) > self.most_spans:
                del self._made[next(iter(self._made))]
            self._made[key] = forecast(scenario, self.usage, people)
        return self._made[key]

    @property
    def _spans(self) -> int:
        return sum(len(demand.spans) for demand in self._made.values())


def forecast_key(scenario: Scenario, people: Mapping[str, Person]) -> Hashable:
    """Everything `forecast` reads besides the usage: equal keys, equal demand.

    It is text, because equal numbers (0.1 and 0.10) may be written differently in a plan.
    """
    return (
        repr((scenario.horizon, scenario.demand, scenario.policy.rules)),
        tuple(product.id for product in scenario.products),
        bool(scenario.cloud),
        tuple(people.items()),
    )
