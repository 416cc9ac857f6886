"""JSON is read as it arrives: the same document as at once, in little memory."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexopt.base.findings import Refusal
from flexopt.inputs.files.cells import text_of
from flexopt.inputs.files.json_stream import JsonLimits, Records, load
from flexopt.inputs.files.json_table import read_json

VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
DOCUMENTS = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
TINY = JsonLimits(block=1, characters=1 << 20)


@given(DOCUMENTS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]), st.sampled_from([None, 2]))
def test_a_document_read_byte_by_byte_is_the_document(value: Any, encoding: str, indent: int | None) -> None:
    raw = json.dumps(value, indent=indent, ensure_ascii=False).encode(encoding, "surrogatepass")
    assert load(io.BytesIO(raw), TINY) == json.loads(raw) == value


RECORDS = st.lists(st.dictionaries(st.sampled_from("abcd"), VALUES), min_size=3)
ROWS = st.lists(st.lists(VALUES, max_size=4), min_size=3)


@given(RECORDS | ROWS)
def test_many_records_become_columns_of_text(records: list[Any]) -> None:
    raw = json.dumps({"result": {"rows": records, "total": 3}}).encode()
    found = load(io.BytesIO(raw), JsonLimits(block=5, records=2))
    assert found["result"]["total"] == 3
    streamed, at_once = found["result"]["rows"], Records(records)
    assert isinstance(streamed, Records)
    assert streamed.table().equals(at_once.table())
    assert streamed.widths == at_once.widths
    assert len(streamed) == len(records)
    if streamed.kinds == {dict}:
        texts = [{k: t for k, v in r.items() if (t := text_of(v)) is not None} for r in records]
        assert list(streamed) == texts


@pytest.mark.parametrize(
    ("raw", "row"),
    [
        ('[{"a": 1},\n{"a": 2}\n{"a": 3}]', 3),
        ('{"rows": [\n[1],\n[2', 3),
        ('{"rows": [[1]],\n}', 2),
        ('{\n\n"rows" 1}', 3),
        ("[1]\n\n[2]", 3),
        ("{1: 2}", 1),
        ('{"a": {"b": \n [tru]}}', 2),
    ],
)
@pytest.mark.parametrize("limits", [JsonLimits(), TINY], ids=["at once", "bytes"])
def test_damage_has_its_line(raw: str, row: int, limits: JsonLimits) -> None:
    with pytest.raises(ValueError):
        json.loads(raw)
    with pytest.raises(Refusal) as caught:
        load(io.BytesIO(raw.encode()), limits)
    assert (caught.value.code, caught.value.row) == ("U110", row)


def test_the_memory_of_reading_is_a_fraction_of_the_file() -> None:
    record = {
        "usageDate": "2025-03-01",
        "emailAddress": "ann@example.com",
        "productName": "Revit",
        "tokens": 10,
    }
    raw = json.dumps([record] * 40_000).encode()
    load(io.BytesIO(raw), JsonLimits(records=500))  # what is imported on first use does not count
    tracemalloc.start()
    try:
        found = load(io.BytesIO(raw), JsonLimits(records=500, block=1 << 14))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(raw) > 900_000
    assert peak < 700_000  # as Python objects, the records take 4 MB
    assert found.table().nbytes < 1.1 * len(raw)


@pytest.mark.parametrize(
    "raw",
    [b" " * 3_000_000, b"[" + b"{}," * 1_000_000 + b"{}]", b'["' + b"x" * 3_000_000 + b'"]'],
    ids=["blanks", "empty records", "one text"],
)
def test_what_unfolds_to_more_than_the_limit_is_refused(raw: bytes) -> None:
    assert len(gzip.compress(raw)) < 10_000
    with pytest.raises(Refusal, match="too large"):
        load(io.BytesIO(raw), JsonLimits(most=2_000_000))


def test_many_fields_of_many_records_are_refused() -> None:
    raw = json.dumps([{f"k{n}": 1} for n in range(1000)]).encode()
    with pytest.raises(Refusal, match="too large"):
        load(io.BytesIO(raw), JsonLimits(records=100, cells=100_000))


def test_a_gzip_that_ends_too_soon_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "usage.json.gz"
    path.write_bytes(gzip.compress(json.dumps([{"user": "ann"}] * 1000).encode())[:-20])
    with pytest.raises(Refusal, match="gzip file is damaged"):
        read_json(path, True)


@pytest.mark.parametrize("limits", [TINY, JsonLimits(), JsonLimits(records=2)])
def test_one_object_a_line(limits: JsonLimits) -> None:
    rows = [{"user": f"u{n}", "day": n} for n in range(5)]
    raw = "\n".join(map(json.dumps, rows)).encode()
    found = load(io.BytesIO(raw), limits)
    assert [{k: text_of(v) for k, v in row.items()} for row in found] == [
        {"user": f"u{n}", "day": str(n)} for n in range(5)
    ]
    with pytest.raises(Refusal, match="damaged") as caught:
        load(io.BytesIO(raw[:-3]), limits)
    assert caught.value.row == 5
