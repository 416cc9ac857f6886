"""Rows that name a collection and not the title: a need for the collection itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import codes, days, found, one, read, scenario, totals

from flexopt.inputs.rules.collections import with_collections

REPORT = """\
hashed_autodesk_id,first_name,last_name,email,offering_name,access_option,days_used,tokens_used,last_accessed
h01,Ada,A,ada@example.com,AEC Collection,Subscription,180,,2025-12-29
h02,Ben,B,ben@example.com,AEC Collection,Subscription,49,,2025-12-29
h03,Cy,C,cy@example.com,Revit,Subscription,12,,2025-11-21
"""
YEAR = {"from": "2025-01-01", "to": "2026-01-01"}


def test_collection_users_of_a_report_without_titles_are_kept(tmp_path: Path) -> None:
    usage = one(tmp_path, REPORT, period=YEAR)
    assert totals(usage) == [
        "ada@example.com AEC Collection 180",
        "ben@example.com AEC Collection 49",
        "cy@example.com Revit 12",
    ]
    finding = found(usage, "U147")
    assert "229 days of 2 users" in finding.message
    assert "10 tokens a day on Flex (its dearest title, Revit, an upper bound)" in finding.message
    assert "Seat Usage" in finding.hint
    assert (usage.coverage[0].kept, usage.coverage[0].left_out) == (3, 0)


def test_it_is_covered_by_the_collection_only(tmp_path: Path) -> None:
    planned = with_collections(scenario(), one(tmp_path, REPORT, period=YEAR).collections)
    assert {o.id: o.covers for o in planned.offers} == {
        "aec-1y": ("AutoCAD", "Revit", "AEC Collection"),
        "revit-1y": ("Revit",),
    }
    assert with_collections(planned, one(tmp_path, REPORT, period=YEAR).collections) is planned


def test_the_mix_of_other_files_gives_the_rate(tmp_path: Path) -> None:
    """Zoe: AutoCAD on 3 days, on one of them Revit too: (3 x 7 + 10) / 3 days."""
    by_day = "Day used,Email,Product,Team\n" + "".join(
        f"2025-03-0{day},zoe@example.com,{title},N\n"
        for day, title in ((1, "AutoCAD"), (2, "AutoCAD"), (3, "AutoCAD"), (3, "Revit"))
    )
    usage = read(tmp_path, {"report.csv": REPORT, "seats.csv": by_day}, period=YEAR)
    assert usage.collections[0].mix == (("AutoCAD", 3), ("Revit", 1))
    assert (
        "10.3333 tokens a day on Flex (the mix of its titles in the other files)"
        in found(usage, "U147").message
    )


def test_titles_by_day_are_not_counted_again(tmp_path: Path) -> None:
    """Ada's 100 days of AutoCAD are more than half of her 180, Ben's 10 are not: 39 of his 49 remain."""
    by_day = "Day used,Email,Product,Team\n" + "".join(
        f"2025-{1 + n // 28:02}-{1 + n % 28:02},{user},AutoCAD,N\n"
        for user, many in (("ada@example.com", 100), ("ben@example.com", 10))
        for n in range(many)
    )
    usage = read(tmp_path, {"report.csv": REPORT, "seats.csv": by_day}, period=YEAR)
    assert totals(usage) == ["ben@example.com AEC Collection 39", "cy@example.com Revit 12"]
    assert len(days(usage)) == 110
    assert found(usage, "U148").count == 2
    later = read(tmp_path, {"report.csv": REPORT, "seats.csv": by_day.replace("2025", "2024")}, period=YEAR)
    assert "ada@example.com AEC Collection 180" in totals(later)


def test_titles_of_another_summary_are_not_counted_again(tmp_path: Path) -> None:
    other = "email,product_name,days_used\nada@example.com,Revit,120\nada@example.com,AutoCAD,60\n"
    usage = read(tmp_path, {"report.csv": REPORT, "titles.csv": other}, period=YEAR)
    assert [line for line in totals(usage) if line.startswith("ada")] == [
        "ada@example.com AutoCAD 60",
        "ada@example.com Revit 120",
    ]
    same = REPORT + "h01,Ada,A,ada@example.com,Revit,Flex,120,1200,2025-11-21\n"
    usage = one(tmp_path, same, period=YEAR)
    assert "ada@example.com AEC Collection 180" in totals(usage)


def test_days_with_a_blank_child(tmp_path: Path) -> None:
    usage = one(
        tmp_path,
        "productName,childProductName,usageDate,emailAddress\n"
        "AEC Collection,,2025-03-01,ann@example.com\nAEC Collection,Revit,2025-03-01,ann@example.com\n"
        "AEC Collection,,2025-03-02,ann@example.com\n",
    )
    assert days(usage) == ["ann@example.com AEC Collection 03-02", "ann@example.com Revit 03-01"]
    assert codes(usage) == ["U147", "U148", "U160"]
    assert (usage.coverage[0].kept, usage.coverage[0].repeated) == (2, 1)


@pytest.mark.parametrize("name", ["Media & Entertainment Collection", "Zzzz"])
def test_what_the_scenario_does_not_have_is_kept_apart(name: str, tmp_path: Path) -> None:
    usage = one(
        tmp_path, f"user,product,date\nann,{name},2025-03-01\nann,{name},2025-03-01\nbob,Revit,2025-03-01\n"
    )
    assert usage.unplanned is not None
    assert usage.unplanned.days[["user", "product"]].astype(str).to_numpy().tolist() == [["ann", name]]
    assert usage.everyone == {"ann", "bob"}


def test_a_mix_of_a_whole_year(tmp_path: Path) -> None:
    """Zoe's 300 days of AutoCAD: 7 tokens a day, and her own collection days are not counted again."""
    dates = [f"2025-{1 + n // 25:02}-{1 + n % 25:02}" for n in range(300)]
    by_day = "Day used,Email,Product,Team\n" + "".join(f"{d},zoe@example.com,AutoCAD,N\n" for d in dates)
    bare = "productName,childProductName,usageDate,emailAddress\n" + "".join(
        f"AEC Collection,,{d},{user}@example.com\n" for d in dates for user in ("zoe", "ada")
    )
    usage = read(tmp_path, {"bare.csv": bare, "seats.csv": by_day})
    assert usage.collections[0].mix == (("AutoCAD", 300),)
    assert len(days(usage)) == 600
    assert found(usage, "U148").count == 1
