"""What a header of an unknown file may be: the `columns` to write for it, or why it is no usage."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from flexopt.base.findings import Refusal
from flexopt.inputs.files.formats import compact

_NAMES: Mapping[str, tuple[str, ...]] = {
    "user": (
        *(
            "user",
            "username",
            "userid",
            "useremail",
            "email",
            "emailaddress",
            "mail",
            "userprincipalname",
            "upn",
        ),
        *(
            "login",
            "loginname",
            "loginid",
            "userlogin",
            "networklogin",
            "account",
            "accountname",
            "samaccountname",
            "person",
            "employee",
            "employeename",
        ),
        *("fullname", "displayname", "licenseuser", "licenceuser", "benutzer", "benutzername", "anwender"),
        *("mitarbeiter", "utilisateur", "nomutilisateur", "usuario", "utente", "gebruiker"),
    ),
    "product": (
        *("product", "productname", "application", "applicationname", "app", "appname", "software"),
        *("softwaremodel", "softwarename", "softwareproduct", "softwaretitle", "title", "program", "feature"),
        *(
            "featurename",
            "licensefeature",
            "featurecode",
            "module",
            "produkt",
            "anwendung",
            "programm",
            "produit",
        ),
        *("logiciel", "producto", "prodotto"),
    ),
    "started_at": (
        *("startedat", "starttime", "start", "startdate", "startdatetime", "begin", "begintime", "checkout"),
        *(
            "checkouttime",
            "checkedout",
            "checkedoutat",
            "outtime",
            "sessionstart",
            "sessionstarttime",
            "timestart",
        ),
        *(
            "started",
            "sessionstarted",
            "launched",
            "launchedat",
            "launchtime",
            "logintime",
            "timeout",
            "beginn",
            "startzeit",
            "debut",
            "inicio",
        ),
    ),
    "ended_at": (
        *(
            "endedat",
            "endtime",
            "end",
            "enddate",
            "enddatetime",
            "finish",
            "finishtime",
            "checkin",
            "checkintime",
        ),
        *(
            "checkedin",
            "checkedinat",
            "intime",
            "sessionend",
            "sessionendtime",
            "ended",
            "sessionended",
            "timeend",
            "closed",
            "closedat",
        ),
        *("logouttime", "timein", "ende", "endzeit", "fin"),
    ),
    "date": (
        *("date", "day", "usagedate", "usedate", "dateused", "dateofuse", "dayofuse", "dayused", "logdate"),
        *(
            "eventdate",
            "sessiondate",
            "accessdate",
            "activitydate",
            "reportdate",
            "usageday",
            "launchdate",
            "datum",
            "tag",
            "nutzungstag",
        ),
        *("jour", "fecha", "data", "timestamp", "datetime", "time"),
    ),
    "tokens": ("tokens", "tokensused", "tokencount", "tokensconsumed", "tokenscharged"),
}
"""Keys of `usage.columns`, and the names that columns of other programs have for them, the best first."""

_TOTALS = re.compile(
    r"last(use|usage|activity|access|login|seen|run|launch)|first(use|usage|run|launch|seen)|daysused|"
    r"(run|usage|use|launch|session)s?(count|minutes|hours|time|duration)|timesused|uniquedays|totaldays|"
    r"(hours|minutes)used|totalhours|lastused|firstused|letzte"
)
_LOG_LINE = re.compile(
    r"^[ \t]*\d{1,2}:\d\d(:\d\d)? \((?P<daemon>[\w.-]+)\) |^[ \t]*\d{1,2}:\d\d:\d\d .*\b(OUT|IN|DENIED): \"|"
    r"^FLEX(net|lm)|^REPORTLOG|^#?REPORT_LOG",
    re.IGNORECASE | re.MULTILINE,
)


def refuse_licence_log(text: str) -> None:
    """Refuse the log of a licence server.

    Raises
    ------
    Refusal : U156.
    """
    if (found := _LOG_LINE.search(text[:20_000])) is not None:
        raise Refusal(
            "U156",
            "this is the log of a licence server (FlexLM), a line for each check-out and check-in: no table",
            "export the sessions as CSV from the program that evaluates the log (user, product, start, end), "
            "and name their columns under `usage.columns`",
            text[: found.start()].count("\n") + 1,
        )


def unknown_header(header: Sequence[str], mapped: Sequence[str] = ()) -> Refusal:
    """Why a file with this header cannot be read, with the `columns` that would make it readable.

    mapped : the columns that `usage.columns` names, if the scenario has it.
    """
    found = _guess(header)
    days = {"date", "started_at"} & found.keys()
    seen = ", ".join(f"`{c[:40]}`" for c in header[:12])
    totals = [c for c in header if _TOTALS.search(compact(c))]
    if "user" in found and not days and totals:
        return Refusal(
            "U157",
            f"the rows have totals or last days (`{totals[0][:40]}`), not days of use: {seen}",
            "export the days or the sessions of use instead. A number of days per user and product can be "
            "read as a Usage Report: name its columns email, product_name, days_used, and set `usage.period`",
            1,
            column=totals[0],
        )
    lacks = [c for c in mapped if compact(c) not in {compact(h) for h in header}]
    hint = f"`usage.columns` names `{lacks[0][:60]}`, which the header does not have; " if lacks else ""
    if _complete(found):
        hint += f"write under `usage`: `columns: {{{_yaml(found)}}}`"
    else:
        hint += (
            "name its columns under `usage`: `columns: {user: ..., product: ..., date: ...}` "
            "(or started_at and ended_at), or use the plain format user,product,date"
        )
    return Refusal("U116", f"these columns match no known usage export: {seen}", hint, 1)


_ROLES = {
    "user": ("hash", "name"),
    "product": ("product",),
    "date": ("date",),
    "started_at": ("date", "start"),
}
"""Roles of exports that columns of other names may have."""


def is_mappable(header: Sequence[str], needed: Collection[str]) -> bool:
    """Whether columns look like user, product and day or start, one of them like a role that is needed."""
    found = _guess(header)
    return _complete(found) and any(role in needed for key in found for role in _ROLES.get(key, ()))


def _complete(found: Mapping[str, str]) -> bool:
    return {"user", "product"} <= found.keys() and bool({"date", "started_at"} & found.keys())


def _guess(header: Sequence[str]) -> dict[str, str]:
    """Keys of `usage.columns` and the columns of the header that look like them."""
    names = {compact(c): c for c in reversed(header)}
    found: dict[str, str] = {}
    for key, known in _NAMES.items():
        name = next((n for n in known if n in names), None)
        if name is not None:
            found[key] = names[name]
    if "started_at" in found:
        found.pop("date", None)
    else:
        found.pop("ended_at", None)
    return found


def _yaml(found: Mapping[str, str]) -> str:
    return ", ".join(
        f"{key}: {name if re.fullmatch(r'[A-Za-z][A-Za-z0-9_ ]*', name) else repr(name)}"
        for key, name in found.items()
    )
