"""Which product a name in a usage file means."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import codes, days, found, one, read


def products(folder: Path, *names: str) -> str:
    return "user,product,date\n" + "".join(f'ann,"{n}",2025-03-01\n' for n in names)


@pytest.mark.parametrize("name", ["Revit", "revit", " REVIT ", "AutoCAD - including specialized toolsets"])
def test_an_id_or_alias_in_any_case(name: str, tmp_path: Path) -> None:
    usage = one(tmp_path, products(tmp_path, name))
    assert len(days(usage)) == 1
    assert codes(usage) == []


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("AutoCAD 2025", "AutoCAD"),
        ("autocad  2025.1", "AutoCAD"),
        ("AutoCAD (2024)", "AutoCAD"),
        ("Revit v2024", "Revit"),
        ("Revit 25.1", "Revit"),
        ("3ds Max 2026", "3ds Max"),
        ("AutoCAD - including specialized toolsets 2025", "AutoCAD"),
        ("Revit for one", "Revit"),
        ("revit-1y", "Revit"),
    ],
)
def test_versions_and_offers_of_one_product_are_said(name: str, product: str, tmp_path: Path) -> None:
    usage = one(tmp_path, products(tmp_path, name))
    assert days(usage) == [f"ann {product} 03-01"]
    finding = found(usage, "U133")
    assert (finding.severity, finding.value) == ("info", name)
    assert product in finding.message


def test_versions_of_one_product_are_one_charge(tmp_path: Path) -> None:
    usage = one(tmp_path, products(tmp_path, "AutoCAD 2024", "AutoCAD 2025", "AutoCAD"))
    assert days(usage) == ["ann AutoCAD 03-01"]
    assert codes(usage) == ["U133", "U133", "U160"]
    assert "rows of this kind" not in str(found(usage, "U160"))  # its message has the number
    assert (usage.coverage[0].kept, usage.coverage[0].repeated) == (1, 2)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("AutoCad LT", "AutoCAD"),
        ("Revitt", "Revit"),
        ("3ds Maxx 2025", "3ds Max"),
        ("Autodesk Revitt", "Revit"),
        ("Autodesk Docs", ""),
        ("Zzzz", ""),
    ],
)
def test_an_unknown_product_has_a_suggestion(name: str, near: str, tmp_path: Path) -> None:
    usage = one(tmp_path, products(tmp_path, name, "Revit", name))
    finding = found(usage, "U130")
    assert (finding.severity, finding.column, finding.value, finding.count) == ("warning", "product", name, 2)
    assert f"alias of {near or 'one of them'}" in finding.hint
    assert usage.coverage[0].unknown_product == 2


def test_what_several_files_leave_out_is_counted_once(tmp_path: Path) -> None:
    header = "user,product,date\n"
    both = "ann,ReCap Pro,2025-03-01\nann,ReCap Pro,2025-03-02\nann,Revit,2025-03-01\n"
    usage = read(tmp_path, {"a.csv": header + both, "b.csv": header + both + "bob,ReCap Pro,2025-03-02\n"})
    finding = found(usage, "U130")
    assert "3 days of 2 users left out; 2 files have it" in finding.message
    assert (finding.file, finding.count) == ("a.csv", 5)


@pytest.mark.parametrize(
    "name", ["AutoCAD LT", "AutoCAD LT 2025", "Revit LT", "3ds", "AutoCAD Web", "Max 2025"]
)
def test_other_products_are_not_mistaken_for_ours(name: str, tmp_path: Path) -> None:
    assert days(one(tmp_path, products(tmp_path, name))) == []


@pytest.mark.parametrize("name", ["AEC Collection", "aec collection 2025", "aec-1y"])
def test_a_bare_collection_is_a_need_of_its_own(name: str, tmp_path: Path) -> None:
    usage = one(tmp_path, products(tmp_path, name))
    assert days(usage) == ["ann AEC Collection 03-01"]
    assert found(usage, "U147").value == "AEC Collection"


def test_a_collection_that_is_no_offer_is_left_out(tmp_path: Path) -> None:
    name = "Media Collection"
    usage = one(tmp_path, products(tmp_path, name, "Revit"))
    assert days(usage) == ["ann Revit 03-01"]
    finding = found(usage, "U132")
    assert (finding.severity, finding.value) == ("warning", name)
    assert usage.coverage[0].left_out == 1


def test_flex_is_no_product(tmp_path: Path) -> None:
    finding = found(one(tmp_path, products(tmp_path, "Flex", "Revit")), "U130")
    assert "a way of access" in finding.message
    assert "Token Usage" in finding.hint


def test_nothing_to_plan_is_an_error(tmp_path: Path) -> None:
    usage = one(tmp_path, products(tmp_path, "Zzzz"))
    assert codes(usage) == ["U130", "U131"]
    assert found(usage, "U131").severity == "error"
    usage = one(tmp_path, products(tmp_path))
    assert codes(usage) == ["U131", "U161"]
    assert "no rows" in found(usage, "U131").hint


def test_a_row_without_a_product_is_an_error(tmp_path: Path) -> None:
    usage = one(tmp_path, products(tmp_path, "Revit", "", "\u00a0"))
    assert [(f.code, f.row, f.column) for f in usage.findings] == [
        ("U121", 3, "product"),
        ("U121", 4, "product"),
    ]
    assert usage.coverage[0].rejected == 2


def test_many_unknown_products_are_counted(tmp_path: Path) -> None:
    names = [f"Tool {chr(65 + i // 26)}{chr(65 + i % 26)}" for i in range(50)]
    usage = one(tmp_path, products(tmp_path, "Revit", *names))
    many = [f for f in usage.findings if f.code == "U130"]
    assert len(many) == 21
    assert sum(f.count for f in many) == 50
    assert all(f.hint for f in many)


def test_services_and_adjustments_are_left_out_with_a_pointer_to_cloud(tmp_path: Path) -> None:
    content = (
        "usageCategory,usageDate,productName,userName,tokensConsumed\n"
        "DESKTOP_PRODUCT,2025-03-01,Revit,ann,10\n"
        "cloud_product,2025-03-02,Revit,ann,10\n"
        "CLOUD_SERVICE,2025-03-03,Revit,ann,5\n"
        "MANUAL_ADJUSTMENT,2025-03-04,Revit,,-100\n"
        ",2025-03-05,Revit,ann,1\n"
    )
    usage = one(tmp_path, content)
    assert days(usage) == ["ann Revit 03-01", "ann Revit 03-02"]
    finding = found(usage, "U142")
    assert (finding.severity, finding.count) == ("warning", 3)
    assert "`cloud`" in finding.hint
    assert usage.coverage[0].left_out == 3


def test_zero_token_rows_are_counted_not_planned(tmp_path: Path) -> None:
    rows = "".join(
        f"ann,Revit,2025-03-0{i},{t}\n" for i, t in enumerate(("0", "0.0", "0,1", "10", ""), start=1)
    )
    usage = one(tmp_path, "user;product;date;tokens\n" + rows.replace(",", ";").replace("0;1", "0,1"))
    assert days(usage) == ["ann Revit 03-03", "ann Revit 03-04", "ann Revit 03-05"]
    assert (found(usage, "U141").severity, found(usage, "U141").count) == ("info", 2)
