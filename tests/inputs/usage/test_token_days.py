"""Which days were token use, by each export that can tell."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import scenario

from flexopt.inputs.usage import read_usage

EXPORTS = {
    "Account Token Usage": (
        "Day used,Email,Product,Tokens used\n"
        "2025-03-01,ann@x,AutoCAD,7\n2025-03-01,ann@x,AutoCAD,7\n2025-03-02,ann@x,AutoCAD,0\n",
        ["ann@x AutoCAD 2025-03-01"],
    ),
    "access option": (
        "Access option,Day used,Email,product_name,Team\n"
        "Flex,2025-03-01,ann@x,Revit,t\nNamed user,2025-03-02,ann@x,Revit,t\n,2025-03-03,ann@x,Revit,t\n",
        ["ann@x Revit 2025-03-01"],
    ),
    "Insights source": (
        "usageDate,childProductName,productName,emailAddress,source,tokens,hashedUserId,usageMonth\n"
        "2025-03-01,Revit,Revit,ann@x,flex,10,h,2025-03\n2025-03-02,Revit,Revit,ann@x,sus,,h,2025-03\n",
        ["ann@x Revit 2025-03-01"],
    ),
    "plain with tokens": (
        "user,product,date,tokens\nann,AutoCAD - including specialized toolsets,2025-03-01,7\n"
        "ann,AutoCAD,2025-03-02,\nann,unknown,2025-03-02,7\n",
        ["ann AutoCAD 2025-03-01"],
    ),
    "plain with starts": (
        "user,product,started_at,tokens\nann,AutoCAD,2025-03-01T23:30:00Z,7\n",
        ["ann AutoCAD 2025-03-01"],
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_token_days(tmp_path: Path, name: str) -> None:
    content, expected = EXPORTS[name]
    (tmp_path / "usage.csv").write_text(content)
    usage = read_usage([tmp_path / "usage.csv"], scenario(), tmp_path, token_days=True)
    frame = usage.token_days
    assert frame is not None
    found = zip(frame["user"], frame["product"], frame["date"], strict=True)
    assert [f"{u} {p} {d:%Y-%m-%d}" for u, p, d in found] == expected
    assert read_usage([tmp_path / "usage.csv"], scenario(), tmp_path).token_days is None


def test_a_day_in_two_files_is_one(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("user,product,date,tokens\nann,AutoCAD,2025-03-01,7\n")
    files = [tmp_path / name for name in ("a.csv", "b.csv")]
    frame = read_usage(files, scenario(), tmp_path, token_days=True).token_days
    assert frame is not None
    assert len(frame) == 1


def test_files_that_cannot_tell(tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text("user,product,date\nann,AutoCAD,2025-03-01\n")
    assert read_usage([tmp_path / "usage.csv"], scenario(), tmp_path, token_days=True).token_days is None
