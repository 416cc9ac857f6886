"""A document in pieces is the text that json would make of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexopt import columns
from flexopt.columns import Rows
from flexopt.exports.plan_json import document_json

TEXT = st.text(st.sampled_from('a"\\\n\r\u2028\x00é🦉'), max_size=4)
CELLS = st.one_of(st.none(), st.integers(), TEXT)
VALUES = st.recursive(CELLS, lambda v: st.lists(v, max_size=3) | st.dictionaries(TEXT, v, max_size=3))
ROWS = st.lists(st.tuples(CELLS, CELLS).map(lambda c: {"user": c[0], "days": c[1]}), max_size=4)


@given(st.dictionaries(TEXT, VALUES, max_size=3), ROWS, st.integers(1, 3))
def test_same_text_as_json(parts: dict[str, Any], rows: list[dict[str, Any]], chunk: int) -> None:
    whole = {"first": 1, **parts, "rows": rows, "last": []}
    pieces = whole | {"rows": Rows.of(rows, ["user", "days"])}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "CHUNK", chunk)
        assert "".join(document_json(pieces)) == json.dumps(whole, indent=1, ensure_ascii=False)


def test_a_table_of_one_column_and_nothing_at_all() -> None:
    rows: list[dict[str, Any]] = [{"a": 1}, {"a": None}]
    expected = json.dumps({"rows": rows}, indent=1)
    assert "".join(document_json({"rows": Rows.of(rows, ["a"])})) == expected
    assert "".join(document_json({})) == "{}"


def test_a_plan(document: dict[str, Any]) -> None:
    rows = Rows.of(document["assignment"], document["assignment"][0])
    text = json.dumps(document, indent=1, ensure_ascii=False)
    assert "".join(document_json(document | {"assignment": rows})) == text
