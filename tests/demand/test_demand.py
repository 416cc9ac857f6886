"""From the days of the past to those of the horizon: nothing is planned twice, nothing vanishes silently."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from build import Days, a_scenario, every, the_demand, usage_of
from hypothesis import given
from hypothesis import strategies as st

from flexopt.base.dates import add_months
from flexopt.base.findings import InputError
from flexopt.demand.forecast import Demand, forecast
from flexopt.inputs.records import Person

ONE = ("ann", "AutoCAD")
HISTORY = [date(2025, 1, 1), date(2025, 12, 31)]
"""Two days that make the history the whole of 2025."""


def planned(demand: Demand, scenario_start: date = date(2026, 1, 1)) -> list[str]:
    """The dates of spans of one day, repeated where two days of the past fall on one."""
    spans = demand.spans
    assert (spans["after"] - spans["first"] == 1).all()
    dates = [str(scenario_start + timedelta(days=int(d))) for d in spans["first"]]
    return [d for d, n in zip(dates, spans["count"], strict=True) for _ in range(n)]


def codes(demand: Demand) -> list[str]:
    return [f.code for f in demand.findings]


# --- repeat ----------------------------------------------------------------------------------------------


def test_days_move_by_whole_years() -> None:
    demand = the_demand({ONE: [*HISTORY, date(2025, 5, 6)]})
    assert planned(demand) == ["2026-01-01", "2026-05-06", "2026-12-31"]
    assert demand.history == (date(2025, 1, 1), date(2025, 12, 31))
    assert codes(demand) == []


def test_the_29th_of_february_moves_to_the_28th() -> None:
    days = {ONE: [date(2024, 1, 1), date(2024, 2, 28), date(2024, 2, 29), date(2024, 12, 31)]}
    demand = the_demand(days, horizon={"start": "2025-01-01"})
    assert planned(demand, date(2025, 1, 1)) == ["2025-01-01", "2025-02-28", "2025-02-28", "2025-12-31"]


@pytest.mark.parametrize(
    ("last", "first"),
    [
        (date(2025, 12, 31), date(2025, 1, 1)),
        (date(2025, 2, 28), date(2024, 3, 1)),
        (date(2024, 2, 29), date(2023, 3, 1)),
        # the day before a 29th: 28 February of the year before is a year and a day ago
        (date(2024, 2, 28), date(2023, 3, 1)),
        (date(2025, 11, 30), date(2024, 12, 1)),
    ],
)
def test_the_last_12_months_never_hold_a_calendar_day_twice(last: date, first: date) -> None:
    demand = the_demand({ONE: every(last - timedelta(days=800), 801)}, horizon={"start": "2026-01-01"})
    assert demand.history == (first, last)
    counts = demand.spans["count"].tolist()
    assert counts.count(1) >= 364
    leap = any(first <= d <= last for d in (date(2024, 2, 29),))
    assert sum(counts) == (366 if leap else 365)


def test_a_longer_history_counts_with_its_last_12_months() -> None:
    demand = the_demand({ONE: [date(2023, 6, 1), date(2024, 6, 1), *HISTORY]})
    assert planned(demand) == ["2026-01-01", "2026-12-31"]


@pytest.mark.parametrize(("months", "times"), [(6, 1), (12, 2), (24, 4), (36, 6)])
def test_a_horizon_repeats_the_year_as_often_as_it_is_long(months: int, times: int) -> None:
    demand = the_demand({ONE: HISTORY}, horizon={"start": "2026-01-01", "months": months})
    assert len(planned(demand)) == times
    outside = demand.left_out.to_dict("records")
    if months == 6:
        assert outside == [
            {"user": "ann", "product": "AutoCAD", "days": 1, "reason": "outside the months of the horizon"}
        ]
    else:
        assert outside == []


def test_a_horizon_that_starts_in_mid_month() -> None:
    days = {ONE: [date(2024, 7, 15), date(2025, 1, 14), date(2025, 1, 15), date(2025, 7, 14)]}
    demand = the_demand(days, horizon={"start": "2026-01-15", "months": 6})
    assert planned(demand, date(2026, 1, 15)) == ["2026-01-15", "2026-07-14"]
    assert demand.left_out["days"].tolist() == [2]


def test_a_partial_history_is_said() -> None:
    assert codes(the_demand({ONE: every(date(2025, 10, 1), 90)})) == ["D103"]


def test_a_short_history_proposes_a_small_pack_and_a_day_to_look_again() -> None:
    for method, words in (("repeat", "the rest of the year has no demand"), ("rate", "every other part")):
        demand = the_demand({ONE: every(date(2025, 10, 1), 90)}, demand={"method": method})
        (found,) = demand.findings.items
        assert words in found.message
        # a year after the first day of use
        assert "buy only a small first pack, for the use until 2026-10-01, and plan again then" in found.hint


def test_a_year_that_begins_a_few_days_late_is_said() -> None:
    """A portal's last 12 months, exported on 20 November: 11 months and the current one."""
    year = every(date(2024, 12, 2), 353)
    demand = the_demand({ONE: year, ("bob", "Revit"): year})
    (found,) = demand.findings.items
    assert found.code == "D107"
    # 20, 21, 22 and 25 to 29 November; 353 days of two people on 243 working days
    assert "begins on 2024-12-02: the 8 working days from 2024-11-20 are planned without" in found.message
    assert "about 23 chargeable days too few" in found.message
    assert "begins on 2024-11-20 or earlier; or raise `tokens.buffer` by 4 percentage points" in found.hint
    assert codes(the_demand({ONE: every(date(2024, 11, 26), 359)})) == []  # less than a week
    assert codes(the_demand({ONE: every(date(2024, 12, 2), 118, 3)})) == []  # little use says nothing
    assert codes(the_demand({ONE: year}, demand={"method": "rate"})) == []
    assert codes(the_demand({ONE: every(date(2025, 1, 7), 351)})) == []  # the turn of the year


