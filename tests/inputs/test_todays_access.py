"""Today's access from exports: who has a seat of what, who is on Flex, and what the access table replaces."""

from __future__ import annotations

from pathlib import Path

import pytest
from documents import data

from flexopt import load_scenario, plan, review
from flexopt.inputs.records import TodaysAccess
from flexopt.planning.check import check_inputs

SCENARIO = """\
schema: flexopt.scenario/1
currency: USD
horizon: {start: 2026-01-01, months: 12}
usage: {files: [report.csv, days.csv], period: {from: 2025-01-01, to: 2026-01-01}}
products:
  - {id: AutoCAD, rates: [{from: 2020-01-01, tokens: 7}]}
  - {id: Revit, rates: [{from: 2020-01-01, tokens: 10}]}
offers:
  - id: autocad-1m
    aliases: [AutoCAD]
    covers: [AutoCAD]
    term_months: 1
    prices: [{from: 2025-01-01, new: 290}]
  - id: autocad-1y
    aliases: [AutoCAD]
    covers: [AutoCAD]
    term_months: 12
    prices: [{from: 2025-01-01, new: 2310}]
  - id: aec-1y
    aliases: [AEC Collection]
    covers: [AutoCAD, Revit]
    term_months: 12
    prices: [{from: 2025-01-01, new: 3675}]
tokens: {tiers: [{from: 1, price: 3}], increment: 1}
"""
REPORT = """\
email,first_name,last_name,hashed_autodesk_id,offering_name,product_name,days_used,seat_assignment,group,team
Ann@example.com,Ann,A,h1,AEC Collection,Revit,20,Assigned,Site,Main
Ann@example.com,Ann,A,h1,AEC Collection,AutoCAD,10,Assigned,Site,Main
bob@example.com,Bob,B,h2,AutoCAD,AutoCAD,5,Assigned,,Main
cy@example.com,Cy,C,h3,Flex,AutoCAD,5,,,Main
cy@example.com,Cy,C,h3,Flex,Revit,6,,,Main
di@example.com,Di,D,h4,AutoCAD,AutoCAD,7,Unassigned,,Main
ed@example.com,Ed,E,h5,AEC Collection,Revit,0,Assigned,,Main
fay@example.com,Fay,F,h6,Bundle 7,Revit,4,Assigned,,Main
"""
DAYS = "user,product,date\nann@example.com,Revit,2025-03-03\nann@example.com,AutoCAD,2025-03-03\n"
ALL = [
    TodaysAccess("ann@example.com", "AutoCAD", "named", "aec-1y"),
    TodaysAccess("ann@example.com", "Revit", "named", "aec-1y"),
    TodaysAccess("bob@example.com", "AutoCAD", "named", "autocad-1y"),
    TodaysAccess("cy@example.com", "AutoCAD", "flex"),
    TodaysAccess("cy@example.com", "Revit", "flex"),
    TodaysAccess("ed@example.com", "AutoCAD", "named", "aec-1y"),
]
"""Ed uses nothing, and keeps his seat: by its first product. Di has none, and Fay's is no offer."""


def access(folder: Path, changes: str = "", **files: str) -> tuple[TodaysAccess, ...]:
    from flexopt.planning.arguments import forecasts_for
    from flexopt.planning.planner import Clock, solve

    source = load_scenario(written(folder, changes, **files))
    return solve(source, forecasts_for(source, None, None, None), lambda *_: None, Clock()).source.access


def written(folder: Path, changes: str = "", **files: str) -> Path:
    (folder / "scenario.yaml").write_text(SCENARIO + changes)
    for name, text in {"report": REPORT, "days": DAYS, **files}.items():
        (folder / f"{name}.csv").write_text(text)
    return folder / "scenario.yaml"


def test_a_usage_report_says_who_has_what(tmp_path: Path) -> None:
    assert sorted(access(tmp_path), key=str) == sorted(ALL, key=str)


def test_a_line_of_the_access_table_replaces_all_of_its_user(tmp_path: Path) -> None:
    table = "user,product,access,offer\nbob@example.com,AutoCAD,flex,\n"
    found = access(tmp_path, "access: access.csv\n", access=table)
    assert [row for row in found if row.user == "bob@example.com"] == [
        TodaysAccess("bob@example.com", "AutoCAD", "flex")
    ]
    assert len(found) == len(ALL)


