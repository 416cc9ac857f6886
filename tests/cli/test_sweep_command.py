"""`flexopt sweep`: what it prints and how it ends."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Golden = Callable[[str, str], None]


@pytest.fixture
def quotes(folder: Path) -> list[str]:
    """Two quotes, and one that cannot be satisfied."""
    changes = {
        "low": "negotiated: {seats: 0.1}",
        "high": "tokens: {buffer: 0.1}",
        "tight": "budgets: [{id: fy26, from: 2026-01-01, to: 2027-01-01, amount: 1000}]",
    }
    for name, change in changes.items():
        text = f"schema: flexopt.scenario/1\nextends: scenario.yaml\n{change}\n"
        (folder / f"{name}.yaml").write_text(text)
    return [f"{name}.yaml" for name in changes]


def test_table(call: Run, quotes: list[str], golden: Golden) -> None:
    done = call("sweep", *quotes, "-o", "out", "--processes", 1)
    assert done.returncode == 1
    golden("cli/sweep.txt", done.stdout)
    golden("cli/sweep-stderr.txt", done.stderr)
    done = call("sweep", *quotes[:2], "-o", "out", "--processes", 1)
    assert (done.returncode, done.stderr) == (0, "\n2 scenarios in out, 2 of them from an earlier run\n")


def test_csv_and_json(call: Run, folder: Path, quotes: list[str], golden: Golden) -> None:
    table = call("sweep", *quotes, "-o", "out", "--processes", 1, "--format", "csv").stdout
    golden("cli/sweep.csv", table)
    assert table == (folder / "out" / "sweep.csv").read_text()
    printed = call("sweep", *quotes, "-o", "out", "--processes", 1, "--format", "json").stdout
    assert printed == (folder / "out" / "sweep.json").read_text()
    rows = json.loads(printed)["rows"]
    assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in rows] == list(
        csv.DictReader(io.StringIO(table))
    )


def test_currencies_that_differ_are_said(call: Run, folder: Path, quotes: list[str]) -> None:
    (folder / "euro.yaml").write_text(
        "schema: flexopt.scenario/1\nextends: scenario.yaml\ncurrency: EUR\n"
        "exchange: [{currency: USD, rate: 0.9}]\n"
    )
    out = call("sweep", quotes[0], "euro.yaml", "-o", "out", "--processes", 1).stdout
    lines = [line.split() for line in out.splitlines()]
    assert [line[5] for line in lines[:3]] == ["in", "USD", "EUR"]
    assert lines[3] == ["saved:", "against", "the", "break-even", "rule"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "out"], "Missing argument 'SCENARIO...'"),
        (["scenario.yaml"], "Missing option '-o'"),
        (["scenario.yaml", "-o", "."], "exists and is not a sweep folder"),
        (["scenario.yaml", "-o", "usage.csv"], "is a file, not a folder"),
        (["scenario.yaml", "-o", "out", "--processes", "0"], "0 is not in the range x>=1"),
        (["scenario.yaml", "-o", "out", "--processes", "2", "--cluster", "tcp://x"], "not both"),
    ],
)
def test_2_could_not_run(call: Run, folder: Path, arguments: list[str], words: str) -> None:
    before = sorted(folder.rglob("*"))
    done = call("sweep", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "hint: " in done.stderr
    assert sorted(folder.rglob("*")) == before


def test_help_loads_no_heavy_library() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-X", "importtime", "-c", "from flexopt.cli import main; main()"),
            *("sweep", "--help"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "click" in loaded
    assert not loaded & {
        "pandas",
        "pulp",
        "numpy",
        "duckdb",
        "pydantic",
        "pyarrow",
        "yaml",
        "dask",
        "distributed",
    }
