"""How dates are written is decided per file and column, never guessed per value."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import codes, days, found, one

HEADER = "user,product,date\n"


def rows(*dates: str) -> str:
    return HEADER + "".join(f'ann,Revit,"{d}"\n' for d in dates)


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("2025-03-01", "2025-3-2"), ("03-01", "03-02")),
        (("2025/03/01", "2025/3/2"), ("03-01", "03-02")),
        (("2025.03.01",), ("03-01",)),
        (("01/03/2025", "13/03/2025"), ("03-01", "03-13")),
        (("1.3.2025", "31.3.2025"), ("03-01", "03-31")),
        (("01-03-2025", "13-03-2025"), ("03-01", "03-13")),
        (("03/01/2025", "03/13/2025"), ("03-01", "03-13")),
        (("3/1/2025 8:00:00 AM", "3/13/2025"), ("03-01", "03-13")),
        (("2025-03-01T00:00:00Z", "2025-03-02 00:00:00"), ("03-01", "03-02")),
        (("2025-03-01T23:30:00-05:00",), ("03-02",)),
        ((" 2025-03-01 ",), ("03-01",)),
        (("20250301", "20251231"), ("03-01", "12-31")),
        (
            ("1 Mar 2025", "02-May-2025", "3. März 2025", "4 DEC 2025 11:30 PM"),
            ("03-01", "03-03", "05-02", "12-04"),
        ),
        (
            ("March 1, 2025", "Sept. 30 2025", "Jul 4, 2025", "5 juin 2025"),
            ("03-01", "06-05", "07-04", "09-30"),
        ),
    ],
)
def test_styles(dates: tuple[str, ...], expected: tuple[str, ...], tmp_path: Path) -> None:
    usage = one(tmp_path, rows(*dates))
    assert days(usage) == [f"ann Revit {d}" for d in expected]
    assert codes(usage) == []


@pytest.mark.parametrize(
    ("dates", "row"),
    [
        (("2025-03-01", "2025-03-02", "03/03/2025"), 4),
        (("2025-03-01", "13/03/2025"), 3),
        (("01/02/2025", "13/03/2025", "12/03/2025", "03/13/2025"), 5),
        (("2025/03/01", "2025-03-01"), 3),
        (("2025-03-01", "1 March 2025"), 3),
        (("20250301", "1 March 2025"), 3),
    ],
)
def test_two_styles_in_a_column_are_an_error(dates: tuple[str, ...], row: int, tmp_path: Path) -> None:
    for setting in ({}, {"dates": "dmy"}):
        usage = one(tmp_path, rows(*dates), **setting)
        finding = found(usage, "U105")
        assert (finding.row, finding.column, finding.value) == (row, "date", dates[row - 2])
        assert days(usage) == []


def test_days_and_months_that_may_be_swapped_need_the_scenario(tmp_path: Path) -> None:
    content = rows("01/02/2025", "03/04/2025")
    finding = found(one(tmp_path, content), "U106")
    assert (finding.row, finding.column, finding.value) == (2, "date", "01/02/2025")
    assert "usage.dates: dmy" in finding.hint
    assert days(one(tmp_path, content, dates="dmy")) == ["ann Revit 02-01", "ann Revit 04-03"]
    assert days(one(tmp_path, content, dates="mdy")) == ["ann Revit 01-02", "ann Revit 03-04"]
    assert codes(one(tmp_path, content, dates="iso")) == ["U106"]


def test_what_the_file_says_goes_before_the_scenario(tmp_path: Path) -> None:
    usage = one(tmp_path, rows("01/02/2025", "13/03/2025"), dates="mdy")
    assert days(usage) == ["ann Revit 02-01", "ann Revit 03-13"]


def test_each_column_has_its_style(tmp_path: Path) -> None:
    content = "user,product,date,started_at\nann,Revit,13/03/2025,\nann,Revit,,2025-03-14T08:00:00Z\n"
    assert days(one(tmp_path, content)) == ["ann Revit 03-13", "ann Revit 03-14"]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("14/03/2025", ["31/02/2025", "29/02/2025", "31/04/2025", "00/03/2025", "13/13/2025"]),
        (
            "2025-03-14",
            [
                "2025-02-29",
                "2025-02-30T08:00:00Z",
                "2025-13-01",
                "2025-00-10",
                "2025-03-01T25:00:00",
                "2025-03-01 13:00 PM",
                "yesterday",
                "2025-W10",
                "2025-03",
                "-2025-03-01",
                "٢٠٢٥-٠٣-٠١",
                "2025-03-01 08:00 Europe/Berlin",
                "2025-03-01 08:00:00 EST",
                "null",
                "*****",
            ],
        ),
    ],
)
def test_a_date_that_does_not_exist_is_an_error_with_its_row(
    good: str, bad: list[str], tmp_path: Path
) -> None:
    usage = one(tmp_path, rows(good, *bad))
    places = [(f.code, f.row, f.column, f.value) for f in usage.findings]
    assert places == [("U104", row, "date", day) for row, day in enumerate(bad, start=3)]
    assert days(usage) == ["ann Revit 03-14"]
    assert usage.coverage[0].rejected == len(bad)


def test_months_with_names_and_years_of_two_digits(tmp_path: Path) -> None:
    usage = one(tmp_path, rows("01-Mar-25", "14-Okt-25"))
    assert days(usage) == ["ann Revit 03-01", "ann Revit 10-14"]
    assert found(usage, "U159").message == (
        "2 dates with a year of two digits: 01-Mar-25 is read as 2025-03-01"
    )
    assert codes(one(tmp_path, rows(*(f"25-Mar-{day:02}" for day in range(1, 9))))) == ["U106"]
    assert codes(one(tmp_path, rows("1 Foo 2025"))) == ["U104"]


def test_the_29th_of_february(tmp_path: Path) -> None:
    assert days(one(tmp_path, rows("2024-02-29"))) == ["ann Revit 2024-02-29"]


@pytest.mark.parametrize("day", ["1899-12-31", "0025-03-01", "1970-01-01", "2201-01-01", "9999-12-31"])
def test_implausible_years(day: str, tmp_path: Path) -> None:
    finding = found(one(tmp_path, rows("2025-03-14", day)), "U107")
    assert (finding.row, finding.column, finding.value) == (3, "date", day)


def test_a_missing_date_is_an_error(tmp_path: Path) -> None:
    finding = found(one(tmp_path, HEADER + "ann,Revit,2025-03-01\nann,Revit,\n"), "U103")
    assert (finding.row, finding.column) == (3, "date")


def test_a_session_that_ends_before_it_starts(tmp_path: Path) -> None:
    content = (
        "user,product,started_at,ended_at\nann,Revit,2025-03-01 08:00,2025-03-01 07:00\n"
        "ann,Revit,2025-03-01 08:00,2027-03-01 07:00\nann,Revit,2025-03-01 08:00,later\nann,Revit,,\n"
    )
    usage = one(tmp_path, content)
    assert [(f.code, f.row, f.column) for f in usage.findings] == [
        ("U103", 5, "started_at"),
        ("U104", 4, "ended_at"),
        ("U109", 2, "ended_at"),
        ("U109", 3, "ended_at"),
    ]


def test_many_bad_dates_are_counted(tmp_path: Path) -> None:
    usage = one(tmp_path, rows(*["soon"] * 50))
    assert len(list(usage.findings)) == 21
    assert [(f.row, f.count) for f in usage.findings][-2:] == [(21, 1), (21, 30)]
