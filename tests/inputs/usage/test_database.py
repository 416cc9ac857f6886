"""The memory that reading may take, and what it says while it reads."""

from __future__ import annotations

import _thread
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading import scenario
from usage_at_size import generate

from flexopt.base.errors import FlexoptError
from flexopt.inputs.usage import read_usage
from flexopt.inputs.usage.database import DatabaseOptions

OFTEN = DatabaseOptions(every=0.005)
"""Small files are looked at more than once, too."""


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.slow
def test_a_small_memory_changes_nothing(tmp_path: Path, timed: bool) -> None:
    path = tmp_path / "usage.csv"
    generate(path, 200_000, timed=timed)
    small, large = (read_usage([path], scenario(), tmp_path, memory=m) for m in ("100MB", None))
    pd.testing.assert_frame_equal(small.days, large.days)
    assert small.coverage == large.coverage


USERS = 400_000
"""Each with one day: too many cells for 100 MB."""


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wide") / "usage.parquet"
    users = pa.array([f"user{n:06}@studio.example.com" for n in range(USERS)])
    constant = {"product": "AutoCAD", "date": "2025-03-03"}
    pq.write_table(pa.table({"user": users, **{c: [v] * USERS for c, v in constant.items()}}), path)
    return path


@pytest.fixture
def spilled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Bytes in the temporary folder now."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def bytes_now() -> int:
        sizes = []
        for file in tmp_path.rglob("*.tmp"):
            try:
                sizes.append(file.stat().st_size)
            except FileNotFoundError:  # DuckDB is done with it
                continue
        return sum(sizes)

    return bytes_now


@pytest.mark.slow
def test_what_does_not_fit_is_spilled(wide: Path, spilled: Callable[[], int], tmp_path: Path) -> None:
    seen: list[int] = []
    usage = read_usage(
        [wide], scenario(), wide.parent, lambda *_: seen.append(spilled()), memory="100MB", options=OFTEN
    )
    assert max(seen) > 1_000_000
    assert list(tmp_path.iterdir()) == []
    assert usage.coverage[0].kept == usage.coverage[0].rows == USERS
    assert usage.days["user"].cat.categories.tolist() == [
        f"user{n:06}@studio.example.com" for n in range(USERS)
    ]
    assert usage.days["user"].cat.codes.tolist() == list(range(USERS))
    assert (usage.days["date"] == pd.Timestamp("2025-03-03")).all()


@pytest.fixture
def heard() -> Iterator[None]:
    """^C is heard, also where the tests were started to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_an_interrupted_reading_leaves_nothing(
    wide: Path, spilled: Callable[[], int], tmp_path: Path
) -> None:
    seen: list[int] = []

    def interrupt(*_: object) -> None:
        if not any(seen):
            seen.append(spilled())
            if seen[-1]:
                _thread.interrupt_main()  # as ^C does

    # between queries it is an interrupt of Python's, within one DuckDB says it
    with pytest.raises((KeyboardInterrupt, RuntimeError), match=r"^$|Query interrupted"):
        read_usage([wide], scenario(), wide.parent, interrupt, memory="100MB", options=OFTEN)
    assert any(seen)
    assert list(tmp_path.iterdir()) == []


def test_too_small_a_memory_is_said(tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    generate(path, 200_000)
    with pytest.raises(FlexoptError, match="within the memory limit") as raised:
        read_usage([path], scenario(), tmp_path, memory="1MB", options=DatabaseOptions(least_memory=0))
    assert "`--memory 2MB`" in str(raised.value.hint)


@pytest.mark.parametrize("nonsense", ["lots", "4", "GB", "-1GB", "1MB", ""])
def test_memory_that_is_no_size(tmp_path: Path, nonsense: str) -> None:
    with pytest.raises(FlexoptError) as raised:
        read_usage([], scenario(), tmp_path, memory=nonsense)
    assert raised.value.hint


def test_progress_tells_rows_and_rates(tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    generate(path, 300_000)
    told: list[tuple[str, int, float, bool]] = []
    read_usage([path], scenario(), tmp_path, lambda *step: told.append(step), options=OFTEN)
    rows = [row for _, row, _, _ in told]
    assert rows[-1] == 300_000
    assert all(0 <= n < 330_000 for n in rows)
    assert [complete for *_, complete in told] == [False] * (len(told) - 1) + [True]
