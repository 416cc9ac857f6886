"""The solver at arm's length: the one file that runs CBC or HiGHS, and says in our words what came of it."""

from __future__ import annotations

import enum
import math
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
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
    """A plan within the gap asked for, proven."""
    FEASIBLE = "feasible"
    """A plan, but a limit came before the proof."""
    INFEASIBLE = "infeasible"
    """No plan satisfies all rules."""
    NO_PLAN = "no plan"
    """A limit came before any plan."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Status, a proven lower bound of the cost (-inf if none is known) and the seconds it took."""

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

    gap : distance from the optimum that is close enough, in money; `options.gap` where it is not given
    nodes : limit of the search tree: unlike a time limit it is the same on every machine
    start : whether the variables hold a solution to start from (CBC takes it, HiGHS does without)
    cbc : path of its program

    After a crash (CBC 2.10.3 has some) it is tried once more, with CBC's preprocessing. Raises SolverError if
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
            f"the solver {options.name} ended without an answer, twice",
            "try `solver: {name: highs}` (pip install 'flexopt[highs]'), or another solver.seed",
        )
    status, bound = outcome
    return Outcome(status, bound, time.monotonic() - began)


def solve_relaxation(
    lp: pulp.LpProblem, options: SolverOptions, *, seconds: float, cbc: str = pulp_cbc_path
) -> float | None:
    """Solve a linear programme; the optimum, inf where it is infeasible, None where neither is known.

    The values are then in the variables and the dual values in the rows (`pi`), as precise as the solver
    prints them: what is built on them must hold for any values.
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
    # PuLP's status is `Optimal` also where CBC stopped at a limit
    return float(pulp.value(lp.objective)) if lp.sol_status == pulp.LpSolutionOptimal else None


@dataclass(frozen=True, slots=True)
class Backend:
    """The calls of the solver that a search makes; what stands in for them has their signatures."""

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
        f"no folder for the solver's files: the path of {tempfile.gettempdir()} has a space",
        "set TMPDIR (on Windows TMP) to a folder without a space in its path",
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """HiGHS greets on the process's own stdout, whatever it is told; stdout is for data."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def solver_version(options: SolverOptions) -> str:
    """Name and version, for the plan's proof."""
    if options.name == "highs":
        return f"HiGHS {version('highspy')} through PuLP {pulp.__version__}"
    return f"CBC 2.10.3 through PuLP {pulp.__version__}"


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
    # CBC's integer preprocessing has called a plan optimal that cost 2.00 too much (a model of 7 seats): it
    # is for models on which the search without it crashes
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
"""CBC prints a bound with three digits behind the point: rounded, it may be so much above the proven one."""


def _read_cbc_log(text: str, lp: pulp.LpProblem, options: SolverOptions) -> tuple[Status, float] | None:
    """CBC stopped at a limit may still say `Optimal` in its solution file: the log knows."""
    text = _COMMAND.sub("", text)  # it has paths, and those any words
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
    try:
        import highspy
    except ImportError:
        raise SolverError(
            "the solver highs is not installed", "pip install 'flexopt[highs]', or set solver.name: cbc"
        ) from None
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
    model = cast("highspy.Highs", lp.solverModel)
    status, info, kinds = model.getModelStatus(), model.getInfo(), highspy.HighsModelStatus
    # a model without integers has no search, and then no bound of one
    bound = float(info.mip_dual_bound) if lp.isMIP() else -math.inf
    if status == kinds.kOptimal:
        return Status.OPTIMAL, bound if lp.isMIP() else float(info.objective_function_value)
    if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
        return Status.INFEASIBLE, math.inf
    if status not in (kinds.kTimeLimit, kinds.kIterationLimit, kinds.kSolutionLimit, kinds.kInterrupt):
        return None
    found = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
    return (Status.FEASIBLE if found else Status.NO_PLAN), bound
