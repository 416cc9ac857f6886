"""A document in pieces is the text that json would make of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from documents import typed
from hypothesis import given
from hypothesis import strategies as st

from flexopt.base.columns import ColumnTable
from flexopt.store.plan_json import document_json, parse_document
from flexopt.store.seal import render
from flexopt.store.values import PlanPart

TEXT = st.text(st.sampled_from('a"\\\n\r\u2028\x00é🦉'), max_size=4)
CELLS = st.one_of(st.none(), st.integers(), TEXT)
VALUES = st.recursive(CELLS, lambda v: st.lists(v, max_size=3) | st.dictionaries(TEXT, v, max_size=3))
ROWS = st.lists(st.tuples(CELLS, CELLS).map(lambda c: {"user": c[0], "days": c[1]}), max_size=4)


class Whole(PlanPart):
    """Something of everything."""

    first: int
    parts: Any
    rows: Any
    none: int | None = None
    last: Any


@given(st.dictionaries(TEXT, VALUES, max_size=3), ROWS, st.integers(1, 3))
def test_same_text_as_json(parts: dict[str, Any], rows: list[dict[str, Any]], chunk: int) -> None:
    whole = {"first": 1, "parts": parts, "rows": rows, "last": []}
    pieces = Whole.model_validate(whole | {"rows": ColumnTable.of(rows, ["user", "days"], block=chunk)})
    assert "".join(document_json(pieces)) == json.dumps(whole, indent=1, ensure_ascii=False)


def test_a_table_of_one_column() -> None:
    whole = {"first": 1, "parts": None, "rows": [{"a": 1}, {"a": None}], "last": 2}
    pieces = Whole.model_validate(whole | {"rows": ColumnTable.of(whole["rows"], ["a"])})  # type: ignore[arg-type]
    assert "".join(document_json(pieces)) == json.dumps(whole, indent=1)


def test_a_plan(document: dict[str, Any]) -> None:
    written = {key: value for key, value in document.items() if key != "charge_rows"}
    assert "".join(document_json(typed(document))) == json.dumps(written, indent=1, ensure_ascii=False)


def test_a_plan_that_is_read_again(document: dict[str, Any]) -> None:
    """Big tables come back as columns; one that somebody changed is the list of dicts that it is."""
    again = parse_document(json.dumps(document))
    assert again == document
    assert isinstance(again["assignment"], ColumnTable)
    first, *others = document["assignment"]
    for row in (first | {"note": 1}, dict(reversed(first.items())), first | {"reason": ["a"]}, "a"):
        changed = document | {"assignment": [*others, row]}
        again = parse_document(json.dumps(changed))
        assert again == changed
        assert isinstance(again["assignment"], list)


@pytest.mark.parametrize("text", ["[]", "1", '{"assignment": 1}', '{"assignment": [1]}'])
def test_what_is_no_plan_is_read_as_it_is(text: str) -> None:
    assert parse_document(text) == json.loads(text)


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_any_text_is_in_the_bytes(text: str) -> None:
    """Half a surrogate pair too: an escape may have brought it."""
    whole: Any = Whole(first=1, parts=None, rows=text, last=0)
    assert parse_document(render(whole).decode())["rows"] == text
