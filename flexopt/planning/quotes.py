"""Quotes for one estate: their names, whether they can be compared, and the usage they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from flexopt.base.errors import FlexoptError
from flexopt.base.text import unique
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.files.containers import sha256
from flexopt.inputs.records import ScenarioFile, Usage
from flexopt.inputs.scenario.scenario import normal
from flexopt.planning.arguments import (
    Progress,
    ScenarioLike,
    UsageLike,
    forecasts_for,
    key_of_usage,
    scenario_of,
)


def quotes_of(scenarios: Iterable[ScenarioLike]) -> dict[str, ScenarioFile]:
    """The scenarios by id: their names, numbered if two are the same.

    Raises FlexoptError if the totals of two cannot be compared.
    """
    taken: set[str] = set()
    sources = {unique(source.name, taken): source for source in map(scenario_of, scenarios)}
    (base, first), *others = sources.items()
    for id_, other in others:
        _check(base, first, id_, other)
    return sources


def labels_of(stated: Mapping[str, str]) -> list[str]:
    """What tables and charts call the quotes: the labels stated by id, or the id without one of its own."""
    met = Counter([normal(id_) for id_ in stated] + [normal(label) for label in stated.values()])
    return [
        label if label and met[normal(label)] == 1 + (normal(label) == normal(id_)) else id_
        for id_, label in ((id_, label.strip()) for id_, label in stated.items())
    ]


def _check(base: str, first: ScenarioFile, id_: str, other: ScenarioFile) -> None:
    a, b = first.scenario, other.scenario
    if a.currency != b.currency:
        raise FlexoptError(
            f"{id_} is priced in {b.currency} and {base} in {a.currency}: their totals cannot be compared",
            f"give the prices of {id_} in {a.currency}, with `currency: {a.currency}`",
        )
    if a.horizon != b.horizon:
        raise FlexoptError(
            f"{id_} plans {b.horizon.start} to {b.horizon.end} and {base} {a.horizon.start} to "
            f"{a.horizon.end}: their totals cannot be compared",
            f"give {id_} the `horizon: {{start: {a.horizon.start}, months: {a.horizon.months}}}`",
        )


def usage_by_quote(
    sources: Mapping[str, ScenarioFile], usage: UsageLike | None, tell: Progress, memory: str | None
) -> dict[str, ForecastCache]:
    """The usage of every quote, read once for all that name products and offers alike.

    Raises FlexoptError if the days of use differ, InputError if the usage has errors.
    """
    hashed = cache(sha256)
    base, first = next(iter(sources.items()))
    files = _content(first, hashed)
    read: dict[str, ForecastCache] = {}
    found: dict[str, ForecastCache] = {}
    for id_, source in sources.items():
        if usage is None and _content(source, hashed) != files:
            example = f", for example with `extends: {first.path.name}`" if first.path else ""
            raise FlexoptError(
                f"{id_} and {base} read different usage files: only plans for the same usage can be compared",
                f"give {id_} the same `usage` as {base}{example}",
            )
        try:
            key = key_of_usage(source, usage, hashed)
        except OSError as error:
            raise FlexoptError(
                f"{error.filename}: cannot be read ({error.strerror})", "check the file's permissions"
            ) from None
        if key not in read:
            forecasts = forecasts_for(source, usage, tell, memory)
            if read and not _same(forecasts.usage, next(iter(read.values())).usage):
                raise FlexoptError(
                    f"{id_} and {base} read different days of use from the same files: "
                    "only plans for the same usage can be compared",
                    "give both the same `products`, aliases and `usage`; prices, offers and terms may differ",
                )
            read[key] = forecasts
        found[id_] = read[key]
    return found


def _content(source: ScenarioFile, hashed: Callable[[Path], str]) -> list[str]:
    """The contents of the usage files, whatever their names."""
    return sorted(hashed(path) for path in source.usage_files)


def _same(one: Usage, other: Usage) -> bool:
    def plain(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.astype({"user": str, "product": str})

    return all(plain(a).equals(plain(b)) for a, b in ((one.days, other.days), (one.totals, other.totals)))
