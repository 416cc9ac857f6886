"""House rule: no family of rows without its text, its place in docs/model.md, and a point on either side.

Every example is a problem small enough to read. Its decisions are written by hand and put into all rows of
the model, without a solver: the conforming ones break no row, the violating ones only rows of one name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from inspect import getsource
from pathlib import Path

import numpy as np
import pulp
import pytest
from build import a_problem, every
from conftest import GOLDEN, Golden
from model_examples import EXAMPLES, Example, whole

from flexopt.inputs.records import Person
from flexopt.model import rows
from flexopt.model.core import everything
from flexopt.model.program import Model
from flexopt.model.restriction import Restriction
from flexopt.model.rows import build
from flexopt.solve.optimise import optimise

DOCS = Path(__file__).parents[2] / "docs" / "model.md"
SENSES = {pulp.LpConstraintLE: "<=", pulp.LpConstraintGE: ">=", pulp.LpConstraintEQ: "="}
EACH = pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.function)


# --- what the source says --------------------------------------------------------------------------------


ADDING = ("add_row", "couple")


def families() -> dict[str, set[str]]:
    """Names of rows (up to the first `_`) by the function that adds them, read from the source."""
    found = {}
    for function in ast.parse(getsource(rows)).body:
        if not isinstance(function, ast.FunctionDef):
            continue
        names = set()
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ADDING:
                name = node.args[1].values[0] if isinstance(node.args[1], ast.JoinedStr) else node.args[1]
                assert isinstance(name, ast.Constant), ast.unparse(node)
                names.add(str(name.value).split("_")[0])
        if names:
            found[function.name] = names
    return found


def called_in_build() -> set[str]:
    """The contents page: the functions that `build` calls with the model."""
    calls = (node for node in ast.walk(ast.parse(getsource(build))) if isinstance(node, ast.Call))
    return {c.func.id for c in calls if isinstance(c.func, ast.Name) and [*map(ast.unparse, c.args)] == ["m"]}


FAMILIES = families()
ROWS = sorted((name, function) for function, names in FAMILIES.items() for name in names)


def test_build_is_the_contents_page() -> None:
    """Apart from rows that come with others (`seats_first`)."""
    assert called_in_build() == {"total_cost", *FAMILIES} - {"seats_first"}


def test_every_family_has_an_example_and_every_name_a_violation() -> None:
    assert {e.function for e in EXAMPLES} == {"total_cost", *FAMILIES}
    for example in EXAMPLES:
        assert set(example.violating) == FAMILIES.get(example.function, set()), example.function


def test_every_family_has_its_golden_file() -> None:
    assert {path.stem for path in (GOLDEN / "model").iterdir()} == {e.function for e in EXAMPLES}


def test_one_function_a_name() -> None:
    names = [name for name, _ in ROWS]
    assert sorted(set(names)) == names


@pytest.mark.parametrize(("name", "function"), ROWS)
def test_documented(name: str, function: str) -> None:
    """A row of the table: formula | row name | function."""
    rows = [line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert any(re.search(rf"`{name}(?![a-z])", row) and re.search(rf"\b{function}\b", row) for row in rows), (
        f"docs/model.md has no row for `{name}` of `{function}`"
    )


# --- the rows and their examples -------------------------------------------------------------------------


def expression(terms: Mapping[pulp.LpVariable, float]) -> str:
    """`2 x - 3.5 y`, by name."""
    text = ""
    for x, value in sorted(terms.items(), key=lambda term: str(term[0].name)):
        size = "" if abs(value) == 1 else f"{abs(value):.10g} "
        text += (" - " if value < 0 else " + ") + size + str(x.name)
    return text.removeprefix(" + ").strip() or "0"


def text_of(m: Model, example: Example) -> str:
    """The example's sentence, the objective where it belongs to the family, and its rows."""
    lines = [f"\\ {example.says}"]
    if example.function in ("total_cost", "ties", "stay"):
        lines.append("minimise: " + expression(m.lp.objective or {}))
    names = FAMILIES.get(example.function, set())
    lines += sorted(
        f"{row.name}: {expression(row.expr)} {SENSES[row.sense]} {0.0 - row.constant:.10g}"
        for row in m.lp.constraints()
        if str(row.name).split("_")[0] in names
    )
    return "\n".join(lines) + "\n"


def broken(m: Model, decisions: Mapping[str, float]) -> set[str]:
    """Names of the rows that these decisions break (all others are 0), and variables out of bounds."""
    values = dict.fromkeys((x.name for x in m.lp.variables()), 0.0)
    assert set(decisions) <= set(values), sorted(values)
    values.update(decisions)
    found = set()
    for x in m.lp.variables():
        low, up = x.lowBound, x.upBound
        if not (low is None or low <= values[x.name]) or not (up is None or values[x.name] <= up):
            found.add(f"bounds of {x.name}")
    for row in m.lp.constraints():
        left = sum(value * values[x.name] for x, value in row.expr.items())
        over = left + row.constant
        if (row.sense >= 0 and over < -1e-6) or (row.sense <= 0 and over > 1e-6):
            found.add(str(row.name).split("_")[0])
    return found


