"""The assignment as people read it: a row per decision, the largest saving first."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from documents import typed

from flexopt.exports.report.decisions import decision_table, decisions
from flexopt.exports.report.parts import ReportTable, filled
from flexopt.exports.words import ENGLISH

Document = dict[str, Any]

SEAT = {
    "user": "ana",
    "product": "Revit",
    "group": "",
    "access": "named",
    "offer": "aec-1y",
    "contract_start": "2026-01-01",
    "contract_end": "2027-01-01",
    "days": "100",
    "cost": "0.00",
    "seat_price": "3000.00",
    "flex_price": "2500.00",
    "break_even_days": "112.5",
    "reason": "the seat",
}
FLEX = SEAT | {
    "access": "flex",
    "offer": "",
    "contract_start": None,
    "contract_end": None,
    "days": "10",
    "flex_price": "250.00",
    "reason": "tokens",
}


def rows(document: Document, *changes: Document) -> Document:
    """The document with this assignment."""
    row = document["assignment"][0]
    return document | {"assignment": [row | change for change in changes]}


def test_a_seat_is_one_decision_and_a_product_on_tokens_another(document: Document) -> None:
    mine = rows(document, SEAT, SEAT | {"product": "AutoCAD", "days": "20", "flex_price": "900.00"}, FLEX)
    tokens, seat = decisions(typed(mine))
    assert (tokens.saving, tokens.days) == (Decimal("2750.00"), Decimal(10))
    assert seat.saving == Decimal("400.00")  # 2,500 + 900 less 3,000
    assert [name for name, *_ in seat.products] == ["Revit", "AutoCAD"]
    table = filled(decision_table(typed(mine), ENGLISH))
    assert table.columns == ("user", "product", "access", "days", "on Flex", "as a seat", "saves")
    assert table.rows == (
        ("ana", "Revit", "Flex", "10", "250", "3,000", "2,750"),
        ("ana", "Revit 100, AutoCAD 20", "aec-1y", "120", "3,400", "3,000", "400"),
    )
    assert table.numbers == (3, 4, 5, 6)


def test_products_on_tokens_for_the_same_reason_are_decided_apart(document: Document) -> None:
    both = decisions(typed(rows(document, FLEX, FLEX | {"product": "AutoCAD"})))
    assert [[name for name, *_ in d.products] for d in both] == [["AutoCAD"], ["Revit"]]


def test_what_has_no_alternative_comes_last_and_seats_for_a_time_have_dates(document: Document) -> None:
    only = SEAT | {"user": "bo", "flex_price": None, "contract_end": "2026-07-01", "group": "Site"}
    dear = SEAT | {"user": "cy", "flex_price": "2000.00"}
    table = decision_table(typed(rows(document, only, dear)), ENGLISH)
    assert [(row[0], row[1], row[4], row[-1]) for row in table.rows] == [
        ("cy", "", "", "-1,000"),
        ("bo", "Site", "2026-01-01 – 2026-07-01", ""),
    ]


def test_columns_that_are_empty_for_everybody_are_left_out() -> None:
    table = ReportTable("t", ("a", "b", "c"), (("1", "", "3"), ("", "", "4")), (1, 2), (1,))
    assert filled(table) == ReportTable("t", ("a", "c"), (("1", "3"), ("", "4")), (1,), (1,))
