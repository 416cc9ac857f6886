"""Identifies users: one key per person across exports that show emails, hashes or ids."""

from __future__ import annotations

import duckdb

from flexopt.base.findings import Finding, Findings

_WITH_EMAIL = "export with personal data switched on, so that every row has an email"
_ONE_WAY = "write the user in the same way in all files"


def identify(con: duckdb.DuckDBPyConnection, files: list[str], findings: Findings, most: int) -> None:
    """Create the table `person`: name, email, hash, id as in `cell` -> `user`, '' if there is none.

    A plain `user` is used unchanged. A visible email is the key, in lower case. A hash or id that appears
    with exactly one email in some file stands for it in all files; otherwise it is the key itself.
    """
    con.execute(
        "create temp table seen as select *, shown(name) as plain, lower(shown(email)) as mail, "
        "shown(hash) as hashed, shown(id) as number, "
        "broken(name) or broken(email) or broken(hash) or broken(id) as bad "
        "from (select name, email, hash, id, min(file) as file, sum(n) as n from cell group by all)"
    )
    for table, key, value in (
        ("hash_mail", "hashed", "mail"),
        ("id_mail", "number", "mail"),
        ("id_hash", "number", "hashed"),
    ):
        con.execute(
            f"create temp table {table} as select {key} as k, min({value}) as v, "
            f"count(distinct {value}) as c, min(file) as file, sum(n) as n, "
            f"string_agg(distinct {value}, ', ' order by {value}) as all_v "
            f"from seen where {key} <> '' and {value} <> '' and not bad group by {key}"
        )
    con.execute(
        "create temp table person as select s.name, s.email, s.hash, s.id, case when s.bad then '' else "
        "coalesce(nullif(s.plain, ''), nullif(s.mail, ''), hm.v, im.v, ihm.v, nullif(s.hashed, ''), ih.v, "
        "s.number, '') end as user, s.file, s.n from seen s "
        "left join hash_mail hm on hm.k = s.hashed and hm.c = 1 "
        "left join id_mail im on im.k = s.number and im.c = 1 "
        "left join id_hash ih on ih.k = s.number and ih.c = 1 "
        "left join hash_mail ihm on ihm.k = ih.v and ihm.c = 1"
    )
    _two_emails(con, files, findings, most)
    _case_only(con, files, findings, most)


def _two_emails(con: duckdb.DuckDBPyConnection, files: list[str], findings: Findings, most: int) -> None:
    query = "select file, k, all_v, n from {} where c > 1 order by file, k"
    for table in ("hash_mail", "id_mail"):
        found = []
        for file, key, emails, n in con.execute(query.format(table)).fetchall():
            message = (
                f'the hidden id "{key[:60]}" appears with several emails ({emails[:200]}); rows without an '
                "email keep the hidden id"
            )
            found.append(Finding(files[file], None, "", "U122", "warning", message, _WITH_EMAIL, key, n))
        findings.add_few(found, most, "more hidden ids with several emails")


def _case_only(con: duckdb.DuckDBPyConnection, files: list[str], findings: Findings, most: int) -> None:
    rows = con.execute(
        "select min(file), list(distinct user order by user) as users, sum(n) from person where user <> '' "
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
