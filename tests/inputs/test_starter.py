"""The folder that `init` writes: valid as written, and never on top of somebody's work."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from flexopt.base.errors import FlexoptError
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.inputs.starter import write_starter

START = date(2026, 4, 1)
FILES = ["access.csv", "people.csv", "price-book.yaml", "scenario.yaml"]


def start_in(folder: Path, **changes: Any) -> list[Path]:
    options: dict[str, Any] = {"products": [], "usage": [], "start": START}
    return write_starter(folder, **(options | changes))


def scenario_in(folder: Path) -> Scenario:
    """The scenario with its base, merged by hand: only `tokens` is in both."""
    own = yaml.safe_load((folder / "scenario.yaml").read_text())
    base = yaml.safe_load((folder / own.pop("extends")).read_text())
    return Scenario.model_validate(base | own | {"tokens": base["tokens"] | own["tokens"]})


def test_folder_without_usage_has_an_example_and_is_valid(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "renewal"
    written = start_in(folder)
    assert [p.relative_to(folder).as_posix() for p in written] == [*FILES, "usage/example.csv"]
    assert sorted(p for p in folder.rglob("*") if p.is_file()) == written
    scenario = scenario_in(folder)
    assert scenario.horizon.start == START
    assert scenario.usage.files == ("usage/example.csv",)
    assert "synthetic example" in (folder / "scenario.yaml").read_text()
    assert [p.name for p in folder.parent.iterdir()] == ["renewal"]


def test_exports_are_copied_under_names_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    exports = [tmp_path / "Usage [1].csv", tmp_path / "a.csv.gz", tmp_path / "other" / "A.csv.gz"]
    for n, path in enumerate(exports):
        path.write_bytes(b"%d" % n)
    folder = tmp_path / "renewal"
    start_in(folder, usage=exports)
    files = scenario_in(folder).usage.files
    assert files == ("usage/Usage _1_.csv", "usage/a.csv.gz", "usage/A-2.csv.gz")
    assert [(folder / name).read_bytes() for name in files] == [b"0", b"1", b"2"]


def test_products_without_a_rate_are_listed_to_be_filled_in(tmp_path: Path) -> None:
    seen = [
        "revit",
        "AutoCAD - including specialized toolsets",
        "InfraWorks",
        "  infraworks ",
        'a "b"\x07c',
    ]
    start_in(tmp_path / "renewal", products=seen)
    text = (tmp_path / "renewal" / "scenario.yaml").read_text()
    assert '#   - {id: "InfraWorks", rates: ' in text
    assert text.casefold().count("infraworks") == 1
    assert "AutoCAD - including" not in text
    scenario_in(tmp_path / "renewal")
    uncommented = [
        line[2:] for line in text.splitlines() if line.startswith("#   - {id: ") and "rates" in line
    ]
    ids = [entry["id"] for entry in yaml.safe_load("\n".join(uncommented))]
    assert ids == ["InfraWorks", 'a "b"\x07c']


def test_what_is_commented_is_valid_once_uncommented(tmp_path: Path) -> None:
    start_in(tmp_path / "renewal")
    path = tmp_path / "renewal" / "scenario.yaml"
    keys = ("# holdings:", "# pool:", "# people:", "# access:", "# policy:", "#   - ")
    lines = [
        line[2:] if line.startswith(keys) else line for line in path.read_text().splitlines(keepends=True)
    ]
    path.write_text("".join(lines))
    scenario = scenario_in(tmp_path / "renewal")
    assert scenario.holdings
    assert scenario.pool
    assert scenario.policy
    assert (scenario.people, scenario.access) == ("people.csv", "access.csv")


def test_other_currency_says_that_prices_must_be_replaced(tmp_path: Path) -> None:
    start_in(tmp_path / "renewal", currency="EUR")
    assert scenario_in(tmp_path / "renewal").currency == "EUR"
    assert "are in USD: replace them" in (tmp_path / "renewal" / "scenario.yaml").read_text()


def test_empty_folder_is_filled(tmp_path: Path) -> None:
    assert len(start_in(tmp_path)) == 5
    scenario_in(tmp_path)


def test_full_folder_and_file_are_left_alone(tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("mine")
    for place in (tmp_path, note):
        with pytest.raises(FlexoptError, match="nothing was written") as refused:
            start_in(place)
        assert refused.value.hint
    assert [p.name for p in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.parametrize(
    "changes",
    [
        {"usage": [Path("missing.csv")]},
        {"currency": "dollars"},
        {"start": date(2025, 12, 31)},
    ],
)
def test_refusals_leave_nothing_behind(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(FlexoptError) as refused:
        start_in(tmp_path / "renewal", **changes)
    assert refused.value.hint
    assert not list(tmp_path.iterdir())


def test_failure_half_way_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("flexopt.inputs.starter.shutil.copyfile", full)
    export = tmp_path / "usage.csv"
    export.write_text("user,product,date\n")
    with pytest.raises(FlexoptError, match="No space left"):
        start_in(tmp_path / "renewal", usage=[export])
    assert [p.name for p in tmp_path.iterdir()] == ["usage.csv"]
