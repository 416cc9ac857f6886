"""A firm of 25 people, and the same days of it as the portal exports them: with names and hidden."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

FIRST = ("Jürgen", "Søren", "Zoë", "André", "Françoise")
LAST = ("Müller", "Weiß", "Nuñez", "Østergård", "Lefèvre")
TEAM = "Example Studio - 5512"
BEGIN = date(2025, 3, 3)
CHANGED = 3
"""The first people change their email half way."""
HALF = 45
LENGTH = 90


@dataclass(frozen=True, slots=True)
class Day:
    """A launch: `tokens` is None on a seat."""

    person: int
    product: str
    day: date
    tokens: int | None = None

    def email(self) -> str:
        late = self.person < CHANGED and self.day >= BEGIN + timedelta(days=HALF)
        return email(self.person) if not late else f"neu.{email(self.person)}"


def email(person: int) -> str:
    return f"p{person:02}@studio.example"


def name(person: int) -> tuple[str, str]:
    return FIRST[person % 5], LAST[person // 5 % 5]


def hashed(person: int) -> str:
    return f"{person * 7919 + 0xB6589F:06X}D4"


def firm(seed: int = 1, people: int = 25) -> list[Day]:
    """Random days: seats of AutoCAD and Revit; every fifth person has 3ds Max on tokens, some for free."""
    random = Random(seed)
    found = []
    for person in range(people):
        for offset in range(LENGTH):
            day = BEGIN + timedelta(days=offset)
            if day.weekday() >= 5:
                continue
            if random.random() < 0.4:
                found.append(Day(person, "AutoCAD" if person % 2 else "Revit", day))
            if person % 3 == 0 and random.random() < 0.3:
                found.append(Day(person, "AutoCAD" if person % 2 == 0 else "Revit", day))
            if person % 5 == 0 and random.random() < 0.2:
                found.append(Day(person, "3ds Max", day, 0 if random.random() < 0.1 else 10))
    return sorted(found, key=lambda d: (d.day, d.person, d.product))


def truth(rows: Iterable[Day], *, one_person: bool, know_free: bool) -> set[str]:
    """The chargeable days as `reading.days` writes them."""
    latest = {
        r.person: r.email() for r in sorted(rows, key=lambda r: r.day) if r.tokens != 0 or not know_free
    }
    return {
        f"{latest[r.person] if one_person else r.email()} {r.product} {r.day:%m-%d}"
        for r in rows
        if r.tokens != 0 or not know_free
    }


def _table(header: str, rows: Iterable[Sequence[object]], delimiter: str = ",") -> str:
    lines = [delimiter.join(header.split(",")), *(delimiter.join(map(str, row)) for row in rows)]
    return "\n".join(lines) + "\n"


def seat_usage(rows: Sequence[Day]) -> bytes:
    """Semicolons and a byte order mark; nobody on tokens."""
    header = "Day used,Email,First name,Last name,Product,Team"
    listed = [(r.day, r.email(), *name(r.person), r.product, TEAM) for r in rows if r.tokens is None]
    return _table(header, listed, ";").encode("utf-8-sig")


def token_usage(rows: Sequence[Day]) -> bytes:
    header = "Day used,Email,Feature,First name,Last name,Product,Team,Tokens used"
    listed = [
        (r.day, r.email(), "", *name(r.person), r.product, TEAM, r.tokens)
        for r in rows
        if r.tokens is not None
    ]
    return _table(header, listed).encode("utf-16")


def hidden_usage(rows: Sequence[Day]) -> bytes:
    header = (
        "day_used,access_option,email,first_name,last_name,hashed_autodesk_id,offering_name,product_name,"
        "team,version,tokens_used"
    )
    listed = [
        (
            r.day,
            "Named User" if r.tokens is None else "Flex",
            *("*****",) * 3,
            hashed(r.person),
            r.product,
            r.product,
            TEAM,
            "2026",
            r.tokens or 0,
        )
        for r in rows
    ]
    return gzip.compress(_table(header, listed).encode())


def german_usage(rows: Sequence[Day]) -> bytes:
    """As Excel saves it: one byte a letter, German dates; seats and tokens alike, nothing tells them."""
    header = "Day used,Email,First name,Last name,Product,Team"
    listed = [(f"{r.day:%d.%m.%Y}", r.email(), *name(r.person), r.product, TEAM) for r in rows]
    return _table(header, listed, ";").encode("cp1252")


def insights_usage(rows: Sequence[Day]) -> bytes:
    """Hidden names again, under other columns and in another order."""
    header = "usageDate,hashedUserId,childProductName,productName,source,tokens"
    listed = [
        (r.day, hashed(r.person), r.product, r.product, "sus" if r.tokens is None else "flex", r.tokens or 0)
        for r in reversed(rows)
    ]
    return _table(header, listed).encode()


def _summed(rows: Sequence[Day]) -> Mapping[tuple[int, str], int]:
    found: dict[tuple[int, str], int] = {}
    for r in rows:
        found[r.person, r.product] = found.get((r.person, r.product), 0) + 1
    return found


def old_report(rows: Sequence[Day]) -> bytes:
    header = "Email,First name,Last name,Product,Days used,Seat assignment,Team,hashed_autodesk_id"
    listed = [
        (email(p), *name(p), product, n, "Assigned", TEAM, hashed(p))
        for (p, product), n in _summed(rows).items()
    ]
    return _table(header, listed).encode()


def new_report(rows: Sequence[Day]) -> bytes:
    header = "email,first_name,last_name,hashed_autodesk_id,product_name,days_used,seat_assignment,team"
    listed = [
        (email(p), *name(p), hashed(p), product, n, "Assigned", TEAM)
        for (p, product), n in _summed(rows).items()
    ]
    return _table(header, listed).encode()


def users(rows: Sequence[Day]) -> bytes:
    header = "autodesk_id,email,first_name,last_name,role,offering_name,account_status,team"
    people = sorted({r.person for r in rows})
    listed = [(f"X{p}", email(p), *name(p), "User", "AutoCAD", "Active", TEAM) for p in people]
    return _table(header, listed).encode()


EXPORTS: dict[str, Callable[[Sequence[Day]], bytes]] = {
    "Seat Usage.csv": seat_usage,
    "Token Usage.csv": token_usage,
    "Usage Report.csv": old_report,
    "usage_excel_de.csv": german_usage,
    "usage_hidden.csv.gz": hidden_usage,
    "usage_report_2026.csv": new_report,
}
"""Six files; with Users and Subscriptions, what a planner downloads."""

SEES_TOKENS = {"Token Usage.csv", "usage_hidden.csv.gz", "insights.csv"}
HIDDEN = {"usage_hidden.csv.gz", "insights.csv"}
