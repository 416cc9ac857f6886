"""Token tiers with `from` dates: a purchase is priced by the list in force on its day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from brute import least_total
from build import AUTOCAD, Days, a_scenario, a_source, every, the_demand, usage_of
from click.testing import CliRunner
from documents import data, typed

from flexopt import Plan, breakeven, load_scenario, plan
from flexopt.audit import audit
from flexopt.base.findings import InputError
from flexopt.cli import cli
from flexopt.exports.report.assumed import prices
from flexopt.exports.words import ENGLISH
from flexopt.store.folder import read_document

NEW_YEAR = {"from": "2026-01-01", "tiers": [{"from": 100, "price": "3.00"}, {"from": 900, "price": "2.90"}]}
JUNE = {"from": "2026-06-04", "tiers": [{"from": 33, "price": "3.30"}, {"from": 200, "price": "3.20"}]}
TOKENS: dict[str, Any] = {
    "tiers": [JUNE, NEW_YEAR],
    "increment": 1,
    "valid_days": 120,
    "purchase_dates": ["2026-01-01", "2026-07-01"],
}
USE: Days = {("ann", "AutoCAD"): [*every(date(2025, 2, 1), 10), *every(date(2025, 7, 1), 12)]}
"""70 tokens in February, for which 100 must be bought, and 84 in July."""


def the_plan(days: Days = USE, **tokens: Any) -> Plan:
    return plan(a_source(a_scenario(offers=[], products=[AUTOCAD], tokens=TOKENS | tokens)), usage_of(days))


def test_every_purchase_has_the_prices_and_the_minimum_of_its_day() -> None:
    """100 x 3.00 = 300.00 in January, 84 x 3.30 = 277.20 in July, when 33 are enough."""
    found = the_plan()
    packs = found.purchases[["tokens", "tier_from", "unit_price", "cost"]].to_numpy().tolist()
    assert packs == [
        [100, 100, Decimal("3.00"), Decimal("300.00")],
        [84, 33, Decimal("3.30"), Decimal("277.20")],
    ]
    assert found.total.amount == Decimal("577.20")
    scenario = a_scenario(offers=[], products=[AUTOCAD], tokens=TOKENS)
    usage = usage_of(USE).days.assign(date=lambda frame: frame["date"].astype(str))
    assert least_total(scenario, usage) == found.total.amount


def test_tokens_are_bought_before_they_become_dearer() -> None:
    """With a life of a year 154 tokens in January cost 462.00; at the same price two purchases would, too."""
    assert the_plan(valid_days=365).purchases["tokens"].tolist() == [154]


def test_and_after_they_have_become_cheaper() -> None:
    """84 x 2.50 in July is less than 84 more tokens at 3.00, though the first pack would live long enough."""
    july = {"from": "2026-06-04", "tiers": [{"from": 33, "price": "2.50"}]}
    found = the_plan(tiers=[NEW_YEAR, july], valid_days=365)
    assert found.total.amount == Decimal("300.00") + Decimal("2.50") * (84 - 30)
    assert found.purchases["tokens"].tolist() == [100, 54]


def test_the_cap_allows_for_the_largest_of_the_smallest_purchases() -> None:
    """1.0 x 154 + 100: the 184 that are needed are within it; with 33 on top they would not be."""
    assert the_plan(max_oversize="0").purchases["tokens"].sum() == 184


def test_the_audit_prices_each_pack_by_its_day() -> None:
    document = data(the_plan().document)
    document["purchases"][1] |= {"unit_price": "3.00", "cost": "252.00"}
    scenario = a_scenario(offers=[], products=[AUTOCAD], tokens=TOKENS)
    found = audit(typed(document), scenario, (), the_demand(USE, scenario))
    assert "a token of 2026-07-01 costs 3.30, not 3.00" in found


def test_break_even_is_at_the_prices_of_the_first_day() -> None:
    """2,310 / (7 x 3.00) = 110 days."""
    table = breakeven(a_scenario(products=[AUTOCAD], tokens=TOKENS, offers=[]))
    assert table.empty
    table = breakeven(a_scenario(tokens=TOKENS))
    autocad = table[(table["offer"] == "autocad-1y") & (table["kind"] == "new")]
    assert autocad["token_price"].tolist() == [Decimal("3.00"), Decimal("2.90")]
    assert autocad["days"].tolist()[0] == Decimal("110.00")


def test_exports_show_every_list_with_its_first_day() -> None:
    used, _ = prices(the_plan().document, ENGLISH)
    tokens = used.rows[:4]
    assert [(row[1], row[2]) for row in tokens] == [
        ("2026-01-01", "3.00"),
        ("2026-01-01", "2.90"),
        ("2026-06-04", "3.30"),
        ("2026-06-04", "3.20"),
    ]


SCENARIO = """
schema: flexopt.scenario/1
currency: USD
horizon: {start: 2026-01-01, months: 12}
usage: {files: [usage.csv]}
products: [{id: AutoCAD, rates: [{from: 2021-09-07, tokens: 7}]}]
tokens:
  purchase_dates: quarterly
  tiers:
