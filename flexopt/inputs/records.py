"""Contents of the tables beside a scenario, once read: people, today's access, usage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

import pandas as pd

from flexopt.base.findings import Findings
from flexopt.inputs.rules.collections import CollectionNeed
from flexopt.inputs.scenario.scenario import Holding, OpeningPack, Scenario


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the people table; `starts` is the first day at work, `leaves` the first day after leaving."""

    user: str
    group: str = ""
    cost_centre: str = ""
    starts: date | None = None
    leaves: date | None = None
    team: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    aliases: tuple[str, ...] = ()
    """Other emails or ids in usage files: their rows count for `user`."""


@dataclass(frozen=True, slots=True)
class TodaysAccess:
    """A row of the access table: what a user has today."""

    user: str
    product: str
    access: Literal["named", "flex"]
    offer: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """An input file: its path as findings show it, and the SHA-256 of its bytes."""

    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A scenario with everything but its usage: what `load_scenario` and `make_scenario` return."""

    name: str
    """Its name in studies: the stem of its file, or the name given to `make_scenario`."""
    path: Path | None
    """None if it was made in Python."""
    scenario: Scenario
    """Resolved: `extends` merged."""
    usage_files: tuple[Path, ...]
    """Globs expanded; sorted, each file once."""
    people: dict[str, Person]
    access: tuple[TodaysAccess, ...]
    holdings: tuple[Holding, ...]
    """The scenario's own and those of its Subscriptions exports."""
    sources: tuple[Source, ...]
    """Scenario files, bases first, then tables; usage files are added when they are read."""
    findings: Findings
    user_files: tuple[Path, ...] = ()
    """Users exports, as `usage_files`."""
    packs: tuple[OpeningPack, ...] = ()
    """Flex packs in Subscriptions exports, with all tokens bought: only `pool` says what is left of them."""

    @property
    def folder(self) -> Path:
        """The folder that its files are relative to."""
        return Path() if self.path is None else self.path.parent

    def shown(self, file: str) -> str:
        """A file's path relative to that folder, wherever the folder is."""
        return file if self.path is None else file.removeprefix(f"{self.folder.as_posix()}/")

    def __str__(self) -> str:
        return self.name if self.path is None else str(self.path)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What became of the rows of one usage file; the counts add up to `rows`."""

    file: str
    format: str
    rows: int
    kept: int
    """Rows that opened a chargeable day (or carry a summary)."""
    repeated: int
    """Rows for a chargeable day that another row already opened: duplicates, versions, later launches."""
    zero_token: int
    """Flex rows with 0 tokens: launches of less than five minutes."""
    unknown_product: int
    left_out: int
    """Rows other than a person's day in a product: services, adjustments, bare collections, blank lines."""
    rejected: int
    """Rows with an error finding."""


@dataclass(frozen=True, slots=True)
class Unplanned:
    """Use of products that the scenario does not have: frames as `Usage.days` and `Usage.totals`."""

    days: pd.DataFrame
    totals: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Usage:
    """Chargeable days of the past."""

    days: pd.DataFrame
    """`user`, `product` (categories of str, sorted, all of them used; a product is an id of the scenario),
    `date` (datetime64[s]): one row per chargeable day, unique, sorted by user, product, date. Plain strings
    are accepted too."""
    totals: pd.DataFrame
    """`user`, `product`, `days` (int64), `first`, `after` (datetime64[s]): summaries without single days,
    spread evenly over [first, after). No (user, product) is in both frames."""
    coverage: tuple[Coverage, ...]
    sources: tuple[Source, ...]
    findings: Findings
    token_days: pd.DataFrame | None = None
    """`user`, `product`, `date`: the days that the exports mark as token use, sorted, unique; None if not
    requested, or if no file can tell."""
    assigned: pd.DataFrame | None = None
    """`user`, `offering`, `product` (as written), `access` (`named`, `flex` or ''), `group`, `team`,
    `first_name`, `last_name`, `email`, `last_used` (ISO date or ''): who has what today; None if no export
    tells."""
    collections: tuple[CollectionNeed, ...] = ()
    """Products in both frames that are not in the scenario: collections of which the title is not known."""
    unplanned: Unplanned | None = None
    also: Mapping[str, str] = field(default_factory=dict)
    """User by each other email or id of the same person, emails in lower case."""

    @property
    def users(self) -> frozenset[str]:
        """All users with a day or a summary of a product of the scenario."""
        return frozenset(self.days["user"].unique()) | frozenset(self.totals["user"].unique())

    @property
    def everyone(self) -> frozenset[str]:
        """All users with a day or a summary."""
        more = () if self.unplanned is None else (self.unplanned.days, self.unplanned.totals)
        return self.users.union(*(frame["user"].unique() for frame in more))
