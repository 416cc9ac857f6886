"""The results of a sweep: for each scenario a plan, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from flexopt.base.errors import FlexoptError, InfeasibleError, LimitError
from flexopt.base.findings import InputError
from flexopt.planning.planner import Plan
from flexopt.store.plan import PlanDocument
from flexopt.store.sweep_folder import PLANNED, SWEEP_COLUMNS, SweepRow, sweep_row
from flexopt.store.values import as_json


@dataclass(frozen=True, slots=True)
class SweepResult:
    """The result of one scenario."""

    row: SweepRow
    """Its row of the table: the columns of sweep.csv, decimals as text; docs/sweeps.md explains them."""
    key: str
    """A SHA-256: equal keys, equal plans. Empty if the scenario could not be read."""
    plan: Plan | None
    """None if it failed, or was known."""
    known: bool = False
    """From an earlier run: nothing was planned."""

    @property
    def scenario(self) -> str:
        """The scenario's name in the sweep."""
        return str(self.row["scenario"])

    @property
    def failed(self) -> bool:
        """Whether it has no plan; `error` and `hint` of the row say why."""
        return self.row["status"] not in PLANNED


@dataclass(frozen=True, slots=True)
class Sweep:
    """The results of a sweep, in the order of the scenarios."""

    results: tuple[SweepResult, ...]

    @property
    def plans(self) -> Mapping[str, Plan]:
        """Plans by scenario, for those that have one."""
        return {r.scenario: r.plan for r in self.results if r.plan is not None}

    @property
    def rows(self) -> tuple[SweepRow, ...]:
        """A row per scenario."""
        return tuple(result.row for result in self.results)

    @property
    def failed(self) -> tuple[SweepRow, ...]:
        """Rows of the scenarios without a plan; `error` and `hint` say why."""
        return tuple(result.row for result in self.results if result.failed)

    @property
    def frame(self) -> pd.DataFrame:
        """The rows: money and gap are Decimal, counts int, the rest str; None for an empty cell."""
        cells = [
            [Decimal(v) if SWEEP_COLUMNS[c] is Decimal and v is not None else v for c, v in row.items()]
            for row in self.rows
        ]
        return pd.DataFrame(cells, columns=list(SWEEP_COLUMNS), dtype=object)


def planned_row(scenario: str, document: PlanDocument) -> SweepRow:
    """The row of a scenario with a plan."""
    known: dict[str, Any] = {
        **{column: getattr(document, column) for column in ("name", "status", "currency", "total")},
        **{column: value for column, value in document.summary if column in SWEEP_COLUMNS},
        **{f"saving_{baseline}": found.saving for baseline, found in document.baselines.items()},
        "scenario": scenario,
        "gap": document.proof.gap,
    }
    return sweep_row({name: as_json(value) for name, value in known.items()})


def failed_row(scenario: str, name: str, error: FlexoptError) -> SweepRow:
    """The row of a scenario without a plan: its status is `infeasible`, `input`, `limit` or `failed`."""
    status, message, hint = "failed", error.message, error.hint
    if isinstance(error, InputError):
        first, *more = error.findings
        others = f" (and {len(more):,} more: `flexopt check` lists them)" if more else ""
        place = f"{first.file}:{first.row}" if first.row is not None else first.file
        status, message, hint = "input", f"{place}: {first.message} [{first.code}]{others}", first.hint
    elif isinstance(error, InfeasibleError):
        status = "infeasible"
    elif isinstance(error, LimitError):
        status = "limit"
    return sweep_row({"scenario": scenario, "name": name, "status": status, "error": message, "hint": hint})
