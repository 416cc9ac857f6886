"""One key per person, whatever an export shows of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import codes, days, found, one, read

HEADER = "Access option,Day used,Email,First name,Last name,hashed_autodesk_id,product_name\n"


def row(day: str, email: str, hashed: str) -> str:
    return f"Flex,2025-03-{day},{email},*****,*****,{hashed},Revit\n"


@pytest.mark.parametrize("hidden", ["*****", "***", "", "*****@*****.***", "  "])
def test_a_hidden_name_is_keyed_on_the_hash(hidden: str, tmp_path: Path) -> None:
    usage = one(
        tmp_path, HEADER + row("01", hidden, "h1") + row("01", hidden, "h2") + row("02", hidden, "h1")
    )
    assert days(usage) == ["h1 Revit 03-01", "h1 Revit 03-02", "h2 Revit 03-01"]
    assert codes(usage) == []


def test_a_hash_seen_with_an_email_stands_for_it_in_all_files(tmp_path: Path) -> None:
    usage = read(
        tmp_path,
        {
            "a.csv": HEADER + row("01", "*****", "h1"),
            "b.csv": HEADER + row("02", "Ann@Example.com", "h1"),
            "c.csv": HEADER + row("02", "*****", "h1"),
        },
    )
    assert days(usage) == ["ann@example.com Revit 03-01", "ann@example.com Revit 03-02"]
    assert codes(usage) == ["U160"]


def test_an_id_reaches_the_email_through_the_hash(tmp_path: Path) -> None:
    usage = read(
        tmp_path,
        {
            "a.csv": "autodesk_id,day_used,product_name\nA1,2025-03-01,Revit\nA2,2025-03-01,Revit\n",
            "b.csv": "autodesk_id,hashed_autodesk_id,day_used,product_name\nA1,h1,2025-03-02,Revit\n",
            "c.csv": "email,hashed_autodesk_id,day_used,product_name\nann@example.com,h1,2025-03-03,Revit\n",
        },
    )
    assert days(usage) == ["A2 Revit 03-01", *(f"ann@example.com Revit 03-0{d}" for d in (1, 2, 3))]


def test_a_hash_with_two_emails_is_a_warning(tmp_path: Path) -> None:
    rows = row("01", "ann@example.com", "h1") + row("02", "bob@example.com", "h1") + row("03", "*****", "h1")
    usage = one(tmp_path, HEADER + rows)
    assert days(usage) == ["ann@example.com Revit 03-01", "bob@example.com Revit 03-02", "h1 Revit 03-03"]
    finding = found(usage, "U122")
    assert (finding.severity, finding.value, finding.file) == ("warning", "h1", "usage.csv")
    assert "ann@example.com, bob@example.com" in finding.message


def test_emails_have_no_case_but_users_have(tmp_path: Path) -> None:
    usage = one(tmp_path, HEADER + row("01", "Ann@example.com", "h1") + row("01", "ann@EXAMPLE.com", "h1"))
    assert days(usage) == ["ann@example.com Revit 03-01"]
    assert codes(usage) == ["U160"]
    usage = one(tmp_path, "user,product,date\nAnn,Revit,2025-03-01\nann,Revit,2025-03-01\n")
    assert days(usage) == ["Ann Revit 03-01", "ann Revit 03-01"]
    finding = found(usage, "U123")
    assert (finding.severity, finding.count) == ("warning", 2)
    assert '"Ann", "ann"' in finding.message


def test_users_that_look_alike_are_a_warning(tmp_path: Path) -> None:
    """é as one character and as two."""
    usage = one(tmp_path, "user,product,date\nRen\u00e9,Revit,2025-03-01\nRene\u0301,Revit,2025-03-01\n")
    assert codes(usage) == ["U123"]


def test_white_space_round_a_user_is_nothing(tmp_path: Path) -> None:
    usage = one(tmp_path, "user,product,date\n\u00a0ann ,Revit,2025-03-01\n ann,Revit,2025-03-02\n")
    assert days(usage) == ["ann Revit 03-01", "ann Revit 03-02"]


def test_a_row_without_a_user_is_an_error_with_its_line(tmp_path: Path) -> None:
    usage = one(tmp_path, HEADER + row("01", "*****", "h1") + row("02", "*****", "") + row("x", "*****", ""))
    finding = found(usage, "U120")
    assert (finding.row, finding.column, finding.value) == (3, "Email", "*****")
    assert found(usage, "U104").row == 4
    assert usage.coverage[0].rejected == 2


def test_services_and_launches_without_tokens_need_no_user(tmp_path: Path) -> None:
    header = "usageCategory,usageDate,productName,userName,tokensConsumed\n"
    rows = "MANUAL_ADJUSTMENT,,,,-3\nCLOUD_SERVICE,2025-03-01,CFD,,5\nDESKTOP_PRODUCT,2025-03-01,Revit,,0\n"
    usage = one(tmp_path, header + rows + "DESKTOP_PRODUCT,2025-03-01,Revit,,10\n")
    assert [(f.code, f.row) for f in usage.findings.errors] == [("U120", 5)]


def test_many_findings_of_a_kind_are_counted(tmp_path: Path) -> None:
    rows = "".join(row("01", f"a{i}@x.com", f"h{i}") + row("01", f"b{i}@x.com", f"h{i}") for i in range(30))
    usage = one(tmp_path, HEADER + rows)
    many = [f for f in usage.findings if f.code == "U122"]
    assert len(many) == 21
    assert (many[-1].count, "10 more" in many[-1].message, bool(many[-1].hint)) == (20, True, True)
    names = "".join(f"u{i},Revit,2025-03-01\nU{i},Revit,2025-03-01\n" for i in range(30))
    usage = one(tmp_path, "user,product,date\n" + names)
    assert len([f for f in usage.findings if f.code == "U123"]) == 21
    assert all(f.hint for f in usage.findings)
