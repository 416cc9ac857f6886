"""Many quotes for one estate, swept with one process and with several: how much faster it is.

    python tests/benchmarks/sweep_processes.py --scenarios 200 --users 2000 --json sweep.json

The same numbers give the same scenarios: the estate of `estates.py` with annual terms, to a gap of 1e-4 (no
quote is exact to more), and quotes for it as an adviser would compare them: discounts on seats and on tokens,
another table of token tiers, another growth. In every round a part of the scenarios is swept with each number
of processes in turn, into a folder of its own; so whatever else keeps the machine busy meets all of them. The
plans are compared byte by byte.

CPU seconds are of all processes, solvers included. Where the processors are not free, seconds of the clock
say little; `cpu_ratio` is how much faster the last number of processes would be than the first if each had a
processor of its own, and the tail of the sweep, where one waits for another, were nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from estates import a_scenario
from whole_plan import write_usage

from flexopt.cli.sweep import sweep_into
from flexopt.store.sweep_folder import PLANNED

TIERS = [[(100, "3.00"), (5000, "2.80"), (20000, "2.60")], [(100, "2.95"), (10000, "2.65"), (50000, "2.40")]]
"""Token tables that the vendor or a reseller quotes in place of the base's."""


def run(
    scenarios: int, users: int, processes: Sequence[int] = (1, 2), seed: int = 3, rounds: int = 1
) -> dict[str, Any]:
    """Sweep `scenarios` quotes for an estate of `users` users with each number of processes.

    Returns `scenarios`, `users`, `rows_of_usage`, `runs` (for each: `processes`, `seconds` of the clock,
    `cpu` seconds, `optimal` and `failed` scenarios), `ratio` (seconds of the first run
    for each of the last), `cpu_ratio` and `same_bytes` (all runs wrote the same). Every round is told on
    stderr: a run that is cut short has figures up to there.
    """
    with tempfile.TemporaryDirectory(prefix="flexopt-sweep-") as temporary:
        folder = Path(temporary)
        usage_rows = write_usage(folder / "usage.parquet", users, seed)
        paths = _quotes(_base(folder / "base.yaml", users), scenarios, seed)
        counts = ("seconds", "cpu", "optimal", "failed")
        runs: list[dict[str, Any]] = [{"processes": n} | dict.fromkeys(counts, 0) for n in processes]
        same = True
        for number in range(rounds):
            written = []
            for figures in runs:
                here = folder / f"{number}-{figures['processes']}.sweep"
                began, cpu = time.monotonic(), _cpu()
                rows, _ = sweep_into(here, paths[number::rounds], processes=figures["processes"])
                found = (
                    time.monotonic() - began,
                    _cpu() - cpu,
                    sum(row["status"] == "optimal" for row in rows),
                    sum(row["status"] not in PLANNED for row in rows),
                )
                figures |= {name: round(figures[name] + f, 2) for name, f in zip(counts, found, strict=True)}
                written.append(_files(here))
            same &= all(files == written[0] for files in written)
            print(f"round {number + 1} of {rounds}: {runs}, same bytes: {same}", file=sys.stderr, flush=True)
        first, last = runs[0], runs[-1]
        many = last["processes"] / first["processes"]
        return {
            "scenarios": scenarios,
            "users": users,
            "rows_of_usage": usage_rows,
            "runs": runs,
            "ratio": round(first["seconds"] / last["seconds"], 3),
            "cpu_ratio": round(many * first["cpu"] / last["cpu"], 3),
            "same_bytes": same,
        }


def _base(path: Path, users: int) -> Path:
    document = a_scenario(users).model_dump(mode="json", by_alias=True)
    document["offers"] = [offer for offer in document["offers"] if offer["term_months"] == 12]
    document |= {"usage": {"files": ["usage.parquet"]}, "solver": {"gap": "0.0001"}}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _quotes(base: Path, scenarios: int, seed: int) -> list[Path]:
    """A quarter with the vendor's other table of tiers, a quarter with a reseller's, a fifth with growth."""
    rng = random.Random(seed)
    paths = []
    for n in range(1, scenarios + 1):
        path = base.with_name(f"quote-{n:04d}.yaml")
        document: dict[str, Any] = {
            "schema": "flexopt.scenario/1",
            "extends": base.name,
            "name": f"quote {n}",
            "negotiated": {"seats": rng.randint(0, 50) / 200, "tokens": rng.randint(0, 30) / 200},
        }
        if rng.random() < 0.5:
            tiers = [{"from": tokens, "price": price} for tokens, price in rng.choice(TIERS)]
            document["tokens"] = {"tiers": tiers}
        if rng.random() < 0.2:
            document["demand"] = {"growth": {"default": rng.choice(["0.05", "0.10"])}}
        path.write_text(json.dumps(document), encoding="utf-8")
        paths.append(path)
    return paths


def _cpu() -> float:
    """Seconds of this process and of all below it that have ended (on Windows: of this one alone)."""
    return sum(os.times()[:4])


def _files(folder: Path) -> dict[str, str]:
    """Every file below a folder, and a hash of its bytes."""
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--scenarios", type=int, default=200)
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    figures = run(options.scenarios, options.users, options.processes, options.seed, options.rounds)
    print(
        f"{figures['scenarios']} scenarios, {figures['users']:,} users, {figures['rows_of_usage']:,} rows\n"
    )
    print(f"{'processes':>9} {'seconds':>9} {'CPU':>9} {'optimal':>8} {'failed':>7}")
    for one in figures["runs"]:
        print(
            f"{one['processes']:>9} {one['seconds']:>9.2f} {one['cpu']:>9.2f} "
            f"{one['optimal']:>8} {one['failed']:>7}"
        )
    print(f"\nratio {figures['ratio']:.2f}, of CPU {figures['cpu_ratio']:.2f}, ", end="")
    print(f"{'same' if figures['same_bytes'] else 'OTHER'} bytes")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
