"""Ten quotes of one estate compared: how long the solves, the regret matrix and the rest take.

    python tests/benchmarks/compare.py --scenarios 10 --users 2000 --json compare.json

The quotes are those of `sweep_processes.py`. Seconds are of the clock; CPU seconds are of all processes,
solvers included. `--baselines` also prices what else could be decided, as `flexopt compare -o` does.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from documents import data
from sweep_processes import _base, _quotes
from whole_plan import write_usage

from flexopt.studies.compare import compare


def run(scenarios: int, users: int, seed: int = 3, *, baselines: bool = False) -> dict[str, Any]:
    """Compare `scenarios` quotes for `users` users.

    Returns `scenarios`, `users`, `seconds` of the clock, `cpu` seconds, `phases` (seconds of each), `optimal`
    scenarios, `not_possible` cells of the regret matrix, and its largest regret, `most_regret`.
    """
    with tempfile.TemporaryDirectory(prefix="flexopt-compare-") as temporary:
        folder = Path(temporary)
        write_usage(folder / "usage.parquet", users, seed)
        paths = _quotes(_base(folder / "base.yaml", users), scenarios, seed)
        began, cpu = time.monotonic(), sum(os.times()[:4])
        done = compare(paths, baselines=baselines)
        seconds, cpu = time.monotonic() - began, sum(os.times()[:4]) - cpu
    cells = [cell for row in data(done.document)["regret"] for cell in row]
    return {
        "scenarios": scenarios,
        "users": users,
        "seconds": round(seconds, 2),
        "cpu": round(cpu, 2),
        "phases": {phase: round(s, 2) for phase, s in done.seconds.items()},
        "optimal": sum(s["status"] == "optimal" for s in data(done.document)["scenarios"]),
        "not_possible": sum(cell is None for cell in cells),
        "most_regret": max((cell for cell in cells if cell is not None), key=float),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--scenarios", type=int, default=10)
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--baselines", action="store_true", help="also what else could be decided")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    figures = run(options.scenarios, options.users, options.seed, baselines=options.baselines)
    text = json.dumps(figures, indent=1)
    print(text)
    if options.json:
        options.json.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
