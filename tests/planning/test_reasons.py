"""Why each row is as it is: both alternatives with prices that a person can add up again."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from build import (
    AEC_YEAR,
    AUTOCAD,
    AUTOCAD_YEAR,
    REVIT,
    REVIT_YEAR,
    Days,
    a_scenario,
    a_source,
    case_plan,
    every,
    usage_of,
)
from documents import data
from estate import estate_plan

from flexopt import plan
from flexopt.base.money import Currency
from flexopt.base.text import plain
from flexopt.inputs.records import Person


def year(count: int) -> list[date]:
    return every(date(2025, 1, 1), count)


def rows(days: Days, **changes: Any) -> Any:
    return plan(a_source(a_scenario(**changes)), usage_of(days)).assignment


@pytest.fixture(scope="module")
def three() -> Any:
    """AutoCAD for 2,310 a seat, or 7 x 3.00 a day: the break-even is 2,310 / 21 = 110 days."""
    return rows(
        {("under", "AutoCAD"): year(109), ("tie", "AutoCAD"): year(110), ("over", "AutoCAD"): year(111)}
    ).set_index("user")


# --- numbers ---------------------------------------------------------------------------------------------


def test_break_even_of_the_guide(three: Any) -> None:
    assert set(three["break_even_days"]) == {Decimal("110.0")}
    assert set(three["seat_price"]) == {Decimal("2310.00")}
    assert three["flex_price"].to_dict() == {
        "under": Decimal("2289.00"),
        "tie": Decimal("2310.00"),
        "over": Decimal("2331.00"),
    }


@pytest.mark.parametrize(
    ("days", "segment"),
    [
        (200, "power"),
        (133, "power"),
        (132, "edge"),
        (110, "edge"),
        (88, "edge"),
        (87, "occasional"),
        (1, "occasional"),
    ],
)
def test_segments_are_a_fifth_around_the_break_even(days: int, segment: str) -> None:
    assert rows({("ann", "AutoCAD"): year(days)})["segment"].tolist() == [segment]


def test_the_buffer_brings_the_break_even_nearer() -> None:
    found = rows({("ann", "AutoCAD"): year(20)}, tokens={"buffer": "0.15"}).iloc[0]
    assert found["break_even_days"] == Decimal("95.7")  # 2,310 / (7 x 1.15 x 3)
    assert found["flex_price"] == Decimal("483.00")  # 20 x 7 x 1.15 x 3


def test_a_low_rate_is_not_rounded_away() -> None:
    # 0.001 tokens a day at 3.00 are 0.3 cents: rounded to cents there would be no break-even at all
    viewer = {"id": "AutoCAD", "rates": [{"from": "2021-01-01", "tokens": "0.001"}]}
    found = rows({("ann", "AutoCAD"): year(20)}, products=[viewer], offers=[AUTOCAD_YEAR]).iloc[0]
    assert found["break_even_days"] == Decimal("770000.0")
    assert found["segment"] == "occasional"


def test_without_a_seat_on_offer_there_is_no_break_even() -> None:
    found = rows({("ann", "AutoCAD"): year(300)}, offers=[]).iloc[0]
    assert found[["seat_price", "break_even_days"]].tolist() == [None, None]
    assert found["segment"] == "occasional"
    assert "No seat on offer covers these days." in found["reason"]


def test_what_is_not_on_flex_has_no_cost_on_flex() -> None:
    vault = {"id": "Vault", "flex": False}
    offer = AUTOCAD_YEAR | {"covers": ["Vault"]}
    found = rows({("ann", "Vault"): year(3)}, products=[vault], offers=[offer]).iloc[0]
    assert found[["flex_price", "break_even_days"]].tolist() == [None, None]
    assert found["segment"] == "power"
    assert found["reason"].endswith("Vault is not on Flex; a seat is the only access.")


def test_the_cheapest_chain_of_seats_is_the_alternative() -> None:
    """Five days in March and five in May: two monthly seats of 290, not the year of 2,310."""
    month = AUTOCAD_YEAR | {
        "id": "autocad-1m",
        "term_months": 1,
        "prices": [{"from": "2025-01-01", "new": 290}],
    }
    days = [*every(date(2025, 3, 1), 5), *every(date(2025, 5, 1), 5)]
    found = rows({("ann", "AutoCAD"): days}, offers=[AUTOCAD_YEAR, month]).iloc[0]
    assert found["seat_price"] == Decimal("580.00")
    assert found["flex_price"] == Decimal("210.00")
    assert found["break_even_days"] == Decimal("110.0")  # of the whole year: 2,310 < 12 x 290


def test_a_seat_shows_the_price_of_its_order() -> None:
    """Two seats in one order get 10 %: the row, the reason and seats.csv say 2,079."""
    offer = AUTOCAD_YEAR | {"tiers": [{"from": 2, "discount": "0.1"}]}
    found = rows({("ann", "AutoCAD"): year(150), ("bob", "AutoCAD"): year(150)}, offers=[offer, REVIT_YEAR])
    assert found["seat_price"].tolist() == [Decimal("2079.00")] * 2
    assert "costs 2,079.00." in found["reason"][0]
    assert "1,071.00 more" in found["reason"][0]  # 3,150 - 2,079


# --- words -----------------------------------------------------------------------------------------------


def test_both_sides_of_the_break_even_in_words(three: Any) -> None:
    seat = "A new seat of autocad-1y from 2026-01-01 costs 2,310.00. On Flex, "
    margin = (
        " At the marginal price of 3.00 per token the break-even of a new seat for AutoCAD is 110.0 days."
    )
    assert three["reason"].to_dict() == {
        "under": "109 days on Flex use 763 tokens: 2,289.00 at 3.00 per token. "
        f"The cheapest new seats for these days cost 2,310.00, 21.00 more.{margin}",
        "tie": seat + "110 days (770 tokens) would cost 2,310.00 at 3.00 per token, "
        f"the same as the seat, whose cost is certain.{margin}",
        "over": seat + "111 days (777 tokens) would cost 2,331.00 at 3.00 per token, 21.00 more." + margin,
    }


def test_a_renewal_pays_from_fewer_days_than_a_new_seat() -> None:
    """2,079 / 21 = 99, and 2,310 / 21 = 110: 105 days are enough for the one and not for the other."""
    (reason,) = rows(
        {("ann", "AutoCAD"): year(105)},
        holdings=[{"offer": "autocad-1y", "quantity": 1, "ends": "2026-01-01"}],
    )["reason"]
    assert "2,205.00 at 3.00 per token, 126.00 more; this seat pays from 99.0 days" in reason


def test_a_collection_adds_its_products_up() -> None:
    days = {("ann", p): year(73) for p in ("AutoCAD", "Revit")}
    found = rows(days, offers=[AUTOCAD_YEAR, REVIT_YEAR, AEC_YEAR])
    assert set(found["reason"]) == {
        "A new seat of aec-1y from 2026-01-01 for AutoCAD and Revit costs 3,675.00. On Flex, 73 + 73 days "
        "(1,241 tokens) would cost 3,723.00 at 3.00 per token, 48.00 more."
    }


def test_owned_seats_and_renewals() -> None:
    found = rows(
        {("ann", "AutoCAD"): every(date(2025, 1, 1), 300)},
        holdings=[{"offer": "autocad-1y", "quantity": 1, "ends": "2026-04-01"}],
    )
    assert found["reason"].tolist() == [
        "Holds a seat of autocad-1y, owned until 2026-04-01: no new cost. "
        "On Flex, 90 days (630 tokens) would cost 1,890.00 at 3.00 per token.",
        "Renewing autocad-1y from 2026-04-01 costs 1,566.37 in the horizon (2,079.00 for its term). "
        "On Flex, 210 days (1,470 tokens) would cost 4,410.00 at 3.00 per token, 2,843.63 more; this seat "
        "pays from 74.6 days.",
    ]


def test_policy_is_the_reason_where_it_is() -> None:
    found = rows(
        {("ann", "AutoCAD"): year(150), ("bob", "AutoCAD"): year(5)},
        policy=[{"user": "ann", "access": "flex"}, {"user": "bob", "access": "named"}],
    ).set_index("user")
    assert found.loc["ann", "reason"].endswith("The policy requires Flex.")
    assert found.loc["bob", "reason"].endswith("The policy requires named access.")


def test_where_the_single_row_would_be_cheaper_the_other_way() -> None:
    """4,900 tokens are needed without ann; with her 105 the purchase reaches 5,000 at half the price."""
    days = {("ann", "AutoCAD"): year(15), ("bob", "Revit"): year(245), ("cat", "Revit"): year(245)}
    tiers = [{"from": 1, "price": 3}, {"from": 5000, "price": "1.5"}]
    seat = AUTOCAD_YEAR | {"prices": [{"from": "2025-01-01", "new": 100}]}
    dear = REVIT_YEAR | {"prices": [{"from": "2025-01-01", "new": 9000}]}
    found = rows(days, offers=[seat, dear], tokens={"tiers": tiers}).set_index("user")
    ann = found.loc["ann"]
    assert ann["access"] == "flex"
    assert ann["flex_price"] > ann["seat_price"]  # 157.50 against 100.00, and 100 of the tokens are free
    assert "for the plan as a whole Flex is cheaper" in ann["reason"]


# --- every reason of a large plan can be added up again ---------------------------------------------------

MONEY = r"-?[\d,]+\.\d\d"


def read(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def test_the_estate_adds_up_in_words() -> None:
    found = estate_plan()
    summary = data(found.document)["summary"]
    price = Decimal(summary["token_price"])
    assignment: Any = found.assignment
    sums = [0, 0, 0]
    for row in assignment.itertuples():
        differences = re.findall(rf"would cost ({MONEY}) at .* per token, ({MONEY}) more", row.reason)
        for on_flex, saved in differences:
            paid = re.findall(rf" costs ({MONEY})", row.reason)[0]
            assert read(on_flex) - read(paid) == read(saved)
        uses = re.findall(r"on Flex uses? ([\d.]+) tokens", row.reason)
        for tokens in uses:
            assert Decimal(tokens) == row.tokens
            assert row.flex_price == Currency("USD").round(
                Fraction(row.tokens) * Fraction("1.15") * Fraction(price)
            )
            assert (
                f"{row.flex_price:,} with a 15 % buffer at an average of {plain(price, 4)} per token"
                in row.reason
            )
        more = re.findall(rf"cheapest new seats for these days cost ({MONEY}), ({MONEY}) more", row.reason)
        for named, extra in more:
            assert row.seat_price == read(named)
            assert read(named) - row.flex_price == read(extra)
        sums = [n + len(texts) for n, texts in zip(sums, (differences, uses, more), strict=True)]
    assert all(sums)


def test_every_row_of_the_worked_examples_has_its_alternatives(case: Path) -> None:
    assignment: Any = case_plan(case).assignment
    for row in assignment.itertuples():
        assert row.reason.endswith(".")
        if row.access == "flex":
            assert row.flex_price is not None
        else:
            assert row.seat_price is not None
            assert row.offer in row.reason
        assert row.user not in row.reason.split()


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        (Fraction(1, 3), 6, "0.333333"),
        (Fraction(2, 3), 1, "0.7"),
        (Fraction(22445, 100), 1, "224.5"),  # half up, as money
        (Decimal("100.00"), 6, "100"),
        (1_000_000, 6, "1000000"),
        (Fraction(1, 10**9), 6, "0"),
    ],
)
def test_numbers_as_people_write_them(number: Any, digits: int, text: str) -> None:
    assert plain(number, digits) == text


def test_a_leaver_needs_no_seat_after_leaving() -> None:
    month = AUTOCAD_YEAR | {
        "id": "autocad-1m",
        "term_months": 1,
        "prices": [{"from": "2025-01-01", "new": 290}],
    }
    source = a_source(
        a_scenario(products=[AUTOCAD, REVIT], offers=[AUTOCAD_YEAR, month]),
        [Person("ann", leaves=date(2026, 2, 1))],
    )
    found = plan(source, usage_of({("ann", "AutoCAD"): every(date(2025, 1, 1), 365)}))
    assert found.assignment["offer"].tolist() == ["autocad-1m"]
    assert found.total.amount == 290


# --- the price at the margin -----------------------------------------------------------------------------


def test_no_token_has_no_price_at_the_margin() -> None:
    """Nothing may be bought: the prices of the bound are as high as keeps everybody off tokens."""
    found = plan(
        a_source(a_scenario(tokens={"max_purchases": 0})),
        usage_of({("ann", "AutoCAD"): year(50), ("bob", "AutoCAD"): year(110)}),
    )
    assert data(found.document)["proof"]["marginal_token_prices"] == []
    assert not [r for r in found.assignment["reason"] if "marginal" in r or "One more token" in r]


def test_the_price_at_the_margin_is_that_of_days_with_a_live_pack() -> None:
    """Cover for half a year, and seats by the month after it; the tokens are used up in May."""
    month = AUTOCAD_YEAR | {
        "id": "autocad-1m",
        "term_months": 1,
        "prices": [{"from": "2025-01-01", "new": 290}],
    }
    days = [*every(date(2025, 1, 1), 5, 29), *every(date(2025, 8, 1), 31)]
    scenario = a_scenario(offers=[month], tokens={"purchase_dates": "start", "valid_days": 181})
    prices = data(plan(a_source(scenario), usage_of({("ann", "AutoCAD"): days})).document)["proof"]
    assert prices["marginal_token_prices"] == [{"start": "2026-01-01", "end": "2026-07-01", "price": "3"}]
