"""Cuts sessions into chargeable 24-hour windows."""

from __future__ import annotations

import numpy as np

from flexopt.base.arrays import Ints

DAY = 86_400_000_000
"""24 hours in microseconds."""


def cut_windows(group: Ints, start: Ints, until: Ints) -> tuple[Ints, Ints]:
    """The 24-hour windows of launches.

    The first launch s of a group opens [s, s + 24 h). Launches inside are free. At its end a new window opens
    immediately if a session is still open, otherwise with the next launch.

    Parameters
    ----------
    group : user and product of a launch as one number; launches are sorted by group, then start.
    start : UTC microseconds of the launch.
    until : the latest end among this launch and the earlier ones of its group, at least `start`.

    Returns
    -------
    launch : position of the launch that opened the window, or was still open when the previous one ended.
    window : UTC microseconds of the window's start. Both are sorted by group, then window.
    """
    if len(group) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    edges = np.flatnonzero(np.diff(group)) + 1
    first = np.concatenate(([0], edges)).astype(np.int64)
    stop = np.concatenate((edges, [len(group)])).astype(np.int64)
    longest = np.ones(len(group), bool)
    longest[1:] = (np.diff(group) != 0) | (np.diff(until) != 0)
    holder = np.maximum.accumulate(np.where(longest, np.arange(len(group)), 0))
    at, opened = first, start[first]
    launches, windows = [at], [opened]
    while len(at):
        ends = opened + DAY
        following = _first_at_or_after(start, at, stop, ends)
        last = following - 1
        rolls = until[last] > ends
        more = rolls | (following < stop)
        at = np.where(rolls, last, following)[more]
        stop = stop[more]
        opened = np.where(rolls[more], ends[more], start[np.minimum(at, stop - 1)])
        launches.append(np.where(rolls[more], holder[last[more]], at))
        windows.append(opened)
    launch, window = np.concatenate(launches), np.concatenate(windows)
    order = np.lexsort((window, group[launch]))
    return launch[order], window[order]


def _first_at_or_after(start: Ints, low: Ints, stop: Ints, moment: Ints) -> Ints:
    """For each sorted part [low, stop) of `start`: its first place with start >= moment, otherwise stop."""
    low, high = low.copy(), stop.copy()
    while True:
        open_ = low < high
        if not open_.any():
            return low
        middle = (low + high) // 2
        before = open_ & (start[np.minimum(middle, len(start) - 1)] < moment)
        high = np.where(open_ & ~before, middle, high)
        low = np.where(before, middle + 1, low)
