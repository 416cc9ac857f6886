"""The example scenarios: every file plans, is audited, and can be compared with the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from documents import data

from flexopt import compare, load_scenario

FOLDER = Path(__file__).parents[3] / "scenarios"
FILES = sorted(FOLDER.glob("[!p]*.yaml"), key=lambda p: p.stem != "renewal-2026")


@pytest.mark.parametrize("path", FILES[1:], ids=lambda p: p.stem)
def test_a_variant_is_short(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) < 15
    assert "extends: renewal-2026.yaml" in text


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_each_is_read_without_a_finding(path: Path) -> None:
    assert not load_scenario(path).findings.errors


@pytest.mark.slow
def test_all_are_compared() -> None:
    document = compare(FILES, processes=2).document
    assert [s["id"] for s in data(document)["scenarios"]] == [p.stem for p in FILES]
    assert {s["status"] for s in data(document)["scenarios"]} == {"optimal"}
    assert not data(document)["notes"]
    assert data(document)["cheapest"] == "negotiated-30"
    for n, row in enumerate(data(document)["regret"]):
        assert row[n] == "0.00"
        assert all(float(cell) >= 0 for cell in row)
