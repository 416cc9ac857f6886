"""A damaged plan is a clear error, or a plan that every command can use: never a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from damage_plans import damaged
from documents import sealed, typed
from reports import explain_text, explain_user_text, review_markdown, review_text

from flexopt.base.errors import FlexoptError
from flexopt.exports.formats import exporter
from flexopt.exports.people import pseudonymise, without_people
from flexopt.exports.study_data import review_csv
from flexopt.store.additions import add_review, add_sensitivity
from flexopt.store.folder import read_document, write_folder
from flexopt.store.plan import PlanDocument
from flexopt.studies.explain import explain

QUICK = (".csv", ".json", ".md")
SLOW = (".xlsx", ".html", ".pdf")


def refused(text: str, place: Path, formats: Iterable[str]) -> str:
    """Why the plan is refused; nothing if it is read, and then every command can use it."""
    place.mkdir(exist_ok=True)
    (place / "plan.json").write_bytes(sealed(text).encode("utf-8", "surrogatepass"))
    try:
        document = read_document(place)
    except FlexoptError as error:
        said = error
    else:
        use(document, place, formats)
        return ""
    assert said.exit_code == 2
    assert said.message.startswith(f"{place}: plan.json ")
    assert "write the plan again: flexopt plan SCENARIO -o " in said.hint
    return said.message.removeprefix(f"{place}: ")


def use(document: PlanDocument, place: Path, formats: Iterable[str]) -> None:
    """What every command does with a plan that it has read."""
    pseudonymise(document, place.with_name("key.csv"))
    for kind in formats:
        for people in (document, without_people(document)):
            exporter(Path(f"x{kind}")).render(people)
    found = explain(document)
    explain_text(found.document, found.currency)
    for row in document.assignment[:2]:
        one = explain(document, row["user"])
        explain_user_text(one.document, one.currency)
    if document.review is not None:
        for render in (review_text, review_csv, review_markdown):
            list(render(document))
        with suppress(FlexoptError):  # charges.csv need not be that of such a plan
            add_review(place, document)
    if document.sensitivity is not None:
        from flexopt import load_scenario

        source = load_scenario(Path(__file__).parents[1] / "cases" / "break-even" / "scenario.yaml")
        with suppress(FlexoptError):
            add_sensitivity(place, source, document.sensitivity, document.inputs)


@pytest.fixture
def whole(everything: dict[str, Any], just_planned: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """plan.json with all that there may be in it; charges.csv is in its place already."""
    write_folder(typed(just_planned), tmp_path / "my.plan")
    return everything


def test_damaged_plans(whole: dict[str, Any], tmp_path: Path) -> None:
    said = [refused(damaged(whole, number), tmp_path / "my.plan", QUICK) for number in range(80)]
    assert sum(map(bool, said)) > 55, "most damage is found"
    assert len(set(said)) > 45, "and said in particular"


@pytest.mark.slow
def test_many_damaged_plans(whole: dict[str, Any], tmp_path: Path) -> None:
    for number in range(1000, 1400):
        refused(damaged(whole, number), tmp_path / "my.plan", QUICK + SLOW)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"total": "7,000.00"},
            'is damaged: `total` should be a number as text, such as "12.50", found `7,000.00`',
        ),
        ({"total": "7000.00"}, "contradicts itself: `total` is 7000.00, but its parts add up to 6909.00"),
        (
            {"status": "infeasible"},
            "is damaged: `status` should be 'optimal' or 'feasible', found `infeasible`",
        ),
        ({"horizon": {"start": "2026-01-01"}}, "is damaged: `horizon.end` is missing"),
        ({"more": 1}, "is damaged: `more` is not a key of it"),
    ],
)
def test_what_is_said(whole: dict[str, Any], tmp_path: Path, change: dict[str, Any], words: str) -> None:
    assert refused(json.dumps(whole | change), tmp_path / "my.plan", ()) == f"plan.json {words}"


def test_a_wrong_cell_has_its_row_and_column(whole: dict[str, Any], tmp_path: Path) -> None:
    table = whole["assignment"]
    row = table[2]
    for wrong, said in (
        ({"days": None}, 'days` should be a number as text, such as "12.50", found null'),
        ({"product": "Inventor"}, "product` is `Inventor`, which is not a product of `scenario`"),
        ({"contract_start": "2026-13-01"}, "contract_start` should be"),
    ):
        rows = [*table[:2], row | wrong, *table[3:]]
        found = refused(json.dumps(whole | {"assignment": rows}), tmp_path / "my.plan", ())
        assert f"`assignment[2].{said}" in found
