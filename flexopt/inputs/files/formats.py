"""The headers of usage exports, and the role of each column.

To add an export: one `Format` in FORMATS, one literal file in tests/inputs/usage/test_formats.py, one row in
docs/usage-files.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

Kind = Literal["days", "summary", "subscriptions", "users"]
"""`days` and `summary` are usage; the others have no days of use."""

USAGE: frozenset[Kind] = frozenset({"days", "summary"})
USERS: frozenset[Kind] = frozenset({"users"})


OWN = "usage.columns"
"""The name of the format whose columns the scenario names."""


def compact(name: str) -> str:
    """The form in which column names are compared: letters and digits only (`Day used` is `day_used`)."""
    return re.sub(r"[\W_]+", "", name.casefold())


@dataclass(frozen=True, slots=True)
class Format:
    """One generation of one export."""

    name: str
    marks: tuple[frozenset[str], ...]
    """A header matches if it has all columns of one of these sets."""
    roles: Mapping[str, tuple[str, ...]]
    """Each role and the columns it may be read from, the best first."""
    needs: tuple[tuple[str, ...], ...]
    """One role of each of these sets is required."""
    kind: Kind = "days"
    repair: str = ""
    """What to do about a missing column, or where the file belongs instead."""
    snake: bool = False
    """The column names are written only with underscores."""
    flex_only: bool = False
    """Every row is use on Flex, so that 0 tokens are clear without a further column."""

    @property
    def columns(self) -> frozenset[str]:
        """Every column the format knows."""
        listed = {c for names in self.roles.values() for c in names}
        return frozenset(listed.union(*self.marks))


_WORDS = re.findall(
    "[a-z]+",
    "access accessed account address alias assignment at autodesk category child consumed contract date day "
    "days email end ended feature first hashed id last month name offering option product seat session "
    "source start started team token tokens usage used user year",
)


def spelt(known: Format, column: str) -> str:
    """A column as the export writes it: `usageDate` in those of an API, `day_used` otherwise."""
    words, rest = [], column
    while rest:
        word = max((w for w in _WORDS if rest.startswith(w)), key=len, default=rest)
        words.append(word)
        rest = rest[len(word) :]
    if known.name.endswith("API"):
        return words[0] + "".join(w.capitalize() for w in words[1:])
    return "_".join(words)


def _marks(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(s.split()) for s in sets)


def _roles(**roles: str) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({role: tuple(columns.split()) for role, columns in roles.items()})


_WHO = ("email", "hash", "id")
_DAYS = (_WHO, ("product", "parent"), ("date",))
_ACCOUNT_REPAIR = "export the report again from Autodesk Account with this column chosen"
_OF_ACCOUNT = {
    "email": "email",
    "hash": "hashedautodeskid",
    "id": "autodeskid",
    "product": "productname product",
    "parent": "offeringname offering",
}
_OF_PEOPLE = {"first": "firstname", "last": "lastname", "group": "group", "team": "team teamalias"}
_ACCOUNT = _roles(
    **_OF_ACCOUNT, date="dayused", tokens="tokensused", access="accessoption", feature="feature"
)
_REPORT = Format(
    "Account Usage Report (2026)",
    _marks("daysused"),
    _roles(
        **_OF_ACCOUNT,
        **_OF_PEOPLE,
        days="daysused",
        billed="tokensused",
        access="accessoption seatassignment",
        seat="seatassignment",
        accessed="lastaccessed",
    ),
    (_WHO, ("product", "parent"), ("days",)),
    "summary",
    _ACCOUNT_REPAIR,
    snake=True,
)

FORMATS: tuple[Format, ...] = (
    Format(
        "Account Subscriptions",
        _marks(
            "subscriptionid",
            "seatquantity",
            "subscriptionstatus",
            "enddate seats",
            "enddate quantity",
            "enddate offeringname",
            "enddate autorenewdate",
        ),
        _roles(),
        (),
        "subscriptions",
        "this is a Subscriptions export: list it under `subscriptions:`, not under `usage.files`",
    ),
    Format(
        "Token Flex API",
        _marks("usagecategory", "tokensconsumed", "sessionstartdate", "contractyear"),
        _roles(
            email="username",
            product="productname",
            date="usagedate",
            start="sessionstartdate",
            end="sessionenddate",
            tokens="tokensconsumed",
            category="usagecategory",
            charge="chargecategory",
            machine="machinename",
            month="usagemonth",
        ),
        # without the category, services and adjustments would count as days of their product
        (("email",), ("product",), ("date", "start"), ("category",)),
        repair="request the export again with the fields userName, productName, usageDate and usageCategory",
    ),
    Format(
        "Insights API summary",
        _marks("totaluniquedays", "uniquedays productname"),
        _roles(
            email="emailaddress",
            hash="hasheduserid",
            id="userid",
            label="fullname username",
            product="childproductname",
            parent="productname",
            days="totaluniquedays uniquedays",
            access="source",
            team="teamname",
            earliest="earliestusagedate",
            accessed="latestusagedate",
        ),
        (_WHO, ("product", "parent"), ("days",)),
        "summary",
        repair="query again with the fields productName, childProductName, hashedUserId and totalUniqueDays",
    ),
    Format(
        "Insights API",
        _marks("usagedate", "usagemonth", "childproductname", "hasheduserid"),
        _roles(
            email="emailaddress",
            hash="hasheduserid",
            id="userid",
            label="username",
            product="childproductname",
            parent="productname",
            date="usagedate",
            tokens="tokens",
            access="source",
            month="usagemonth",
        ),
        _DAYS,
        repair="query again with the fields usageDate, childProductName, productName and hashedUserId",
    ),
    Format(
        "Account Token Usage",
        _marks("dayused product tokensused"),
        _ACCOUNT,
        _DAYS,
        repair=_ACCOUNT_REPAIR,
        flex_only=True,
    ),
    Format("Account Seat Usage", _marks("dayused product"), _ACCOUNT, _DAYS, repair=_ACCOUNT_REPAIR),
    Format("Account Usage (to 2022)", _marks("dayused teamalias"), _ACCOUNT, _DAYS, repair=_ACCOUNT_REPAIR),
    Format("Account Usage (2026)", _marks("dayused"), _ACCOUNT, _DAYS, repair=_ACCOUNT_REPAIR, snake=True),
    Format("Account Usage (2023-2025)", _marks("dayused"), _ACCOUNT, _DAYS, repair=_ACCOUNT_REPAIR),
    _REPORT,
    replace(_REPORT, name="Account Usage Report (2023-2025)", snake=False),
    Format(
        "Account Users",
        _marks("accountstatus", "email role"),
        _roles(**_OF_ACCOUNT, **_OF_PEOPLE, status="accountstatus"),
        (_WHO, ("product", "parent")),
        "users",
        "this is a Users export: it shows who may use a product, not who did; list it under `users:`",
    ),
    Format(
        "plain",
        _marks("user product", "user date", "product date", "user startedat"),
        _roles(
            name="user",
            product="product",
            date="date",
            start="startedat",
            end="endedat",
            tokens="tokens",
        ),
        (("name",), ("product",), ("date", "start")),
        repair="the plain format is user,product,date with optional started_at,ended_at,version,tokens",
    ),
)


def is_summary(name: str) -> bool:
    """Whether the format of this name is a summary."""
    return any(f.name == name and f.kind == "summary" for f in FORMATS)


def recognise(header: Sequence[str], own: Format | None = None) -> Format | None:
    """The format of a header, None if it is unknown.

    own : the columns that the scenario names; an export of the vendor is known better.
    """
    names = {compact(c) for c in header}
    spaced = {compact(c) for c in header if " " in c.strip()}
    known = next(
        (
            f
            for f in FORMATS
            if any(marks <= names for marks in f.marks) and not (f.snake and spaced & f.columns)
        ),
        None,
    )
    if (
        own is not None
        and own.marks[0] <= names
        and (known is None or known is FORMATS[-1] or missing(known, header))
    ):
        return own
    return known


def own_format(**columns: str | None) -> Format:
    """The format of files whose columns the scenario names: user, product, date or started_at, and others."""
    given = {key: compact(name) for key, name in columns.items() if name is not None}
    named = {"name": "user", "product": "product", "date": "date", "start": "started_at", "end": "ended_at"}
    return Format(
        OWN,
        (frozenset(given.values()),),
        MappingProxyType(
            {role: (given[key],) for role, key in {**named, "tokens": "tokens"}.items() if key in given}
        ),
        (("name",), ("product",), ("date", "start")),
        repair="compare the header with `usage.columns`",
    )


def roles_of(known: Format, header: Sequence[str]) -> dict[str, int]:
    """Role -> place of its column in the header."""
    places: dict[str, int] = {}
    for place, column in enumerate(header):
        places.setdefault(compact(column), place)
    roles = {
        role: places[found]
        for role, names in known.roles.items()
        if (found := next((n for n in names if n in places), None)) is not None
    }
    label = roles.pop("label", None)
    # people share names: a name is a key only if the export has nothing better
    if label is not None and not roles.keys() & {"email", "hash", "id"}:
        roles["id"] = label
    return roles


def missing(known: Format, header: Sequence[str]) -> tuple[str, ...]:
    """The first roles of which the header must have one and has none."""
    roles = roles_of(known, header)
    return next((needed for needed in known.needs if not any(role in roles for role in needed)), ())


def twice(known: Format, header: Sequence[str]) -> list[str]:
    """Columns of the format that appear more than once in the header, as written there."""
    names = [compact(c) for c in header]
    used = {n for listed in known.roles.values() for n in listed}
    return [c for place, c in enumerate(header) if names[place] in used and names[place] in names[:place]]
