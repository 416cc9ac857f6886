"""Progress, looked at through a terminal of our own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pty = pytest.importorskip("pty", reason="needs terminals")
FLEXOPT = Path(sys.executable).with_name("flexopt")

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7])(?:;[0-9;]*)?m")


def seen(folder: Path, *arguments: object, **env: str) -> tuple[str, str]:
    """stdout as a pipe has it, and stderr as a terminal of 100 columns receives it."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(FLEXOPT), *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", "COLUMNS": "100"} | env,
    )
    os.close(theirs)
    received = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how Linux says that the other end was closed
            break
        if not part:
            break
        received += part
    os.close(ours)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    return out, received.decode()


def test_plan_shows_phases_counts_elapsed_and_limit(folder: Path) -> None:
    (folder / "access.csv").write_text("user,product,access\ntie,AutoCAD,named\n")
    path = folder / "scenario.yaml"
    path.write_text(path.read_text() + "\naccess: access.csv\nsolver: {time_limit: 90}\n")
    out, err = seen(folder, "plan", "scenario.yaml")
    shown = ESCAPE.sub("", err)
    assert out.startswith("Break-even at 110 days")
    assert "\x1b" not in out
    for words in (
        r"✓ reading usage 330 rows of usage\.csv +0:0\d",
        r"✓ solving +3 users, 3 pairs of user and product +0:0\d",
        r"comparing +1 of 4: all named +0:00 of at most 1:00",
        r"comparing +4 of 4: today's access",
        r"✓ auditing",
        r"Plan written to scenario\.plan",
    ):
        assert re.search(words, shown), words
    assert "of at most 1:30" in shown


def test_check_shows_files_and_rows(folder: Path) -> None:
    (folder / "w [bold].csv").write_bytes((folder / "usage.csv").read_bytes())
    path = folder / "scenario.yaml"
    path.write_text(path.read_text().replace("- usage.csv", "- usage.csv\n  - 'w [[]bold].csv'"))
    out, err = seen(folder, "check", "scenario.yaml")
    shown = ESCAPE.sub("", err)
    assert "2 of 2 files, 660 rows: w [bold].csv" in shown
    assert "to plan: 3 users" in out


@pytest.mark.slow
def test_no_color_is_respected(folder: Path) -> None:
    assert COLOUR.search(seen(folder, "check", "scenario.yaml")[1])
    assert not COLOUR.search(seen(folder, "check", "scenario.yaml", NO_COLOR="1")[1])


def test_terminal_without_unicode(folder: Path) -> None:
    _, err = seen(folder, "check", "scenario.yaml", PYTHONIOENCODING="ascii")
    assert re.search(r"\* reading usage 330 rows", ESCAPE.sub("", err))


def test_nothing_is_shown_where_nobody_looks(run: Callable[..., Any]) -> None:
    assert run("check", "scenario.yaml").stderr == ""
