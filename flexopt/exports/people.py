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
from flexopt.store.plan_json import PlanDocument
from flexopt.store.table_csv import harmless
from flexopt.store.tables import TABLES, UNWRITTEN

WITHHELD = "(name withheld)"

NAMING = {
    "U122": "a hidden id appears with several emails; rows without an email keep the hidden id",
    "U123": "users differ only in case or in the encoding of accents; they are planned as different users",
    "T113": "two users differ only in case or spaces",
    "S219": "a rule is for a user who is not in the people table",
}
"""Findings that may name people outside the plan, by code: their text without the names."""

REVIEWED = ("moves", "double_use", "idle", "leavers")
"""Tables of `review` with a row per user and product."""


def people_left_out(document: PlanDocument) -> bool:
    """Whether the plan has users but the document does not: it comes from `without_people`."""
    return not document["assignment"] and document["summary"]["users"] > 0


def pseudonymise(document: PlanDocument, key_file: Path) -> dict[str, Any]:
    """The document with a code in place of each user, the same for all documents of one key file.

    The key file (CSV: user, code; for its owner only) is read, and gets a line for each user it lacks. Rows
    are in the order of the codes, which say nothing about the names. Raises FlexoptError if the file is not a
    key file or cannot be written.
    """
    code = _codes(sorted(set(_users(document))), key_file)
    changed = _replaced(document, code)
    for table in ("assignment", "left_out"):
        rows = ColumnTable.of(changed[table], TABLES[table])
        if len(rows):
            order = np.argsort(rows.columns["user"].array().astype(str), kind="stable")
            changed[table] = ColumnTable(
                {n: Column(c.codes[order], c.values) for n, c in rows.columns.items()}
            )
    for part, names in (("comparison", ("changes",)), ("review", REVIEWED)):
        for name in names:
            if part in changed and name in changed[part]:
                changed[part][name].sort(key=lambda row: (row.get("scenario", ""), row["user"]))
    return changed


def without_people(document: PlanDocument) -> dict[str, Any]:
    """The document without rows about people; totals and counts stay."""
    changed = _replaced(document, dict.fromkeys(_users(document), WITHHELD))
    changed["assignment"], changed["left_out"] = [], []
    if "comparison" in changed:
        changed["comparison"]["changes"] = []
    if "review" in changed:
        changed["review"] |= {name: [] for name in REVIEWED if name in changed["review"]}
    return changed


def _users(document: PlanDocument) -> Iterator[str]:
    for table in ("assignment", "left_out"):
        yield from ColumnTable.of(document[table], TABLES[table]).columns["user"].values
    yield from (row["user"] for row in document.get("comparison", {}).get("changes", ()))
    yield from (row["user"] for name in REVIEWED for row in document.get("review", {}).get(name, ()))
    yield from (rule["user"] for rule in document["scenario"]["policy"]["rules"] if rule["user"] is not None)


def _replaced(document: PlanDocument, code: Mapping[str, str]) -> dict[str, Any]:
    """Every user replaced; the tables in their order."""
    changed = {key: value for key, value in document.items() if key != UNWRITTEN}
    for table in ("assignment", "left_out"):
        rows = ColumnTable.of(document[table], TABLES[table])
        changed[table] = ColumnTable(rows.columns | {"user": rows.columns["user"].mapped(code.__getitem__)})
    said = _sayer(code)
    changed["findings"] = [_finding(finding, said) for finding in document["findings"]]
    policy = document["scenario"]["policy"]
    rules = [r | {"user": None if r["user"] is None else code[r["user"]]} for r in policy["rules"]]
    changed["scenario"] = document["scenario"] | {"policy": policy | {"rules": rules}}
    if "comparison" in document:
        comparison = document["comparison"]
        changed["comparison"] = comparison | {
            "changes": _coded(comparison.get("changes", ()), code),
            "notes": [note | {"note": said(note["note"])} for note in comparison.get("notes", ())],
        }
    if "review" in document:
        review = document["review"]
        changed["review"] = review | {
            **{name: _coded(review[name], code) for name in REVIEWED if name in review},
            "checks": [
                check | {key: said(check[key]) for key in ("message", "repair")}
                for check in review.get("checks", ())
            ],
        }
    return changed


def _coded(rows: Iterable[Mapping[str, Any]], code: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{**row, "user": code[row["user"]]} for row in rows]


def _finding(finding: Mapping[str, Any], said: Callable[[str], str]) -> dict[str, Any]:
    plain = NAMING.get(finding["code"])
    if plain is not None:
        return {**finding, "message": plain, "hint": ""}
    return {**finding, **{key: said(finding[key]) for key in ("message", "hint")}}


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
