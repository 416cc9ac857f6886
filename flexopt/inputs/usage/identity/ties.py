"""Which emails and ids are one person: those that a row shows together, or that people.csv names together.

Identifiers are numbered; a person is a set of them that hang together. Everything is done on whole columns:
of the rows only the distinct combinations of identifiers matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from flexopt.base.arrays import Bools, Ints
from flexopt.base.findings import Finding, Findings
from flexopt.inputs.records import Person
from flexopt.inputs.usage.scan import ANY_DAY, WORDS
from flexopt.inputs.usage.usage_table import OK

EMAIL, HASH, ID = range(3)
"""The kinds of identifiers; a `user` of the plain format counts as an email."""

SHARED = 4
"""More emails than this with one id, or more ids with one email in a file, are not one person's."""


@dataclass(slots=True)
class Ties:
    """The identifiers of all files, numbered, and what ties them."""

    con: duckdb.DuckDBPyConnection
    text: list[str]
    kind: Ints
    said: tuple[Ints, Ints]
    """Pairs that people.csv names together."""
    seen: tuple[Ints, Ints]
    """Pairs that a row shows together."""
    declared: dict[int, str] = field(default_factory=dict)
    """Identifiers that are a `user` of people.csv."""
    found: list[tuple[int, int]] = field(default_factory=list)
    """Pairs with the same days of use."""
    label: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    """The person of each identifier: the lowest number among its identifiers."""

    def unite(self) -> None:
        """Number the persons anew from all pairs."""
        pairs = np.array(self.found, np.int64).reshape(-1, 2)
        first = np.concatenate([self.said[0], self.seen[0], pairs[:, 0]])
        other = np.concatenate([self.said[1], self.seen[1], pairs[:, 1]])
        self.label = components(len(self.text), first, other)

    def separate(self, persons: Iterable[int]) -> None:
        """Forget what rows show of these persons: each of their identifiers is on its own again."""
        kept = ~np.isin(self.label[self.seen[0]], list(persons))
        self.seen = self.seen[0][kept], self.seen[1][kept]
        self.unite()

    def has(self, kind: int) -> Bools:
        """Whether each person, by label, has an identifier of the kind."""
        found = np.zeros(len(self.text), bool)
        found[self.label[self.kind == kind]] = True
        return found

    def emails(self) -> dict[int, list[int]]:
        """The emails of persons that have several."""
        emails = np.flatnonzero(self.kind == EMAIL)
        count = np.bincount(self.label[emails], minlength=len(self.text))
        several: dict[int, list[int]] = {}
        for node in emails[count[self.label[emails]] > 1].tolist():
            several.setdefault(int(self.label[node]), []).append(node)
        return several


def components(size: int, first: Ints, other: Ints) -> Ints:
    """The lowest number that each of `size` numbers hangs together with, by pairs."""
    label = np.arange(size, dtype=np.int64)
    while True:
        a, b = label[first], label[other]
        if np.array_equal(a, b):
            return label
        low = np.minimum(a, b)
        np.minimum.at(label, a, low)
        np.minimum.at(label, b, low)
        while not np.array_equal(label, label[label]):
            label = label[label]


