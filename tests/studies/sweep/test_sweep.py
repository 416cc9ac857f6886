"""A sweep: its results, what it reads, and what may happen to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from documents import data
from sweep_processes import run
from variants import BUDGET, alive, changed, needs_groups, planning_processes, until, variants

from flexopt import AuditError, LimitError, Person, SweepResult, load_scenario, plan, sweep, sweep_each
from flexopt.demand.forecast import Demand
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.inputs.usage import read_usage
from flexopt.store.sweep_folder import SWEEP_COLUMNS


@pytest.mark.slow
def test_every_plan_is_that_of_the_scenario_alone(folder: Path) -> None:
    paths = variants(folder, 3)
    done = sweep(paths, processes=1)
    assert [row["scenario"] for row in done.rows] == list(done.plans) == ["v1", "v2", "v3"]
    assert not done.failed
    for path, row in zip(paths, done.rows, strict=True):
        alone = plan(path)
        assert row["total"] == str(alone.total.amount)
        assert done.plans[path.stem].document == alone.document


def test_frame(folder: Path) -> None:
    done = sweep([*variants(folder, 2), changed(folder, "bad", BUDGET)], processes=1)
    document, frame = done.plans["v2"].document, done.frame
    assert list(frame.columns) == list(SWEEP_COLUMNS)
    assert frame["total"].tolist() == [Decimal(str(r["total"])) for r in done.rows[:2]] + [None]
    assert frame.loc[1, "saving_all_flex"] == Decimal(data(document)["baselines"]["all_flex"]["saving"])
    assert frame.loc[1, "users"] == 3
    assert frame["status"].tolist() == ["optimal", "optimal", "infeasible"]
    assert frame.loc[1, "annual_seats"] == sum(r["new"] + r["renewed"] for r in data(document)["seats"])


def test_two_processes_find_the_same(folder: Path) -> None:
    paths = [*variants(folder, 4), changed(folder, "bad", BUDGET), folder / "missing.yaml"]
    one, two = sweep(paths, processes=1), sweep(paths, processes=2)
    assert one.rows == two.rows
    assert {n: p.document for n, p in one.plans.items()} == {n: p.document for n, p in two.plans.items()}


def test_usage_is_read_once_for_all_that_agree_in_it(folder: Path) -> None:
    """Once the first is planned the file can no longer be read: that is felt by one that agrees with none."""
    paths = variants(folder, 4)
    paths[2].write_text(paths[2].read_text() + "usage: {period: {from: 2025-01-01, to: 2026-01-01}}\n")

    def spoil(phase: str, size: str) -> None:
        if phase == "planning":
            (folder / "usage.csv").write_text("user,product,date\na,AutoCAD,31/02/2025\n")

    done = sweep(paths, processes=1, on_progress=spoil)
    assert [row["status"] for row in done.rows] == ["optimal", "optimal", "input", "optimal"]


class Failing(ForecastCache):
    """Usage on which planning fails as the name of the scenario has it."""

    def of(self, scenario: Scenario, people: Mapping[str, Person]) -> Demand:
        errors = {
            "variant 1": LimitError("the time limit came before a plan", "raise it"),
            "variant 2": AuditError(["the ledger does not add up"]),
            "variant 3": ZeroDivisionError("of u00042"),
            "variant 4": MemoryError(),
        }
        if error := errors.get(scenario.name):
            raise error
        return super().of(scenario, people)


def test_one_that_fails_does_not_stop_the_others(folder: Path) -> None:
    """Each kind of failure, with its status, its words and its repair."""
    paths = [*variants(folder, 5), changed(folder, "bad", f"name: bad\n{BUDGET}")]
    paths += [changed(folder, "odd", "prize: 1"), folder / "missing.yaml"]
    source = load_scenario(paths[0])
    usage = Failing(read_usage(source.usage_files, source.scenario, source.folder))
    done = sweep(paths, usage, processes=1)
    found = {str(r["scenario"]): (r["status"], str(r["error"]), str(r["hint"])) for r in done.rows}
    assert found["v1"] == ("limit", "the time limit came before a plan", "raise it")
    assert found["v2"][0] == "failed"
    assert "the ledger does not add up" in found["v2"][1]
    assert found["v3"][1].startswith("unexpected ZeroDivisionError in test_sweep.py:")
    assert "u00042" not in str(found["v3"])
    assert found["v4"][1] == "out of memory"
    assert found["v5"] == ("optimal", "", "")
    assert found["bad"][0] == "infeasible"
    assert "the budget fy26" in found["bad"][1]
    assert found["bad"][2] == "raise budgets.fy26.amount"
    assert found["odd"][0] == "input"
    assert "odd.yaml:3: " in found["odd"][1]
    assert found["missing"][0] == "input"
    assert [r["scenario"] for r in done.failed] == ["v1", "v2", "v3", "v4", "bad", "odd", "missing"]
    assert list(done.plans) == ["v5"]


def test_unreadable_usage_is_a_row(folder: Path) -> None:
    (folder / "usage.csv").write_text("user,product,date\na,AutoCAD,31/02/2025\n")
    for row in sweep(variants(folder, 2), processes=1).rows:
        assert (row["status"], row["total"]) == ("input", None)
        assert "usage.csv:2" in str(row["error"])


def test_what_is_known_is_not_planned_again(folder: Path) -> None:
    paths = variants(folder, 3)
    first = {(r.scenario, r.key): r.row for r in sweep_each(paths[:2], processes=1)}
    again = list(sweep_each(paths, known=lambda *asked: first.get(asked), processes=1))
    assert [(r.scenario, r.known, r.plan is None) for r in again] == [
        ("v1", True, True),
        ("v2", True, True),
        ("v3", False, False),
    ]
    assert [r.row for r in again[:2]] == list(first.values())


def test_solvers_keep_to_one_thread(folder: Path) -> None:
    (path,) = variants(folder, 1)
    path.write_text(path.read_text() + "solver: {threads: 4}\n")
    assert data(sweep([path], processes=1).plans["v1"].document)["scenario"]["solver"]["threads"] == 1


@needs_groups
@pytest.mark.slow
def test_a_killed_process_costs_nothing_but_time(folder: Path) -> None:
    paths = variants(folder, 6)
    undisturbed = sweep(paths, processes=1)
    killed: list[int] = []

    def kill(phase: str, size: str) -> None:
        if size.startswith("1 of") and not killed:
            # the processes themselves, not the solvers below them
            for pid in planning_processes(os.getpid()):
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    done = sweep(paths, processes=2, on_progress=kill)
    assert len(killed) == 2
    assert done.rows == undisturbed.rows
    assert not [pid for pid in killed if alive(pid)]


@needs_groups
def test_a_scenario_that_always_kills_its_process_is_an_error(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    rows = sweep(variants(folder, 2), processes=2).rows
    assert {(r["status"], r["error"]) for r in rows} == {("failed", "its process died 3 times (signal 9)")}


@needs_groups
def test_finished_plans_are_kept_while_the_next_scenario_is_prepared(folder: Path) -> None:
    """Its usage may take minutes to read, and reading may be interrupted."""
    kept: list[SweepResult] = []

    def known(scenario: str, key: str) -> None:
        if scenario == "v3":
            until(lambda: len(kept) == 2, "two scenarios are planned")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(sweep_each(variants(folder, 3), known=known, keep=kept.append, processes=2))
    assert sorted(result.scenario for result in kept) == ["v1", "v2"]


@needs_groups
def test_closed_early_everything_ends(folder: Path) -> None:
    results = sweep_each(variants(folder, 6), processes=2)
    next(results)
    below = planning_processes(os.getpid())
    assert len(below) == 2
    results.close()
    assert not [pid for pid in below if alive(pid)]


def test_progress(folder: Path) -> None:
    told: list[tuple[str, str]] = []
    paths = [*variants(folder, 2), changed(folder, "bad", BUDGET)]
    (first,) = sweep_each(paths[:1], processes=1)
    known = {(first.scenario, first.key): first.row}
    results = sweep_each(
        paths,
        known=lambda *asked: known.get(asked),
        processes=1,
        on_progress=lambda *words: told.append(words),
    )
    assert len(list(results)) == 3
    assert ("reading usage", "330 rows of usage.csv") in told
    words = [size for phase, size in told if phase == "planning"]
    assert words[0] == "1 of 3 scenarios, 1 from an earlier run, cheapest v1: 6,860.70 USD"
    assert words[-1] == "3 of 3 scenarios, 1 from an earlier run, 1 failed, cheapest v2: 6,791.40 USD"


@pytest.mark.slow
def test_call_of_the_api_needs_no_main_guard(folder: Path) -> None:
    """Processes do not run the caller's program again, as those of multiprocessing would."""
    paths = [str(p) for p in variants(folder, 2)]
    (folder / "run.py").write_text(
        f"from flexopt import sweep\nprint(len(sweep({paths!r}, processes=2).failed))\n"
    )
    (folder / "pandas.py").write_text("raise SystemExit('a module of the current folder was imported')")
    done = subprocess.run(
        [sys.executable, "-P", "run.py"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout == "0\n"


@pytest.mark.slow
def test_benchmark() -> None:
    """It runs, and finds the same bytes."""
    figures = run(3, 6, (1, 2))
    assert [r["failed"] for r in figures["runs"]] == [0, 0]
    assert figures["same_bytes"]
    assert figures["ratio"] > 0
