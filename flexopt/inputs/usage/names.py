"""The names of people, read only where two emails may be one person: most files are never looked at again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from flexopt.inputs.files.formats import compact
from flexopt.inputs.usage.usage_table import UsageTable

BLOCK = 1 << 16
"""Rows read at a time, until every email has its name."""

_ONE = ("username", "fullname", "displayname")


@dataclass(slots=True)
class Names:
    """What files call the people behind emails, in lower case, and their teams."""

    name: dict[str, str] = field(default_factory=dict)
    team: dict[str, str] = field(default_factory=dict)


def names_of(
    con: duckdb.DuckDBPyConnection, opened: Mapping[int, UsageTable], emails: Collection[str]
) -> Names:
    """The names behind these emails: of Users exports and reports, else of the first row that has one."""
    names = Names()
    wanted = set(emails)
    if not wanted:
        return names
    con.register("emails_given", pa.table({"mail": pa.array(sorted(wanted), pa.string())}))
    con.execute("create or replace temp table wanted_mail as select mail from emails_given")
    con.unregister("emails_given")
    rows = con.execute(
        "select lower(shown(email)) as mail, max(lower(nfc_normalize(first || ' ' || last))), "
        "max(lower(team)) from assigned where lower(shown(email)) in (select mail from wanted_mail) "
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
    name = f"trim(concat_ws(' ', {', '.join(f'shown({table.columns[c]})' for c in columns)}))"
    at = next((places[c] for c in ("team", "teamname", "teamalias") if c in places), None)
    team = "''" if at is None else f"coalesce({table.columns[at]}, '')"
    reader = con.sql(
        "select * from (select lower(shown(mail)) as mail, lower(nfc_normalize(name)) as name, "
        f"lower(shown(team)) as team from (select {table.sql('email')} as mail, {name} as name, "
        f"{team} as team from {table.relation})) where name <> '' and mail in (select mail from wanted_mail)"
    ).to_arrow_reader(BLOCK)
    for batch in reader:
        for mail, name, team in zip(*(c.to_pylist() for c in batch.columns), strict=True):
            if mail not in names.name:
                names.name[mail], names.team[mail] = name, team
        if wanted <= names.name.keys():
            break
    reader.close()
