"""What reports call offers and quotes: names once each, labels only where they tell quotes apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from damages import GOOD

from flexopt.inputs.scenario.load import read_scenario
from flexopt.planning.quotes import labels_of


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("AutoCAD", "Vault", False),
        ("", "", False),
        ("Seat", "Seat", True),
        ("Seat", " seat ", True),
        ("vault-1y", "", True),  # the id that the other is shown by
        ("vault-1y", "Vault", False),
    ],
)
def test_offers_with_the_same_title(first: str, second: str, clash: bool, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text("user,product,date\n")
    (tmp_path / "base.yaml").write_text(GOOD)
    (tmp_path / "scenario.yaml").write_text(
        "extends: base.yaml\noffers:\n"
        f"  - {{id: autocad-1y, name: '{first}'}}\n  - {{id: vault-1y, name: '{second}'}}\n"
    )
    scenario, findings = read_scenario(tmp_path / "scenario.yaml")
    assert scenario is not None
    assert [o.title for o in scenario.scenario.offers] == [
        first or "autocad-1y",
        second.strip() or "vault-1y",
    ]
    assert [f.code for f in findings] == ["S231"] * clash
    if clash:
        (found,) = findings
        assert "12 months" in found.hint
        assert found.column.startswith("offers.")


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ({"low": "", "high": ""}, ["low", "high"]),
        ({"low": "Reseller A", "high": "Reseller B"}, ["Reseller A", "Reseller B"]),
        ({"low": "List", "high": " list", "new": "Own"}, ["low", "high", "Own"]),  # inherited from a base
        ({"low": "high", "high": ""}, ["low", "high"]),
        ({"low": "low", "high": ""}, ["low", "high"]),
        ({"low": "high", "high": "Own"}, ["low", "Own"]),
    ],
)
def test_a_label_stands_for_one_quote(stated: dict[str, str], shown: list[str]) -> None:
    assert labels_of(stated) == shown
