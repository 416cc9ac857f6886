"""The files of a plan folder beside plan.json: each is exactly what plan.json says."""

from __future__ import annotations

import hashlib
import io
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pandas as pd

from flexopt.audit.alone import charges_file, without_rows
from flexopt.base.columns import Column, ColumnTable
from flexopt.store.folder import CHARGES_CSV, NAMES, plan_files
from flexopt.store.plan import PlanDocument
from flexopt.store.table_csv import harmless
from flexopt.store.tables import CHARGES
from flexopt.studies.verify.check import Check, checked, not_possible


def file_checks(plan: Path, document: PlanDocument) -> tuple[list[Check], ColumnTable | None]:
    """A check for each file that a plan folder has; and the rows of charges.csv, if it has them."""
    if plan.suffix == ".json" and plan.name != "plan.json":
        return [not_possible("tables beside plan.json", "this is a single file")], None
    place = plan.parent if plan.name == "plan.json" else plan
    found = [
        checked(name, _differs(place / name, "".join(pieces).encode()))
        for name, pieces in plan_files(document).items()
        if name != "plan.json"
    ]
    failures, rows = _charges(place, document)
    found.append(checked(CHARGES_CSV, failures))
    others = {path.name for path in place.iterdir() if not path.name.startswith(".")} - NAMES
    wrong = [f"{name} is not a file of a plan" for name in sorted(others)]
    if without_rows(document):
        wrong.append("a plan folder has its rows about people: those of `assignment` are missing")
    return [*found, checked("files of the folder", wrong)], rows


def _differs(path: Path, rendered: bytes) -> list[str]:
    """Why the file is not what was rendered; the first line that differs."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return [f"{path.name} cannot be read ({error.strerror})"]
    if content == rendered:
        return []
    said, made = content.split(b"\n"), rendered.split(b"\n")
    both = zip(said, made, strict=False)
    line = next((n for n, (a, b) in enumerate(both) if a != b), min(len(said), len(made)))
    return [f"{path.name}, line {line + 1}, is not what plan.json says"]


def _charges(place: Path, document: PlanDocument) -> tuple[list[str], ColumnTable | None]:
    """What is wrong with charges.csv, and its rows."""
    try:
        content = (place / CHARGES_CSV).read_bytes()
    except OSError as error:
        return [f"{CHARGES_CSV} cannot be read ({error.strerror})"], None
    said = [(file.file, file.sha256) for file in document.files]
    found = []
    if said != [(CHARGES_CSV, hashlib.sha256(content).hexdigest())]:
        found.append(f"{CHARGES_CSV} is not the file whose hash is in `files`")
    try:
        frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    except ValueError:
        return [*found, f"{CHARGES_CSV} is not a table"], None
    if list(frame) != list(CHARGES):
        return [*found, f"{CHARGES_CSV} has other columns"], None
    assignment = document.assignment.columns
    texts = [
        *assignment["user"].values,
        *(cell for row in document.charges for cell in (row.group, row.cost_centre)),
    ]
    # what a spreadsheet would take for a formula is written with an apostrophe
    meant = {harmless(text): text for text in (*texts, *(p.id for p in document.scenario.products))}
    try:
        rows = ColumnTable(
            {
                name: Column.from_array(frame[name]).mapped(
                    Decimal if kind is Decimal else lambda cell: meant.get(cell, cell)
                )
                for name, kind in CHARGES.items()
            }
        )
    except InvalidOperation:
        return [*found, f"{CHARGES_CSV} has a cell that is no number"], None
    return [*found, *charges_file(rows, document)], rows
