"""Subscriptions exports as a whole: every seat once, tokens aside, and all of it in one sentence."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from damages import GOOD, SUBSCRIPTIONS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from subscription_files import TERMS, load, others, owned, said, write

from flexopt.inputs.scenario.load import load_scenario, read_scenario
from flexopt.inputs.tables.subscription_words import is_flex, tokens_bought

# Packs of Flex tokens


def test_flex_packs_belong_to_the_pool(tmp_path: Path) -> None:
    rows = (
        "1,Flex,1500,2025-11-01,2026-11-01,Annual,Active",
        "2,Autodesk Flex - 500 tokens,500,2026-02-01,2027-02-01,1-Year,Active",
        "3,Flex tokens,800,2024-11-01,2025-11-01,1-Year,Expired",
    )
    flex = TERMS.replace("aliases: [Vault]", "aliases: [Vault, Flex]")  # a mistake that must not make seats
    for scenario in (TERMS, flex):
        read = load(tmp_path, *rows, scenario=scenario)
        assert not read.holdings
        assert others(read) == [("T323", "warning", 2)]
        assert said(read, "T323").hint.startswith(
            "add at most `pool: [{tokens: 1500, expires: 2026-11-01}, {tokens: 500, expires: 2027-02-01}]`"
        )
    pool = "pool: [{tokens: 900, expires: 2026-11-01}]\n"
    assert others(load(tmp_path, *rows, extra=pool)) == [("T323", "info", 2)]
    unconfirmed = "pool: [{tokens: 2000, expires: 2026-11-01}]\n"
    assert others(load(tmp_path, *rows, extra=unconfirmed)) == [("T323", "warning", 2)]


@pytest.mark.parametrize(
    ("name", "quantity", "tokens"),
    [("Flex", 1500, 1500), ("Autodesk Flex - 500 tokens", 500, 500), ("Flex - 1,000 tokens", 2, 2000)],
)
def test_tokens_of_a_pack(name: str, quantity: int, tokens: int) -> None:
    assert tokens_bought(name, quantity) == tokens


def test_flexsim_is_a_product() -> None:

    assert not is_flex("FlexSim Enterprise")


# Once each

LAST = SUBSCRIPTIONS + (
    "S1,vault-1y,44,2025-01-20,2026-01-19,Annual,Active\n"
    "S2,AutoCAD annual,78,2025-01-20,2026-01-19,Annual,Active\n"
)
FIRST = LAST.replace("2026-01-19", "2026-01-20")


def test_one_subscription_in_two_exports_is_counted_once(tmp_path: Path) -> None:
    """122 seats, not 244, though one file names the last day and the other the first day without."""
    read = load_scenario(write(tmp_path, {"a.csv": FIRST, "b.csv": LAST}))
    assert owned(read) == [("vault-1y", 44, "2026-01-20"), ("autocad-1y", 78, "2026-01-20")]
    assert others(read) == [("T318", "info", 2)]
    assert said(read, "T318").count == 2


def test_of_two_terms_of_a_subscription_the_newer_counts(tmp_path: Path) -> None:
    """It was renewed with four seats fewer: they are named, not added."""
    newer = FIRST.replace("2026", "2027").replace("2025", "2026").replace("S1,vault-1y,44", "S1,vault-1y,40")
    start = TERMS.replace("start: 2026-01-01", "start: 2026-01-20")
    read = load_scenario(write(tmp_path, {"a.csv": FIRST, "b.csv": newer}, scenario=start))
    assert owned(read) == [("vault-1y", 40, "2027-01-20"), ("autocad-1y", 78, "2027-01-20")]
    assert others(read) == [("T318", "info", 2), ("T329", "warning", 2)]
    # before the change of terms, the older term leads to the newer one without a gap
    read = load_scenario(write(tmp_path, {"a.csv": FIRST, "b.csv": newer}))
    assert owned(read) == [("vault-1y", 40, "2027-01-20"), ("autocad-1y", 78, "2027-01-20")]


def test_a_subscription_cancelled_since_is_not_owned(tmp_path: Path) -> None:
    later = FIRST.replace(
        "S1,vault-1y,44,2025-01-20,2026-01-20,Annual,Active", "s1,vault-1y,44,,2026-01-20,,Canceled"
    )
    read = load_scenario(write(tmp_path, {"a.csv": FIRST, "b.csv": later}))
    assert owned(read) == [("autocad-1y", 78, "2026-01-20")]


def test_rows_without_an_id_in_two_files_are_counted_once(tmp_path: Path) -> None:
    bare = FIRST.replace("S1", "").replace("S2", "")
    for files in ({"a.csv": bare, "b.csv": bare}, {"a.csv": bare, "b.csv": FIRST}):
        read = load_scenario(write(tmp_path, files))
        assert sorted(owned(read)) == [("autocad-1y", 78, "2026-01-20"), ("vault-1y", 44, "2026-01-20")]
        assert [code for code, _, _ in others(read)] == ["T327"]
    # twice in one file they are two orders
    assert len(load_scenario(write(tmp_path, {"a.csv": bare + bare.split("\n", 1)[1]})).holdings) == 4
    # exports of two teams have other rows in common only by chance
    north = bare + "".join(f",autocad-1y,{n},,2026-0{n}-01,,\n" for n in range(2, 8))
    south = bare.split("\n")[0] + "\n" + bare.split("\n")[1] + "\n"
    south += "".join(f",autocad-1y,{n},,2027-0{n}-01,,\n" for n in range(2, 8))
    read = load_scenario(write(tmp_path, {"a.csv": north, "b.csv": south}))
    assert sum(h.quantity for h in read.holdings if h.offer == "vault-1y") == 88
    assert "counted in both" in said(read, "T327").message


def test_seats_by_hand_that_are_in_an_export_too_are_said(tmp_path: Path) -> None:
    by_hand = "holdings: [{offer: vault-1y, quantity: 44, ends: 2026-01-20}]\n"
    read = load_scenario(write(tmp_path, {"a.csv": LAST}, by_hand))
    assert sum(h.quantity for h in read.holdings) == 166
    assert others(read) == [("T330", "warning", None)]


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_rows_are_shared_among_files_each_counts_once(data: st.DataObject, tmp_path: Path) -> None:
    """Files in any order, each with some of the subscriptions, in its own way of writing ends."""
    rows = data.draw(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 300)), min_size=1, max_size=6))
    files: dict[str, str] = {f"{name}.csv": SUBSCRIPTIONS for name in "abc"}
    last = data.draw(st.tuples(*[st.booleans()] * 3))
    for number, (seats, days) in enumerate(rows):
        ends = date(2026, 1, 20) + timedelta(days)
        for place in data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=4)):
            shown = ends - timedelta(last[place])
            text = f"S{number},vault-1y,{seats},{ends.replace(year=2025)},{shown},Annual,Active\n"
            files["abc"[place] + ".csv"] += text
    read = load_scenario(write(tmp_path, files))
    expected = [(f"S{n}", q, date(2026, 1, 20) + timedelta(d)) for n, (q, d) in enumerate(rows)]
    assert sorted((h.subscription_id, h.quantity, h.ends) for h in read.holdings) == sorted(expected)
    assert {code for code, _, _ in others(read)} <= {"T318"}
    assert said(read).message.startswith(f"{sum(q for q, _ in rows)} seat")


# An export as a portal gives it

EXPORT = """\
team_alias,offering_name,contract_number,subscription_id,term,start_date,end_date,autorenew_date,subscription_status,seat_quantity
North,AutoCAD - including specialized toolsets,110,S1,1 Year,2025-09-01T00:00Z,2026-09-01T00:00Z,,Active,2
North,AutoCAD - including specialized toolsets,110,S2,ANNUAL,2025-08-20,2026-08-20,,active,3
North,AutoCAD - including specialized toolsets,110,S3,3-Year,2024-08-20,2027-08-20,,Active,5
South,Vault,111,S4,Annual,2025-07-20,2026-07-25,,Expired,4
South,Vault,111,S4b,Annual,2025-08-10,2026-08-10,,Pending cancel,4
South,Flex,112,S5,Annual,2025-11-01,2026-11-01,,Active,1500
South,Autodesk Flex - 500 tokens,112,S6,1-Year,2026-02-01,2027-02-01,,Active,500
"""


def test_an_export_with_all_kinds_of_rows(tmp_path: Path) -> None:
    """In a horizon from August: S4 ended in July and is renewed at the start, tokens are no seats."""
    scenario = (
        GOOD.replace("2026-01-01, months", "2026-08-01, months")
        .replace("[AutoCAD annual]", "[AutoCAD - including specialized toolsets]")
        .replace("id: vault-1y,", "id: vault-1y, aliases: [Vault],")
    )
    path = write(tmp_path, {"subs.csv": EXPORT}, scenario=scenario)
    (error,) = read_scenario(path)[1].errors
    assert (error.code, error.row, error.column) == ("T315", 4, "term")
    line = error.hint.split("`")[3].replace("PRICE", "6237")
    path.write_text(path.read_text().replace("tokens:\n  tiers", f"  {line}\ntokens:\n  tiers"))
    read = load_scenario(path)
    assert [(h.subscription_id, *row) for h, row in zip(read.holdings, owned(read), strict=True)] == [
        ("S1", "autocad-1y", 2, "2026-09-01"),
        ("S2", "autocad-1y", 3, "2026-08-20"),
        ("S3", "autocad-3y", 5, "2027-08-20"),
        ("S4", "vault-1y", 4, "2026-08-01"),
        ("S4b", "vault-1y", 4, "2026-08-10"),
    ]
    assert others(read) == [("T324", "info", 6), ("T323", "warning", 7)]


# One sentence


def test_the_seats_in_one_sentence(tmp_path: Path) -> None:
    read = load_scenario(
        write(tmp_path, {"Subscriptions.csv": FIRST}, scenario=TERMS.replace("-01-01, m", "-01-20, m"))
    )
    assert said(read).message == (
        "122 seats of 2 offers read from Subscriptions.csv; all end before the start and can be renewed"
    )
    read = load(
        tmp_path,
        "1,AutoCAD annual,4,2024-12-20,2025-12-20,Annual,Expired",
        "2,AutoCAD annual,3,2025-08-01,2026-08-01,Annual,Active",
        "3,AutoCAD annual,5,2025-01-01,2028-01-01,3-Year,Active",
        "4,vault-1y,6,2024-03-01,2025-03-01,Annual,Expired",
    )
    assert said(read).message == (
        "12 seats of 2 offers read from subs.csv; 4 end before the start and can be renewed; "
        "3 end within the horizon (first day without: 2026-08-01) and can be renewed then; "
        "5 end after the horizon; 6 ended too long ago and are lost"
    )
