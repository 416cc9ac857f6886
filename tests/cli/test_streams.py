"""Data on stdout, words on stderr; the form of errors; pipes that break; hostile names."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Scenario = Callable[[str], str]
FLEXOPT = Path(sys.executable).with_name("flexopt")


def usage(folder: Path, changes: dict[int, str], *, day_first: bool = True) -> None:
    """Rewrites lines of usage.csv, with dates as Europeans write them."""
    lines = (folder / "usage.csv").read_text().splitlines()
    if day_first:
        rows = [line.split(",") for line in lines[1:]]
        lines[1:] = [f"{u},{p},{d[8:]}/{d[5:7]}/{d[:4]}" for u, p, d in rows]
    for number, text in changes.items():
        lines[number - 1] = text
    (folder / "usage").mkdir()
    (folder / "usage" / "2025.csv").write_text("\n".join(lines) + "\n")


def test_error_has_file_line_column_value_code_and_hint(run: Run, folder: Path, scenario: Scenario) -> None:
    usage(folder, {118: "tie,AutoCAD,31/02/2025"})
    done = run("plan", scenario("usage: {files: [usage/2025.csv]}"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        'error: usage/2025.csv:118: column `date`: "31/02/2025" is not a date [U104]\n\n'
        "hint: write it as 2025-12-31, or delete the row\n"
    )


def test_errors_of_all_files_come_at_once(call: Run, folder: Path, scenario: Scenario) -> None:
    usage(folder, {7: "tie,AutoCAD,31/02/2025", 9: "tie,AutoCAD,"})
    done = call(
        "check", scenario("usage: {files: [usage/2025.csv, usage.csv]}\npolicy: [{product: X, access: flex}]")
    )
    assert done.returncode == 1
    found = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert [line.split(":")[1] for line in found] == [" changed.yaml", " usage/2025.csv", " usage/2025.csv"]


def test_first_20_errors_are_shown(call: Run, folder: Path, scenario: Scenario) -> None:
    rules = "\n".join(f"  - {{product: P{n}, access: flex}}" for n in range(25))
    done = call("plan", scenario(f"policy:\n{rules}"))
    assert done.returncode == 2
    assert done.stderr.count("error: ") == 20
    assert done.stderr.endswith("\n\n... and 5 more errors: `flexopt check` lists them all\n")
    assert call("check", "changed.yaml").stdout.count("error: ") == 25


def test_warnings_of_a_plan_go_to_stderr(call: Run, scenario: Scenario) -> None:
    done = call("plan", scenario("pool: [{tokens: 5, expires: 2025-01-01}]"), "--format", "json")
    assert done.returncode == 0
    assert done.stdout.startswith("{")
    assert "warning: changed.yaml:3: `pool" in done.stderr


def test_traceback_only_with_debug(call: Run) -> None:
    for arguments in (["plan", "missing.yaml"], ["explain", "missing.plan"]):
        assert "Traceback" not in call(*arguments).stderr
        with_debug = call("--debug", *arguments)
        assert with_debug.returncode == 2
        assert "Traceback (most recent call last)" in with_debug.stderr
        assert call(*arguments).stderr in with_debug.stderr


@pytest.mark.parametrize("closed", ["stdout", "both"])
def test_reader_that_goes_away_is_no_error(plan_folder: Path, closed: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [FLEXOPT, "explain", plan_folder],
        stdout=writer,
        stderr=writer if closed == "both" else subprocess.PIPE,
        timeout=20,
    )
    os.close(writer)
    assert done.returncode == 0
    assert not done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_without_room_is_an_error(plan_folder: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [FLEXOPT, "explain", plan_folder], stdout=full, stderr=subprocess.PIPE, text=True, timeout=20
        )
    assert done.returncode == 2
    assert done.stderr.startswith("error: No space left on device\n\nhint: ")


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("utf-8", marks=pytest.mark.slow)])
def test_terminal_that_cannot_show_a_name_gets_another_sign(
    run: Run, folder: Path, scenario: Scenario, encoding: str
) -> None:
    usage(folder, {2: "Zoë 🦉,AutoCAD,2025-01-02"}, day_first=False)
    name = scenario("usage: {files: [usage/2025.csv]}\nname: Straße 東京 🦉")
    done = run("plan", name, env={"PYTHONIOENCODING": f"{encoding}:backslashreplace"})
    assert done.returncode == 0, done.stderr
    assert run("explain", "changed.plan", "Zoë 🦉").stdout.startswith("Zoë 🦉\n")


def test_hostile_names_reach_neither_terminal_nor_spreadsheet(
    call: Run, folder: Path, scenario: Scenario
) -> None:
    hostile = "=cmd|' /C calc'!A0"
    usage(folder, {2: f"{hostile},AutoCAD,2025-01-02"}, day_first=False)
    name = scenario(
        'usage: {files: [usage/2025.csv]}\nname: "evil\\u200fname\\u202e"\n'
        'holdings: [{offer: "x\\e]0;title\\a", quantity: 1, ends: 2026-01-01}]'
    )
    said = call("plan", name)
    assert said.returncode == 2
    assert "\x1b" not in said.stdout + said.stderr
    (folder / name).write_text((folder / name).read_text().split("holdings:")[0])
    said = call("plan", name)
    assert said.returncode == 0
    assert said.stdout.startswith("evil\N{REPLACEMENT CHARACTER}name\N{REPLACEMENT CHARACTER}, 2026")
    text = (folder / "changed.plan" / "assignment.csv").read_text()
    assert f"\n'{hostile}," in text
    assert call("explain", "changed.plan", hostile).returncode == 0
