"""How a solve can end, in our own words, and that nothing of the solver is left behind."""

from __future__ import annotations

import importlib.metadata
import math
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pulp
import pytest
from pulp.apis.coin_api import pulp_cbc_path

from flexopt.base.errors import SolverError
from flexopt.inputs.scenario.scenario import SolverOptions
from flexopt.solve import backend as solver
from flexopt.solve.backend import Status, solve, solve_relaxation, solver_version

CBC = SolverOptions()
HIGHS = SolverOptions(name="highs")
BOTH = pytest.mark.parametrize("options", [CBC, HIGHS], ids=lambda o: o.name)
WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for CBC")


def a_problem(cat: str = "Integer", *, feasible: bool = True) -> pulp.LpProblem:
    """2 x + 3 y, x + y >= 3.5: 8 in integers, 7 without."""
    lp = pulp.LpProblem("small", pulp.LpMinimize)
    x, y = lp.add_variable("x", 0, 10, cat), lp.add_variable("y", 0, 10, cat)
    lp += 2 * x + 3 * y
    lp += x + y >= 3.5
    if not feasible:
        lp += x + y <= 1
    return lp


def market_split(*, slack: bool) -> pulp.LpProblem:
    """Half of every row by choosing columns: tiny to write down, hopeless to search.

    With `slack` any choice is a solution and its error the objective; without it hardly any is one.
    """
    dice = random.Random(1)
    lp = pulp.LpProblem("market", pulp.LpMinimize)
    x = [lp.add_variable(f"x{i:02d}", cat="Binary") for i in range(30)]
    error = []
    for row in range(4):
        weights = [dice.randrange(100) for _ in x]
        over, under = lp.add_variable(f"over{row}", 0), lp.add_variable(f"under{row}", 0)
        error += [over, under]
        lp += pulp.lpDot(weights, x) + over - under == sum(weights) // 2
    lp += pulp.lpSum(error)
    if not slack:
        for e in error:
            e.upBound = 0
    return lp


# --- the ways a solve ends -------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(("cat", "least"), [("Integer", 8.0), ("Continuous", 7.0)])
def test_optimal(options: SolverOptions, cat: str, least: float) -> None:
    lp = a_problem(cat)
    outcome = solve(lp, options, seconds=5)
    assert outcome.status is Status.OPTIMAL
    assert outcome.bound == pytest.approx(least)
    assert pulp.value(lp.objective) == pytest.approx(least)


@BOTH
@pytest.mark.parametrize("cat", ["Integer", "Continuous"])
def test_infeasible(options: SolverOptions, cat: str) -> None:
    outcome = solve(a_problem(cat, feasible=False), options, seconds=5)
    assert (outcome.status, outcome.bound) == (Status.INFEASIBLE, math.inf)


@BOTH
def test_integers_alone_can_be_infeasible(options: SolverOptions) -> None:
    lp = pulp.LpProblem("odd", pulp.LpMinimize)
    x, y = lp.add_variable("x", 0, 10, "Integer"), lp.add_variable("y", 0, 10, "Integer")
    lp += x + y
    lp += 2 * x + 2 * y == 7
    assert solve(lp, options, seconds=5).status is Status.INFEASIBLE


@BOTH
@pytest.mark.parametrize(("least", "status"), [(0, Status.OPTIMAL), (1, Status.INFEASIBLE)])
def test_row_without_variables(options: SolverOptions, least: int, status: Status) -> None:
    """Demand that nothing can cover is such a row: 0 >= 1."""
    lp = pulp.LpProblem("empty", pulp.LpMinimize)
    lp.addConstraint(pulp.LpConstraint(pulp.LpAffineExpression([]), pulp.LpConstraintGE, "access", least))
    assert solve(lp, options, seconds=5).status is status


@BOTH
def test_limit_with_a_solution(options: SolverOptions) -> None:
    lp = market_split(slack=True)
    outcome = solve(lp, options, seconds=20, nodes=50)
    assert outcome.status is Status.FEASIBLE
    assert outcome.bound <= pulp.value(lp.objective)
    assert all(abs(x.value() - round(x.value())) < 1e-6 for x in lp.variables() if x.name.startswith("x"))


