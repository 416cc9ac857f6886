"""Writes the synthetic tables of the example scenario: usage/2025.csv, people.csv and access.csv.

    python scenarios/make_usage.py [FOLDER]

Nobody in them exists. The same seed gives the same bytes with every Python: only `random.random()` is used.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

SEED = 2025
YEAR = [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]
CLOSED = {
    date(2025, 1, 1),
    date(2025, 4, 18),
    date(2025, 4, 21),
    date(2025, 5, 1),
    date(2025, 5, 29),
    *(date(2025, 12, n) for n in range(24, 32)),
}
JOIN, LEAVE = 0.03, 0.03  # share of people who joined in 2025, and who leave in 2026
COVERS = {
    "aec-1y": ("AutoCAD", "Revit", "Civil 3D", "Navisworks Manage", "3ds Max"),
    "pdm-1y": ("Inventor Professional", "AutoCAD", "Fusion", "Navisworks Manage"),
    "autocad-1y": ("AutoCAD",),
    "autocad-lt-1y": ("AutoCAD LT",),
    "revit-1y": ("Revit",),
    "civil-3d-1y": ("Civil 3D",),
    "inventor-1y": ("Inventor Professional",),
    "3ds-max-1y": ("3ds Max",),
    "fusion-1y": ("Fusion",),
}
COST_CENTRES = {
    "Architecture": "4100",
    "Structures": "4150",
    "Civil": "4200",
    "Mechanical": "4300",
    "Draughting": "4400",
    "Visualisation": "4500",
    "Project management": "4600",
    "Site": "4700",
}


@dataclass(frozen=True)
class Use:
    """How often a product is opened on a working day: a share drawn from [low, high]."""

    product: str
    low: float
    high: float
    months: tuple[int, int] = (1, 12)
    """First and last month of use."""
    weeks: float = 1.0
    """Share of the weeks in which it is used at all: projects and reviews come in bursts."""


@dataclass(frozen=True)
class Kind:
    """People of one group who work alike; `seat` is the offer each of them has today ("" is Flex)."""

    group: str
    count: int
    uses: tuple[Use, ...]
    seat: str = ""


KINDS = [
    # power users
    Kind("Architecture", 24, (Use("Revit", 0.70, 0.92), Use("AutoCAD", 0.15, 0.30)), "aec-1y"),
    Kind("Architecture", 12, (Use("Revit", 0.75, 0.95),), "revit-1y"),
    Kind("Civil", 12, (Use("Civil 3D", 0.70, 0.90), Use("AutoCAD", 0.15, 0.30)), "aec-1y"),
    Kind("Civil", 6, (Use("Civil 3D", 0.70, 0.90),), "civil-3d-1y"),
    Kind("Mechanical", 14, (Use("Inventor Professional", 0.70, 0.92), Use("AutoCAD", 0.20, 0.35)), "pdm-1y"),
    Kind("Mechanical", 10, (Use("Inventor Professional", 0.70, 0.95),), "inventor-1y"),
    Kind("Draughting", 14, (Use("AutoCAD", 0.75, 0.95),), "autocad-1y"),
    Kind("Draughting", 12, (Use("AutoCAD LT", 0.20, 0.60),), "autocad-lt-1y"),
    Kind("Visualisation", 6, (Use("3ds Max", 0.70, 0.90), Use("Revit", 0.02, 0.06)), "3ds-max-1y"),
    # edge users: near the break-even of one product, or of a collection
    Kind("Architecture", 10, (Use("Revit", 0.33, 0.45),), "revit-1y"),
    Kind("Structures", 8, (Use("Revit", 0.20, 0.36), Use("AutoCAD", 0.16, 0.40)), "aec-1y"),
    Kind("Draughting", 12, (Use("AutoCAD", 0.38, 0.56),), "autocad-1y"),
    Kind("Mechanical", 6, (Use("Inventor Professional", 0.28, 0.42), Use("Fusion", 0.05, 0.25)), "pdm-1y"),
    Kind("Mechanical", 8, (Use("Fusion", 0.15, 0.60),), "fusion-1y"),
    # seasonal: placements in summer, surveys in autumn, bids in spring
    Kind("Architecture", 10, (Use("Revit", 0.85, 0.97, (6, 8)),)),
    Kind("Civil", 6, (Use("AutoCAD", 0.85, 0.97, (9, 11)),)),
    Kind("Mechanical", 5, (Use("Inventor Professional", 0.85, 0.97, (2, 4)),)),
    # occasional: some with a seat from better days
    Kind("Architecture", 12, (Use("Revit", 0.05, 0.20), Use("AutoCAD", 0.02, 0.15)), "aec-1y"),
    Kind("Draughting", 8, (Use("AutoCAD", 0.05, 0.20),), "autocad-1y"),
    Kind("Mechanical", 8, (Use("Inventor Professional", 0.05, 0.20),), "inventor-1y"),
    Kind("Project management", 22, (Use("Navisworks Manage", 0.10, 0.30, weeks=0.5),)),
    Kind("Project management", 16, (Use("Revit", 0.03, 0.15), Use("Navisworks Manage", 0.05, 0.20))),
    Kind("Structures", 12, (Use("AutoCAD", 0.05, 0.25), Use("Navisworks Manage", 0.10, 0.25))),
    Kind("Site", 24, (Use("AutoCAD", 0.10, 0.40, weeks=0.3),)),
    Kind("Site", 10, (Use("Revit", 0.05, 0.20), Use("AutoCAD", 0.02, 0.10))),
    Kind("Civil", 12, (Use("Civil 3D", 0.03, 0.18),)),
]


@dataclass
class Person:
    """One invented user; `starts` is the first day, `leaves` the first day gone."""

    user: str
    kind: Kind
    starts: date | None = None
    leaves: date | None = None
    off: frozenset[date] = frozenset()


def main(folder: Path) -> None:
    rng = random.Random(SEED)
    staff = _people(rng)
    days = [row for person in staff for row in _usage(person, rng)]
    access = [row for person in staff for row in _access(person)]
    (folder / "usage").mkdir(parents=True, exist_ok=True)
    _write(folder / "usage" / "2025.csv", ["user", "product", "date"], days)
    _write(folder / "people.csv", ["user", "group", "cost_centre", "starts", "leaves"], map(_row, staff))
    _write(folder / "access.csv", ["user", "product", "access", "offer"], access)


def _people(rng: random.Random) -> list[Person]:
    """Everybody, numbered so that neighbours are not alike; a few join or leave."""
    kinds = [kind for kind in KINDS for _ in range(kind.count)]
    for last in range(len(kinds) - 1, 0, -1):  # Fisher-Yates
        other = int(rng.random() * (last + 1))
        kinds[last], kinds[other] = kinds[other], kinds[last]
    return [_person(f"user-{n:04d}", kind, rng) for n, kind in enumerate(kinds, start=1)]


def _person(user: str, kind: Kind, rng: random.Random) -> Person:
    draw, month = rng.random(), int(rng.random() * 9) + 1
    starts = date(2025, month + 2, 1) if draw < JOIN else None
    leaves = date(2026, month + 1, 1) if draw > 1 - LEAVE else None
    first = int(rng.random() * 60)
    summer = date(2025, 7, 1) + timedelta(days=first)
    winter = date(2025, 1, 6) + timedelta(days=int(rng.random() * 140))
    off = [summer + timedelta(days=n) for n in range(16)] + [winter + timedelta(days=n) for n in range(7)]
    return Person(user, kind, starts, leaves, frozenset(off))


def _usage(person: Person, rng: random.Random) -> list[tuple[str, str, str]]:
    """Days on which each product was opened: working days, few Saturdays, no closed days, no holidays."""
    rows = []
    for use in person.kind.uses:
        share = use.low + (use.high - use.low) * rng.random()
        seasonal = use.months != (1, 12)
        busy = [rng.random() < use.weeks for _ in range(54)]
        for day in YEAR:
            weekend = 0.0 if day.weekday() == 6 else 0.02 if day.weekday() == 5 else 1.0
            opened = rng.random() < share * weekend
            away = day in CLOSED or (day in person.off and not seasonal)
            there = person.starts is None or day >= person.starts
            inside = use.months[0] <= day.month <= use.months[1]
            if opened and there and inside and not away and busy[int(day.strftime("%W"))]:
                rows.append((person.user, use.product, day.isoformat()))
    return rows


def _access(person: Person) -> list[tuple[str, str, str, str]]:
    """How the person reaches each product today: with the seat of the kind, where it covers it."""
    rows = []
    for use in person.kind.uses:
        if use.product in COVERS.get(person.kind.seat, ()):
            rows.append((person.user, use.product, "named", person.kind.seat))
        else:
            rows.append((person.user, use.product, "flex", ""))
    return rows


def _row(person: Person) -> tuple[str, ...]:
    group = person.kind.group
    dates = [day.isoformat() if day else "" for day in (person.starts, person.leaves)]
    return (person.user, group, COST_CENTRES[group], *dates)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = [",".join(header), *(",".join(row) for row in sorted(rows))]
    path.write_bytes(("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
