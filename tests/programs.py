"""Programs that some tests open files with: skipped without them, but never where CI is set."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
</oor:items>
"""
"""Formulas are calculated when a file is opened, whatever values it came with."""


def needs(program: str) -> str:
    """The path of a program; the test is skipped without it, and fails where CI is set."""
    if (found := shutil.which(program)) is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(f"needs {program}")
    return str(found)


def processes(columns: str) -> list[list[str]]:
    """Of every process that runs, these columns of `ps`."""
    done = subprocess.run([needs("ps"), "-eo", columns], capture_output=True, text=True, check=True)
    return [line.split(None, columns.count(",")) for line in done.stdout.splitlines()[1:]]


def start(command: Sequence[str | Path], **options: Any) -> subprocess.Popen[Any]:
    """`subprocess.Popen`; ^C and a hang-up end the program even where the tests themselves ignore them.

    Under `nohup` or after `&` both are ignored, and what is ignored is inherited.
    """
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGHUP)}
    try:
        return subprocess.Popen(command, **options)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(frozen=True)
class Recalculated:
    """A workbook as LibreOffice has it after calculating every formula."""

    sheets: dict[str, list[list[Any]]]
    errors: list[str]
    """Cells that are errors."""

    @classmethod
    def read(cls, path: Path) -> Recalculated:
        book = CalamineWorkbook.from_path(path)
        sheets = {n: book.get_sheet_by_name(n).to_python(skip_empty_area=False) for n in book.sheet_names}
        with ZipFile(path) as file:
            texts = {n: file.read(n).decode() for n in file.namelist() if "/worksheets/sheet" in n}
        return cls(
            sheets, [f"{n} {c}" for n, t in texts.items() for c in re.findall(r'<c [^>]*t="e"[^>]*>', t)]
        )

    def beside(self, sheet: str, words: str, column: int = 1) -> Any:
        """The cell in the row whose first cell starts with these words."""
        return next(row[column] for row in self.sheets[sheet] if str(row[0]).startswith(words))

    def under(self, sheet: str, title: str) -> Iterator[Any]:
        """The cells of the column whose header is in the first row."""
        column = self.sheets[sheet][0].index(title)
        return (row[column] for row in self.sheets[sheet][1:])


def recalculated(files: Mapping[str, bytes], folder: Path) -> dict[str, Recalculated]:
    """Workbooks by name, each opened, calculated and saved by LibreOffice."""
    office = needs("soffice")
    before, after, profile = (folder / name for name in ("before", "after", "profile"))
    before.mkdir(parents=True)
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(PROFILE)
    for name, data in files.items():
        (before / f"{name}.xlsx").write_bytes(data)
    places = [str(before / f"{name}.xlsx") for name in files]
    command = [office, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx"]
    done = subprocess.run(
        [*command, "--outdir", str(after), *places], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return {name: Recalculated.read(after / f"{name}.xlsx") for name in files}
