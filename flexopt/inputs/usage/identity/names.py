"""The names of people, read only where two emails may be one person: most files are never looked at again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from flexopt.inputs.files.formats import compact
from flexopt.inputs.usage.usage_table import UsageTable

_ONE = ("username", "fullname", "displayname")


@dataclass(slots=True)
class Names:
    """What files call the people behind emails, in lower case, and their teams."""

    name: dict[str, str] = field(default_factory=dict)
    team: dict[str, str] = field(default_factory=dict)


def names_of(
    con: duckdb.DuckDBPyConnection, opened: Mapping[int, UsageTable], emails: Collection[str]
) -> Names:
    """The names behind these emails: of Users exports and reports, else of the days."""
    names = Names()
    wanted = set(emails)
    if not wanted:
        return names
    con.register("emails_given", pa.table({"mail": pa.array(sorted(wanted), pa.string())}))
    # as they are written in the files, so that only these few are cleaned
    con.execute(
        "create or replace temp table wanted_mail as select distinct s.email, s.mail from seen s "
        "join emails_given using (mail) where s.email <> ''"
    )
    con.unregister("emails_given")
    rows = con.execute(
        "select lower(shown(email)) as mail, max(lower(nfc_normalize(first || ' ' || last))), "
        "max(lower(team)) from assigned where email in (select email from wanted_mail) "
        "and first || last <> '' group by mail order by mail"
    ).fetchall()
    for mail, name, team in rows:
        names.name[mail], names.team[mail] = name, team
    for _, table in sorted(opened.items()):
        if table.format.kind == "days" and not wanted <= names.name.keys():
            _of_days(con, table, wanted, names)
    return names


def _of_days(con: duckdb.DuckDBPyConnection, table: UsageTable, wanted: set[str], names: Names) -> None:
    places: dict[str, int] = {}
    for place, column in enumerate(table.header):
        places.setdefault(compact(column), place)
    whole = next((places[c] for c in _ONE if c in places and places[c] not in table.roles.values()), None)
    columns = [places[c] for c in ("firstname", "lastname") if c in places]
    if not columns and whole is not None:
        columns = [whole]
    if "email" not in table.roles or not columns:
        return
    name = " || ' ' || ".join(f"coalesce({table.columns[c]}, '')" for c in columns)
    at = next((places[c] for c in ("team", "teamname", "teamalias") if c in places), None)
    team = "''" if at is None else f"coalesce({table.columns[at]}, '')"
    rows = con.execute(
        "select w.mail, min(lower(nfc_normalize(trim(shown(name))))) as name, min(lower(shown(team))) from "
        f"(select {table.sql('email')} as email, min({name}) as name, min({team}) as team "
        f"from {table.relation} group by 1) "
        "join wanted_mail w using (email) group by w.mail order by w.mail"
    ).fetchall()
    for mail, called, group in rows:
        if called and mail not in names.name:
            names.name[mail], names.team[mail] = called, group
