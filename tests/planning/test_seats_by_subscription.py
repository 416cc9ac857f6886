"""Seats keep the id of their subscription up to seats.csv, and those that ended lately are renewed."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from build import a_source, the_demand, usage_of
from documents import data, typed
from estate import PEOPLE, USE, estate
from hypothesis import given
from hypothesis import strategies as st
from reports import summary_text

from flexopt import load_scenario, plan
from flexopt.audit import audit
from flexopt.exports.report.costs import seats as seats_part
from flexopt.exports.words import ENGLISH
from flexopt.inputs.scenario.scenario import Holding
from flexopt.planning.bill import SeatRow
from flexopt.planning.planner import Plan
from flexopt.planning.seats_by_subscription import by_subscription
from flexopt.store.folder import plan_files

START, END = date(2026, 8, 1), date(2027, 8, 1)


def renewed(count: int, assigned: int, full: int = 0) -> SeatRow:
    """Renewals of a seat of 3,308, half of it in the horizon."""
    price = Decimal(3308)
    return SeatRow(
        offer="aec-1y",
        contract_start=START,
        contract_end=END,
        owned=0,
        added=0,
        renewed=count,
        new=0,
        unit_price=price,
        cost=price * full + price / 2 * (count - full),
        commitment=price * count,
        assigned=assigned,
        in_full=full,
    )


def held(**quantities: int) -> list[Holding]:
    return [
        Holding(offer="aec-1y", quantity=n, ends=START, subscription_id=name.strip("_"))
        for name, n in quantities.items()
    ]


def test_subscriptions_are_renewed_in_the_order_of_their_ids() -> None:
    """Six of nine seats, five of them used: two of S1, three of S2, one without an id.

    Three count in full, as somebody leaves: two of 3,308; one of 3,308 and two of 1,654; one of 1,654.
    """
    rows = by_subscription([renewed(6, 5, full=3)], held(S2=3, _=4, S1=2), START)
    assert [(r.subscription_id, r.renewed, r.assigned, r.in_full, r.cost) for r in rows] == [
        ("S1", 2, 2, 2, Decimal(6616)),
        ("S2", 3, 3, 1, Decimal(6616)),
        ("", 1, 0, 0, Decimal(1654)),
    ]


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.integers(1, 9)), min_size=1), st.data())
def test_the_parts_add_up(seats: list[tuple[str, int]], data: st.DataObject) -> None:
    holdings = [Holding(offer="aec-1y", quantity=n, ends=START, subscription_id=name) for name, n in seats]
    count = data.draw(st.integers(1, sum(n for _, n in seats)))
    row = renewed(count, data.draw(st.integers(0, count)), data.draw(st.integers(0, count)))
    parts = by_subscription([row], holdings, START)
    for name in ("renewed", "cost", "commitment", "assigned", "in_full"):
        assert sum(getattr(p, name) for p in parts) == getattr(row, name)
    most: Counter[str] = Counter()
    for name, n in seats:
        most[name] += n
    assert all(0 < p.renewed <= most[p.subscription_id] and p.assigned <= p.renewed for p in parts)
    assert len({p.subscription_id for p in parts}) == len(parts)
    assert all(p.renewed == most[p.subscription_id] for p in parts[:-1])


IDS = {
    "holdings": [
        {"offer": "autocad-1y", "quantity": 1, "ends": "2026-04-01", "subscription_id": "S1"},
        {"offer": "autocad-1y", "quantity": 1, "ends": "2026-04-01", "subscription_id": "S2"},
        {"offer": "revit-1y", "quantity": 1, "ends": "2026-01-01", "subscription_id": "S3"},
    ]
}


@pytest.fixture(scope="module")
def sound() -> dict[str, Any]:
    document = plan(a_source(estate(**IDS), PEOPLE), usage_of(USE)).document
    return data(document)


def test_the_audit_counts_seats_by_subscription(sound: dict[str, Any]) -> None:
    scenario = estate(**IDS)
    demand = the_demand(USE, scenario, PEOPLE)

    def failures(document: dict[str, Any]) -> list[str]:
        return audit(typed(document), scenario, scenario.holdings, demand)

    assert failures(sound) == []
    ids = [(row["subscription_id"], row["owned"], row["renewed"]) for row in sound["seats"] if not row["new"]]
    assert sorted(ids) == [("S1", 0, 1), ("S1", 1, 0), ("S2", 0, 1), ("S2", 1, 0), ("S3", 0, 1)]
    changes = {
        "owned": "0 owned seats of autocad-1y from 2026-01-01 until 2026-04-01 of subscription S1, "
        "the holdings have 1",
        "renewed": "1 renewals of the 0 seats of autocad-1y that end on 2026-04-01 of subscription S9",
    }
    for kind, failure in changes.items():
        document = copy.deepcopy(sound)
        row = next(r for r in document["seats"] if r["subscription_id"] == "S1" and r[kind])
        row["subscription_id"] = "S9"
        assert failure in failures(document)
    document = copy.deepcopy(sound)
    next(r for r in document["seats"] if r["new"])["subscription_id"] = "S1"
    assert any("have a subscription" in f for f in failures(document))
    document = copy.deepcopy(sound)
    document["holdings"][0]["quantity"] = 2
    assert "the holdings are not those that were read" in failures(document)


# From the export to the plan

SCENARIO = """\
schema: flexopt.scenario/1
currency: USD
horizon: {start: 2026-08-01, months: 12}
usage: {files: [u.csv]}
products:
  - {id: AutoCAD, rates: [{from: 2021-09-07, tokens: 7}]}
  - {id: Revit, rates: [{from: 2021-09-07, tokens: 10}]}
