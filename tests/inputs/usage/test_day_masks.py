"""Days as bits, by hand; and windows of 24 hours that begin in one file and end in the next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import days, read

from flexopt.inputs.usage.day_masks import Mask, first_seen, opener, unpack
from flexopt.inputs.usage.scan import SLAB

SESSIONS = "user,product,started_at,ended_at\n"
DATES = "user,product,date\n"


def packed(*cells: set[int]) -> Mask:
    bits = np.zeros((len(cells), SLAB), bool)
    for cell, found in enumerate(cells):
        bits[cell, list(found)] = True
    return np.packbits(bits, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def test_the_opener_is_the_cell_in_which_a_day_is_new() -> None:
    """Key 5 has two cells (of two files), key 7 one, key 9 none."""
    key = np.array([5, 5, 7], np.int64)
    _, _, fresh = first_seen(key, packed({3}, {3, 64}, {511}))
    wanted = np.array([5 * SLAB + 3, 5 * SLAB + 64, 5 * SLAB + 65, 7 * SLAB + 511, 9 * SLAB], np.int64)
    assert opener(key, fresh, wanted).tolist() == [0, 1, -1, 2, -1]


def test_nothing_opens_where_there_are_no_cells() -> None:
    assert opener(np.empty(0, np.int64), packed(), np.array([3], np.int64)).tolist() == [-1]


@given(st.dictionaries(st.integers(0, 1 << 40), st.sets(st.integers(0, SLAB - 1), max_size=9), max_size=9))
def test_unpacked_days_are_those_that_were_packed(cells: dict[int, set[int]]) -> None:
    keys = sorted(cells)
    found = unpack(np.array(keys, np.int64), packed(*(cells[k] for k in keys)))
    assert found.tolist() == [k * SLAB + day for k in keys for day in sorted(cells[k])]


MON_NIGHT = "ann,AutoCAD,2025-03-03 19:00,2025-03-03 20:00\n"
MON_TO_TUE = "ann,AutoCAD,2025-03-03 19:00,2025-03-04 20:00\n"
OVER_SEVEN = "ann,AutoCAD,2025-03-04 18:00,2025-03-04 20:00\n"
"""Begins within the window of Monday night, and is open when that ends."""
WEDNESDAY = "ann,AutoCAD,2025-03-05 08:00,2025-03-05 09:00\n"
"""Within the window that begins on Tuesday at 19:00."""
TUE = "ann,AutoCAD,2025-03-04\n"


@pytest.mark.parametrize(
    ("files", "kept"),
    [
        # the session of the first file is open on Tuesday at 19:00: both days are its row's
        ([SESSIONS + MON_TO_TUE, SESSIONS + OVER_SEVEN + WEDNESDAY], [1, 0]),
        # that of the second file is: Tuesday is its row's, and Wednesday of the third is within
        ([SESSIONS + MON_NIGHT, SESSIONS + OVER_SEVEN, SESSIONS + WEDNESDAY], [1, 1, 0]),
        # the order of the files is not that of the sessions
        ([SESSIONS + WEDNESDAY, SESSIONS + OVER_SEVEN, SESSIONS + MON_NIGHT], [0, 1, 1]),
        # a date in an earlier file opens its day before a session, in a later file it repeats it
        ([DATES + TUE, SESSIONS + MON_NIGHT + OVER_SEVEN], [1, 1]),
        ([SESSIONS + MON_NIGHT + OVER_SEVEN, DATES + TUE], [2, 0]),
        ([SESSIONS + MON_TO_TUE, DATES + TUE, SESSIONS + WEDNESDAY], [1, 0, 0]),
    ],
)
def test_a_window_goes_on_in_the_next_file(tmp_path: Path, files: list[str], kept: list[int]) -> None:
    usage = read(tmp_path, {f"{number}.csv": text for number, text in enumerate(files)})
    assert not usage.findings.errors
    assert days(usage) == ["ann AutoCAD 03-03", "ann AutoCAD 03-04"]
    assert [c.kept for c in usage.coverage] == kept
    assert all(c.kept + c.repeated == c.rows for c in usage.coverage)
