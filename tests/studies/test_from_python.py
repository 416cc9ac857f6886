"""Every study from Python objects alone: no file is read or written, nothing is printed."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from build import AUTOCAD, AUTOCAD_YEAR, a_scenario, every, usage_of
from documents import data

from flexopt import (
    FlexoptError,
    InputError,
    Person,
    Plan,
    ScenarioFile,
    TodaysAccess,
    breakeven,
    compare,
    explain,
    make_scenario,
    plan,
    review,
    sensitivity,
    sweep,
)

DOCUMENT: dict[str, Any] = {
    "schema": "flexopt.scenario/1",
    "currency": "USD",
    "horizon": {"start": "2026-01-01", "months": 12},
    "products": [AUTOCAD],
    "offers": [AUTOCAD_YEAR],
    "tokens": {"tiers": [{"from": 1, "price": 3}], "increment": 1},
}
PEOPLE = [Person("bob", group="site"), Person("ann", leaves=date(2027, 6, 1))]
ACCESS = [TodaysAccess("ann", "AutoCAD", "flex"), TodaysAccess("bob", "AutoCAD", "named", "autocad-1y")]
DAYS = {("ann", "AutoCAD"): every(date(2025, 1, 1), 150, 2), ("bob", "AutoCAD"): [date(2025, 6, 2)]}
"""150 days of 7 tokens at 3.00 are 3,150, a seat 2,310; one day is 21."""


def usage() -> pd.DataFrame:
    return pd.DataFrame(
        [(user, product, day) for (user, product), days in DAYS.items() for day in days],
        columns=["user", "product", "date"],
    )


def made(name: str = "low", **changes: Any) -> ScenarioFile:
    return make_scenario(DOCUMENT | changes, people=PEOPLE, access=ACCESS, name=name)


def made_plan() -> Plan:
    return plan(made(), usage())


def test_plan() -> None:
    found = made_plan()
    assert found.total.amount == Decimal("2331.00")
    assert data(found.document)["inputs"] == []
    assert data(found.document)["baselines"]["today"]["total"] == "5460.00"


def test_compare() -> None:
    found = compare([made(), made("high", negotiated={"seats": "0.1"})], usage(), processes=2)
    assert found.totals.to_dict() == {"low": Decimal("2331.00"), "high": Decimal("2100.00")}
    assert found.cheapest == "high"
    assert found.regret.loc["low", "high"] == 0
    assert [row["scenario"] for row in data(found.document)["drivers"]] == ["high"]


def test_sensitivity() -> None:
    options: dict[str, Any] = {"levers": ["seat:autocad-1y"], "step": Decimal("0.2")}
    found = sensitivity(made(), usage(), as_good_as=made("b"), **options)
    assert (found.total.amount, found.currency) == (Decimal("2331.00"), "USD")
    (bar,) = found.levers.to_dict("records")
    assert (bar["value"], bar["low_value"], bar["low_total"], bar["low_annual_seats"]) == (
        *(Decimal(n) for n in ("2310.00", "1848.00", "1869.00")),
        1,
    )
    row, same = found.indifference.to_dict("records")
    assert (row["below_value"], row["above_value"]) == (Decimal("3150.00"), Decimal("3150.01"))
    assert same["question"].endswith("match b")
    assert found.negotiation["saving"].tolist() == [Decimal("23.10")]


def test_a_question_without_an_answer_has_none_in_the_frame() -> None:
    scenario = made(policy=[{"user": name, "access": "flex"} for name in ("ann", "bob")])
    found = sensitivity(scenario, usage(), levers=["seat:autocad-1y"])
    (row,) = found.indifference.to_dict("records")
    assert (row["below_value"], row["above_answer"]) == (None, None)
    assert row["note"].startswith("never: ")


def test_review() -> None:
    found = review(made(), usage())
    assert found.saving is not None
    assert found.saving.amount == Decimal("3129.00")
    assert found.moves[["user", "move", "saving"]].to_numpy().tolist() == [
        ["bob", "to Flex", Decimal("2289.00")],
        ["ann", "to seat", Decimal("840.00")],
    ]
    assert found.checks["code"].tolist() == [f"R{n}" for n in range(1, 8)]
    assert found.plan.total.amount == Decimal("2331.00")


def test_sweep() -> None:
    done = sweep([made(), made("high"), made("high", negotiated={"seats": "0.1"})], usage(), processes=2)
    assert done.frame["scenario"].tolist() == ["low", "high", "high-2"]
    assert done.frame["total"].tolist() == [Decimal(n) for n in ("2331.00", "2331.00", "2100.00")]
    assert done.plans["low"].document == made_plan().document


def test_explain() -> None:
    found = explain(made_plan())
    assert found.headline.startswith("saves 3,129 USD a year, 57.3 %, against today's access")
    assert found.products.to_numpy().tolist() == [["AutoCAD", "Flex", 1], ["AutoCAD", "autocad-1y", 1]]
    (mine,) = explain(made_plan().document, "bob").assignment.to_dict("records")
    assert (mine["group"], mine["offer"], mine["flex_price"]) == ("site", "", Decimal("21.00"))
    assert explain(made_plan(), "bob").left_out.empty
    with pytest.raises(FlexoptError, match="no user `bo`") as error:
        explain(made_plan(), "bo")
    assert error.value.hint == "did you mean `bob`?"


def test_breakeven() -> None:
    assert breakeven(made())["days"].tolist() == [Decimal("110.00"), Decimal("99.00")]  # new, renewed
    assert breakeven(made_plan())["tier_from"].tolist() == [1, 0, 1, 0]  # the last is the marginal price


STUDIES = [name for name in sorted(globals()) if name.startswith("test_")]

ALONE = """
import sys, tempfile, os
sys.path[:0] = {paths!r}
import test_from_python as tests

