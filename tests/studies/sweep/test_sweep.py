"""A sweep: its results, what it reads, what it does again, and what may happen to it."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from programs import processes, start
from sweep_processes import run
from variants import alive, children, files_of, until, variants

from flexopt import plan, sweep
from flexopt.base.errors import AuditError, FlexoptError, LimitError
from flexopt.inputs.usage import read_usage
from flexopt.store.folder import read_document
from flexopt.studies.sweep.results import COLUMNS

FLEXOPT = Path(sys.executable).with_name("flexopt")
BUDGET = "budgets: [{id: fy26, from: 2026-01-01, to: 2027-01-01, amount: 1000}]\n"


def test_every_plan_is_that_of_the_scenario_alone(folder: Path) -> None:
    paths = variants(folder, 3)
    done = sweep(paths, folder / "out", processes=1)
    assert [row["scenario"] for row in done.rows] == ["v1", "v2", "v3"]
    assert (done.kept, done.readings, done.failed) == (0, 1, ())
    for path, row in zip(paths, done.rows, strict=True):
        alone = plan(path)
        assert row["total"] == str(alone.total.amount)
        alone.save(folder / "alone.plan")
        assert files_of(folder / "out" / f"{path.stem}.plan") == files_of(folder / "alone.plan")


def test_table(folder: Path) -> None:
    (folder / "bad.yaml").write_text(f"schema: flexopt.scenario/1\nextends: scenario.yaml\n{BUDGET}")
    done = sweep([*variants(folder, 2), folder / "bad.yaml"], folder / "out", processes=1)
    written = json.loads((folder / "out" / "sweep.json").read_text())
    assert written["schema"] == "flexopt.sweep/1"
    assert written["rows"] == list(done.rows)
    rows = list(csv.DictReader((folder / "out" / "sweep.csv").open(newline="")))
    assert rows == [{k: "" if v is None else str(v) for k, v in row.items()} for row in done.rows]
    document = read_document(folder / "out" / "v2.plan")
    frame = done.frame
    assert list(frame.columns) == list(COLUMNS)
    assert frame["total"].tolist() == [Decimal(str(r["total"])) for r in done.rows[:2]] + [None]
    assert frame.loc[1, "saving_all_flex"] == Decimal(document["baselines"]["all_flex"]["saving"])
    assert frame.loc[1, "users"] == 3
    assert frame["status"].tolist() == ["optimal", "optimal", "infeasible"]
    assert frame.loc[1, "seats_bought"] == sum(r["new"] + r["renewed"] for r in document["seats"])


def test_two_processes_and_one_write_the_same_bytes(folder: Path) -> None:
    (folder / "bad.yaml").write_text(f"schema: flexopt.scenario/1\nextends: scenario.yaml\n{BUDGET}")
    paths = [*variants(folder, 4), folder / "bad.yaml", folder / "missing.yaml"]
    one = sweep(paths, folder / "one", processes=1)
    two = sweep(paths, folder / "two", processes=2)
    assert one.rows == two.rows
    assert files_of(folder / "one") == files_of(folder / "two")


def test_usage_is_read_once_for_all_that_agree_in_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(*arguments: Any) -> Any:
        read.append("usage")
        return read_usage(*arguments)

    monkeypatch.setattr("flexopt.studies.sweep.readings.read_usage", counted)
    paths = variants(folder, 4)
    paths[2].write_text(paths[2].read_text() + "usage: {period: {from: 2025-01-01, to: 2026-01-01}}\n")
    done = sweep(paths, folder / "out", processes=1)
    assert len(read) == done.readings == 2


def test_one_that_fails_does_not_stop_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of failure, with its status, its words and its repair."""
    original = plan

    def failing(source: Any, *rest: Any) -> Any:
        errors = {
            "v1": LimitError("the time limit came before a plan", "raise it"),
            "v2": AuditError(["the ledger does not add up"]),
            "v3": ZeroDivisionError("of u00042"),
            "v4": MemoryError(),
        }
        if error := errors.get(source.path.stem):
            raise error
        return original(source, *rest)

    monkeypatch.setattr("flexopt.studies.sweep.jobs.plan", failing)
    (folder / "bad.yaml").write_text(f"schema: flexopt.scenario/1\nextends: scenario.yaml\n{BUDGET}")
    (folder / "odd.yaml").write_text("schema: flexopt.scenario/1\nextends: scenario.yaml\nprize: 1\n")
    paths = [*variants(folder, 5), folder / "bad.yaml", folder / "odd.yaml", folder / "missing.yaml"]
    done = sweep(paths, folder / "out", processes=1)
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
    assert sorted(p.name for p in (folder / "out").glob("*.plan")) == ["v5.plan"]


