"""People who seem to have left, and people without an earlier season: who is reported, and at what cost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from build import AUTOCAD, AUTOCAD_YEAR, Days, a_scenario, a_source, every, usage_of
from documents import data

from flexopt import Person, plan
from flexopt.base.findings import Finding
from flexopt.demand.forecast import forecast
from flexopt.planning.check import check_inputs
from flexopt.planning.turnover import costs_on_flex, turnover

YEAR = every(date(2025, 1, 1), 52, 7)
"""Fifty-two days, the last of them 24 December 2025."""
DAYS: Days = {
    ("stays", "AutoCAD"): YEAR,
    ("left", "AutoCAD"): every(date(2025, 1, 2), 20, 7),
    ("came", "AutoCAD"): every(date(2025, 10, 1), 12, 7),
    ("seldom", "AutoCAD"): [date(2025, 12, 1)],
}


def found(days: Days = DAYS, people: tuple[Person, ...] = (), **changes: Any) -> dict[str, Finding]:
    source = a_source(a_scenario(products=[AUTOCAD], offers=[AUTOCAD_YEAR], **changes), people)
    usage = usage_of(days)
    demand = forecast(source.scenario, usage, source.people)
    return {f.code: f for f in turnover(source, usage, demand, lambda: costs_on_flex(source, demand))}


def test_who_left_is_listed_with_the_cost_and_the_line_to_paste() -> None:
    """20 days of 7 tokens at 3.00 are 420."""
    gone = found()["D105"]
    assert gone.severity == "warning"
    assert gone.message == (
        "1 person had no use in the last 90 days of the data, which end on 2025-12-24; planning this person "
        "costs 420.00 USD: left (last 2025-05-15)"
    )
    assert gone.hint.splitlines() == [
        "if they left, write these lines to people.csv, below `user,group,cost_centre,starts,leaves`, "
        "and add `people: people.csv` to the scenario:",
        "left,,,,2025-05-16",
    ]


def test_in_a_table_that_is_there_the_day_is_filled_in() -> None:
    source = a_source(a_scenario(products=[AUTOCAD], offers=[AUTOCAD_YEAR], people="staff.csv"))
    usage = usage_of(DAYS)
    demand = forecast(source.scenario, usage, source.people)
    gone, *_ = turnover(source, usage, demand, lambda: costs_on_flex(source, demand))
    assert gone.hint.splitlines() == [
        "if they left, fill in `leaves` of their lines in staff.csv:",
        "user,leaves",
        "left,2025-05-16",
    ]


@pytest.mark.parametrize(("idle", "reported"), [(222, True), (223, False)])
def test_how_long_is_a_key(idle: int, reported: bool) -> None:
    """15 May is 223 days before 24 December."""
    assert (date(2025, 12, 24) - date(2025, 5, 15)).days == 223
    assert ("D105" in found(demand={"idle_days": idle})) == reported


def test_pasted_the_line_ends_the_finding_and_the_cost() -> None:
    left = Person("left", leaves=date(2025, 5, 16))
    assert "D105" not in found(people=(left,))
    source = a_source(a_scenario(products=[AUTOCAD], offers=[AUTOCAD_YEAR]), [left])
    assert "left" not in set(plan(source, usage_of(DAYS)).assignment["user"])


def test_who_may_have_changed_the_email_did_not_leave(tmp_path: Path) -> None:
    """The pair is asked about (U184); a line for the old email would lose half of the person."""
    days = every(date(2025, 1, 1), 360, 1)
    rows = [f"{'ann.lee' if d < date(2025, 6, 1) else 'ann.berg'}@x.com,Ann,Lee,AutoCAD,{d},T" for d in days]
    header = "Email,First name,Last name,Product,Day used,Team"
    (tmp_path / "u.csv").write_text("\n".join([header, *rows]) + "\n")
    scenario = a_scenario(products=[AUTOCAD], offers=[AUTOCAD_YEAR], usage={"files": ["u.csv"]})
    (tmp_path / "s.yaml").write_text(scenario.model_dump_json(by_alias=True, exclude_defaults=True))
    codes = {f.code for f in check_inputs(tmp_path / "s.yaml", lambda *_: None, None).findings}
    assert "U184" in codes
    assert "D105" not in codes


def test_who_came_late_has_an_empty_season() -> None:
    """Twelve days in 12 weeks: about 35 more in the 273 days before; one day in a year tells nothing."""
    new = found()["D106"]
    assert new.message == (
        "1 person came in the second half of the history: the months before are planned without use, about "
        "35 days too few: came (from 2025-10-01)"
    )
    assert "D106" not in found(people=(Person("came", starts=date(2025, 10, 1)),))
    assert "D106" not in found(demand={"method": "rate"})
    half = {pair: [day for day in days if day > date(2025, 6, 1)] for pair, days in DAYS.items()}
    assert "D106" not in found({pair: days for pair, days in half.items() if days})  # all began with the data


def test_many_are_counted_and_the_costliest_come_first() -> None:
    days: Days = {(f"gone{n:02}", "AutoCAD"): every(date(2025, 1, 1), n + 1, 1) for n in range(25)}
    gone = found({**days, ("stays", "AutoCAD"): YEAR})["D105"]
    assert gone.count == 25
    assert "gone24 (last 2025-01-25), gone23 (last 2025-01-24)" in gone.message
    assert gone.message.endswith("and 22 more")
    lines = gone.hint.splitlines()
    assert (len(lines), lines[-1]) == (22, "... and 5 more")


def test_a_plan_says_what_it_spends_on_them() -> None:
    """A seat bought for somebody who left costs its 2,310.00 in the plan."""
    days: Days = {**DAYS, ("left", "AutoCAD"): every(date(2025, 1, 1), 150, 1)}
    source = a_source(a_scenario(products=[AUTOCAD], offers=[AUTOCAD_YEAR]))
    found = plan(source, usage_of(days))
    (gone,) = (f for f in data(found.document)["findings"] if f["code"] == "D105")
    assert "costs 2,310.00 USD: left (last 2025-05-30)" in gone["message"]
    assert date(2025, 1, 1) + timedelta(days=149) == date(2025, 5, 30)
    assert found.total.amount >= Decimal(2310)


def test_a_usage_report_knows_the_last_day(tmp_path: Path) -> None:
    """The report's period ends on 31 December; ann was last seen in May, bob in December, cy is not said."""
    (tmp_path / "report.csv").write_text(
        "email,offering_name,product_name,days_used,last_accessed\n"
        "ann@x.com,AutoCAD,AutoCAD,20,2025-05-15\n"
        "bob@x.com,AutoCAD,AutoCAD,20,2025-12-20T08:00:00Z\n"
        "cy@x.com,AutoCAD,AutoCAD,20,\n"
    )
    (tmp_path / "s.yaml").write_text(
        "schema: flexopt.scenario/1\ncurrency: USD\nhorizon: {start: 2026-01-01}\n"
        "usage: {files: [report.csv], period: {from: 2025-01-01, to: 2026-01-01}}\n"
        "products: [{id: AutoCAD, rates: [{from: 2020-01-01, tokens: 7}]}]\n"
        "tokens: {tiers: [{from: 1, price: 3}], increment: 1}\n"
    )
    (gone,) = (
        f for f in check_inputs(tmp_path / "s.yaml", lambda *_: None, None).findings if f.code == "D105"
    )
    assert "costs 420.00 USD on Flex: ann@x.com (last 2025-05-15)" in gone.message
