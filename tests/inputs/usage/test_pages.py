"""Answers of the APIs: nested, in pages, unfinished."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from reading import codes, days, found, one, read

COLUMNS = ["emailAddress", "productName", "usageDate"]
DAYS = [["ann@example.com", "AutoCAD", f"2025-03-{day:02}"] for day in range(1, 6)]


def page(begin: int, after: int, total: int | None = 5, **more: Any) -> str:
    places = {"offset": begin, "limit": 100} | ({} if total is None else {"totalResults": total}) | more
    return json.dumps({"columns": COLUMNS, "rows": DAYS[begin:after], "pagination": places})


def test_a_page_is_not_the_query(tmp_path: Path) -> None:
    finding = found(one(tmp_path, page(0, 2), "usage.json"), "U146")
    assert finding.message == "the query has 5 rows and the file has 2: 3 are missing"
    assert "offset 2" in finding.hint


def test_all_pages_are(tmp_path: Path) -> None:
    usage = read(tmp_path, {"2.json": page(2, 4), "1.json": page(0, 2), "3.json": page(4, 5)})
    assert codes(usage) == []
    assert len(days(usage)) == 5
    usage = read(tmp_path, {"2.json": page(2, 4), "1.json": page(0, 2), "3.json": page(0, 2)})
    assert found(usage, "U146").message == "the query has 5 rows and the 3 files of it have 4: 1 are missing"
    assert "offset 4" in found(usage, "U146").hint


@pytest.mark.parametrize(
    "answer",
    [
        {"nextUrl": "/usage-queries/q2?offset=100"},
        {"pagination": {"hasMore": True}},
        {"meta": {"next_page_token": "abc"}},
    ],
)
def test_more_rows_follow(tmp_path: Path, answer: dict[str, Any]) -> None:
    text = json.dumps({"columns": COLUMNS, "rows": DAYS[:1], **answer})
    assert "more rows follow, and the file has 1" in found(one(tmp_path, text, "usage.json"), "U146").message


@pytest.mark.parametrize("end", [None, False, ""])
def test_the_last_page_says_so(tmp_path: Path, end: object) -> None:
    text = json.dumps({"columns": COLUMNS, "rows": DAYS[:1], "pagination": {"nextUrl": end}})
    assert codes(one(tmp_path, text, "usage.json")) == []


@pytest.mark.parametrize(
    "around",
    [
        lambda table: {"status": "DONE", "result": table},
        lambda table: {"response": {"status": "COMPLETED", "data": table}},
        lambda table: {"columns": table["columns"], "result": {"rows": table["rows"], "total": 5}},
        lambda table: {"Result": {"Columns": [{"id": c} for c in table["columns"]], "Rows": table["rows"]}},
        lambda table: {"result": [dict(zip(table["columns"], r, strict=True)) for r in table["rows"]]},
    ],
)
def test_nested_answers(tmp_path: Path, around: Any) -> None:
    text = json.dumps(around({"columns": COLUMNS, "rows": DAYS, "total": 5, "offset": 0, "limit": 100}))
    usage = one(tmp_path, text, "usage.json")
    assert codes(usage) == []
    assert len(days(usage)) == 5


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": "QUEUED", "id": "x"}, "a query that is not finished (status QUEUED)"),
        ({"id": "x", "status": "Submitted"}, "a query that is not finished (status Submitted)"),
        ({"status": "IN_PROGRESS", "columns": COLUMNS, "rows": []}, "not finished (status IN_PROGRESS)"),
        ({"status": "FAILED"}, "a query that failed"),
        ({"status": "DONE", "downloadUrl": "https://example.com/x"}, "says where the export is"),
        ({"errors": [{"detail": "no access"}]}, "an error message of the API"),
        ({"id": "x", "status": "DONE"}, "a status (DONE) and no rows"),
        ([{"columns": COLUMNS, "rows": DAYS}], "a list of answers"),
    ],
)
def test_answers_without_rows_are_named(tmp_path: Path, answer: object, words: str) -> None:
    assert words in found(one(tmp_path, json.dumps(answer), "usage.json"), "U145").message
