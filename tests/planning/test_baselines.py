"""What the plan is measured against: each baseline is what its name says, none is below the plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from build import (
    AEC_YEAR,
    AUTOCAD,
    AUTOCAD_YEAR,
    REVIT,
    REVIT_YEAR,
    Days,
    a_problem,
    a_scenario,
    a_source,
    every,
    usage_of,
)
from documents import data
from hypothesis import given
from hypothesis import strategies as st
from profiles import one_in

from flexopt import plan
from flexopt.inputs.records import TodaysAccess
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem
from flexopt.planning.baselines import all_flex, all_named, break_even_rule, todays_access, with_idle_holders

VAULT = {"id": "Vault", "flex": False}


def year(count: int) -> list[date]:
    return every(date(2025, 1, 1), count)


def bound(problem: Problem, restriction: Restriction) -> dict[tuple[str, str], str]:
    demand = problem.demand
    assert restriction.rule is not None
    return {
        (demand.users[u], demand.products[p]): str(rule)
        for u, p, rule in zip(demand.pair_user, demand.pair_product, restriction.rule, strict=True)
        if rule
    }


def totals(days: Days, access: Sequence[TodaysAccess] = (), **changes: Any) -> dict[str, str | None]:
    document = plan(a_source(a_scenario(**changes), access=access), usage_of(days)).document
    found = {name: b["total"] for name, b in data(document)["baselines"].items()}
    for b in data(document)["baselines"].values():
        if b["total"] is not None:
            assert Decimal(b["saving"]) == Decimal(b["total"]) - Decimal(data(document)["total"])
            assert b["note"] == ""
    return found | {"plan": data(document)["total"]}


# --- by hand ---------------------------------------------------------------------------------------------


def test_two_users_by_hand() -> None:
    """ann: 150 days of AutoCAD, a seat (2,310 < 3,150); bob: 20 days of Revit, tokens (600 < 2,985)."""
    found = totals({("ann", "AutoCAD"): year(150), ("bob", "Revit"): year(20)})
    assert found == {
        "plan": "2910.00",
        "all_named": "5295.00",  # 2,310 + 2,985
        "all_flex": "3750.00",  # 150 x 7 x 3 + 20 x 10 x 3
        "break_even_rule": "2910.00",
    }


def test_the_rule_looks_at_list_prices_and_pays_negotiated_ones() -> None:
    """105 days of AutoCAD are 2,205 at list, below the 2,310: tokens. With 15 % off, the seat is cheaper."""
    found = totals({("ann", "AutoCAD"): year(105)}, negotiated={"seats": "0.15"})
    assert found["break_even_rule"] == "2205.00"
    assert found["plan"] == "1963.50"  # 2,310 x 0.85


def test_a_tie_of_the_rule_is_a_seat() -> None:
    problem = a_problem({("ann", "AutoCAD"): year(110), ("bob", "AutoCAD"): year(109)})
    assert bound(problem, break_even_rule(problem)) == {
        ("ann", "AutoCAD"): "named",
        ("bob", "AutoCAD"): "flex",
    }


def test_the_rule_takes_a_collection_at_its_price() -> None:
    # 73 of both: 1,533 + 2,190 = 3,723 >= 3,675; 72 of both: 3,672 stays on Flex
    days = {(u, p): year(n) for u, n in (("ann", 73), ("bob", 72)) for p in ("AutoCAD", "Revit")}
    problem = a_problem(days, offers=[AUTOCAD_YEAR, REVIT_YEAR, AEC_YEAR])
    rule = bound(problem, break_even_rule(problem))
    assert {u for (u, _), access in rule.items() if access == "named"} == {"ann"}
    assert len(rule) == 4


def test_what_is_not_on_flex_or_not_on_offer_is_not_bound() -> None:
    days = {("ann", p): year(9) for p in ("AutoCAD", "Revit", "Vault")}
    vault = AUTOCAD_YEAR | {"id": "vault-1y", "covers": ["Vault"]}
    problem = a_problem(days, products=[AUTOCAD, REVIT, VAULT], offers=[AUTOCAD_YEAR, vault])
    assert bound(problem, all_flex(problem)) == {("ann", "AutoCAD"): "flex", ("ann", "Revit"): "flex"}
    assert bound(problem, all_named(problem)) == {("ann", "AutoCAD"): "named", ("ann", "Vault"): "named"}


def test_a_collection_that_is_needed_serves_its_other_products() -> None:
    """Vault comes only with the collection: AutoCAD of that user cannot be bound to tokens beside it."""
    suite = AEC_YEAR | {"id": "suite-1y", "covers": ["AutoCAD", "Vault"]}
    days = {("ann", "Vault"): year(5), ("ann", "AutoCAD"): year(5), ("bob", "AutoCAD"): year(5)}
    changes: dict[str, Any] = {"products": [AUTOCAD, VAULT], "offers": [AUTOCAD_YEAR, suite]}
    problem = a_problem(days, **changes)
    assert bound(problem, all_flex(problem)) == {("bob", "AutoCAD"): "flex"}
    found = totals(days, **changes)
    assert found["all_flex"] == found["break_even_rule"] == found["plan"] == "3780.00"  # 3,675 + 5 x 7 x 3


def test_a_seat_that_policy_bars_is_none() -> None:
    """Revit must be on Flex, so the collection is no way to a seat for AutoCAD."""
    days = {("ann", "AutoCAD"): year(5), ("ann", "Revit"): year(5), ("bob", "AutoCAD"): year(5)}
    problem = a_problem(
        days, offers=[AEC_YEAR], policy=[{"user": "ann", "product": "Revit", "access": "flex"}]
    )
    assert bound(problem, all_named(problem)) == {("bob", "AutoCAD"): "named"}


def test_a_baseline_that_the_rules_forbid_says_so() -> None:
    days = {("ann", "AutoCAD"): year(150), ("bob", "AutoCAD"): year(10)}
    document = plan(a_source(a_scenario(offers=[AUTOCAD_YEAR | {"maximum": 1}])), usage_of(days)).document
    assert data(document)["baselines"]["all_named"] == {
        "total": None,
        "seats": None,
        "tokens": None,
        "saving": None,
        "note": "not possible within the scenario's rules and limits",
    }


# --- today -----------------------------------------------------------------------------------------------


def test_today_keeps_seats_and_tokens_where_they_are() -> None:
    """ann's seat stays though 20 days on tokens are 420; bob stays on tokens though a seat is cheaper."""
    access = [TodaysAccess("ann", "AutoCAD", "named", "autocad-1y"), TodaysAccess("bob", "AutoCAD", "flex")]
    found = totals({("ann", "AutoCAD"): year(20), ("bob", "AutoCAD"): year(150)}, access)
    assert found["today"] == "5460.00"  # 2,310 + 150 x 7 x 3
    assert found["plan"] == "2730.00"  # 420 + 2,310


