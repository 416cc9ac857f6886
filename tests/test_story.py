"""The story of a renewal prints what the commands really print; `--update-golden` writes it anew."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STORY = ROOT / "docs" / "from-quotes-to-renewal.md"
STEP = re.compile(r"```sh\n([^`]*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)
FLEXOPT = Path(sys.executable).with_name("flexopt")
ROWS = 9


def shortened(text: str) -> str:
    """Of every paragraph with many lines only the first ones."""
    parts = [part.splitlines() for part in text.rstrip("\n").split("\n\n")]
    return "\n\n".join("\n".join([*p[:ROWS], "..."] if len(p) > ROWS + 1 else p) for p in parts) + "\n"


@pytest.mark.slow
def test_story_is_what_happens(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    text = STORY.read_text(encoding="utf-8")
    assert len(STEP.findall(text)) == 4
    for commands, shown in STEP.findall(text):
        for line in commands.splitlines():
            run = subprocess.run(
                [FLEXOPT, *shlex.split(line)[1:]],
                cwd=tmp_path,
                check=True,
                capture_output=True,
                encoding="utf-8",
                env={"PATH": "", "COLUMNS": "100"},
            )
        if "export" in commands:
            continue
        printed = shortened(run.stdout)
        if request.config.getoption("--update-golden"):
            text = text.replace(
                f"```sh\n{commands}```\n\n```text\n{shown}```",
                f"```sh\n{commands}```\n\n```text\n{printed}```",
            )
            STORY.write_text(text, encoding="utf-8")
        else:
            assert shown == printed
    assert {"renewal.pdf", "renewal.html", "renewal.xlsx", "people-key.csv"} <= {
        p.name for p in tmp_path.iterdir()
    }
