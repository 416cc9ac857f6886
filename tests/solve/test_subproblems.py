"""Subproblems, sorted into structures; the states of a structure against all sets of seats."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, combinations, pairwise
from typing import Any

import numpy as np
import pytest
from build import AUTOCAD, AUTOCAD_YEAR, REVIT, REVIT_YEAR, Days, a_problem, every
from hypothesis import given
from hypothesis import strategies as st
from strategies import Instance, medium, small

from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem, formulate
from flexopt.solve.options import SearchOptions
from flexopt.solve.subproblems import Structure, Subproblems, structure, subproblems_of

FREE = Restriction()
MOST = SearchOptions().most_states
USED = every(date(2025, 1, 1), 10)
AEC = {**AUTOCAD_YEAR, "id": "aec-1y", "covers": ["AutoCAD", "Revit"]}
VAULT = {"id": "Vault", "rates": [{"from": "2021-09-07", "tokens": 1}]}

Term = tuple[int, int, int]
"""First period, period after, bit mask of the products covered."""


def the_structure(terms: Collection[Term], products: int, periods: int, most: int = 2187) -> Structure:
    """The structure, rounded up beyond so many states."""
    return structure(products, tuple(terms), periods, most)


def uncovered(shape: Structure, seats: Collection[int]) -> list[list[bool]]:
    """For each period, the products that these seats leave uncovered: one path through the states."""
    found: list[list[bool]] = []
    state = 0
    for step in shape.steps:
        state = int(step.enter[state])
        for k, up in step.contracts:
            if k in seats:
                state = int(up[state])
        found += [step.uncovered[state].tolist()] * (step.after - step.first)
        state = int(step.leave[state])
    return found


def counted(terms: Collection[Term], products: int, periods: int, seats: Collection[int]) -> list[list[bool]]:
    """The same, counted seat by seat."""
    held = [term for k, term in enumerate(terms) if k in seats]
    live = [[mask for first, after, mask in held if first <= t < after] for t in range(periods)]
    return [[not any(mask >> p & 1 for mask in masks) for p in range(products)] for masks in live]


def all_sets(n: int) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(range(n), size) for size in range(n + 1))


# --- structures by hand ----------------------------------------------------------------------------------


def test_no_seat_at_all() -> None:
    shape = the_structure([], 2, 3)
    (step,) = shape.steps
    assert (step.first, step.after, step.contracts) == (0, 3, ())
    assert step.uncovered.tolist() == [[True, True]]
    assert (shape.states, shape.exact) == (1, True)


def test_one_seat_for_the_year() -> None:
    """Two states, without and with it; taken, it stays taken."""
    (step,) = the_structure([(0, 12, 0b1)], 1, 12).steps
    assert step.uncovered.tolist() == [[True], [False]]
    assert [(k, up.tolist()) for k, up in step.contracts] == [(0, [1, 1])]


def test_a_seat_that_ends_is_forgotten() -> None:
    """Months one after the other: no step has more than two states, and each is entered with nothing."""
    shape = the_structure([(0, 1, 1), (1, 2, 1), (2, 3, 1)], 1, 3)
    assert [(s.first, s.after) for s in shape.steps] == [(0, 1), (1, 2), (2, 3)]
    for step in shape.steps:
        assert step.uncovered.tolist() == [[True], [False]]
        assert step.enter.tolist() == [0]
        assert step.leave.tolist() == [0, 0]


def test_a_longer_seat_is_not_shortened_by_a_shorter_one() -> None:
    """A year from the start, and the month of its second period on top."""
    shape = the_structure([(0, 3, 1), (1, 2, 1)], 1, 3)
    assert uncovered(shape, {0, 1}) == [[False], [False], [False]]
    assert uncovered(shape, {1}) == [[True], [False], [True]]


def test_a_collection_and_single_seats() -> None:
    """Of three seats and two products there are four states: what is covered, not by what."""
    shape = the_structure([(0, 2, 0b01), (0, 2, 0b10), (0, 2, 0b11)], 2, 2)
    (step,) = shape.steps
    assert shape.states == 4
    place = {tuple(state): n for n, state in enumerate(step.uncovered.tolist())}
    nothing, everything = place[True, True], place[False, False]
    ups = {k: up.tolist() for k, up in step.contracts}
    assert ups[0][nothing] == place[False, True]
    assert ups[0][place[True, False]] == everything
    assert ups[2] == [everything] * 4


def test_ends_are_rounded_up_where_there_are_too_many_states() -> None:
    """Ends 1, 2 and 9 are three states of period 0 beside none. With three states in all, 1 becomes 2: the
    least cover added. With two, 2 becomes 9.
    """
    terms = [(0, 1, 1), (0, 2, 1), (0, 9, 1)]
    exact = the_structure(terms, 1, 9, most=4)
    assert (exact.states, exact.exact) == (4, True)
    assert uncovered(exact, {0}) == [[False]] + [[True]] * 8
    three = the_structure(terms, 1, 9, most=3)
    assert (three.states, three.exact) == (3, False)
    assert uncovered(three, {0}) == uncovered(three, {1}) == [[False]] * 2 + [[True]] * 7
    two = the_structure(terms, 1, 9, most=2)
    assert (two.states, two.exact) == (2, False)
    assert uncovered(two, {0}) == [[False]] * 9
    # one end has nothing to be rounded to: it stays above the limit
    assert the_structure(terms, 1, 9, most=1).states == 2


# --- structures, laws ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    products: int
    periods: int
    terms: tuple[Term, ...]


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    products, periods = draw(st.integers(1, 3)), draw(st.integers(1, 6))
    terms = []
    for _ in range(draw(st.integers(0, 6))):
        first = draw(st.integers(0, periods - 1))
        terms.append((first, draw(st.integers(first + 1, periods)), draw(st.integers(1, 2**products - 1))))
    return Shape(products, periods, tuple(sorted(terms)))


@given(shapes())
def test_states_are_what_all_sets_of_seats_cover(s: Shape) -> None:
    shape = the_structure(s.terms, s.products, s.periods)
    assert shape.exact
    for seats in all_sets(len(s.terms)):
        assert uncovered(shape, seats) == counted(s.terms, s.products, s.periods, seats)


@given(shapes(), st.integers(1, 12))
def test_rounded_up_seats_cover_more_and_never_less(s: Shape, most: int) -> None:
    """So that whatever tokens cost, no set of seats is dearer than it is: a lower bound."""
    shape = the_structure(s.terms, s.products, s.periods, most)
    more = False
    for seats in all_sets(len(s.terms)):
        here = np.array(uncovered(shape, seats))
        really = np.array(counted(s.terms, s.products, s.periods, seats))
        assert (here <= really).all()
        more |= bool((here < really).any())
        # and what begins later covers nothing before
        for p in range(s.products):
            firsts = [first for k, (first, _, mask) in enumerate(s.terms) if k in seats and mask >> p & 1]
            assert here[: min(firsts, default=s.periods), p].all()
    assert not more or not shape.exact
    assert shape.states <= max(most, 2**s.products)


@given(shapes(), st.integers(1, 12))
def test_steps_are_the_horizon_cut_where_seats_start_and_end(s: Shape, most: int) -> None:
    steps = the_structure(s.terms, s.products, s.periods, most).steps
    edges = [steps[0].first, *(step.after for step in steps)]
    assert edges == sorted({0, s.periods, *(f for f, _, _ in s.terms), *(a for _, a, _ in s.terms)})
    assert [step.first for step in steps[1:]] == edges[1:-1]
    starting = [(k, step.first) for step in steps for k, _ in step.contracts]
    assert sorted(starting) == [(k, first) for k, (first, _, _) in enumerate(s.terms)]
    assert steps[0].enter.shape == (1,)
    for step, following in pairwise(steps):
        assert step.leave.max() + 1 == len(following.enter)


# --- subproblems by hand ---------------------------------------------------------------------------------


def shown(P: Problem, restriction: Restriction = FREE) -> list[tuple[str, list[str], list[str]]]:
    """Every subproblem: its user, products and the offers of its seats; sorted."""
    found = []
    for part in subproblems_of(P, restriction, MOST):
        for n in range(len(part)):
            pairs = part.pairs[:, n]
            found.append(
                (
                    P.demand.users[P.demand.pair_user[pairs[0]]],
                    sorted(P.demand.products[p] for p in P.demand.pair_product[pairs]),
                    sorted(P.contracts[k].offer for k in part.contracts[part.kind[n]]),
                )
            )
    return sorted(found)


def amy(*products: str, **changes: Any) -> Problem:
    return a_problem({("amy", product): USED for product in products}, **changes)


def test_a_collection_ties_products_together() -> None:
    assert shown(amy("AutoCAD", "Revit", offers=[AUTOCAD_YEAR, REVIT_YEAR])) == [
        ("amy", ["AutoCAD"], ["autocad-1y"]),
        ("amy", ["Revit"], ["revit-1y"]),
    ]
    offers = [AUTOCAD_YEAR, REVIT_YEAR, AEC]
    assert shown(amy("AutoCAD", "Revit", offers=offers)) == [
        ("amy", ["AutoCAD", "Revit"], ["aec-1y", "autocad-1y", "revit-1y"])
    ]
    # a user of one of its products alone has it as one more way to that
    assert shown(amy("Revit", offers=offers)) == [("amy", ["Revit"], ["aec-1y", "revit-1y"])]


def test_collections_that_overlap_tie_all_they_cover() -> None:
    other = {**REVIT_YEAR, "id": "design-1y", "covers": ["Revit", "Vault"]}
    products = [AUTOCAD, REVIT, VAULT]
    (found,) = shown(amy("AutoCAD", "Revit", "Vault", products=products, offers=[AEC, other]))
    assert found == ("amy", ["AutoCAD", "Revit", "Vault"], ["aec-1y", "design-1y"])


def test_without_a_seat_a_product_is_a_subproblem_of_its_own() -> None:
    assert shown(amy("AutoCAD", "Revit", offers=[])) == [("amy", ["AutoCAD"], []), ("amy", ["Revit"], [])]


def test_on_tokens_by_rule_there_is_no_seat_and_no_tie() -> None:
    rule = [{"user": "amy", "product": "AutoCAD", "access": "flex"}]
    offers = [AUTOCAD_YEAR, REVIT_YEAR, AEC]
    assert shown(amy("AutoCAD", "Revit", offers=offers, policy=rule)) == [
        ("amy", ["AutoCAD"], []),
        ("amy", ["Revit"], ["revit-1y"]),
    ]


def test_a_restriction_leaves_the_scenarios_own_rules() -> None:
    P = amy("AutoCAD", "Revit", policy=[{"product": "AutoCAD", "access": "named"}])
    on_tokens = Restriction(np.array(["flex", "flex"], dtype=object))
    assert on_tokens.rules(P).tolist() == ["named", "flex"]
    assert shown(P, on_tokens) == [("amy", ["AutoCAD"], ["autocad-1y"]), ("amy", ["Revit"], [])]
    assert FREE.rules(P).tolist() == ["named", ""]


def test_a_restriction_to_some_offers() -> None:
    """A collection must be allowed for each product of it that is used."""
    P = amy("AutoCAD", "Revit", offers=[AUTOCAD_YEAR, REVIT_YEAR, AEC])
    only = Restriction(offers={0: frozenset({"autocad-1y"})})
    assert shown(P, only) == [("amy", ["AutoCAD"], ["autocad-1y"]), ("amy", ["Revit"], ["revit-1y"])]
    both = Restriction(offers={0: frozenset({"aec-1y"}), 1: frozenset({"aec-1y", "revit-1y"})})
    assert shown(P, both) == [("amy", ["AutoCAD", "Revit"], ["aec-1y", "revit-1y"])]


def test_equal_terms_are_one_structure_whatever_the_product() -> None:
    """AutoCAD and Revit for a year each: one structure, two kinds; ann and amy are alike."""
    days: Days = {("amy", "AutoCAD"): USED, ("ann", "AutoCAD"): USED, ("bob", "Revit"): USED}
    P = a_problem(days)
    (part,) = subproblems_of(P, FREE, MOST)
    assert len(part) == 3
    assert part.pairs.tolist() == [[0, 1, 2]]
    assert len(part.contracts) == 2
    offers = [P.contracts[k].offer for (k,) in part.contracts[part.kind].tolist()]
    assert offers == ["autocad-1y", "autocad-1y", "revit-1y"]
    assert part.covers.tolist() == [[True]]
    assert subproblems_of(P, FREE, MOST)[0].structure is part.structure


def test_without_access_there_is_no_subproblem() -> None:
    cloud = [{"service": "CFD", "monthly_tokens": 1}]
    assert (
        subproblems_of(amy("AutoCAD", cloud=cloud, policy=[{"user": "amy", "access": "none"}]), FREE, MOST)
        == []
    )


def test_two_different_subproblems_with_one_key_are_not_planned_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The chance is one in 2 ** 63; it would be a wrong plan."""

    class Same:
        def integers(self, low: int, high: int, size: int, dtype: Any) -> Any:
            return np.ones(size, dtype=dtype)

    P = a_problem({("amy", "AutoCAD"): USED, ("bob", "Revit"): USED})
    monkeypatch.setattr("flexopt.solve.subproblems.np.random.default_rng", lambda seed: Same())
    with pytest.raises(AssertionError, match="same key"):
        subproblems_of(P, FREE, MOST)


