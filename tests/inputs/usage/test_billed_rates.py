"""Token rows that bill another rate than the scenario says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest
from reading import codes, found, one, read

HEADER = "Day used,Email,Feature,First name,Last name,Product,Team,Tokens used\n"


def rows(first: str, days: int, tokens: Iterable[object], *, users: int = 2, product: str = "AutoCAD") -> str:
    """A row a day and user; the tokens are repeated as often as needed."""
    begin, listed = date.fromisoformat(first), list(tokens)
    return "".join(
        f"{begin + timedelta(days=n)},u{user}@example.com,,A,B,{product},North,{listed[n % len(listed)]}\n"
        for n in range(days)
        for user in range(users)
    )


def test_dated_rates_to_paste(tmp_path: Path) -> None:
    """184 days at 8 and 181 at 9 of two users: 2 x (1,472 + 1,629); by the scenario 2 x 365 x 7."""
    usage = one(tmp_path, HEADER + rows("2025-01-01", 184, [8]) + rows("2025-07-04", 181, [9]))
    finding = found(usage, "U149")
    assert finding.severity == "warning"
    assert "bill AutoCAD at 8 a day from 2025-01-01, 9 a day from 2025-07-04, but the scenario says 7" in (
        finding.message
    )
    assert "the 730 days of a year took 6202 tokens as billed, and 5110 by the scenario" in finding.message
    assert (
        "`rates: [{from: 2021-09-07, tokens: 7}, {from: 2025-01-01, tokens: 8, source: billed}, "
        "{from: 2025-07-04, tokens: 9, source: billed}]`" in finding.hint
    )


def test_one_other_rate(tmp_path: Path) -> None:
    finding = found(one(tmp_path, HEADER + rows("2025-01-01", 10, [8])), "U149")
    assert "at 8 a day from 2025-01-01, but the scenario says 7: the 20 days" in finding.message
    assert "160 tokens as billed, and 140 by the scenario" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        rows("2025-01-01", 60, [7]),
        rows("2025-01-01", 60, [7, 7, 7, 14]),
        rows("2025-01-01", 60, [7, 0]),
        rows("2025-01-01", 60, [3.5]) * 2,
        rows("2025-01-01", 60, [10], product="Revit"),
        rows("2025-01-01", 60, [7]) + "2025-03-01,u9@example.com,Solve,A,B,AutoCAD,North,35\n",
    ],
)
def test_the_scenario_s_rate(text: str, tmp_path: Path) -> None:
    assert "U149" not in codes(one(tmp_path, HEADER + text))


def test_a_rate_that_changes_before_the_scenario_s(tmp_path: Path) -> None:
    usage = one(tmp_path, HEADER + rows("2025-01-01", 100, [7]) + rows("2025-04-11", 100, [8]))
    assert "at 8 a day from 2025-04-11, but the scenario says 7" in found(usage, "U149").message


def test_the_same_rows_in_two_files_count_once(tmp_path: Path) -> None:
    text = HEADER + rows("2025-01-01", 10, [8, 9])
    usage = read(tmp_path, {"a.csv": text, "b.csv": text})
    assert "the 20 days" in found(usage, "U149").message


def test_seats_and_other_schemes_have_no_rates_of_flex(tmp_path: Path) -> None:
    seats = "access_option,day_used,email,product_name,tokens_used\nNamed user,2025-03-01,a@b.c,AutoCAD,9\n"
    assert "U149" not in codes(one(tmp_path, seats))
    query = "usageCategory,productName,userName,usageDate,tokensConsumed\n"
    query += "DESKTOP_PRODUCT,AutoCAD,a,2025-03-01,9\n"
    assert "U149" not in codes(one(tmp_path, query))


def test_a_product_that_is_not_on_flex(tmp_path: Path) -> None:
    usage = one(tmp_path, HEADER + rows("2025-01-01", 10, [5], product="Vault"))
    assert "the scenario says that it is not on Flex" in found(usage, "U149").message


def test_sessions(tmp_path: Path) -> None:
    text = "user,product,started_at,ended_at,tokens\n" + "".join(
        f"ann,AutoCAD,2025-03-{day:02}T08:00:00Z,2025-03-{day:02}T09:00:00Z,8\n" for day in range(1, 6)
    )
    assert "the 5 days" in found(one(tmp_path, text), "U149").message
