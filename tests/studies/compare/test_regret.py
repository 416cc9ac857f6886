"""The regret matrix: each cell against enumeration, a zero diagonal, nothing negative; and the drivers."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product as cross
from typing import Any

import pytest
from brute import _Enumeration
from brute_demand import chargeable_days
from brute_packs import TooLarge
from build import AUTOCAD_YEAR, REVIT, a_scenario, a_source, every, usage_of
from hypothesis import given, reject
from hypothesis import strategies as st
from profiles import one_in
from strategies import Instance, medium, small

from flexopt.base.errors import FlexoptError
from flexopt.base.findings import InputError
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.model.sets import formulate
from flexopt.planning.bill import make_charges
from flexopt.planning.planner import Clock, Solved, solve
from flexopt.studies.compare.drivers import drivers
from flexopt.studies.compare.kept_assignment import (
    KeptAssignment,
    SeatHolders,
    keep_assignment,
    seat_holders,
)
from flexopt.studies.compare.regret import regrets

START = date(2026, 1, 1)
DAYS = {(user, "AutoCAD"): every(date(2025, 1, 1), 150, 2) for user in ("a", "b", "c")}


def solved(source: Any, usage: Any) -> Solved:
    return solve(source, ForecastCache(usage), lambda *_: None, Clock())


def solved_instance(instance: Instance) -> Solved:
    try:
        return solved(instance.source(), instance.read_usage())
    except (FlexoptError, InputError):
        reject()


def simple(**changes: Any) -> Solved:
    return solved(a_source(a_scenario(**changes)), usage_of(DAYS))


# --- against enumeration ---------------------------------------------------------------------------------


class _KeptOnly(_Enumeration):
    """The enumeration, where every user has just the seats of another plan."""

    wanted: Mapping[str, list[tuple[str, date, date]]]

    def _options(self, user: str) -> Any:
        self.user = user
        return super()._options(user)

    def _sets(self, keys: list[int], masks: dict[int, int]) -> list[tuple[int, ...]]:
        found = []
        for key in self.wanted.get(self.user, []):
            alike = [k for k, c in enumerate(self.contracts) if (c.offer.id, c.start, c.end) == key]
            used = [k for k in alike if k in masks]
            if used or not alike or self._barred(alike[0]):
                found.append(used)
        return [tuple(sorted(choice)) for choice in cross(*found)]

    def _barred(self, k: int) -> bool:
        """Whether the user would use the seat, were it allowed."""
        c = self.contracts[k]
        return any(
            c.start <= day < c.end and n
            for (user, name), days in self.needs.items()
            if user == self.user and name in c.offer.covers
            for day, n in days.items()
        )


def enumerated(instance: Instance, seats: SeatHolders) -> Decimal | None:
    file = instance.source()
    needs = chargeable_days(file.scenario, instance.usage, file.people)
    judge = _KeptOnly(file.scenario, needs, file.people, file.holdings, 4000)
    judge.wanted = {}
    for key, users in seats.users.items():
        for user in users:
            judge.wanted = {**judge.wanted, user: [*judge.wanted.get(user, []), key]}
    return judge.least()


@st.composite
def quotes(draw: st.DrawFn, instances: st.SearchStrategy[Instance]) -> tuple[Instance, Instance]:
    """A scenario and another quote for it: prices, tiers, holdings, limits or rules differ."""
    instance = draw(instances)
    document = instance.document
    changes: dict[str, Any] = {
        "negotiated": draw(st.sampled_from([None, {"seats": "0.4"}, {"tokens": "0.3"}]))
    }
    if draw(st.booleans()):
        tiers = copy.deepcopy(document["tokens"]["tiers"])
        for tier_list in [t["tiers"] for t in tiers] if "tiers" in tiers[0] else [tiers]:
            for n, tier in enumerate(tier_list):
                tier["price"] = str(Decimal(str(tier["price"])) / (n + 1))
        changes["tokens"] = document["tokens"] | {"tiers": tiers}
    for key in ("holdings", "budgets", "policy"):
        if draw(st.booleans()):
            changes[key] = None
    return instance, instance.changed(**changes)


@one_in(8)
@given(quotes(small()))
def test_a_cell_is_what_enumeration_says(pair: tuple[Instance, Instance]) -> None:
    plan, quote = map(solved_instance, pair)
    seats = seat_holders(plan.problem, plan.optimum.solution)
    found = keep_assignment(quote.problem, seats)
    try:
        expected = enumerated(pair[1], seats)
    except TooLarge:
        reject()
    cost = None if found.solution is None else found.solution.cost(quote.problem)
    assert cost == expected
    assert bool(found.note) == (found.solution is None)


@one_in(8)
@given(quotes(medium(12)))
def test_zero_diagonal_and_nothing_negative_and_drivers_add_up(pair: tuple[Instance, Instance]) -> None:
    wide = [replace(i, document=i.document | {"solver": {"gap": "0.05", "time_limit": 60}}) for i in pair]
    start = {f"q{n}": solved_instance(i) for n, i in enumerate(wide)}
    best, matrix, notes = regrets(start, lambda *_: None)
    for n, row in enumerate(matrix):
        assert row[n] == 0
        assert all(cell is None or cell >= 0 for cell in row)
    assert all(best[i].optimum.cost <= start[i].optimum.cost for i in start)
    impossible = {(n.plan, n.quote) for n in notes}
    assert impossible == {
        (f"q{i}", f"q{j}") for i, row in enumerate(matrix) for j, cell in enumerate(row) if cell is None
    }
    first, other = best.values()
    total = [make_charges(s.problem, s.optimum.solution).total for s in (first, other)]
    split = drivers(first, other)
    assert split.difference == total[1] - total[0]
    money = first.problem.scenario.money
    assert all(part == money.round(part) for part in (split.seat_price, split.token_price))


# --- by hand ---------------------------------------------------------------------------------------------


def kept(plan: Solved, quote: Solved) -> KeptAssignment:
    return keep_assignment(quote.problem, seat_holders(plan.problem, plan.optimum.solution))


def test_by_hand() -> None:
    """Three users with 150 days: 3,150 of tokens or 2,310 for a seat; at 1.00 a token 1,050."""
    seats, tokens = simple(), simple(tokens={"tiers": [{"from": 1, "price": 1}]})
    assert (seats.optimum.cost, tokens.optimum.cost) == (Decimal(6930), Decimal(3150))
    _, matrix, notes = regrets({"seats": seats, "tokens": tokens}, lambda *_: None)
    assert matrix == [[0, 6930 - 3150], [9450 - 6930, 0]]
    assert notes == []


def test_seats_are_split_between_renewal_and_new_as_cheaply_as_can_be() -> None:
    """One seat may be renewed at 2,079, two more are new; there is no owned one in the quote's other half."""
    none, one = simple(), simple(holdings=[{"offer": "autocad-1y", "quantity": 1, "ends": "2026-01-01"}])
    found = kept(none, one)
    assert found.solution is not None
    assert found.solution.cost(one.problem) == 2079 + 2 * 2310 == one.optimum.cost
    kinds = [one.problem.contracts[k].kind for _, k in found.solution.seats.tolist()]
    assert sorted(kinds) == ["new", "new", "renewal"]
    assert [u for u, _ in found.solution.seats.tolist()] == [0, 1, 2]
    back = kept(one, none)
    assert back.solution is not None
    assert back.solution.cost(none.problem) == 3 * 2310