@BOTH
def test_limit_without_a_solution(options: SolverOptions) -> None:
    assert solve(market_split(slack=False), options, seconds=20, nodes=50).status is Status.NO_PLAN


def test_time_limit() -> None:
    outcome = solve(market_split(slack=True), CBC, seconds=0.1)
    assert outcome.status is Status.FEASIBLE
    assert outcome.seconds < 10


def test_a_solution_to_begin_with_is_taken() -> None:
    lp = a_problem()
    for x, value in zip(lp.variables(), [1, 3], strict=True):
        x.varValue = value
    assert solve(lp, CBC, seconds=5, start=True).status is Status.OPTIMAL


@BOTH
def test_relaxation(options: SolverOptions) -> None:
    lp = a_problem("Continuous")
    assert solve_relaxation(lp, options, seconds=5) == pytest.approx(7)
    assert [row.pi for row in lp.constraints()] == pytest.approx([2])
    assert solve_relaxation(a_problem("Continuous", feasible=False), options, seconds=5) == math.inf


def test_relaxation_stopped_at_a_limit_is_no_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    """PuLP calls it optimal: the bound would forbid or trust tiers that were not looked at."""
    lp = a_problem("Continuous")

    def stopped(*_: object) -> None:
        lp.assignStatus(pulp.LpStatusOptimal, pulp.LpSolutionIntegerFeasible)

    monkeypatch.setattr(lp, "solve", stopped)
    assert solve_relaxation(lp, CBC, seconds=5) is None


# --- CBC's log -------------------------------------------------------------------------------------------

COMMAND = "command line - cbc {path} -sec 5 -solve -solution x.sol (default strategy 1)\n"
WITHIN_GAP = """
Result - Optimal solution found (within gap tolerance)

Objective value:                12345.67000000
Lower bound:                    12345.661
Gap:                            0.00
Enumerated nodes:               12
"""
OPTIMAL = """
Continuous objective value is 7 - 0.00 seconds

Result - Optimal solution found

Objective value:                8.00000000
Enumerated nodes:               0
"""
TIME = """
Result - Stopped on time limit

Objective value:                17.00000000
Lower bound:                    12.500
Gap:                            0.36
"""
NODES = """
Result - Stopped on node limit

Objective value:                17.00000000
Lower bound:                    0.000
Gap:                            inf
"""
NOTHING_FOUND = """
Result - Stopped on time limit

No feasible solution found
Lower bound:                    12.082
"""
PROVEN = """
Result - Problem proven infeasible

No feasible solution found
Enumerated nodes:               8
"""
LINEAR = "Optimal - objective value 7\nOptimal objective 7.25 - 1 iterations time 0.002\n"
LINEAR_INFEASIBLE = """
Presolve determined that the problem was infeasible with tolerance of 1e-08
PrimalInfeasible objective 7 - 1 iterations time 0.002

Result - Linear relaxation infeasible
"""
LINEAR_STOPPED = """
Stopped - objective value 3548.1066
Stopped objective 3548.106646 - 305 iterations time 0.052

Result - Stopped on time limit

Enumerated nodes:           0
"""
FOUND, PROVEN_BY_PULP, NONE = (
    pulp.LpSolutionIntegerFeasible,
    pulp.LpSolutionOptimal,
    pulp.LpSolutionNoSolutionFound,
)


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        # three digits are printed: the bound may be half of the last one lower
        pytest.param(WITHIN_GAP, PROVEN_BY_PULP, (Status.OPTIMAL, 12345.6605), id="within the gap"),
        pytest.param(OPTIMAL, PROVEN_BY_PULP, (Status.OPTIMAL, 8), id="optimal"),
        pytest.param(TIME, FOUND, (Status.FEASIBLE, 12.4995), id="time"),
        pytest.param(TIME, PROVEN_BY_PULP, (Status.FEASIBLE, 12.4995), id="time, PuLP says optimal"),
        pytest.param(NODES, FOUND, (Status.FEASIBLE, -0.0005), id="nodes"),
        pytest.param(NOTHING_FOUND, NONE, (Status.NO_PLAN, 12.0815), id="nothing found"),
        pytest.param(NOTHING_FOUND, FOUND, (Status.NO_PLAN, 12.0815), id="nothing found, PuLP says found"),
        pytest.param(PROVEN, NONE, (Status.INFEASIBLE, math.inf), id="proven infeasible"),
        pytest.param(
            "Problem is infeasible - 0.00 seconds\n", NONE, (Status.INFEASIBLE, math.inf), id="root"
        ),
        pytest.param(
            "Pre-processing says infeasible or unbounded\n", NONE, (Status.INFEASIBLE, math.inf), id="before"
        ),
        pytest.param(LINEAR, PROVEN_BY_PULP, (Status.OPTIMAL, 7.25), id="linear"),
        pytest.param(LINEAR_INFEASIBLE, NONE, (Status.INFEASIBLE, math.inf), id="linear infeasible"),
        pytest.param(LINEAR_STOPPED, FOUND, (Status.NO_PLAN, -math.inf), id="linear stopped"),
        pytest.param(LINEAR, NONE, None, id="linear, and no solution file"),
        pytest.param("", PROVEN_BY_PULP, None, id="empty"),
        pytest.param(COMMAND.format(path="/srv/infeasible/x.mps"), NONE, None, id="a path is no verdict"),
    ],
)
def test_log(text: str, said: int, expected: tuple[Status, float] | None) -> None:
    lp = a_problem()
    lp.sol_status = said
    read = solver._read_cbc_log(COMMAND.format(path="x.mps") + text, lp, CBC)
    assert (read is None) == (expected is None)
    if read and expected:
        assert read[0] is expected[0]
        assert read[1] == pytest.approx(expected[1])


