"""docs/python.md: its code runs, from top to bottom, and names what `flexopt` really has."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import flexopt
from flexopt.inputs.starter.write import write_starter

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_code_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the lines that only name a value: each is evaluated."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "usage.csv").write_text("user,product,date\na.baker,AutoCAD,2025-03-03\n")
    from datetime import date

    write_starter(Path("my-renewal"), [Path("usage.csv")], otherwise=date(2026, 1, 1))
    names: dict[str, Any] = {}
    for number, block in enumerate(BLOCKS, 1):
        exec(compile(block, f"docs/python.md, block {number}", "exec"), names)
    assert names["found"].cheapest == "rival"
    assert len(BLOCKS) == 5
    assert {"renewal.plan", "quotes.comparison"} <= {path.name for path in tmp_path.iterdir()}


def test_everything_is_named_on_the_page_and_documented() -> None:
    for name in flexopt.__all__:
        if not name.startswith("__"):
            thing = getattr(flexopt, name)
            assert inspect.getdoc(thing), name
            if inspect.isfunction(thing) and name != "load_scenario":
                assert re.search(rf"\b{name}\b", PAGE), name
            if inspect.isfunction(thing):
                for section in ("Parameters", "Raises", "Examples"):
                    assert f"{section}\n" in (inspect.getdoc(thing) or ""), f"{name}: {section}"


@pytest.mark.slow
def test_the_command_of_the_page_of_sweeps_runs(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"```sh\nflexopt (.*?)\n```", page)
    quotes = shutil.copytree(ROOT / "tests" / "cases" / "break-even", tmp_path / "quotes")
    assert list(quotes.glob("*.yaml"))
    command = f"{sys.executable} -m flexopt {line}"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "quotes.sweep" / "sweep.csv").is_file()
