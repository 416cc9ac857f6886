"""Access options, charge categories and machines as exports of the vendor write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from reading import codes, counts, days, found, one, totals

USAGE = "access_option,day_used,email,offering_name,product_name,tokens_used\n"
SESSIONS = (
    "usageCategory,usageDate,productName,userName,machineName,chargeCategory,"
    "sessionStartDate,sessionEndDate\n"
)


@pytest.mark.parametrize("access", ["Subscription", "Single-user subscription", "Named user", "Standard"])
def test_seats_with_0_tokens_are_use(access: str, tmp_path: Path) -> None:
    usage = one(tmp_path, USAGE + f"{access},2025-03-01,a@x.com,AutoCAD,AutoCAD,0\n")
    assert (len(days(usage)), codes(usage)) == (1, [])


@pytest.mark.parametrize(
    "access",
    ["Flex", "Token Flex", "Prepaid Flex", "Pay as you go", "Pay-as-you-go", "PAYG", "ppu", "Tokens"],
)
def test_flex_with_0_tokens_is_no_charge(access: str, tmp_path: Path) -> None:
    rows = f"{access},2025-03-01,a@x.com,Flex,AutoCAD,0\n{access},2025-03-02,a@x.com,Flex,AutoCAD,7\n"
    usage = one(tmp_path, USAGE + rows)
    assert (len(days(usage)), codes(usage)) == (1, ["U141"])


@pytest.mark.parametrize("access", ["Trial", "Education", "30-day trial", "Student"])
def test_unpaid_access_is_planned_and_said(access: str, tmp_path: Path) -> None:
    usage = one(tmp_path, USAGE + f"{access},2025-03-01,a@x.com,AutoCAD,AutoCAD,0\n" * 2)
    assert len(days(usage)) == 1
    finding = found(usage, "U165")
    assert (finding.severity, finding.value, finding.row, finding.count) == ("warning", access, 2, 2)


def test_no_access_and_0_tokens_by_the_offering(tmp_path: Path) -> None:
    """Flex rows have the offering Flex here: the row with the offering AutoCAD is a seat."""
    rows = [
        "Flex,2025-03-01,d@x.com,Flex,AutoCAD,0",
        "Subscription,2025-03-01,c@x.com,AutoCAD,AutoCAD,0",
        ",2025-03-01,b@x.com,AutoCAD,AutoCAD,0",
        ",2025-03-01,a@x.com,Flex,AutoCAD,0",
    ]
    usage = one(tmp_path, USAGE + "\n".join(rows))
    assert days(usage) == ["b@x.com AutoCAD 03-01", "c@x.com AutoCAD 03-01"]
    assert (found(usage, "U166").severity, found(usage, "U166").count) == ("warning", 2)


@pytest.mark.parametrize(
    "other",
    ["Flex,2025-03-01,d@x.com,AutoCAD,AutoCAD,7", "Subscription,2025-03-01,d@x.com,AutoCAD,AutoCAD,0"],
)
def test_no_access_and_0_tokens_where_nothing_tells(other: str, tmp_path: Path) -> None:
    finding = found(one(tmp_path, USAGE + f"{other}\n,2025-03-01,a@x.com,AutoCAD,AutoCAD,0\n"), "U166")
    assert (finding.severity, finding.row) == ("error", 3)


def test_free_rows_are_no_charge(tmp_path: Path) -> None:
    rows = [
        "DESKTOP_PRODUCT,2025-03-02,AutoCAD,ada,WS1,HOURLY,2025-03-02T16:24:00Z,2025-03-02T18:24:00Z",
        "DESKTOP_PRODUCT,2025-03-04,AutoCAD,ada,WS1,FREE,2025-03-04T16:24:00Z,2025-03-04T18:24:00Z",
    ]
    usage = one(tmp_path, SESSIONS + "\n".join(rows))
    assert days(usage) == ["ada AutoCAD 03-02"]
    assert (found(usage, "U162").row, found(usage, "U162").value) == (3, "FREE")
    assert counts(usage.coverage[0]) == {"rows": 2, "kept": 1, "left_out": 1}


@pytest.mark.parametrize(
    ("rows", "machines"),
    [
        ([("ada", "WS1"), ("RENDER-07", "ada")], ["RENDER-07"]),
        ([("ada", "WS1"), ("RENDER-07", "RENDER-07")], ["RENDER-07"]),
        ([("ada", "BOB-PC"), ("BOB-PC", "BOB-PC"), ("bob", "BOB-PC")], ["BOB-PC"]),
        ([("ada", "WS1"), ("WS1", "")], ["WS1"]),
        ([("ada", "WS1"), ("bob", "WS1"), ("ada", "WS2")], []),
        ([("ada@x.com", "ada@x.com"), ("bob", "")], []),
    ],
)
def test_users_that_are_machines(rows: list[tuple[str, str]], machines: list[str], tmp_path: Path) -> None:
    lines = [
        f"DESKTOP_PRODUCT,2025-03-02,Revit,{user},{machine},HOURLY,2025-03-02T16:24:00Z,2025-03-02T18:24:00Z"
        for user, machine in rows
    ]
    usage = one(tmp_path, SESSIONS + "\n".join(lines))
    assert [f.value for f in usage.findings if f.code == "U163"] == machines


def test_consumption_of_a_product_is_use(tmp_path: Path) -> None:
    rows = "PRODUCT_CONSUMPTION,AutoCAD,ada,2025-03-02,7\nMANUAL_ADJUSTMENT,AutoCAD,ada,2025-03-03,-7\n"
    usage = one(tmp_path, "usageCategory,productName,userName,usageDate,tokensConsumed\n" + rows)
    assert days(usage) == ["ada AutoCAD 03-02"]
    assert codes(usage) == ["U142", "U164"]


def test_a_summary_query_asks_for_its_period(tmp_path: Path) -> None:
    columns = ["fullName", "productName", "earliestUsageDate", "latestUsageDate", "totalUniqueDays"]
    rows = [
        ["Ada A", "AutoCAD", "2025-01-02", "2025-11-20", 80],
        ["Ben B", "Revit", "2025-02-01", "2025-12-21", 30],
    ]
    answer = json.dumps({"status": "COMPLETED", "columns": columns, "rows": rows})
    assert (
        "`usage.period: {from: 2025-01-01, to: 2026-01-01}`"
        in found(one(tmp_path, answer, "a.json"), "U150").hint
    )
    usage = one(tmp_path, answer, "a.json", period={"from": "2025-01-01", "to": "2026-01-01"})
    assert totals(usage) == ["Ada A AutoCAD 80", "Ben B Revit 30"]


def test_decimal_commas_and_bars_are_read_and_said(tmp_path: Path) -> None:
    header = USAGE.replace(",", "|")
    rows = "".join(f"Flex|2025-03-{n:02}|a@x.com|Flex|AutoCAD|{t}\n" for n, t in ((1, "7,0"), (2, "7,5")))
    usage = one(tmp_path, header + rows)
    assert len(days(usage)) == 2
    assert [(f.column, f.count, f.message) for f in usage.findings if f.code == "U188"] == [
        ("", 1, "the columns are separated by `|`"),
        ("tokens_used", 2, "2 numbers have a decimal comma: 7,0 is read as 7.0"),
    ]
    assert codes(one(tmp_path, header.replace("|", ";") + rows.replace("|", ";").replace(",", "."))) == []
