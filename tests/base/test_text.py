"""Plain text for terminals: widths, numbers, and names that try to steer."""

from __future__ import annotations

from decimal import Decimal
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexopt.base.text import abridged, count, fill, money, percent, printable, screen, text_table


def test_columns_line_up_whatever_their_width() -> None:
    table = text_table(["user", "days"], [["Zoë", "1"], ["東京", "22"], ["e\N{COMBINING ACUTE ACCENT}", "-"]])
    assert table.splitlines() == [
        "user  days",
        "Zoë      1",
        "東京    22",
        "e\N{COMBINING ACUTE ACCENT}        -",
    ]


def test_ranges_and_shares_are_numbers_and_flush_right() -> None:
    assert text_table(["n"], [["1 to 11"], ["6"], ["5.1 %"]]).splitlines() == [
        "      n",
        "1 to 11",
        "      6",
        "  5.1 %",
    ]
    assert text_table(["n"], [["6 pieces"], ["6"]]).splitlines() == ["n", "6 pieces", "6"]


def test_the_widest_column_wraps_between_words_under_itself() -> None:
    offers = ", ".join(f"{n} offer-{n}" for n in range(12))
    header, *lines = text_table(["product", "users", "days"], [["AutoCAD", offers, "22"]]).splitlines()
    assert header == f"product  {'users':<65}  days"
    assert len(lines) > 1
    assert all(len(line) <= 80 for line in lines)
    assert lines[0].endswith("    22")
    assert all(line.startswith(" " * 9) for line in lines[1:])
    assert " ".join(" ".join(line[9:74].split()) for line in lines) == offers


def test_two_columns_of_words_share_the_room() -> None:
    lines = text_table(
        ["a", "b", "n"], [["one " * 20, "two " * 22, "1"], ["東京 " * 20, "", "2"]]
    ).splitlines()
    assert max(len(line) for line in lines) <= 80
    assert {word for line in lines for word in line.split()} == {
        "a",
        "b",
        "n",
        "one",
        "two",
        "1",
        "東京",
        "2",
    }


def test_a_word_is_never_broken() -> None:
    lines = text_table(["a" * 75, "b"], [["x", "y" * 30 + " z"]]).splitlines()
    assert [line.split() for line in lines] == [["a" * 75, "b"], ["x", "y" * 30], ["z"]]


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_printable_has_no_control_or_direction_marks(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert not {category(c) for c in shown} & {"Cc", "Cf"}
    assert "\n" not in text_table(["a"], [[text]]).split("\n", 1)[1]


def test_screen_keeps_line_ends_only() -> None:
    assert screen("a\x1b[2J\nb\r\n\tc") == "a�[2J\nb�\n�c"


def test_fill_keeps_long_words_and_80_columns() -> None:
    text = fill("word " * 40 + "x" * 100, "  ")
    assert [line for line in text.splitlines() if len(line) > 80] == ["  " + "x" * 100]
    assert all(line.startswith("  ") for line in text.splitlines())


@pytest.mark.parametrize(("amount", "shown"), [(None, "-"), ("41200.00", "41,200.00"), ("-0.50", "-0.50")])
def test_money(amount: str | None, shown: str) -> None:
    assert money(amount) == shown


def test_count_and_percent() -> None:
    assert [count(n, "row") for n in (0, 1, 1200)] == ["0 rows", "1 row", "1,200 rows"]
    assert count(2, "entry", "entries") == "2 entries"
    shares = [Decimal(s) for s in ("0", "0.00001", "0.0028")]
    assert [percent(s) for s in shares] == ["0.00 %", "less than 0.01 %", "0.28 %"]


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [("AutoCAD", 7, "AutoCAD"), ("Navisworks Manage (annual)", 20, "Navisworks Man…nual)"), ("", 8, "")],
)
def test_a_long_name_is_cut_in_its_middle(text: str, most: int, shown: str) -> None:
    assert abridged(text, most) == shown
    assert len(shown) <= most
