"""Levers: a value is what is paid, to the cent, and everything else of the line moves with it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from build import AUTOCAD_YEAR, REVIT_YEAR, a_scenario

from flexopt.inputs.rules.prices import seat_price, token_price
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.studies.sensitivity.levers import Lever, levers_of, one_percent_off, tier_price, without

START = date(2026, 1, 1)
TIERS = [{"from": 100, "price": "3.00"}, {"from": 5000, "price": "2.85"}, {"from": 9000, "price": "2.70"}]


def lever(name: str, **changes: Any) -> tuple[Scenario, Lever]:
    scenario = a_scenario(**changes)
    return scenario, levers_of(scenario)[name]


def paid(scenario: Scenario, offer: str, **terms: Any) -> Decimal | None:
    return seat_price(scenario, scenario.offer_by_id[offer], START, **terms)


def tokens(scenario: Scenario) -> list[Decimal]:
    tiers = (tier for of in scenario.tokens.tier_lists for tier in of.tiers)
    return [token_price(scenario, tier) for tier in tiers]


def test_names() -> None:
    scenario = a_scenario(tokens={"tiers": TIERS})
    names = ["seat:autocad-1y", "seat:revit-1y", "tokens", "buffer", "growth", "tier:5000", "tier:9000"]
    assert list(levers_of(scenario)) == names


@pytest.mark.parametrize("value", ["0", "0.01", "1999.99", "2078.99", "2079.01", "5000"])
def test_a_seat_price_is_what_is_paid_after_negotiation(value: str) -> None:
    scenario, seat = lever("seat:autocad-1y", negotiated={"seats": "0.1", "offers": {"revit-1y": "0.3"}})
    assert seat.value == Decimal("2079.00")  # 2310 less 10 %
    moved = seat.apply(scenario, Decimal(value))
    assert paid(moved, "autocad-1y") == Decimal(value)
    # a renewal is at 2079 / 2310 of a new seat
    renewal = paid(moved, "autocad-1y", renewal=True)
    assert renewal is not None
    assert abs(renewal - Decimal(value) * Decimal("0.9")) <= Decimal("0.005")
    assert paid(moved, "revit-1y") == paid(scenario, "revit-1y") == Decimal("2089.50")
    assert tokens(moved) == tokens(scenario)


def test_at_its_own_value_nothing_is_computed_anew() -> None:
    scenario = a_scenario(tokens={"tiers": TIERS}, negotiated={"seats": "0.137", "tokens": "0.033"})
    for one in (*levers_of(scenario).values(), tier_price(scenario, 1)):
        assert one.apply(scenario, one.value) is scenario


def test_a_tenth_down_and_up() -> None:
    scenario = a_scenario(tokens={"tiers": TIERS, "buffer": "0.15"})
    levers = levers_of(scenario)
    moved = {n: [str(one.moved(Decimal(s))) for s in ("-0.1", "0.1")] for n, one in levers.items()}
    assert moved == {
        "seat:autocad-1y": ["2079.00", "2541.00"],
        "seat:revit-1y": ["2686.50", "3283.50"],
        "tokens": ["2.7000", "3.3000"],
        "buffer": ["0.05", "0.25"],
        "growth": ["-0.1", "0.1"],
        "tier:5000": ["4500", "5500"],
        "tier:9000": ["8100", "9900"],
    }


def test_thresholds_stay_in_order_and_shares_possible() -> None:
    scenario = a_scenario(tokens={"tiers": TIERS, "buffer": "0.15"})
    levers = levers_of(scenario)
    assert levers["tier:5000"].moved(Decimal("0.9")) == 8999
    assert levers["tier:9000"].moved(Decimal("-0.9")) == 5001
    assert levers["buffer"].moved(Decimal("-0.2")) == 0
    assert levers["growth"].moved(Decimal("-1.5")) == -1
    moved = levers["tier:5000"].apply(scenario, Decimal(4500))
    assert [tier.from_ for tier in moved.tokens.tiers] == [100, 4500, 9000]


def test_tokens_move_all_tiers_and_the_price_of_one_tier_that_alone() -> None:
    scenario, price = lever("tokens", tokens={"tiers": TIERS}, negotiated={"tokens": "0.05"})
    assert price.value == Decimal("2.85")
    assert tokens(price.apply(scenario, Decimal("2.565"))) == [
        Decimal(p) for p in ("2.565", "2.43675", "2.3085")
    ]
    second = tier_price(scenario, 1)
    assert (second.name, second.value) == ("tier-price:5000", Decimal("2.7075"))
    moved = second.apply(scenario, Decimal("2.5"))
    assert tokens(moved) == [Decimal(p) for p in ("2.85", "2.5", "2.565")]


def test_growth_moves_by_points() -> None:
    growth = {"default": "0.02", "products": {"Revit": "0.10"}, "groups": {"site": "-0.95"}}
    scenario, one = lever("growth", demand={"growth": growth})
    moved = one.apply(scenario, Decimal("-0.08")).demand.growth
    assert (moved.default, moved.products, moved.groups) == (
        Decimal("-0.08"),
        {"Revit": Decimal("0.00")},
        {"site": Decimal(-1)},
    )


def test_what_costs_nothing_or_has_no_price_is_no_lever() -> None:
    offers = [
        {**AUTOCAD_YEAR, "prices": [{"from": "2025-01-01", "new": 0}]},
        {**REVIT_YEAR, "prices": [{"from": "2027-01-01", "new": 9}]},
    ]
    names = levers_of(a_scenario(offers=offers, tokens={"tiers": [{"from": 1, "price": 0}]}))
    assert list(names) == ["buffer", "growth"]


def test_a_price_that_comes_later_is_the_first_of_the_horizon() -> None:
    prices = [{"from": "2026-07-01", "new": 1200}, {"from": "2026-04-01", "new": 1000}]
    scenario, seat = lever("seat:revit-1y", offers=[{**REVIT_YEAR, "starts": "monthly", "prices": prices}])
    assert seat.value == 1000
    moved = seat.apply(scenario, Decimal(500)).offers[0]
    assert [price.new for price in moved.prices] == [600, 500]


def test_one_percent_is_of_the_list_price() -> None:
    scenario = a_scenario(negotiated={"seats": "0.15", "tokens": "0.05"})
    more = one_percent_off(scenario, "revit-1y")
    assert more is not None
    assert (more.negotiated.seats, more.negotiated.offers) == (Decimal("0.15"), {"revit-1y": Decimal("0.16")})
    more = one_percent_off(scenario, "tokens")
    assert more is not None
    assert more.negotiated.tokens == Decimal("0.06")
    assert one_percent_off(a_scenario(negotiated={"tokens": "0.99"}), "tokens") is None


def test_without_a_line_it_cannot_be_bought() -> None:
    scenario = a_scenario()
    assert paid(without(scenario, "revit-1y"), "revit-1y") is None
    assert paid(without(scenario, "revit-1y"), "autocad-1y") == 2310
    assert without(scenario, "tokens").tokens.max_purchases == 0
