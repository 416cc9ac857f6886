"""The whole way at size, files to folder: read, forecast, solve, compare, audit, write; seconds by phase.

    python tests/benchmarks/whole_plan.py --users 100000

Makes a usage export (parquet, a row per chargeable day) and a scenario in a temporary folder, then calls
`flexopt.plan` and saves the plan. The estate is that of scale.py.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from estates import START, a_demand, a_scenario

from flexopt import load_scenario, plan


def write_usage(path: Path, users: int, seed: int) -> int:
    """The demand of the estate as the use of the year before; returns the rows."""
    demand = a_demand(users, seed)
    spans = demand.spans
    count = spans["count"].to_numpy()
    row = np.repeat(np.arange(len(spans)), count)
    day = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    year_ago = np.datetime64(START) - 365
    pair = spans["pair"].to_numpy()[row]
    table = pa.table(
        {
            "user": pa.DictionaryArray.from_arrays(
                pa.array(demand.pair_user[pair].astype(np.int32)), pa.array(list(demand.users))
            ),
            "product": pa.DictionaryArray.from_arrays(
                pa.array(demand.pair_product[pair].astype(np.int32)), pa.array(list(demand.products))
            ),
            "date": pa.array(
                (year_ago + spans["first"].to_numpy()[row] + day).astype("datetime64[D]").astype(np.int32)
            ).cast(pa.date32()),
        }
    )
    pq.write_table(table, path)
    return len(row)


def run(users: int, seed: int = 1, limit: int = 300) -> dict[str, Any]:
    """One plan from files in this process."""
    with tempfile.TemporaryDirectory(prefix="flexopt-whole-") as folder:
        place = Path(folder)
        rows = write_usage(place / "usage.parquet", users, seed)
        document = a_scenario(users).model_dump(mode="json", by_alias=True)
        document["usage"] = {"files": ["usage.parquet"]}
        document["solver"]["time_limit"] = str(limit)
        (place / "scenario.yaml").write_text(json.dumps(document), encoding="utf-8")
        began = time.monotonic()
        made = plan(load_scenario(place / "scenario.yaml"))
        planned = time.monotonic() - began
        made.save(place / "x.plan")
        written = time.monotonic() - began - planned
        size = sum(p.stat().st_size for p in (place / "x.plan").iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return {
        "users": users,
        "usage_rows": rows,
        "status": made.status,
        "gap": float(made.gap),
        "seconds": round(planned + written, 1),
        "phases": {phase: round(s, 1) for phase, s in made.seconds.items()} | {"writing": round(written, 1)},
        "peak_mb": peak,
        "written_mb": size >> 20,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=300)
    options = parser.parse_args()
    print(json.dumps(run(options.users, options.seed, options.limit), indent=1))


if __name__ == "__main__":
    main()