def test_who_holds_a_seat_without_use_pays_for_it_today() -> None:
    access = [TodaysAccess("zoe", "Revit", "named", "revit-1y"), TodaysAccess("ann", "AutoCAD", "flex")]
    found = totals({("ann", "AutoCAD"): year(20)}, access)
    assert found["today"] == "3405.00"  # 2,985 + 420
    assert found["plan"] == "420.00"


def test_what_today_does_not_list_is_free() -> None:
    found = totals(
        {("ann", "AutoCAD"): year(150), ("bob", "Revit"): year(20)}, [TodaysAccess("bob", "Revit", "named")]
    )
    assert found["today"] == "5295.00"  # ann's seat by choice, bob's by today's table


def test_a_collection_today_is_one_seat() -> None:
    access = [TodaysAccess("ann", p, "named", "aec-1y") for p in ("AutoCAD", "Revit")]
    days = {("ann", "AutoCAD"): year(10), ("ann", "Revit"): year(10)}
    found = totals(days, access, offers=[AUTOCAD_YEAR, REVIT_YEAR, AEC_YEAR])
    assert found["today"] == "3675.00"
    assert found["plan"] == "510.00"


def test_one_product_of_a_collection_today_brings_the_others() -> None:
    # Revit is listed as Flex, but the seat of the collection covers it and goes before tokens
    access = [TodaysAccess("ann", "AutoCAD", "named", "aec-1y"), TodaysAccess("ann", "Revit", "flex")]
    days = {("ann", "AutoCAD"): year(10), ("ann", "Revit"): year(10)}
    found = totals(days, access, offers=[AUTOCAD_YEAR, REVIT_YEAR, AEC_YEAR])
    assert found["today"] == "3675.00"


