"""Which scenarios can be compared, what they are called, and the usage that they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from flexopt.base.errors import FlexoptError
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.records import ScenarioFile, Usage
from flexopt.inputs.scenario.load import load_scenario
from flexopt.inputs.usage import read_usage
from flexopt.inputs.usage.containers import sha256
from flexopt.inputs.usage.read import usage_key
from flexopt.planning.planner import Progress, tell_files

__all__ = ["one_reading", "sources_of"]


def sources_of(scenarios: Sequence[ScenarioFile | str | Path]) -> dict[str, ScenarioFile]:
    """The scenarios by id: the stem of the file, with a number where two have the same.

    Raises FlexoptError if there are fewer than two, or if they cannot be compared.
    """
    if len(scenarios) < 2:
        raise FlexoptError(
            "a comparison takes two scenarios and more", "name the first, which the others are compared with"
        )
    sources: dict[str, ScenarioFile] = {}
    taken: set[str] = set()
    for scenario in scenarios:
        source = scenario if isinstance(scenario, ScenarioFile) else load_scenario(scenario)
        id_, number = source.path.stem, 2
        while id_.casefold() in taken:  # folders of some systems know no case
            id_, number = f"{source.path.stem}-{number}", number + 1
        taken.add(id_.casefold())
        sources[id_] = source
    (base, first), *others = sources.items()
    for id_, other in others:
        _check(base, first, id_, other)
    return sources


def _check(base: str, first: ScenarioFile, id_: str, other: ScenarioFile) -> None:
    """Raise FlexoptError where the totals of two scenarios would mean different things."""
    a, b = first.scenario, other.scenario
    if a.currency != b.currency:
        raise FlexoptError(
            f"{id_} is in {b.currency} and {base} in {a.currency}: their totals cannot be compared",
            f"give the prices of {id_} in {a.currency}, with `currency: {a.currency}`",
        )
    if a.horizon != b.horizon:
        raise FlexoptError(
            f"{id_} plans {b.horizon.start} to {b.horizon.end} and {base} {a.horizon.start} to "
            f"{a.horizon.end}: their totals cannot be compared",
            f"give {id_} the `horizon: {{start: {a.horizon.start}, months: {a.horizon.months}}}`",
        )


def one_reading(
    sources: Mapping[str, ScenarioFile], tell: Progress, memory: str | None
) -> dict[str, ForecastCache]:
    """The usage of every scenario: read once for all that name products and offers alike.

    Raises FlexoptError where the days of use differ, InputError where the usage has errors.
    """
    hashed = cache(sha256)
    base, first = next(iter(sources.items()))
    files = _content(first, hashed)
    readings: dict[str, ForecastCache] = {}
    found: dict[str, ForecastCache] = {}
    for id_, source in sources.items():
        if _content(source, hashed) != files:
            raise FlexoptError(
                f"{id_} reads other usage files than {base}: only plans for the same use can be compared",
                f"let {id_} have the `usage` of {base}, for example with `extends: {first.path.name}`",
            )
        try:
            key = usage_key(source, hashed)
        except OSError as error:
            raise FlexoptError(
                f"{error.filename}: cannot be read ({error.strerror})", "check the file's permissions"
            ) from None
        if key not in readings:
            on_file = tell_files(tell, len(source.usage_files))
            usage = read_usage(
                source.usage_files, source.scenario, source.path.parent, on_file, memory=memory
            )
            usage.findings.raise_if_errors()
            if readings and not _same(usage, next(iter(readings.values())).usage):
                raise FlexoptError(
                    f"{id_} finds other days of use in the same files than {base}: "
                    "only plans for the same use can be compared",
                    "let both have the same `products` with the same aliases, and the same `usage`; "
                    "prices, offers and terms may differ",
                )
            readings[key] = ForecastCache(usage)
        found[id_] = readings[key]
    return found


def _content(source: ScenarioFile, hashed: Callable[[Path], str]) -> list[str]:
    """The usage files, whatever they are called."""
    return sorted(hashed(path) for path in source.usage_files)


def _same(one: Usage, other: Usage) -> bool:
    return all(
        a.astype({"user": str, "product": str}).equals(b.astype({"user": str, "product": str}))
        for a, b in ((one.days, other.days), (one.totals, other.totals))
    )
