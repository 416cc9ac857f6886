"""Every seat held has a line, everything bought is on one, and the amounts add up to the commitment."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from build import AEC_YEAR, AUTOCAD, AUTOCAD_YEAR, REVIT, REVIT_YEAR, a_scenario, a_source, every, usage_of
from documents import data
from hypothesis import given, reject
from hypothesis import strategies as st
from profiles import one_in
from strategies import Instance, small

from flexopt import load_scenario, plan
from flexopt.base.dates import add_months
from flexopt.base.errors import InfeasibleError, LimitError, SolverError
from flexopt.base.findings import InputError
from flexopt.inputs.scenario.scenario import Holding, Scenario
from flexopt.planning.bill import SeatRow
from flexopt.planning.order import order_lines, seats_to_pay
from flexopt.planning.payments import fiscal_year, payments_of
from flexopt.planning.seats_by_subscription import by_subscription
from flexopt.store.rows import PurchaseRow

SCENARIO = a_scenario()
HORIZON = SCENARIO.horizon
START = HORIZON.start
APRIL = date(2026, 4, 1)

MONTHLY = {
    "id": "autocad-1m",
    "covers": ["AutoCAD"],
    "term_months": 1,
    "prices": [{"from": "2025-01-01", "new": 290}],
}
THREE_YEARS = {
    "id": "revit-3y",
    "covers": ["Revit"],
    "term_months": 36,
    "prices": [{"from": "2025-01-01", "new": 8500}],
    "instalments": {"number": 3, "every_months": 12},
}
OFFERS = a_scenario(offers=[AUTOCAD_YEAR, REVIT_YEAR, MONTHLY, THREE_YEARS]).offer_by_id


def seats(offer: str, start: date, months: int, price: str = "100.00", **number: Any) -> SeatRow:
    """Seats of one kind; owned ones cost nothing."""
    kinds: dict[str, Any] = dict.fromkeys(("owned", "renewed", "new", "added"), 0) | number
    unit = Decimal(0 if kinds["owned"] else price)
    amount = unit * sum(kinds.values())
    return SeatRow(
        offer=offer,
        contract_start=start,
        contract_end=add_months(start, months),
        **kinds,
        unit_price=unit,
        cost=amount,
        commitment=amount,
        assigned=0,
        in_full=0,
    )


def held(offer: str, quantity: int, ends: date, name: str = "", from_: date | None = None) -> Holding:
    return Holding.model_validate(
        {"offer": offer, "quantity": quantity, "ends": ends, "subscription_id": name, "from": from_}
    )


def a_pack(*cells: Any) -> PurchaseRow:
    return PurchaseRow(**dict(zip(PurchaseRow.model_fields, cells, strict=True)))


def lines(rows: list[SeatRow], holdings: list[Holding], packs: tuple[PurchaseRow, ...] = ()) -> list[str]:
    """Each line as `date offer have/renew/reduce/keep/new/addition -> ends amount id`."""
    split = by_subscription(rows, holdings, START)
    return [
        f"{line.date} {line.offer or line.tokens} {line.have}/{line.renew}/{line.reduce}/{line.keep}/"
        f"{line.new}/{line.addition} -> {line.ends} {line.amount} {line.subscription_id}".rstrip()
        for line in order_lines(split, packs, holdings, SCENARIO)
    ]


def test_what_is_held_is_renewed_reduced_or_kept() -> None:
    """S1 is renewed, S2 in part; nobody renews Revit; the last holding outlives the horizon."""
    holdings = [
        held("autocad-1y", 3, START, "S2"),
        held("autocad-1y", 2, START, "S1"),
        held("revit-1y", 4, APRIL, "S3"),
        held("autocad-1y", 9, date(2027, 6, 1), "S4"),
    ]
    rows = [seats("autocad-1y", START, 12, "2079.00", renewed=4), seats("autocad-1y", START, 12, new=1)]
    assert lines(rows, holdings) == [
        "2026-01-01 autocad-1y 2/2/0/0/0/0 -> 2027-01-01 4158.00 S1",
        "2026-01-01 autocad-1y 3/2/1/0/0/0 -> 2027-01-01 4158.00 S2",
        "2026-01-01 autocad-1y 9/0/0/9/0/0 -> 2027-06-01 0.00 S4",
        "2026-01-01 autocad-1y 0/0/0/0/1/0 -> 2027-01-01 100.00",
        "2026-04-01 revit-1y 4/0/4/0/0/0 -> None 0.00 S3",
    ]


def test_seats_that_begin_later_and_added_ones_are_held_when_they_end() -> None:
    """Two added seats end with the three held, and four of the five are renewed."""
    holdings = [held("autocad-1y", 3, date(2026, 10, 1), from_=date(2026, 3, 1))]
    rows = [
        seats("autocad-1y", date(2026, 3, 1), 7, owned=3),
        seats("autocad-1y", date(2026, 8, 1), 2, "50.00", added=2),
        seats("autocad-1y", date(2026, 10, 1), 12, renewed=4),
    ]
    assert lines(rows, holdings) == [
        "2026-08-01 autocad-1y 0/0/0/0/0/2 -> 2026-10-01 100.00",
        "2026-10-01 autocad-1y 5/4/1/0/0/0 -> 2027-10-01 400.00",
    ]


def test_packs_come_after_the_seats_of_their_day() -> None:
    pack = PurchaseRow(
        date=START,
        tokens=36_800,
        tier_from=25_000,
        unit_price=Decimal("2.55"),
        cost=Decimal("93840.00"),
        expires=date(2027, 1, 1),
    )
    assert lines([seats("revit-1y", START, 12, new=1)], [], (pack,)) == [
        "2026-01-01 revit-1y 0/0/0/0/1/0 -> 2027-01-01 100.00",
        "2026-01-01 36800 0/0/0/0/0/0 -> 2027-01-01 93840.00",
    ]


def test_nothing_held_and_nothing_bought_is_no_order() -> None:
    assert lines([], []) == []


DAYS = st.sampled_from([START, APRIL, date(2026, 10, 1), date(2027, 1, 1), date(2028, 1, 1)])
NAMES = st.sampled_from(["", "a", "b"])


@given(
    st.lists(st.tuples(st.sampled_from(["autocad-1y", "revit-1y"]), st.integers(1, 9), DAYS, NAMES)),
    st.data(),
)
def test_have_is_renewed_reduced_or_kept_and_amounts_add_up(
    stated: list[tuple[str, int, date, str]], data: st.DataObject
) -> None:
    holdings = [held(*cells) for cells in stated]
    ending: Counter[tuple[str, date]] = Counter()
    for h in holdings:
        ending[h.offer, h.ends] += h.quantity if h.ends < HORIZON.end else 0
    rows = []
    for (offer, day), n in sorted(ending.items()):
        if count := data.draw(st.integers(0, n)):
            rows.append(seats(offer, day, 12, renewed=count))
    rows += [seats("revit-1y", START, 12, new=n) for n in data.draw(st.lists(st.integers(1, 5), max_size=1))]
    split = by_subscription(rows, holdings, START)
    order = order_lines(split, (), holdings, SCENARIO)
    assert all(o.have == o.renew + o.reduce + o.keep and min(o.renew, o.reduce, o.keep) >= 0 for o in order)
    assert sum(o.have for o in order) == sum(h.quantity for h in holdings)
    assert sum(o.keep for o in order) == sum(h.quantity for h in holdings if h.ends >= HORIZON.end)
    assert sum(o.amount for o in order) == sum(r.commitment for r in rows)
    assert [o.date for o in order] == sorted(o.date for o in order)


# --- seats counted as seats ------------------------------------------------------------------------------


def test_monthly_seats_are_counted_at_once_and_in_months() -> None:
    """Two, five and one seats in three months running: five at once, eight seat-months."""
    rows = [seats("autocad-1m", date(2026, 1 + n, 1), 1, new=count) for n, count in enumerate((2, 5, 1))]
    rows += [seats("autocad-1y", START, 12, new=7), seats("revit-3y", START, 36, new=1)]
    rows += [seats("revit-1y", START, 3, owned=4), seats("revit-1y", APRIL, 12, renewed=3)]
    assert seats_to_pay(rows, OFFERS) == {"annual_seats": 11, "monthly_seats": 5, "seat_months": 8}


def test_a_seat_renewed_after_a_year_is_one_seat() -> None:
    rows = [seats("autocad-1y", date(year, 1, 1), 12, new=7) for year in (2026, 2027)]
    assert seats_to_pay(rows, OFFERS)["annual_seats"] == 7


# --- the payment calendar --------------------------------------------------------------------------------


def payments(rows: list[SeatRow], scenario: Scenario, packs: tuple[PurchaseRow, ...] = ()) -> list[str]:
    found = payments_of(order_lines(rows, packs, [], scenario), scenario)
    return [
        f"{p.date} {p.fiscal_year} {p.offer or p.kind} {p.instalment}/{p.instalments} {p.amount}"
        for p in found
    ]


def test_instalments_as_the_scenario_states_them() -> None:
    """1,000.00 in three parts, the cent with the first; in a fiscal year from April."""
    scenario = a_scenario(offers=[AUTOCAD_YEAR, THREE_YEARS], fiscal_year_starts=4)
    rows = [seats("revit-3y", START, 36, "500.00", new=2), seats("autocad-1y", APRIL, 12, new=1)]
    assert payments(rows, scenario) == [
        "2026-01-01 2025/26 revit-3y 1/3 333.34",
        "2026-04-01 2026/27 autocad-1y 1/1 100.00",
        "2027-01-01 2026/27 revit-3y 2/3 333.33",
        "2028-01-01 2027/28 revit-3y 3/3 333.33",
    ]


def test_packs_have_instalments_of_their_own_and_additions_none() -> None:
    scenario = a_scenario(
        offers=[{**AUTOCAD_YEAR, "instalments": {"number": 2, "every_months": 6}}],
        tokens={"instalments": {"number": 4, "every_months": 3}},
    )
    pack = PurchaseRow(
        date=date(2026, 1, 31),
        tokens=3,
        tier_from=1,
        unit_price=Decimal(3),
        cost=Decimal("9.03"),
        expires=date(2027, 1, 31),
    )
    assert payments([seats("autocad-1y", START, 5, "7.00", added=1)], scenario, (pack,)) == [
        "2026-01-01 2026 autocad-1y 1/1 7.00",
        "2026-01-31 2026 tokens 1/4 2.26",
        "2026-04-30 2026 tokens 2/4 2.26",
        "2026-07-31 2026 tokens 3/4 2.26",
        "2026-10-31 2026 tokens 4/4 2.25",
    ]


def test_the_renewals_of_all_subscriptions_and_the_new_seats_of_a_day_are_one_invoice() -> None:
    holdings = [held("autocad-1y", 1, START, "S1"), held("autocad-1y", 1, START, "S2")]
    rows = [seats("autocad-1y", START, 12, "0.05", renewed=2), seats("autocad-1y", START, 12, "0.01", new=1)]
    order = order_lines(by_subscription(rows, holdings, START), (), holdings, SCENARIO)
    (paid,) = payments_of(order, a_scenario())
    assert (len(order), paid.amount) == (3, Decimal("0.11"))


def test_what_is_free_is_not_invoiced() -> None:
    assert payments([seats("revit-1y", START, 12, "0.00", new=1)], a_scenario()) == []


def test_fiscal_years() -> None:
    days = [date(2026, 1, 1), date(2026, 9, 30), date(2026, 10, 1), date(2099, 10, 1)]
    assert [fiscal_year(day, 10) for day in days] == ["2025/26", "2025/26", "2026/27", "2099/00"]
    assert fiscal_year(days[0], 1) == "2026"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["autocad-1y", "revit-3y"]),
            st.sampled_from([START, APRIL]),
            st.integers(1, 5),
            st.integers(0, 99_999),
        ),
        max_size=6,
    ),
    st.integers(1, 12),
)
def test_payments_add_up_to_the_order(bought: list[tuple[str, date, int, int]], first_month: int) -> None:
    scenario = a_scenario(offers=[AUTOCAD_YEAR, THREE_YEARS], fiscal_year_starts=first_month)
    rows = [
        seats(offer, day, OFFERS[offer].term_months, str(Decimal(price) / 100), new=n)
        for offer, day, n, price in bought
    ]
    found = payments_of(order_lines(rows, (), [], scenario), scenario)
    assert sum(p.amount for p in found) == sum(r.commitment for r in rows)
    parts: dict[tuple[str, date], list[Decimal]] = {}
    for p in found:
        parts.setdefault((p.offer, p.ordered), []).append(p.amount)
    assert all(of == sorted(of, reverse=True) for of in parts.values())
    assert all(of[0] - of[-1] <= Decimal("0.01") for of in parts.values())


# --- the plan has both -----------------------------------------------------------------------------------

USE = {("ann", "AutoCAD"): every(date(2025, 1, 1), 300), ("bob", "Revit"): every(date(2025, 1, 1), 100, 3)}


def ordered(scenario: Scenario) -> list[dict[str, Any]]:
    return data(plan(a_source(scenario), usage_of(USE)).document)["order"]  # type: ignore[no-any-return]


def test_holdings_and_a_subscriptions_export_give_the_same_order(tmp_path: Path) -> None:
    """Four subscriptions end on the first day, one of them in use: four lines, three of them let go."""
    offers = [(AUTOCAD_YEAR, 2), (REVIT_YEAR, 1), (AEC_YEAR, 3)]
    (tmp_path / "u.csv").write_text(
        "user,product,date\n" + "".join(f"{u},{p},{d}\n" for (u, p), days in USE.items() for d in days)
    )
    rows = "".join(
        f"S{n},{offer['id']},{count},2025-01-01,2026-01-01,Annual\n"
        for n, (offer, count) in enumerate(offers)
    )
    (tmp_path / "subs.csv").write_text(
        f"subscription_id,offering_name,seat_quantity,start_date,end_date,term\n{rows}"
    )
    common = {
        "schema": "flexopt.scenario/1",
        "currency": "USD",
        "horizon": {"start": "2026-01-01"},
        "usage": {"files": ["u.csv"]},
        "products": [AUTOCAD, REVIT],
        "offers": [offer for offer, _ in offers],
        "tokens": {"tiers": [{"from": 1, "price": 3}], "increment": 1},
    }
    stated = [
        {"offer": offer["id"], "quantity": count, "ends": "2026-01-01", "subscription_id": f"S{n}"}
        for n, (offer, count) in enumerate(offers)
    ]
    (tmp_path / "holdings.yaml").write_text(json.dumps(common | {"holdings": stated}))
    (tmp_path / "export.yaml").write_text(json.dumps(common | {"subscriptions": ["subs.csv"]}))
    one, other = (
        data(plan(load_scenario(tmp_path / f"{name}.yaml")).document)["order"]
        for name in ("holdings", "export")
    )
    assert list(one) == list(other)
    assert {(row["subscription_id"], row["have"]) for row in one if row["have"]} == {
        ("S0", 2),
        ("S1", 1),
        ("S2", 3),
    }
    assert sum(row["reduce"] for row in one) == 6 - sum(row["renew"] for row in one)


@one_in(4)
@given(small())
def test_orders_and_payments_of_random_plans_add_up(instance: Instance) -> None:
    """The audit compares every row; here only the sums."""
    try:
        found = plan(instance.source(), instance.read_usage())
    except (InfeasibleError, InputError, LimitError, SolverError):
        reject()
    commitment = Decimal(data(found.document)["summary"]["commitment"])
    order, paid = found.order, found.payments
    assert sum(order["amount"]) == sum(paid["amount"]) == commitment
    assert (order["have"] == order["renew"] + order["reduce"] + order["keep"]).all()
    assert order["tokens"].sum() == data(found.document)["summary"]["tokens_bought"]
    assert (order["renew"] + order["new"] + order["addition"]).sum() == (
        found.seats["renewed"] + found.seats["new"] + found.seats["added"]
    ).sum()


def test_without_ids_the_order_is_the_same() -> None:
    holdings = [
        {"offer": "autocad-1y", "quantity": 2, "ends": "2026-01-01", "subscription_id": "S1"},
        {"offer": "revit-1y", "quantity": 5, "ends": "2026-04-01", "subscription_id": "S2"},
    ]
    named = ordered(a_scenario(holdings=holdings))
    plain = ordered(a_scenario(holdings=[h | {"subscription_id": ""} for h in holdings]))
    assert [row | {"subscription_id": ""} for row in named] == plain
    assert {row["subscription_id"] for row in named if row["have"]} == {"S1", "S2"}