# imports, the solver's program and the temporary folder are not what this is about
temporary = (tempfile.gettempdir(), "/dev/null")
programs = ("/proc/", "/sys/", *map(os.path.realpath, {programs!r}), *{programs!r})

def watch(event, args):
    if event == "open" and isinstance(args[0], (str, bytes, os.PathLike)):
        path = os.path.realpath(os.fsdecode(args[0]))
        writes = isinstance(args[1], str) and set(args[1]) & set("wax+")
        assert path.startswith(temporary if writes else temporary + programs), args

sys.addaudithook(watch)
for name in tests.STUDIES:
    getattr(tests, name)()
"""


@pytest.mark.slow
def test_no_file_is_read_or_written_and_nothing_printed(tmp_path: Path) -> None:
    assert len(STUDIES) == 8
    import flexopt

    empty = tmp_path / "empty"
    empty.mkdir(mode=0o555)
    here = Path(__file__).parent
    programs = [sys.prefix, sys.base_prefix, str(Path(flexopt.__file__).parent), str(here.parent), "/usr"]
    paths = [str(here), str(here.parent)]
    done = subprocess.run(
        [sys.executable, "-B", "-c", ALONE.format(paths=paths, programs=programs)],
        cwd=empty,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(empty.iterdir())


# --- what a scenario made in Python must be --------------------------------------------------------------


def test_usage_that_was_read_before() -> None:
    one, other = plan(made(), usage_of(DAYS)), made_plan()
    pd.testing.assert_frame_equal(one.assignment, other.assignment)
    assert one.total == other.total


def test_a_scenario_object_will_do() -> None:
    scenario = a_scenario(**{key: DOCUMENT[key] for key in ("products", "offers")})
    assert make_scenario(scenario).scenario == scenario


def test_it_is_checked_as_a_file_is() -> None:
    with pytest.raises(InputError) as error:
        made(holdings=[{"offer": "nowhere", "quantity": 1, "ends": "2026-06-01"}], currency="XXXX")
    assert "currency" in str(error.value)
    with pytest.raises(InputError, match="`nowhere` is not the id of an offer") as error:
        made(holdings=[{"offer": "nowhere", "quantity": 1, "ends": "2026-06-01"}])
    assert error.value.findings[0].file == "low"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("people", "people.csv"),
        ("access", "access.csv"),
        ("subscriptions", ["seats.csv"]),
        ("usage", {"files": ["usage.csv"]}),
        ("extends", "base.yaml"),
    ],
)
def test_it_names_no_files(key: str, value: Any) -> None:
    with pytest.raises(FlexoptError):
        make_scenario(DOCUMENT | {key: value})


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "C:"])
def test_its_name_is_that_of_a_folder(name: str) -> None:
    with pytest.raises(FlexoptError, match="cannot be the name of a folder"):
        made(name)


def test_without_usage_there_is_nothing_to_plan_from() -> None:
    with pytest.raises(InputError, match="no usage to plan with") as error:
        plan(made())
    assert "give the usage with the scenario" in error.value.findings[0].hint  # it may not have usage.files


def test_without_a_table_of_access_there_is_no_review() -> None:
    with pytest.raises(FlexoptError, match="scenario: a review compares with today's access"):
        review(make_scenario(DOCUMENT), usage())


@pytest.mark.parametrize("amount", ["-5", "NaN", "Infinity"])
def test_a_move_saves_at_least_nothing(amount: str) -> None:
    with pytest.raises(FlexoptError, match="is not what a move can save at least"):
        review(made(), usage(), min_saving=Decimal(amount))


@pytest.mark.parametrize("step", ["-0.1", "0", "1"])
def test_a_step_is_a_share(step: str) -> None:
    with pytest.raises(FlexoptError, match="is not a share between 0 and 1"):
        sensitivity(made(), usage(), step=Decimal(step))


def test_what_is_no_scenario_and_no_usage_is_refused_with_its_repair() -> None:
    wrong: Any = DOCUMENT
    with pytest.raises(FlexoptError, match="dict is not a scenario"):
        plan(wrong, usage())
    with pytest.raises(FlexoptError, match="list is not usage"):
        plan(made(), wrong["products"])
    for study in (compare, sweep):
        with pytest.raises(FlexoptError, match="a list of scenarios is needed, not one str"):
            study("quote.yaml", usage())


def test_days_that_differ_by_alias_cannot_be_compared() -> None:
    frame = usage().assign(product=["ACAD", *["AutoCAD"] * 150])
    other = made("other", products=[AUTOCAD | {"aliases": ["ACAD"]}])
    with pytest.raises(FlexoptError, match="other and low read different days of use from the same files"):
        compare([made(), other], frame)


def test_two_frames_are_two_keys() -> None:
    from flexopt.planning.arguments import key_of_usage

    frames: list[Any] = [
        usage(),
        usage().iloc[:-1],
        usage_of(DAYS),
        usage_of({("ann", "AutoCAD"): [date(2025, 1, 1)]}),
    ]
    assert len({key_of_usage(made(), frame, str) for frame in frames}) == 4
    assert key_of_usage(made(), usage(), str) == key_of_usage(made(), usage(), str)
