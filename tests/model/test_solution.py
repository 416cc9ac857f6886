"""From the solver's values to decisions: whole numbers, no useless seat, the same users every time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
from build import AUTOCAD_YEAR, Days, a_problem, every

from flexopt.model.core import everything, given
from flexopt.model.program import Model
from flexopt.model.restriction import Restriction
from flexopt.model.rows import build
from flexopt.model.sets import Problem
from flexopt.model.solution import Solution, read_solution

AMY: Days = {("amy", "AutoCAD"): every(date(2025, 1, 1), 200)}
ANN_AMY_BEN: Days = {(user, "AutoCAD"): every(date(2025, 1, 1), 200) for user in ("amy", "ann", "ben")}
NOBODY = np.empty((0, 2), dtype=np.int64)
OWNED = [{"offer": "autocad-1y", "quantity": 1, "ends": "2026-07-01"}]


def with_values(problem: Problem, values: Mapping[str, float]) -> Model:
    """The model as a solver would leave it; a variable that is not there has no value."""
    m = build(problem, everything(problem, Restriction()))
    assert set(values) <= {x.name for x in m.lp.variables()}
    for x in m.lp.variables():
        x.varValue = values.get(str(x.name))
    return m


def test_values_are_rounded() -> None:
    """Solvers leave 0.9999999 of a seat and 34.0000001 packs; no value at all is 0."""
    days: Days = {**AMY, ("ben", "AutoCAD"): every(date(2025, 1, 1), 5)}
    near = {"seat_u00000_k000": 0.9999999, "seat_u00001_k000": 1e-7, "units_l000_j00": 34.0000001}
    found = read_solution(with_values(a_problem(days), near))
    assert (found.seats.tolist(), found.purchases, found.bought) == ([[0, 0]], ((0, 0, 34),), ())


def test_nearly_no_pack_is_no_purchase() -> None:
    assert read_solution(with_values(a_problem(AMY), {"units_l000_j00": 1e-6})).purchases == ()


def test_a_free_seat_beside_a_paid_one_is_given_back() -> None:
    """amy sits on her own seat until July (k000, free) and on a new one of the whole year (k002)."""
    P = a_problem(AMY, holdings=OWNED)
    assert [(c.kind, c.cost[0] > 0) for c in P.contracts[:3]] == [
        ("owned", False),
        ("renewal", True),
        ("new", True),
    ]
    both = with_values(P, {"seat_u00000_k000": 1, "seat_u00000_k002": 1})
    # the dearer one goes first where the free one is enough; here it is not, use lasts until 19 July
    assert read_solution(both).seats.tolist() == [[0, 2]]


def test_a_seat_that_is_needed_stays() -> None:
    """The free seat until July and its renewal after it: use on both sides."""
    P = a_problem(AMY, holdings=OWNED)
    found = read_solution(with_values(P, {"seat_u00000_k000": 1, "seat_u00000_k001": 1}))
    assert found.seats.tolist() == [[0, 0], [0, 1]]


def test_a_free_seat_that_is_the_only_cover_stays() -> None:
    P = a_problem({("amy", "AutoCAD"): every(date(2025, 1, 1), 20)}, holdings=OWNED)
    assert read_solution(with_values(P, {"seat_u00000_k000": 1})).seats.tolist() == [[0, 0]]


def test_users_alike_get_seats_in_user_order() -> None:
    found = read_solution(with_values(a_problem(ANN_AMY_BEN), {"seat_u00001_k000": 1, "seat_u00002_k000": 1}))
    assert found.seats.tolist() == [[0, 0], [1, 0]]


def test_users_who_differ_keep_their_seats() -> None:
    """One day more is another need; so is a rule that leaves one of them no choice."""
    longer: Days = {**ANN_AMY_BEN, ("ben", "AutoCAD"): every(date(2025, 1, 1), 201)}
    ben = {"seat_u00002_k000": 1}
    assert read_solution(with_values(a_problem(longer), ben)).seats.tolist() == [[2, 0]]
    bound = a_problem(ANN_AMY_BEN, policy=[{"user": "ben", "product": "AutoCAD", "access": "named"}])
    assert read_solution(with_values(bound, ben)).seats.tolist() == [[2, 0]]


def test_a_seat_decided_for_one_stays_with_whom_it_was_decided_for() -> None:
    """amy is bound to tokens for AutoCAD; ben, whose use is the same, has a seat; Revit is open for both."""
    year = every(date(2025, 1, 1), 200)
    days: Days = {(user, product): year for user in ("amy", "ben") for product in ("AutoCAD", "Revit")}
    P = a_problem(days, policy=[{"user": "amy", "product": "AutoCAD", "access": "flex"}])
    core = replace(
        given(P, np.array([[1, 0]])), seats=((0, 1), (1, 1)), access=((1, 0), (3, 0)), tokens=np.zeros(12)
    )
    m = build(P, core)
    for x in m.lp.variables():
        x.varValue = 1.0 if str(x.name).startswith("seat_") else 0.0
    assert read_solution(m).seats.tolist() == [[0, 1], [1, 0], [1, 1]]


def test_seats_that_nobody_sits_on_are_bought_too() -> None:
    P = a_problem(AMY, offers=[{**AUTOCAD_YEAR, "minimum": 3}])
    found = read_solution(with_values(P, {"seat_u00000_k000": 1, "seats_k000_j00": 2.9999999}))
    assert (found.seats.tolist(), found.purchases, found.bought) == ([[0, 0]], (), ((0, 0, 3),))
    assert found.cost(P) == 3 * 2310


def test_cost_is_exact_to_the_cent() -> None:
    """33 x 2.7077 = 89.3541 and 2 x 89.3541 = 178.7082: each purchase is rounded once, as a whole."""
    P = a_problem(
        AMY,
        tokens={
            "tiers": [{"from": 33, "price": "2.7077"}],
            "increment": 33,
            "purchase_dates": "quarterly",
            "valid_days": 91,
        },
    )
    assert Solution(NOBODY, ((0, 0, 1),), ()).cost(P) == Decimal("89.35")
    assert Solution(NOBODY, ((0, 0, 2),), ()).cost(P) == Decimal("178.71")
    assert Solution(NOBODY, ((0, 0, 1), (1, 0, 1)), ()).cost(P) == Decimal("178.70")


def test_half_a_cent_rounds_up() -> None:
    P = a_problem(AMY, tokens={"tiers": [{"from": 1, "price": "0.005"}]})
    assert Solution(NOBODY, ((0, 0, 1),), ()).cost(P) == Decimal("0.01")
    assert Solution(NOBODY, ((0, 0, 3),), ()).cost(P) == Decimal("0.02")


def test_cost_of_orders_is_that_of_seats_bought_and_not_of_those_sat_on() -> None:
    """3 seats at 2,310 less 7 %, 2 of them used; the owned one is free."""
    P = a_problem(
        ANN_AMY_BEN,
        offers=[{**AUTOCAD_YEAR, "tiers": [{"from": 3, "discount": "0.07"}]}],
        holdings=OWNED,
    )
    new = next(k for k, c in enumerate(P.contracts) if c.kind == "new")
    seats = np.array([[0, 0], [1, new], [2, new]])
    assert Solution(seats, (), ((new, 1, 3),)).cost(P) == 3 * Decimal("2148.30")
    assert Solution(seats, (), ((new, 0, 2),)).cost(P) == 2 * 2310


def test_nothing_costs_nothing() -> None:
    assert Solution(NOBODY, (), ()).cost(a_problem(AMY)) == 0
