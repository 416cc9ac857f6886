"""Scenarios to sweep, and the processes that plan them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from programs import processes

__all__ = ["alive", "children", "files_of", "until", "variants"]


def variants(folder: Path, count: int) -> list[Path]:
    """Scenarios beside `scenario.yaml` of a worked example that differ in the discount on seats."""
    paths = [folder / f"v{n}.yaml" for n in range(1, count + 1)]
    for n, path in enumerate(paths, 1):
        path.write_text(
            f"schema: flexopt.scenario/1\nextends: scenario.yaml\nname: variant {n}\n"
            f"negotiated: {{seats: 0.0{n}}}\n"
        )
    return paths


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
