"""The workbook comes to what the plan says, in LibreOffice as in plan.json, and follows its prices."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from build import case_plan
from conftest import CASES
from documents import HOSTILE, typed
from hypothesis import given
from hypothesis import strategies as st
from priced_workbooks import CHANGED, SHEETS, Document, a_plan, many_seats, plain, with_price
from programs import Recalculated, recalculated
from python_calamine import CalamineWorkbook
from whole import with_everything

from flexopt.base.dates import overlap_days
from flexopt.base.errors import FlexoptError
from flexopt.exports.people import without_people
from flexopt.exports.workbook import render
from flexopt.exports.workbook.book import LONGEST, Book, SheetColumn, clean
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.planning.bill import Bill
from flexopt.planning.order import order_lines
from flexopt.planning.payments import payments_of

Plan = tuple[Document, Callable[[Scenario], Bill]]


@pytest.fixture(scope="module")
def priced() -> tuple[Document, Scenario, Callable[[Scenario], Bill]]:
    return a_plan()


@pytest.fixture(scope="module")
def documents(
    planned: Document, priced: tuple[Document, Any, Any], request: pytest.FixtureRequest
) -> dict[str, Document]:
    cases = CASES if request.config.getoption("--all") else CASES[:2]
    found = {case.name: plain(case_plan(case).document) for case in cases}
    found |= {"everything": with_everything(planned), "priced": priced[0], "many": many_seats(planned)}
    found |= {currency: a_plan(currency=currency)[0] for currency in ("JPY", "KWD")}
    found["unsorted"] = found["priced"] | {
        "seats": found["priced"]["seats"][::2] + found["priced"]["seats"][1::2]
    }
    hostile = with_everything(planned)
    hostile["assignment"] = [
        planned["assignment"][0] | {"user": t, "product": t, "group": t, "reason": t} for t in HOSTILE
    ]
    hostile["left_out"] = [{"user": t, "product": t, "days": 1, "reason": t} for t in HOSTILE]
    hostile["name"] = HOSTILE[11]
    found["hostile"] = hostile
    return found


@pytest.fixture(scope="module")
def workbooks(documents: dict[str, Document]) -> dict[str, bytes]:
    found = {name: render(typed(document)) for name, document in documents.items()}
    for (what, price), kind in zip(
        CHANGED.items(), ("renewal", "new", "300 or more in one purchase"), strict=True
    ):
        found[f"changed {what}"] = with_price(found["priced"], what, kind, price)
    return found


@pytest.fixture(scope="module")
def calculated(
    workbooks: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Recalculated]:
    return recalculated(workbooks, tmp_path_factory.mktemp("office"))


@pytest.mark.slow
def test_recalculated_totals_are_the_plans(
    documents: dict[str, Document], calculated: dict[str, Recalculated]
) -> None:
    for name, document in documents.items():
        book, summary = calculated[name], document["summary"]
        assert not book.errors, name
        for words, amount in (
            ("Seats:", summary["seats"]),
            ("Token packs:", summary["tokens"]),
            ("Total for", document["total"]),
            ("Total commitment", summary["commitment"]),
        ):
            # the very float: nothing is left over in places that are not shown
            assert book.beside("Summary", words) == float(amount), (name, words)
            assert book.beside("Summary", words, 3) == 0, (name, words)
        total = book.sheets["Seats"][-1]
        assert total[11] == float(summary["seats"])
        assert book.sheets["Purchases"][-1][4] == float(summary["tokens"])
        if document["order"]:
            assert book.sheets["Order"][-1][12] == float(summary["commitment"])
            assert book.beside("Payments", "Total") == float(summary["commitment"])
            assert book.beside("Payments", "Within the horizon") == float(summary["paid_in_horizon"])
            assert book.beside("Payments", "Later") == float(summary["paid_later"])


@pytest.mark.slow
def test_every_formula_comes_to_the_value_it_was_written_with(
    workbooks: dict[str, bytes], calculated: dict[str, Recalculated], tmp_path: Path
) -> None:
    for name, data in workbooks.items():
        if name.startswith("changed"):
            continue
        (tmp_path / "book.xlsx").write_bytes(data)
        written = Recalculated.read(tmp_path / "book.xlsx")
        assert list(written.sheets) == list(calculated[name].sheets)
        for sheet, rows in written.sheets.items():
            for number, (row, other) in enumerate(zip(rows, calculated[name].sheets[sheet], strict=False)):
                for mine, its in zip(row, other, strict=False):
                    if isinstance(mine, float) and mine != its:
                        assert mine == pytest.approx(float(its), rel=1e-12), (name, sheet, number)


@pytest.mark.slow
def test_each_row_is_rounded_as_the_bill_is(
    documents: dict[str, Document], calculated: dict[str, Recalculated]
) -> None:
    for name in ("many", "priced", "JPY", "KWD"):
        for sheet, table in (("Seats", "seats"), ("Purchases", "purchases")):
            costs = [float(row["cost"]) for row in documents[name][table]]
            assert list(calculated[name].under(sheet, "Cost"))[: len(costs)] == costs


def test_half_a_cent_is_met(documents: dict[str, Document]) -> None:
    start, end = (date.fromisoformat(documents["many"]["horizon"][key]) for key in ("start", "end"))
    halves = 0
    for seat in documents["many"]["seats"]:
        first, after = (date.fromisoformat(seat[f"contract_{key}"]) for key in ("start", "end"))
        inside = Fraction(overlap_days(first, after, start, end), (after - first).days)
        halves += (Fraction(Decimal(seat["unit_price"])) * inside * 200).denominator == 1 and (
            Fraction(Decimal(seat["unit_price"])) * inside * 100
        ).denominator == 2
    assert halves > 5


@pytest.mark.parametrize("what", CHANGED)
@pytest.mark.slow
def test_another_price_makes_the_bill_that_python_makes(
    what: str,
    priced: tuple[Document, Scenario, Callable[[Scenario], Bill]],
    calculated: dict[str, Recalculated],
) -> None:
    document, scenario, bill_of = priced
    data = scenario.model_dump(mode="json", by_alias=True)
    # the cell has the price after discounts: one that comes to it exactly
    if what == "Flex token":
        data["negotiated"]["tokens"] = "0"
        data["tokens"]["tiers"] = [
            t | {"price": CHANGED[what] if t["from"] == 300 else str(Decimal(t["price"]) * Decimal("0.95"))}
            for t in data["tokens"]["tiers"]
        ]
    else:
        data["negotiated"]["offers"] = {what: "0"}
        other = {
            "autocad-1y": {"new": "2009.70", "renewal": CHANGED[what]},
            "revit-1m": {"new": CHANGED[what]},
        }
        for offer in data["offers"]:
            if offer["id"] == what:
                offer["prices"] = [p | other[what] for p in offer["prices"]]
    bill = bill_of(Scenario.model_validate(data))
    book = calculated[f"changed {what}"]
    assert not book.errors
    assert str(bill.total) != document["total"]
    assert book.beside("Summary", "Total for") == float(bill.total)
    assert book.beside("Summary", "Total for", 2) == float(document["total"])
    assert book.beside("Summary", "Total commitment") == float(bill.commitment)
    assert book.beside("Summary", "Total for", 3) == float(bill.total - Decimal(document["total"]))
    costs = [float(row.cost) for row in bill.seats]
    assert list(book.under("Seats", "Cost"))[: len(costs)] == costs
    # the order follows, and so do the instalments
    invoices = payments_of(order_lines(bill.seats, bill.purchases, scenario.holdings, scenario), scenario)
    assert book.sheets["Order"][-1][12] == float(bill.commitment)
    assert list(book.under("Payments", "Amount"))[: len(invoices)] == [float(p.amount) for p in invoices]


def test_the_example_has_all_kinds_of_rows(priced: tuple[Document, Any, Any]) -> None:
    seats = priced[0]["seats"]
    assert {kind for s in seats for kind in ("owned", "renewed", "new") if s[kind]} == {
        "owned",
        "renewed",
        "new",
    }
    assert any(s["cost"] != s["commitment"] for s in seats)
    assert {p["tier_from"] for p in priced[0]["purchases"]} == {300}
    assert {p["instalments"] for p in priced[0]["payments"]} == {1, 3, 7}
    assert Decimal(priced[0]["summary"]["paid_later"])


@pytest.mark.slow
def test_hostile_text_is_text(workbooks: dict[str, bytes], calculated: dict[str, Recalculated]) -> None:
    for sheet in ("Assignments", "Left out"):
        shown = list(calculated["hostile"].under(sheet, "User"))[: len(HOSTILE)]
        assert [str(s).replace("\r", "") for s in shown] == [clean(t) for t in HOSTILE]
    with ZipFile(io.BytesIO(workbooks["hostile"])) as file:
        formulas = "".join(file.read(n).decode() for n in file.namelist() if "worksheets/sheet" in n)
    assert "cmd" not in "".join(re.findall("<f>.*?</f>", formulas))
    assert not re.search("HYPERLINK", formulas)
    assert b"<hyperlink" not in formulas.encode()


@given(st.text())
def test_a_cell_takes_any_text(text: str) -> None:
    kept = clean(text)
    assert len(kept.encode("utf-16-le")) <= 2 * LONGEST
    assert clean(kept) == kept
    assert all(c >= " " or c in "\t\n" for c in kept)


@given(st.lists(st.one_of(st.text(), st.sampled_from(HOSTILE)), min_size=1, max_size=8))
def test_any_text_comes_back_from_its_cell(planned: Document, texts: list[str]) -> None:
    book = Book(typed(planned))
    rows = [[f"{number}", text] for number, text in enumerate(texts)]
    book.add("Texts").table([SheetColumn("number"), SheetColumn("text")], rows)
    read = CalamineWorkbook.from_filelike(io.BytesIO(book.finished())).get_sheet_by_name("Texts").to_python()
    assert read[1:] == [[f"{number}", clean(text)] for number, text in enumerate(texts)]


@pytest.mark.parametrize("text", ["🦉" * 16_384, "x🦉" * 15_000, "x" * 32_768])
def test_text_that_is_too_long_is_cut_between_characters(text: str) -> None:
    kept = clean(text)
    assert kept.endswith("…")
    assert text.startswith(kept[:-1])
    assert LONGEST - 1 <= len(kept.encode("utf-16-le")) / 2 <= LONGEST


def test_same_document_same_bytes(planned: Document) -> None:
    whole = with_everything(planned)
    assert render(typed(whole)) == render(typed(plain(whole)))
    program = "import json, sys; from flexopt.exports.workbook import render; "
    program += "from flexopt.store.plan import PlanDocument; "
    program += "sys.stdout.buffer.write(render(PlanDocument.model_validate(json.load(sys.stdin))))"
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    other = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(whole).encode(),
        capture_output=True,
        env=environment,
    )
    assert other.stdout == render(typed(whole)), other.stderr
    with ZipFile(io.BytesIO(render(typed(whole)))) as file:
        assert len({info.date_time for info in file.infolist()}) == 1
        about = file.read("docProps/core.xml").decode()
    assert "2000-01-01" in about
    assert "<dc:creator></dc:creator>" in about


def test_numbers_are_numbers_and_dates_are_dates(planned: Document) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(render(typed(with_everything(planned)))))
    assert book.sheet_names == [*SHEETS[:8], "Comparison", "Review", "Moves", "Sensitivity", *SHEETS[8:]]
    row = book.get_sheet_by_name("Seats").to_python()[1]
    assert [type(c) for c in row] == [str, date, date, *[float] * 12, str]
    (seat,) = planned["seats"]
    assert (row[1], row[11]) == (date.fromisoformat(seat["contract_start"]), float(seat["cost"]))


def test_sheets_have_filters_frozen_headers_and_print_settings(planned: Document) -> None:
    with ZipFile(io.BytesIO(render(typed(planned)))) as file:
        text = {n: file.read(f"xl/worksheets/sheet{i}.xml").decode() for i, n in enumerate(SHEETS, 1)}
        names = file.read("xl/workbook.xml").decode()
        charts = [n for n in file.namelist() if "/charts/chart" in n]
    for name in ("Order", "Payments", "Assignments", "Seats", "Purchases", "Ledger"):
        assert "<autoFilter " in text[name]
        assert 'state="frozen"' in text[name]
        assert f'<definedName name="_xlnm.Print_Titles" localSheetId="{SHEETS.index(name)}">' in names
    for number, name in enumerate(SHEETS):
        assert f'<definedName name="_xlnm.Print_Area" localSheetId="{number}">' in names
        assert 'fitToPage="1"' in text[name]
    assert 'orientation="landscape"' in text["Assignments"]
    assert len(charts) == 3


def test_without_people_their_sheet_says_so(planned: Document) -> None:
    data = render(without_people(typed(with_everything(planned))))
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    said = book.get_sheet_by_name("Assignments").to_python()
    assert said[0][0] == "Rows about people are omitted from this file."
    assert book.get_sheet_by_name("Summary").to_python()


def test_more_rows_than_a_sheet_has_are_refused(planned: Document) -> None:
    rows = [planned["assignment"][0]] * 101
    with pytest.raises(FlexoptError, match="a sheet has at most 100 rows, but `Assignments` needs 101"):
        render(typed(planned | {"assignment": rows}), most_rows=100)


def test_what_has_no_plan_is_empty(planned: Document) -> None:
    whole = plain(with_everything(planned))
    whole["sensitivity"]["levers"][0]["high"] |= {
        "total": None,
        "annual_seats": None,
        "monthly_seats": None,
        "tokens_bought": None,
    }
    whole["sensitivity"]["indifference"][0]["above"] = {"value": "2100", "total": None, "answer": "no plan"}
    whole["sensitivity"]["grids"][0]["totals"][0][0] = None
    whole["comparison"]["regret"][0][1] = None
    book = CalamineWorkbook.from_filelike(io.BytesIO(render(typed(whole))))
    (row,) = (r for r in book.get_sheet_by_name("Sensitivity").to_python() if r[0] == _label(whole))
    assert (row[5], row[6]) == ("", "")
    assert str(row[8]).endswith(" to -")
    assert any("not possible" in r for r in book.get_sheet_by_name("Comparison").to_python())


def _label(whole: Document) -> Any:
    return whole["sensitivity"]["levers"][0]["label"]


def test_a_plan_of_nothing_is_a_workbook(planned: Document) -> None:
    nothing = plain(planned) | {key: [] for key in ("seats", "purchases", "order", "payments")}
    nothing |= {"total": "0.00", "baselines": {}}
    nothing["summary"] |= {
        "seats": "0.00",
        "paid_in_horizon": "0.00",
        "tokens": "0.00",
        "commitment": "0.00",
        "effective_token_price": None,
    }
    assert CalamineWorkbook.from_filelike(io.BytesIO(render(typed(nothing)))).sheet_names == SHEETS


def test_the_assignment_shows_the_largest_saving_first(planned: Document) -> None:
    row = planned["assignment"][0] | {"offer": "", "contract_start": None, "contract_end": None}
    flex = row | {"access": "flex", "cost": "100.00", "flex_price": "100.00", "reason": "said"}
    seat = planned["assignment"][0] | {"user": "c@example.com", "access": "named", "seat_price": "300.00"}
    rows = [
        flex | {"user": "a@example.com", "seat_price": "150.00", "days": "26", "tokens": "4.5"},
        flex | {"user": "none@example.com", "seat_price": None},
        seat | {"product": "AutoCAD", "flex_price": "290.00"},
        seat | {"product": "Revit", "flex_price": "250.00"},
        flex | {"user": f"{'b' * 30}@example.com", "seat_price": "200.50"},
    ]
    data = render(typed(planned | {"assignment": rows}))
    header, *lines = (
        CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("Assignments").to_python()
    )
    saves = header.index("Saves against the other access")
    # a seat for two products saves 290 + 250 - 300, once
    assert [(str(line[0])[:1], line[saves]) for line in lines[:-1]] == [
        ("c", 240),
        ("c", ""),
        ("b", 100.5),
        ("a", 50),
        ("n", ""),
    ]
    assert lines[-1][saves] == 390.5
    assert header[-1] == "Reason (not printed)"
    with ZipFile(io.BytesIO(data)) as file:
        text = file.read(f"xl/worksheets/sheet{SHEETS.index('Assignments') + 1}.xml").decode()
        names = file.read("xl/workbook.xml").decode()
    assert float(re.findall(r'<col min="1" max="1" width="([\d.]+)"', text)[0]) >= 42
    assert "Assignments!$A$1:$O$7" in names


def test_whole_numbers_have_no_decimals() -> None:
    book = Book(typed(a_plan()[0]))
    sheet = book.add("Numbers")
    numbers: list[Decimal | int] = [Decimal("26.000000"), Decimal("4.5"), 26]
    for row, number in enumerate(numbers):
        sheet.put(row, 0, number, "quantity")
    looks = [sheet.sheet.table[row][0].format.num_format for row in range(3)]
    assert looks == ["#,##0", "#,##0.0", "#,##0"]


def test_days_are_drawn_to_scale(planned: Document) -> None:
    with ZipFile(io.BytesIO(render(typed(planned)))) as file:
        charts = [file.read(n).decode() for n in file.namelist() if "/charts/chart" in n]
    pools = [chart for chart in charts if "Token pool" in chart]
    assert len(pools) == 2
    assert all("<c:dateAx>" in chart for chart in pools)