@EACH
def test_text(example: Example, golden: Golden) -> None:
    golden(f"model/{example.function}.lp", text_of(example.model(), example))


@EACH
def test_conforming(example: Example) -> None:
    assert broken(example.model(), example.conforming) == set()


@pytest.mark.parametrize(
    ("example", "name"),
    [(e, name) for e in EXAMPLES for name in e.violating],
    ids=lambda x: getattr(x, "function", x),
)
def test_violating(example: Example, name: str) -> None:
    """The row is the only reason: without it this decision would pass."""
    assert broken(example.model(), {**example.conforming, **example.violating[name]}) == {name}


# --- variables -------------------------------------------------------------------------------------------


def test_a_product_bound_to_a_seat_has_no_flex_and_one_bound_to_flex_no_seat() -> None:
    days = {("amy", "AutoCAD"): [date(2025, 1, 5)], ("amy", "Revit"): [date(2025, 1, 5)]}
    rules = [
        {"user": "amy", "product": "AutoCAD", "access": "named"},
        {"user": "amy", "product": "Revit", "access": "flex"},
    ]
    m = whole(a_problem(days, policy=rules))
    pairs = m.problem.demand.pair_product
    assert [int(pairs[i]) for i, _ in m.flex] == [1]
    assert [m.problem.contracts[k].offer for _, k in m.seat] == ["autocad-1y"]


def test_a_baseline_adds_its_rules_below_those_of_the_scenario() -> None:
    """All-named gives Revit a seat; AutoCAD stays on Flex, for the scenario says so; only named offers."""
    days = {("amy", "AutoCAD"): [date(2025, 1, 5)], ("amy", "Revit"): [date(2025, 1, 5)]}
    P = a_problem(days, policy=[{"product": "AutoCAD", "access": "flex"}])
    named = np.array(["named", "named"], dtype=object)
    m = build(P, everything(P, Restriction(rule=named)))
    assert [int(P.demand.pair_product[i]) for i, _ in m.flex] == [0]
    assert [P.contracts[k].offer for _, k in m.seat] == ["revit-1y"]
    assert not build(P, everything(P, Restriction(offers={1: frozenset({"autocad-1y"})}))).seat


def test_no_seat_without_use_in_its_term() -> None:
    offer = {"id": "autocad-1m", "covers": ["AutoCAD"], "term_months": 1}
    offer["prices"] = [{"from": "2025-01-01", "new": 290}]
    m = whole(a_problem({("amy", "AutoCAD"): [date(2025, 3, 5)]}, offers=[offer]))
    assert [m.problem.contracts[k].start for _, k in m.seat] == [date(2026, 3, 1)]


# --- names -----------------------------------------------------------------------------------------------


def test_no_name_of_the_estate_reaches_the_solver(tmp_path: Path) -> None:
    names = ["Zaphod.Beeblebrox", "Magrathea", "Babelfish", "towel-yearly", "Deep Thought", "FY-Vogon"]
    user, group, product, offer, service, budget = names
    people = [Person(user, group)]
    P = a_problem(
        {(user, product): every(date(2025, 1, 1), 20)},
        people,
        products=[{"id": product, "rates": [{"from": "2021-01-01", "tokens": 5}]}],
        offers=[
            {
                "id": offer,
                "covers": [product],
                "term_months": 12,
                "prices": [{"from": "2025-01-01", "new": 900}],
                "minimum": 2,
                "maximum": 5,
            }
        ],
        cloud=[{"service": service, "monthly_tokens": 3}],
        budgets=[{"id": budget, "from": "2026-01-01", "to": "2027-01-01", "amount": 5000}],
        policy=[{"group": group, "product": product, "access": "named"}],
        tokens={"max_oversize": "0.2", "max_purchases": 1},
    )
    for m in (whole(P), build(P, everything(P, Restriction()), at_most=Decimal(5000))):
        m.lp.writeMPS(str(tmp_path / "model.mps"), rename=0)
        m.lp.writeLP(str(tmp_path / "model.lp"))
        for path in tmp_path.iterdir():
            text = path.read_text().lower()
            words = {word for name in names for word in re.split(r"\W", name.lower()) if len(word) > 2}
            assert [word for word in words if word in text] == [], path.name


def test_users_whose_names_look_alike_to_the_solver_do_not_collide() -> None:
    """PuLP writes `-` as `_`. The first needs a seat, the second is cheaper on Flex."""
    days = {
        ("jean-luc", "AutoCAD"): every(date(2025, 1, 1), 300),
        ("jean_luc", "AutoCAD"): every(date(2025, 1, 1), 10),
    }
    P = a_problem(days)
    m = whole(P)
    assert len({x.name for x in m.lp.variables()}) == len(m.lp.variables())
    assert len(m.seat) == len(m.flex) == 2
    best = optimise(P)
    assert [P.demand.users[u] for u, _ in best.solution.seats] == ["jean-luc"]
    assert best.cost == 2310 + 10 * 7 * 3
