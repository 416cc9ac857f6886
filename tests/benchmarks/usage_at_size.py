"""A large usage file, read: seconds and peak memory beside DuckDB's bare scan of the same file.

    python tests/benchmarks/usage_at_size.py --rows 20000000
    python tests/benchmarks/usage_at_size.py --rows 100000000 --kind parquet --memory 4GB

The file is made in a temporary folder (`--folder` for another place) and deleted; the same seed gives the
same rows: days of users in products, in the order of the dates, a third of them repeated by other versions
of the product. `--timed` gives rows with start and end instead of dates. Every measurement is a process of
its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

Kind = Literal["csv", "parquet"]

BLOCK = 1 << 20
"""Rows made at a time."""

PRODUCTS = ("AutoCAD", "Revit", "Civil 3D", "Inventor", "Navisworks Manage", "Fusion", "3ds Max", "Maya")
FIRST = np.datetime64("2025-01-01")


def generate(path: Path, rows: int, seed: int = 1, *, kind: Kind = "csv", timed: bool = False) -> None:
    """Writes a usage file of the plain format: a user for every 200 rows, each with one or two products."""
    users = max(1, rows // 200)
    names = pa.array([f"user{n:07}@studio.example.com" for n in range(users)])
    blocks = _blocks(rows, users, names, np.random.default_rng(seed), timed=timed)
    first = next(blocks)
    if kind == "parquet":
        writer: Any = pa.parquet.ParquetWriter(path, first.schema)
    else:
        writer = pa.csv.CSVWriter(path, first.schema, write_options=pa.csv.WriteOptions(quoting_style="none"))
    with writer:
        writer.write_table(first)
        for block in blocks:
            writer.write_table(block)


def _blocks(
    rows: int, users: int, names: pa.Array, rng: np.random.Generator, *, timed: bool
) -> Iterator[pa.Table]:
    titles = pa.array(PRODUCTS)
    versions = pa.array(["2024", "2025", "2026"])
    # some work every day, some twice a month
    weight = rng.gamma(0.8, size=users) + 0.02
    reach = np.cumsum(weight / weight.sum())
    for begin in range(0, rows, BLOCK):
        n = min(BLOCK, rows - begin)
        user = np.minimum(np.searchsorted(reach, rng.random(n)), users - 1)
        product = (user + (rng.random(n) < 0.3) * (1 + user // 8)) % len(PRODUCTS)
        day = (np.arange(begin, begin + n) * 365) // rows
        day = np.maximum(day - (day % 7 == 6), 0)  # few work on Sundays
        columns: dict[str, Any] = {
            "user": names.take(pa.array(user)),
            "product": titles.take(pa.array(product)),
        }
        if timed:
            start = (FIRST.astype("datetime64[s]") + day * 86_400 + rng.integers(0, 86_400, n)).astype(
                "M8[s]"
            )
            long = rng.integers(60, 36_000, n)
            columns["started_at"] = _clock(start)
            columns["ended_at"] = _clock(start + long)
        else:
            columns["date"] = pa.array(FIRST + day).cast(pa.string())
            columns["tokens"] = pa.array(np.where(rng.random(n) < 0.01, 0, 3 + product % 8)).cast(pa.string())
        columns["version"] = versions.take(pa.array(rng.integers(0, 3, n)))
        yield pa.table(columns)


def _clock(moments: Any) -> pa.Array:
    return pa.compute.strftime(pa.array(moments.astype("datetime64[s]")), format="%Y-%m-%dT%H:%M:%SZ")


def run(
    rows: int,
    *,
    seed: int = 1,
    kind: Kind = "csv",
    timed: bool = False,
    memory: str | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Makes a file, measures, deletes it.

    Returns
    -------
    rows, bytes : of the file
    scan, read : `seconds`, `cpu` (seconds of all threads), `peak` (bytes) of DuckDB's bare scan and of
        `read_usage`; `read` also has `days`, their checksum `sum`, and the number of `errors`
    ratio : seconds of `read` over those of `scan`
    """
    with tempfile.TemporaryDirectory(prefix="flexopt-size-", dir=folder) as place:
        path = Path(place) / f"usage.{kind}"
        generate(path, rows, seed, kind=kind, timed=timed)
        size = path.stat().st_size
        scan = _measured("scan", path, memory)
        read = _measured("read", path, memory)
    return {
        "rows": rows,
        "bytes": size,
        "kind": kind,
        "memory": memory,
        "scan": scan,
        "read": read,
        "ratio": read["seconds"] / scan["seconds"],
    }


