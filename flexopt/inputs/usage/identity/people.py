"""Identifies users: one key per person across exports that show emails, hashes or ids."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import numpy as np
import pyarrow as pa

from flexopt.base.findings import Finding, Findings
from flexopt.base.text import count
from flexopt.inputs.records import Person
from flexopt.inputs.usage.identity.changed_emails import days_of, keep_apart
from flexopt.inputs.usage.identity.same_days import same_days
from flexopt.inputs.usage.identity.ties import Ties, find_ties
from flexopt.inputs.usage.usage_table import UsageTable

_ONE_WAY = "write the user in the same way in all files"


def identify(
    con: duckdb.DuckDBPyConnection,
    people: Mapping[str, Person],
    opened: Mapping[int, UsageTable],
    *,
    files: list[str],
    findings: Findings,
    most: int,
) -> None:
    """Create the table `person`: name, email, hash, id as in `cell` -> `user`, '' if there is none.

    Identifiers that a row shows together, that people.csv names together, or that have the same days in two
    exports are one person. The key is the user of people.csv, else the email with the latest use, else the
    hash, else the id. A plain `user` is used unchanged, an email in lower case.
    """
    ties = find_ties(con, people, files=files, findings=findings, most=most)
    keep_apart(con, ties, opened, files=files, findings=findings, most=most)
    same_days(con, ties, opened, files=files, findings=findings)
    users = _users(ties, files, findings)
    con.register(
        "users_given",
        pa.table({"node": pa.array(range(len(users)), pa.int64()), "user": pa.array(users, pa.string())}),
    )
    con.execute(
        "create temp table person as select s.name, s.email, s.hash, s.id, coalesce(u.user, '') as user, "
        "s.file, s.n from seen s left join users_given u using (node)"
    )
    con.unregister("users_given")
    _unseen_aliases(con, people, files, findings, most)
    _case_only(con, files, findings, most)


def _users(ties: Ties, files: list[str], findings: Findings) -> list[str]:
    """The key of the person of every identifier."""
    # identifiers are numbered by kind and text: a person's lowest is an email if there is one
    text = np.array(ties.text, object)
    users: list[str] = text[ties.label].tolist()
    chosen: dict[int, str] = {}
    several = ties.emails()
    last = {n: max(days, default=-1) for n, days in days_of(ties, several).items()}
    said = {int(n) for pairs in ties.said for n in pairs}
    moved = []
    for person, emails in sorted(several.items()):
        known = [n for n in emails if n in ties.declared]
        best = min(known or emails, key=lambda n: (-last[n], n))
        chosen[person] = ties.declared.get(best, ties.text[best])
        if others := [ties.text[n] for n in emails if n != best and not {n, best} <= said]:
            moved.append((chosen[person], others))
    for node, user in ties.declared.items():
        chosen.setdefault(int(ties.label[node]), user)
    if chosen:
        users = [chosen.get(n, user) for n, user in zip(ties.label.tolist(), users, strict=True)]
    if moved:
        shown = "; ".join(
            f"{', '.join(o[:60] for o in others)} is now {user[:60]}" for user, others in moved[:5]
        )
        more = f"; {len(moved) - 5:,} more" if len(moved) > 5 else ""
        findings.add(
            "U122",
            f"{count(len(moved), 'person has', 'people have')} several emails, and each counts once: "
            f"{shown}{more}",
            file=files[0],
            value=moved[0][0],
            severity="info",
            count=len(moved),
            hint="the user is the email with the latest use; for another, write it as `user` in people.csv",
        )
    return users


def other_names(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """User by each other email or id that stands for this user alone."""
    rows = con.execute(
        "select text, min(user) from (select unnest([lower(shown(email)), shown(hash), shown(id)]) as text, "
        "user from person where user <> '') where text <> '' group by text "
        "having count(distinct user) = 1 and min(user) <> text"
    ).fetchall()
    return dict(rows)


def _unseen_aliases(
    con: duckdb.DuckDBPyConnection,
    people: Mapping[str, Person],
    files: list[str],
    findings: Findings,
    most: int,
) -> None:
    aliases = [(user, alias) for user, person in sorted(people.items()) for alias in person.aliases]
    if not aliases or not files:
        return
    rows = con.execute(
        "select distinct unnest([plain, mail, hashed, number]) as text from seen where not bad"
    ).fetchall()
    known = {str(row[0]) for row in rows}
    found = [
        Finding(
            files[0],
            None,
            "",
            "U185",
            "info",
            f'no row has "{alias[:60]}", an alias of {user[:60]} in the people table',
            "compare it with the emails and ids in the usage files, or delete it",
            alias,
        )
        for user, alias in aliases
        if alias not in known and alias.lower() not in known
    ]
    findings.add_few(found, most, "more aliases that no row has")


def _case_only(con: duckdb.DuckDBPyConnection, files: list[str], findings: Findings, most: int) -> None:
    rows = con.execute(
        "select min(file), list(distinct user order by user) as users, sum(n) from person "
        "where user <> '' and n > 0 "
        "group by lower(nfc_normalize(user)) having count(distinct user) > 1 order by 1, 2"
    ).fetchall()
    found = []
    for file, users, n in rows:
        names = ", ".join(f'"{u[:60]}"' for u in users[:5])
        message = (
            "users differ only in case or in the encoding of accents; they are planned as different users: "
            f"{names}"
        )
        found.append(Finding(files[file], None, "user", "U123", "warning", message, _ONE_WAY, users[0], n))
    findings.add_few(found, most, "more users of this kind")
