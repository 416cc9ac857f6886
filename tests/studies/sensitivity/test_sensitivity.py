"""Sensitivity: examples worked out by hand, and laws on random instances against enumeration."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from brute import least_total
from brute_packs import TooLarge
from build import AUTOCAD, AUTOCAD_YEAR, Days, a_scenario, a_source, every, usage_of
from documents import data
from hypothesis import assume, given
from hypothesis import strategies as st
from profiles import one_in
from strategies import Instance, small

from flexopt.base.errors import FlexoptError, InfeasibleError
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.planning.planner import Clock, plan, solve
from flexopt.store.study_parts import Flip, LeverEnd, SensitivityPart
from flexopt.studies.sensitivity import sensitivity
from flexopt.studies.sensitivity.levers import levers_of, one_percent_off, tier_price

ANN = {("ann", "AutoCAD"): every(date(2025, 1, 1), 100, 2)}
"""100 days of 7 tokens at 3.00: 2,100 with tokens, 2,310 with a seat."""

ONE: dict[str, Any] = {"products": [AUTOCAD], "offers": [AUTOCAD_YEAR]}


def study(days: Days, changes: dict[str, Any] | None = None, **options: Any) -> SensitivityPart:
    source = a_source(a_scenario(**ONE | (changes or {})))
    return sensitivity(source, usage_of(days), **options).document


def sides(row: Flip) -> list[tuple[str, str, str]]:
    return [(str(side.value), str(side.total), side.answer) for side in (row.below, row.above) if side]


def test_a_seat_enters_at_the_price_of_the_tokens() -> None:
    found = study(ANN)
    assert found.total == Decimal("2100.00")
    (row,) = found.indifference
    assert (row.question, row.lever) == ("price at which autocad-1y enters the plan", "seat:autocad-1y")
    assert sides(row) == [("2100.00", "2100.00", "1 seat"), ("2100.01", "2100.00", "no seat")]
    assert row.note.startswith("-9.1 % from 2,310.00 today")


def test_a_seat_leaves_at_the_price_of_the_tokens() -> None:
    """150 days are 3,150 with tokens; the renewal price is not what a new seat costs."""
    found = study({("ann", "AutoCAD"): every(date(2025, 1, 1), 150, 2)})
    assert found.total == Decimal("2310.00")
    row, first = found.indifference
    assert row.question == "price at which autocad-1y leaves the plan"
    # 2,310 / 1,050 tokens
    assert first.question == "price at which the first token enters the plan"
    assert first.above is not None
    assert str(first.above.value) in ("2.2000", "2.2001")
    assert sides(row) == [("3150.00", "3150.00", "1 seat"), ("3150.01", "3150.00", "no seat")]


def test_the_last_seat_leaves() -> None:
    """Of 120 and 150 days one seat is left from 2,520 (120 x 21) to 3,150."""
    two = {(user, "AutoCAD"): every(date(2025, 1, 1), n, 2) for user, n in (("ann", 120), ("bob", 150))}
    (row,) = study(two, levers=["seat:autocad-1y"]).indifference
    assert sides(row) == [("3150.00", "5670.00", "1 seat"), ("3150.01", "5670.00", "no seat")]


def test_the_tornado_by_hand() -> None:
    found = {bar.lever: bar for bar in study(ANN).levers}
    assert list(found) == ["tokens", "growth", "buffer", "seat:autocad-1y"]
    total = {name: (str(bar.low.total), str(bar.high.total)) for name, bar in found.items()}
    assert total == {
        "growth": ("1890.00", "2310.00"),  # 90 and 110 days: the break-even, and ties go to the seat
        "tokens": ("1890.00", "2310.00"),
        "seat:autocad-1y": ("2079.00", "2100.00"),
        "buffer": ("2100.00", "2310.00"),
    }
    price = Decimal("2079.00")
    assert found["seat:autocad-1y"].low == LeverEnd(
        value=price, total=price, annual_seats=1, monthly_seats=0, tokens_bought=0
    )
    assert found["tokens"].low.tokens_bought == 700


def test_what_one_more_percent_is_worth() -> None:
    """Of 150 days the seat: 23.10 of 2,310. Of 30 days tokens: 1 % of 630. Dearest first."""
    both = {(user, "AutoCAD"): every(date(2025, 1, 1), n, 2) for user, n in (("ann", 30), ("bob", 150))}
    assert [(row.lever, row.label, row.saving) for row in study(both).negotiation] == [
        ("seat:autocad-1y", "1 % more discount on autocad-1y", Decimal("23.10")),
        ("tokens", "1 % more discount on tokens", Decimal("6.30")),
    ]


def test_one_more_percent_of_a_discounted_line_is_of_its_list_price() -> None:
    days = {("ann", "AutoCAD"): every(date(2025, 1, 1), 150, 2)}
    found = study(days, {"negotiated": {"seats": "0.5"}})
    assert found.levers[0].value == Decimal("1155.00")
    assert found.negotiation[0].saving == Decimal("23.10")


NEEDS_4800 = {(f"u{n}", "AutoCAD"): every(date(2025, 1, 1), 48, 3) for n in range(10)}
TEN_TOKENS = {"products": [{"id": "AutoCAD", "rates": [{"from": "2021-09-07", "tokens": 10}]}], "offers": []}


def tiers(price: str) -> dict[str, Any]:
    tiers = [{"from": 100, "price": 3}, {"from": 5000, "price": price}]
    return {**TEN_TOKENS, "tokens": {"tiers": tiers, "increment": 100}}


def test_the_next_tier_is_worth_it_at_what_the_tokens_cost_now() -> None:
    """4,800 x 3.00 = 14,400 = 5,000 x 2.88."""
    found = study(NEEDS_4800, tiers("2.95"), levers=["tokens"])
    assert found.total == Decimal("14400.00")
    (row,) = found.indifference
    assert row.question == "price at which the tier from 5,000 enters the plan"
    (low, low_total, bought), (high, high_total, none) = sides(row)
    assert Decimal(high) - Decimal(low) == Decimal("0.0001")
    assert low in ("2.8799", "2.8800")
    assert (Decimal(low_total), high_total) == (min(Decimal(low) * 5000, Decimal(14400)), "14400.00")
    assert (bought, none) == ("5,000 in it", "none in it")


def test_a_tier_leaves_where_fewer_tokens_are_cheaper() -> None:
    found = study(NEEDS_4800, tiers("2.85"), levers=["tokens"])
    assert found.total == Decimal("14250.00")
    (row,) = found.indifference
    assert row.question == "price at which the tier from 5,000 leaves the plan"
    (low, _, bought), (high, high_total, none) = sides(row)
    assert low in ("2.8799", "2.8800")
    assert (high_total, bought, none) == ("14400.00", "5,000 in it", "none in it")
    assert Decimal(high) - Decimal(low) == Decimal("0.0001")


@pytest.mark.slow
def test_as_good_as_another_quote() -> None:
    """Seats of 2,310 for 150 and 160 days; the other quote costs 4,000: 2,000.00 each."""
    two = {(user, "AutoCAD"): every(date(2025, 1, 1), n, 2) for user, n in (("ann", 150), ("bob", 160))}
    found = study(two, as_good_as=("b", Decimal("4000.00")))
    seat, tokens = [row for row in found.indifference if row.question.endswith("match b")]
    assert seat.question == "price at which autocad-1y makes this quote match b"
    assert sides(seat) == [
        ("2000.00", "4000.00", "matched"),
        ("2000.01", "4000.02", "costs more"),
    ]
    # 310 days of 7 tokens: 4,000 / 2,170 = 1.8433...
    assert sides(tokens) == [
        ("1.8433", "3999.96", "matched"),
        ("1.8434", "4000.18", "costs more"),
    ]


def test_as_good_as_a_dearer_quote_the_price_may_rise() -> None:
    """A seat of 2,310 for 150 days, 3,150 with tokens: up to 3,000.00 it matches 3,000."""
    days = {("ann", "AutoCAD"): every(date(2025, 1, 1), 150, 2)}
    found = study(days, as_good_as=("b", Decimal(3000)), levers=["seat:autocad-1y"])
    row = found.indifference[-1]
    assert sides(row) == [("3000.00", "3000.00", "matched"), ("3000.01", "3000.01", "costs more")]


@pytest.mark.parametrize(
    ("days", "changes", "other", "words"),
    [
        (
            100,
            {"policy": [{"user": "ann", "access": "flex"}]},
            None,
            "never: even at 0.00 the plan has no seat of it, and costs 2,100.00",
        ),
        (
            150,
            {"products": [{**AUTOCAD, "flex": False}]},
            None,
            "always in the plan: no plan satisfies all rules without autocad-1y",
        ),
        (100, {}, Decimal(5000), "at any price: even without it this quote costs 2,100.00"),
        (100, {"tokens": {"tiers": [{"from": 1, "price": 3}]}}, Decimal(-1), "at no price: even at 0.00"),
    ],
)
def test_where_no_price_flips_the_answer(
    days: int, changes: dict[str, Any], other: Decimal | None, words: str
) -> None:
    use = {("ann", "AutoCAD"): every(date(2025, 1, 1), days, 2)}
    found = study(
        use, changes, levers=["seat:autocad-1y"], as_good_as=None if other is None else ("b", other)
    )
    row = found.indifference[-1]
    assert (row.below, row.above) == (None, None)
    assert words in row.note


@pytest.mark.slow
def test_a_price_beyond_the_budget_has_no_plan() -> None:
    """Only a seat is possible, and 2,400 the most that may be paid for it."""
    changes = {
        "products": [{**AUTOCAD, "flex": False}],
        "budgets": [{"id": "b", "from": "2026-01-01", "to": "2027-01-01", "amount": 2400}],
    }
    found = study(ANN, changes, levers=["seat:autocad-1y"], as_good_as=("b", Decimal(5000)))
    (bar,) = found.levers
    assert (bar.low.total, bar.high.total, bar.high.annual_seats) == (Decimal("2079.00"), None, None)
    row = found.indifference[-1]
    assert sides(row)[0] == ("2400.00", "2400.00", "matched")
    assert row.above is not None
    assert (row.above.total, row.above.answer) == (None, "no plan is possible")


def test_grid() -> None:
    found = study(ANN, levers=["tokens"], grids=[("seat:autocad-1y", "tokens")], step=Decimal("0.2"))
    (grid,) = found.grids
    assert [str(x) for x in grid.x_values] == ["1386.00", "1848.00", "2310.00", "2772.00", "3234.00"]
    assert [str(y) for y in grid.y_values] == ["1.8000", "2.4000", "3.0000", "3.6000", "4.2000"]
    # whichever is cheaper: a seat, or 700 tokens
    for y, totals in zip(grid.y_values, grid.totals, strict=True):
        for x, total in zip(grid.x_values, totals, strict=True):
            assert total == min(x, 700 * y)


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ({"levers": ["seat:autocad"]}, "no lever `seat:autocad`", "did you mean `seat:autocad-1y`?"),
        ({"grids": [("tokens", "xyz")]}, "no lever `xyz`", "levers: seat:autocad-1y, tokens, buffer, growth"),
        ({"grids": [("tokens", "tokens")]}, "a grid needs two different levers", "--grid seat:aec-1y,tokens"),
    ],
)
def test_levers_that_are_not_there(options: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(FlexoptError, match=message) as error:
        study(ANN, **options)
    assert hint in error.value.hint


@pytest.mark.slow
def test_same_input_same_result_and_the_total_of_the_plan() -> None:
    two = {(user, "AutoCAD"): every(date(2025, 1, 1), n, 2) for user, n in (("ann", 120), ("bob", 105))}
    once, again = (study(two) for _ in range(2))
    assert data(once) == data(again)
    source = a_source(a_scenario(**ONE))
    assert once.total == plan(source, usage_of(two)).document.total


@pytest.mark.slow
def test_progress_counts_solves() -> None:
    said: list[str] = []
    study(ANN, on_progress=lambda phase, size: said.append(size) if phase == "varying" else None)
    assert said[0] == "1 of about 25 solves: seat:autocad-1y"
    counts = [int(text.split()[0]) for text in said]
    assert counts == sorted(counts)


instances = small().map(lambda i: i.changed(solver={"gap": "0.000000001", "time_limit": 60}))


@one_in(24)
@given(instances, st.data())
def test_laws(instance: Instance, draws: st.DataObject) -> None:
    """A dearer price never lowers the total, one percent never costs, flips are there when solved anew."""
    instance.demand()
    source, forecasts = instance.source(), ForecastCache(instance.read_usage())
    levers = levers_of(source.scenario)
    priced = [name for name, lever in levers.items() if lever.line]
    assume(priced)
    name = draws.draw(st.sampled_from(priced))
    try:
        found = sensitivity(source, forecasts, levers=[name]).document
    except InfeasibleError:
        assume(False)
    total, (bar,) = found.total, found.levers
    slack = Decimal("0.01") * len(source.scenario.purchase_dates()) + total * Decimal("1e-9")
    assert bar.low.total is not None
    assert bar.low.total <= total
    assert bar.high.total is None or bar.high.total >= total - slack
    for ask in found.negotiation:
        changed = one_percent_off(source.scenario, levers[name].line)
        assert changed is not None
        _is_least(instance, changed, total - ask.saving, slack)
        assert ask.saving >= 0
    for row in found.indifference:
        if row.below is None or row.above is None:
            continue
        lever = levers.get(row.lever)
        if lever is None:
            *since, size = row.lever.removeprefix("tier-price:").split(":")
            lists = source.scenario.tokens.tier_lists
            place = [str(of.from_) for of in lists].index(since[0]) if since else 0
            number = [tier.from_ for tier in lists[place].tiers].index(int(size))
            lever = tier_price(source.scenario, number, place)
        assert row.above.value - row.below.value == lever.finest
        assert row.below.answer != row.above.answer
        for side in (row.below, row.above):
            changed = lever.apply(source.scenario, side.value)
            solved = solve(instance_source(instance, changed), forecasts, lambda phase, size: None, Clock())
            assert solved.optimum.cost == side.total
            _is_least(instance, changed, side.total, slack)
            seats = {solved.problem.contracts[k].offer for _, k in solved.optimum.solution.seats.tolist()}
            if lever.seat and side is row.below:
                assert lever.line in seats


def instance_source(instance: Instance, scenario: Any) -> Any:
    from dataclasses import replace

    return replace(instance.source(), scenario=scenario)


def _is_least(instance: Instance, scenario: Any, total: Decimal, slack: Decimal) -> None:
    """By enumeration, where that is possible."""
    source = instance.source()
    try:
        expected = least_total(scenario, instance.usage, source.people, source.holdings)
    except TooLarge:
        return
    assert expected is not None
    assert total - slack <= expected <= total + Decimal("0.01")