def test_a_renewal_that_is_dearer_is_left_alone() -> None:
    dear = {**AUTOCAD_YEAR, "prices": [{"from": "2025-01-01", "new": 2000, "renewal": 2200}]}
    other = simple(offers=[dear], holdings=[{"offer": "autocad-1y", "quantity": 2, "ends": "2026-01-01"}])
    found = kept(simple(), other)
    assert found.solution is not None
    assert {other.problem.contracts[k].kind for _, k in found.solution.seats.tolist()} == {"new"}


def test_seats_share_the_tier_of_their_order() -> None:
    """Two of three are renewed or new in one order: from 3 seats a tenth less for all of them."""
    tiered = {**AUTOCAD_YEAR, "tiers": [{"from": 3, "discount": "0.1"}]}
    other = simple(offers=[tiered], holdings=[{"offer": "autocad-1y", "quantity": 1, "ends": "2026-01-01"}])
    found = kept(simple(), other)
    assert found.solution is not None
    assert found.solution.cost(other.problem) == (2079 + 2 * 2310) * Decimal("0.9")


def test_users_and_seats_without_use_need_none() -> None:
    plan = simple()
    fewer = solved(
        a_source(a_scenario()), usage_of({("a", "AutoCAD"): DAYS["a", "AutoCAD"], ("b", "Revit"): [START]})
    )
    found = kept(plan, fewer)
    assert found.solution is not None
    assert found.solution.seats.tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"offers": []},
            "does not offer 3 seats of autocad-1y from 2026-01-01 until 2027-01-01: ask the vendor for",
        ),
        (
            {"policy": [{"user": "a", "access": "flex"}]},
            "1 user would have a seat for AutoCAD, but the quote's policy requires tokens",
        ),
        (
            {"offers": [{**AUTOCAD_YEAR, "maximum": 2}]},
            "violates a limit of the quote (the maximum number of seats",
        ),
        (
            {
                "budgets": [{"id": "x", "from": START, "to": date(2027, 1, 1), "amount": 6900}],
                "tokens": {"tiers": [{"from": 1, "price": 1}]},
            },
            "violates a limit of the quote (a budget): relax `budgets`",
        ),
    ],
)
def test_not_possible(changes: dict[str, Any], words: str) -> None:
    found = kept(simple(), simple(**changes))
    assert found.solution is None
    assert words in found.note
    assert "keep another plan" in found.note


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"policy": [{"product": "AutoCAD", "access": "named"}]}, "but the quote's policy requires seats"),
        ({"products": [{"id": "AutoCAD", "flex": False}, REVIT]}, "but it is not on Flex in the quote"),
    ],
)
def test_tokens_are_not_possible(changes: dict[str, Any], words: str) -> None:
    found = kept(simple(tokens={"tiers": [{"from": 1, "price": 1}]}), simple(**changes))
    assert found.solution is None
    assert "3 users would use AutoCAD with tokens" in found.note
    assert words in found.note