def find_ties(
    con: duckdb.DuckDBPyConnection,
    people: Mapping[str, Person],
    *,
    files: list[str],
    findings: Findings,
    most: int,
) -> Ties:
    """Create the tables `seen` (combination of identifiers -> `node`) and `node`, and their ties."""
    con.execute(
        "create temp table combination as select *, shown(name) as plain, "
        "case when contains(email, '**') and identified(hash) || identified(id) <> '' then '' "
        "else lower(identified(email)) end as mail, "
        "identified(hash) as hashed, identified(id) as number, "
        "broken(name) or broken(email) or broken(hash) or broken(id) as bad "
        "from (select name, email, hash, id, file, sum(n) as n from cell group by all "
        "union all select name, email, hash, id, file, 0 from assigned)"
    )
    _shared_emails(con, files, findings, most)
    con.execute(
        "create temp table seen as select name, email, hash, id, mail, hashed, number, plain, bad, "
        "min(file) as file, sum(n) as n from combination group by all"
    )
    con.execute("update seen set mail = plain where plain <> ''")
    declared, aliases = _declared(people)
    _register(con, "alias", ["user", "kind", "text"], aliases)
    con.execute(
        "create temp table node as select kind, text, row_number() over (order by kind, text) - 1 as node "
        f"from (select {EMAIL} as kind, mail as text from seen where not bad "
        f"union select {HASH}, hashed from seen where not bad "
        f"union select {ID}, number from seen where not bad union "
        f"select {EMAIL}, user from alias) where text <> ''"
    )
    con.execute(
        "create temp table linked as select s.*, m.node as m, h.node as h, i.node as i from seen s "
        f"left join node m on m.kind = {EMAIL} and m.text = s.mail and not s.bad "
        f"left join node h on h.kind = {HASH} and h.text = s.hashed and not s.bad "
        f"left join node i on i.kind = {ID} and i.text = s.number and not s.bad"
    )
    shared = _shared_ids(con, files, findings, most)
    _register(con, "shared", ["node"], [(n,) for n in shared])
    con.execute(
        "create or replace temp table seen as select * exclude (m, h, i), coalesce(m, "
        "case when h not in (select node from shared) then h end, "
        "case when i not in (select node from shared) then i end, h, i) as node, m is not null as named "
        "from linked"
    )
    unshared = "not in (select node from shared)"
    pairs = con.execute(
        f"select distinct a, b from (select m as a, h as b from linked where h {unshared} union all "
        f"select m, i from linked where i {unshared} union all "
        f"select h, i from linked where h {unshared} and i {unshared}) where a is not null and b is not null "
        "order by a, b"
    ).fetchnumpy()
    said = con.execute(
        "select u.node as a, n.node as b from alias s join node n on n.kind = s.kind and n.text = s.text "
        f"join node u on u.kind = {EMAIL} and u.text = s.user order by 1, 2"
    ).fetchnumpy()
    listed = con.execute("select kind, text from node order by node").fetchnumpy()
    text = [str(t) for t in listed["text"].tolist()]
    kind = np.asarray(listed["kind"], np.int64)
    ties = Ties(con, text, kind, _pairs(said), _pairs(pairs))
    if declared:
        emails = np.flatnonzero(kind == EMAIL).tolist()
        ties.declared = {n: declared[text[n]] for n in emails if text[n] in declared}
    ties.unite()
    return ties


def _pairs(columns: Mapping[str, Any]) -> tuple[Ints, Ints]:
    return np.asarray(columns["a"], np.int64), np.asarray(columns["b"], np.int64)


def _register(
    con: duckdb.DuckDBPyConnection, name: str, columns: list[str], rows: Iterable[tuple[object, ...]]
) -> None:
    listed = list(rows)
    types = {"kind": pa.int64(), "node": pa.int64()}
    arrays = {
        c: pa.array([row[at] for row in listed], types.get(c, pa.string())) for at, c in enumerate(columns)
    }
    con.register("rows_given", pa.table(arrays))
    con.execute(f"create or replace temp table {name} as select * from rows_given")
    con.unregister("rows_given")


def _declared(people: Mapping[str, Person]) -> tuple[dict[str, str], list[tuple[str, int, str]]]:
    """The users of people.csv by identifier, and (user, kind, alias) of all their aliases."""
    declared = {user: user for user in people}
    aliases: list[tuple[str, int, str]] = []
    for user, person in sorted(people.items()):
        for alias in person.aliases:
            mail = alias.lower() if "@" in alias else alias
            aliases += [(user, EMAIL, mail), (user, HASH, alias), (user, ID, alias)]
        if person.aliases and "@" in user:
            declared.setdefault(user.lower(), user)
            aliases.append((user, EMAIL, user.lower()))
    return declared, aliases


