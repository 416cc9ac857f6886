"""Names of files in findings and plans, without the folders of the computer: plans are sent to others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PureWindowsPath

from flexopt.base.text import unique


def is_absolute(name: str) -> bool:
    """Whether a path of a scenario is absolute, on any system."""
    return name.startswith("/") or bool(PureWindowsPath(name).drive) or name.startswith("\\")


def bare(name: str) -> str:
    """An absolute path without its folders."""
    return re.split(r"[/\\:]", name.rstrip("/\\"))[-1] if is_absolute(name) else name


def named(
    files: Iterable[Path], root: Path, others: Iterable[tuple[str, Path]] = ()
) -> list[tuple[str, Path]]:
    """The files by name, sorted: relative to `root`, outside it the bare name, numbered if it is taken."""
    inside, outside = [], []
    for path in files:
        try:
            # the name as given: the target of a link is not what the planner wrote
            name = (path.parent.resolve() / path.name).relative_to(root.resolve()).as_posix()
            inside.append((_sound(name), path))
        except (OSError, ValueError, RuntimeError):
            outside.append((_sound(path.name), path))
    taken = {name.casefold() for name, _ in (*inside, *others)}
    return sorted([*inside, *((unique(name, taken), path) for name, path in sorted(outside))])


def _sound(name: str) -> str:
    return name.encode("utf-8", "replace").decode()