def test_a_kept_plan_that_is_cheaper_becomes_the_quotes_own() -> None:
    good = simple()
    poor = replace(good, optimum=replace(good.optimum, solution=empty(good), cost=Decimal(9450)))
    best, matrix, _ = regrets({"good": good, "poor": poor}, lambda *_: None)
    assert matrix == [[0, 0], [0, 0]]
    assert best["poor"].optimum.cost == 6930


def empty(one: Solved) -> Any:
    found = keep_assignment(one.problem, SeatHolders({}))
    assert found.solution is not None
    assert found.solution.cost(one.problem) == 9450
    return found.solution


def test_formulated_again_it_is_the_same_problem() -> None:
    """What is solved in another process comes back without its problem."""
    one = simple()
    again = formulate(one.source.scenario, one.source.holdings, one.problem.demand)
    assert one.optimum.solution.cost(again) == one.optimum.cost


def test_drivers_by_hand() -> None:
    """Seats 10 % cheaper: 3 x 231; tokens do not matter, nothing else moves."""
    split = drivers(simple(), simple(negotiated={"seats": "0.1"}))
    assert [split.seat_price, split.token_price, split.tier, split.mix] == [-693, 0, 0, 0]


def test_drivers_of_tokens_by_hand() -> None:
    """3,150 tokens at 1.00; the other quote has 0.90, and 0.80 from 4,000 on: buy 3,150 at 0.90."""
    cheap = simple(tokens={"tiers": [{"from": 1, "price": 1}]})
    other = simple(tokens={"tiers": [{"from": 1, "price": "0.9"}, {"from": 3200, "price": "0.8"}]})
    split = drivers(cheap, other)
    assert other.optimum.cost == 3200 * Decimal("0.8")
    assert [split.seat_price, split.token_price] == [0, Decimal("-315.00")]
    assert split.tier == 3200 * (Decimal("0.8") - Decimal("0.9"))
    assert split.mix == 50 * Decimal("0.9")
    assert split.difference == 2560 - 3150