# --- subproblems, laws -----------------------------------------------------------------------------------


@st.composite
def restricted(draw: st.DrawFn) -> tuple[Problem, Restriction]:
    instance: Instance = draw(st.one_of(small(), medium(users=4)))
    file = instance.source()
    P = formulate(file.scenario, file.holdings, instance.demand())
    pairs = P.demand.pairs
    rule = draw(st.lists(st.sampled_from(["", "named", "flex"]), min_size=pairs, max_size=pairs))
    ids = [offer.id for offer in P.scenario.offers]
    some = st.frozensets(st.sampled_from(ids)) if ids else st.just(frozenset[str]())
    only = draw(st.dictionaries(st.integers(0, pairs - 1), some, max_size=3)) if pairs else {}
    return P, draw(st.sampled_from([FREE, Restriction(np.array(rule, dtype=object), only)]))


@given(restricted())
def test_subproblems_are_what_the_contracts_say(drawn: tuple[Problem, Restriction]) -> None:
    """Every pair is in one subproblem, with exactly those contracts that it and its neighbours may use."""
    P, restriction = drawn
    rules = restriction.rules(P)
    pair_user, pair_product = P.demand.pair_user, P.demand.pair_product
    of_pair: dict[int, tuple[int, int]] = {}
    parts = subproblems_of(P, restriction, MOST)
    for m, part in enumerate(parts):
        assert (np.diff(part.pairs[0]) > 0).all()
        for n in range(len(part)):
            for i in part.pairs[:, n].tolist():
                assert i not in of_pair
                of_pair[i] = m, n
    assert sorted(of_pair) == list(range(P.demand.pairs))
    for u in range(len(P.demand.users)):
        mine = np.flatnonzero(pair_user == u).tolist()
        places = {place: [i for i in mine if of_pair[i] == place] for place in {of_pair[i] for i in mine}}
        usable: dict[tuple[int, int], set[int]] = {place: set() for place in places}
        for k, contract in enumerate(P.contracts):
            doubled = [c.key for c in P.contracts].count(contract.key) > 1
            leaves = P.demand.leaves.get(u, 10**6)
            if doubled and contract.in_full != (leaves < (contract.end - P.edges[0]).days):
                continue
            used = [i for i in mine if pair_product[i] in contract.covers]
            barred = [i for i in used if rules[i] == "flex"]
            barred += [i for i in used if contract.offer not in restriction.offers.get(i, {contract.offer})]
            if used and not barred and contract.first < contract.after:
                (place,) = {of_pair[i] for i in used}
                usable[place].add(k)
        for place, pairs in places.items():
            part, n = parts[place[0]], place[1]
            contracts = part.contracts[part.kind[n]].tolist()
            assert sorted(contracts) == sorted(usable[place])
            assert sorted(part.pairs[:, n].tolist()) == pairs
            assert _tied(part, n, contracts) == 1
            for row, k in enumerate(contracts):
                products = pair_product[part.pairs[:, n]].tolist()
                assert part.covers[row].tolist() == [p in P.contracts[k].covers for p in products]
                starts = [s.first for s in part.structure.steps if row in [c for c, _ in s.contracts]]
                assert starts == [P.contracts[k].first]


def _tied(part: Subproblems, n: int, contracts: list[int]) -> int:
    """Into how many pieces a subproblem falls that no seat ties together."""
    pieces = [{p} for p in range(len(part.pairs))]
    for row in range(len(contracts)):
        products = set(np.flatnonzero(part.covers[row]).tolist())
        touched = [piece for piece in pieces if piece & products]
        pieces = [piece for piece in pieces if not piece & products] + [set().union(*touched)]
    return len(pieces)
