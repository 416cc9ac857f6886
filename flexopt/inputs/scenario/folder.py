"""Which files a scenario may name: those in its folder, and data files with an explicit absolute path."""

from __future__ import annotations

import glob
import hashlib
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from flexopt.base.findings import Findings
from flexopt.base.text import unique
from flexopt.inputs.files.names import bare, is_absolute
from flexopt.inputs.records import Source

Place = tuple[str, int | None, str]
"""File, line and key that name a file."""


@dataclass(slots=True)
class ScenarioFolder:
    """The folder of the scenario named on the command line; names are relative to it, with `/`."""

    folder: Path
    findings: Findings
    sources: list[Source] = field(default_factory=list)
    outside: dict[str, str] = field(default_factory=dict)
    """Files with an absolute path, and what they are called."""

    def path(self, name: str) -> Path:
        return self.folder / name

    def shown(self, name: str) -> str:
        """The file's name in findings; one outside the folder has only its bare name."""
        if not is_absolute(name):
            return self.path(name).as_posix()
        if name not in self.outside:
            self.outside[name] = unique(bare(name), {n.casefold() for n in self.outside.values()})
        return self.outside[name]

    def holds(self, name: str) -> bool:
        """Whether the name, with symbolic links resolved, is in the folder."""
        if is_absolute(name) or posixpath.normpath(name).split("/")[0] == "..":
            return False
        try:
            return self.path(name).resolve().is_relative_to(self.folder.resolve())
        except (OSError, RuntimeError, ValueError):
            return False

    def read(self, name: str, place: Place, limit: int, code: str) -> bytes | None:
        """The bytes of a file, recorded as a source; None with a finding if it cannot be read."""
        file, row, column = place
        path = self.path(name)
        try:
            if not path.is_file():
                there = path.exists()
                raise OSError("it is not a file" if there else "the file does not exist")
            if (size := path.stat().st_size) > limit:
                self.findings.add(
                    "S102",
                    f"`{name}` has {size:,} bytes; the limit is {limit:,}",
                    file=file,
                    row=row,
                    column=column,
                    value=name,
                    hint="check that this is the file you meant",
                )
                return None
            raw = path.read_bytes()
        except (OSError, ValueError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.findings.add(
                code,
                f"cannot read `{name}`: {reason}",
                file=file,
                row=row,
                column=column,
                value=name,
                hint="check the spelling and the folder; paths are relative to the file that contains them",
            )
            return None
        self.sources.append(Source(self.shown(name), hashlib.sha256(raw).hexdigest()))
        return raw

    def allowed(self, name: str, place: Place) -> bool:
        """Whether a data file is in the folder or has an explicit absolute path; adds a finding if not."""
        if is_absolute(name) or self.holds(name):
            return True
        file, row, column = place
        self.findings.add(
            "S141",
            f"`{name}` is outside the scenario's folder",
            file=file,
            row=row,
            column=column,
            value=name,
            hint="move the file into the folder, or use its absolute path if this is intended",
        )
        return False

    def expand(self, patterns: Iterable[tuple[str, Place]], what: str) -> list[str]:
        """Names of data files: globs expanded, sorted, each file once."""
        chosen: dict[Path, str] = {}
        found: list[str] = []
        for pattern, place in patterns:
            found += self._matches(pattern, place, what)
        for name in sorted(set(found)):
            chosen.setdefault(self.path(name).resolve(), name)
        return list(chosen.values())

    def _matches(self, pattern: str, place: Place, what: str) -> list[str]:
        file, row, column = place
        path = self.path(pattern)
        wild = any(c in pattern for c in "*?[") and not _is_file(path)
        if wild and (is_absolute(pattern) or posixpath.normpath(pattern).split("/")[0] != ".."):
            names = [
                n.replace("\\", "/") if not is_absolute(n) else n
                for n in glob.glob(pattern, root_dir=self.folder, recursive=True)  # noqa: PTH207
                if _is_file(self.path(n))
            ]
            if names:
                return [n for n in sorted(names) if self.allowed(n, place)]
            message, hint = (
                f"no file matches `{pattern}`",
                "check the folder and the file extension; `**` matches folders at any depth",
            )
        elif not self.allowed(pattern, place):
            return []
        elif _is_file(path):
            return [pattern]
        elif _is_folder(path):
            message, hint = f"`{pattern}` is a folder", f"name its files: `{pattern}/*.csv`"
        else:
            message = f"there is no {what} file `{pattern}`"
            hint = "check the spelling and the folder; paths are relative to the file that contains them"
        self.findings.add("S140", message, file=file, row=row, column=column, value=pattern, hint=hint)
        return []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
