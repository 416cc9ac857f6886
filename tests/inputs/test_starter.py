"""The folder that `init` writes: valid as written, and never on top of somebody's work."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import yaml
from documents import data

from flexopt import plan
from flexopt.base.errors import FlexoptError
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.inputs.starter.write import write_starter
from flexopt.planning.check import check_inputs

START = date(2026, 4, 1)
FILES = ["access.csv", "people.csv", "price-book.yaml", "scenario.yaml"]


def start_in(folder: Path, *files: Path, **changes: Any) -> list[Path]:
    options: dict[str, Any] = {"start": START, "otherwise": START}
    return write_starter(folder, files, **(options | changes))[0]


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
    exports = [tmp_path / "Usage [1].csv", tmp_path / "a.csv", tmp_path / "other" / "A.csv"]
    for n, path in enumerate(exports):
        path.write_text(f"user,product,date\nann,AutoCAD,2025-03-0{n + 1}\n")
    folder = tmp_path / "renewal"
    start_in(folder, *exports)
    files = scenario_in(folder).usage.files
    assert files == ("usage/Usage _1_.csv", "usage/a.csv", "usage/A-2.csv")
    assert [(folder / name).read_bytes() for name in files] == [path.read_bytes() for path in exports]


def test_products_without_a_rate_are_listed_to_be_filled_in(tmp_path: Path) -> None:
    seen = ["revit", "AutoCAD - including specialized toolsets", "InfraWorks", "AEC Collection", "Ä: b"]
    usage = tmp_path / "usage.csv"
    usage.write_text("user,product,date\n" + "".join(f'ann,"{name}",2025-03-03\n' for name in seen))
    start_in(tmp_path / "renewal", usage)
    text = (tmp_path / "renewal" / "scenario.yaml").read_text()
    assert "AutoCAD - including" not in text
    scenario_in(tmp_path / "renewal")
    lines = [line[2:] for line in text.splitlines() if line.startswith("#   - {id: ") and "rates" in line]
    assert [entry["id"] for entry in yaml.safe_load("\n".join(lines))] == ["InfraWorks", "Ä: b"]


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
    assert scenario.policy.rules
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

    monkeypatch.setattr("flexopt.inputs.starter.write.shutil.copyfile", full)
    export = tmp_path / "usage.csv"
    export.write_text("user,product,date\n")
    with pytest.raises(FlexoptError, match="No space left"):
        start_in(tmp_path / "renewal", export)
    assert [p.name for p in tmp_path.iterdir()] == ["usage.csv"]


# --- the portal's own files ------------------------------------------------------------------------------

SEAT_USAGE = """\
Day used;Email;First name;Last name;Product;Team
2025-03-03;ann@example.com;Ann;Ä;Revit;Main
2025-11-20;bob@example.com;Bob;B;AutoCAD;Main
"""
TOKEN_USAGE = """\
Day used,Email,Feature,First name,Last name,Product,Team,Tokens used
2025-02-03,cy@example.com,,Cy,C,InfraWorks,Main,6
2025-10-03,cy@example.com,,Cy,C,Revit,Main,10
"""
REPORT = """\
email,hashed_autodesk_id,offering_name,product_name,days_used,seat_assignment,last_accessed,group,team
ann@example.com,h1,AEC Collection,Revit,1,Assigned,2025-03-03,Site,Main
bob@example.com,h2,AutoCAD - including specialized toolsets,AutoCAD,1,Assigned,2025-11-20,,Main
cy@example.com,h3,Flex,Revit,1,,2025-11-22,,Main
"""
SUBSCRIPTIONS = """\
subscription_id,offering_name,seat_quantity,start_date,end_date,term,subscription_status
S1,AEC Collection,2,2025-01-20,2026-01-20,Annual,Active
S2,AutoCAD - including specialized toolsets,1,2025-03-01,2026-03-01,Annual,Active
S3,Flex,900,2025-06-01,2026-06-01,Annual,Active
"""
PORTAL = {"a.csv": SEAT_USAGE, "b.csv": TOKEN_USAGE, "c.csv": REPORT, "d.csv": SUBSCRIPTIONS}


def portal(folder: Path, files: dict[str, str]) -> list[Path]:
    for name, text in files.items():
        (folder / name).write_text(text)
    return [folder / name for name in files]


def test_every_export_finds_its_place_and_the_scenario_is_filled_in(tmp_path: Path) -> None:
    """Two of three seats end on 20 January; the report reaches into November."""
    start_in(tmp_path / "renewal", *portal(tmp_path, PORTAL), start=None)
    scenario = scenario_in(tmp_path / "renewal")
    assert scenario.horizon.start == date(2026, 1, 20)
    assert scenario.usage.files == ("usage/a.csv", "usage/b.csv", "usage/c.csv")
    assert scenario.usage.period is not None
    assert (scenario.usage.period.from_, scenario.usage.period.to) == (date(2024, 12, 1), date(2025, 12, 1))
    assert scenario.subscriptions == ("subscriptions/d.csv",)
    assert scenario.tokens.max_oversize == Decimal("0.15")
    assert [(pack.tokens, pack.expires) for pack in scenario.pool] == [(Decimal(900), date(2026, 6, 1))]
    text = (tmp_path / "renewal" / "scenario.yaml").read_text()
    assert 'id: "InfraWorks", rates: ' in text
    assert "Most of the seats in your Subscriptions export end on this day" in text
    assert (tmp_path / "renewal" / "people.csv").read_text().splitlines()[1:] == [
        "ann@example.com,Site,,,,Main,ann@example.com,,,",
        "bob@example.com,,,,,Main,bob@example.com,,,",
        "cy@example.com,,,,,Main,cy@example.com,,,",
    ]
    assert (tmp_path / "renewal" / "access.csv").read_text().splitlines()[1:] == [
        "ann@example.com,Revit,named,aec-1y",
        "bob@example.com,AutoCAD,named,autocad-1y",
        "cy@example.com,Revit,flex,",
    ]


def test_three_commands_to_a_plan_with_todays_access(tmp_path: Path) -> None:
    start_in(tmp_path / "renewal", *portal(tmp_path, PORTAL), start=None)
    found = plan(tmp_path / "renewal" / "scenario.yaml")
    today = data(found.document)["baselines"]["today"]
    assert today["total"] is not None
    assert found.total.amount <= Decimal(today["total"])


def test_one_workbook_may_be_several_exports(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "all.xlsx"))
    for name, text in {"Usage": TOKEN_USAGE, "Subscriptions": SUBSCRIPTIONS}.items():
        sheet = book.add_worksheet(name)
        for number, line in enumerate(text.splitlines()):
            sheet.write_row(number, 0, line.split(","))
    book.close()
    start_in(tmp_path / "renewal", tmp_path / "all.xlsx", start=None)
    scenario = scenario_in(tmp_path / "renewal")
    assert scenario.usage.files == scenario.subscriptions == ("usage/all.xlsx",)
    assert scenario.horizon.start == date(2026, 1, 20)


def test_files_without_a_place_are_refused_with_what_they_look_like(tmp_path: Path) -> None:
    files = portal(tmp_path, {**PORTAL, "notes.txt": "Dear all,\n", "prices.csv": "sku,list price\nA,3\n"})
    with pytest.raises(FlexoptError, match="nothing was written") as refused:
        start_in(tmp_path / "renewal", *files, tmp_path / "missing.csv")
    said = str(refused.value)
    assert (
        f"{tmp_path / 'prices.csv'}: these columns match no known usage export: `sku`, `list price`" in said
    )
    assert f"{tmp_path / 'notes.txt'}: these columns" in said
    assert f"{tmp_path / 'missing.csv'}: the file does not exist" in said
    assert "a.csv" not in said
    assert not (tmp_path / "renewal").exists()


def test_exports_without_usage_get_no_example(tmp_path: Path) -> None:
    """The seats of a firm are not planned for the people of an example; the renewal date is found."""
    export = tmp_path / "s.csv"
    export.write_text(
        "subscription_id,offering_name,seat_quantity,start_date,end_date,term\n"
        "1,AutoCAD,3,2025-04-15,2026-04-14,Annual\n"
    )
    write_starter(tmp_path / "renewal", [export], otherwise=date(2027, 1, 1))
    scenario = scenario_in(tmp_path / "renewal")
    assert (scenario.usage.files, scenario.horizon.start) == ((), date(2026, 4, 15))
    assert "None of your files has usage" in (tmp_path / "renewal" / "scenario.yaml").read_text()
    codes = [
        f.code
        for f in check_inputs(
            tmp_path / "renewal" / "scenario.yaml", lambda _step, _detail: None, None
        ).findings.errors
    ]
    assert codes == ["D100"]


def test_users_alone_are_no_usage(tmp_path: Path) -> None:
    export = tmp_path / "u.csv"
    export.write_text("email,role,offering_name\nann@x.com,User,AutoCAD\n")
    start_in(tmp_path / "renewal", export)
    codes = [
        f.code
        for f in check_inputs(
            tmp_path / "renewal" / "scenario.yaml", lambda _step, _detail: None, None
        ).findings.errors
    ]
    assert codes == ["D100"]
