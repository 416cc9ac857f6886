"""Collection users of a Usage Report are planned; who is not in the plan comes first in its headline."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from build import AEC_YEAR, AUTOCAD, AUTOCAD_YEAR, REVIT, REVIT_YEAR
from documents import data
from reports import summary_text

from flexopt import plan
from flexopt.base.findings import Finding, InputError, with_each_hint_once
from flexopt.exports.report.costs import headline
from flexopt.exports.words import ENGLISH, words_for
from flexopt.planning.check import check_inputs

NAME = "Architecture Engineering & Construction Collection"
USAGE = f"""\
hashed_autodesk_id,email,team_alias,offering_name,version,seat_assignment,access_option,days_used,tokens_used
h01,ada@example.com,North,{NAME},2026,assigned,Subscription,180,
h02,ben@example.com,North,{NAME},2025,assigned,Subscription,49,
h03,cy@example.com,North,Revit,2026,unassigned,Subscription,12,
h04,di@example.com,North,AutoCAD,2026,assigned,Subscription,0,
h05,ed@example.com,North,AutoCAD,2026,,Flex,20,140
"""


def a_file(folder: Path, usage: str = USAGE, **changes: Any) -> Path:
    scenario = {
        "schema": "flexopt.scenario/1",
        "currency": "USD",
        "horizon": {"start": "2026-01-01", "months": 12},
        "usage": {"files": ["usage.csv"], "period": {"from": "2025-01-01", "to": "2026-01-01"}},
        "products": [AUTOCAD, REVIT],
        "offers": [AUTOCAD_YEAR, REVIT_YEAR, AEC_YEAR | {"aliases": [NAME]}],
        "tokens": {"tiers": [{"from": 100, "price": 3}]},
    }
    (folder / "usage.csv").write_text(usage, encoding="utf-8")
    path = folder / "scenario.yaml"
    path.write_text(yaml.safe_dump(scenario | changes), encoding="utf-8")
    return path


def test_collection_users_have_the_collection_or_tokens_at_the_dearest_rate(tmp_path: Path) -> None:
    """Ada's 180 days are 1,800 tokens: a seat for 3,675. The others use 490 + 120 + 140 tokens."""
    found = plan(a_file(tmp_path))
    assert found.total.amount == Decimal("3675") + 800 * Decimal(3)
    access = {(r.user, r.product): r.offer or r.access for r in found.assignment.itertuples()}
    assert access["ada@example.com", NAME] == "aec-1y"
    assert access["ben@example.com", NAME] == "flex"
    assert data(found.document)["baselines"]["break_even_rule"]["total"] == "6075.00"
    assert "not in this plan" not in summary_text(found.document)
    text = " ".join(summary_text(found.document).split())
    assert (
        f"{NAME}, whose titles the usage does not say, on Flex at 10 tokens a day, its dearest title" in text
    )
    product = data(found.document)["scenario"]["products"][-1]
    assert (product["id"], product["rates"][0]["tokens"]) == (NAME, "10")
    assert "upper bound" in product["rates"][0]["source"]


def test_who_is_not_in_the_plan_comes_first(tmp_path: Path) -> None:
    """Without the collection's offer 229 of 261 days have no product: 88 %."""
    path = a_file(tmp_path, offers=[AUTOCAD_YEAR, REVIT_YEAR])
    said = "2 of 4 users with 88 % of the days are not in this plan"
    document = plan(path).document
    assert headline(document, ENGLISH).startswith(f"{said}; for the rest it ")
    assert summary_text(document).split("\n\n")[1].startswith("2 of 4 users with 88 %")
    assert headline(document, words_for("de")).startswith(said)
    assert [(row["user"], row["days"]) for row in data(document)["left_out"]] == [
        ("ada@example.com", 180),
        ("ben@example.com", 49),
    ]
    counts = check_inputs(path, lambda *_: None, None).counts
    assert counts is not None
    assert (counts.users_not_planned, counts.days_of_users_not_planned) == (2, 229)


@pytest.mark.parametrize(
    ("rows", "policy", "said"),
    [
        ("h05,ed@example.com,North,Docs,2026,,Flex,29,\n", [], "10 % of the days are not in this plan; "),
        (
            "h09,ed9@example.com,North,Docs,2026,,Flex,1,\n",
            [],
            "1 of 5 users with less than 1 % of the days is not",
        ),
        (
            "h05,ed@example.com,North,Docs,2026,,Flex,29,\n",
            [{"user": "ada@example.com", "access": "none"}],
            "1 of 4 users with 62 % of the days is not in this plan, nor are 10 % of the days, of others; ",
        ),
    ],
)
def test_unknown_products_and_refused_access(rows: str, policy: list[Any], said: str, tmp_path: Path) -> None:
    document = plan(a_file(tmp_path, USAGE + rows, policy=policy)).document
    assert headline(document, ENGLISH).startswith(said)


def test_short_launches_are_counted_beside_the_assumptions(tmp_path: Path) -> None:
    rows = [
        f"2025-{month:02}-03,ed@example.com,,Ed,E,AutoCAD,North,{7 * (month > 2)}" for month in range(1, 13)
    ]
    header = "Day used,Email,Feature,First name,Last name,Product,Team,Tokens used"
    document = plan(a_file(tmp_path, "\n".join([header, *rows]))).document
    text = " ".join(summary_text(document).split())
    assert "2 of 12 rows of usage are launches under five minutes, without tokens" in text


def test_a_hint_is_given_once() -> None:
    found = [
        Finding("a.csv", row, "date", "U103", "error", "the date is missing", "fill it in") for row in (2, 3)
    ]
    assert [text.count("hint:") for text in with_each_hint_once(found)] == [1, 0]
    assert str(InputError(found)).count("hint:") == 1
