"""A document in pieces is the text that json would make of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexopt.base.columns import ColumnTable
from flexopt.store.plan_json import document_json, parse_document, render

TEXT = st.text(st.sampled_from('a"\\\n\r\u2028\x00é🦉'), max_size=4)
CELLS = st.one_of(st.none(), st.integers(), TEXT)
VALUES = st.recursive(CELLS, lambda v: st.lists(v, max_size=3) | st.dictionaries(TEXT, v, max_size=3))
ROWS = st.lists(st.tuples(CELLS, CELLS).map(lambda c: {"user": c[0], "days": c[1]}), max_size=4)


@given(st.dictionaries(TEXT, VALUES, max_size=3), ROWS, st.integers(1, 3))
def test_same_text_as_json(parts: dict[str, Any], rows: list[dict[str, Any]], chunk: int) -> None:
    whole = {"first": 1, **parts, "rows": rows, "last": []}
    pieces = whole | {"rows": ColumnTable.of(rows, ["user", "days"], block=chunk)}
    assert "".join(document_json(pieces)) == json.dumps(whole, indent=1, ensure_ascii=False)


def test_a_table_of_one_column_and_nothing_at_all() -> None:
    rows: list[dict[str, Any]] = [{"a": 1}, {"a": None}]
    expected = json.dumps({"rows": rows}, indent=1)
    assert "".join(document_json({"rows": ColumnTable.of(rows, ["a"])})) == expected
    assert "".join(document_json({})) == "{}"


def test_a_plan(document: dict[str, Any]) -> None:
    rows = ColumnTable.of(document["assignment"], document["assignment"][0])
    text = json.dumps(document, indent=1, ensure_ascii=False)
    assert "".join(document_json(document | {"assignment": rows})) == text


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
    assert parse_document(render({"name": text}).decode()) == {"name": text}
