"""Kills real writers of a plan folder at every step they take, and looks at what is left.

python killing.py PLACE OLD.json NEW.json exchange|rename first|again|random

A writer counts the steps that Python's audit hooks announce (open, mkdir, rename, remove, ...) and kills
itself with SIGKILL at the n-th: for n = 1, 2, ... until a writer lives. `random` kills it from outside
instead, at moments of the clock. Prints how many were killed, and fails on the first half-written folder.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from documents import data, typed

from flexopt.base.errors import FlexoptError
from flexopt.store import folder

STEPS = ("open", "os.", "shutil.", "tempfile.", "fcntl.", "ctypes.")


def kill_at(step: int) -> None:
    left = step

    def count(event: str, _: tuple[object, ...]) -> None:
        nonlocal left
        if event.startswith(STEPS):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def in_child(work: Callable[[], None], kill_after: float | None = None) -> bool:
    """Whether a forked process that does the work was killed."""
    if not (pid := os.fork()):
        work()
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit(f"a writer failed with {os.WEXITSTATUS(status)}")
    return os.WIFSIGNALED(status)


def look(place: Path, allowed: list[dict[str, Any] | None]) -> None:
    """What stands there is one of the documents with all its files; or nothing, where that is allowed."""
    try:
        found: dict[str, Any] | None = data(folder.read_document(place))
    except FlexoptError:
        found = None
    plans = [None if d is None else {k: v for k, v in d.items() if k != "charge_rows"} for d in allowed]
    assert found in plans, f"neither the old plan nor the new one: {found and found['name']}"
    made = allowed[plans.index(found)]
    if made is not None:
        files = {p.name: p.read_text(encoding="utf-8") for p in place.iterdir()}
        written = {name: "".join(pieces) for name, pieces in folder.plan_files(typed(made)).items()}
        assert files == written, "files of two plans"
    else:
        assert not place.exists()


def main(place: Path, old: dict[str, Any], new: dict[str, Any], how: str, when: str) -> int:
    if how == "rename":
        folder._exchange = lambda one, other: False  # as on a file system that cannot exchange names
    killed = 0
    for n in range(1, 500):
        shutil.rmtree(place, ignore_errors=True)
        if when != "first":
            folder.write_folder(typed(old), place)

        def work(n: int = n) -> None:
            if when == "random":
                while True:  # until it is killed
                    folder.write_folder(typed(new), place)
                    folder.write_folder(typed(old), place)
            kill_at(n)
            folder.write_folder(typed(new), place)

        died = in_child(work, random.Random(n).uniform(0, 0.02) if when == "random" else None)
        killed += died
        look(place, [new] if not died else [None, new] if when == "first" else [old, new])
        if not died or (when == "random" and n == 30):
            break
        if n % 2:  # two killed writers in a row leave two drafts
            continue
        folder.write_folder(typed(old), place)
        left = [p.name for p in place.parent.iterdir()]
        assert left == [place.name], f"left behind: {left}"
    return killed


if __name__ == "__main__":
    documents = [json.loads(Path(p).read_text(encoding="utf-8")) for p in sys.argv[2:4]]
    print(main(Path(sys.argv[1]), documents[0], documents[1], sys.argv[4], sys.argv[5]))
