"""Every exit code, from a real process."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from programs import processes, start

from flexopt.base.errors import AuditError, LimitError, SolverError

Run = Callable[..., Any]
Scenario = Callable[[str], str]

FLEXOPT = Path(sys.executable).with_name("flexopt")
SCENARIOS = Path(__file__).parents[2] / "scenarios"


def clean(done: Any, code: int) -> str:
    """The words of a run that failed as it should: an error with a hint, no data, no traceback."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert "\n\nhint: " in done.stderr
    assert "Traceback" not in done.stderr
    return str(done.stderr)


def test_0_every_command(call: Run, plan_folder: Path) -> None:
    """`init` and `plan` are in the golden tests."""
    for arguments in (
        ["check", "scenario.yaml"],
        ["breakeven", "scenario.yaml"],
        ["explain", plan_folder],
        ["schema", "plan"],
    ):
        assert call(*arguments).returncode == 0


def test_1_check_with_errors_and_0_with_warnings(run: Run, scenario: Scenario) -> None:
    done = run("check", scenario("holdings: [{offer: nowhere, quantity: 1, ends: 2026-01-01}]"))
    assert (done.returncode, done.stderr) == (1, "")
    assert "error: changed.yaml:3: " in done.stdout
    assert done.stdout.splitlines()[-1].startswith("1 error, ")
    done = run("check", scenario("pool: [{tokens: 5, expires: 2025-01-01}]"))
    assert done.returncode == 0
    assert "warning: changed.yaml" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words", "hint"),
    [
        (["plan"], "Missing argument 'SCENARIO'", "flexopt plan --help"),
        (["plan", "missing.yaml"], "the file does not exist", "spelling"),
        (["plan", "."], "", ""),
        (["plan", "usage.csv"], "", ""),
        (["check"], "Missing argument", "flexopt check --help"),
        (["breakeven", "missing.yaml"], "the file does not exist", "spelling"),
        (["explain", "missing.plan"], "no plan found here", "flexopt plan SCENARIO -o DIR"),
        (["explain", "scenario.yaml"], "is a file, not a plan folder", "flexopt plan"),
        (["explain", "."], "no plan found here", "flexopt plan"),
        (["schema", "nothing"], "'nothing' is not one of 'scenario', 'plan'", "flexopt schema --help"),
        (["schema"], "Missing argument", "flexopt schema --help"),
        (["init"], "Missing argument", "flexopt init --help"),
        (["init", "."], "is not an empty folder", "name a new folder"),
        (["init", "new", "missing.csv"], "missing.csv: the file does not exist", "leave them out"),
        (["init", "new", "--start", "31/01/2026"], "is not a date: write it as 2026-01-31", "init --help"),
        (["init", "new", "--start", "9999-01-01"], "is too late to plan", "start before 2201"),
        (["paln", "x"], "unknown command `paln`", "did you mean `plan`?"),
        (["xyz"], "unknown command `xyz`", "commands: init, check, plan, "),
        (["--bug"], "unknown option `--bug`", "did you mean `--debug`?"),
        (
            ["plan", "--ouput", "x", "y"],
            "unknown option `--ouput`",
            "`--output`? see flexopt plan --help",
        ),
        (["plan", "scenario.yaml", "--format", "xml"], "'xml' is not one of 'table', 'json'", "--help"),
        (["plan", "scenario.yaml", "-o", "usage.csv"], "exists and is not a plan folder", "another folder"),
        (["plan", "scenario.yaml", "-o", "usage.csv/x"], "usage.csv is a file", "another place"),
        (["plan", "scenario.yaml", "-o", "."], "is the current folder", "-o renewal.plan"),
        (["plan", "scenario.yaml", "extra"], "unexpected extra argument", "flexopt plan --help"),
    ],
)
def test_2_could_not_run(call: Run, folder: Path, arguments: list[str], words: str, hint: str) -> None:
    before = sorted(folder.rglob("*"))
    said = clean(call(*arguments), 2)
    assert words in said
    assert hint in said.split("\n\nhint: ", 1)[1]
    assert sorted(folder.rglob("*")) == before


