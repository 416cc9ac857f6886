"""Shell completion: the scripts come out, and the names of commands and options are completed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flexopt.cli import COMMANDS

Run = Callable[..., Any]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script(run: Run, tmp_path: Path, shell: str) -> None:
    done = run(env={"_FLEXOPT_COMPLETE": f"{shell}_source"})
    assert done.returncode == 0
    assert f"_FLEXOPT_COMPLETE={shell}_complete" in done.stdout
    if shutil.which(shell):
        (tmp_path / "script").write_text(done.stdout)
        subprocess.run([shell, "-n", tmp_path / "script"], check=True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands(run: Run, shell: str) -> None:
    words = {"COMP_WORDS": "flexopt ", "COMP_CWORD": "" if shell == "fish" else "1"}
    done = run(env={"_FLEXOPT_COMPLETE": f"{shell}_complete", **words})
    assert done.returncode == 0
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("flexopt pl", ["plain,plan"]),
        ("flexopt plan --req", ["plain,--require-optimal"]),
        ("flexopt plan sce", ["file,sce"]),
        pytest.param("flexopt schema ", ["plain,scenario", "plain,plan"], marks=pytest.mark.slow),
        pytest.param("flexopt plan --format j", ["plain,json"], marks=pytest.mark.slow),
        pytest.param("flexopt paln sce", [""], marks=pytest.mark.slow),
    ],
)
def test_words(run: Run, line: str, completed: list[str]) -> None:
    env = {
        "_FLEXOPT_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    done = run(env=env)
    assert (done.stdout.splitlines(), done.stderr) == (completed, "")


def test_names_are_completed_without_loading_the_planner() -> None:
    """A person waits after every key: pandas and the solver stay out."""
    code = (
        "import sys; from flexopt.cli import main\n"
        "try: main()\n"
        "finally: assert not {'pandas', 'pulp', 'duckdb', 'pydantic'} & set(sys.modules)"
    )
    env = {"_FLEXOPT_COMPLETE": "bash_complete", "COMP_WORDS": "flexopt ", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv[0] = 'flexopt'\n{code}"],
        env=env,
        capture_output=True,
        text=True,
    )
    assert "plain,plan" in done.stdout
    assert not done.stderr