def _shared_emails(con: duckdb.DuckDBPyConnection, files: list[str], findings: Findings, most: int) -> None:
    """An email that one file shows with many ids hides whose it is: then the ids tell the people apart."""
    con.execute(
        "create temp table shared_mail as select mail, min(file) as file, max(ids) as ids, sum(n) as n from "
        "(select mail, file, sum(n) as n, "
        "greatest(count(distinct nullif(hashed, '')), count(distinct nullif(number, ''))) as ids "
        "from combination where mail <> '' and not bad group by mail, file) "
        f"where ids > {SHARED} group by mail"
    )
    found = [
        Finding(
            files[file],
            None,
            "",
            "U180",
            "warning",
            f'the email "{mail[:60]}" appears with {ids:,} ids: nobody has so many; the ids tell the people '
            "apart",
            "export with personal data switched on, so that every row has its own email",
            mail,
            n,
        )
        for file, mail, ids, n in con.execute(
            "select file, mail, ids, n from shared_mail order by file, mail"
        ).fetchall()
    ]
    findings.add_few(found, most, "more emails that many ids share")
    con.execute(
        "update combination set mail = '' where hashed || number <> '' "
        "and mail in (select mail from shared_mail)"
    )


def _shared_ids(con: duckdb.DuckDBPyConnection, files: list[str], findings: Findings, most: int) -> list[int]:
    """Ids that many emails share (a service account, a machine): they tie nobody."""
    rows = con.execute(
        "select node, any_value(text), min(file), count(distinct m), sum(n) from "
        "(select h as node, hashed as text, file, m, n from linked where m is not null and h is not null "
        "union all select i, number, file, m, n from linked where m is not null and i is not null) "
        f"group by node having count(distinct m) > {SHARED} order by 3, 2"
    ).fetchall()
    found = [
        Finding(
            files[file],
            None,
            "",
            "U180",
            "warning",
            f'the id "{text[:60]}" appears with {emails:,} emails: nobody has so many; it ties nobody, and '
            "rows without an email keep it",
            "export with personal data switched on, so that every row has its own email",
            text,
            n,
        )
        for _, text, file, emails, n in rows
    ]
    findings.add_few(found, most, "more ids that many emails share")
    return [int(row[0]) for row in rows]


@dataclass(frozen=True, slots=True)
class DatedCells:
    """Days by identifier, product, file and part (all, or a part that `parts.py` tells apart), as masks."""

    node: Ints
    product: Ints
    file: Ints
    part: Ints
    slab: Ints
    mask: NDArray[np.uint64]
    named: Bools
    """Whether the rows show an email."""

    @classmethod
    def of(cls, rows: Mapping[str, Any]) -> DatedCells:
        node, product, file, part, slab = (
            np.asarray(rows[c], np.int64) for c in ("node", "product", "file", "part", "slab")
        )
        mask = np.column_stack([np.asarray(rows[word], np.uint64) for word in WORDS])
        return cls(node, product, file, part, slab, mask, np.asarray(rows["named"], bool))


def dated_cells(con: duckdb.DuckDBPyConnection, nodes: Ints | None = None) -> DatedCells:
    """The planned days of the given identifiers, or of all."""
    only = ""
    if nodes is not None:
        _register(con, "wanted", ["node"], [(n,) for n in nodes.tolist()])
        only = "and s.node in (select node from wanted) "
    con.execute(
        "create or replace temp table titled as "
        "select product, dense_rank() over (order by name) - 1 as number "
        "from (select product, coalesce(nullif(id, ''), unknown) as name from title) where name <> ''"
    )
    return DatedCells.of(
        con.execute(
            f"select s.node, t.number as product, c.file, 0 as part, c.slab, s.named, {ANY_DAY} from cell c "
            "join seen s using (name, email, hash, id) join titled t using (product) "
            f"where c.status = {OK} and c.used is null and c.slab is not null and s.node is not null {only}"
            "group by all order by all"
        ).fetchnumpy()
    )
