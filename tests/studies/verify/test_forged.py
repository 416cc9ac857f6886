"""Forged plans: with the inputs none is verified; without them what a plan contradicts itself in is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest
from forge_plans import COORDINATED, as_read, edited_file, forged, write_forged

from flexopt import load_scenario, plan
from flexopt.audit.alone import refuse_contradictions
from flexopt.base.errors import FlexoptError
from flexopt.store.folder import read_document, read_plan
from flexopt.store.plan import PlanDocument
from flexopt.studies.verify import by_itself, verify
from flexopt.studies.verify.files import file_checks
from flexopt.studies.verify.inputs import compared

CASE = Path(__file__).parents[2] / "cases" / "mixed-small"

NOT_REPEATED = {
    "todays_bill",
    "no_cost",
    "status",
    "margin",
    "names",
    "finding",
    "hashes",
    "certificate",
    "prices",
}
"""Claims that a plan states once, or which only its inputs can contradict."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan with owned, renewed and new seats, collections and packs."""
    return plan(load_scenario(CASE / "scenario.yaml")).save(tmp_path_factory.mktemp("sound") / "my.plan")


def contradictions(place: Path, again: PlanDocument) -> tuple[list[str], list[str]]:
    """What is found in the folder alone, and against the plan made again."""
    content, document = read_plan(place)
    document = document.model_copy(update={"sha256": None})
    alone = [*by_itself(content, document), *file_checks(place, document)[0]]
    inputs = compared(document, again)
    return tuple([w for check in of for w in check.contradictions] for of in (alone, inputs))  # type: ignore[return-value]


def judged(folder: Path, tmp_path: Path, numbers: Iterable[int]) -> tuple[Counter[str], list[str]]:
    """How many forgeries were made, and found without and with the inputs; and those that were not."""
    document, again = as_read(folder), read_document(folder)
    counted: Counter[str] = Counter()
    missed = []
    for number in numbers:
        what, changed = forged(document, number)
        place = tmp_path / f"{number}.plan"
        if changed == document:
            continue
        counted["forged"] += 1
        if not write_forged(changed, folder, place):
            counted.update(("refused", "alone", "with inputs"))
            continue
        alone, inputs = contradictions(place, again)
        counted["alone"] += bool(alone)
        counted["with inputs"] += bool(inputs)
        if not inputs:
            missed.append(f"{number}: {what}")
    return counted, missed


def test_forged_plans(folder: Path, tmp_path: Path) -> None:
    """Each coordinated forgery and as many edits."""
    counted, missed = judged(folder, tmp_path, range(2 * len(COORDINATED)))
    assert not missed
    assert counted["alone"] > 0.6 * counted["forged"]


@pytest.mark.slow
def test_many_forged_plans(folder: Path, tmp_path: Path) -> None:
    counted, missed = judged(folder, tmp_path, range(100, 900))
    print(dict(counted))
    assert not missed
    assert counted["alone"] > 0.65 * counted["forged"]


@pytest.mark.parametrize(
    "number",
    [n for n in range(1, 2 * len(COORDINATED), 2) if COORDINATED[n // 2].__name__ not in NOT_REPEATED],
)
def test_what_a_plan_repeats_is_found_without_inputs(folder: Path, tmp_path: Path, number: int) -> None:
    for seed in (number, number + 10 * 2 * len(COORDINATED)):
        what, changed = forged(as_read(folder), seed)
        place = tmp_path / f"{seed}.plan"
        if not write_forged(changed, folder, place):
            continue
        alone, _ = contradictions(place, read_document(folder))
        assert alone or what in ("reason", "other_seats"), what


def test_any_edited_file_is_found(folder: Path, tmp_path: Path) -> None:
    again = read_document(folder)
    for number in range(60):
        place = tmp_path / f"{number}.plan"
        write_forged(as_read(folder), folder, place)
        what = edited_file(place, number)
        with suppress(FlexoptError):  # no JSON, or no plan
            assert contradictions(place, again)[0], what


def test_readers_refuse_what_they_would_repeat(folder: Path, tmp_path: Path) -> None:
    document = as_read(folder)
    next(row for row in document["seats"] if row["new"])["unit_price"] = "1.00"
    write_forged(document, folder, tmp_path / "it.plan")
    with pytest.raises(FlexoptError, match="contradicts itself: `unit_price` of") as caught:
        refuse_contradictions(read_document(tmp_path / "it.plan"), "it.plan")
    assert "flexopt verify it.plan" in caught.value.hint


def test_a_sound_plan_is_verified(folder: Path) -> None:
    found = verify(folder, CASE / "scenario.yaml")
    assert found.holds
    assert {check.result for check in found.checks} == {"done"}
    alone = verify(folder)
    assert alone.holds
    assert [check.name for check in alone.checks if check.result == "not possible"] == ["inputs and claims"]


def test_other_inputs_are_said(folder: Path, tmp_path: Path) -> None:
    for name in ("scenario.yaml", "usage.csv"):
        for path in CASE.iterdir():
            if path.is_file():
                (tmp_path / path.name).write_bytes(path.read_bytes())
        (tmp_path / name).write_text((CASE / name).read_text() + "\n")
        found = verify(folder, tmp_path / "scenario.yaml")
        assert not found.holds
        (wrong,) = (check for check in found.checks if check.contradictions)
        assert wrong.contradictions == (f"{name} is not as it was planned from",)
        assert found.checks[-1].result == "not possible"
