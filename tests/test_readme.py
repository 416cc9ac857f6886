"""The README shows what its example really prints; `--update-golden` writes it anew.

Shown is the real output, shortened: of a long table the first rows, then `...`. The solver's own figures in
the line of the proof may differ from machine to machine and are not compared.
"""

from __future__ import annotations

import csv
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
FLEXOPT = Path(sys.executable).with_name("flexopt")
ROWS = 6

SUMMARY = re.compile(r"(ends with the summary of the plan:\n\n```text\n)(.*?)(\n```)", re.DOTALL)
EXPLAIN = re.compile(r"(```text\n\$ flexopt explain renewal\.plan )(\S+)\n(.*?)(\n```)", re.DOTALL)


def flexopt(*arguments: object) -> str:
    return subprocess.run(
        [FLEXOPT, *map(str, arguments)], cwd=ROOT, check=True, capture_output=True, encoding="utf-8"
    ).stdout


@pytest.fixture(scope="session")
def renewal(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The README's main command, run once a session: what it prints, and the plan folder."""
    (line,) = re.findall(r"/flexopt (plan .*) -o renewal\.plan$", README.read_text(), re.MULTILINE)
    folder = tmp_path_factory.mktemp("readme") / "renewal.plan"
    return flexopt(*shlex.split(line), "-o", folder), folder


def shortened(text: str) -> str:
    """Of every paragraph with many lines only the first ones."""
    parts = [part.splitlines() for part in text.rstrip("\n").split("\n\n")]
    return "\n\n".join("\n".join([*p[:ROWS], "..."] if len(p) > ROWS + 1 else p) for p in parts)


@pytest.mark.slow
def test_summary(renewal: tuple[str, Path], request: pytest.FixtureRequest) -> None:
    text = README.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        new = shortened(renewal[0])
        README.write_text(SUMMARY.sub(lambda m: m[1] + new + m[3], text, count=1), encoding="utf-8")
        text = README.read_text(encoding="utf-8")
    found = SUMMARY.search(text)
    assert found is not None
    assert found[2] == shortened(renewal[0])


@pytest.mark.slow
def test_explain(renewal: tuple[str, Path], request: pytest.FixtureRequest) -> None:
    text = README.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        user = interesting(renewal[1])
        new = flexopt("explain", renewal[1], user).rstrip("\n")
        README.write_text(
            EXPLAIN.sub(lambda m: f"{m[1]}{user}\n{new}{m[4]}", text, count=1), encoding="utf-8"
        )
        text = README.read_text(encoding="utf-8")
    found = EXPLAIN.search(text)
    assert found is not None
    assert found[3] == flexopt("explain", renewal[1], found[2]).rstrip("\n")


def interesting(folder: Path) -> str:
    """The first user whose two rows are a seat and Flex: both reasons on a few lines."""
    access: dict[str, list[str]] = {}
    with (folder / "assignment.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            access.setdefault(row["user"], []).append(row["access"])
    return next((user for user, kinds in access.items() if sorted(kinds) == ["flex", "named"]), min(access))


def test_both_commands_are_one_line() -> None:
    plan, tests = re.findall(r"^```sh\n(.*?)\n```$", README.read_text(), re.MULTILINE | re.DOTALL)
    assert "\n" not in plan + tests
    assert tests.endswith(" && .venv/bin/pytest")  # .ci/run adds --all


def test_nothing_is_left_to_fill_in() -> None:
    assert "@@" not in README.read_text(encoding="utf-8")