def test_2_from_a_process(run: Run) -> None:
    assert "the file does not exist" in clean(run("plan", "missing.yaml"), 2)
    assert "did you mean `plan`?" in clean(run("paln"), 2)


def test_2_no_command_shows_the_help(call: Run) -> None:
    done = call()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: flexopt [OPTIONS] COMMAND")


def test_2_user_that_the_plan_does_not_have(call: Run, plan_folder: Path) -> None:
    for typed in ("undr", "UNDER", "und"):
        said = clean(call("explain", plan_folder, typed), 2)
        assert said == f"error: the plan has no user `{typed}`\n\nhint: did you mean `under`?\n"


def test_2_part_of_several_names_and_a_name_that_looks_like_an_option(call: Run, plan_folder: Path) -> None:
    assert "hint: did you mean `over`, `under`?" in clean(call("explain", plan_folder, "er"), 2)
    assert "the plan has no user `-2+3`" in clean(call("explain", plan_folder, "-2+3"), 2)
    assert call("explain", plan_folder, "under", "--format", "json").returncode == 0
    said = clean(call("explain", plan_folder, "--fromat", "json"), 2)
    assert said.startswith("error: unknown option `--fromat`\n\nhint: did you mean `--format`? see flexopt ")
    assert "unexpected extra argument (over)" in clean(call("explain", plan_folder, "under", "over"), 2)


def test_3_infeasible_names_the_clash(call: Run, folder: Path, scenario: Scenario) -> None:
    name = scenario("budgets: [{id: fy26, from: 2026-01-01, to: 2027-01-01, amount: 1000}]")
    said = clean(call("plan", name), 3)
    assert "the budget fy26 of 1,000" in said
    assert "hint: raise budgets.fy26.amount" in said
    assert not (folder / "changed.plan").exists()


@pytest.fixture
def hard(folder: Path) -> Path:
    """A scenario that takes seconds; to its last cent, longer than anybody waits."""
    shutil.copytree(SCENARIOS, folder / "hard", ignore=shutil.ignore_patterns("*.py"))
    path = folder / "hard" / "hard.yaml"
    path.write_text(
        "schema: flexopt.scenario/1\nextends: renewal-2026.yaml\npeople: people.csv\n"
        "pool: [{tokens: 1300, expires: 2026-05-01}]\nsolver: {gap: 0, time_limit: 0.01}\n"
    )
    return path