# --- crashes ---------------------------------------------------------------------------------------------


def stand_in(folder: Path, script: str) -> tuple[str, Path]:
    """A program in CBC's place, and where it writes down how it was called; `$CBC` is the real one."""
    calls, path = folder / "calls", folder / "cbc"
    path.write_text(f'#!/bin/sh\nCBC="{pulp_cbc_path}"\necho "$@" >> "{calls}"\n{script}\n')
    path.chmod(0o755)
    return str(path), calls


@WINDOWS
def test_crash_is_tried_again_with_preprocessing(tmp_path: Path) -> None:
    script = 'case "$*" in *"-preprocess off"*) kill -SEGV $$;; esac\nexec "$CBC" "$@"'
    crashing, calls = stand_in(tmp_path, script)
    outcome = solve(a_problem(), CBC, seconds=5, start=False, cbc=crashing)
    assert (outcome.status, outcome.bound) == (Status.OPTIMAL, 8)
    first, second = calls.read_text().splitlines()
    assert "-preprocess off" in first
    assert "-preprocess" not in second


@WINDOWS
@pytest.mark.parametrize("script", ["exit 1", "exit 0", "kill -SEGV $$"])
def test_two_crashes_are_explained(tmp_path: Path, script: str) -> None:
    """Also where CBC says nothing is wrong and leaves no solution file."""
    crashing, calls = stand_in(tmp_path, script)
    with pytest.raises(SolverError) as caught:
        solve(a_problem(), CBC, seconds=5, cbc=crashing)
    assert len(calls.read_text().splitlines()) == 2
    assert "twice" in caught.value.message
    assert "highs" in caught.value.hint


@WINDOWS
def test_crash_of_a_relaxation_says_nothing(tmp_path: Path) -> None:
    crashing, _ = stand_in(tmp_path, "exit 1")
    assert solve_relaxation(a_problem("Continuous"), CBC, seconds=5, cbc=crashing) is None


# --- HiGHS -----------------------------------------------------------------------------------------------


