"""Usage with the demand forecast from it: once for all scenarios that agree in what a forecast reads."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from flexopt.demand.forecast import Demand, forecast
from flexopt.inputs.records import Person, Usage
from flexopt.inputs.scenario.scenario import Scenario

MOST_SPANS = 10_000_000
"""Spans (20 bytes each) of all demands that stay in memory; the last one stays whatever its size."""


class ForecastCache:
    """The demands of one reading of usage. `plan` takes it in place of the usage.

    Plans of price variants share a demand, so nobody may change one.
    """

    def __init__(self, usage: Usage, most_spans: int = MOST_SPANS) -> None:
        self.usage, self.most_spans = usage, most_spans
        self._made: dict[Hashable, Demand] = {}

    def of(self, scenario: Scenario, people: Mapping[str, Person]) -> Demand:
        """As `forecast`, which is not called again where it would find the same."""
        key = forecast_key(scenario, people)
        if key not in self._made:
            # the next will have about as many spans as there are days: room first, so that both never meet
            while self._made and self._spans + len(self.usage.days) > self.most_spans:
                del self._made[next(iter(self._made))]
            self._made[key] = forecast(scenario, self.usage, people)
        return self._made[key]

    @property
    def _spans(self) -> int:
        return sum(len(demand.spans) for demand in self._made.values())


def forecast_key(scenario: Scenario, people: Mapping[str, Person]) -> Hashable:
    """All that `forecast` reads beside the usage: equal keys, equal demand.

    As text, because equal numbers (0.1 and 0.10) may be written differently in a plan.
    """
    return (
        repr((scenario.horizon, scenario.demand, scenario.policy)),
        tuple(product.id for product in scenario.products),
        bool(scenario.cloud),
        tuple(people.items()),
    )
