"""A Usage Report with hidden names beside files with emails: who its people may be, by numbers of days."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import duckdb
import numpy as np

from flexopt.base.findings import Findings
from flexopt.base.text import count
from flexopt.inputs.usage.identity.ties import EMAIL, Ties, dated_cells
from flexopt.inputs.usage.usage_table import OK

MOST = 2_000
"""People of a report who are compared with everybody."""

LINES = 30
"""Lines to paste: as many as fit into a finding."""

Use = dict[int, int]
"""Days by product."""


def report_hidden(con: duckdb.DuckDBPyConnection, ties: Ties, files: list[str], findings: Findings) -> None:
    """U183: the hidden ids of a report that nothing ties to the emails of another file.

    A report has no days to compare. Who uses the same products on as many days is proposed if nobody else
    does; only the planner can say that it is so.
    """
    rows = con.execute(
        "select c.file, s.node, t.number, sum(c.used) from (select distinct file, name, email, hash, id, "
        f"product, access, used from cell where status = {OK} and used > 0) c "
        "join seen s using (name, email, hash, id) join titled t using (product) "
        "where not s.named and s.node is not null and exists (select 1 from cell d "
        "join seen e using (name, email, hash, id) where e.named and d.file <> c.file) "
        "group by all order by all"
    ).fetchall()
    known, use = ties.has(EMAIL), None
    hidden: dict[int, dict[int, Use]] = defaultdict(lambda: defaultdict(dict))
    for file, node, product, days in rows:
        person = int(ties.label[node])
        if not known[person]:
            theirs = hidden[int(file)][person]
            theirs[int(product)] = theirs.get(int(product), 0) + int(days)
    for file, people in hidden.items():
        use = _days_by_email(con, ties) if use is None else use
        lines = _lines(ties, people, use)
        hint = (
            "export the report with personal data switched on, or remove it if the other files show the same "
            "days"
        )
        if lines:
            more = f" (the first {LINES} of {len(lines):,})" if len(lines) > LINES else ""
            hint += f"; or write to people.csv who they are: these have the same products and days{more}:\n"
            hint += "\n".join(["user,aliases", *lines[:LINES]])
        findings.add(
            "U183",
            f"{count(len(people), 'person', 'people')} may count twice: the report hides who they are, and "
            "other files show emails",
            file=files[file],
            severity="warning",
            count=len(people),
            hint=hint,
        )


def _days_by_email(con: duckdb.DuckDBPyConnection, ties: Ties) -> dict[int, Use]:
    """Days by product of everybody with an email, each day once however many files show it."""
    cells = dated_cells(con)
    kept = np.flatnonzero(ties.has(EMAIL)[ties.label[cells.node]])
    masks: dict[tuple[int, int, int], int] = defaultdict(int)
    keys = np.column_stack([ties.label[cells.node], cells.product, cells.slab])[kept].tolist()
    for key, words in zip(keys, cells.mask[kept].tolist(), strict=True):
        masks[tuple(key)] |= sum(int(word) << (64 * place) for place, word in enumerate(words))
    use: dict[int, Use] = defaultdict(dict)
    for (person, product, _), mask in masks.items():
        use[person][product] = use[person].get(product, 0) + mask.bit_count()
    return use


def _lines(ties: Ties, hidden: Mapping[int, Use], use: Mapping[int, Use]) -> list[str]:
    """`user,alias` of hidden people whom only one person fits, and who alone fit that person."""
    if len(hidden) > MOST:
        return []
    like: dict[frozenset[int], list[int]] = defaultdict(list)
    for person, theirs in use.items():
        like[frozenset(theirs)].append(person)
    fitting = {
        person: [one for one in like[frozenset(mine)] if _fits(mine, use[one])]
        for person, mine in hidden.items()
    }
    wanted = Counter(one for people in fitting.values() for one in people)
    return [
        f"{ties.text[people[0]]},{ties.text[person]}"
        for person, people in sorted(fitting.items())
        if len(people) == 1 and wanted[people[0]] == 1
    ]


def _fits(reported: Use, days: Use) -> bool:
    """A report also counts launches without tokens."""
    return all(0 <= reported[p] - days[p] <= max(2, days[p] // 10) for p in days)
