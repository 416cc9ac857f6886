"""Compares the days of people in two exports, without their names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flexopt.base.arrays import Bools, Ints, places_in
from flexopt.inputs.usage.chargeable_days import DAYS

CLEAR = 5
"""Days that must agree for one person alone to be recognised."""

MOST_OF = 0.8
"""Share of them whose days agree, or nearly agree, for both to be possibly of the same people."""

ENOUGH = 0.25
"""Share of the people, in the smaller export, whose days must agree for both to be of the same people."""

SAMPLE = 200
"""People of a large firm whose days are compared with everybody's one by one."""

BLOCK = 1024
"""People they are compared with at a time."""

HALF = 0.5
"""Share of all days of two people that must be common for one to be like the other."""

_FIRST = np.datetime64("1990-01-01", "D")

MOST_PAIRS = 20_000_000
"""Pairs of people that are tried as one person who changed."""


@dataclass(frozen=True, slots=True)
class Days:
    """Days of use in an export: `person`, and product and day as one number; unique, sorted by both."""

    person: Ints
    number: Ints

    @classmethod
    def of(cls, person: Ints, number: Ints) -> Days:
        if not len(person):
            return cls(person, number)
        width = int(number.max()) + 1
        both = np.sort(person * width + number)
        both = both[np.append(True, both[1:] != both[:-1])]
        return cls(both // width, both % width)

    def only(self, rows: Bools) -> Days:
        return Days(self.person[rows], self.number[rows])

    @property
    def day(self) -> Ints:
        return self.number & ((1 << DAYS) - 1)


@dataclass(frozen=True, slots=True)
class Matched:
    """What two exports say of the same people."""

    sure: bool
    """Whether they certainly show the same people; otherwise nobody is tied."""
    pairs: list[tuple[int, int]]
    """People of both exports with the same days."""
    people: int
    """People of the first export with days that the second could show."""
    agreed: int
    """Those of them with the same days."""
    changed: int
    """Those of them who are two people in the second export, one after the other."""
    left: Ints
    """Those of them without a counterpart."""
    x: Days
    y: Days
    """What was compared."""


def common(x: Days, y: Days, trim: int = 0) -> tuple[Days, Days]:
    """Both over the dates and products that both have; `trim` days less at both ends."""
    if not len(x.number) or not len(y.number):
        return x.only(np.zeros(len(x.number), bool)), y.only(np.zeros(len(y.number), bool))
    first = max(x.day.min(), y.day.min()) + trim
    last = min(x.day.max(), y.day.max()) - trim
    products = np.intersect1d(np.unique(x.number >> DAYS), np.unique(y.number >> DAYS))
    kept = [d.only((d.day >= first) & (d.day <= last) & np.isin(d.number >> DAYS, products)) for d in (x, y)]
    return kept[0], kept[1]


@dataclass(frozen=True, slots=True)
class _Patterns:
    """One row a person: a hash of all days, their number, and whether they are all working days there are."""

    person: Ints
    hash: NDArray[np.uint64]
    days: Ints
    plain: Bools

    def only(self, rows: Bools) -> _Patterns:
        return _Patterns(self.person[rows], self.hash[rows], self.days[rows], self.plain[rows])


def _patterns(days: Days) -> _Patterns:
    if not len(days.person):
        empty = np.empty(0, np.int64)
        return _Patterns(empty, empty.astype(np.uint64), empty, empty.astype(bool))
    begins = np.flatnonzero(np.concatenate(([True], days.person[1:] != days.person[:-1])))
    total = np.add.reduceat(_mixed(days.number), begins)
    each = np.diff(np.append(begins, len(days.person)))
    # somebody who is there on every working day proves nothing
    first, last = (_FIRST + int(d) for d in (days.day.min(), days.day.max()))
    working = int(np.busday_count(first, last + 1))
    product = days.number >> DAYS
    runs = np.flatnonzero(
        np.concatenate(([True], (days.person[1:] != days.person[:-1]) | (product[1:] != product[:-1])))
    )
    odd = np.diff(np.append(runs, len(days.person))) < working
    return _Patterns(
        days.person[begins], total, each, ~np.logical_or.reduceat(odd, np.searchsorted(runs, begins))
    )


def _mixed(numbers: Ints) -> NDArray[np.uint64]:
    """A random 64-bit number for each (splitmix64): sums of them tell sets of days apart."""
    z = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def match(x: Days, y: Days, *, tied: Bools, whole: Bools) -> Matched | None:
    """The people of `x` who are people of `y`; None if the exports do not show the same people.

    Parameters
    ----------
    tied : people of `y`, by number, who cannot be somebody else: they have an id of their own.
    whole : people of `x`, by number, with no days but those compared: of several with equal days, each may be
        any of the same number in `y`.
    """
    px, py = _patterns(x), _patterns(y)
    if not len(px.person) or not len(py.person):
        return None
    at = np.searchsorted(py.person, px.person).clip(max=len(py.person) - 1)
    both = py.person[at] == px.person
    agreed = both & (py.hash[at] == px.hash)
    open_x = px.only(~agreed & ~both)
    free = py.only(~np.isin(py.person, px.person[both]) & ~tied[py.person])
    pairs, even = _equal(open_x, free, whole)
    matched = np.concatenate([np.flatnonzero(agreed), np.searchsorted(px.person, [a for a, _ in pairs])])
    matched = matched.astype(np.int64)
    odd = ~px.plain[matched]
    smaller = min(len(px.person), len(py.person))
    strong = int((odd & (px.days[matched] >= CLEAR)).sum())
    everybody = smaller > 1 and len(matched) == len(px.person) == len(py.person)
    enough = px.days.sum() >= CLEAR
    if not (strong and strong >= ENOUGH * smaller) and not (everybody and odd.any() and enough):
        left = px.person[~agreed]
        maybe = enough and len(left) and len(matched) + len(even) >= MOST_OF * smaller
        return Matched(False, [], len(px.person), int(agreed.sum()), 0, left, x, y) if maybe else None
    pairs += even
    used = {b for _, b in pairs}
    changes, changed = _changed(
        px.only(~agreed), py, pairs, used, tied, at_both=set(px.person[both].tolist())
    )
    done = {a for a, _ in pairs} | changed | set(px.person[agreed].tolist())
    left = px.person[~np.isin(px.person, list(done))] if done else px.person
    return Matched(
        True, pairs + changes, len(px.person), int(agreed.sum()) + len(pairs), len(changed), left, x, y
    )


def _equal(x: _Patterns, y: _Patterns, whole: Bools) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Pairs with equal days that nobody else has, and those of groups of the same size."""
    ox, oy = np.argsort(x.hash, kind="stable"), np.argsort(y.hash, kind="stable")
    hx, bx, nx = np.unique(x.hash[ox], return_index=True, return_counts=True)
    hy, by, ny = np.unique(y.hash[oy], return_index=True, return_counts=True)
    _, ix, iy = np.intersect1d(hx, hy, assume_unique=True, return_indices=True)
    pairs: list[tuple[int, int]] = []
    even: list[tuple[int, int]] = []
    for i, j in zip(ix.tolist(), iy.tolist(), strict=True):
        these = ox[bx[i] : bx[i] + nx[i]]
        those = oy[by[j] : by[j] + ny[j]]
        if nx[i] == 1 and ny[j] == 1:
            pairs.append((int(x.person[these[0]]), int(y.person[those[0]])))
        elif nx[i] == ny[j] and whole[x.person[these]].all():
            even += zip(x.person[these].tolist(), y.person[those].tolist(), strict=True)
    return pairs, even


def _changed(
    x: _Patterns,
    y: _Patterns,
    pairs: list[tuple[int, int]],
    used: set[int],
    tied: Bools,
    *,
    at_both: set[int],
) -> tuple[list[tuple[int, int]], set[int]]:
    """People of `x` whose days are those of two people of `y`: they changed their email."""
    done = {a for a, _ in pairs}
    rest = [i for i, p in enumerate(x.person.tolist()) if p not in done]
    free = ~tied[y.person] & ~np.isin(y.person, list(used | at_both))
    spare = y.only(free)
    order = np.argsort(spare.hash, kind="stable")
    hashes = spare.hash[order]
    place = {int(p): i for i, p in enumerate(y.person.tolist())}
    found: list[tuple[int, int]] = []
    changed: set[int] = set()
    if not len(hashes) or len(rest) * len(hashes) > MOST_PAIRS:
        return found, changed
    taken: set[int] = set()
    for i in rest:
        person = int(x.person[i])
        if person in at_both:
            wanted = x.hash[i : i + 1] - y.hash[place[person]]
            firsts = [person]
        else:
            wanted = x.hash[i : i + 1] - spare.hash
            firsts = spare.person.tolist()
        at = np.searchsorted(hashes, wanted).clip(max=len(hashes) - 1)
        hits = np.flatnonzero(hashes[at] == wanted)
        parts = {tuple(sorted((firsts[h], int(spare.person[order[at[h]]])))) for h in hits.tolist()}
        if len(parts) == 1:
            (one,) = parts
            if one[0] != one[1] and not taken & set(one):
                taken |= set(one) - {person}
                found += [(person, other) for other in one if other != person]
                changed.add(person)
    return found, changed


def near(x: Days, y: Days) -> Matched | None:
    """What exports say that nearly agree: most people of one are clearly closest to one of the other.

    For exports that shift some days, as those of two time zones. Of a large firm, some people are compared.
    """
    people, theirs = np.unique(x.person), np.unique(y.person)
    some = people[:: len(people) // SAMPLE + 1]
    if not len(some) or not len(theirs):
        return None
    mine = x.only(np.isin(x.person, some))
    days = np.unique(mine.number)
    rows = np.zeros((len(some), len(days)), np.float32)
    rows[np.searchsorted(some, mine.person), np.searchsorted(days, mine.number)] = 1
    begins = np.searchsorted(y.person, theirs)
    size = np.diff(np.append(begins, len(y.person)))
    best = np.zeros((len(some), 2))
    for begin in range(0, len(theirs), BLOCK):
        block, cut = theirs[begin : begin + BLOCK], begins[begin : begin + BLOCK + 1].tolist()
        part = slice(cut[0], cut[BLOCK] if len(cut) > BLOCK else None)
        at = places_in(days, y.number[part])
        other = np.zeros((len(block), len(days)), np.float32)
        other[np.searchsorted(block, y.person[part][at >= 0]), at[at >= 0]] = 1
        shared = rows @ other.T
        whole = rows.sum(1)[:, None] + size[None, begin : begin + BLOCK] - shared
        best = np.sort(np.concatenate([best, shared / whole], axis=1), axis=1)[:, -2:]
    clear = (rows.sum(1) >= CLEAR) & (best[:, 1] > HALF) & (1 - best[:, 1] <= (1 - best[:, 0]) / 3)
    if clear.sum() < MOST_OF * min(len(some), len(theirs)):
        return None
    return Matched(False, [], len(people), 0, 0, people, x, y)
