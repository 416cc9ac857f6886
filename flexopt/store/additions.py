"""What a study adds to a plan folder that was made before, from the same inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flexopt.base.errors import FlexoptError
from flexopt.inputs.records import ScenarioFile
from flexopt.store.folder import check_place, read_same, write_folder
from flexopt.store.plan_json import PlanDocument


def plan_to_add_to(folder: Path, inputs: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The plan in the folder, before hours are spent on something for it.

    Raises FlexoptError if there is none, it is of other inputs, or the place cannot be written.
    """
    check_place(folder)
    return read_same(folder, inputs)


def check_scenario(folder: Path, source: ScenarioFile, inputs: Sequence[Mapping[str, str]]) -> None:
    """As `plan_to_add_to`; the plan must also be of this very scenario, whatever made the files of it so."""
    if plan_to_add_to(folder, inputs)["scenario"] != source.scenario.model_dump(mode="json", by_alias=True):
        raise FlexoptError(
            f"{folder}: the plan is of another scenario than {source}",
            f"plan again: flexopt plan {source} -o {folder}",
        )


def add_review(folder: Path, document: PlanDocument) -> None:
    """Add the review of a reviewed plan.

    Where the folder has another plan of the same inputs (a search that was stopped elsewhere), that is
    replaced by the reviewed one: what the moves say is what the assignment says. Raises FlexoptError.
    """
    there = read_same(folder, document["inputs"])
    same = all(list(there[table]) == list(document[table]) for table in ("assignment", "seats", "purchases"))
    write_folder({**there, "review": document["review"]} if same else document, folder)


def add_sensitivity(
    folder: Path, source: ScenarioFile, part: Mapping[str, Any], inputs: Sequence[Mapping[str, str]]
) -> None:
    """Add a sensitivity study of the same inputs and total. Raises FlexoptError if they differ."""
    document = read_same(folder, inputs)
    if document["total"] != part["total"]:
        raise FlexoptError(
            f"{folder}: the plan costs {document['total']}, and now {part['total']} was found",
            f"a time limit came first: raise solver.time_limit, then flexopt plan {source} -o {folder}",
        )
    write_folder({**document, "sensitivity": part}, folder)
