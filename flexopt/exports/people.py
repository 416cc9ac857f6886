"""People in exports to share: a code for each user, or no users at all.

Document in, document out, so that this holds for every format. The reasons never name users: they are made
from products and offers.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import SystemRandom
from typing import Any

import numpy as np

from flexopt.base.columns import Column, ColumnTable
from flexopt.base.errors import FlexoptError
from flexopt.store.atomic import folder_lock, write_whole
from flexopt.store.plan import FindingRow, PlanDocument
from flexopt.store.table_csv import harmless

WITHHELD = "(name withheld)"

NAMING = {
    "U122": "a hidden id appears with several emails; rows without an email keep the hidden id",
    "U123": "users differ only in case or in the encoding of accents; they are planned as different users",
    "T113": "two users differ only in case or spaces",
    "S219": "a rule is for a user who is not in the people table",
}
"""Findings that may name people outside the plan, by code: their text without the names."""

BIG = ("assignment", "left_out")
"""Tables of the plan with rows about users."""

REVIEWED = ("moves", "double_use", "idle", "leavers")
"""Tables of `review` with a row per user and product."""


def people_left_out(document: PlanDocument) -> bool:
    """Whether the plan has users but the document does not: it comes from `without_people`."""
    return not document.assignment and document.summary.users > 0


def pseudonymise(document: PlanDocument, key_file: Path) -> PlanDocument:
    """The document with a code in place of each user, the same for all documents of one key file.

    The key file (CSV: user, code; for its owner only) is read, and gets a line for each user it lacks. Rows
    are in the order of the codes, which say nothing about the names. Raises FlexoptError if the file is not a
    key file or cannot be written.
    """
    return _replaced(document, _codes(sorted(set(_users(document))), key_file))


def without_people(document: PlanDocument) -> PlanDocument:
    """The document without rows about people; totals and counts stay."""
    changed = _replaced(document, dict.fromkeys(_users(document), WITHHELD))
    parts: dict[str, Any] = {table: _rows(getattr(changed, table), slice(0)) for table in BIG}
    if changed.comparison is not None:
        parts["comparison"] = changed.comparison.model_copy(update={"changes": ()})
    if changed.review is not None:
        parts["review"] = changed.review.model_copy(update=dict.fromkeys(REVIEWED, ()))
    return changed.model_copy(update=parts)


def _users(document: PlanDocument) -> Iterator[str]:
    for table in BIG:
        yield from getattr(document, table).columns["user"].values
    if document.comparison is not None:
        yield from (row.user for row in document.comparison.changes)
    if document.review is not None:
        yield from (row.user for name in REVIEWED for row in getattr(document.review, name))
    yield from (rule.user for rule in document.scenario.policy.rules if rule.user is not None)


def _replaced(document: PlanDocument, code: Mapping[str, str]) -> PlanDocument:
    """Every user replaced, and rows about people in the order of the codes."""
    said = _sayer(code)
    parts: dict[str, Any] = {"findings": tuple(_finding(finding, said) for finding in document.findings)}
    for table in BIG:
        columns = getattr(document, table).columns
        coded = ColumnTable(columns | {"user": columns["user"].mapped(code.__getitem__)})
        parts[table] = _rows(coded, np.argsort(coded.columns["user"].array().astype(str), kind="stable"))
    policy = document.scenario.policy
    rules = tuple(rule.model_copy(update={"user": rule.user and code[rule.user]}) for rule in policy.rules)
    parts["scenario"] = document.scenario.model_copy(
        update={"policy": policy.model_copy(update={"rules": rules})}
    )
    if (comparison := document.comparison) is not None:
        changes = sorted(_coded(comparison.changes, code), key=lambda row: (row.scenario, row.user))
        notes = tuple(note.model_copy(update={"note": said(note.note)}) for note in comparison.notes)
        parts["comparison"] = comparison.model_copy(update={"changes": tuple(changes), "notes": notes})
    if (review := document.review) is not None:
        lists = {
            name: tuple(sorted(_coded(getattr(review, name), code), key=lambda row: row.user))
            for name in REVIEWED
        }
        checks = tuple(
            check.model_copy(update={"message": said(check.message), "repair": said(check.repair)})
            for check in review.checks
        )
        parts["review"] = review.model_copy(update={**lists, "checks": checks})
    return document.model_copy(update=parts)


def _rows(table: ColumnTable, rows: Any) -> ColumnTable:
    return ColumnTable({name: Column(c.codes[rows], c.values) for name, c in table.columns.items()})


def _coded(rows: Iterable[Any], code: Mapping[str, str]) -> list[Any]:
    return [row.model_copy(update={"user": code[row.user]}) for row in rows]


def _finding(finding: FindingRow, said: Callable[[str], str]) -> FindingRow:
    plain = NAMING.get(finding.code)
    texts = {"message": said(finding.message), "hint": said(finding.hint)}
    return finding.model_copy(update=texts if plain is None else {"message": plain, "hint": ""})


def _sayer(code: Mapping[str, str]) -> Callable[[str], str]:
    """Replaces users in a sentence; the shortest names, which may be any word, only where quoted."""

    def said(text: str) -> str:
        there = sorted((name for name in code if name and name in text), key=lambda name: (-len(name), name))
        if not there:
            return text
        words = [
            rf"(?<!\w){re.escape(name)}(?!\w)" for name in there if len(name) > 2 and not name.isdecimal()
        ]
        quoted = [rf'(?<=["`]){re.escape(name)}(?=["`])' for name in there]
        return re.sub("|".join(quoted + words), lambda found: code[found[0]], text)

    return said


def _codes(users: Sequence[str], key_file: Path) -> dict[str, str]:
    """The code of each user, from the key file or added to it."""
    try:
        place = key_file.resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
        with folder_lock(place.parent):  # exports at the same time must not assign different codes
            old = place.read_bytes() if place.exists() else b""
            known = _read_key(key_file, old)
            if fresh := [user for user in users if user not in known]:
                taken = {*known.values(), *known, *users}  # a user's name may look like a code
                number = (n for n in range(1, 2**62) if f"person-{n:04}" not in taken)
                # shuffled: codes in alphabetical order would reveal names
                SystemRandom().shuffle(fresh)
                new = {user: f"person-{next(number):04}" for user in fresh}
                write_whole(place, (old or b"user,code\n") + _key_lines(new), mode=0o600)
                known |= new
    except OSError as error:
        raise FlexoptError(
            f"{key_file}: cannot write the key file ({error.strerror})",
            "choose another file with --key",
        ) from None
    return known


def _key_lines(codes: Mapping[str, str]) -> bytes:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n", quoting=csv.QUOTE_ALL)
    # an apostrophe stops a spreadsheet from calculating a name; a leading one in a name is doubled
    names = (f"'{user}" if user.startswith("'") else harmless(user) for user in codes)
    writer.writerows(zip(names, codes.values(), strict=True))
    return lines.getvalue().encode("utf-8", "surrogatepass")


def _read_key(key_file: Path, data: bytes) -> dict[str, str]:
    """Codes by user. Raises FlexoptError if the file is not a key file."""
    if not data:
        return {}
    hint = "choose another file with --key, or move the existing one"
    try:
        text = data.decode("utf-8", "surrogatepass")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        codes = {user.removeprefix("'"): code for user, code in rows[1:]}
    except (ValueError, csv.Error):
        rows, codes = [], {}
    if not rows or rows[0] != ["user", "code"]:
        raise FlexoptError(f"{key_file}: exists but is not a key file (columns user, code)", hint)
    if not data.endswith(b"\n") or len({*codes.values()}) < len(rows) - 1:
        raise FlexoptError(f"{key_file}: the key file is damaged: a user or a code appears twice", hint)
    return codes
