"""The memory that reading may take, and what it says while it reads."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from reading import scenario
from usage_at_size import generate

from flexopt.errors import FlexoptError
from flexopt.inputs.usage import engine, read_usage


@pytest.mark.parametrize("timed", [False, True])
def test_a_small_memory_changes_nothing(tmp_path: Path, timed: bool) -> None:
    path = tmp_path / "usage.csv"
    generate(path, 200_000, timed=timed)
    small, large = (read_usage([path], scenario(), tmp_path, memory=m) for m in ("100MB", None))
    pd.testing.assert_frame_equal(small.days, large.days)
    assert small.coverage == large.coverage


def test_too_small_a_memory_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "usage.csv"
    generate(path, 200_000)
    monkeypatch.setattr(engine, "LEAST", 0)
    with pytest.raises(FlexoptError, match="within the memory allowed"):
        read_usage([path], scenario(), tmp_path, memory="1MB")


@pytest.mark.parametrize("nonsense", ["lots", "4", "GB", "-1GB", "1MB", ""])
def test_memory_that_is_no_size(tmp_path: Path, nonsense: str) -> None:
    with pytest.raises(FlexoptError) as raised:
        read_usage([], scenario(), tmp_path, memory=nonsense)
    assert raised.value.hint


def test_progress_tells_rows_and_rates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "usage.csv"
    generate(path, 300_000)
    monkeypatch.setattr(engine, "EVERY", 0.005)
    told: list[tuple[str, int, float, bool]] = []
    read_usage([path], scenario(), tmp_path, lambda *step: told.append(step))
    rows = [row for _, row, _, _ in told]
    assert rows[-1] == 300_000
    assert all(0 <= n < 330_000 for n in rows)
    assert [complete for *_, complete in told] == [False] * (len(told) - 1) + [True]
