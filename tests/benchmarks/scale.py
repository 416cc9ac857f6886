"""flexopt beside the plain formulation in PuLP with CBC and with HiGHS, at growing sizes, in one run.

    python tests/benchmarks/scale.py --sizes 1000,10000,30000,100000,1000000 --json scale.json

Every run is a process of its own: seconds from the numbers of the problem to a proven plan (model building
and solve), peak memory, gap, and flexopt's time by phase. `plain` is the whole model (`build(problem,
everything(...))`) given to the solver as it is, with the same gap; it is asked at growing sizes until it does
not end within `--limit` seconds. The last line is the exponent b of seconds = a * users ** b for flexopt.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from estates import a_demand, a_scenario

from flexopt.model.core import everything
from flexopt.model.restriction import Restriction
from flexopt.model.rows import build
from flexopt.model.sets import formulate
from flexopt.solve.backend import solve
from flexopt.solve.optimise import optimise

WAYS = ("flexopt", "plain cbc", "plain highs")
Row = dict[str, Any]


def run(way: str, users: int, seed: int = 1, limit: float = 1800) -> Row:
    """One solve in this process."""
    name = "highs" if way == "plain highs" else "cbc"
    options = {"name": name, "gap": Decimal("0.000001"), "time_limit": Decimal(limit)}
    scenario = a_scenario(users, solver=options)
    demand = a_demand(users, seed)
    began = time.monotonic()
    problem = formulate(scenario, scenario.holdings, demand)
    formulated = time.monotonic() - began
    row: Row = {"way": way, "users": users, "pairs": demand.pairs, "formulate": round(formulated, 3)}
    began = time.monotonic()
    if way == "flexopt":
        best = optimise(problem)
        row |= {
            "cost": str(best.cost),
            "gap": float(best.gap),
            "status": best.status.value,
            "users_in_core": best.users,
            "variables": best.variables,
            "phases": {phase: round(seconds, 3) for phase, seconds in best.seconds.items()},
        }
    else:
        model = build(problem, everything(problem, Restriction()))
        row["building"] = round(time.monotonic() - began, 3)
        outcome = solve(model.lp, scenario.solver, seconds=max(1.0, limit - row["building"]))
        row |= {"status": outcome.status.value, "variables": model.lp.numVariables()}
        found = outcome.status.value in ("optimal", "feasible")
        cost = sum(c * (x.value() or 0.0) for x, c in model.cost.items()) if found else None
        row |= {"cost": cost, "gap": (cost - outcome.bound) / cost if cost else None}
    row["seconds"] = round(time.monotonic() - began, 3)
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return row | {"peak_mb": max(peaks) >> 10}


def exponent(rows: list[Row]) -> float | None:
    """b of seconds = a * users ** b, by least squares of the logarithms, from 10,000 users on."""
    points = [(math.log(r["users"]), math.log(r["seconds"])) for r in rows if r["users"] >= 10_000]
    if len(points) < 2:
        return None
    x, y = (sum(p[i] for p in points) / len(points) for i in (0, 1))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)


def _asked(way: str, users: int, seed: int, limit: float) -> Row:
    """One solve in a process of its own, so that its peak of memory is its own."""
    command = [sys.executable, __file__, "--one", way, "--sizes", str(users), "--seed", str(seed)]
    command += ["--limit", str(limit)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=limit + 300, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        return {"way": way, "users": users, "status": "not ended", "seconds": limit + 300}
    if done.returncode:
        return {"way": way, "users": users, "status": "failed", "error": done.stderr[-300:], "seconds": limit}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def machine() -> Row:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    model = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return {
        "cores": os.cpu_count(),
        "cpu": model[0] if model else platform.processor(),
        "memory_gb": round(memory / 2**30),
        "python": platform.python_version(),
        "when": datetime.now(UTC).isoformat(timespec="minutes"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000,30000,100000,1000000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=1800, help="seconds for one solve")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    if options.one:
        print(json.dumps(run(options.one, sizes[0], options.seed, options.limit)))
        return
    rows: list[Row] = []
    given_up: set[str] = set()
    print(f"{'users':>9} {'way':<12} {'seconds':>9} {'times':>7} {'gap':>8} {'peak MB':>8}  status")
    for users in sizes:
        own = math.nan
        for way in options.ways.split(","):
            if way in given_up:
                continue
            row = _asked(way, users, options.seed, options.limit)
            rows.append(row)
            own = row["seconds"] if way == "flexopt" else own
            if way != "flexopt" and row["status"] != "optimal":
                given_up.add(way)
            gap = f"{row['gap']:.0e}" if row.get("gap") is not None else "-"
            print(
                f"{users:>9,} {way:<12} {row['seconds']:>9.2f} {row['seconds'] / own:>7.1f} {gap:>8} "
                f"{row.get('peak_mb', 0):>8,}  {row['status']} {row.get('phases', '')}",
                flush=True,
            )
    b = exponent([r for r in rows if r["way"] == "flexopt"])
    if b is not None:
        print(f"growth of flexopt from 10,000 users on: users ** {b:.2f}")
    if options.json:
        document = {"schema": "flexopt.benchmark/1", "machine": machine(), "exponent": b, "rows": rows}
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
