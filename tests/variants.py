"""Scenarios to sweep, and the processes that plan them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from programs import processes

BUDGET = "budgets: [{id: fy26, from: 2026-01-01, to: 2027-01-01, amount: 1000}]\n"
"""With it no plan of the worked example is possible."""

needs_groups = pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")


def changed(folder: Path, name: str, changes: str) -> Path:
    """The worked example with these changes, beside it."""
    path = folder / f"{name}.yaml"
    path.write_text(f"schema: flexopt.scenario/1\nextends: scenario.yaml\n{changes}\n")
    return path


def variants(folder: Path, count: int) -> list[Path]:
    """Scenarios beside `scenario.yaml` of a worked example that differ in the discount on seats."""
    return [
        changed(folder, f"v{n}", f"name: variant {n}\nnegotiated: {{seats: 0.0{n}}}")
        for n in range(1, count + 1)
    ]


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def children(parent: int) -> list[int]:
    """Processes that run below another, however deep."""
    rows = processes("pid,ppid,stat")
    found, todo = [], [parent]
    while todo:
        above = todo.pop()
        below = [int(pid) for pid, ppid, stat in rows if int(ppid) == above and not stat.startswith("Z")]
        found += below
        todo += below
    return found


def planning_processes(parent: int) -> list[int]:
    """Processes right below another that do tasks."""
    rows = processes("pid,ppid,args")
    return [int(pid) for pid, ppid, args in rows if int(ppid) == parent and "flexopt.parallel.worker" in args]


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return not Path("/proc/self").exists()
    return stat != "Z"


def until(happened: Callable[[], bool], what: str, seconds: float = 30) -> None:
    limit = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < limit, f"waited in vain until {what}"
        time.sleep(0.02)
