"""Reads workbooks, each in a process of its own with limits on its memory, its cells and its time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

import pyarrow as pa

from flexopt.base.findings import Refusal
from flexopt.inputs.files.containers import damaged, open_bytes
from flexopt.inputs.files.formats import Format, Kind, recognise
from flexopt.inputs.files.grid import Grid
from flexopt.inputs.files.workbook_process import REFUSED

TITLES = 10
"""Rows of a sheet among which the header is looked for."""


@dataclass(frozen=True, slots=True)
class WorkbookLimits:
    """What reading one workbook may take."""

    memory: int = 4 << 30
    """Bytes of address space; only where the system has such a limit (Linux)."""
    seconds: float = 300
    cells: int = 50_000_000
    """Cells of a sheet up to its last row and column, empty ones included."""
    unfolded: int = 2 << 30
    """Bytes of the XML in it."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a sheet that are not empty, as text: columns `c0`, `c1`, ... and `row`, its number."""

    name: str
    table: pa.Table

    def top(self) -> Iterator[tuple[int, list[str]]]:
        """The first rows of the sheet: place in the table, and cells without the empty ones at the end."""
        for place, row in enumerate(self.table.slice(0, TITLES).to_pylist()):
            if row.pop("row") > TITLES:
                return
            cells = [(c or "").strip() for c in row.values()]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield place, cells

    def below(self, place: int, header: list[str]) -> Grid:
        """The columns of the header and the rows below it."""
        names = [f"c{n}" for n in range(len(header))]
        return Grid(tuple(header), self.table.select([*names, "row"]).slice(place + 1))


def read_workbook(
    path: Path,
    zipped: bool,
    wanted: Collection[Kind],
    limits: WorkbookLimits = WorkbookLimits(),
    own: Format | None = None,
) -> Grid:
    """The sheet whose header is of a wanted kind, otherwise the first sheet that is not empty.

    Raises
    ------
    Refusal : U110 it is damaged, too large or not a workbook, U102 it is empty, U171 two such sheets.
    """
    fallback: Grid | None = None
    found: list[tuple[str, Grid]] = []
    for sheet in read_sheets(path, zipped, limits):
        for place, header in sheet.top():
            known = recognise(header, own)
            if known is not None and known.kind in wanted:
                found.append((sheet.name, sheet.below(place, header)))
                break
            if fallback is None or (known is not None and recognise(fallback.header) is None):
                fallback = sheet.below(sheet.table.num_rows, header)
    used = [(name, grid) for name, grid in found if grid.table.num_rows] or found[:1]
    if len(used) > 1:
        names = ", ".join(f'"{name[:40]}"' for name, _ in used[:5])
        raise Refusal(
            "U171",
            f"several sheets of the workbook have such a table: {names}",
            "save each sheet you want as a separate file, or delete the others",
        )
    if used:
        return used[0][1]
    if fallback is None:
        raise Refusal("U102", "the workbook is empty", "export it again, or remove it from `usage.files`")
    return fallback


def read_sheets(path: Path, zipped: bool, limits: WorkbookLimits = WorkbookLimits()) -> list[Sheet]:
    """All sheets of a workbook.

    Raises
    ------
    Refusal : U110 it is damaged, too large or not a workbook, or reading it ended in any other way.
    """
    with _unzipped(path, zipped, limits.unfolded) as file, TemporaryFile() as out, TemporaryFile() as said:
        code = _run(file, limits, out, said)
        if code == 0:
            return list(_sheets(out))
        said.seek(0)
        words = said.read(1 << 16)
    if code == REFUSED and words:
        raise Refusal("U110", *json.loads(words))
    if (
        code == REFUSED or b"memory allocation" in words or code == -9
    ):  # Linux kills what takes its last memory
        raise Refusal(
            "U110",
            f"reading the workbook takes more than {limits.memory >> 20:,} MB of memory",
            "delete what lies beyond the table, or save the sheet as CSV",
        )
    raise damaged("workbook", "it cannot be opened, or has a password")


def _run(file: Path, limits: WorkbookLimits, out: IO[bytes], said: IO[bytes]) -> int:
    """The exit code of the process that reads the workbook."""
    # the modules of this process, wherever they are; -P: no modules from the current folder
    modules = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    command = [sys.executable, "-P", "-m", "flexopt.inputs.files.workbook_process"]
    try:
        process = subprocess.Popen(
            [*command, str(file), str(limits.memory), str(limits.cells), str(limits.unfolded)],
            stdin=subprocess.PIPE,  # closed when this process ends, which ends the other one
            stdout=out,
            stderr=said,
            env=os.environ | {"PYTHONPATH": modules, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # only this process receives ^C
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    except OSError as problem:
        raise Refusal(
            "U110",
            f"no process can be started to read the workbook: {problem.strerror}",
            "save the sheet as CSV",
        ) from None
    with process:
        try:
            return process.wait(limits.seconds)
        except subprocess.TimeoutExpired:
            raise Refusal(
                "U110",
                f"reading the workbook takes longer than {limits.seconds:g} seconds",
                "delete what lies beyond the table, or save the sheet as CSV",
            ) from None
        finally:
            process.kill()


def _sheets(out: IO[bytes]) -> Iterator[Sheet]:
    end = out.seek(0, os.SEEK_END)
    out.seek(0)
    while out.tell() < end:
        table = pa.ipc.open_stream(out).read_all()
        yield Sheet(json.loads(table.schema.metadata[b"name"]), table)


@contextmanager
def _unzipped(path: Path, zipped: bool, most: int) -> Iterator[Path]:
    if not zipped:
        yield path
        return
    with TemporaryDirectory() as folder:
        file = Path(folder) / "workbook"
        try:
            with open_bytes(path, zipped) as source, file.open("wb") as target:
                while block := source.read(1 << 20):
                    if target.tell() > most:
                        raise Refusal(
                            "U110",
                            f"the workbook unfolds to more than {most:,} bytes",
                            "save the sheet as CSV",
                        )
                    target.write(block)
        except (OSError, EOFError, zlib.error):
            raise damaged("gzip file", "it is truncated or corrupt") from None
        yield file
