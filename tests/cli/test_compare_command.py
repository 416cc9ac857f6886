"""`flexopt compare`: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from flexopt.store.schema import plan_schema

Run = Callable[..., Any]
Golden = Callable[[str, str], None]


def write(folder: Path, name: str, changes: str) -> str:
    (folder / f"{name}.yaml").write_text(
        f"schema: flexopt.scenario/1\nextends: scenario.yaml\n{changes}\n", encoding="utf-8"
    )
    return f"{name}.yaml"


@pytest.fixture
def quotes(folder: Path) -> list[str]:
    """The example as it is; seats cheaper; tokens cheaper; a quote that may not buy seats."""
    return [
        "scenario.yaml",
        write(folder, "seats", "name: 25 % off seats\nnegotiated: {seats: 0.25}"),
        write(folder, "tokens", "name: A third off tokens\nnegotiated: {tokens: 0.33}"),
        write(folder, "flex-only", "policy: [{product: AutoCAD, access: flex}]"),
        "--processes",
        "1",
    ]


@pytest.mark.parametrize(
    ("form", "ending"), [("table", "txt"), ("json", "json"), ("csv", "csv"), ("markdown", "md")]
)
def test_formats(call: Run, quotes: list[str], form: str, ending: str, golden: Golden) -> None:
    done = call("compare", *quotes, "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    golden(f"cli/compare.{ending}", done.stdout)


def test_csv_and_json_agree(call: Run, quotes: list[str]) -> None:
    data = json.loads(call("compare", *quotes, "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(call("compare", *quotes, "--format", "csv").stdout)))
    assert [row["total"] for row in rows] == [s["total"] for s in data["scenarios"]]
    assert [[row[f"regret_under_{n}"] or None for n in range(1, 5)] for row in rows] == data["regret"]


def test_folder(call: Run, folder: Path, quotes: list[str]) -> None:
    done = call("compare", *quotes, "-o", "out", "--format", "json")
    assert done.returncode == 0
    assert "Comparison written to out; next: flexopt explain out/tokens.plan" in done.stderr
    ids = ["scenario", "seats", "tokens", "flex-only"]
    assert {p.name for p in (folder / "out").iterdir()} == {"comparison.json", *(f"{i}.plan" for i in ids)}
    document = json.loads((folder / "out" / "comparison.json").read_text())
    assert document == json.loads(done.stdout)
    assert document.pop("schema") == "flexopt.comparison/1"
    for id_ in ids:
        plan = json.loads((folder / "out" / f"{id_}.plan" / "plan.json").read_text())
        assert plan["comparison"] == document
        assert not list(Draft202012Validator(plan_schema()).iter_errors(plan))
        assert plan["baselines"]
    assert call("explain", "out/seats.plan").returncode == 0
    # the plan is the one that `plan` writes, with one more key, and so another checksum
    assert call("plan", "seats.yaml").returncode == 0
    alone = json.loads((folder / "seats.plan" / "plan.json").read_text())
    plan = json.loads((folder / "out" / "seats.plan" / "plan.json").read_text())
    assert {**alone, "comparison": document, "sha256": plan["sha256"]} == plan
    before = {p: p.read_bytes() for p in (folder / "out").rglob("*.*") if p.is_file()}
    assert call("compare", *quotes[:4], "-o", "out", "--processes", 2).returncode == 0
    assert {p: p.read_bytes() for p in (folder / "out").rglob("*.*") if p.is_file()} == before


@pytest.mark.slow
def test_other_peoples_files_are_not_replaced(call: Run, folder: Path, quotes: list[str]) -> None:
    assert call("compare", *quotes[:2], "-o", "out").returncode == 0
    for place in ("out/notes.txt", "out/mine.plan", "out/seats.plan/letter.txt"):
        (folder / place).write_text("mine")
        done = call("compare", *quotes[:2], "-o", "out")
        assert (done.returncode, done.stdout) == (2, "")
        assert "it holds" in done.stderr
        (folder / place).unlink()
    assert call("compare", *quotes[:2], "-o", ".").returncode == 2


@pytest.mark.parametrize(
    ("limit", "code", "words"),
    [
        ("0", 1, "over the limit: flex-only costs 21.00 USD more than scenario; the limit is 0 USD\n"),
        ("0.3%", 1, "more than scenario; the limit is 0.3 %"),
        ("20.99", 1, "the limit is 20.99 USD"),
        ("21", 0, ""),
        ("0.31%", 0, ""),
        ("1,000", 0, ""),
        ("many", 2, "'many' is neither an amount (500) nor a share (2.5%), zero or more"),
        ("-1", 2, "is neither an amount"),
    ],
)
def test_fail_above(call: Run, quotes: list[str], limit: str, code: int, words: str) -> None:
    done = call("compare", *quotes, "--fail-above", limit, "--format", "csv")
    assert done.returncode == code
    assert words in done.stderr
    assert bool(done.stdout) == (code < 2)


@pytest.mark.parametrize(
    ("changes", "code", "words", "hint"),
    [
        (
            "currency: EUR\nexchange: [{currency: USD, rate: 0.9}]",
            2,
            "other is priced in EUR and scenario in USD",
            "with `currency: USD`",
        ),
        ("horizon: {months: 6}", 2, "other plans 2026-01-01 to 2026-07-01", "months: 12}"),
        (
            "usage: {files: [more.csv]}",
            2,
            "other and scenario read different usage files",
            "extends: scenario",
        ),
        (
            "budgets: [{id: fy, from: 2026-01-01, to: 2027-01-01, amount: 1}]",
            3,
            "other: no plan is possible",
            "budget",
        ),
        ("name: [1]", 2, "other.yaml", "write a single text"),
    ],
)
@pytest.mark.parametrize("processes", [1, 2])
def test_what_cannot_be_compared(
    call: Run, folder: Path, *, changes: str, code: int, words: str, hint: str, processes: int
) -> None:
    (folder / "more.csv").write_text("user,product,date\ntie,AutoCAD,2025-03-03\n")
    done = call(
        "compare", "scenario.yaml", write(folder, "other", changes), "-o", "out", "--processes", processes
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert hint in done.stderr.split("hint: ")[-1]
    assert not (folder / "out").exists()


def test_other_days_in_the_same_files(call: Run, folder: Path) -> None:
    (folder / "usage.csv").write_text(
        "user,product,date\na,AutoCAD,2025-03-03\na,ACAD,2025-03-04\na,AutoCAD,2025-03-05\n"
    )
    other = write(folder, "other", "products: [{id: AutoCAD, aliases: [ACAD]}]")
    done = call("compare", "scenario.yaml", other)
    assert done.returncode == 2
    assert "other and scenario read different days of use from the same files" in done.stderr


def test_offers_may_have_other_names(call: Run, folder: Path) -> None:
    other = write(folder, "other", "offers: [{id: autocad-1y, aliases: [Some other name]}]")
    done = call("compare", "scenario.yaml", other, "--format", "json", "--processes", 1)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["regret"] == [["0.00", "0.00"], ["0.00", "0.00"]]


def test_one_is_too_few_and_twice_the_same_is_two(call: Run) -> None:
    done = call("compare", "scenario.yaml")
    assert done.returncode == 2
    assert "a comparison needs at least two scenarios" in done.stderr
    done = call("compare", "scenario.yaml", "scenario.yaml", "--format", "json", "--processes", 1)
    assert [s["id"] for s in json.loads(done.stdout)["scenarios"]] == ["scenario", "scenario-2"]
