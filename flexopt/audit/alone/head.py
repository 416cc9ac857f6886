"""What the head of a plan says twice: its name, its comparisons, and how much of the usage is planned."""

from __future__ import annotations

import re

from flexopt.audit.notes import Notes
from flexopt.store.plan import PlanDocument

VERSION, CODE, HASH = (
    re.compile(r"[0-9]+(\.[0-9]+)+\S*"),
    re.compile("[A-Z][0-9]{3}"),
    re.compile("[0-9a-f]{64}"),
)

ALWAYS = ("all_named", "all_flex", "break_even_rule")
"""Baselines that every plan has; `today` needs the access table."""

UNPLANNED = ("not a product of the scenario", "policy: access none")
"""Reasons for which use stays without access."""


def baselines(doc: PlanDocument, notes: Notes) -> None:
    """Which baselines there must be, and that it is known who moves if today's access is."""
    if doc.baselines or doc.comparison is None:  # quotes are also compared without them
        for name in ALWAYS:
            notes.expect(name in doc.baselines, f"`baselines.{name}` is missing")
        moves = [doc.summary.users_to_flex, doc.summary.users_to_seats, doc.summary.users_idle]
        known = "today" in doc.baselines
        notes.expect(
            all((count is not None) == known for count in moves),
            "`baselines.today` and the users who move are not both known or both unknown",
        )


def head(doc: PlanDocument, notes: Notes) -> None:
    """Names, versions, findings and coverage."""
    notes.expect(doc.name == doc.scenario.name, f"`name` is {doc.name}, but that of `scenario` is another")
    _coverage(doc, notes)
    notes.expect(bool(VERSION.fullmatch(doc.flexopt)), f"`flexopt` is {doc.flexopt}, which is no version")
    for number, finding in enumerate(doc.findings):
        told = CODE.fullmatch(finding.code) and finding.severity != "error"
        notes.expect(bool(told), f"`findings[{number}]` has no code of a warning or note")
    for number, listed in enumerate(doc.inputs):
        notes.expect(bool(HASH.fullmatch(listed.sha256)), f"`inputs[{number}].sha256` is no hash")
    files = [file.file for file in doc.inputs]
    notes.expect(len(files) == len(set(files)), "`inputs` has a file twice")


def _coverage(doc: PlanDocument, notes: Notes) -> None:
    said = doc.coverage
    for number, file in enumerate(said.files):
        parts = file.kept + file.repeated + file.zero_token + file.unknown_product + file.left_out
        notes.expect(
            file.rows == parts + file.rejected, f"the counts of `coverage.files[{number}]` do not add up"
        )
    rows = sum(file.rows for file in said.files)
    notes.expect(said.rows_read == rows, f"`coverage.rows_read` is {said.rows_read}, not {rows}")
    users = doc.summary.users
    notes.expect(
        said.users_planned == users, f"`coverage.users_planned` is {said.users_planned}, not {users}"
    )
    if not doc.left_out and (said.days_left_out or not doc.assignment):
        notes.expect(
            not doc.assignment, f"`coverage.days_left_out` is {said.days_left_out}, but `left_out` is empty"
        )
        return
    columns = doc.left_out.columns
    user, days, reason = (columns[name].array() for name in ("user", "days", "reason"))
    planned = set(doc.assignment.columns["user"].values)
    all_days = int(days.sum())
    missing = [word in UNPLANNED for word in reason.tolist()]
    theirs = [gone and who not in planned for gone, who in zip(missing, user.tolist(), strict=True)]
    for name, count in (
        ("days_left_out", all_days),
        ("days_not_planned", sum(int(n) for n, gone in zip(days, missing, strict=True) if gone)),
        ("users_not_planned", len({who for who, gone in zip(user.tolist(), theirs, strict=True) if gone})),
        ("days_of_users_not_planned", sum(int(n) for n, gone in zip(days, theirs, strict=True) if gone)),
    ):
        told = getattr(said, name)
        notes.expect(told == count, f"`coverage.{name}` is {told}, but `left_out` has {count}")
