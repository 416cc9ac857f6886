"""People and access tables as planners save them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from damages import GOOD, USAGE

from flexopt.base.findings import InputError
from flexopt.inputs.records import Person, ScenarioFile, TodaysAccess
from flexopt.inputs.scenario.load import load_scenario, read_scenario
from flexopt.inputs.usage.sources import usage_key


def load(folder: Path, extra: str, scenario: str = GOOD, **tables: str | bytes) -> ScenarioFile:
    (folder / "usage.csv").write_text(USAGE)
    for name, content in tables.items():
        raw = content if isinstance(content, bytes) else content.encode()
        (folder / f"{name}.csv").write_bytes(raw)
    (folder / "scenario.yaml").write_text(scenario + extra)
    return load_scenario(folder / "scenario.yaml")


PEOPLE = "user,group,cost_centre,starts,leaves\nann,site,CC 1,2026-03-01,\nbob,,,,2026-05-01\n"


@pytest.mark.parametrize(
    "content",
    [
        PEOPLE,
        PEOPLE.replace(",", ";"),
        PEOPLE.replace(",", "\t"),
        PEOPLE.replace("\n", "\r\n"),
        PEOPLE.replace("cost_centre", "Cost Centre").replace("user", " User "),
        PEOPLE + "\n\n",
        PEOPLE.replace("ann,", '"ann",'),
        PEOPLE.encode("utf-8-sig"),
        PEOPLE.encode("utf-16"),
    ],
)
def test_people_in_every_dialect(content: str | bytes, tmp_path: Path) -> None:
    read = load(tmp_path, "people: people.csv\n", people=content)
    assert read.people == {
        "ann": Person("ann", "site", "CC 1", date(2026, 3, 1), None),
        "bob": Person("bob", "", "", None, date(2026, 5, 1)),
    }
    assert list(read.findings) == []


def test_an_unknown_column_is_a_warning_with_a_suggestion(tmp_path: Path) -> None:
    read = load(tmp_path, "people: people.csv\n", people="user,groop\nann,site\n")
    assert [(f.code, f.severity, f.hint) for f in read.findings] == [
        ("T104", "warning", "did you mean `group`?")
    ]


def test_aliases_are_several_emails_and_ids(tmp_path: Path) -> None:
    read = load(
        tmp_path, "people: people.csv\n", people="user,aliases\nann,ann@x.com; A1 |b@x.com;;ann\nbob,\n"
    )
    assert read.people["ann"].aliases == ("A1", "ann@x.com", "b@x.com")
    assert read.people["bob"].aliases == ()
    assert list(read.findings) == []


@pytest.mark.parametrize(
    ("rows", "code", "row", "value"),
    [
        ("ann@x.com,BOB@x.com\nbob@x.com,\n", "T114", 2, "BOB@x.com"),
        ("ann,a@x.com\nbob,A@x.com\n", "T115", 3, "A@x.com"),
    ],
)
def test_an_alias_of_two_people_is_an_error(
    rows: str, code: str, row: int, value: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, "people: people.csv\n", people="user,aliases\n" + rows)
    assert [(f.code, f.row, f.value) for f in caught.value.findings] == [(code, row, value)]


def test_aliases_and_users_exports_are_part_of_the_key_of_the_usage(tmp_path: Path) -> None:
    users = "autodesk_id,email,role\n"
    extra = "people: people.csv\nusers: [users.csv]\n"
    listed = [
        ("user\nann\n", ""),
        ("user,aliases\nann,x@x.com\n", ""),
        ("user\nbob\n", ""),
        ("user\nann\n", "X1,a,User\n"),
    ]
    keys = {usage_key(load(tmp_path, extra, people=people, users=users + rows)) for people, rows in listed}
    assert len(keys) == 4


def test_users_that_differ_by_case_are_a_warning(tmp_path: Path) -> None:
    read = load(tmp_path, "people: people.csv\n", people="user\nann\nAnn\n")
    assert [(f.code, f.row) for f in read.findings] == [("T113", 3)]
    assert list(read.people) == ["ann", "Ann"]


def test_access_matches_names_without_case_and_offers_by_alias(tmp_path: Path) -> None:
    rows = "user,product,access,offer\nann,AUTOCAD,Named,autocad  annual\nbob,Vault,flex,\n"
    read = load(tmp_path, "access: access.csv\n", access=rows)
    assert read.access == (
        TodaysAccess("ann", "AutoCAD", "named", "autocad-1y"),
        TodaysAccess("bob", "Vault", "flex", ""),
    )


def test_a_seat_that_does_not_cover_is_a_warning(tmp_path: Path) -> None:
    rows = "user,product,access,offer\nann,AutoCAD,named,vault-1y\n"
    read = load(tmp_path, "access: access.csv\n", access=rows)
    assert [f.code for f in read.findings] == ["T214"]


def test_many_rows_with_one_fault_are_one_finding(tmp_path: Path) -> None:
    rows = "user,product,access\n" + "".join(f"u{i},Autocat,flex\n" for i in range(50))
    (tmp_path / "usage.csv").write_text(USAGE)
    (tmp_path / "access.csv").write_text(rows)
    (tmp_path / "scenario.yaml").write_text(GOOD + "access: access.csv\n")
    findings = list(read_scenario(tmp_path / "scenario.yaml")[1])
    assert [(f.code, f.row, f.count, f.hint) for f in findings] == [
        ("T211", 2, 50, "did you mean `AutoCAD`?")
    ]


def test_people_listed_twice_are_counted(tmp_path: Path) -> None:
    rows = "user,group\nann,A\nann,B\nann,A\n" + "".join(f"u{i},A\nu{i},A\n" for i in range(30))
    (tmp_path / "usage.csv").write_text(USAGE)
    (tmp_path / "people.csv").write_text(rows)
    (tmp_path / "scenario.yaml").write_text(GOOD + "people: people.csv\n")
    findings = list(read_scenario(tmp_path / "scenario.yaml")[1])
    assert [(f.code, f.row, f.message, f.count) for f in findings[:2]] == [
        ("T110", 3, '"ann" is already on line 2', 2),
        ("T110", 6, '"u0" is already on line 5', 1),
    ]
    assert (len(findings), findings[-1].message, findings[-1].count) == (
        21,
        "11 more errors of this kind",
        11,
    )


@pytest.mark.parametrize("mark", ["\t", "\x85", "\u2028", "\x7f", "\n"])
def test_what_would_break_a_line_is_a_finding_without_it(mark: str, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text(USAGE)
    (tmp_path / "people.csv").write_text(f'user,group\n"an{mark}n",A\n')
    (tmp_path / "scenario.yaml").write_text(GOOD + "people: people.csv\n")
    (found,) = read_scenario(tmp_path / "scenario.yaml")[1]
    assert (found.code, found.row, found.column) == ("T108", 2, "user")
    assert mark not in str(found).replace("\n\nhint", "")


def test_a_table_that_excel_saved_in_german(tmp_path: Path) -> None:
    """Semicolons, Windows-1252, dates with points: as the usage files, it is read, and said."""
    (tmp_path / "usage.csv").write_text(USAGE)
    table = "user;group;leaves\nann;Büro Köln;01.07.2026\nbob;Zürich;31.12.2026 00:00\n"
    (tmp_path / "people.csv").write_bytes(table.encode("cp1252"))
    (tmp_path / "scenario.yaml").write_text(GOOD + "people: people.csv\n")
    file, findings = read_scenario(tmp_path / "scenario.yaml")
    assert file is not None
    assert [(f.code, f.severity) for f in findings] == [("T109", "warning")]
    assert [(p.group, p.leaves) for p in file.people.values()] == [
        ("Büro Köln", date(2026, 7, 1)),
        ("Zürich", date(2026, 12, 31)),
    ]
