"""The DuckDB connection: its memory limit, and progress while it reads."""

from __future__ import annotations

import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from flexopt.base.errors import FlexoptError

UsageProgress = Callable[[str, int, float, bool], None]
"""Called with the name of a file, its rows so far, rows per second, and whether these are all.

While a text file is read, its rows are estimated from their mean length; at the end they are counted.
"""


@dataclass(frozen=True, slots=True)
class DatabaseOptions:
    """Settings that only tests change."""

    least_memory: int = 100_000_000
    """Minimum memory in bytes."""
    every: float = 0.5
    """Seconds between progress reports."""
    little: int = 1 << 18
    """Bytes below which one thread reads."""


DEFAULTS = DatabaseOptions()

SAMPLE = 1 << 20

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]i?B)", re.IGNORECASE)
_UNITS = {"K": 1, "M": 2, "G": 3, "T": 4}


def memory_bytes(memory: str, least: int) -> int:
    """ "4GB" -> 4,000,000,000; "4GiB" -> 4,294,967,296.

    Raises
    ------
    FlexoptError : it is not a memory size, or too small to read anything.
    """
    match = _SIZE.fullmatch(memory.strip())
    if match is None:
        raise FlexoptError(f"`{memory}` is not a memory size", "write it as 4GB or 500MB")
    number, unit = match.groups()
    size = int(float(number) * (1024 if "i" in unit.lower() else 1000) ** _UNITS[unit[0].upper()])
    if size < least:
        raise FlexoptError(f"{memory} is too little memory to read usage", "allow 100MB or more")
    return size


@contextmanager
def connected(
    memory: str | None, options: DatabaseOptions = DEFAULTS, size: int | None = None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A database in memory with a temporary folder to spill to.

    Parameters
    ----------
    size : bytes that will be read, if known: little is read sooner by one thread.

    Raises
    ------
    FlexoptError : `memory` is not a memory size, or was not enough.
    """
    limit = memory_bytes(memory, options.least_memory) if memory is not None else _half()
    config: dict[str, str | bool | int | float | list[str]] = {}
    if size is not None and size < options.little:
        config["threads"] = 1
    with (
        tempfile.TemporaryDirectory(prefix="flexopt-") as work,
        duckdb.connect(":memory:", config={**config, "temp_directory": work}) as con,
    ):
        con.execute("set timezone = 'UTC'")
        # otherwise `query_progress` reports nothing
        con.execute("set enable_progress_bar = true")
        con.execute("set enable_progress_bar_print = false")
        con.execute("set progress_bar_time = 0")
        if limit is not None:
            con.execute(f"set memory_limit = '{limit}B'")
        try:
            yield con, Path(work)
        except duckdb.OutOfMemoryException:
            more = f"twice as much (`--memory {2 * limit // 1_000_000}MB`)" if memory and limit else "more"
            raise FlexoptError(
                "the usage cannot be read within the memory limit",
                f"allow {more}, and check that the temporary folder has enough space",
            ) from None


def _half() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, OSError, ValueError):  # Windows: DuckDB's default, 80 % of the machine's memory
        return None


@contextmanager
def watched(
    con: duckdb.DuckDBPyConnection, name: str, path: Path, tell: UsageProgress | None, every: float
) -> Iterator[Callable[[int], None]]:
    """Report progress of a file from another thread; call the result with the file's rows at the end.

    every : seconds between reports.
    """
    began = time.monotonic()
    if tell is None:
        yield lambda rows: None
        return
    told = tell
    stop = threading.Event()

    def look() -> None:
        rows = None
        while not stop.wait(every):
            share = con.query_progress() / 100
            if share > 0:
                rows = _estimate(path) if rows is None else rows
                if rows:
                    so_far = int(rows * share)
                    told(name, so_far, so_far / (time.monotonic() - began), False)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()

    def end(rows: int) -> None:
        stop.set()
        thread.join()
        told(name, rows, rows / max(time.monotonic() - began, 1e-9), True)

    try:
        yield end
    finally:
        stop.set()
        thread.join()


def _estimate(path: Path) -> int:
    """Estimated rows of a file; 0 if unknown."""
    try:
        with path.open("rb") as file:
            head = file.read(SAMPLE)
        if head.startswith(b"PAR1"):
            import pyarrow.parquet as pq

            return int(pq.read_metadata(path).num_rows)
        lines = head.count(b"\n")
        return 0 if head.startswith((b"\x1f\x8b", b"PK")) else lines * path.stat().st_size // len(head)
    except (OSError, ValueError, RuntimeError, ZeroDivisionError):
        return 0
