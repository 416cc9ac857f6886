"""Usage Reports: one row per user and product, with the days of a period that only the planner knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import codes, days, found, one, read, totals

PERIOD = {"from": "2025-01-01", "to": "2026-01-01"}
ANN = "Flex,ann@x.com,Revit,Main,"
BOB = "Flex,bob@x.com,Revit,Main,"
HEADER = "Access option,Email,Product,Team,Days used\n"


def test_a_summary_is_spread_over_its_period(tmp_path: Path) -> None:
    usage = one(tmp_path, HEADER + "Flex,ann@x.com,Revit,Main,12\n", period=PERIOD)
    row = usage.totals.iloc[0]
    assert (row["user"], row["product"], row["days"]) == ("ann@x.com", "Revit", 12)
    assert (str(row["first"]), str(row["after"])) == ("2025-01-01 00:00:00", "2026-01-01 00:00:00")
    assert codes(usage) == []


def test_a_summary_without_a_period_is_an_error(tmp_path: Path) -> None:
    finding = found(one(tmp_path, HEADER + "Flex,ann@x.com,Revit,Main,12\n"), "U150")
    assert finding.severity == "error"
    assert "usage.period" in finding.hint


@pytest.mark.parametrize("bad", ["", "many", "-1", "1.5", "nan", "inf", "1e9", "2025-03-01"])
def test_days_are_whole_numbers(bad: str, tmp_path: Path) -> None:
    usage = one(tmp_path, HEADER + f"{ANN}12\n{BOB}{bad}\n", period=PERIOD)
    finding = found(usage, "U151")
    assert (finding.row, finding.column, finding.value) == (3, "Days used", bad)
    assert usage.coverage[0].rejected == 1


def test_more_days_than_the_period_has(tmp_path: Path) -> None:
    usage = one(tmp_path, HEADER + f"{ANN}366\n{BOB}365\n", period=PERIOD)
    finding = found(usage, "U152")
    assert (finding.severity, finding.value, finding.column) == ("error", "366", "days")
    many = "".join(f"Flex,u{i}@x.com,Revit,Main,{400 + i}\n" for i in range(30))
    usage = one(tmp_path, HEADER + many, period=PERIOD)
    errors = [f for f in usage.findings if f.code == "U152"]
    assert len(errors) == 21
    assert sum(f.count for f in errors) == 30


def test_no_days_is_no_use(tmp_path: Path) -> None:
    usage = one(tmp_path, HEADER + f"{ANN}0\n{BOB}2\n", period=PERIOD)
    assert totals(usage) == ["bob@x.com Revit 2"]
    assert "0 days" in found(usage, "U141").message


def test_days_by_day_go_before_a_summary(tmp_path: Path) -> None:
    usage = read(
        tmp_path,
        {
            "days.csv": "user,product,date\nann@x.com,Revit,2025-03-01\n",
            "summary.csv": HEADER + "Flex,ann@x.com,Revit,Main,12\nFlex,ann@x.com,AutoCAD,Main,3\n",
        },
        period=PERIOD,
    )
    assert days(usage) == ["ann@x.com Revit 03-01"]
    assert totals(usage) == ["ann@x.com AutoCAD 3"]
    finding = found(usage, "U153")
    assert (finding.severity, finding.file, finding.count) == ("warning", "summary.csv", 1)
    assert (usage.coverage[1].kept, usage.coverage[1].repeated) == (1, 1)


@pytest.mark.parametrize(
    ("rows", "expected", "noted"),
    [
        (("Flex,ann@x.com,Revit,Main,12",) * 2, 12, ["U160"]),
        (("Flex,ann@x.com,Revit,Main,12", "Named user,ann@x.com,Revit,Main,12"), 24, ["U154"]),
        (("Flex,ann@x.com,Revit,Main,12", "Flex,ann@x.com,Revit,Site,12"), 24, ["U154"]),
        (("Flex,ann@x.com,Revit,Main,12", "Flex,ann@x.com,Revit 2025,Main,12"), 24, ["U133", "U154"]),
        (("Flex,ann@x.com,Revit,Main,200", "Flex,ann@x.com,Revit 2025,Main,200"), 365, ["U133", "U154"]),
    ],
)
def test_rows_of_versions_teams_and_access_add_up(
    rows: tuple[str, ...], expected: int, noted: list[str], tmp_path: Path
) -> None:
    usage = one(tmp_path, HEADER + "\n".join(rows), period=PERIOD)
    assert totals(usage) == [f"ann@x.com Revit {expected}"]
    assert codes(usage) == noted


def test_of_two_summaries_the_larger_counts(tmp_path: Path) -> None:
    files = {f"{n}.csv": HEADER + f"Flex,ann@x.com,Revit,Main,{d}\n" for n, d in (("a", 12), ("b", 15))}
    usage = read(tmp_path, files, period=PERIOD)
    assert totals(usage) == ["ann@x.com Revit 15"]
    finding = found(usage, "U155")
    assert (finding.severity, finding.count) == ("warning", 1)
    assert codes(read(tmp_path, {"a.csv": files["a.csv"], "b.csv": files["a.csv"]}, period=PERIOD)) == [
        "U160"
    ]
