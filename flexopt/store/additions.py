"""Adds a study to an existing plan folder made from the same inputs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flexopt.base.errors import FlexoptError
from flexopt.inputs.records import ScenarioFile
from flexopt.store.folder import check_place, read_same, write_folder
from flexopt.store.plan import InputFile, PlanDocument
from flexopt.store.study_parts import SensitivityPart


def plan_to_add_to(folder: Path, inputs: Sequence[InputFile]) -> PlanDocument:
    """The plan in the folder, checked before hours are spent on a study for it.

    Raises FlexoptError if there is none, it was made from other inputs, or the folder cannot be written.
    """
    check_place(folder)
    return read_same(folder, inputs)


def check_scenario(folder: Path, source: ScenarioFile, inputs: Sequence[InputFile]) -> PlanDocument:
    """As `plan_to_add_to`; the plan must also have been made from this very scenario, not only its files."""
    document = plan_to_add_to(folder, inputs)
    if document.scenario.model_dump_json() != source.scenario.model_dump_json():
        raise FlexoptError(
            f"{folder}: the plan was made from another scenario, not {source}",
            f"run again: flexopt plan {source} -o {folder}",
        )
    return document


def add_review(folder: Path, document: PlanDocument) -> None:
    """Add the review of a reviewed plan.

    If the folder has a different plan from the same inputs (a search that stopped elsewhere), it is replaced
    by the reviewed one, so that moves and assignment agree. Raises FlexoptError.
    """
    there = read_same(folder, document.inputs)
    tables = ("assignment", "seats", "purchases")
    same = all(getattr(there, table) == getattr(document, table) for table in tables)
    write_folder(there.model_copy(update={"review": document.review}) if same else document, folder)


def add_sensitivity(
    folder: Path, source: ScenarioFile, part: SensitivityPart, inputs: Sequence[InputFile]
) -> None:
    """Add a sensitivity study with the same inputs and total. Raises FlexoptError if they differ."""
    document = read_same(folder, inputs)
    if document.total != part.total:
        raise FlexoptError(
            f"{folder}: the plan costs {document.total}, but a total of {part.total} was found now",
            "the time limit was reached before the proof: raise solver.time_limit, then run "
            f"flexopt plan {source} -o {folder}",
        )
    write_folder(document.model_copy(update={"sensitivity": part}), folder)
