"""The YAML reader: plain data, exact numbers, and the place of everything."""

from __future__ import annotations

from decimal import Decimal

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from flexopt.base.findings import Findings
from flexopt.inputs.scenario.yaml import YamlDocument, read_yaml


def read(text: str | bytes) -> YamlDocument:
    findings = Findings()
    document = read_yaml(text if isinstance(text, bytes) else text.encode(), "x.yaml", findings)
    assert document is not None, [str(f) for f in findings]
    return document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("2.50", Decimal("2.50")),
        ("1.0e-6", Decimal("0.0000010")),
        (".5", Decimal("0.5")),
        ("1e3", Decimal(1000)),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("2026-04-01", "2026-04-01"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("on", "on"),
        ("True", "True"),
        ("010", "010"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        (".inf", ".inf"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("a b", "a b"),
        ("|\n  a\n  b\n", "a\nb\n"),
    ],
)
def test_a_value_means_what_it_looks_like(text: str, value: object) -> None:
    found = read(f"a: {text}").data["a"]
    assert found == value
    assert type(found) is type(value)


def test_positions_are_those_of_keys_and_items() -> None:
    document = read("a: 1\nb:\n  - x\n  - {c: 2}\n")
    assert document.data == {"a": 1, "b": ["x", {"c": 2}]}
    assert document.positions == {
        ("a",): (1, 1),
        ("b",): (2, 1),
        ("b", 0): (3, 5),
        ("b", 1): (4, 5),
        ("b", 1, "c"): (4, 6),
    }


def test_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    assert read(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n").data == {"a": 1, "b": 2}


def test_all_duplicate_keys_are_reported_at_once_with_their_lines() -> None:
    findings = Findings()
    assert read_yaml(b"a: 1\nb: 1\na: 2\nb: {c: 1, c: 2}\n", "x.yaml", findings) is None
    assert [(f.code, f.row) for f in findings] == [("S107", 3), ("S107", 4), ("S107", 4)]


def test_fifty_levels_are_read() -> None:
    assert read("a: " + "[" * 49 + "]" * 49)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text("abc:#-'\"{}é \n", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("xyz", min_size=1), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text("xyz", min_size=1), plain, min_size=1, max_size=4))
def test_what_pyyaml_writes_is_read_back(data: dict[str, object]) -> None:
    document = read(_dump(data))
    assert document.data == data


def _dump(data: dict[str, object]) -> str:
    class Dumper(pyyaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    return str(pyyaml.dump(data, Dumper=Dumper, allow_unicode=True))


@given(st.text(alphabet="ab:{}[]-#&*!|>'\"%@`,?\t\n \\\0é", max_size=40) | st.binary(max_size=40))
def test_anything_gives_data_or_findings(content: str | bytes) -> None:
    findings = Findings()
    raw = content if isinstance(content, bytes) else content.encode()
    document = read_yaml(raw, "x.yaml", findings)
    assert (document is None) == bool(findings.errors)
    assert all(f.message and f.hint and f.file for f in findings)