def test_a_product_that_the_access_table_never_names_is_read_from_the_exports(tmp_path: Path) -> None:
    """As after `init`, when the scenario did not have AutoCAD yet."""
    table = (
        "user,product,access,offer\nann@example.com,Revit,named,aec-1y\ncy@example.com,Revit,flex,\n"
        "bob@example.com,Revit,flex,\n"
    )
    found = access(tmp_path, "access: access.csv\n", access=table)
    assert [row for row in found if row.product == "AutoCAD" and row.user[:2] in ("an", "bo", "cy")] == [
        TodaysAccess("ann@example.com", "AutoCAD", "named", "aec-1y"),
        TodaysAccess("bob@example.com", "AutoCAD", "named", "autocad-1y"),
        TodaysAccess("cy@example.com", "AutoCAD", "flex"),
    ]
    read = check_inputs(tmp_path / "scenario.yaml", lambda *_: None, None)
    (finding,) = [f for f in read.findings if f.code == "T405"]
    assert "no line of AutoCAD: today's access to it of 3 people" in finding.message


def test_a_seat_that_covers_more_than_the_scenario_says(tmp_path: Path) -> None:
    changes = "products: [{id: ReCap, rates: [{from: 2020-01-01, tokens: 3}]}]\n"
    (tmp_path / "more.yaml").write_text("extends: scenario.yaml\n" + changes)
    written(tmp_path, report=REPORT + "ann@example.com,Ann,A,h1,AEC Collection,ReCap,3,Assigned,Site,Main\n")
    (finding,) = [
        f for f in check_inputs(tmp_path / "more.yaml", lambda *_: None, None).findings if f.code == "T406"
    ]
    assert finding.message.startswith("1 person uses ReCap with a seat of aec-1y, which does not cover it")
    assert finding.hint.startswith("add ReCap to `covers` of aec-1y")


def test_the_owned_offer_is_meant_where_two_have_the_name(tmp_path: Path) -> None:
    owned = "holdings: [{offer: autocad-1m, quantity: 1, ends: 2026-01-01}]\n"
    assert TodaysAccess("bob@example.com", "AutoCAD", "named", "autocad-1m") in access(tmp_path, owned)


def test_a_plan_compares_with_it_and_says_what_it_read(tmp_path: Path) -> None:
    """Today: two AEC seats, one AutoCAD seat, Cy's 5 x 7 and 6 x 10 tokens; Di and Fay are free."""
    source = written(tmp_path, "holdings: [{offer: aec-1y, quantity: 3, ends: 2026-01-01}]\n")
    found = plan(source).document
    assert data(found)["baselines"]["today"]["seats"] == f"{2 * 3675 + 2310}.00"
    said = {f["code"]: f["message"] for f in data(found)["findings"]}
    assert said["T400"] == (
        "today's access of 4 people is read from the exports: 3 seats of 2 offers, 1 person on Flex"
    )
    assert said["T401"].startswith('1 person has a seat of "Bundle 7", which is no offer of the scenario')
    assert said["T402"] == (
        "of 3 seats owned 2 are assigned today; 1 seat is assigned but not owned (aec-1y 2 of 3); today's "
        "access costs the assigned seats only, not the 1 that nobody has"
    )
    assert {"T400", "T401", "T402"} <= {f.code for f in check_inputs(source, lambda *_: None, None).findings}


def test_seats_of_people_who_left_are_counted_whatever_says_so(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("user,leaves\nbob@example.com,2025-12-01\n")
    (tmp_path / "access.csv").write_text(
        "user,product,access,offer\nbob@example.com,AutoCAD,named,autocad-1y\n"
    )
    owned = "holdings: [{offer: aec-1y, quantity: 2, ends: 2026-01-01}]\n"
    source = written(tmp_path, "people: people.csv\naccess: access.csv\n" + owned)
    finding = {f.code: f for f in check_inputs(source, lambda *_: None, None).findings}["T402"]
    assert finding.message == (
        "of 2 seats owned 2 are assigned today, 1 of them to people who have left by 2026-01-01; "
        "1 seat is assigned but not owned"
    )
    assert finding.file == "access.csv"


def test_it_can_be_reviewed_without_an_access_table(tmp_path: Path) -> None:
    moves = {(m.user, m.product): m.move for m in review(written(tmp_path)).moves.itertuples()}
    assert moves["ann@example.com", "Revit"] == "to Flex"
    assert moves["ed@example.com", "AutoCAD"] == "release"


@pytest.mark.parametrize(
    ("columns", "cells", "expected"),
    [
        ("access_option", "Named User", "named"),
        ("access_option", "Flex", "flex"),
        ("access_option", "", None),
        ("seat_assignment,access_option", "assigned,Subscription", "named"),
        ("seat_assignment,access_option", "unassigned,Subscription", None),
        ("seat_assignment,access_option", ",Token Flex", "flex"),
    ],
)
def test_words_of_an_assignment(columns: str, cells: str, expected: str | None, tmp_path: Path) -> None:
    report = (
        f"email,offering_name,product_name,days_used,{columns}\nbob@example.com,AutoCAD,AutoCAD,5,{cells}\n"
    )
    found = access(tmp_path, report=report)
    assert [row.access for row in found] == ([expected] if expected else [])
