"""Where the table is in the answer of an API: its columns, its rows, and which page of how many rows it is.

Nothing here reads a file. An array of rows may be any sequence, also one that is still on the disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flexopt.base.findings import Refusal

_ROWS = ("rows", "data", "results", "usage", "subscriptions", "users", "items", "records", "result", "values")
"""Keys of an array of rows, the best first."""
_DEEPEST = 4
"""Objects around the table: `{"response": {"result": {"rows": []}}}` has two."""
_TOTALS = ("totalresults", "totalrows", "totalcount", "totalrecords", "totalelements", "totalitems", "total")
_NEXT = ("nexturl", "next", "nextlink", "nextpage", "nextpagetoken", "nextcursor", "hasmore", "hasnext")
_PAGES = ("pagination", "paging", "page", "pageinfo", "meta", "metadata", "links")
_WAITING = re.compile(
    "queued|submitted|created|accepted|pending|scheduled|waiting|started|running|processing|inprogress|executing"
)
_FAILED = re.compile("failed|failure|error|cancell?ed|expired|timedout|rejected|aborted")


@dataclass(frozen=True, slots=True)
class Page:
    """The place of an answer's rows among all rows of its query."""

    query: str
    """The query's id, '' if the answer has none."""
    rows: int
    total: int | None
    """Rows of the whole query; None if the answer does not say."""
    offset: int | None
    more: bool
    """Whether the answer says that more rows follow."""


@dataclass(frozen=True, slots=True)
class JsonTable:
    """A table found in a JSON document."""

    columns: tuple[str, ...] | None
    """Names of positional rows; None if the rows are objects with names of their own."""
    rows: Sequence[Any]
    page: Page | None
    """None if the answer says nothing about pages."""


def find_table(document: Any) -> JsonTable:
    """The table of a document.

    Raises
    ------
    Refusal : U145 the answer has no result yet, or none at all; U110 there is no table in it.
    """
    if _is_array(document):
        return JsonTable(None, document, None)
    if isinstance(document, dict):
        _refuse_unfinished(document)
        for around in _objects(document):
            inner = _folded(around[-1])
            rows = next((inner[k] for k in _ROWS if _is_array(inner.get(k))), None)
            if rows is not None:
                listed = _nearest(around, ("columns", "fields", "headers"))
                columns = tuple(map(_name, listed)) if _is_array(listed) else None
                if columns is not None and len(rows) and isinstance(rows[0], dict):
                    columns = None
                return JsonTable(columns, rows, _page(around, len(rows)))
        _refuse_without_rows(document)
    raise not_a_table()


def not_a_table() -> Refusal:
    return Refusal(
        "U110",
        "the JSON is not a table",
        "it must be a list of objects, or `columns` with `rows` as the Insights API returns them",
    )


def _is_array(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _fold(key: str) -> str:
    return re.sub(r"[\W_]+", "", key.casefold())


def _folded(part: Mapping[str, Any]) -> dict[str, Any]:
    return {_fold(key): value for key, value in part.items()}


def _objects(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], ...]]:
    """Every object with those around it, the outer ones first."""
    level: list[tuple[dict[str, Any], ...]] = [(document,)]
    for _ in range(_DEEPEST):
        yield from level
        level = [(*a, v) for a in level for v in a[-1].values() if isinstance(v, dict)]


def _nearest(around: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> Any:
    """The value of the first of these keys, of the object nearest to the rows that has one."""
    for part in reversed(around):
        folded = _folded(part)
        for key in keys:
            if folded.get(key) is not None:
                return folded[key]
    return None


def _name(column: Any) -> str:
    if not isinstance(column, dict):
        return "" if column is None else str(column)
    named = _folded(column)
    return next((str(named[k]) for k in ("name", "id", "field", "key", "label") if named.get(k)), "")


def _page(around: Sequence[Mapping[str, Any]], rows: int) -> Page | None:
    places = [p for part in around for p in (part, *(v for k, v in part.items() if _is_page(k, v)))]
    total, offset = (_count(_nearest(places, keys)) for keys in (_TOTALS, ("offset", "startindex")))
    following = _nearest(places, _NEXT)
    more = following not in (None, False, "", 0, [], {}) and str(following).casefold() not in (
        "false",
        "null",
    )
    if total is None and not more:
        return None
    query = _nearest(around, ("queryid", "id"))
    return Page("" if query is None else str(query), rows, total, offset, more)


def _is_page(key: str, value: Any) -> bool:
    return isinstance(value, dict) and _fold(key) in _PAGES


def _count(value: Any) -> int | None:
    try:
        return None if isinstance(value, bool) else max(0, int(value))
    except (ValueError, OverflowError, TypeError):
        return None


def _refuse_unfinished(document: Mapping[str, Any]) -> None:
    status = _folded(document).get("status")
    if not isinstance(status, str):
        return
    if _WAITING.fullmatch(_fold(status)):
        raise Refusal(
            "U145",
            f"this is the answer to a query that is not finished (status {status[:40]}): it has no rows yet",
            "ask for the result again until its status is DONE, and save that answer",
            column="status",
            value=status,
        )
    if _FAILED.fullmatch(_fold(status)):
        raise Refusal(
            "U145",
            f"this is the answer to a query that failed (status {status[:40]})",
            "send the query again, and save the answer with its rows",
            column="status",
            value=status,
        )


def _refuse_without_rows(document: dict[str, Any]) -> None:
    """Refuse an answer that leads to the rows, or says why there are none."""
    for around in _objects(document):
        folded = _folded(around[-1])
        address = next((k for k in ("downloadurl", "url", "location", "signedurl") if k in folded), None)
        if address is not None:
            raise Refusal(
                "U145",
                "this answer says where the export is, and has no rows itself",
                "download the file from the address in it, and name that file",
                column=address,
            )
    folded = _folded(document)
    told = next(
        (folded[k] for k in ("errors", "error", "message", "detail", "developermessage") if folded.get(k)),
        None,
    )
    if told is not None:
        raise Refusal(
            "U145",
            f"this is an error message of the API, not usage: {str(told)[:200]}",
            "send the query again, and save the answer with its rows",
        )
    if "status" in folded:
        raise Refusal(
            "U145",
            f"this answer has a status ({str(folded['status'])[:40]}) and no rows",
            "ask for the result of the query, and save the answer that has `columns` and `rows`",
            column="status",
            value=folded["status"],
        )
