"""The process that reads one workbook: a damaged or hostile one ends it, and not the program.

`workbook.py` starts it as `python -m flexopt.inputs.files.workbook_process FILE MEMORY CELLS UNFOLDED`. The
sheets leave on stdout, each an Arrow stream with its cells as text; why there are none leaves on stderr.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import threading
import zipfile
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from python_calamine import CalamineSheet, CalamineWorkbook

from flexopt.inputs.files.cells import text_of

BATCH = 1 << 18
"""Cells converted at a time."""

REFUSED = 3
"""The exit code after a message on stderr."""

_REFERENCE = re.compile(rb' r="([A-Z]{1,3})([0-9]{1,7})"')
_BEYOND_Z = re.compile(rb' r="([A-Z]{2,3})[0-9]')


class TooLargeError(Exception):
    """A workbook that is not worth the attempt; the arguments are message and hint."""


def main(file: str, memory: int, cells: int, unfolded: int) -> None:
    """Write every sheet of the workbook to stdout.

    Raises
    ------
    TooLargeError, MemoryError, or whatever the library raises for damaged files, its panics included.
    """
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limits, macOS ignores this one
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    refuse_large(file, cells, unfolded)
    # given a path, the library would trust the suffix
    book = CalamineWorkbook.from_filelike(io.BytesIO(Path(file).read_bytes()))
    names = [s.name for s in book.sheets_metadata if "work" in str(s.typ).lower()] or book.sheet_names
    with os.fdopen(os.dup(1), "wb") as out:
        for name in names:
            _write(name, book.get_sheet_by_name(name), out)


def _end_with_the_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def refuse_large(file: str, cells: int, unfolded: int) -> None:
    """Look for stray cells before the library makes a full table of everything up to the last one."""
    if not zipfile.is_zipfile(file):
        return
    with zipfile.ZipFile(file) as archive:
        if (size := sum(entry.file_size for entry in archive.infolist())) > unfolded:
            raise TooLargeError(f"the workbook unfolds to {size:,} bytes", "save the sheet as CSV")
        for name in archive.namelist():
            if not name.startswith("xl/worksheets/"):
                continue
            columns = max(map(_column, _references(archive, name, _BEYOND_Z)), default=26)
            if columns * 1_048_576 <= cells:
                continue
            rows = max((int(m[2]) for m in _references(archive, name, _REFERENCE)), default=0)
            if rows * columns > cells:
                raise TooLargeError(
                    f"a sheet has cells as far as row {rows:,} and column {columns:,}",
                    "delete the stray cells beyond the table (Ctrl+End goes to the last one), "
                    "or save the sheet as CSV",
                )


def _references(archive: zipfile.ZipFile, name: str, pattern: re.Pattern[bytes]) -> Any:
    with archive.open(name) as sheet:
        rest = b""
        while block := sheet.read(1 << 20):
            yield from pattern.finditer(rest + block)
            rest = block[-20:]


def _column(match: re.Match[bytes]) -> int:
    place = 0
    for letter in match[1]:
        place = place * 26 + letter - 64
    return place


def _write(name: str, sheet: CalamineSheet, out: IO[bytes]) -> None:
    """The rows that are not empty, with their numbers."""
    first = (sheet.start or (0, 0))[1]
    width = (sheet.end or (0, -1))[1] + 1
    fields = [(f"c{place}", pa.large_string()) for place in range(width)]
    schema = pa.schema([*fields, ("row", pa.int64())], metadata={"name": json.dumps(name)})
    with pa.ipc.new_stream(out, schema) as stream:
        rows = ((n, row) for n, row in enumerate(sheet.iter_rows(), start=1) if any(row))
        while batch := list(islice(rows, max(1, BATCH // max(width, 1)))):
            columns = zip(*(row for _, row in batch), strict=True)
            texts = [pa.array([_text(v) for v in column], pa.large_string()) for column in columns]
            left = [pa.nulls(len(batch), pa.large_string())] * first
            numbers = pa.array([n for n, _ in batch], pa.int64())
            stream.write_batch(pa.record_batch([*left, *texts, numbers], schema=schema))


_other = lru_cache(1 << 16, typed=True)(text_of)  # the same dates and numbers come again and again


def _text(value: Any) -> str | None:
    return value or None if type(value) is str else _other(value)


if __name__ == "__main__":
    try:
        main(sys.argv[1], *map(int, sys.argv[2:]))
    except TooLargeError as problem:
        json.dump(problem.args, sys.stderr)
        sys.stderr.flush()
        os._exit(REFUSED)
    except MemoryError:
        os._exit(REFUSED)
    except BaseException:  # a damaged workbook may panic below Python
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)  # a normal exit would wait for the listening thread
