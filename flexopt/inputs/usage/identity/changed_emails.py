"""Two emails of one person: said where an id shows it, asked where only the name does."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import duckdb
import numpy as np
import pandas as pd

from flexopt.base.findings import Finding, Findings
from flexopt.base.text import count
from flexopt.inputs.usage.day_masks import unpack
from flexopt.inputs.usage.identity.names import Names, names_of
from flexopt.inputs.usage.identity.ties import Ties, dated_cells
from flexopt.inputs.usage.scan import SLAB
from flexopt.inputs.usage.usage_table import UsageTable

SAME_DAYS = 5
"""Days of use under two emails of one id that are no mere change of the email."""

_EMAIL = "@"


def days_of(ties: Ties, several: Mapping[int, list[int]]) -> dict[int, set[int]]:
    """The days of use under each of these emails."""
    nodes = np.array(sorted(n for emails in several.values() for n in emails), np.int64)
    if not len(nodes):
        return {}
    cells = dated_cells(ties.con, nodes)
    place = unpack(np.arange(len(cells.node)), cells.mask)
    row, day = place // SLAB, place % SLAB
    found: dict[int, set[int]] = {n: set() for n in nodes.tolist()}
    for node, number in zip(cells.node[row].tolist(), (cells.slab[row] * SLAB + day).tolist(), strict=True):
        found[node].add(number)
    return found


def keep_apart(
    con: duckdb.DuckDBPyConnection,
    ties: Ties,
    opened: Mapping[int, UsageTable],
    *,
    files: list[str],
    findings: Findings,
    most: int,
) -> None:
    """Undo ties of people with other names who worked on the same days, and ask."""
    said = {int(n) for pairs in ties.said for n in pairs}
    several = {p: [n for n in emails if n not in said] for p, emails in ties.emails().items()}
    several = {p: emails for p, emails in several.items() if len(emails) > 1}
    days = days_of(ties, several)
    doubtful = {p: e for p, e in several.items() if any(days[a] & days[b] for a, b in combinations(e, 2))}
    names = names_of(con, opened, [ties.text[n] for emails in doubtful.values() for n in emails])
    apart: dict[int, tuple[int, int, int]] = {}
    for person, emails in doubtful.items():
        for a, b in combinations(emails, 2):
            called = {names.name.get(ties.text[n], "") for n in (a, b)}
            shared = len(days[a] & days[b])
            if shared >= (SAME_DAYS if "" in called else 1) and (len(called) > 1 or "" in called):
                apart.setdefault(person, (a, b, shared))
    if not apart:
        return
    ties.separate(apart)
    found = []
    for a, b, shared in apart.values():
        one, other = ties.text[a], ties.text[b]
        message = (
            f"{_called(one, names)} and {_called(other, names)} have one id, but use on the same "
            f"{count(shared, 'day')}: they are planned as two people"
        )
        hint = f"if they are one person, write this to people.csv:\nuser,aliases\n{other},{one}"
        found.append(Finding(files[0], None, "", "U181", "warning", message, hint, one))
    findings.add_few(sorted(found), most, "more people with one id and use on the same days")


def _called(email: str, names: Names) -> str:
    name = names.name.get(email)
    return f"{email[:60]} ({name[:60].title()})" if name else email[:60]


def changed_names(
    con: duckdb.DuckDBPyConnection,
    days: pd.DataFrame,
    opened: Mapping[int, UsageTable],
    *,
    files: list[str],
    findings: Findings,
    most: int,
) -> None:
    """Ask about people of one name and team of whom one ends before the other begins."""
    if len(days) < 2 or not files:
        return
    code = days["user"].cat.codes.to_numpy()
    date = days["date"].to_numpy().astype(np.int64)
    begins = np.flatnonzero(np.concatenate(([True], code[1:] != code[:-1])))
    first, last = np.minimum.reduceat(date, begins), np.maximum.reduceat(date, begins)
    users = days["user"].cat.categories.to_numpy()[code[begins]]
    # only who ended before the last began, or began after the first ended, can be half of a pair
    maybe = np.flatnonzero((last < first.max()) | (first > last.min()))
    found_names = names_of(con, opened, [u for u in users[maybe].tolist() if _EMAIL in u])
    groups: dict[str, list[int]] = {}
    for at in maybe.tolist():
        if name := found_names.name.get(users[at]):
            groups.setdefault(name, []).append(at)
    found = []
    for name, group in sorted(groups.items()):
        for at in sorted(group, key=lambda i: (int(first[i]), str(users[i]))):
            team = found_names.team[users[at]]
            earlier = [i for i in group if last[i] < first[at] and found_names.team[users[i]] in ("", team)]
            if not earlier:
                continue
            old = max(earlier, key=lambda i: (int(last[i]), str(users[i])))
            found.append(
                _ask(name, str(users[old]), str(users[at]), (int(last[old]), int(first[at])), files[0])
            )
    findings.add_few(found, most, "more pairs of people of one name, one after the other")


def _ask(name: str, old: str, new: str, moments: tuple[int, int], file: str) -> Finding:
    end, start = (str(np.datetime64(m, "s").astype("datetime64[D]")) for m in moments)
    return Finding(
        file,
        None,
        "",
        "U184",
        "warning",
        f"{name.title()[:60]} has two emails: {old[:80]} is used until {end}, {new[:80]} from {start}; "
        "they are planned as two people",
        f"if they are one person, write this to people.csv:\nuser,aliases\n{new},{old}",
        old,
    )