def test_the_seat_of_today_is_the_offer_of_today() -> None:
    """AutoCAD through the collection costs 3,675, though a single seat would be enough."""
    found = totals(
        {("ann", "AutoCAD"): year(150)},
        [TodaysAccess("ann", "AutoCAD", "named", "aec-1y")],
        offers=[AUTOCAD_YEAR, REVIT_YEAR, AEC_YEAR],
    )
    assert (found["today"], found["plan"]) == ("3675.00", "2310.00")


def test_idle_holders_join_in_user_order_and_change_nothing_else() -> None:
    problem = a_problem({("bob", "AutoCAD"): year(20), ("zoe", "Revit"): year(7)})
    access = [
        TodaysAccess("ann", "Revit", "named"),
        TodaysAccess("bob", "Revit", "named"),
        TodaysAccess("cat", "Revit", "flex"),
    ]
    demand = with_idle_holders(problem.demand, access, problem.scenario, {})
    assert demand.users == ("ann", "bob", "zoe")
    assert [
        (demand.users[u], demand.products[p])
        for u, p in zip(demand.pair_user, demand.pair_product, strict=True)
    ] == [
        ("ann", "Revit"),
        ("bob", "AutoCAD"),
        ("bob", "Revit"),
        ("zoe", "Revit"),
    ]
    assert demand.spans.groupby("pair")["count"].sum().tolist() == [1, 20, 1, 7]
    assert with_idle_holders(problem.demand, access[2:], problem.scenario, {}) is problem.demand


def test_offers_of_today_bind_only_their_product() -> None:
    problem = a_problem({("ann", "AutoCAD"): year(9)})
    restriction = todays_access(problem, [TodaysAccess("ann", "AutoCAD", "named", "autocad-1y")])
    assert restriction.offers == {0: frozenset({"autocad-1y"})}


# --- never below the plan --------------------------------------------------------------------------------

COUNTS = st.integers(1, 200)


@one_in(8)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["AutoCAD", "Revit"])), COUNTS, min_size=1
    ),
    st.sampled_from(["0", "0.15"]),
    st.sampled_from([1, 100]),
    st.lists(
        st.builds(
            TodaysAccess,
            st.sampled_from("abcd"),
            st.sampled_from(["AutoCAD", "Revit"]),
            st.sampled_from(["named", "flex"]),
        ),
        max_size=3,
        unique_by=lambda a: (a.user, a.product),
    ),
    st.booleans(),
)
def test_no_baseline_is_below_the_plan(
    counts: dict[tuple[str, str], int], buffer: str, increment: int, access: list[TodaysAccess], holds: bool
) -> None:
    found = totals(
        {key: year(n) for key, n in counts.items()},
        access,
        offers=[AUTOCAD_YEAR, REVIT_YEAR, AEC_YEAR],
        tokens={
            "tiers": [{"from": 100, "price": 3}, {"from": 2000, "price": "2.7"}],
            "increment": increment,
            "buffer": buffer,
        },
        holdings=[{"offer": "autocad-1y", "quantity": 1, "ends": "2026-05-01"}] if holds else [],
    )
    cost = Decimal(found["plan"] or 0)
    assert all(total is not None and Decimal(total) >= cost - Decimal("0.01") for total in found.values())


@pytest.mark.parametrize("make", [all_named, all_flex, break_even_rule])
def test_a_policy_goes_before_a_baseline(make: Any) -> None:
    """The rule of the scenario holds in every baseline: kim stays on Flex, sid on a seat."""
    days = {("kim", "AutoCAD"): year(150), ("sid", "AutoCAD"): year(10)}
    rules = [{"user": "kim", "access": "flex"}, {"user": "sid", "access": "named"}]
    found = totals(days, policy=rules)
    assert set(found.values()) == {"5460.00"}  # 150 x 7 x 3 + 2,310
    assert make(a_problem(days, policy=rules)).offers == {}