def _measured(what: str, path: Path, memory: str | None) -> dict[str, Any]:
    command = [sys.executable, __file__, "--measure", what, str(path), memory or ""]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def _measure(what: str, path: Path, memory: str | None) -> dict[str, Any]:
    """In the child: imports are not counted, their memory is."""
    found = _scan if what == "scan" else _read
    import duckdb  # noqa: F401

    import flexopt.inputs.usage  # noqa: F401

    began, cpu = time.monotonic(), time.process_time()
    result = found(path, memory)
    measured = {
        "seconds": time.monotonic() - began,
        "cpu": time.process_time() - cpu,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    return measured | result()


def _scan(path: Path, memory: str | None) -> Callable[[], dict[str, Any]]:
    import duckdb

    con = duckdb.connect()
    reader = "read_parquet" if path.suffix == ".parquet" else "read_csv"
    row = con.execute(f"select count(*), max(columns(*)) from {reader}(?)", [str(path)]).fetchone()
    return lambda: {"rows": row[0] if row else 0}


def _read(path: Path, memory: str | None) -> Callable[[], dict[str, Any]]:
    from flexopt.inputs.scenario.scenario import Scenario
    from flexopt.inputs.usage import read_usage

    scenario = Scenario.model_validate(
        {
            "schema": "flexopt.scenario/1",
            "name": "size",
            "currency": "USD",
            "horizon": {"start": "2026-01-01", "months": 12},
            "products": [{"id": p, "rates": [{"from": "2021-09-07", "tokens": 7}]} for p in PRODUCTS],
            "tokens": {"tiers": [{"from": 100, "price": 3}]},
        }
    )
    usage = read_usage([path], scenario, path.parent, memory=memory)
    return lambda: {
        "days": len(usage.days),
        "sum": _sum(usage.days),
        "errors": len(usage.findings.errors),
    }


def _sum(days: Any) -> int:
    """A number that is the same for the same days."""
    number = days["date"].to_numpy().astype(np.int64) // 86_400
    for column in ("user", "product"):
        number = number * 1_000_003 + days[column].cat.codes.to_numpy().astype(np.int64)
    return int((number ^ (number >> 17)).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=["csv", "parquet"], default="csv")
    parser.add_argument("--timed", action="store_true", help="rows with start and end instead of dates")
    parser.add_argument("--memory", help="limit for read_usage, such as 4GB")
    parser.add_argument("--folder", type=Path, help="where the file is made (default: the temporary folder)")
    parser.add_argument("--json", type=Path, help="write the measurements there")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        what, path, memory = options.measure
        print(json.dumps(_measure(what, Path(path), memory or None)))
        return
    found = run(
        options.rows,
        seed=options.seed,
        kind=options.kind,
        timed=options.timed,
        memory=options.memory,
        folder=options.folder,
    )
    print(f"{found['rows']:,} rows, {found['bytes'] / 1e6:,.0f} MB of {found['kind']}")
    print(f"{'':12} {'seconds':>8} {'cpu':>8} {'peak MB':>8}")
    for what in ("scan", "read"):
        m = found[what]
        print(f"{what:12} {m['seconds']:>8.2f} {m['cpu']:>8.2f} {m['peak'] / 1e6:>8,.0f}")
    print(f"read / scan: {found['ratio']:.2f}; {found['read']['days']:,} chargeable days")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
