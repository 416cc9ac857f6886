"""Charges by hand, and that they add up in whatever is planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from build import AEC_YEAR, AUTOCAD_YEAR, a_problem, a_scenario, a_source, case_plan, every, usage_of
from documents import data
from estate import estate_plan
from hypothesis import given, reject
from profiles import one_in
from strategies import Instance, medium, small

from flexopt import plan
from flexopt.base.errors import FlexoptError
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.records import Person
from flexopt.planning.bill import make_bill
from flexopt.planning.charges import charges
from flexopt.planning.planner import Clock, Plan, finish, solve
from flexopt.solve.optimise import optimise

ANN = [Person("ann", "design", "CC 4")]
YEAR = {("ann", "AutoCAD"): every(date(2025, 1, 1), 365), ("ann", "Revit"): every(date(2025, 1, 2), 10)}


def amounts(found: Plan, **where: str) -> dict[str, str]:
    """The amounts of these charges by month."""
    rows = (r for r in data(found.document)["charge_rows"] if all(r[k] == v for k, v in where.items()))
    return {row["month"]: row["amount"] for row in rows}


def total_of(rows: Iterable[Any], **where: str) -> Decimal:
    return sum((Decimal(r["amount"]) for r in rows if all(r[k] == v for k, v in where.items())), Decimal(0))


def test_a_seat_is_spread_by_days_and_shared_by_days_of_use() -> None:
    """3,675 x 31/365 = 312.12 in January: 41 days of use, 31 of them AutoCAD, 10 Revit."""
    found = plan(a_source(a_scenario(offers=[AEC_YEAR]), ANN), usage_of(YEAR))
    assert found.total.amount == 3675
    autocad = amounts(found, product="AutoCAD")
    assert (autocad["2026-01"], amounts(found, product="Revit")) == ("235.99", {"2026-01": "76.13"})
    assert (autocad["2026-02"], autocad["2026-04"]) == ("281.92", "302.06")
    # of 312.123, 281.918 and 302.055, most is cut off the last two
    assert [autocad[f"2026-{m:02}"] for m in (3, 5, 12)] == ["312.12", "312.12", "312.12"]
    first = data(found.document)["charge_rows"][0]
    assert first == {
        "month": "2026-01",
        "user": "ann",
        "group": "design",
        "cost_centre": "CC 4",
        "product": "AutoCAD",
        "kind": "seat",
        "quantity": "31",
        "amount": "235.99",
    }
    assert found.assignment["cost"].tolist() == [Decimal("3598.87"), Decimal("76.13")]


def test_a_month_without_use_is_shared_by_the_days_of_the_whole_contract() -> None:
    """30 days of each in January; February has none, and half of 281.92 goes to either."""
    use = {("ann", p): every(date(2025, 1, 1), 30) for p in ("AutoCAD", "Revit")}
    scenario = a_scenario(offers=[AEC_YEAR], policy=[{"user": "ann", "access": "named"}])
    found = plan(a_source(scenario), usage_of(use))
    rows = [r for r in data(found.document)["charge_rows"] if r["month"] == "2026-02"]
    assert [(r["product"], r["quantity"], r["amount"]) for r in rows] == [
        ("AutoCAD", "0", "140.96"),
        ("Revit", "0", "140.96"),
    ]


def test_tokens_cost_what_those_of_the_month_cost() -> None:
    """100 tokens are owned: 70 of January and 30 of the 70 of February; 40 at 3.00 are bought.

    Bob's 10 days in March are 70 tokens at 3.00, as Ann's; a service takes 12 a month.
    """
    use = {
        ("ann", "AutoCAD"): [*every(date(2025, 1, 1), 10), *every(date(2025, 2, 1), 10)],
        ("bob", "AutoCAD"): every(date(2025, 2, 1), 5),
    }
    scenario = a_scenario(offers=[], pool=[{"tokens": 100, "expires": "2026-12-01"}])
    found = plan(a_source(scenario, ANN), usage_of(use))
    assert found.total.amount == 225  # 175 tokens less 100
    assert amounts(found, user="ann") == {"2026-01": "0.00", "2026-02": "150.00"}
    assert amounts(found, user="bob") == {"2026-02": "75.00"}
    assert data(found.document)["summary"]["used_cost"] == "225.00"


def test_what_nobody_uses_has_rows_of_its_own() -> None:
    """A pack of 200: 70 are used, 35 are the buffer (50 %), 95 are more than that; it expires in December.

    A minimum of two seats: one of them is empty.
    """
    use = {("ann", "AutoCAD"): every(date(2025, 1, 1), 200), ("bob", "Revit"): every(date(2025, 3, 1), 7)}
    offer = AUTOCAD_YEAR | {"minimum": 2}
    scenario = a_scenario(
        offers=[offer],
        policy=[{"user": "ann", "access": "named"}],
        tokens={"buffer": "0.5", "increment": 200, "tiers": [{"from": 200, "price": "2.99"}]},
        cloud=[],
    )
    found = plan(a_source(scenario), usage_of(use))
    rows = data(found.document)["charge_rows"]
    assert found.total.amount == 2 * 2310 + 598
    assert total_of(rows, kind="empty seat", product="autocad-1y", user="") == 2310
    assert amounts(found, kind="tokens", user="bob") == {"2026-03": "209.30"}
    assert amounts(found, kind="buffer") == {"2026-12": "104.65"}
    assert amounts(found, kind="unused tokens") == {"2026-12": "284.05"}
    (ledger,) = (r for r in data(found.document)["ledger"] if r["period_start"] == "2026-03-01")
    assert {
        name: ledger[name] for name in ("opening", "used", "closing", "buffer", "closing_with_buffer")
    } == {
        "opening": "200",
        "used": "70",
        "closing": "130",
        "buffer": "35",
        "closing_with_buffer": "95",
    }
    s = data(found.document)["summary"]
    assert (s["tokens_used"], s["tokens_buffer"]) == ("70", "35")
    assert (s["tokens_expired"], s["tokens_expired_with_buffer"]) == ("130", "95")
    assert (s["used_cost"], s["buffer_cost"]) == ("209.30", "104.65")
    assert (s["expired_cost"], s["expired_cost_with_buffer"]) == ("388.70", "284.05")
    assert (s["left_cost"], s["left_cost_with_buffer"]) == ("0.00", "0.00")


def test_a_month_cut_short_and_a_leaver() -> None:
    """From 15 January to 15 July: 17 days of January, 14 of July. Ann leaves in March: the whole 2,310."""
    scenario = a_scenario(
        horizon={"start": "2026-01-15", "months": 6},
        offers=[AUTOCAD_YEAR],
        policy=[{"user": "ann", "access": "named"}],
    )
    people = [Person("ann", "", "", leaves=date(2026, 3, 1))]
    found = plan(a_source(scenario, people), usage_of({("ann", "AutoCAD"): every(date(2025, 1, 20), 30)}))
    rows = amounts(found, user="ann", kind="seat")
    assert list(rows) == ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07"]
    assert (rows["2026-01"], rows["2026-07"]) == ("216.96", "178.67")  # 2,310 x 17/181 and 14/181
    assert sum(map(Decimal, rows.values())) == 2310


def check(found: Plan) -> None:
    """Everything that must add up in any plan."""
    document = data(found.document)
    rows, total = document["charge_rows"], Decimal(document["total"])
    assert total_of(rows) == total_of(document["charges"]) == total
    s = {name: Decimal(document["summary"][name]) for name in document["summary"] if name.endswith("cost")}
    of_kind: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        of_kind[row["kind"]] += Decimal(row["amount"])
        assert bool(row["user"]) == (row["kind"] in ("seat", "tokens"))
    assert of_kind["seat"] + of_kind["empty seat"] == Decimal(document["summary"]["seats"])
    cost = sum((Decimal(row["cost"]) for row in document["assignment"]), Decimal(0))
    assert cost == of_kind["seat"] + of_kind["tokens"]
    assert s["used_cost"] == of_kind["tokens"] + of_kind["per-result service"]
    assert s["expired_cost"] + s["left_cost"] == of_kind["buffer"] + of_kind["unused tokens"]


def test_worked_examples_add_up(case: Path) -> None:
    check(case_plan(case))


def test_the_estate_adds_up() -> None:
    check(estate_plan())


@one_in(6)
@given(small() | medium(8))
def test_random_plans_add_up(instance: Instance) -> None:
    """With tiers, packs, leavers, collections and additions; the audit looks at every row."""
    source = instance.source()
    try:
        solved = solve(
            source, ForecastCache(instance.read_usage()), lambda *_: None, Clock(), certified=False
        )
    except FlexoptError:
        reject()
    check(finish(solved, lambda *_: None, Clock()))


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_any_number_of_rows_at_a_time(size: int) -> None:
    problem = a_problem(YEAR | {("bob", "Revit"): every(date(2025, 5, 1), 20)}, ANN, offers=[AEC_YEAR])
    solution = optimise(problem).solution
    bill = make_bill(problem, solution)
    assert list(charges(problem, solution, bill, size).rows) == list(charges(problem, solution, bill).rows)
