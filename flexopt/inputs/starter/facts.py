"""What the exports say of a renewal: its date, the period of a summary, people, access, unknown products."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from flexopt.base.dates import add_months
from flexopt.base.findings import Refusal
from flexopt.inputs.records import Person, ScenarioFile, TodaysAccess, Usage
from flexopt.inputs.starter.sort import SortedFile
from flexopt.inputs.todays_access import with_todays_access
from flexopt.inputs.usage import read_usage
from flexopt.inputs.usage.open_table import open_table
from flexopt.inputs.usage.products import Catalogue


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


def facts_of(source: ScenarioFile, files: Iterable[SortedFile]) -> Facts:
    """The facts in the exports of a draft scenario."""
    period = None
    if summaries := [file.path for file in files if "summary" in file.kinds]:
        period = _last_year(filter(None, map(_last_accessed, summaries)))
    usage = read_usage(source.usage_files, source.scenario, source.folder, users=source.user_files)
    last = None
    if len(usage.days):
        first, last = usage.days["date"].min().date(), usage.days["date"].max().date()
        period = period and (min(first, period[0]), max(last + timedelta(days=1), period[1]))
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


def _last_accessed(path: Path) -> date | None:
    """The latest `last_accessed` of a Usage Report."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="flexopt-") as work, duckdb.connect(":memory:") as con:
        try:
            table = open_table(con, 0, path, path.name, Path(work))
            query = f"select max(try_cast(left({table.sql('accessed')}, 10) as date)) from {table.relation}"
            (row,) = con.execute(query).fetchall()
        except (Refusal, duckdb.Error):
            return None
    return row[0] if isinstance(row[0], date) else None


def _last_year(days: Iterable[date]) -> tuple[date, date] | None:
    last = max(days, default=None)
    if last is None:
        return None
    after = last + timedelta(days=1)
    return add_months(after, -12), after


def _unknown(source: ScenarioFile, usage: Usage) -> tuple[str, ...]:
    """Names in the usage that are neither a product nor an offer of the price book."""
    catalogue = Catalogue.of(source.scenario)
    names = [f.value for f in usage.findings if f.code == "U130"]
    return tuple(sorted({name for name in names if catalogue.match(name)[1] == "unknown"}))


def _people(known: Mapping[str, Person], usage: Usage) -> Iterable[Person]:
    """Everybody in the usage and the exports, sorted."""
    return (known.get(user, Person(user)) for user in sorted({*usage.users, *known}))