def test_unreadable_usage_is_a_row(folder: Path) -> None:
    (folder / "usage.csv").write_text("user,product,date\na,AutoCAD,31/02/2025\n")
    (row,) = sweep(variants(folder, 1), folder / "out", processes=1).rows
    assert (row["status"], row["total"]) == ("input", None)
    assert "usage.csv:2" in str(row["error"])


def test_what_is_there_is_not_planned_again(folder: Path) -> None:
    (folder / "bad.yaml").write_text(f"schema: flexopt.scenario/1\nextends: scenario.yaml\n{BUDGET}")
    paths = [*variants(folder, 3), folder / "bad.yaml"]
    first = sweep(paths[:2], folder / "out", processes=1)
    before = (folder / "out" / "v1.plan" / "plan.json").stat().st_mtime_ns
    second = sweep(paths, folder / "out", processes=1)
    assert (second.kept, second.readings) == (2, 1)
    assert second.rows[:2] == first.rows
    assert (folder / "out" / "v1.plan" / "plan.json").stat().st_mtime_ns == before
    third = sweep(paths, folder / "out", processes=1)
    assert (third.kept, third.readings, third.rows) == (4, 0, second.rows)
    whole = sweep(paths, folder / "whole", processes=1)
    assert whole.rows == third.rows
    assert files_of(folder / "out") == files_of(folder / "whole")


