"""The folder of a comparison: comparison.json and a plan folder for each scenario, written all or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

from flexopt.base.errors import FlexoptError
from flexopt.store.folder import check_place, plan_files, read_document, write_files
from flexopt.store.plan import PlanDocument
from flexopt.store.plan_json import document_json
from flexopt.store.reading import read_model
from flexopt.store.study_parts import ComparisonDocument

NAME, SCHEMA = "comparison.json", "flexopt.comparison/"


def write_comparison(document: ComparisonDocument, plans: Mapping[str, PlanDocument], folder: Path) -> Path:
    """Write comparison.json and `ID.plan` of every plan. Raises FlexoptError as `write_folder` does."""
    files: dict[str, Iterable[str]] = {NAME: chain(document_json(document), "\n")}
    for id_, plan in plans.items():
        files |= {f"{id_}.plan/{name}": pieces for name, pieces in plan_files(plan).items()}
    return write_files(files, folder, check_comparison(folder))


def check_comparison(folder: Path) -> Path:
    """Refuse a place that holds anything other than a comparison; returns its real path.

    Its plans are those named in its comparison.json: any other contents are not ours to replace. Raises
    FlexoptError.
    """
    plans = _plans(folder / NAME)
    place = check_place(folder, "a comparison", NAME, SCHEMA, {NAME, *plans})
    for name in plans:
        check_place(place / name)
    return place


def read_plan_or_cheapest(plan: Path) -> PlanDocument:
    """The plan in a folder; for a comparison its cheapest plan, with the comparison. Raises FlexoptError."""
    together = plan / NAME
    if (plan / "plan.json").exists() or not together.is_file():
        return read_document(plan)
    hint = f"write the comparison again: flexopt compare SCENARIO SCENARIO -o {plan}"
    try:
        content = together.read_bytes()
    except OSError as error:
        raise FlexoptError(f"{plan}: cannot be read ({error.strerror})", hint) from None
    where = f"{plan}: {NAME}"
    found = read_model(content, ComparisonDocument, "flexopt.comparison/1", where, hint)
    if Path(found.cheapest).name != found.cheapest:
        raise FlexoptError(f"{where}: `cheapest` does not name a plan in the folder", hint)
    document = read_document(plan / f"{found.cheapest}.plan")
    return document.model_copy(update={"comparison": found.part})


def _plans(path: Path) -> list[str]:
    """Names of the plan folders beside a comparison.json; none if it cannot be read."""
    try:
        scenarios = json.loads(path.read_text(encoding="utf-8"))["scenarios"]
        return [f"{scenario['id']}.plan" for scenario in scenarios]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
