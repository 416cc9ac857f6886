"""The folder of a sweep: what is written, what is done again, and what may stand in the way."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from documents import data
from programs import start
from variants import BUDGET, alive, changed, children, files_of, needs_groups, until, variants

from flexopt import FlexoptError, LimitError, load_scenario, plan
from flexopt.cli.sweep import sweep_into
from flexopt.inputs.usage.sources import usage_key
from flexopt.store.folder import read_document
from flexopt.store.sweep_folder import SweepFolder
from flexopt.studies.sweep.names import plan_key
from flexopt.studies.sweep.results import failed_row

FLEXOPT = Path(sys.executable).with_name("flexopt")


def test_plans_and_table(folder: Path) -> None:
    paths = variants(folder, 2)
    rows, known = sweep_into(folder / "out", [*paths, changed(folder, "bad", BUDGET)], processes=1)
    assert known == 0
    written = json.loads((folder / "out" / "sweep.json").read_text())
    assert written["schema"] == "flexopt.sweep/1"
    assert written["rows"] == rows
    table = list(csv.DictReader((folder / "out" / "sweep.csv").open(newline="")))
    assert table == [{k: "" if v is None else str(v) for k, v in row.items()} for row in rows]
    for path in paths:
        plan(path).save(folder / "alone.plan")
        assert files_of(folder / "out" / f"{path.stem}.plan") == files_of(folder / "alone.plan")
    assert sorted(p.name for p in (folder / "out").glob("*.plan")) == ["v1.plan", "v2.plan"]


@pytest.mark.slow
def test_two_processes_and_one_write_the_same_bytes(folder: Path) -> None:
    paths = [*variants(folder, 4), changed(folder, "bad", BUDGET), folder / "missing.yaml"]
    one = sweep_into(folder / "one", paths, processes=1)
    two = sweep_into(folder / "two", paths, processes=2)
    assert one == two
    assert files_of(folder / "one") == files_of(folder / "two")


def test_what_is_there_is_not_planned_again(folder: Path) -> None:
    paths = [*variants(folder, 3), changed(folder, "bad", BUDGET)]
    first, _ = sweep_into(folder / "out", paths[:2], processes=1)
    before = (folder / "out" / "v1.plan" / "plan.json").stat().st_mtime_ns
    second, known = sweep_into(folder / "out", paths, processes=1)
    assert (second[:2], known) == (first, 2)
    assert (folder / "out" / "v1.plan" / "plan.json").stat().st_mtime_ns == before
    assert sweep_into(folder / "out", paths, processes=1) == (second, 4)
    assert sweep_into(folder / "whole", paths, processes=1) == (second, 0)
    assert files_of(folder / "out") == files_of(folder / "whole")


@pytest.mark.parametrize("change", ["scenario", "base", "usage", "plan", "no plan", "record", "limit"])
def test_what_changed_is_planned_again(folder: Path, change: str) -> None:
    (path,) = variants(folder, 1)
    out = folder / "out"
    sweep_into(out, [path], processes=1)
    assert sweep_into(out, [path], processes=1)[1] == 1
    if change == "scenario":
        path.write_text(path.read_text().replace("0.01", "0.02"))
    elif change == "base":
        (folder / "scenario.yaml").write_text((folder / "scenario.yaml").read_text() + "# a word\n")
    elif change == "usage":
        with (folder / "usage.csv").open("a") as file:
            file.write("over,AutoCAD,2025-12-31\n")
    elif change == "plan":
        (out / "v1.plan" / "plan.json").write_text(
            (out / "v1.plan" / "plan.json").read_text().replace('"total"', '"totaal"', 1)
        )
    elif change == "no plan":
        shutil.rmtree(out / "v1.plan")
    elif change == "record":
        (out / "v1.result.json").write_text("{half")
    elif change == "limit":
        source = load_scenario(path)
        row = failed_row("v1", "variant 1", LimitError("late"))
        SweepFolder(out).write(row, plan_key(source, usage_key(source)), None)
    (row,), known = sweep_into(out, [path], processes=1)
    assert (known, row["status"]) == (0, "optimal")
    assert data(read_document(out / "v1.plan"))["total"] == row["total"]
    assert sweep_into(out, [path], processes=1)[1] == 1


def test_a_plan_of_other_inputs_goes(folder: Path) -> None:
    """Beside a row that says there is none, it would be taken for one."""
    (path,) = variants(folder, 1)
    sweep_into(folder / "out", [path], processes=1)
    path.write_text(path.read_text() + BUDGET)
    sweep_into(folder / "out", [path], processes=1)
    assert not (folder / "out" / "v1.plan").exists()


def test_what_stands_in_the_way(folder: Path) -> None:
    paths = variants(folder, 2)
    before = files_of(folder)
    with pytest.raises(FlexoptError, match="is not a sweep folder: it holds expected"):
        sweep_into(folder, paths, processes=1)
    with pytest.raises(FlexoptError, match="is a file"):
        sweep_into(folder / "usage.csv", paths, processes=1)
    assert files_of(folder) == before
    # something of somebody's at the place of a plan costs its row, and stays
    sweep_into(folder / "out", paths[:1], processes=1)
    (folder / "out" / "v2.plan").mkdir()
    (folder / "out" / "v2.plan" / "thesis.txt").write_text("mine")
    row = sweep_into(folder / "out", paths, processes=1)[0][1]
    assert row["status"] == "failed"
    assert "exists and is not a plan folder: it holds thesis.txt" in str(row["error"])
    assert (folder / "out" / "v2.plan" / "thesis.txt").read_text() == "mine"


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

    def written() -> list[str]:
        """What is in the folder itself: drafts come and go below it."""
        names = [path.name for path in out.iterdir()] if out.exists() else []
        return sorted(n for n in names if n.endswith((".plan", ".result.json")))

    with start(
        [FLEXOPT, "sweep", *quick, *hard, "-o", out, "--processes", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(drafts)},
    ) as process:
        until(lambda: len([n for n in written() if n.endswith(".json")]) == 2, "the quick ones are planned")
        until(lambda: len(children(process.pid)) >= 4, "two solvers run")
        below = children(process.pid)
        process.send_signal(getattr(signal, name))
        output, err = process.communicate(timeout=20)
    until(lambda: not [pid for pid in below if alive(pid)], "all processes end")
    assert written() == ["v1.plan", "v1.result.json", "v2.plan", "v2.result.json"]
    assert not (out / "hard").exists()
    if name != "SIGKILL":
        assert (process.returncode, output) == (130, "")
        assert err == f"interrupted: finished scenarios are in {out}; run the same command again to resume\n"
        assert not list(drafts.iterdir())
        assert [r["scenario"] for r in json.loads((out / "sweep.json").read_text())["rows"]] == ["v1", "v2"]
    # the same again, with others in place of the hard ones
    shutil.copy(folder / "usage.csv", folder / "hard")
    for path in hard:
        shutil.copy(folder / "scenario.yaml", path)
    rows, known = sweep_into(out, [*quick, *hard], processes=1)
    assert (known, {row["status"] for row in rows}) == (2, {"optimal"})


def _hard(folder: Path) -> list[Path]:
    """Two scenarios that take longer than anybody waits."""
    place = folder / "hard"
    scenarios = Path(__file__).parents[2] / "scenarios"
    shutil.copytree(scenarios, place, ignore=shutil.ignore_patterns("*.py"))
    paths = [place / f"hard{n}.yaml" for n in (1, 2)]
    for n, path in enumerate(paths, 1):
        path.write_text(
            "schema: flexopt.scenario/1\nextends: renewal-2026.yaml\npeople: people.csv\n"
            f"pool: [{{tokens: 1300, expires: 2026-05-01}}]\nsolver: {{gap: 0, time_limit: 300, seed: {n}}}\n"
        )
    return paths
