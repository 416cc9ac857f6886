"""Ties hidden ids to emails by their days: two exports of the same firm show the same days under other names.

People of one export are compared with those of another over the dates and products that both have. Somebody
whose days are exactly those of one person there is that person, if the exports as a whole show the same
people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import duckdb
import numpy as np

from flexopt.base.arrays import Bools, Ints
from flexopt.base.findings import Findings
from flexopt.base.text import count
from flexopt.inputs.usage.chargeable_days import DAYS
from flexopt.inputs.usage.day_masks import unpack
from flexopt.inputs.usage.identity.hidden_reports import report_hidden
from flexopt.inputs.usage.identity.parts import FLEX, FREE, SEAT, add_parts, part_cells
from flexopt.inputs.usage.identity.pattern import HALF, Days, Matched, common, match, near
from flexopt.inputs.usage.identity.ties import EMAIL, HASH, ID, DatedCells, Ties, dated_cells
from flexopt.inputs.usage.scan import SLAB
from flexopt.inputs.usage.usage_table import UsageTable

PAIRS = 200
"""Pairs of files that are compared one by one; of more, only all of them together."""

VIEWS = (frozenset({0}), frozenset({0, FREE}), frozenset({SEAT}), frozenset({FLEX}))
"""What is compared: all days, all launches, seats only, Flex only."""

ASKED = 200
"""Ids without a counterpart that are looked at one by one."""


def same_days(
    con: duckdb.DuckDBPyConnection,
    ties: Ties,
    opened: Mapping[int, UsageTable],
    *,
    files: list[str],
    findings: Findings,
) -> None:
    """Tie identifiers with the same days, and report which were tied, and which may count twice."""
    (kinds,) = con.execute(
        "select list(distinct case when s.named then 0 else n.kind end) from seen s join node n using (node) "
        "where s.n > 0"
    ).fetchall()
    if len(kinds[0] or ()) < 2:
        return
    _compare_all(con, ties, opened, files=files, findings=findings)
    report_hidden(con, ties, files, findings)


def _compare_all(
    con: duckdb.DuckDBPyConnection,
    ties: Ties,
    opened: Mapping[int, UsageTable],
    *,
    files: list[str],
    findings: Findings,
) -> None:
    exports = _Exports(con, ties, opened)
    for hidden, other in ((HASH, EMAIL), (ID, EMAIL), (ID, HASH)):
        x, y = exports.rows(hidden), exports.rows(other)
        if not x.any() or not y.any():
            continue
        before = np.unique(ties.label[exports.cells.node[x]])
        before = before[~ties.has(other)[before]]
        best = _tie(exports, hidden, other)
        if best is None:
            continue
        _say(ties, exports, best, before, kinds=(hidden, other), files=files, findings=findings)


class _Exports:
    """The days of all files by identifier, as far as they are needed."""

    def __init__(self, con: duckdb.DuckDBPyConnection, ties: Ties, opened: Mapping[int, UsageTable]) -> None:
        self.con, self.ties, self.opened = con, ties, opened
        self.cells = dated_cells(con)
        self._parts: DatedCells | None = None
        self._all: dict[int, Days] = {}

    def rows(self, kind: int, cells: DatedCells | None = None) -> Bools:
        """The cells whose rows show an email, or no email and this kind of id."""
        cells = cells or self.cells
        return cells.named if kind == EMAIL else ~cells.named & (self.ties.kind[cells.node] == kind)

    def files(self, kind: int) -> list[int]:
        return [int(f) for f in np.unique(self.cells.file[self.rows(kind)])]

    def days(self, kind: int, files: list[int], view: frozenset[int]) -> Days:
        """The days of some files by person. A file that does not tell its parts apart shows all of them."""
        found = []
        parts = self.parts if view != {0} else None
        split = np.unique(parts.file) if parts is not None else np.empty(0, np.int64)
        for cells, told in ((self.cells, False), (parts, True)):
            if cells is None:
                continue
            kept = self.rows(kind, cells) & np.isin(cells.file, files)
            kept &= (
                np.isin(cells.part, list(view - {0})) if told else (0 in view) | ~np.isin(cells.file, split)
            )
            key = np.arange(int(kept.sum()))
            place = unpack(key, cells.mask[kept])
            row, day = place // SLAB, place % SLAB
            number = (cells.product[kept][row] << DAYS) + cells.slab[kept][row] * SLAB + day
            found.append((self.ties.label[cells.node[kept]][row], number))
        return Days.of(np.concatenate([p for p, _ in found]), np.concatenate([n for _, n in found]))

    def all_days(self, kind: int) -> Days:
        """The charged days of all files, by person as known before any comparison."""
        if kind not in self._all:
            self._all[kind] = self.days(kind, self.files(kind), frozenset({0}))
        return self._all[kind]

    @property
    def parts(self) -> DatedCells:
        if self._parts is None:
            add_parts(self.con, self.opened.values())
            self._parts = part_cells(self.con)
        return self._parts


def _tie(exports: _Exports, hidden: int, other: int) -> Matched | None:
    """Tie what can be tied; the comparison that showed most people to be the same."""
    best: Matched | None = None
    for these, those in _sides(exports, hidden, other):
        for view, trim in product(VIEWS, (0, 1)):
            found = _compare(exports, (hidden, these), (other, those), view, trim)
            if found is None:
                continue
            if best is None or _worth(found) > _worth(best):
                best = found
            if found.sure and not len(found.left):
                return best
    ties = exports.ties
    people = np.unique(ties.label[exports.cells.node[exports.rows(hidden)]])
    others = people[~ties.has(other)[people]]
    if best is None or not np.isin(others, ties.label[best.left]).all():
        for view in VIEWS:
            x, y = (exports.days(kind, exports.files(kind), view) for kind in (hidden, other))
            if (found := near(*common(x, y))) is not None:
                return found
    return best


def _worth(found: Matched) -> tuple[bool, int]:
    return found.sure, found.agreed + found.changed


def _sides(exports: _Exports, hidden: int, other: int) -> Iterator[tuple[list[int], list[int]]]:
    """Files to compare: all with all, then each with each."""
    these, those = exports.files(hidden), exports.files(other)
    yield these, those
    if 1 < len(these) * len(those) <= PAIRS:
        for this, that in product(these, those):
            if this != that:
                yield [this], [that]


def _compare(
    exports: _Exports, x: tuple[int, list[int]], y: tuple[int, list[int]], view: frozenset[int], trim: int
) -> Matched | None:
    ties = exports.ties
    everything, theirs = exports.days(*x, view), exports.days(*y, view)
    mine, theirs = common(everything, theirs, trim)
    size = len(ties.text)
    total = np.bincount(exports.all_days(x[0]).person, minlength=size)
    whole = np.bincount(mine.person, minlength=size) >= total
    found = match(mine, theirs, tied=ties.has(x[0]), whole=whole)
    if found is not None and found.pairs:
        ties.found += found.pairs
        ties.unite()
    return found


def _say(
    ties: Ties,
    exports: _Exports,
    best: Matched,
    before: Ints,
    *,
    kinds: tuple[int, int],
    files: list[str],
    findings: Findings,
) -> None:
    hidden, other = kinds
    known = ties.has(other)
    tied = int(known[ties.label[before]].sum())
    shown = files[exports.files(hidden)[0]]
    names = " + ".join(files[f] for f in exports.files(other)[:4])
    what = "emails" if other == EMAIL else "hashed ids"
    if tied:
        findings.add(
            "U182",
            f"{tied:,} of {count(len(before), 'hidden id')} tied to {what} by identical days of use "
            f"in {names}",
            file=shown,
            severity="info",
            count=tied,
        )
    left = [int(p) for p in best.left if not known[ties.label[p]]]
    if not left:
        return
    asked = [(p, like) for p in left[:ASKED] if (like := _closest(ties, best, p)) is not None]
    lines = [f"{ties.text[like]},{ties.text[p]}" for p, like in asked[:5]]
    if not lines:
        return
    number = len(asked) + max(0, len(left) - ASKED)
    findings.add(
        "U183",
        f"{count(number, 'person', 'people')} may count twice: the file shows the same days as {names}, but "
        f"who {count(number, 'hidden id')} are among its {what} is not certain",
        file=shown,
        severity="warning",
        count=number,
        value=ties.text[asked[0][0]],
        hint="write to people.csv (`people: people.csv`) who they are, for example:\nuser,aliases\n"
        + "\n".join(lines),
    )


def _closest(ties: Ties, best: Matched, person: int) -> int | None:
    """Who of the other export has most of the person's days, if more than half."""
    mine = best.x.number[best.x.person == person]
    there = np.isin(best.y.number, mine)
    shared = np.bincount(best.y.person[there], minlength=len(ties.text))
    size = np.bincount(best.y.person, minlength=len(ties.text))
    likeness = shared / np.maximum(np.maximum(size, len(mine)), 1)
    near = int(likeness.argmax())
    return near if likeness[near] > HALF else None
