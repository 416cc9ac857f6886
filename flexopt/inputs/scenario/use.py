"""What a scenario says about usage and demand: files, their columns, and how use is expected to change."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from flexopt.inputs.scenario.fields import Day, FileName, Id, Number, Part


class Window(Part):
    from_: Day = Field(alias="from")
    """First day."""
    to: Day
    """First day after."""

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.to <= self.from_:
            raise ValueError("`to` must be after `from`")
        return self


class UsageColumns(Part):
    """The columns of usage files that are no known export, by their names in the header."""

    user: Id
    product: Id
    date: Id | None = None
    """The day of use; or `started_at`."""
    started_at: Id | None = None
    """Start of a session."""
    ended_at: Id | None = None
    tokens: Id | None = None
    """Tokens charged; 0 is no charge."""
    dates: Literal["iso", "dmy", "mdy"] | None = None
    """Order of dates with slashes in these files, if it is not `usage.dates`."""

    @model_validator(mode="after")
    def _dated(self) -> Self:
        if self.date is None and self.started_at is None:
            raise ValueError("`columns` must name `date` or `started_at`")
        return self


class UsageFiles(Part):
    files: tuple[FileName, ...] = ()
    """Usage exports, relative to this file; globs; .csv .csv.gz .parquet .xlsx .json."""
    dates: Literal["iso", "dmy", "mdy"] | None = None
    """Order of dates with slashes that are ambiguous in the files: day or month first."""
    columns: UsageColumns | None = None
    """Columns of files that are no known export."""
    period: Window | None = None
    """The days a usage summary (one row per user and product) covers."""


class Growth(Part):
    default: Annotated[Number, Field(ge=-1, le=1000)] = Decimal(0)
    """Growth of demand if neither its product nor its group is named (0.05 is five percent more days)."""
    products: dict[Id, Annotated[Number, Field(ge=-1, le=1000)]] = Field(default={})
    """Growth by product."""
    groups: dict[Id, Annotated[Number, Field(ge=-1, le=1000)]] = Field(default={})
    """Growth by group; a user of a named group and a named product grows by both, one after the other."""


class DemandOptions(Part):
    method: Literal["repeat", "rate"] = "repeat"
    """`repeat` moves the days of the last 12 months by whole years; `rate` spreads their count evenly."""
    growth: Growth = Growth()
    idle_days: Annotated[int, Field(ge=1, le=3660, strict=True)] = 90
    """People without use for so many days before the end of the data may have left, and are reported."""