offers:
  - {id: aec-1y, aliases: [AEC Collection], covers: [AutoCAD, Revit], term_months: 12,
     prices: [{from: 2026-01-01, new: 3675, renewal: 3308}]}
tokens: {tiers: [{from: 100, price: 3.00}]}
"""


def planned(folder: Path, more: str, **files: str) -> Plan:
    """The plan for four people with 220 days of AutoCAD and Revit each: all need a seat."""
    days = [date.fromordinal(date(2025, 8, 1).toordinal() + n) for n in range(220)]
    rows = [f"u{u},{p},{d}\n" for u in range(4) for p in ("AutoCAD", "Revit") for d in days]
    (folder / "u.csv").write_text("user,product,date\n" + "".join(rows))
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "s.yaml").write_text(SCENARIO + more)
    return plan(load_scenario(folder / "s.yaml"))


@pytest.mark.parametrize(
    ("ends", "total"),
    [
        ("2026-08-01", 13232),  # 4 renewals of 3,308
        ("2026-07-25", 13232),  # seven days before the start: the same
        ("2026-06-17", 13232),  # 45 days before it
        ("2026-06-16", 14700),  # lost: 4 new seats of 3,675
    ],
)
def test_seats_that_ended_lately_cost_their_renewal(ends: str, total: int, tmp_path: Path) -> None:
    found = planned(tmp_path, f"holdings: [{{offer: aec-1y, quantity: 4, ends: {ends}}}]\n")
    assert found.total.amount == total


HEADER = "subscription_id,offering_name,seat_quantity,start_date,end_date,term,subscription_status\n"
SUBSCRIPTIONS = HEADER + (
    "S1,AEC Collection,3,2025-08-01,2026-08-01,Annual,Active\n"
    "S2,AEC Collection,2,2025-08-01,2026-08-01,Annual,Active\n"
)


def test_the_last_day_and_the_first_day_without_cost_the_same(tmp_path: Path) -> None:
    """Five seats of two subscriptions end before the start; four are needed, and renewed for 13,232."""
    last = SUBSCRIPTIONS.replace("2026-08-01", "2026-07-31")
    both = "subscriptions: [a.csv, b.csv]\n"
    for text in (SUBSCRIPTIONS, last):
        found = planned(tmp_path, "subscriptions: [a.csv]\n", a=text)
        assert found.total.amount == 13232
        assert "5 seats of 1 offer read from a.csv; all end before the start and can be renewed" in " ".join(
            summary_text(found.document).split()
        )
    document = planned(tmp_path, both, a=SUBSCRIPTIONS, b=last).document
    assert sum(h["quantity"] for h in data(document)["holdings"]) == 5
    lines = "".join(plan_files(document)["seats.csv"]).splitlines()
    assert [line.rsplit(",", 1)[1] for line in lines] == ["subscription_id", "S1", "S2"]
    assert [line.split(",")[4] for line in lines[1:]] == ["3", "1"]
    table, *_ = seats_part(document, ENGLISH)
    assert [row[-1] for row in table.rows] == ["S1", "S2", ""]  # type: ignore[union-attr]
    assert table.rows[0][3] == "3"  # type: ignore[union-attr]


def test_seats_that_start_later_are_owned_from_then(tmp_path: Path) -> None:
    """Four seats from September: in August four people use 17 tokens a day, 2,108 for 31 days, for 6,600."""
    text = HEADER + "S7,AEC Collection,4,2026-09-01,2027-09-01,Annual,Active\n"
    document = planned(tmp_path, "subscriptions: [a.csv]\n", a=text).document
    assert data(document)["total"] == "6600.00"
    (row,) = data(document)["seats"]
    assert (row["contract_start"], row["owned"], row["subscription_id"]) == ("2026-09-01", 4, "S7")
