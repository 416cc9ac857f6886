"""A stated leaving date: a contract that outlasts the person counts in full."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from build import AUTOCAD_YEAR, Days, a_problem, a_scenario, a_source, every, the_demand, usage_of
from documents import data, typed

from flexopt import Plan, plan
from flexopt.audit import audit
from flexopt.inputs.records import Person, TodaysAccess
from flexopt.model.leaving import leaving

YEAR = AUTOCAD_YEAR | {"prices": [{"from": "2025-01-01", "new": 2310, "renewal": 2079}]}
THREE_YEARS = AUTOCAD_YEAR | {
    "id": "autocad-3y",
    "term_months": 36,
    "prices": [{"from": "2025-01-01", "new": 6237}],
}
USE: Days = {("lea", "AutoCAD"): every(date(2025, 1, 1), 120)}
"""120 x 7 x 3.00 = 2,520 on Flex, more than a seat for a year."""
SEATS = [{"product": "AutoCAD", "access": "named"}]


def the_plan(
    leaves: date | None, days: Days = USE, access: tuple[TodaysAccess, ...] = (), **changes: Any
) -> Plan:
    people = [Person("lea", leaves=leaves)]
    return plan(a_source(a_scenario(**changes), people, access), usage_of(days))


def test_the_year_is_cheaper_than_three_of_which_most_are_lost() -> None:
    """The share of the horizon would be 6,237 x 365/1,096 = 2,077.10; but nobody uses the other two years."""
    found = the_plan(date(2026, 5, 1), offers=[YEAR, THREE_YEARS])
    assert found.total.amount == Decimal("2310.00")
    assert found.seats["offer"].tolist() == ["autocad-1y"]
    stays = the_plan(None, offers=[YEAR, THREE_YEARS])
    assert stays.total.amount == Decimal("2077.10")


@pytest.mark.parametrize("leaves", [date(2026, 5, 1), date(2027, 6, 1), date(2028, 12, 31)])
def test_without_another_seat_the_whole_price_counts(leaves: date) -> None:
    """Also if the person leaves after the horizon: the contract still outlasts the person."""
    found = the_plan(leaves, offers=[THREE_YEARS], policy=SEATS)
    assert found.total.amount == Decimal("6237.00")
    seat = found.seats.iloc[0]
    assert (seat["cost"], seat["commitment"], seat["in_full"]) == (Decimal("6237.00"), Decimal("6237.00"), 1)
    assert f"outlasts the user, who leaves on {leaves}" in found.assignment["reason"][0]
    assert {b["total"] for b in data(found.document)["baselines"].values()} == {"6237.00"}


def test_who_leaves_on_the_day_a_contract_ends_is_not_outlasted() -> None:
    found = the_plan(date(2029, 1, 1), offers=[THREE_YEARS], policy=SEATS)
    assert (found.total.amount, found.seats["in_full"][0]) == (Decimal("2077.10"), 0)


def test_a_renewal_that_outlasts_the_person_counts_in_full() -> None:
    """From April on a renewal costs 2,079, its share until December is 2,079 x 275/365 = 1,566.37; 84 days of
    tokens for 1,764 lie between the two."""
    days: Days = {("lea", "AutoCAD"): [*every(date(2025, 1, 1), 60), *every(date(2025, 4, 1), 84)]}
    holding = [{"offer": "autocad-1y", "quantity": 1, "ends": "2026-04-01"}]
    offers = [YEAR | {"prices": [{"from": "2025-01-01", "new": 9000, "renewal": 2079}]}]
    stays, leaves = (the_plan(day, days, offers=offers, holdings=holding) for day in (None, date(2026, 8, 1)))
    assert (stays.total.amount, stays.seats["renewed"].sum()) == (Decimal("1566.37"), 1)
    assert (leaves.total.amount, leaves.seats["renewed"].sum()) == (Decimal("1764.00"), 0)


def test_one_contract_of_those_who_stay_and_those_who_leave() -> None:
    """An order of two: 10 % off both, 5,613.30 in full for one and 5,613.30 x 365/1,096 for the other."""
    days: Days = {(u, "AutoCAD"): every(date(2025, 1, 1), 120) for u in ("lea", "sam")}
    offers = [THREE_YEARS | {"tiers": [{"from": 2, "discount": "0.1"}]}]
    found = the_plan(date(2026, 5, 1), days, offers=offers, policy=SEATS)
    assert found.total.amount == Decimal("5613.30") + Decimal("1869.39")
    seat = found.seats.iloc[0]
    assert len(found.seats) == 1
    assert (seat["new"], seat["assigned"], seat["in_full"]) == (2, 2, 1)
    costs = dict(zip(found.assignment["user"], found.assignment["seat_price"], strict=True))
    assert costs == {"lea": Decimal("5613.30"), "sam": Decimal("1869.39")}


def test_today_keeps_an_idle_seat_until_its_holder_leaves() -> None:
    """Not longer: after the first quarter only the other user's 30 days cost something, 30 x 21."""
    access = (TodaysAccess("ida", "AutoCAD", "named", "autocad-1y"),)
    people = [Person("ida", leaves=date(2026, 3, 1))]
    holding = [{"offer": "autocad-1y", "quantity": 2, "ends": "2026-04-01"}]
    scenario = a_scenario(holdings=holding, offers=[YEAR, THREE_YEARS])
    found = plan(a_source(scenario, people, access), usage_of(USE))
    assert data(found.document)["baselines"]["today"]["total"] == str(found.total.amount) == "630.00"


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("in_full", 0, "1 users leave before 2029-01-01, but 0 seats"),
        ("in_full", 2, "2 of 1 seats of autocad-3y count in full"),
        ("cost", "2077.10", "is 6237.00, not 2077.10"),
    ],
)
def test_the_audit_knows_who_leaves(column: str, value: int | str, words: str) -> None:
    scenario = a_scenario(offers=[THREE_YEARS], policy=SEATS)
    people = [Person("lea", leaves=date(2026, 5, 1))]
    document = data(plan(a_source(scenario, people), usage_of(USE)).document)
    document["seats"][0][column] = value
    found = audit(typed(document), scenario, (), the_demand(USE, scenario, people))
    assert any(words in failure for failure in found), found


def test_everybody_has_one_of_the_two() -> None:
    """lea leaves during both terms, max during the longer one only, sam during none."""
    use: Days = {(u, "AutoCAD"): every(date(2025, 1, 1), 9) for u in ("lea", "max", "sam")}
    people = [Person("lea", leaves=date(2026, 5, 1)), Person("max", leaves=date(2027, 7, 1))]
    twice = THREE_YEARS | {"id": "autocad-2y", "term_months": 16}
    problem = a_problem(use, people, offers=[twice, THREE_YEARS])
    gone = leaving(problem)
    may = [
        {(c.offer, c.in_full) for k, c in enumerate(problem.contracts) if k not in gone.barred[group]}
        for group in gone.group.tolist()
    ]
    assert may == [
        {("autocad-2y", True), ("autocad-3y", True)},
        {("autocad-2y", False), ("autocad-3y", True)},
        {("autocad-2y", False), ("autocad-3y", False)},
    ]
