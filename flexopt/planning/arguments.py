"""Inputs of plans and studies: scenarios by path or made in Python; usage in files, as a frame, or read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from flexopt.base.errors import FlexoptError
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.other_names import with_users_of
from flexopt.inputs.records import ScenarioFile, Usage
from flexopt.inputs.rules.collections import with_collections
from flexopt.inputs.scenario.load import load_scenario
from flexopt.inputs.todays_access import with_assigned_seats, with_todays_access
from flexopt.inputs.usage import read_usage, usage_from_frame
from flexopt.inputs.usage.sources import usage_key

ScenarioLike: TypeAlias = ScenarioFile | str | Path
"""What `load_scenario` or `make_scenario` returned, or the path of a scenario."""

UsageLike: TypeAlias = pd.DataFrame | Usage | ForecastCache
"""Days of use as a frame, what `read_usage` returned, or that with its forecasts."""

Progress: TypeAlias = Callable[[str, str], None]
"""Called with a phase's name as it begins and what is known of its size; again when more is known."""


def scenario_of(source: ScenarioLike) -> ScenarioFile:
    """The scenario, read where a path is given. Raises InputError with every finding."""
    if isinstance(source, ScenarioFile):
        return source
    if isinstance(source, str | Path):
        return load_scenario(source)
    raise FlexoptError(
        f"{type(source).__name__} is not a scenario",
        "give a path, or what `load_scenario` or `make_scenario` returned",
    )


def scenarios_of(scenarios: Iterable[ScenarioLike]) -> list[ScenarioLike]:
    """The scenarios as a list. Raises FlexoptError where one is given by itself."""
    if isinstance(scenarios, ScenarioFile | str | Path):
        raise FlexoptError(
            f"a list of scenarios is needed, not one {type(scenarios).__name__}", f"write [{scenarios}]"
        )
    return list(scenarios)


def forecasts_for(
    source: ScenarioFile,
    usage: UsageLike | None,
    tell: Progress | None,
    memory: str | None,
    *,
    token_days: bool = False,
) -> ForecastCache:
    """The given usage, or that of the scenario's files. Raises InputError with every finding."""
    if usage is None:
        on_file = tell and tell_files(tell, len(source.usage_files))
        usage = read_usage(
            source.usage_files,
            source.scenario,
            source.folder,
            on_file,
            memory=memory,
            token_days=token_days,
            people=source.people,
            users=source.user_files,
        )
    elif isinstance(usage, pd.DataFrame):
        usage = usage_from_frame(
            usage, source.scenario, memory=memory, token_days=token_days, people=source.people
        )
    elif not isinstance(usage, Usage | ForecastCache):
        raise FlexoptError(
            f"{type(usage).__name__} is not usage", "give a frame with the columns user, product and date"
        )
    forecasts = usage if isinstance(usage, ForecastCache) else ForecastCache(usage)
    forecasts.usage.findings.raise_if_errors()
    return forecasts


def completed(source: ScenarioFile, usage: Usage) -> ScenarioFile:
    """The scenario with what its usage adds: people, today's access, and collections without titles.

    Each of these collections is a product of its own.
    """
    source = with_assigned_seats(with_todays_access(with_users_of(source, usage), usage))
    return replace(source, scenario=with_collections(source.scenario, usage.collections))


def key_of_usage(source: ScenarioFile, usage: UsageLike | None, hash_of: Callable[[Path], str]) -> str:
    """A SHA-256: scenarios with equal keys get the same days of use from this usage, or from their files.

    Raises OSError if a file cannot be read.
    """
    if usage is None:
        return usage_key(source, hash_of)
    if isinstance(usage, pd.DataFrame):  # cleaned with the scenario's names of products and offers
        return _digest(usage_key(source, hash_of), _content(usage))
    read = usage.usage if isinstance(usage, ForecastCache) else usage
    return _digest(_content(read.days), _content(read.totals), repr(read.collections))


def _content(frame: pd.DataFrame) -> str:
    cells = pd.util.hash_pandas_object(frame.astype(str), index=False).to_numpy()
    return _digest(*map(str, frame.columns), hashlib.sha256(cells.tobytes()).hexdigest())


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def tell_files(tell: Progress, files: int) -> Callable[[str, int, float, bool], None]:
    """Progress of the usage files: files read, rows so far and per second, the name of the last file."""
    tell("reading usage", f"{files:,} files" if files != 1 else "1 file")
    done = before = 0

    def on_file(name: str, read: int, rate: float, complete: bool) -> None:
        nonlocal done, before
        done += complete
        rows = f"{before + read:,} rows"
        if not complete:
            rows += f", {rate / 1e6:.1f} M rows/s" if rate >= 1e5 else f", {rate:,.0f} rows/s"
        before += read if complete else 0
        tell(
            "reading usage",
            f"{rows} of {name}" if files == 1 else f"{done:,} of {files:,} files, {rows}: {name}",
        )

    return on_file