@pytest.mark.parametrize(
    "change", ["scenario", "base", "usage", "version", "plan", "no plan", "record", "limit"]
)
def test_what_changed_is_planned_again(folder: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    (path,) = variants(folder, 1)
    out = folder / "out"
    if change == "limit":
        monkeypatch.setattr(
            "flexopt.studies.sweep.jobs.plan", lambda *_: (_ for _ in ()).throw(LimitError("late"))
        )
    sweep([path], out, processes=1)
    assert sweep([path], out, processes=1).kept == (change != "limit")
    monkeypatch.undo()
    if change == "scenario":
        path.write_text(path.read_text().replace("0.01", "0.02"))
    elif change == "base":
        (folder / "scenario.yaml").write_text((folder / "scenario.yaml").read_text() + "# a word\n")
    elif change == "usage":
        with (folder / "usage.csv").open("a") as file:
            file.write("over,AutoCAD,2025-12-31\n")
    elif change == "version":
        monkeypatch.setattr("flexopt.__version__", "9.9.9")
    elif change == "plan":
        (out / "v1.plan" / "plan.json").write_text(
            (out / "v1.plan" / "plan.json").read_text().replace('"total"', '"totaal"', 1)
        )
    elif change == "no plan":
        shutil.rmtree(out / "v1.plan")
    elif change == "record":
        (out / "v1.result.json").write_text("{half")
    done = sweep([path], out, processes=1)
    assert (done.kept, done.rows[0]["status"]) == (0, "optimal")
    assert read_document(out / "v1.plan")["total"] == done.rows[0]["total"]
    assert sweep([path], out, processes=1).kept == 1


def test_a_plan_of_other_inputs_goes(folder: Path) -> None:
    """Beside a row that says there is none, it would be taken for one."""
    (path,) = variants(folder, 1)
    sweep([path], folder / "out", processes=1)
    path.write_text(path.read_text() + BUDGET)
    sweep([path], folder / "out", processes=1)
    assert not (folder / "out" / "v1.plan").exists()


def test_what_stands_in_the_way(folder: Path) -> None:
    paths = variants(folder, 2)
    before = files_of(folder)
    with pytest.raises(FlexoptError, match="is not a sweep's folder: it holds expected"):
        sweep(paths, folder, processes=1)
    with pytest.raises(FlexoptError, match="is a file"):
        sweep(paths, folder / "usage.csv", processes=1)
    assert files_of(folder) == before
    # something of somebody's at the place of a plan costs its row, and stays
    sweep(paths[:1], folder / "out", processes=1)
    (folder / "out" / "v2.plan").mkdir()
    (folder / "out" / "v2.plan" / "thesis.txt").write_text("mine")
    row = sweep(paths, folder / "out", processes=1).rows[1]
    assert row["status"] == "failed"
    assert "exists and is not a plan folder: it holds thesis.txt" in str(row["error"])
    assert (folder / "out" / "v2.plan" / "thesis.txt").read_text() == "mine"


def test_solvers_keep_to_one_thread(folder: Path) -> None:
    (path,) = variants(folder, 1)
    path.write_text(path.read_text() + "solver: {threads: 4}\n")
    sweep([path], folder / "out", processes=1)
    assert read_document(folder / "out" / "v1.plan")["scenario"]["solver"]["threads"] == 1


needs_groups = pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")


@needs_groups
def test_a_killed_process_costs_nothing_but_time(folder: Path) -> None:
    paths = variants(folder, 6)
    undisturbed = sweep(paths, folder / "undisturbed", processes=1)
    killed: list[int] = []

    def kill(phase: str, size: str) -> None:
        if size.startswith("1 of") and not killed:
            # the processes themselves, not the solvers below them
            mine = {int(line) for line in _ps(os.getpid())}
            for pid in mine:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    done = sweep(paths, folder / "out", processes=2, on_progress=kill)
    assert len(killed) == 2
    assert done.rows == undisturbed.rows
    assert files_of(folder / "out") == files_of(folder / "undisturbed")
    assert not [pid for pid in killed if alive(pid)]


def _ps(parent: int) -> list[str]:
    """Direct children that are Python."""
    rows = processes("pid,ppid,args")
    return [pid for pid, ppid, args in rows if int(ppid) == parent and "flexopt.parallel.worker" in args]


@needs_groups
def test_a_scenario_that_always_kills_its_process_is_an_error(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    rows = sweep(variants(folder, 2), folder / "out", processes=2).rows
    assert {(r["status"], r["error"]) for r in rows} == {("failed", "its process died 3 times (signal 9)")}


@needs_groups
@pytest.mark.parametrize(
    "name", ["SIGINT", *(pytest.param(name, marks=pytest.mark.slow) for name in ("SIGTERM", "SIGKILL"))]
)
def test_stopped_and_resumed(folder: Path, name: str) -> None:
    """^C ends all processes with their solvers; what was done stays, nothing half done."""
    drafts = folder.parent / "drafts"
    drafts.mkdir()
    hard = _hard(folder)
    quick = variants(folder, 2)
    out = folder / "out"
    with start(
        [FLEXOPT, "sweep", *quick, *hard, "-o", out, "--processes", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(drafts)},
    ) as process:
        until(lambda: len([*out.rglob("*.result.json")]) == 2, "the quick ones are planned")
        until(lambda: len(children(process.pid)) >= 4, "two solvers run")
        below = children(process.pid)
        process.send_signal(getattr(signal, name))
        output, err = process.communicate(timeout=20)
    until(lambda: not [pid for pid in below if alive(pid)], "all processes end")
    names = ["v1.plan", "v1.result.json", "v2.plan", "v2.result.json"]
    assert sorted(p.name for p in out.rglob("*") if ".plan" in p.name or ".result" in p.name) == names
    if name != "SIGKILL":
        assert (process.returncode, output) == (130, "")
        assert err == f"interrupted: what was done is in {out}; the same command goes on from there\n"
        assert not list(drafts.iterdir())
        assert [r["scenario"] for r in json.loads((out / "sweep.json").read_text())["rows"]] == ["v1", "v2"]
    # the same again, with others in place of the hard ones
    shutil.copy(folder / "usage.csv", folder / "hard")
    for path in hard:
        shutil.copy(folder / "scenario.yaml", path)
    resumed = sweep([*quick, *hard], out, processes=1)
    assert (resumed.kept, resumed.failed) == (2, ())


def _hard(folder: Path) -> list[Path]:
    """Two scenarios that take longer than anybody waits."""
    place = folder / "hard"
    scenarios = Path(__file__).parents[3] / "scenarios"
    shutil.copytree(scenarios, place, ignore=shutil.ignore_patterns("*.py"))
    paths = [place / f"hard{n}.yaml" for n in (1, 2)]
    for n, path in enumerate(paths, 1):
        path.write_text(
            "schema: flexopt.scenario/1\nextends: renewal-2026.yaml\npeople: people.csv\n"
            f"pool: [{{tokens: 1300, expires: 2026-05-01}}]\nsolver: {{gap: 0, time_limit: 300, seed: {n}}}\n"
        )
    return paths


def test_progress(folder: Path) -> None:
    told: list[tuple[str, str]] = []
    (folder / "bad.yaml").write_text(f"schema: flexopt.scenario/1\nextends: scenario.yaml\n{BUDGET}")
    paths = [*variants(folder, 2), folder / "bad.yaml"]
    sweep(paths[:1], folder / "out", processes=1)
    sweep(paths, folder / "out", processes=1, on_progress=lambda *words: told.append(words))
    assert ("reading usage", "330 rows of usage.csv") in told
    words = [size for phase, size in told if phase == "planning"]
    assert words[0] == "1 of 3 scenarios, 1 there already, cheapest v1: 6,860.70 USD"
    assert words[-1] == "3 of 3 scenarios, 1 there already, 1 failed, cheapest v2: 6,791.40 USD"


def test_call_of_the_api_needs_no_main_guard(folder: Path) -> None:
    """Processes do not run the caller's program again, as those of multiprocessing would."""
    paths = [str(p) for p in variants(folder, 2)]
    (folder / "run.py").write_text(
        f"from flexopt import sweep\nprint(len(sweep({paths!r}, 'out', processes=2).failed))\n"
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
    assert [(r["readings"], r["failed"]) for r in figures["runs"]] == [(1, 0), (1, 0)]
    assert figures["same_bytes"]
    assert figures["ratio"] > 0
