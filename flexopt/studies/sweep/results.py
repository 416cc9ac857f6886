"""What a sweep writes: a plan and a record for every scenario as it ends, and a table over all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import flexopt
from flexopt.base.errors import FlexoptError, InfeasibleError, LimitError
from flexopt.base.findings import InputError
from flexopt.store.folder import check_place, write_folder
from flexopt.store.table_csv import table_csv
from flexopt.store.tables import BASELINES

__all__ = ["COLUMNS", "Failure", "Row", "check_folder", "failed", "keep", "kept", "table_json", "write_table"]

COLUMNS: dict[str, type] = {
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
    "seats_bought": int,
    "tokens_bought": int,
    "gap": Decimal,
    **{f"saving_{baseline}": Decimal for baseline in BASELINES},
    "error": str,
    "hint": str,
}
"""Columns of sweep.csv in their order."""

Row = dict[str, str | int | None]
"""A row of the table, with all of COLUMNS: decimals as text, None where there is none."""

PLANNED = ("optimal", "feasible")
"""Statuses of a row with a plan."""

TABLE = "flexopt.sweep/1"
RECORD = "flexopt.sweep-result/1"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a scenario has no plan: `infeasible`, `input`, `limit` or `failed`; and the error in words."""

    status: str
    error: str
    hint: str = ""

    @classmethod
    def of(cls, error: FlexoptError) -> Failure:
        if isinstance(error, InputError):
            first, *more = error.findings
            others = f" (and {len(more):,} more: `flexopt check` lists them)" if more else ""
            place = f"{first.file}:{first.row}" if first.row is not None else first.file
            return cls("input", f"{place}: {first.message} [{first.code}]{others}", first.hint)
        kinds = {InfeasibleError: "infeasible", LimitError: "limit"}
        return cls(kinds.get(type(error), "failed"), error.message, error.hint)


def check_folder(folder: Path) -> None:
    """Make the folder of a sweep. Raises FlexoptError where something else stands."""
    try:
        if folder.exists() and not folder.is_dir():
            raise FlexoptError(f"{folder}: is a file, not a folder", "choose another place with -o")
        folder.mkdir(parents=True, exist_ok=True)
        others = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
        if not others:
            write_table(folder, [])  # from now on the folder is known to be a sweep's
        elif _load(folder / "sweep.json", TABLE) is None:
            more = " and more" if len(others) > 3 else ""
            raise FlexoptError(
                f"{folder}: exists and is not a sweep's folder: it holds {', '.join(others[:3])}{more}",
                "give another folder with -o, or move what is there",
            )
    except OSError as error:
        raise FlexoptError(
            f"{folder}: cannot write there ({error.strerror})", "choose another place with -o"
        ) from None


def keep(folder: Path, name: str, key: str, title: str, made: Mapping[str, Any] | Failure) -> Row:
    """Write what came of a scenario: its plan, then the record that says so. Returns its row.

    Without a plan an older one of the same name goes: it is of other inputs.
    """
    place = folder / f"{name}.plan"
    try:
        if isinstance(made, Failure):
            if (old := check_place(place)).exists():
                shutil.rmtree(old)
        else:
            write_folder(made, place)
    except FlexoptError as error:
        made = Failure.of(error)
    except OSError as error:
        made = Failure("failed", f"{place}: cannot be removed ({error.strerror})")
    row = failed(name, title, made) if isinstance(made, Failure) else _planned(name, made)
    record = {"schema": RECORD, "key": key, "plan_sha256": _hash_of(place), "row": row}
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _write(_record(folder, name), _json(record))
    except OSError as error:
        why = Failure("failed", f"{_record(folder, name)}: cannot be written ({error.strerror})")
        return failed(name, title, why)
    return row


def kept(folder: Path, name: str, key: str) -> Row | None:
    """The row of a scenario that was planned before, or proven impossible, from the same inputs.

    None where there is none, where the plan is not the one that was written, and after any other failure:
    a time limit or a dead process may go better today.
    """
    record = _load(_record(folder, name), RECORD)
    if record is None or record.get("key") != key:
        return None
    row: Row = record.get("row", {})
    if list(row) != list(COLUMNS) or row["status"] not in (*PLANNED, "infeasible"):
        return None
    same = _hash_of(folder / f"{name}.plan") == record.get("plan_sha256")
    return row if same else None


def failed(name: str, title: str, why: Failure) -> Row:
    """The row of a scenario without a plan."""
    known = {"scenario": name, "name": title, "status": why.status, "error": why.error, "hint": why.hint}
    return {column: known.get(column, "" if kind is str else None) for column, kind in COLUMNS.items()}


def write_table(folder: Path, rows: Sequence[Row]) -> None:
    """sweep.csv and sweep.json."""
    _write(folder / "sweep.csv", "".join(table_csv(rows, COLUMNS)))
    _write(folder / "sweep.json", table_json(rows))


def table_json(rows: Sequence[Row]) -> str:
    """The table for programs."""
    return _json({"schema": TABLE, "flexopt": flexopt.__version__, "rows": rows})


def _planned(name: str, document: Mapping[str, Any]) -> Row:
    summary, baselines = document["summary"], document["baselines"]
    known = {
        **{column: document[column] for column in ("name", "status", "currency", "total")},
        **{column: summary[column] for column in COLUMNS if column in summary},
        **{f"saving_{baseline}": found["saving"] for baseline, found in baselines.items()},
        "scenario": name,
        "gap": document["proof"]["gap"],
    }
    return {column: known.get(column, "" if kind is str else None) for column, kind in COLUMNS.items()}


def _record(folder: Path, name: str) -> Path:
    return folder / f"{name}.result.json"


def _hash_of(plan: Path) -> str | None:
    try:
        return hashlib.sha256((plan / "plan.json").read_bytes()).hexdigest()
    except OSError:
        return None


def _load(path: Path, schema: str) -> dict[str, Any] | None:
    """A file of ours; None if it is missing, damaged or somebody else's."""
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
