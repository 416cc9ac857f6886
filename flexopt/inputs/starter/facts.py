"""What the exports say of a renewal: its date, the period of a summary, people, access, unknown products."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from flexopt.inputs.records import Person, ScenarioFile, TodaysAccess, Usage
from flexopt.inputs.scenario.scenario import OpeningPack
from flexopt.inputs.starter.sort import SortedFile
from flexopt.inputs.todays_access import with_todays_access
from flexopt.inputs.usage import read_usage
from flexopt.inputs.usage.open_table import open_table
from flexopt.inputs.usage.products import Catalogue
from flexopt.inputs.usage.summaries import period_of


@dataclass(frozen=True, slots=True)
class Facts:
    """What a scenario is filled in with; None and empty where the exports do not tell."""

    last_day: date | None = None
    """The last day of use."""
    period: tuple[date, date] | None = None
    """First day, and first day after, of the summaries among the exports."""
    products: tuple[str, ...] = ()
    """Products used that the price book lacks."""
    people: tuple[Person, ...] = ()
    access: tuple[TodaysAccess, ...] = ()
    packs: tuple[OpeningPack, ...] = ()
    """Flex packs as bought, that live at the start of the horizon."""


def facts_of(source: ScenarioFile, files: Iterable[SortedFile]) -> Facts:
    """The facts in the exports of a draft scenario."""
    periods = [_period(file.path) for file in files if "summary" in file.kinds]
    period = (min(first for first, _ in periods), max(after for _, after in periods)) if periods else None
    usage = read_usage(source.usage_files, source.scenario, source.folder, users=source.user_files)
    last = None
    if len(usage.days):
        last = usage.days["date"].max().date()
    elif period:
        last = period[1] - timedelta(days=1)
    people = with_todays_access(replace(source, people={}), usage)
    return Facts(last, period, _unknown(source, usage), tuple(_people(people.people, usage)), people.access)


def renewal_date(source: ScenarioFile) -> date | None:
    """The day on which most of the seats owned end; the earliest such day."""
    ends: Counter[date] = Counter()
    for holding in source.holdings:
        ends[holding.ends] += holding.quantity
    return min(ends, key=lambda day: (-ends[day], day), default=None)


def _period(path: Path) -> tuple[date, date]:
    """The period that a summary seems to cover."""
    with tempfile.TemporaryDirectory(prefix="flexopt-") as work, duckdb.connect(":memory:") as con:
        return period_of(con, open_table(con, 0, path, path.name, Path(work)))


def _unknown(source: ScenarioFile, usage: Usage) -> tuple[str, ...]:
    """Names in the usage that are neither a product nor an offer of the price book."""
    if usage.unplanned is None:
        return ()
    catalogue = Catalogue.of(source.scenario)
    names = {
        str(name) for frame in (usage.unplanned.days, usage.unplanned.totals) for name in frame["product"]
    }
    return tuple(sorted(name for name in names if catalogue.match(name)[1] == "unknown"))


def _people(known: Mapping[str, Person], usage: Usage) -> Iterable[Person]:
    """Everybody in the usage and the exports, sorted."""
    return (known.get(user, Person(user)) for user in sorted({*usage.users, *known}))