def test_a_horizon_far_from_the_data_is_said() -> None:
    # 31 December 2025 is the last day of HISTORY; a quarter ahead is usual
    assert codes(the_demand({ONE: HISTORY}, horizon={"start": "2026-04-01"})) == []
    demand = the_demand({ONE: HISTORY}, horizon={"start": "2026-07-01"})
    assert codes(demand) == ["D120"]
    assert "2025-12-31, is 182 days before the start" in demand.findings.items[0].message


def test_usage_inside_the_horizon_is_no_history() -> None:
    demand = the_demand({ONE: [*HISTORY, date(2026, 1, 1), date(2026, 2, 1)]})
    assert codes(demand) == ["D101"]
    assert "2 chargeable days" in demand.findings.items[0].message
    assert planned(demand) == ["2026-01-01", "2026-12-31"]


@pytest.mark.parametrize("start", ["2025-01-01", "2024-06-01"])
def test_a_horizon_before_the_usage_is_hindsight(start: str) -> None:
    demand = the_demand({ONE: HISTORY}, horizon={"start": start})
    assert codes(demand) == ["D102"]
    assert len(planned(demand)) == 2


def test_no_usage_is_an_error() -> None:
    with pytest.raises(InputError, match="no usage to plan with"):
        the_demand({})


# --- rate and summaries ----------------------------------------------------------------------------------


def test_a_rate_is_days_per_day_of_the_observed_window() -> None:
    # 45 of the 90 days from 3 October: one day in two, over the 365 days of 2026
    demand = the_demand(
        {ONE: every(date(2025, 10, 3), 45, 2), ("bob", "Revit"): [date(2025, 12, 31)]},
        demand={"method": "rate"},
    )
    spans = demand.spans.to_dict("records")
    assert spans[0] == {"pair": 0, "first": 0, "after": 365, "count": 45, "per": 90}
    cells = demand.cells(np.array([0, 31, 365]))
    ann = cells[cells["pair"] == 0]
    assert [Fraction(int(c), int(p)) for c, p in zip(ann["count"], ann["per"], strict=True)] == [
        Fraction(31, 2),
        Fraction(334, 2),
    ]
    assert codes(demand) == ["D103"]


