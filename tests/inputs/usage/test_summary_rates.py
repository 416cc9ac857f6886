"""A Usage Report that bills another rate than the scenario says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from reading import codes, found, one, read

PERIOD = {"from": "2025-01-01", "to": "2026-01-01"}
HEADER = "Access option,Email,Product,Team,Days used,Tokens used\n"


def report(rows: Mapping[str, str]) -> str:
    """Days and tokens by user, of AutoCAD on Flex; the scenario says 7 a day."""
    return HEADER + "".join(f"Flex,{user}@x.com,AutoCAD,Main,{cells}\n" for user, cells in rows.items())


def test_the_rate_of_most_days_is_said_with_the_line_to_paste(tmp_path: Path) -> None:
    text = report({"ann": "20,160", "bob": "10,80", "cat": "9,56"})  # cat: two short launches, 7 x 8
    finding = found(one(tmp_path, text, period=PERIOD), "U149")
    assert "bills AutoCAD at 8 a day, but the scenario says 7: 39 days took 296 tokens" in finding.message
    assert "{from: 2025-01-01, tokens: 8, source: billed}]`" in finding.hint
    assert (finding.severity, finding.column) == ("warning", "Tokens used")


def test_more_than_any_rate_is_said_even_if_it_changed_during_the_year(tmp_path: Path) -> None:
    finding = found(
        one(tmp_path, report({"ann": "18,135", "bob": "10,88", "cat": "10,76"}), period=PERIOD), "U149"
    )
    assert "an average of 7.87 a day" in finding.message
    assert "Token Usage shows" in finding.hint


@pytest.mark.parametrize(
    "rows",
    [
        {"ann": "20,140", "bob": "10,70"},
        {"ann": "20,140", "bob": "11,70"},  # a short launch
        {"ann": "20,70", "bob": "10,21", "cat": "8,50"},  # days on a seat before
        {"ann": "2,16"},  # few days show no rate
    ],
)
def test_the_scenario_s_rate(rows: Mapping[str, str], tmp_path: Path) -> None:
    assert "U149" not in codes(one(tmp_path, report(rows), period=PERIOD))


def test_token_rows_say_more(tmp_path: Path) -> None:
    daily = "Day used,Email,Feature,First name,Last name,Product,Team,Tokens used\n" + "".join(
        f"2025-03-0{day},ann@x.com,,A,B,AutoCAD,Main,8\n" for day in range(1, 6)
    )
    usage = read(tmp_path, {"report.csv": report({"ann": "5,40"}), "tokens.csv": daily}, period=PERIOD)
    assert [f.file for f in usage.findings if f.code == "U149"] == ["tokens.csv"]
