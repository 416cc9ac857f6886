"""Charge = user, product, 24 hours from the first launch: the vendor's worked cases, and random ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from profiles import one_in
from reading import codes, counts, days, found, one
from windows_reference import Session, charged_days

from flexopt.inputs.usage.windows import DAY, cut_windows

HEADER = "user,product,started_at,ended_at\n"
MON, TUE, WED = "2025-03-03", "2025-03-04", "2025-03-05"


def sessions(folder: Path, *rows: str, header: str = HEADER) -> list[str]:
    usage = one(folder, header + "\n".join(rows) + "\n")
    assert not usage.findings.errors, [str(f) for f in usage.findings]
    return days(usage)


def test_monday_and_tuesday_are_two_charges(tmp_path: Path) -> None:
    """The session that is open on Tuesday at 08:00 rolls into a new window."""
    rows = (f"ann,AutoCAD,{MON} 08:00,{MON} 17:00", f"ann,AutoCAD,{TUE} 07:00,{TUE} 17:00")
    assert sessions(tmp_path, *rows) == ["ann AutoCAD 03-03", "ann AutoCAD 03-04"]


def test_the_second_window_starts_at_eight_not_at_seven(tmp_path: Path) -> None:
    """So Wednesday 07:30 is still inside it, and Wednesday 08:00 is not."""
    rows = (f"ann,AutoCAD,{MON} 08:00,{MON} 17:00", f"ann,AutoCAD,{TUE} 07:00,{TUE} 17:00")
    until_eight = f"ann,AutoCAD,{WED} 07:30,{WED} 08:00"
    assert sessions(tmp_path, *rows, until_eight) == ["ann AutoCAD 03-03", "ann AutoCAD 03-04"]
    later = f"ann,AutoCAD,{WED} 08:00,{WED} 09:00"
    assert sessions(tmp_path, *rows, later)[-1] == "ann AutoCAD 03-05"


def test_a_night_is_one_charge_reported_on_monday(tmp_path: Path) -> None:
    assert sessions(tmp_path, f"ann,AutoCAD,{MON} 19:00,{TUE} 17:00") == ["ann AutoCAD 03-03"]


def test_windows_are_cut_at_the_minute() -> None:
    eight = _us(datetime(2025, 3, 3, 8))
    hour = DAY // 24
    group = np.array([0, 0], np.int64)
    start = np.array([eight, eight + 23 * hour], np.int64)
    until = np.array([eight + 9 * hour, eight + 33 * hour], np.int64)
    launch, window = cut_windows(group, start, until)
    assert launch.tolist() == [0, 1]
    assert window.tolist() == [eight, eight + 24 * hour]


@pytest.mark.parametrize("again", [f"{MON} 09:00", f"{MON} 23:59", f"{TUE} 07:59:59"])
def test_reopening_inside_the_window_is_free(again: str, tmp_path: Path) -> None:
    rows = (f"ann,AutoCAD,{MON} 08:00,", f"ann,AutoCAD 2024,{again},")
    assert sessions(tmp_path, *rows) == ["ann AutoCAD 03-03"]


def test_reopening_after_the_window_is_a_charge(tmp_path: Path) -> None:
    assert len(sessions(tmp_path, f"ann,AutoCAD,{MON} 08:00,", f"ann,AutoCAD,{TUE} 08:00,")) == 2


def test_two_products_are_two_charges_also_of_one_collection(tmp_path: Path) -> None:
    rows = (f"ann,AutoCAD,{MON} 08:00,{MON} 17:00", f"ann,Revit,{MON} 08:00,{MON} 17:00")
    assert sessions(tmp_path, *rows) == ["ann AutoCAD 03-03", "ann Revit 03-03"]


def test_two_users_are_two_charges(tmp_path: Path) -> None:
    """The first in the organisation does not start the clock of the others."""
    rows = (f"ann,AutoCAD,{MON} 08:00,{MON} 09:00", f"bob,AutoCAD,{TUE} 07:00,{TUE} 07:30")
    assert sessions(tmp_path, *rows) == ["ann AutoCAD 03-03", "bob AutoCAD 03-04"]


def test_a_calendar_day_is_not_a_charge(tmp_path: Path) -> None:
    rows = (f"ann,AutoCAD,{MON} 23:00,{MON} 23:30", f"ann,AutoCAD,{TUE} 01:00,{TUE} 02:00")
    assert sessions(tmp_path, *rows) == ["ann AutoCAD 03-03"]


@pytest.mark.parametrize(
    ("end", "tokens", "charged"),
    [
        (f"{MON} 08:04:59", "", False),
        (f"{MON} 08:05:00", "", True),
        (f"{MON} 08:00:00", "", False),
        (f"{MON} 17:00", "0", False),
        (f"{MON} 08:01", "7", True),
        (f"{MON} 08:01", "0.1", True),
        ("", "", True),
        ("", "0", False),
    ],
)
def test_under_five_minutes_are_no_tokens(end: str, tokens: str, charged: bool, tmp_path: Path) -> None:
    """If the export says what was charged, it knows; else the length of the session decides."""
    usage = one(
        tmp_path,
        "user,product,started_at,ended_at,tokens\n"
        f"ann,AutoCAD,{MON} 08:00,{end},{tokens}\nbob,Revit,{MON},,\n",
    )
    assert days(usage) == ["ann AutoCAD 03-03"] * charged + ["bob Revit 03-03"]
    assert counts(usage.coverage[0]).get("zero_token", 0) == (not charged)


def test_a_short_launch_opens_no_window_for_a_longer_one(tmp_path: Path) -> None:
    rows = (f"ann,AutoCAD,{MON} 08:00,{MON} 08:02", f"ann,AutoCAD,{TUE} 07:00,{TUE} 09:00")
    assert sessions(tmp_path, *rows) == ["ann AutoCAD 03-04"]


def test_sessions_of_dates_without_a_clock_count(tmp_path: Path) -> None:
    assert sessions(tmp_path, f"ann,AutoCAD,{MON},{MON}") == ["ann AutoCAD 03-03"]


@pytest.mark.parametrize(
    ("start", "day"),
    [
        ("2025-03-03T23:30:00Z", "03-03"),
        ("2025-03-03T23:30:00", "03-03"),
        ("2025-03-03T23:30:00.123456Z", "03-03"),
        ("2025-03-03T23:30:00-05:00", "03-04"),
        ("2025-03-03T23:30:00-0500", "03-04"),
        ("2025-03-03T23:30:00-05", "03-04"),
        ("2025-03-04T00:30:00+01:00", "03-03"),
        ("2025-03-04 5:15:00 AM", "03-04"),
        ("2025-03-03 11:15 PM", "03-03"),
        ("2025-03-03 12:05 am", "03-03"),
        ("2025/03/03 23:30", "03-03"),
        ("31/03/2025 23:30", "03-31"),
        ("3/31/2025 11:30:00 PM", "03-31"),
    ],
)
def test_days_are_utc_days(start: str, day: str, tmp_path: Path) -> None:
    assert sessions(tmp_path, f"ann,AutoCAD,{start},") == [f"ann AutoCAD {day}"]


def test_a_window_spans_offsets(tmp_path: Path) -> None:
    """08:00 in New York is 13:00 UTC: 12:59 UTC of the next day is inside the window."""
    rows = ("ann,AutoCAD,2025-03-03T08:00:00-05:00,", "ann,AutoCAD,2025-03-04T12:59:00Z,")
    assert sessions(tmp_path, *rows) == ["ann AutoCAD 03-03"]


def test_a_row_with_a_date_has_no_clock(tmp_path: Path) -> None:
    """Daily exports count windows by start date: the dates are the days."""
    rows = (f"ann,AutoCAD,{MON},,", f"ann,AutoCAD,{TUE},,", f"bob,AutoCAD,,{MON} 19:00,{TUE} 17:00")
    header = "user,product,date,started_at,ended_at\n"
    assert sessions(tmp_path, *rows, header=header) == [
        "ann AutoCAD 03-03",
        "ann AutoCAD 03-04",
        "bob AutoCAD 03-03",
    ]


@pytest.mark.parametrize(
    ("day", "start", "end", "good"),
    [
        ("2025-03-03", "2025-03-03 08:00", "", True),
        ("2025-03-03", "2025-03-03T23:00:00-05:00", "", True),
        ("2025-03-04", "2025-03-03T23:00:00Z", "", True),
        ("2025-03-06", "2025-03-03 08:00", "2025-03-06 09:00", True),
        ("2025-03-05", "2025-03-03 08:00", "", False),
        ("2025-03-01", "2025-03-03 08:00", "2025-03-06 09:00", False),
        ("2025-05-03", "2025-03-05 08:00", "2025-03-05 09:00", False),
    ],
)
def test_a_date_that_is_no_day_of_its_session_is_an_error(
    day: str, start: str, end: str, good: bool, tmp_path: Path
) -> None:
    usage = one(
        tmp_path, f"user,product,date,started_at,ended_at\nann,Revit,{day},{start},{end}\nbob,Revit,{MON},,\n"
    )
    if good:
        assert codes(usage) == []
    else:
        finding = found(usage, "U108")
        assert (finding.row, finding.column, finding.value) == (2, "date", day)


@st.composite
def histories(draw: st.DrawFn) -> list[Session]:
    """Launches within a few days, many of them exactly at the borders of windows."""
    begin = datetime(2025, 3, 1)
    found: list[Session] = []
    for _ in range(draw(st.integers(1, 8))):
        start = begin + timedelta(minutes=draw(st.integers(0, 6 * 24 * 12)) * 5)
        length = draw(st.none() | st.sampled_from([3, 5, 60, 24 * 60, 48 * 60]) | st.integers(1, 4 * 24 * 60))
        found.append((start, None if length is None else start + timedelta(minutes=length)))
        if draw(st.booleans()):
            found.append((start + timedelta(hours=24), None))
    return found


def fast(sessions: list[Session]) -> list[str]:
    rows = [f"ann,Revit,{s:%Y-%m-%d %H:%M},{f'{e:%Y-%m-%d %H:%M}' if e else ''}" for s, e in sessions]
    with TemporaryDirectory() as folder:
        return days(one(Path(folder), HEADER + "\n".join(rows) + "\n"))


@one_in(8)
@given(histories())
def test_windows_are_those_of_the_slow_reference(history: list[Session]) -> None:
    assert fast(history) == [f"ann Revit {d:%m-%d}" for d in charged_days(history)]


@given(st.lists(histories(), min_size=1, max_size=12))
def test_windows_of_many_groups_are_cut_at_once(groups: list[list[Session]]) -> None:
    """The arrays alone, without files: every group as if it were alone."""
    group: list[int] = []
    start: list[int] = []
    until: list[int] = []
    expected = []
    for number, history in enumerate(groups):
        latest = 0
        for begin, end in sorted(
            (s, e or s) for s, e in history if e is None or e - s >= timedelta(minutes=5)
        ):
            group.append(number)
            start.append(_us(begin))
            latest = max(latest, _us(end))
            until.append(latest)
        expected += [(number, day.toordinal()) for day in charged_days(history)]
    launch, window = cut_windows(*(np.array(a, np.int64) for a in (group, start, until)))
    epoch = datetime(1970, 1, 1).toordinal()
    cut = [(group[at], int(w // DAY) + epoch) for at, w in zip(launch.tolist(), window.tolist(), strict=True)]
    assert sorted(set(cut)) == expected
    assert cut == sorted(cut)


def _us(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def test_no_launches_no_windows() -> None:
    empty = np.empty(0, np.int64)
    assert [a.tolist() for a in cut_windows(empty, empty, empty)] == [[], []]