"""


def checked(tmp_path: Path, lists: str) -> list[tuple[str, str]]:
    (tmp_path / "usage.csv").write_text("user,product,date\nann,AutoCAD,2025-02-01\n")
    (tmp_path / "s.yaml").write_text(SCENARIO + lists)
    try:
        return [(f.code, f.column) for f in load_scenario(tmp_path / "s.yaml").findings]
    except InputError as error:
        return [(f.code, f.column) for f in error.findings]


@pytest.mark.parametrize(
    ("lists", "code", "key"),
    [
        ("    - {from: 2026-02-01, tiers: [{from: 100, price: 3}]}\n", "S150", "tokens.tiers"),
        (
            "    - {from: 2026-01-01, tiers: [{from: 100, price: 3}]}\n" * 2,
            "S210",
            "tokens.tiers.2.from",
        ),
        (
            "    - {from: 2026-01-01, tiers: [{from: 100, price: 3}, {from: 50, price: 2}]}\n",
            "S207",
            "tokens.tiers.1.tiers.2.from",
        ),
        (
            "    - {from: 2026-01-01, tiers: [{from: 100, price: 3}, {from: 500, price: 4}]}\n",
            "S225",
            "tokens.tiers.1.tiers.2.price",
        ),
        ("    - {from: 100, tiers: [{from: 100, price: 3}]}\n", "S133", "tokens.tiers.1.from"),
        (
            "    - {from: 2026-01-01, tiers: [{from: 100, cost: 3}]}\n",
            "S130",
            "tokens.tiers.1.tiers.1.cost",
        ),
        (
            "    - {from: 2026-01-01, tiers: [{from: 100, price: 3}]}\n    - {from: 500, price: 2}\n",
            "S131",
            "tokens.tiers.2.tiers",
        ),
        ("    - {from: 2026-01-01, price: 3}\n", "S132", "tokens.tiers.1.from"),
        ("    - {from: 2026-01-01, tiers: []}\n", "S136", "tokens.tiers.1.tiers"),
    ],
)
def test_what_is_wrong_is_found_in_its_place(tmp_path: Path, lists: str, code: str, key: str) -> None:
    assert (code, key) in checked(tmp_path, lists)


def test_lists_are_kept_as_written(tmp_path: Path) -> None:
    """From the file to the plan folder and a workbook."""
    checked(
        tmp_path,
        "    - {from: 2025-06-04, tiers: [{from: 100, price: 3.00}]}\n"
        "    - {from: 2026-06-04, tiers: [{from: 33, price: 3.30}]}\n",
    )
    folder = tmp_path / "s.plan"
    for arguments in (
        ["plan", tmp_path / "s.yaml", "-o", folder],
        ["export", folder, "-o", tmp_path / "s.xlsx"],
    ):
        done = CliRunner().invoke(cli, list(map(str, arguments)))
        assert done.exit_code == 0, done.output
    tiers = data(read_document(folder))["scenario"]["tokens"]["tiers"]
    assert [of["from"] for of in tiers] == ["2025-06-04", "2026-06-04"]