@pytest.mark.slow
def test_4_limit_before_the_proof(run: Run, folder: Path, hard: Path) -> None:
    usage = hard.parent / "usage" / "2025.csv"
    lines = usage.read_text().splitlines(keepends=True)
    usage.write_text("".join(line for line in lines if line < "user-0050"))  # as hard, and sooner planned
    done = run("plan", hard, "--require-optimal")
    done.stderr = done.stderr[done.stderr.index("error: ") :]  # below the warnings
    said = clean(done, 4)
    assert "the plan is not proven to be optimal" in said
    assert "raise solver.time_limit" in said
    assert not (folder / "hard.plan").exists()
    # without the demand for a proof the plan is written, and what may be done about the proof is said
    done = run("plan", hard)
    assert done.returncode == 0
    assert "the search stopped before the proof was complete" in " ".join(done.stdout.split())
    assert "hint: for a tighter proof raise solver.time_limit" in done.stderr
    assert (folder / "hard.plan" / "plan.json").is_file()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            LimitError("the time limit of 1 s was reached before a plan was found", "raise it"),
            "before a plan",
        ),
        (SolverError("the solver ended twice without a result", "try highs"), "without a result"),
        (AuditError(["the ledger does not add up"]), "failed its audit and was not written: the ledger"),
        (MemoryError(), "out of memory"),
        (ZeroDivisionError("division by zero"), "unexpected ZeroDivisionError; nothing was written"),
        (PermissionError(13, "Permission denied", "/x"), "error: /x: Permission denied"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_no_small_example_brings_about(
    call: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    """The one place where the solver is replaced: by what it may end with on a large or broken day."""

    def fail(*_: object, **__: object) -> None:
        raise error

    assert LimitError.exit_code == 4
    monkeypatch.setattr("flexopt.planning.planner.optimise", fail)
    assert words in clean(call("plan", "scenario.yaml"), getattr(error, "exit_code", 2))
    assert not (folder / "scenario.plan").exists()


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
@pytest.mark.parametrize(
    "to_all",
    [True, pytest.param(False, marks=pytest.mark.slow)],
    ids=["as the terminal does", "to flexopt alone"],
)
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_130_interrupted_while_solving(folder: Path, hard: Path, name: str, to_all: bool) -> None:
    """At once, and nothing is written or left behind."""
    drafts = folder.parent / "drafts"
    drafts.mkdir()
    hard.write_text(hard.read_text().replace("time_limit: 0.01", "time_limit: 300"))
    before = sorted(folder.rglob("*"))
    with start(
        [FLEXOPT, "plan", hard],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"TMPDIR": str(drafts)},
    ) as process:
        until(lambda: len(group(process.pid)) > 1, "the solver starts")
        if to_all:
            os.killpg(process.pid, getattr(signal, name))
        else:
            process.send_signal(getattr(signal, name))
        out, err = process.communicate(timeout=20)
    left = group(process.pid)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert process.returncode == 130, err
    assert out == ""
    assert err.strip() == "interrupted: nothing was written"
    assert sorted(folder.rglob("*")) == before
    if left:
        pytest.xfail("the solver goes on by itself, in its folder: PuLP does not end it")
    assert not list(drafts.iterdir())


def test_130_even_if_a_library_swallows_the_interruption(
    call: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As PuLP does with one that comes while it closes the solver's log."""
    from flexopt.solve.optimise import optimise as solve

    def swallow(*arguments: Any, **options: Any) -> Any:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except BaseException:
            return solve(*arguments, **options)
        raise AssertionError("the signal was not handled")

    monkeypatch.setattr("flexopt.planning.planner.optimise", swallow)
    before, handlers = sorted(folder.rglob("*")), {n: signal.getsignal(n) for n in SIGNALS}
    try:
        done = call("plan", "scenario.yaml")
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "interrupted: nothing was written"
    assert sorted(folder.rglob("*")) == before


SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.mark.skipif(shutil.which("nohup") is None, reason="needs nohup")
def test_a_hang_up_that_nohup_ignores_changes_nothing(folder: Path, hard: Path) -> None:
    """`nohup flexopt plan ... &` goes on without its terminal, and can be ended tidily."""
    hard.write_text(hard.read_text().replace("time_limit: 0.01", "time_limit: 300"))
    with subprocess.Popen(
        ["nohup", FLEXOPT, "plan", hard],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        until(lambda: len(group(process.pid)) > 1, "the solver starts")
        os.killpg(process.pid, signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        os.killpg(process.pid, signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err.strip()) == (130, "interrupted: nothing was written")


@pytest.mark.slow
def test_130_interrupted_while_reading(folder: Path) -> None:
    """DuckDB has a way of its own to be interrupted."""
    pty = pytest.importorskip("pty", reason="needs terminals")
    (folder / "usage.csv").write_bytes(b"user,product,date\n" + b"tie,AutoCAD,2025-01-02\n" * 3_000_000)
    ours, theirs = pty.openpty()
    with start([FLEXOPT, "check", "scenario.yaml"], cwd=folder, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while b"reading usage" not in shown:
            shown += os.read(ours, 4096)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        with suppress(OSError):  # how Linux says that the other end was closed
            while part := os.read(ours, 4096):
                shown += part
    os.close(ours)
    assert process.returncode == 130
    assert b"interrupted: nothing was written" in re.sub(rb"\x1b\[[0-9;]*m", b"", shown)


def group(leader: int) -> list[int]:
    """Processes of a process group that run."""
    rows = processes("pid,pgid,stat")
    return [int(pid) for pid, pgid, stat in rows if int(pgid) == leader and not stat.startswith("Z")]


def until(happened: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < limit, f"waited in vain until {what}"
        time.sleep(0.05)
