"""The solver at arm's length: the only file that runs CBC or HiGHS and translates its results."""

from __future__ import annotations

import enum
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pulp
from pulp.apis.coin_api import COIN_CMD, pulp_cbc_path
from pulp.apis.core import LpSolver, PulpSolverError
from pulp.apis.highs_api import HiGHS

from flexopt.base.errors import SolverError
from flexopt.inputs.scenario.scenario import SolverOptions


class Status(enum.Enum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    """A plan, proven within the required gap."""
    FEASIBLE = "feasible"
    """A plan, but a limit was reached before the proof."""
    INFEASIBLE = "infeasible"
    """No plan satisfies all rules."""
    NO_PLAN = "no plan"
    """A limit was reached before any plan was found."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Status, a proven lower bound on the cost (-inf if none is known) and the seconds it took."""

    status: Status
    bound: float
    seconds: float


def solve(
    lp: pulp.LpProblem,
    options: SolverOptions,
    *,
    seconds: float,
    gap: float | None = None,
    nodes: int | None = None,
    start: bool = False,
    cbc: str = pulp_cbc_path,
) -> Outcome:
    """Solve within `seconds`; the values are then in the problem's variables.

    gap : required distance from the optimum, in money; defaults to `options.gap`
    nodes : limit on the search tree: unlike a time limit it is the same on every machine
    start : whether the variables hold a solution to start from (used by CBC, ignored by HiGHS)
    cbc : path of the CBC executable

    After a crash (CBC 2.10.3 has some) it tries once more, with CBC's preprocessing. Raises SolverError if
    that crashes too.
    """
    solvers: dict[str, Callable[..., tuple[Status, float] | None]]
    solvers = {"cbc": partial(_cbc, program=cbc), "highs": _highs}
    run = solvers[options.name]
    began = time.monotonic()
    outcome = run(lp, options, seconds, gap, nodes, again=False, start=start)
    if outcome is None:
        left = max(1.0, seconds - (time.monotonic() - began))
        outcome = run(lp, options, left, gap, nodes, again=True, start=False)
    if outcome is None:
        raise SolverError(
            f"the solver {options.name} ended twice without a result",
            "try `solver: {name: highs}` (pip install 'flexopt[highs]'), or another solver.seed",
        )
    status, bound = outcome
    return Outcome(status, bound, time.monotonic() - began)


def solve_relaxation(
    lp: pulp.LpProblem, options: SolverOptions, *, seconds: float, cbc: str = pulp_cbc_path
) -> float | None:
    """Solve a linear programme; returns the optimum, inf if it is infeasible, None if neither is known.

    The values are then in the variables and the dual values in the rows (`pi`), only as precise as the solver
    prints them: anything built on them must hold for any values.
    """
    with _folder() as folder:
        if options.name == "highs":
            solver: LpSolver = HiGHS(msg=False, timeLimit=max(1.0, seconds), threads=options.threads)
        else:
            solver = COIN_CMD(path=cbc, msg=False, mip=False, timeLimit=max(1.0, seconds))
            solver.tmpDir = folder
        try:
            with _quiet():
                lp.solve(solver)
        except (PulpSolverError, KeyError):  # PuLP does not know every status of HiGHS
            return None
    if lp.status == pulp.LpStatusInfeasible:
        return math.inf
    # PuLP's status is `Optimal` even if CBC stopped at a limit
    return float(pulp.value(lp.objective)) if lp.sol_status == pulp.LpSolutionOptimal else None


@dataclass(frozen=True, slots=True)
class Backend:
    """The solver calls made by a search; replacements must have the same signatures."""

    solve: Callable[..., Outcome] = solve
    solve_relaxation: Callable[..., float | None] = solve_relaxation


@contextmanager
def _folder() -> Iterator[str]:
    """A temporary folder without white space in its path: PuLP splits CBC's command line there."""
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if not re.search(r"\s", place) and os.access(place, os.W_OK | os.X_OK):
            with tempfile.TemporaryDirectory(prefix="flexopt-", dir=place) as folder:
                yield folder
            return
    raise SolverError(
        "there is no usable folder for the solver's files: the path "
        f"{tempfile.gettempdir()} contains a space",
        "set TMPDIR (on Windows TMP) to a folder without a space in its path",
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """HiGHS always prints a banner to the process's stdout, which is reserved for data: suppress it."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def solver_version(options: SolverOptions, *, cbc: str = pulp_cbc_path) -> str:
    """Name and version of the solver that is asked, in its own words, for the plan's proof."""
    found = _highs_version() if options.name == "highs" else _cbc_version(cbc)
    return f"{found} through PuLP {pulp.__version__}"


@cache
def _cbc_version(program: str) -> str:
    """From the banner that CBC prints when it starts."""
    try:
        said = subprocess.run([program, "-quit"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "CBC of unknown version"
    found = re.search(r"^Version:\s*(\S+)", said.stdout, re.MULTILINE)
    return f"CBC {found[1]}" if found else "CBC of unknown version"


@cache
def _highs_version() -> str:
    with _quiet():
        return f"HiGHS {_import_highs().Highs().version()}"


def _import_highs() -> ModuleType:
    try:
        import highspy
    except ImportError:
        raise SolverError(
            "the solver highs is not installed", "pip install 'flexopt[highs]', or set solver.name: cbc"
        ) from None
    return highspy


def _cbc(
    lp: pulp.LpProblem,
    options: SolverOptions,
    seconds: float,
    gap: float | None,
    nodes: int | None,
    *,
    again: bool,
    start: bool,
    program: str,
) -> tuple[Status, float] | None:
    # CBC's integer preprocessing once declared a plan optimal that cost 2.00 too much (a model of 7 seats):
    # it is used only for models on which the search crashes without it
    extra = [f"randomSeed {options.seed}", f"randomCbcSeed {options.seed}"]
    extra += [] if again else ["preprocess off"]
    with _folder() as folder:
        log = Path(folder) / "cbc.log"
        cbc = COIN_CMD(
            path=program,
            msg=False,
            gapRel=float(options.gap) if gap is None else 0.0,
            gapAbs=gap,
            timeLimit=max(1.0, seconds),
            threads=options.threads if options.threads > 1 else None,
            options=extra,
            maxNodes=nodes,
            logPath=str(log),
            warmStart=start and sys.platform != "win32",  # PuLP leaves files behind there
        )
        cbc.tmpDir = folder
        try:
            lp.solve(cbc)
        except PulpSolverError:
            return None
        text = log.read_text(errors="replace")
    return _read_cbc_log(text, lp, options)


_COMMAND = re.compile(r"^command line - .*$", re.MULTILINE)
_RESULT = re.compile(r"^Result - (.*)$", re.MULTILINE)
_BOUND = re.compile(r"^Lower bound:\s+(\S+)$", re.MULTILINE)
_OBJECTIVE = re.compile(r"^Objective value:\s+(\S+)$", re.MULTILINE)
_LINEAR = re.compile(r"^Optimal objective (\S+) - ", re.MULTILINE)

_PRINTED = 0.0005
"""CBC prints bounds to three decimals: by rounding, a printed one may exceed the proven one by this much."""


def _read_cbc_log(text: str, lp: pulp.LpProblem, options: SolverOptions) -> tuple[Status, float] | None:
    """Read the outcome from the log: stopped at a limit, CBC may still say `Optimal` in its solution file."""
    text = _COMMAND.sub("", text)  # it contains paths, which may contain any words
    result = _RESULT.search(text)
    if result is None:
        linear = _LINEAR.search(text)
        if linear and lp.sol_status == pulp.LpSolutionOptimal:  # no integers: CBC has no search to report on
            return Status.OPTIMAL, float(linear[1])
        if "infeasible" in text.lower():
            return Status.INFEASIBLE, math.inf
        return None
    said = result[1]
    bounds = [float(b) - _PRINTED for b in _BOUND.findall(text)]
    objective = [float(o) for o in _OBJECTIVE.findall(text)]
    if "infeasible" in said or "Integer infeasible" in text:
        return Status.INFEASIBLE, math.inf
    if said.startswith("Optimal solution found") and objective:
        # without a gap CBC prints no bound: the objective is the bound
        return Status.OPTIMAL, bounds[-1] if bounds else objective[-1]
    bound = bounds[-1] if bounds else -math.inf
    if lp.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible) and objective:
        return Status.FEASIBLE, bound
    return Status.NO_PLAN, bound


def _highs(
    lp: pulp.LpProblem,
    options: SolverOptions,
    seconds: float,
    gap: float | None,
    nodes: int | None,
    *,
    again: bool,
    start: bool,
) -> tuple[Status, float] | None:
    highspy = _import_highs()
    highs = HiGHS(
        msg=False,
        gapRel=float(options.gap) if gap is None else 0.0,
        gapAbs=gap,
        timeLimit=max(1.0, seconds),
        threads=options.threads,
        random_seed=options.seed,
        presolve="off" if again else "choose",
        **cast("dict[str, Any]", {"mip_max_nodes": nodes} if nodes else {}),
    )
    try:
        with _quiet():
            lp.solve(highs)
    except PulpSolverError:
        return None
    except KeyError:
        pass  # PuLP does not know every status of HiGHS (a node limit): the values are in place, ask HiGHS
    model = cast("Any", lp.solverModel)
    status, info, kinds = model.getModelStatus(), model.getInfo(), highspy.HighsModelStatus
    # without integers there is no search, and so no bound from one
    bound = float(info.mip_dual_bound) if lp.isMIP() else -math.inf
    if status == kinds.kOptimal:
        return Status.OPTIMAL, bound if lp.isMIP() else float(info.objective_function_value)
    if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
        return Status.INFEASIBLE, math.inf
    if status not in (kinds.kTimeLimit, kinds.kIterationLimit, kinds.kSolutionLimit, kinds.kInterrupt):
        return None
    found = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
    return (Status.FEASIBLE if found else Status.NO_PLAN), bound
