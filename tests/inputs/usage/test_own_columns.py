"""Files of other programs: the columns to name, and files that are no days of use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import xlsxwriter
import yaml
from pydantic import ValidationError
from reading import codes, days, found, one, read, scenario

OPENLM = """\
User Name,Vendor,Server,Product,Feature,Version,Workstation,Start Time,End Time,Duration
ada,adskflex,27000@srv,AutoCAD,87045ACD_2026_0F,2026,WS1,02/03/2025 08:01:12,02/03/2025 12:30:00,04:28:48
bob,adskflex,27000@srv,Revit,87123RVT_2026_0F,2026,WS2,13/03/2025 08:01:12,13/03/2025 08:03:00,00:01:48
"""
COLUMNS = {"user": "User Name", "product": "Product", "started_at": "Start Time", "ended_at": "End Time"}


def proposed(folder: Path, content: str) -> dict[str, str]:
    hint = found(one(folder, content), "U116").hint
    return dict(yaml.safe_load(hint.split("`")[3])["columns"])


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (OPENLM.split("\n", maxsplit=1)[0], COLUMNS),
        ("User,Product,Start Time,End Time,Duration (h)", COLUMNS | {"user": "User"}),
        (
            "Date,User,Host,Feature,Checkouts,Denials,Usage hours",
            {"user": "User", "product": "Feature", "date": "Date"},
        ),
        (
            "user_principal_name;software_model;usage_date",
            {"user": "user_principal_name", "product": "software_model", "date": "usage_date"},
        ),
        (
            "Username,Software,Usage date",  # a column of the Insights API among others
            {"user": "Username", "product": "Software", "date": "Usage date"},
        ),
        (
            "Login ID,Application,Session start",
            {"user": "Login ID", "product": "Application", "started_at": "Session start"},
        ),
        (
            "Benutzer|Anwendung|Datum",
            {"user": "Benutzer", "product": "Anwendung", "date": "Datum"},
        ),
        (
            "Login\tApplication: name\tApplication\tCheck-out\tCheck-in",
            {"user": "Login", "product": "Application", "started_at": "Check-out", "ended_at": "Check-in"},
        ),
    ],
)
def test_an_unknown_header_gets_its_columns_proposed(
    header: str, columns: dict[str, str], tmp_path: Path
) -> None:
    assert proposed(tmp_path, header + "\n") == columns


def test_sessions_of_a_licence_manager(tmp_path: Path) -> None:
    """Ada works for hours, Bob for under two minutes; one day is above 12, so the day comes first."""
    usage = one(tmp_path, OPENLM, columns=COLUMNS)
    assert days(usage) == ["ada AutoCAD 03-02"]
    assert usage.coverage[0].format == "usage.columns"
    assert (usage.coverage[0].kept, usage.coverage[0].zero_token) == (1, 1)


def test_the_columns_have_an_order_of_dates_of_their_own(tmp_path: Path) -> None:
    content = "\n".join(OPENLM.split("\n")[:2])
    assert codes(one(tmp_path, content, columns=COLUMNS)) == ["U106"]
    assert days(one(tmp_path, content, columns=COLUMNS | {"dates": "mdy"}, dates="dmy")) == [
        "ada AutoCAD 02-03"
    ]


def test_known_exports_beside_it_stay_what_they_are(tmp_path: Path) -> None:
    seats = (
        "Day used,Email,First name,Last name,Product,Team\n2025-03-01,ann@example.com,Ann,A,AutoCAD,Main\n"
    )
    usage = read(tmp_path, {"a.csv": seats, "b.csv": OPENLM}, columns=COLUMNS)
    assert [c.format for c in usage.coverage] == ["Account Seat Usage", "usage.columns"]


def test_a_column_that_the_file_does_not_have(tmp_path: Path) -> None:
    finding = found(one(tmp_path, OPENLM, columns=COLUMNS | {"user": "Login"}), "U116")
    assert "`usage.columns` names `login`" in finding.hint


def test_columns_need_a_day_or_a_start() -> None:
    with pytest.raises(ValidationError, match="must name `date` or `started_at`"):
        scenario(columns={"user": "User", "product": "Product"})


@pytest.mark.parametrize(
    "header",
    [
        "user_principal_name,software_model,last_activity,u_days_used,active",
        "Username,Application,First used,Last used,Run minutes,Run count",
        "User,Application,Last login",
    ],
)
def test_totals_are_not_days(header: str, tmp_path: Path) -> None:
    finding = found(one(tmp_path, header + "\n"), "U157")
    assert "days_used" in finding.hint


@pytest.mark.parametrize(
    "log",
    [
        ' 8:01:12 (adskflex) OUT: "87045ACD_2026_0F" ada@WS1\n12:30:00 (adskflex) IN: "87045ACD"\n',
        "\n13:05:59 (lmgrd) -------------------------------------\n13:05:59 (lmgrd) FlexNet Licensing\n",
    ],
)
def test_the_log_of_a_licence_server(log: str, tmp_path: Path) -> None:
    assert "usage.columns" in found(one(tmp_path, log, "flexlm.log"), "U156").hint


def test_codes_of_features_are_proposed_as_aliases(tmp_path: Path) -> None:
    content = "user,product,date\nada,87045ACD_2026_0F,2025-03-01\nada,Autodesk Revit 2026,2025-03-02\n"
    usage = one(tmp_path, content)
    assert 'alias of AutoCAD (`aliases: ["87045ACD_2026_0F"]`)' in found(usage, "U130").hint
    assert days(usage) == ["ada Revit 03-02"]


def test_columns_of_a_workbook_and_of_json(tmp_path: Path) -> None:
    """With title lines above the header, as spreadsheets have them."""
    header, first, *_ = (line.split(",") for line in OPENLM.split("\n"))
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        rows = ["Sessions of March"], header, [*first[:7], "2025-03-02 08:01", "2025-03-02 12:30"]
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    records = [dict(zip(header, [*first[:7], "2025-03-03 08:01", "2025-03-03 12:30", ""], strict=True))]
    usage = read(
        tmp_path,
        {"a.xlsx": (tmp_path / "a.xlsx").read_bytes(), "b.json": json.dumps({"data": records})},
        columns=COLUMNS,
    )
    assert days(usage) == ["ada AutoCAD 03-02", "ada AutoCAD 03-03"]
