"""Many price variants over one usage, swept with one process and with several: how much faster it is.

    python tests/benchmarks/sweep_processes.py --scenarios 200 --users 2000 --json sweep.json

The same numbers give the same scenarios: one estate of `random_instances`, and quotes for it that differ in
the discounts on seats and tokens. Each number of processes sweeps all of them into a folder of its own; the
plans are compared byte by byte. Memory and disk are those of the machine: leave it alone meanwhile.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from random_instances import instance, write

from flexopt import sweep

__all__ = ["run"]


def run(scenarios: int, users: int, processes: Sequence[int] = (1, 2), seed: int = 3) -> dict[str, Any]:
    """Sweep `scenarios` quotes for an estate of `users` users with each number of processes.

    Returns `scenarios`, `users`, `rows_of_usage`, `runs` (for each: `processes`, `seconds` of the clock,
    `readings` of usage, `failed` scenarios), `ratio` (seconds of the first run for each of the last) and
    `same_bytes` (all runs wrote the same).
    """
    with tempfile.TemporaryDirectory(prefix="flexopt-sweep-") as temporary:
        folder = Path(temporary)
        document, usage = instance(random.Random(seed), users)
        paths = _quotes(write(folder / "estate", document, usage), scenarios, seed)
        runs, written = [], []
        for number in processes:
            began = time.monotonic()
            done = sweep(paths, folder / f"{number}.sweep", processes=number)
            seconds = time.monotonic() - began
            runs.append(
                {
                    "processes": number,
                    "seconds": round(seconds, 2),
                    "readings": done.readings,
                    "failed": len(done.failed),
                }
            )
            written.append(_files(done.folder))
        return {
            "scenarios": scenarios,
            "users": users,
            "rows_of_usage": len(usage) - 1,
            "runs": runs,
            "ratio": round(runs[0]["seconds"] / runs[-1]["seconds"], 3),
            "same_bytes": all(files == written[0] for files in written),
        }


def _quotes(base: Path, scenarios: int, seed: int) -> list[Path]:
    rng = random.Random(seed)
    paths = []
    for n in range(1, scenarios + 1):
        path = base.with_name(f"quote-{n:04d}.yaml")
        seats, tokens = rng.randint(0, 250), rng.randint(0, 150)
        path.write_text(
            f"schema: flexopt.scenario/1\nextends: {base.name}\nname: quote {n}\n"
            f"negotiated: {{seats: {seats / 1000}, tokens: {tokens / 1000}}}\n",
            encoding="utf-8",
        )
        paths.append(path)
    return paths


def _files(folder: Path) -> dict[str, int]:
    """Every file below a folder, and a hash of its bytes."""
    return {p.relative_to(folder).as_posix(): hash(p.read_bytes()) for p in folder.rglob("*") if p.is_file()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--scenarios", type=int, default=200)
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    figures = run(options.scenarios, options.users, options.processes, options.seed)
    print(
        f"{figures['scenarios']} scenarios, {figures['users']:,} users, {figures['rows_of_usage']:,} rows\n"
    )
    print(f"{'processes':>9} {'seconds':>9} {'readings':>9} {'failed':>7}")
    for one in figures["runs"]:
        print(f"{one['processes']:>9} {one['seconds']:>9.2f} {one['readings']:>9} {one['failed']:>7}")
    print(f"\nratio {figures['ratio']:.2f}, {'same' if figures['same_bytes'] else 'OTHER'} bytes")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
