"""The folder of a sweep: a plan and a record for every scenario as it ends, and a table of all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import flexopt
from flexopt.base.errors import FlexoptError
from flexopt.store.folder import check_place, write_folder
from flexopt.store.plan import PlanDocument
from flexopt.store.table_csv import table_csv
from flexopt.store.tables import BASELINES

SWEEP_COLUMNS: dict[str, type] = {
    "scenario": str,
    "name": str,
    "status": str,
    "currency": str,
    "total": Decimal,
    "seats": Decimal,
    "tokens": Decimal,
    "commitment": Decimal,
    "users": int,
    "seats_owned": int,
    "annual_seats": int,
    "monthly_seats": int,
    "seat_months": int,
    "tokens_bought": int,
    "gap": Decimal,
    **{f"saving_{baseline}": Decimal for baseline in BASELINES},
    "error": str,
    "hint": str,
}
"""Columns of sweep.csv, in order."""

SweepRow: TypeAlias = dict[str, str | int | None]
"""A row of the table, with all of SWEEP_COLUMNS: decimals as text, None where there is none."""

PLANNED = ("optimal", "feasible")
"""Statuses of a row with a plan."""

TABLE = "flexopt.sweep/1"
RECORD = "flexopt.sweep-result/1"


def sweep_row(cells: Mapping[str, Any]) -> SweepRow:
    """A row with these cells; all others are empty."""
    return {name: cells.get(name, "" if kind is str else None) for name, kind in SWEEP_COLUMNS.items()}


def sweep_csv(rows: Sequence[SweepRow]) -> str:
    """sweep.csv."""
    return "".join(table_csv(rows, SWEEP_COLUMNS))


def sweep_json(rows: Sequence[SweepRow]) -> dict[str, Any]:
    """sweep.json."""
    return {"schema": TABLE, "flexopt": flexopt.__version__, "rows": rows}


class SweepFolder:
    """The folder, created if it does not exist.

    Raises FlexoptError if the place holds something else or cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            if folder.exists() and not folder.is_dir():
                raise FlexoptError(f"{folder}: is a file, not a folder", "choose another place with -o")
            folder.mkdir(parents=True, exist_ok=True)
            others = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
            if not others:
                self.write_table([])  # from now on the folder is recognised as a sweep folder
            elif _load(folder / "sweep.json", TABLE) is None:
                more = " and more" if len(others) > 3 else ""
                raise FlexoptError(
                    f"{folder}: exists and is not a sweep folder: it holds {', '.join(others[:3])}{more}",
                    "name another folder with -o, or move the existing files",
                )
        except OSError as error:
            raise FlexoptError(
                f"{folder}: cannot be written ({error.strerror})", "choose another place with -o"
            ) from None

    def known(self, scenario: str, key: str) -> SweepRow | None:
        """The row of a scenario that was planned, or proven infeasible, earlier from the same inputs.

        None if there is none, if the plan is not the one that was written, and after any other failure: a
        scenario that met a time limit or a dead process may succeed this time.
        """
        record = _load(self._record(scenario), RECORD)
        if record is None or record.get("key") != key:
            return None
        row: SweepRow = record.get("row", {})
        if list(row) != list(SWEEP_COLUMNS) or row["status"] not in (*PLANNED, "infeasible"):
            return None
        return row if _hash_of(self._plan(scenario)) == record.get("plan_sha256") else None

    def write(self, row: SweepRow, key: str, document: PlanDocument | None) -> SweepRow:
        """Write the result of a scenario: its plan, then its record, each whole or not at all.

        Returns its row, which reports anything that cannot be written. Without a plan, an older one of the
        same name is removed: it was made from other inputs.
        """
        scenario = str(row["scenario"])
        place, record = self._plan(scenario), self._record(scenario)
        try:
            if document is not None:
                write_folder(document, place)
            elif (old := check_place(place)).exists():
                shutil.rmtree(old)
        except FlexoptError as error:
            row = _unwritten(row, error.message, error.hint)
        except OSError as error:
            row = _unwritten(row, f"{place}: cannot be removed ({error.strerror})")
        entry = {"schema": RECORD, "key": key, "plan_sha256": _hash_of(place), "row": row}
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(record, _json(entry))
        except OSError as error:
            return _unwritten(row, f"{record}: cannot be written ({error.strerror})")
        return row

    def write_table(self, rows: Sequence[SweepRow]) -> None:
        """sweep.csv and sweep.json."""
        _write(self.folder / "sweep.csv", sweep_csv(rows))
        _write(self.folder / "sweep.json", _json(sweep_json(rows)))

    def _plan(self, scenario: str) -> Path:
        return self.folder / f"{scenario}.plan"

    def _record(self, scenario: str) -> Path:
        return self.folder / f"{scenario}.result.json"


def _unwritten(row: SweepRow, error: str, hint: str = "") -> SweepRow:
    names = {name: row[name] for name in ("scenario", "name")}
    return sweep_row({**names, "status": "failed", "error": error, "hint": hint})


def _hash_of(plan: Path) -> str | None:
    try:
        return hashlib.sha256((plan / "plan.json").read_bytes()).hexdigest()
    except OSError:
        return None


def _load(path: Path, schema: str) -> dict[str, Any] | None:
    """The contents of a file of ours; None if it is missing, damaged or not ours."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and data.get("schema") == schema else None


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8", newline="")
    fresh.replace(path)
