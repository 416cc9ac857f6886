"""The Python API: what goes in, what comes out, and what is raised."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from build import AUTOCAD, AUTOCAD_YEAR, a_scenario, a_source, every, usage_of
from documents import data, typed

import flexopt
from flexopt import load_scenario, plan
from flexopt.base.errors import InfeasibleError, LimitError
from flexopt.base.findings import InputError
from flexopt.base.money import Money
from flexopt.planning.baselines import all_flex
from flexopt.planning.planner import Plan
from flexopt.solve.optimise import optimise
from flexopt.store.tables import TABLES

CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture(scope="module")
def phases() -> list[tuple[str, str]]:
    return []


@pytest.fixture(scope="module")
def made(phases: list[tuple[str, str]]) -> Plan:
    """The worked example of break-even: 109 days on Flex, 110 and 111 on a seat."""
    return plan(
        CASES / "break-even" / "scenario.yaml", on_progress=lambda phase, size: phases.append((phase, size))
    )


def test_the_headline(made: Plan) -> None:
    assert made.total == Money(Decimal("6909.00"), "USD")
    assert made.status == "optimal"
    assert made.gap == 0
    assert isinstance(made.gap, Decimal)


@pytest.mark.parametrize("table", ["order", "payments", "assignment", "seats", "purchases", "ledger"])
def test_frames_have_the_documented_columns_and_types(made: Plan, table: str) -> None:
    frame = getattr(made, table)
    assert list(frame.columns) == list(TABLES[table])
    assert len(frame) == len(data(made.document)[table]) > 0
    for column, kind in TABLES[table].items():
        for value in frame[column]:
            if kind is int:
                assert frame[column].dtype == "int64"
            elif kind is str:
                assert type(value) is str
            else:
                assert value is None or type(value) is kind
    # a date is a date and not a time
    assert not any(isinstance(v, datetime) for c in frame.columns for v in frame[c])


def test_a_cell_without_a_value_is_none(made: Plan) -> None:
    row = made.assignment.set_index("user").loc["under"]
    assert (row["access"], row["offer"], row["contract_start"], row["contract_end"]) == (
        "flex",
        "",
        None,
        None,
    )
    assert row["tokens"] == Decimal(763)
    assert row["break_even_days"] == Decimal("110.0")


def test_frames_add_up_to_the_total(made: Plan) -> None:
    assert made.seats["cost"].sum() + made.purchases["cost"].sum() == made.total.amount


def test_an_empty_table_keeps_its_columns() -> None:
    found = plan(
        a_source(a_scenario(products=[AUTOCAD], offers=[AUTOCAD_YEAR])),
        usage_of({("ann", "AutoCAD"): every(date(2025, 1, 1), 200)}),
    )
    assert found.purchases.empty
    assert list(found.purchases.columns) == list(TABLES["purchases"])


def test_phases_are_told(made: Plan, phases: list[tuple[str, str]]) -> None:
    assert made
    assert list(dict.fromkeys(p for p, _ in phases)) == ["reading usage", "solving", "comparing", "auditing"]
    assert ("solving", "3 users, 3 pairs of user and product") in phases


def test_services_alone_are_planned() -> None:
    """100 tokens a month and nobody to plan: 1,200 tokens at 3.00."""
    nobody = [{"product": "AutoCAD", "access": "none"}]
    source = a_source(a_scenario(cloud=[{"service": "CFD", "monthly_tokens": 100}], policy=nobody))
    frame = pd.DataFrame([("ann", "AutoCAD", "2025-03-01")], columns=["user", "product", "date"])
    found = plan(source, usage=frame)
    assert found.total.amount == Decimal(3600)
    assert found.assignment.empty
    assert list(found.purchases["tokens"]) == [1200]


def test_the_document_is_plain_json(made: Plan) -> None:
    assert data(made.document)["schema"] == "flexopt.plan/1"
    assert data(made.document)["coverage"]["days_planned"] == "330"


def test_usage_from_a_frame_is_the_same_as_from_files(made: Plan) -> None:
    source = load_scenario(CASES / "break-even" / "scenario.yaml")
    frame = pd.read_csv(CASES / "break-even" / "usage.csv")
    found = plan(source, usage=frame.sample(frac=1, random_state=1))
    same = ("total", "assignment", "seats", "purchases", "ledger", "summary", "baselines", "proof")
    assert {k: data(found.document)[k] for k in same} == {k: data(made.document)[k] for k in same}


@pytest.mark.parametrize("kind", [str, date.fromisoformat, pd.Timestamp])
def test_dates_of_a_frame_may_be_of_any_kind(kind: Any) -> None:
    frame = pd.DataFrame(
        {"date": [kind("2025-03-01"), kind("2025-12-31")], "product": "acad", "user": "ann", "team": 7}
    )
    products = [AUTOCAD | {"aliases": ["acad"]}]
    found = plan(a_source(a_scenario(products=products, offers=[AUTOCAD_YEAR])), usage=frame)
    assert found.total.amount == Decimal("42.00")  # two days of 7 tokens at 3.00


def test_saved_and_read_again(made: Plan, tmp_path: Path) -> None:
    folder = made.save(tmp_path / "plan")
    written = {key: value for key, value in data(made.document).items() if key != "charge_rows"}
    read = json.loads((folder / "plan.json").read_text())
    assert read.pop("sha256")
    assert read == written
    again = Plan(typed(read))
    pd.testing.assert_frame_equal(again.seats, made.seats)


def test_the_same_input_gives_the_same_document(made: Plan) -> None:
    assert plan(CASES / "break-even" / "scenario.yaml").document == made.document


# --- what is raised --------------------------------------------------------------------------------------


def test_a_frame_without_its_columns_is_an_input_error() -> None:
    with pytest.raises(InputError) as caught:
        plan(a_source(a_scenario()), usage=pd.DataFrame({"user": ["ann"], "when": ["2025-01-01"]}))
    assert caught.value.findings
    assert caught.value.exit_code == 2


def test_a_bad_date_in_a_frame_is_an_input_error() -> None:
    frame = pd.DataFrame({"user": ["ann"], "product": ["AutoCAD"], "date": ["31/02/2025"]})
    with pytest.raises(InputError, match="is not a date"):
        plan(a_source(a_scenario()), usage=frame)


def test_no_usage_at_all_is_an_input_error() -> None:
    with pytest.raises(InputError, match="no usage to plan with"):
        plan(a_source(a_scenario()))


def test_a_bad_scenario_is_an_input_error(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(yaml.safe_dump({"schema": "flexopt.scenario/1", "currency": "USD"}))
    with pytest.raises(InputError) as caught:
        plan(path)
    assert len(caught.value.findings) >= 3  # all at once: horizon, products, tokens


def test_rules_that_clash_are_an_infeasible_error() -> None:
    source = a_source(a_scenario(offers=[], tokens={"max_purchases": 0}))
    with pytest.raises(InfeasibleError, match="the limit of 0 purchases") as caught:
        plan(source, usage_of({("ann", "AutoCAD"): every(date(2025, 1, 1), 10)}))
    assert caught.value.exit_code == 3
    assert "tokens.max_purchases" in caught.value.hint


def test_a_limit_never_says_infeasible() -> None:
    """The smallest limit there is: a model this small may be solved before the solver looks at its clock."""
    source = a_source(a_scenario(solver={"time_limit": "0.000001"}))
    ended = "limit"
    with contextlib.suppress(LimitError):
        ended = plan(source, usage_of({("ann", "AutoCAD"): every(date(2025, 1, 1), 10)})).status
    assert ended in ("limit", "optimal", "feasible")


def test_the_api_is_what_the_documentation_names() -> None:
    assert {"plan", "load_scenario", "__version__"} <= set(dir(flexopt)) | set(flexopt.__all__)


def test_a_comparison_cheaper_than_what_the_time_limit_left_becomes_the_plan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All Flex stands for the poor plan of a search that was cut short."""

    def cut_short(problem: Any, restriction: Any = None, tell: Any = None) -> Any:
        if restriction is not None:
            return optimise(problem, restriction)
        return replace(optimise(problem, all_flex(problem)), objective_bound=Decimal(1))

    monkeypatch.setattr("flexopt.planning.planner.optimise", cut_short)
    found = plan(CASES / "break-even" / "scenario.yaml")
    totals = [Decimal(b["total"]) for b in data(found.document)["baselines"].values() if b["total"]]
    assert found.total.amount == min(totals) < max(totals)
    assert (found.status, data(found.document)["proof"]["bound"]) == ("feasible", "1.00")