def test_a_summary_is_spread_over_the_days_it_covers() -> None:
    usage = usage_of({}, [("ann", "AutoCAD", 73, date(2025, 1, 1), date(2026, 1, 1))])
    demand = forecast(a_scenario(), usage, {})
    assert demand.spans.to_dict("records") == [{"pair": 0, "first": 0, "after": 365, "count": 73, "per": 365}]
    assert demand.history == (date(2025, 1, 1), date(2025, 12, 31))


def test_a_summary_of_half_a_year_counts_twice_in_a_year() -> None:
    usage = usage_of({}, [("ann", "AutoCAD", 30, date(2025, 7, 1), date(2026, 1, 1))])
    cells = forecast(a_scenario(), usage, {}).cells(np.array([0, 365]))
    assert Fraction(int(cells["count"][0]), int(cells["per"][0])) == Fraction(30 * 365, 184)


# --- growth, people, policy ------------------------------------------------------------------------------


def test_growth_by_product_by_group_and_both() -> None:
    people = [Person("ann", "site"), Person("bob", "office")]
    days = {(u, p): HISTORY for u in ("ann", "bob", "eve") for p in ("AutoCAD", "Revit")}
    growth = {"default": "0.5", "products": {"Revit": "0.1"}, "groups": {"site": "-0.2"}}
    demand = the_demand(days, people=people, demand={"growth": growth})
    factors = {
        (demand.users[u], demand.products[p]): f
        for u, p, f in zip(demand.pair_user, demand.pair_product, demand.pair_factor, strict=True)
    }
    assert factors == {
        ("ann", "AutoCAD"): Decimal("0.8"),
        ("ann", "Revit"): Decimal("0.88"),  # 1.1 x 0.8
        ("bob", "AutoCAD"): Decimal("1.5"),
        ("bob", "Revit"): Decimal("1.1"),
        ("eve", "AutoCAD"): Decimal("1.5"),
        ("eve", "Revit"): Decimal("1.1"),
    }


def test_what_shrinks_to_nothing_is_left_out() -> None:
    days = {("ann", "AutoCAD"): HISTORY, ("ann", "Revit"): HISTORY}
    demand = the_demand(days, demand={"growth": {"products": {"Revit": -1}}})
    assert demand.pairs == 1
    assert demand.left_out.to_dict("records") == [
        {"user": "ann", "product": "Revit", "days": 2, "reason": "growth of -1"}
    ]


def test_joiners_and_leavers_are_planned_while_they_are_there() -> None:
    days = {(u, "AutoCAD"): [*HISTORY, date(2025, 3, 31), date(2025, 4, 1)] for u in ("ann", "bob")}
    people = [Person("ann", starts=date(2026, 4, 1)), Person("bob", leaves=date(2026, 4, 1))]
    demand = the_demand(days, people=people)
    # `starts` is the first day there, `leaves` the first day gone
    assert planned(demand) == ["2026-04-01", "2026-12-31", "2026-01-01", "2026-03-31"]
    assert demand.left_out[["user", "days"]].values.tolist() == [["ann", 2], ["bob", 2]]


def test_a_leaver_takes_the_share_of_a_rate_along() -> None:
    usage = usage_of({}, [("ann", "AutoCAD", 100, date(2025, 1, 1), date(2026, 1, 1))])
    demand = forecast(a_scenario(), usage, {"ann": Person("ann", leaves=date(2026, 7, 1))})
    assert demand.spans[["first", "after"]].values.tolist() == [[0, 181]]
    assert demand.left_out["days"].tolist() == [51]  # 100 x 184 / 365 = 50.4, a begun day is a day