def test_highs_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    with pytest.raises(SolverError, match="not installed") as caught:
        solve(a_problem(), HIGHS, seconds=5)
    assert "pip install 'flexopt[highs]'" in caught.value.hint


def test_versions_are_those_of_the_solvers_that_are_asked(capfd: pytest.CaptureFixture[str]) -> None:
    """CBC's is in the banner of its own program, HiGHS's in its library; neither prints anything here."""
    banner = subprocess.run([pulp_cbc_path, "-quit"], capture_output=True, text=True, check=True).stdout
    cbc, highs = solver_version(CBC), solver_version(HIGHS)
    assert cbc.split()[0] == "CBC"
    assert f"Version: {cbc.split()[1]} " in banner
    assert highs.split()[:2] == ["HiGHS", importlib.metadata.version("highspy")]
    assert all(found.endswith(f" through PuLP {pulp.__version__}") for found in (cbc, highs))
    assert capfd.readouterr().out == ""


@WINDOWS
@pytest.mark.parametrize(
    ("says", "version"), [("Version: 9.9.1 ", "CBC 9.9.1"), ("hello", "CBC of unknown version")]
)
def test_another_cbc_says_its_own_version(tmp_path: Path, says: str, version: str) -> None:
    program = tmp_path / "cbc"
    program.write_text(f"#!/bin/sh\necho 'Welcome to the CBC MILP Solver'\necho '{says}'\n")
    program.chmod(0o755)
    assert solver_version(CBC, cbc=str(program)) == f"{version} through PuLP {pulp.__version__}"


def test_a_cbc_that_cannot_be_started_has_no_version() -> None:
    assert solver_version(CBC, cbc="/nowhere/cbc").startswith("CBC of unknown version")


@pytest.mark.parametrize("name", ["cbc", "highs"])
def test_stdout_is_for_data(name: str) -> None:
    """In a process of its own: HiGHS writes past Python's sys.stdout."""
    script = (
        "import pulp\n"
        "from flexopt.inputs.scenario.scenario import SolverOptions\n"
        "from flexopt.solve.backend import solve, solve_relaxation\n"
        "lp = pulp.LpProblem('small', pulp.LpMinimize)\n"
        "lp += lp.add_variable('x', 1, 9, 'Integer')\n"
        "print('before')\n"
        f"solve(lp, SolverOptions(name={name!r}), seconds=5)\n"
        f"solve_relaxation(lp, SolverOptions(name={name!r}), seconds=5)\n"
        "print('after')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.split() == ["before", "after"]
    assert done.stderr == ""


# --- folders ---------------------------------------------------------------------------------------------


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own, as `TMPDIR` would set it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@BOTH
def test_nothing_is_left_behind(
    options: SolverOptions, temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    solve(a_problem(feasible=False), options, seconds=5)
    lp = a_problem()
    solve(lp, options, seconds=5)
    solve(lp, options, seconds=5, start=True)
    solve_relaxation(a_problem("Continuous"), options, seconds=5)
    assert [*here.iterdir(), *temporary.iterdir()] == []


@WINDOWS
def test_a_crash_leaves_nothing_behind(temporary: Path, tmp_path: Path) -> None:
    crashing, _ = stand_in(tmp_path, "exit 1")
    with pytest.raises(SolverError):
        solve(a_problem(), CBC, seconds=5, cbc=crashing)
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(not os.access("/tmp", os.W_OK), reason="no other temporary folder")
def test_temporary_folder_with_a_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PuLP splits CBC's command line at white space."""
    spaced = tmp_path / "jean luc"
    spaced.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spaced))
    assert solve(a_problem(), CBC, seconds=5).status is Status.OPTIMAL
    assert solve_relaxation(a_problem("Continuous"), CBC, seconds=5) == pytest.approx(7)
    assert list(spaced.iterdir()) == []


def test_no_folder_without_a_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "jean luc"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SolverError, match="jean luc") as caught:
        solve(a_problem(), CBC, seconds=5)
    assert "TMPDIR" in caught.value.hint
