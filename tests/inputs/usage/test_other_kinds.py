"""Files that are no table, and dates and numbers as spreadsheets write them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from reading import codes, days, found, one, totals


def archive(*names: str) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as file:
        for name in names:
            file.writestr(name, "user,product,date\n")
    return raw.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "report.xls",
            b"\n<html><table><tr><td>a</td></tr></table></html>",
            "an HTML page, although it is called .xls",
        ),
        (
            "report.xls",
            b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>',
            "an XML spreadsheet",
        ),
        ("report.csv", b"%PDF-1.7\n", "a PDF, although it is called .csv"),
        ("report.pdf", b"%PDF-1.7\n", "a PDF"),
        ("report.xml", b"<usage><row/></usage>", "XML"),
        ("all.zip", archive("2025.csv", "2024.csv"), "a ZIP archive (2024.csv, 2025.csv)"),
        ("all.docx", archive("word/document.xml"), "a Word document"),
        (
            "a.yaml",
            b"# mine\nschema: flexopt.scenario/1\ncurrency: USD\n",
            "a scenario of flexopt, not usage",
        ),
        ("plan.json", b'{\n "schema": "flexopt.plan/1"}', "an output of flexopt"),
        ("a.png", b"\x89PNG\r\n", "a picture"),
    ],
)
def test_what_is_no_table_is_named(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    assert words in found(one(tmp_path, content, name), "U158").message


def test_serial_numbers_of_excel(tmp_path: Path) -> None:
    """45717 is 1 March 2025; said once, with the count."""
    usage = one(tmp_path, "user,product,date\nann,Revit,45717\nann,Revit,45718\nbob,Revit,45719.5\n")
    assert days(usage) == ["ann Revit 03-01", "ann Revit 03-02", "bob Revit 03-03"]
    finding = found(usage, "U159")
    assert finding.message == "3 serial numbers of Excel: 45717 is read as 2025-03-01"
    assert (finding.severity, finding.column) == ("info", "date")


def test_serial_starts_and_ends(tmp_path: Path) -> None:
    rows = "user;product;started_at;ended_at\nann;Revit;45717,3333;45717,7\nbob;Revit;45717,5;45717,501\n"
    assert days(one(tmp_path, rows)) == ["ann Revit 03-01"]


def test_serial_numbers_beside_dates_are_two_styles(tmp_path: Path) -> None:
    usage = one(tmp_path, "user,product,date\nann,Revit,45717\nann,Revit,2025-03-02\n")
    assert "1 serial numbers of Excel" in found(usage, "U105").message


def test_years_of_two_digits(tmp_path: Path) -> None:
    usage = one(tmp_path, "user,product,date\nann,Revit,31/12/25\nann,Revit,01/12/25\n")
    assert days(usage) == ["ann Revit 12-01", "ann Revit 12-31"]
    assert found(usage, "U159").message == "2 dates with a year of two digits: 31/12/25 is read as 2025-12-31"
    usage = one(tmp_path, "user,product,date\nann,Revit,3/1/25 8:00\n", dates="mdy")
    assert days(usage) == ["ann Revit 03-01"]
    assert "U106" in codes(one(tmp_path, "user,product,date\nann,Revit,03/01/25\n"))


def test_years_of_two_digits_that_come_first(tmp_path: Path) -> None:
    rows = "".join(f"ann,Revit,25/12/{day:02}\n" for day in range(5, 25))
    assert "seem to come first" in found(one(tmp_path, "user,product,date\n" + rows), "U106").message


@pytest.mark.parametrize("tokens", ['"7,0"', '"7,00"', "7.0", "7", " 7 "])
def test_decimal_commas(tokens: str, tmp_path: Path) -> None:
    rows = "".join(f"ann,AutoCAD,2025-03-0{day},{tokens}\n" for day in range(1, 6))
    assert codes(one(tmp_path, "user,product,date,tokens\n" + rows)) == []


def test_a_number_that_may_be_thousands_is_an_error(tmp_path: Path) -> None:
    usage = one(tmp_path, 'user,product,date,tokens\nann,AutoCAD,2025-03-01,"7,000"\n')
    assert codes(usage) == ["U140"]


def test_days_with_decimal_commas_and_pipes(tmp_path: Path) -> None:
    usage = one(
        tmp_path,
        "email|product_name|days_used\nann@x.com|Revit|12,0\n",
        period={"from": "2025-01-01", "to": "2026-01-01"},
    )
    assert totals(usage) == ["ann@x.com Revit 12"]
