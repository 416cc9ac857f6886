"""`flexopt sensitivity`: what it prints, how it ends, and what it adds to a plan."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from test_exit_codes import clean

from flexopt.store.schema import plan_schema

Run = Callable[..., Any]
Golden = Callable[[str, str], None]
Scenario = Callable[[str], str]

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"
ENDINGS = {"table": "txt", "json": "json", "csv": "csv", "markdown": "md"}


@pytest.fixture
def quote(scenario: Scenario) -> str:
    """A quote with a discount and a second tier."""
    return scenario(
        "negotiated: {offers: {autocad-1y: 0.1}}\n"
        "tokens: {tiers: [{from: 1, price: 3}, {from: 2000, price: 2.5}]}"
    )


@pytest.fixture
def whole(folder: Path) -> list[str]:
    """Everything that can be asked for."""
    (folder / "other.yaml").write_text(
        "schema: flexopt.scenario/1\nextends: scenario.yaml\nnegotiated: {offers: {autocad-1y: 0.25}}\n"
    )
    return ["--grid", "seat:revit-1y,tokens", "--as-good-as", "other.yaml"]


@pytest.mark.parametrize(
    "form", ["table", *(pytest.param(f, marks=pytest.mark.slow) for f in ("json", "csv", "markdown"))]
)
def test_output(call: Run, quote: str, whole: list[str], form: str, golden: Golden) -> None:
    done = call("sensitivity", quote, *whole, "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    golden(f"cli/sensitivity.{ENDINGS[form]}", done.stdout)
    if form == "table":
        assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_csv_and_json_have_the_same_totals() -> None:
    """Those of the golden files, which `test_output` compares with what is printed."""
    data = json.loads((GOLDEN / "sensitivity.json").read_text())
    rows = list(csv.DictReader((GOLDEN / "sensitivity.csv").read_text().splitlines()))
    assert data["schema"] == "flexopt.sensitivity/1"
    assert rows[0]["total"] == data["total"]
    moved = [row["total"] for row in rows if row["part"] == "lever"]
    assert moved == [bar[side]["total"] for bar in data["levers"] for side in ("low", "high")]
    assert [row["total"] for row in rows if row["part"] == "grid"] == [
        total for grid in data["grids"] for totals in grid["totals"] for total in totals
    ]
    assert all(
        Decimal(row["difference"]) == Decimal(row["total"]) - Decimal(data["total"])
        for row in rows
        if row["total"]
    )


def test_into_a_plan(call: Run, folder: Path) -> None:
    """All of it, or nothing changes; the same again gives the same bytes."""
    only = ["--lever", "seat:autocad-1y"]
    assert call("plan", "scenario.yaml").returncode == 0
    place = folder / "scenario.plan"
    before = {p.name: p.read_bytes() for p in place.iterdir()}
    done = call("sensitivity", "scenario.yaml", *only, "--into", "scenario.plan", "--format", "json")
    assert done.returncode == 0
    assert "added to scenario.plan; next: flexopt export scenario.plan" in done.stderr
    document = json.loads((place / "plan.json").read_text())
    part = {k: v for k, v in json.loads(done.stdout).items() if k not in ("schema", "name", "currency")}
    assert document["sensitivity"] == part
    assert list(Draft202012Validator(plan_schema()).iter_errors(document)) == []
    after = {p.name: p.read_bytes() for p in place.iterdir()}
    assert {**after, "plan.json": b""} == {**before, "plan.json": b""}
    older = json.loads(before["plan.json"])
    added = ("sensitivity", "sha256")
    assert {k: v for k, v in older.items() if k not in added} == {
        k: v for k, v in document.items() if k not in added
    }
    assert call("sensitivity", "scenario.yaml", *only, "--into", "scenario.plan").returncode == 0
    assert {p.name: p.read_bytes() for p in place.iterdir()} == after
    assert call("explain", "scenario.plan").returncode == 0


def test_2_into_what_is_no_plan_or_another(call: Run, folder: Path, quote: str) -> None:
    assert call("plan", "scenario.yaml").returncode == 0
    before = (folder / "scenario.plan" / "plan.json").read_bytes()
    said = clean(call("sensitivity", quote, "--into", "scenario.plan"), 2)
    assert "scenario.plan: the plan was made from different inputs (changed.yaml)" in said
    assert "no plan found here" in clean(call("sensitivity", quote, "--into", "no.plan"), 2)
    forged = before.replace(b'"total": "6909.00"', b'"total": "1.00"', 1)
    (folder / "scenario.plan" / "plan.json").write_bytes(forged)
    said = clean(call("sensitivity", "scenario.yaml", "--lever", "buffer", "--into", "scenario.plan"), 2)
    assert "`total` is 1.00, but its parts add up to 6909.00" in said
    assert (folder / "scenario.plan" / "plan.json").read_bytes() == forged


@pytest.mark.parametrize(
    ("arguments", "words", "hint"),
    [
        ([], "Missing argument 'SCENARIO'", "flexopt sensitivity --help"),
        (["missing.yaml"], "the file does not exist", "spelling"),
        (["scenario.yaml", "--lever", "seat:revit"], "no lever `seat:revit`", "`seat:revit-1y`"),
        (["scenario.yaml", "--grid", "tokens"], "'tokens' is not two levers: write seat:aec-1y,tokens", ""),
        (
            ["scenario.yaml", "--grid", "tokens,tokens"],
            "a grid needs two different levers",
            "seat:aec-1y,tokens",
        ),
        (["scenario.yaml", "--step", "10"], "'10' is not a share between 0 and 1: write 10 % as 0.10", ""),
        (["scenario.yaml", "--step", "nan"], "'nan' is not a share", ""),
        (["scenario.yaml", "--as-good-as", "missing.yaml"], "the file does not exist", "spelling"),
        (["scenario.yaml", "--format", "xml"], "'xml' is not one of", "--help"),
    ],
)
def test_2_could_not_run(call: Run, arguments: list[str], words: str, hint: str) -> None:
    said = clean(call("sensitivity", *arguments), 2)
    assert words in said
    assert hint in said.split("\n\nhint: ", 1)[1]


def test_2_as_good_as_a_quote_in_another_currency(call: Run, scenario: Scenario) -> None:
    said = clean(
        call(
            "sensitivity",
            "scenario.yaml",
            "--as-good-as",
            scenario("currency: EUR\nexchange: [{currency: USD, rate: 0.9}]"),
        ),
        2,
    )
    assert "their totals cannot be compared" in said


def test_3_no_plan_is_possible(call: Run, scenario: Scenario) -> None:
    name = scenario("budgets: [{id: fy26, from: 2026-01-01, to: 2027-01-01, amount: 1000}]")
    assert "the budget fy26 of 1,000" in clean(call("sensitivity", name), 3)


def test_names_are_text(call: Run, scenario: Scenario) -> None:
    """What a scenario calls itself is no markup on a page."""
    name = scenario('name: "=cmd|<script>*b*"')
    for form in ENDINGS:
        done = call("sensitivity", name, "--lever", "buffer", "--format", form)
        assert done.returncode == 0
        if form == "markdown":
            assert done.stdout.startswith("# =cmd\\|\\<script\\>\\*b\\*\n")
