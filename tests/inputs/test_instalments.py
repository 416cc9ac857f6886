"""Instalments and the fiscal year: read, and doubted where they cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from damages import GOOD

from flexopt.base.findings import Finding
from flexopt.inputs.scenario.load import load_scenario, read_scenario
from flexopt.inputs.scenario.scenario import Instalments

SEATS = "  - {{id: vault-1y, instalments: {{number: {number}, every_months: {every}}}}}\n"


def read(folder: Path, over: str) -> list[Finding]:
    (folder / "usage.csv").write_text("user,product,date\n")
    (folder / "base.yaml").write_text(GOOD)
    (folder / "scenario.yaml").write_text("extends: base.yaml\n" + over)
    return list(read_scenario(folder / "scenario.yaml")[1])


def test_they_are_read_for_seats_and_tokens(tmp_path: Path) -> None:
    over = (
        "fiscal_year_starts: 4\ntokens: {instalments: {number: 4, every_months: 3}}\noffers:\n"
        + SEATS.format(number=2, every=6)
    )
    assert read(tmp_path, over) == []
    scenario = load_scenario(tmp_path / "scenario.yaml").scenario
    assert scenario.fiscal_year_starts == 4
    assert scenario.offer_by_id["vault-1y"].instalments == Instalments(number=2, every_months=6)
    assert scenario.tokens.instalments == Instalments(number=4, every_months=3)
    assert load_scenario(tmp_path / "base.yaml").scenario.fiscal_year_starts == 1
    assert load_scenario(tmp_path / "base.yaml").scenario.tokens.instalments is None


def test_a_variant_changes_one_key_of_them(tmp_path: Path) -> None:
    read(tmp_path, "tokens: {instalments: {number: 2, every_months: 6}}\n")
    (tmp_path / "variant.yaml").write_text(
        "extends: scenario.yaml\ntokens: {instalments: {every_months: 3}}\n"
    )
    parts = load_scenario(tmp_path / "variant.yaml").scenario.tokens.instalments
    assert parts == Instalments(number=2, every_months=3)


@pytest.mark.parametrize(
    ("number", "every", "last", "write"),
    [
        # a seat for a year from 2026-01-01
        (2, 12, "2027-01-01", "if that is not meant, write `instalments: {number: 2, every_months: 6}`"),
        (4, 12, "2029-01-01", "if that is not meant, write `instalments: {number: 4, every_months: 3}`"),
        (13, 1, "2027-01-01", "delete `instalments`: all of it is invoiced on the day of the order"),
    ],
)
def test_an_instalment_after_the_end_of_its_seat(
    number: int, every: int, last: str, write: str, tmp_path: Path
) -> None:
    (found,) = read(tmp_path, "offers:\n" + SEATS.format(number=number, every=every))
    assert (found.code, found.severity, found.column) == ("S226", "warning", "offers.vault-1y.instalments")
    assert found.row == 3
    assert f"buys on 2026-01-01 ends on 2027-01-01, and its last instalment is due on {last}" in found.message
    assert found.hint == write


def test_an_instalment_after_the_end_of_its_pack(tmp_path: Path) -> None:
    (found,) = read(tmp_path, "tokens: {instalments: {number: 3, every_months: 6}}\n")
    assert (found.code, found.column) == ("S226", "tokens.instalments")
    assert found.hint.endswith("write `instalments: {number: 3, every_months: 4}`")


def test_budgets_count_whole_prices(tmp_path: Path) -> None:
    budget = "budgets: [{id: fy26, from: 2026-01-01, to: 2027-01-01, amount: 9000}]\n"
    (found,) = read(tmp_path, budget + "offers:\n" + SEATS.format(number=2, every=6))
    assert (found.code, found.severity, found.column) == ("S227", "warning", "offers.vault-1y.instalments")


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("fiscal_year_starts", "13", "S134"),
        ("fiscal_year_starts", "0", "S134"),
        ("fiscal_year_starts", "April", "S132"),
        ("tokens", "{instalments: {number: 1, every_months: 12}}", "S134"),
        ("tokens", "{instalments: {number: 3, every_months: 0}}", "S134"),
        ("tokens", "{instalments: {number: 3}}", "S131"),
        ("tokens", "{instalments: 3}", "S132"),
        ("tokens", "{instalments: {number: 3, months: 12}}", "S130"),
    ],
)
def test_what_is_not_one(key: str, value: str, code: str, tmp_path: Path) -> None:
    found = read(tmp_path, f"{key}: {value}\n")
    assert code in {f.code for f in found}
    assert {f.row for f in found} == {2}
    assert all(f.hint for f in found)
