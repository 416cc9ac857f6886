"""Seconds and megabytes of every export of a plan, each in a process of its own, imports included.

    python tests/benchmarks/exports.py 5000 --json exports.json

The plan is that of after_the_solve.py: nothing is solved. Changes and moves of all users are in it too.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from after_the_solve import run
from documents import data, typed

from flexopt.exports.formats import EXPORTERS
from flexopt.store.folder import read_document, write_folder

ONE = "from flexopt.cli import main; main()"


def with_rows(document: dict[str, Any]) -> dict[str, Any]:
    """The plan with a comparison in which every second row changes, and a review with a move for each."""
    rows = list(document["assignment"])
    total, s = document["total"], document["summary"]
    names = (
        "commitment",
        "annual_seats",
        "monthly_seats",
        "seat_months",
        "seats_owned",
        "tokens_bought",
        "tokens_used",
        "tokens_expired",
    )
    quote = {name: s[name] for name in (*names, "seats", "tokens", "effective_token_price")}
    quote |= {"status": "optimal", "total": total, "bound": total, "gap": "0", "difference": "0.00"}
    quote |= {"users_changed": len(rows) // 2, "offers": [], "purchases": []}
    comparison = {
        "currency": document["currency"],
        "scenarios": [quote | {"id": name, "name": name} for name in "ab"],
        "cheapest": "a",
        "regret": [["0.00", "0.00"], ["0.00", "0.00"]],
        "notes": [],
        "drivers": [],
        "changes": [
            {
                "scenario": "b",
                "user": r["user"],
                "product": r["product"],
                "before": r["offer"],
                "after": "Flex",
            }
            for r in rows[::2]
        ],
    }
    moves = [
        {key: r[key] for key in ("user", "product", "group")}
        | {"move": "to Flex", "before": r["offer"], "after": "Flex", "saving": "1.00"}
        for r in rows
    ]
    review = {"today": None, "total": total, "saving": None, "moves": moves, "checks": []}
    review |= {"counts": {"to Flex": len(moves)}, "double_use": [], "idle": [], "leavers": []}
    return document | {"comparison": comparison, "review": review}


def measure(users: int, folder: Path) -> list[dict[str, Any]]:
    plan = folder / "it.plan"
    run(users, 1, plan)
    (plan / ".terminal.txt").unlink()
    write_folder(typed(with_rows(data(read_document(plan)))), plan)
    found = []
    for suffix in EXPORTERS:
        for options in ([], ["--pseudonymise"]):
            out = folder / f"out{suffix}"
            began, cpu = time.perf_counter(), _cpu()
            command = [sys.executable, "-c", ONE, "export", str(plan), "-o", str(out), *options]
            subprocess.run(command, check=True, capture_output=True)
            found.append(
                {
                    "users": users,
                    "export": f"{suffix} {''.join(options)}".strip(),
                    "seconds": round(time.perf_counter() - began, 2),
                    "cpu": round(_cpu() - cpu, 2),
                    "mb": round(out.stat().st_size / 2**20, 2),
                }
            )
    return found


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("users", nargs="*", type=int, default=[5000])
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    options = parser.parse_args()
    found = []
    for users in options.users:
        with tempfile.TemporaryDirectory() as folder:
            found += measure(users, Path(folder))
        print(f"{users:,} users\n{'export':24}{'seconds':>10}{'cpu':>10}{'MB':>10}")
        for row in found[-2 * len(EXPORTERS) :]:
            print(f"{row['export']:24}{row['seconds']:10.2f}{row['cpu']:10.2f}{row['mb']:10.2f}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