def test_policy_none_leaves_out_and_says_so() -> None:
    days = {("ann", "AutoCAD"): HISTORY, ("ann", "Revit"): HISTORY, ("bob", "Revit"): HISTORY}
    rules = [{"product": "Revit", "access": "none"}, {"user": "bob", "access": "flex"}]
    demand = the_demand(days, policy=rules)
    # a rule for the user goes before one for the product
    assert [(demand.users[u], r) for u, r in zip(demand.pair_user, demand.pair_rule, strict=True)] == [
        ("ann", ""),
        ("bob", "flex"),
    ]
    assert demand.left_out.to_dict("records") == [
        {"user": "ann", "product": "Revit", "days": 2, "reason": "policy: access none"}
    ]


def test_nothing_left_to_plan_says_why() -> None:
    with pytest.raises(InputError, match="2 days: policy: access none"):
        the_demand({ONE: HISTORY}, policy=[{"product": "AutoCAD", "access": "none"}])


# --- laws ------------------------------------------------------------------------------------------------

USERS = st.sampled_from(["ann", "bob", "cy"])
PRODUCTS = st.sampled_from(["AutoCAD", "Revit"])
PAST = st.dates(date(2023, 1, 1), date(2025, 12, 31))
DAYS = st.dictionaries(st.tuples(USERS, PRODUCTS), st.sets(PAST, min_size=1, max_size=40), min_size=1)
STARTS = st.dates(date(2026, 1, 1), date(2028, 12, 31))


@given(
    DAYS,
    STARTS,
    st.sampled_from([6, 12, 24, 36]),
    st.one_of(st.none(), st.dates(date(2025, 6, 1), date(2030, 1, 1))),
    st.booleans(),
)
def test_planned_and_left_out_are_what_was_read(
    days: Days, start: date, months: int, leaves: date | None, ban: bool
) -> None:
    """Every day of the last 12 months is planned at each of its places in the horizon, or listed."""
    scenario = a_scenario(
        horizon={"start": start, "months": months},
        policy=[{"user": "cy", "access": "none"}] if ban else [],
    )
    people = {"bob": Person("bob", leaves=leaves)}
    try:
        demand = forecast(scenario, usage_of(days), people)
    except InputError:
        return  # all of it is left out, and the error says why
    end = add_months(start, months)
    first, last = demand.history
    assert last == max(max(d) for d in days.values())
    expected = 0
    for dates in days.values():
        for day in dates:
            if first <= day <= last:
                places = [
                    d
                    for year in range(start.year, end.year + 1)
                    if start
                    <= (
                        d := day.replace(
                            year=year, day=min(day.day, 28) if day.month == 2 and day.day == 29 else day.day
                        )
                    )
                    < end
                ]
                expected += max(1, len(places))
    assert demand.spans["count"].sum() + demand.left_out["days"].sum() == expected


@given(DAYS, st.integers(0, 99), st.sampled_from(["repeat", "rate"]))
def test_the_order_of_the_usage_does_not_matter(days: Days, seed: int, method: str) -> None:
    scenario = a_scenario(demand={"method": method})
    one = forecast(scenario, usage_of(days), {})
    other = forecast(scenario, usage_of(days, shuffle=seed), {})
    assert one.users == other.users
    for name in ("pair_user", "pair_product", "pair_factor", "pair_rule"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()
    pd.testing.assert_frame_equal(one.spans, other.spans)
    pd.testing.assert_frame_equal(one.left_out, other.left_out)
    assert one.findings.items == other.findings.items


@given(DAYS, st.sampled_from(["repeat", "rate"]), st.sets(st.integers(1, 364), max_size=12))
def test_cells_add_up_whatever_the_periods(days: Days, method: str, cuts: set[int]) -> None:
    demand = the_demand(days, demand={"method": method})
    cells = demand.cells(np.array([0, *sorted(cuts), 365]))
    whole = demand.cells(np.array([0, 365]))
    assert cells.groupby("pair")["count"].sum().tolist() == whole["count"].tolist()
    assert not cells.duplicated(["pair", "period"]).any()
