"""Names of scenarios in a sweep, and what tells that two readings or two plans are the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from build import a_scenario, a_source

from flexopt import Person, TodaysAccess, load_scenario, make_scenario
from flexopt.inputs.usage.sources import usage_key
from flexopt.studies.sweep.names import ids_of, names_of, plan_key


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["quotes/low.yaml", "quotes/high.yaml"], ["low", "high"]),
        (["a/s.yaml", "b/s.yaml"], ["a/s", "b/s"]),
        (["x/a/s.yaml", "x/s.yaml"], ["a/s", "s"]),
        (["a/s.yaml", "a/../a/s.yaml", "b/s.yaml"], ["a/s", "a/s", "b/s"]),
        (["s.yml", "s.yaml", "S.yaml"], ["s-3", "s-2", "S"]),
        (["s.yml", "s.yaml", "s-2.yaml"], ["s-3", "s", "s-2"]),
        (["s.yaml"], ["s"]),
        ([], []),
    ],
)
def test_names(paths: Sequence[str], names: Sequence[str]) -> None:
    given = [Path(p) for p in paths]
    found = names_of(given)
    assert [found[p] for p in given] == list(names)
    assert names_of(reversed(given)) == found


CHANGES = {
    "": ("same", "same"),
    "negotiated: {seats: 0.05}": ("same", "other"),
    "name: another": ("same", "other"),
    "holdings: [{offer: autocad-1y, quantity: 1, ends: 2026-04-01}]": ("same", "other"),
    "solver: {seed: 7}": ("same", "other"),
    "usage: {dates: dmy}": ("other", "other"),
    "usage: {period: {from: 2025-01-01, to: 2026-01-01}}": ("other", "other"),
    "products: [{id: AutoCAD, aliases: [ACAD]}]": ("other", "other"),
    "products: [{id: Maya, flex: false}]": ("other", "other"),
    "offers: [{id: autocad-1y, aliases: [ACAD yearly]}]": ("other", "other"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_keys_change_with_what_they_stand_for(folder: Path, change: str) -> None:
    base = folder / "base.yaml"
    base.write_text("schema: flexopt.scenario/1\nextends: scenario.yaml\n")
    path = folder / "changed.yaml"
    path.write_text(f"schema: flexopt.scenario/1\nextends: scenario.yaml\n{change}\n")
    if not change:
        path = base
    one, two = load_scenario(base), load_scenario(path)
    usage, plan = CHANGES[change]
    keys = usage_key(one), usage_key(two)
    assert (keys[0] == keys[1]) == (usage == "same")
    assert (plan_key(one, keys[0]) == plan_key(two, keys[1])) == (plan == "same")


def test_a_plan_depends_on_the_version(folder: Path) -> None:
    source = load_scenario(folder / "scenario.yaml")
    assert plan_key(source, "usage", version="9.9.9") != plan_key(source, "usage")


def test_scenarios_made_in_python_go_by_their_names() -> None:
    made = [a_source(a_scenario()) for _ in range(2)]
    assert list(ids_of(["a/scenario.yaml", *made, Path("a/scenario.yaml"), "b/scenario.yaml"])) == [
        "a/scenario",
        "scenario",
        "scenario-2",
        "b/scenario",
    ]


def test_the_tables_of_a_scenario_made_in_python_are_in_its_key() -> None:
    document = a_scenario().model_dump(mode="json", by_alias=True)
    keys = {
        plan_key(make_scenario(document, **tables), "usage")
        for tables in ({}, {"people": [Person("ann")]}, {"access": [TodaysAccess("ann", "AutoCAD", "flex")]})
    }
    assert len(keys) == 3


def test_reading_changes_with_the_bytes_and_the_name_of_the_file(folder: Path) -> None:
    source = load_scenario(folder / "scenario.yaml")
    before = usage_key(source)
    assert usage_key(load_scenario((folder / "scenario.yaml").resolve())) == before
    with (folder / "usage.csv").open("a") as file:
        file.write("over,AutoCAD,2025-12-31\n")
    assert usage_key(source) != before
    assert usage_key(source, lambda path: "x") == usage_key(source, lambda path: "x")
