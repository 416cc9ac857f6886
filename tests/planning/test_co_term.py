"""Co-termed additions: seats that join a contract, end with it and are priced by days."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from build import REVIT, REVIT_YEAR, Days, a_scenario, a_source, every, the_demand, usage_of
from click.testing import CliRunner
from documents import data, typed

from flexopt import Plan, load_scenario, plan
from flexopt.audit import audit
from flexopt.base.errors import InfeasibleError
from flexopt.base.findings import InputError
from flexopt.cli import cli
from flexopt.exports.report.assumed import assumptions, prices
from flexopt.exports.report.order import order_sheet
from flexopt.exports.report.parts import ReportTable
from flexopt.exports.words import words_for
from flexopt.inputs.records import Person
from flexopt.inputs.rules.co_term import added_seat_price

NEED = every(date(2025, 8, 1), 120)
USE: Days = {
    ("new", "Revit"): NEED,
    ("new2", "Revit"): NEED,
    ("old", "Revit"): every(date(2025, 8, 1), 300),
}
"""Two from August to November, 1,200 tokens or 3,600.00 each, beside one who works all year."""
YEAR = REVIT_YEAR | {"prices": [{"from": "2026-01-01", "new": 2985, "renewal": 2700}]}
HELD = [{"offer": "revit-1y", "quantity": 1, "ends": "2026-12-01"}]
ADDED = [{"offer": "revit-1y", "quantity": 2, "from": "2026-08-01"}]
RENEWED = Decimal("1797.53")
"""2,700 x 243/365: the renewal on 1 December, until the horizon ends."""


def scenario(**changes: Any) -> Any:
    offer = YEAR | changes.pop("offer", {})
    base: dict[str, Any] = {
        "horizon": {"start": "2026-08-01", "months": 12},
        "products": [REVIT],
        "offers": [offer],
        "holdings": HELD,
    }
    return a_scenario(**base | changes)


def the_plan(days: Days = USE, people: tuple[Person, ...] = (), **changes: Any) -> Plan:
    return plan(a_source(scenario(**changes), people), usage_of(days))


def rows(found: Plan) -> list[tuple[Any, ...]]:
    columns = ["owned", "renewed", "new", "added", "unit_price", "cost", "assigned"]
    return [tuple(row) for row in found.seats[columns].to_numpy().tolist()]


def test_stated_additions_are_priced_by_days() -> None:
    """2,985 x 122/365 = 997.73 each, 1,995.46 for two in place of 5,970.00."""
    found = the_plan(additions=ADDED)
    assert found.total.amount == Decimal("1995.46") + RENEWED
    assert rows(found) == [
        (1, 0, 0, 0, Decimal("0.00"), Decimal("0.00"), 1),
        (0, 0, 0, 2, Decimal("997.73"), Decimal("1995.46"), 2),
        (0, 1, 0, 0, Decimal("2700.00"), RENEWED, 1),
    ]
    assert found.seats["contract_end"].tolist()[1] == date(2026, 12, 1)
    assert data(found.document)["summary"]["commitment"] == "4695.46"
    assert found.status == "optimal"
    assert "one of the stated additions, which cost 997.73 each" in " ".join(found.assignment["reason"])


def test_the_same_at_the_start_where_the_offer_is_co_termed() -> None:
    """Whether the end is that of the holding, or written."""
    for co_term in (True, "2026-12-01"):
        found = the_plan(offer={"co_term": co_term})
        assert found.total.amount == Decimal("1995.46") + RENEWED
        assert rows(found)[1] == (0, 0, 0, 2, Decimal("997.73"), Decimal("1995.46"), 2)
    lead = "Adding a seat of revit-1y from 2026-08-01 until its contract ends on 2026-12-01 costs 997.73."
    assert lead in " ".join(found.assignment["reason"])


def test_without_either_new_seats_have_whole_terms() -> None:
    assert the_plan().total.amount == Decimal("5970.00")
    assert the_plan(offer={"co_term": False}).total.amount == Decimal("5970.00")


def test_stated_additions_are_paid_whoever_has_them() -> None:
    """Also where nobody uses Revit; another one on a later day costs fewer days: 2,985 x 31/365 = 253.52."""
    later = {"offer": "revit-1y", "quantity": 1, "from": "2026-10-31", "ends": "2026-12-01"}
    found = the_plan({("old", "Revit"): NEED}, additions=[*ADDED, later])
    assert found.total.amount == Decimal("1995.46") + Decimal("253.52")
    assert found.seats["assigned"].tolist() == [1, 0, 0]
    assert data(found.document)["proof"]["prices"]["bound"] == "2248.98"


def test_added_seats_are_renewed_like_owned_ones() -> None:
    """Three work all year: one owned, one stated and one chosen seat, and three renewals."""
    days: Days = {(user, "Revit"): every(date(2025, 8, 1), 300) for user in ("new", "new2", "old")}
    one = [ADDED[0] | {"quantity": 1}]
    found = the_plan(days, additions=one, offer={"co_term": True})
    assert rows(found)[1:] == [
        (0, 0, 0, 2, Decimal("997.73"), Decimal("1995.46"), 2),
        (0, 3, 0, 0, Decimal("2700.00"), 3 * RENEWED, 3),
    ]


def test_tiers_and_minimum_are_not_for_additions_but_for_their_renewal() -> None:
    """An order of renewals of at least 3: a third seat is added, and renewed, though nobody needs it."""
    days: Days = {(user, "Revit"): every(date(2025, 8, 1), 300) for user in ("new", "old")}
    tiers = {"minimum": 3, "tiers": [{"from": 3, "discount": "0.5"}], "co_term": True}
    found = the_plan(days, offer=tiers)
    half = Decimal("898.77")
    assert rows(found)[1:] == [
        (0, 0, 0, 2, Decimal("997.73"), Decimal("1995.46"), 1),
        (0, 3, 0, 0, Decimal("1350.00"), 3 * half, 2),
    ]


def test_the_negotiated_discount_comes_first() -> None:
    """2,985 x 0.85 = 2,537.25; x 122/365 = 848.07."""
    found = the_plan(additions=ADDED, negotiated={"seats": "0.15"})
    assert found.seats["unit_price"].tolist()[1] == Decimal("848.07")


@pytest.mark.parametrize(
    ("day", "end", "months", "price"),
    [
        (date(2027, 8, 1), date(2027, 12, 1), 12, "997.73"),
        (date(2028, 8, 1), date(2028, 12, 1), 12, "995.00"),  # 366 days from 1 December 2027
        (date(2026, 8, 1), date(2027, 12, 1), 36, "1327.58"),  # 487 of the 1,095 days from December 2024
        (date(2025, 12, 1), date(2026, 12, 1), 12, "2985.00"),
    ],
)
def test_the_days_of_the_term_that_ends_with_the_contract(
    day: date, end: date, months: int, price: str
) -> None:
    listed = {"term_months": months, "prices": [{"from": "2020-01-01", "new": 2985}]}
    scenario = a_scenario(products=[REVIT], offers=[YEAR | listed])
    assert added_seat_price(scenario, scenario.offers[0], day, end) == Decimal(price)


def test_a_holding_may_begin_later() -> None:
    """An addition that is bought already: `old` has tokens until October, and costs nothing from then on."""
    days: Days = {("old", "Revit"): NEED}
    held = [HELD[0] | {"from": "2026-10-01"}]
    found = the_plan(days, holdings=held)
    assert found.total.amount == Decimal(61 * 30)
    assert found.seats["contract_start"].tolist() == [date(2026, 10, 1)]


def test_budgets_count_the_invoice_of_an_addition() -> None:
    budget = {"id": "fy", "from": "2026-08-01", "to": "2026-12-01"}
    assert the_plan(additions=ADDED, budgets=[budget | {"amount": "1995.46"}]).status == "optimal"
    with pytest.raises(InfeasibleError, match=r"the budget fy of 1,995\.45"):
        the_plan(additions=ADDED, budgets=[budget | {"amount": "1995.45"}])


def test_an_addition_beyond_the_horizon_counts_its_share_and_in_full_for_a_leaver() -> None:
    """From 1 August 2026 until 1 December 2026, horizon until 1 October: 997.73 x 61/122 = 498.87."""
    changes: dict[str, Any] = {
        "horizon": {"start": "2026-08-01", "months": 2},
        "offer": {"co_term": "2026-12-01"},
        "holdings": [],
        "policy": [{"product": "Revit", "access": "named"}],
    }
    found = the_plan({("new", "Revit"): NEED}, **changes)
    assert found.total.amount == Decimal("498.87")
    left = the_plan({("new", "Revit"): NEED}, (Person("new", leaves=date(2026, 9, 15)),), **changes)
    assert (left.total.amount, left.seats["in_full"].tolist()) == (Decimal("997.73"), [1])


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("unit_price", "997.72", "of 2 added seats of revit-1y from 2026-08-01 is 997.73, not 997.72"),
        ("cost", "1995.45", "is 1995.46, not 1995.45"),
        ("added", 1, "1 of 2 seats of revit-1y are added on 2026-08-01"),
        ("added", 3, "1 seats of revit-1y may not be added on 2026-08-01"),
    ],
)
def test_the_audit_prices_additions_again(column: str, value: int | str, words: str) -> None:
    document = data(the_plan(additions=ADDED).document)
    document["seats"][1][column] = value
    own = scenario(additions=ADDED)
    found = audit(typed(document), own, own.holdings, the_demand(USE, own))
    assert any(words in failure for failure in found), found


def test_the_audit_knows_that_new_seats_must_join() -> None:
    document = data(the_plan().document)
    own = scenario(offer={"co_term": True})
    found = audit(typed(document), own, own.holdings, the_demand(USE, own))
    assert "new seats of revit-1y must end with their contract on 2026-12-01" in found


@pytest.mark.parametrize("locale", [None, "de", "fr"])
def test_reports_name_additions_in_every_locale(locale: str | None) -> None:
    words, document = words_for(locale), the_plan(additions=ADDED).document
    used, _ = prices(document, words)
    assert any(words("addition") in row[0] and "997" in row[4] for row in used.rows)
    assert any(words("label_additions") == row[0] for row in assumptions(document, words).rows)
    table, *_ = order_sheet(document, words)
    assert isinstance(table, ReportTable)
    assert words("add") in table.columns
    assert any(
        row[0] == words.date(date(2026, 8, 1)) and "2" in row and words.date(date(2026, 12, 1)) in row
        for row in table.rows
    )


def test_explain_and_workbook(tmp_path: Path) -> None:
    """From files: the case as a planner has it."""
    days = [(user, day) for (user, _), dates in USE.items() for day in dates]
    (tmp_path / "u.csv").write_text("user,product,date\n" + "".join(f"{u},Revit,{d}\n" for u, d in days))
    (tmp_path / "s.yaml").write_text(FILE)
    folder = str(tmp_path / "s.plan")
    for arguments in (
        ["plan", str(tmp_path / "s.yaml"), "-o", folder],
        ["export", folder, "-o", str(tmp_path / "s.xlsx")],
    ):
        done = CliRunner().invoke(cli, arguments)
        assert done.exit_code == 0, done.output
    told = [CliRunner().invoke(cli, ["explain", folder, user]).output for user in ("new", "new2", "old")]
    assert sum("997.73" in text for text in told) == 2


FILE = """schema: flexopt.scenario/1
currency: USD
horizon: {start: 2026-08-01, months: 12}
usage: {files: [u.csv]}
products: [{id: Revit, rates: [{from: 2021-09-07, tokens: 10}]}]
offers: [{id: revit-1y, covers: [Revit], term_months: 12, prices: [{from: 2026-01-01, new: 2985}]}]
tokens: {tiers: [{from: 100, price: 3.00}]}
holdings: [{offer: revit-1y, quantity: 1, ends: 2026-12-01}]
additions: [{offer: revit-1y, quantity: 2, from: 2026-08-01}]
"""


ENDS = "ends: 2026-12-01}]"
START = "quantity: 2, from: 2026-08-01"
WRONG = [
    (ENDS, "ends: 2026-12-01, from: 2026-12-01}]", "S151", "holdings.1.ends", "`ends`"),
    ("quantity: 2, from", "quantity: 2, ends: 2026-08-01, from", "S151", "additions.1.ends", "`ends`"),
    (
        "holdings: [{offer: revit-1y, quantity: 1, ends: 2026-12-01}]\n",
        "",
        "S152",
        "additions.1",
        "- {offer: revit-1y, quantity: 2, from: 2026-08-01, ends: 2027-08-01}",
    ),
    (
        ENDS,
        "ends: 2026-12-01}, {offer: revit-1y, quantity: 3, ends: 2027-03-01}]",
        "S152",
        "additions.1",
        "- {offer: revit-1y, quantity: 2, from: 2026-08-01, ends: 2026-12-01}",
    ),
    (
        START,
        "quantity: 2, from: 2026-07-01",
        "S153",
        "additions.1.from",
        "holdings: [{offer: revit-1y, quantity: 2, from: 2026-07-01, ends: 2026-12-01}]",
    ),
    ("from: 2026-01-01, new", "from: 2026-09-01, new", "S154", "additions.1.from", "2026-08-01"),
    (START, f"{START}, ends: 2028-01-01", "S155", "additions.1", "longer term"),
    ("months: 12, prices", "months: 12, co_term: 2029-01-01, prices", "S155", "revit-1y.co_term", "term"),
    ("additions: [{offer: revit-1y", "additions: [{offer: re", "S204", "additions.1.offer", "revit-1y"),
    ("quantity: 2, from", "from", "S131", "additions.1.quantity", "quantity"),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_found_with_the_lines_to_paste(tmp_path: Path, wrong: tuple[str, ...]) -> None:
    old, new, code, key, hint = wrong
    assert old in FILE
    found = [f for f in _findings(tmp_path, FILE.replace(old, new)) if f.code == code]
    assert any(key in f.column and hint in f.hint for f in found), found


def test_a_co_termed_offer_joins_one_contract(tmp_path: Path) -> None:
    both = FILE.replace("term_months: 12", "term_months: 12, co_term: true").split("additions")[0]
    several = both.replace(ENDS, "ends: 2026-12-01}, {offer: revit-1y, quantity: 3, ends: 2027-03-01}]")
    (found,) = [f for f in _findings(tmp_path, several) if f.code == "S157"]
    assert "co_term: 2026-12-01" in found.hint
    (found,) = [f for f in _findings(tmp_path, both.split("holdings")[0]) if f.code == "S156"]
    assert found.severity == "warning"


def _findings(folder: Path, text: str) -> list[Any]:
    (folder / "u.csv").write_text("user,product,date\nann,Revit,2025-08-01\n")
    (folder / "s.yaml").write_text(text)
    try:
        return list(load_scenario(folder / "s.yaml").findings)
    except InputError as error:
        return list(error.findings)
