"""Numbers as people type them: what was read, what was probably meant, and the line to type."""

from __future__ import annotations

from pathlib import Path

import pytest

from flexopt.base.findings import Finding
from flexopt.inputs.scenario.load import read_scenario
from flexopt.inputs.scenario.meant import meant

SCENARIO = """\
schema: flexopt.scenario/1
currency: USD
horizon: {{start: 2026-01-01, months: 12}}
products: [{{id: AutoCAD, rates: [{{from: 2021-09-07, tokens: {tokens}}}]}}]
offers: [{{id: autocad-1y, covers: [AutoCAD], term_months: 12, prices: [{{from: 2026-01-01, new: {new}}}]}}]
tokens: {{tiers: [{{from: {first}, price: {price}}}]}}
negotiated: {{seats: {seats}}}
holdings: [{{offer: autocad-1y, quantity: {quantity}, ends: 2026-04-01}}]
demand: {{growth: {{default: {growth}}}}}
"""
RIGHT = {
    "tokens": "7",
    "new": "2310",
    "first": "100",
    "price": "3.00",
    "seats": "0.15",
    "quantity": "4",
    "growth": "0.02",
}


def findings(folder: Path, **typed: str) -> list[Finding]:
    path = folder / "scenario.yaml"
    path.write_text(SCENARIO.format(**RIGHT | typed))
    return list(read_scenario(path)[1])


def test_the_right_numbers_have_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2.310,00 €", "2310.00"),
        ("2,310.00", "2310.00"),
        ("€2,310", "2310"),
        ("2.310 EUR", "2310"),
        ("US$ 1,234,567.50", "1234567.50"),
        ("1.234.567", "1234567"),
        ("1'200", "1200"),
        ("1 200,50", "1200.50"),
        ("CHF 1’200.-", "1200"),
        ("0,15", "0.15"),
        ("15 %", "0.15"),
        ("7,5 %", "0.075"),
        ("-3%", "-0.03"),
        ("100%", "1.00"),
        ("2_310", "2310"),
        ("soon", ""),
        ("4 seats", ""),
        ("", ""),
        ("12-3", ""),
    ],
)
def test_what_was_meant(text: str, number: str) -> None:
    assert meant(text) == number


@pytest.mark.parametrize(
    ("key", "typed", "line"),
    [
        ("new", "2,310.00", "new: 2310.00"),
        ("new", "2.310,00 €", "new: 2310.00"),
        ("new", "2310 €", "new: 2310"),
        ("new", '"2,310"', "new: 2310"),
        ("seats", "0,15", "seats: 0.15"),
        ("seats", "15 %", "seats: 0.15"),
        ("seats", "15", "seats: 0.15"),
        ("price", "2,85", "price: 2.85"),
        ("quantity", "1.200", "quantity: 1200"),
        ("quantity", "1,200", "quantity: 1200"),
        ("growth", "5%", "default: 0.05"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_the_line_to_type(
    key: str, typed: str, line: str, tmp_path: Path
) -> None:
    (found,) = findings(tmp_path, **{key: typed})
    assert found.severity == "error"
    assert f"`{line}`" in found.hint
    assert typed.strip('"') in found.message


@pytest.mark.parametrize(
    ("typed", "code", "message", "hint"),
    [
        ("new: 2.310", "S171", "`2.310` was read as 2.31; it looks like 2,310", "`new: 2310`"),
        ("tokens: 1.200", "S171", "`1.200` was read as 1.2; it looks like 1,200", "`tokens: 1200`"),
        ("new: 20.99", "S172", "costs 20.99, a day of AutoCAD on tokens 21.00", "price of the seat"),
        ("price: 300", "S172", "one token costs 300", "not of a pack"),
        ("seats: 0.85", "S173", "a discount of 85.00 %", "`seats: 0.15`"),
        ("growth: 2", "S173", "200 % more days", "`default: 0.02`"),
        ("first: 250", "S174", "multiples of 100: the smallest purchase is 300", "`from: 300`"),
    ],
)
def test_what_is_read_and_hardly_meant_is_a_warning(
    typed: str, code: str, message: str, hint: str, tmp_path: Path
) -> None:
    (found,) = findings(tmp_path, **dict([typed.split(": ")]))
    assert (found.severity, found.code) == ("warning", code)
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize("typed", [{"price": "2.850"}, {"new": "21"}, {"first": "1"}, {"seats": "0.5"}])
def test_what_is_plausible_has_no_finding(typed: dict[str, str], tmp_path: Path) -> None:
    assert findings(tmp_path, **typed) == []
