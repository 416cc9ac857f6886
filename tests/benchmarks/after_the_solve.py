"""Seconds and memory of every step after the solve: bill, document, audit, plan folder.

    python tests/benchmarks/after_the_solve.py 10000 100000 1000000 --json steps.json

Nothing is solved: the demand is drawn at random as arrays, and a rule of thumb decides who sits on what. The
same seed gives the same plan. `problem` is what stands there before the first step.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from reports import summary_text

from flexopt.audit import audit
from flexopt.base.findings import Findings
from flexopt.demand.forecast import Demand
from flexopt.inputs.records import Coverage, ScenarioFile, TodaysAccess, Usage
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.model.sets import Problem, formulate
from flexopt.model.solution import Solution
from flexopt.planning.baselines import Baseline
from flexopt.planning.bill import Bill, make_bill
from flexopt.planning.document import make_document
from flexopt.solve.optimise import Optimum
from flexopt.store.folder import write_folder
from flexopt.store.plan import PlanDocument
from flexopt.store.tables import BASELINES

T = TypeVar("T")
Ints = npt.NDArray[np.int64]

# tokens a day, and a seat for a year: illustrative list prices, as in tests/cases
PRODUCTS = {
    "AutoCAD": (7, 2310),
    "Revit": (10, 2985),
    "Civil 3D": (10, 2780),
    "Navisworks Manage": (9, 2605),
    "Fusion": (3, 680),
    "Inventor": (10, 2500),
}
COLLECTION = ["AutoCAD", "Revit", "Civil 3D", "Navisworks Manage"]
GROWTH = {"design": Decimal("1.05"), "site": Decimal("1.12"), "": Decimal("1.02")}
SEAT_FROM = 90
"""Days a year from which a pair is put on a seat."""


def a_scenario(users: int) -> Scenario:
    offers: list[dict[str, Any]] = []
    for name, (_, price) in PRODUCTS.items():
        slug = name.lower().replace(" ", "-")
        prices = [{"from": "2025-01-01", "new": price, "renewal": price * 9 // 10}]
        offers.append({"id": f"{slug}-1y", "covers": [name], "term_months": 12, "prices": prices})
    offers.append(
        {
            "id": "autocad-1m",
            "covers": ["AutoCAD"],
            "term_months": 1,
            "prices": [{"from": "2025-01-01", "new": 290}],
        }
    )
    offers.append(
        {
            "id": "aec-1y",
            "covers": COLLECTION,
            "term_months": 12,
            "prices": [{"from": "2025-01-01", "new": 3675}],
        }
    )
    rates = {name: [{"from": "2021-09-07", "tokens": rate}] for name, (rate, _) in PRODUCTS.items()}
    rates["Revit"].append({"from": "2026-08-15", "tokens": "10.5"})
    return Scenario.model_validate(
        {
            "schema": "flexopt.scenario/1",
            "name": "after the solve",
            "currency": "USD",
            "horizon": {"start": "2026-01-01", "months": 12},
            "demand": {
                "growth": {"default": "0.02", "groups": {g: str(f - 1) for g, f in GROWTH.items() if g}}
            },
            "products": [{"id": name, "rates": rates[name]} for name in PRODUCTS],
            "offers": offers,
            "tokens": {
                "tiers": [{"from": 100, "price": "3.00"}, {"from": 50_000, "price": "2.50"}],
                "increment": 100,
                "valid_days": 365,
                "purchase_dates": "quarterly",
                "buffer": "0.15",
            },
            "holdings": [{"offer": "autocad-1y", "quantity": users // 20, "ends": "2026-04-01"}],
            "pool": [{"tokens": users, "expires": "2026-05-17"}],
            "policy": [{"group": "site", "product": "Fusion", "access": "flex"}],
            "cloud": [{"service": "CFD solve", "monthly_tokens": users, "buffer": "0.5"}],
        }
    )


def a_demand(scenario: Scenario, users: int, rng: np.random.Generator) -> Demand:
    """Three pairs for every two users; a day in seven to one in three for few of them, some days for most."""
    products = len(PRODUCTS)
    chosen = np.sort(
        rng.permuted(np.tile(np.arange(products, dtype=np.int8), (users, 1)), axis=1)[:, :3], axis=1
    )
    kept = np.arange(3) < rng.choice([1, 2, 3], users, p=[0.6, 0.3, 0.1])[:, None]
    pair_user, column = np.nonzero(kept)
    pair_product = chosen[pair_user, column].astype(np.int64)
    group = rng.integers(0, 3, users)
    names = np.array(list(GROWTH), dtype=object)
    fusion = list(PRODUCTS).index("Fusion")
    pairs = len(pair_user)
    size = rng.choice([5, 30, 130], pairs, p=[0.68, 0.2, 0.12]) + rng.integers(-4, 5, pairs)
    step = rng.choice([1, 7, 11, 29, 37], pairs)  # none divides 365: no day comes twice
    pair = np.repeat(np.arange(pairs), size)
    number = np.arange(len(pair)) - np.repeat(np.cumsum(size) - size, size)
    day = (rng.integers(0, 365, pairs)[pair] + number * step[pair]) % 365
    key = np.sort(pair * 365 + day)
    pair, day = np.divmod(key, 365)
    gone = [f"left{n:07}" for n in range(users // 50)]
    return Demand(
        users=tuple(f"u{n:07}@example.com" for n in range(users)),
        groups=tuple(names[group].tolist()),
        cost_centres=tuple(f"CC {n:02}" for n in group.tolist()),
        products=tuple(PRODUCTS),
        pair_user=pair_user,
        pair_product=pair_product,
        pair_factor=np.array(list(GROWTH.values()), dtype=object)[group[pair_user]],
        pair_rule=np.where((group[pair_user] == 1) & (pair_product == fusion), "flex", "").astype(object),
        spans=pd.DataFrame({"pair": pair, "first": day, "after": day + 1, "count": 1, "per": 1}),
        left_out=pd.DataFrame(
            {"user": gone, "product": "Revit", "days": 3, "reason": "policy: access none"}
        ).astype({"user": object}),
        history=(date(2025, 1, 1), date(2025, 12, 31)),
        findings=Findings(),
    )


def a_solution(problem: Problem) -> Solution:
    """A rule of thumb: many days get the seat of a year, on two products of a collection the collection.

    The first users of AutoCAD sit on the owned seats and renew them; others have three seats for a month.
    """
    demand = problem.demand
    contract = {(c.offer, c.kind, c.start): k for k, c in enumerate(problem.contracts)}
    start, users = problem.edges[0], len(demand.users)
    often = problem.days.sum(axis=1) >= SEAT_FROM
    often &= demand.pair_rule != "flex"
    covered = np.isin(demand.pair_product, [list(PRODUCTS).index(p) for p in COLLECTION])
    whole = np.bincount(demand.pair_user[often & covered], minlength=users) > 1
    seats = [(np.flatnonzero(whole), contract["aec-1y", "new", start])]
    owned = next(k for k, c in enumerate(problem.contracts) if c.kind == "owned")
    renewal = next(k for k, c in enumerate(problem.contracts) if c.kind == "renewal")
    months = [k for k, c in enumerate(problem.contracts) if c.offer == "autocad-1m"]

    def seat(pairs: Ints, k: int) -> None:
        """Seats for the users of these pairs, if they have days under it."""
        c = problem.contracts[k]
        needed = problem.days[pairs, c.first : c.after].any(axis=1)
        seats.append((demand.pair_user[pairs[needed]], k))

    for p, name in enumerate(PRODUCTS):
        mine = (demand.pair_product == p) & ~(covered & whole[demand.pair_user])
        seated = np.flatnonzero(mine & often)
        if name == "AutoCAD":
            first = seated[: problem.contracts[owned].quantity]
            seat(first, owned)
            seat(first, renewal)
            seated = seated[len(first) :]
            others = np.flatnonzero(mine & ~often)[::4]
            for m, k in enumerate(months):
                seat(others[m % 4 :: 4], k)
        seat(seated, contract[f"{name.lower().replace(' ', '-')}-1y", "new", start])
    table = np.concatenate([np.column_stack([u, np.full(len(u), k)]) for u, k in seats])
    table = table[np.lexsort((table[:, 1], table[:, 0]))]

    flex = problem.tokens.copy()
    first_pair = np.searchsorted(demand.pair_user, np.arange(users + 1))
    for k, c in enumerate(problem.contracts):
        mine = table[table[:, 1] == k, 0]
        for offset in range(3):
            i = first_pair[mine] + offset
            i = i[i < first_pair[mine + 1]]
            i = i[np.isin(demand.pair_product[i], list(c.covers))]
            flex[i, c.first : c.after] = 0
    need = float(flex.sum()) * (1 + problem.buffer) + float(problem.cloud.sum())
    lot = next(n for n, pack in enumerate(problem.packs) if pack.tokens is None)
    units = int(need / problem.scenario.tokens.increment) + 2
    tier = next(j for j, t in enumerate(problem.tiers[lot]) if t.lower <= units <= t.upper)
    return Solution(table, ((lot, tier, units),), ())


def a_document(
    problem: Problem, solution: Solution, usage: Usage, source: ScenarioFile, bill: Bill
) -> PlanDocument:
    """The plan document of the solution, as if nothing were cheaper."""
    return make_document(
        source=source,
        usage=usage,
        problem=problem,
        optimum=Optimum(solution, bill.total, Decimal(0), bill.total, 0, 0, 0, 0, None, {}),
        bill=bill,
        baselines={name: Baseline(bill.total, bill.total, Decimal(0)) for name in BASELINES},
        findings=Findings(),
        version="0.0",
    )


class Watch:
    """Seconds and the peak of memory of each step, in MB; 0 where the system does not tell."""

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, float]] = {}

    def step(self, name: str, work: Callable[[], T]) -> T:
        status = Path("/proc/self/status")
        if status.exists():
            Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
        began, cpu = time.perf_counter(), time.process_time()
        done = work()
        peak = (
            [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
            if status.exists()
            else []
        )
        self.steps[name] = {
            "seconds": round(time.perf_counter() - began, 2),
            "cpu": round(time.process_time() - cpu, 2),
            "peak_mb": int(peak[0].split()[1]) // 1024 if peak else 0,
        }
        return done


def run(users: int, seed: int, keep: Path | None = None) -> dict[str, Any]:
    """Every step once; the plan is written to `keep`, or to a folder that is removed. The audit passes."""
    watch = Watch()
    rng = np.random.default_rng(seed)
    scenario = a_scenario(users)
    problem, solution, usage, source = watch.step("problem", lambda: prepare(scenario, users, rng))
    demand = problem.demand
    bill = watch.step("bill", lambda: make_bill(problem, solution))
    document = watch.step("document", lambda: a_document(problem, solution, usage, source, bill))
    failures = watch.step("audit", lambda: audit(document, scenario, source.holdings, demand))
    if failures:
        raise SystemExit(f"the audit fails: {failures[:5]}")
    with tempfile.TemporaryDirectory() as folder:
        place = keep or Path(folder) / "it.plan"
        watch.step("folder", lambda: write_folder(document, place))
        text = watch.step("summary", lambda: summary_text(document))
        if keep:
            (keep / ".terminal.txt").write_text(text, encoding="utf-8")
        size = sum(path.stat().st_size for path in place.iterdir())
    after = [s for name, s in watch.steps.items() if name != "problem"]
    return {
        "users": users,
        "pairs": demand.pairs,
        "cells": len(problem.cells),
        "spans": len(demand.spans),
        "rows": len(document.assignment),
        "folder_mb": size // 2**20,
        "seconds": round(sum(s["seconds"] for s in after), 2),
        "peak_mb": max(s["peak_mb"] for s in after),
        "steps": watch.steps,
    }


def prepare(
    scenario: Scenario, users: int, rng: np.random.Generator
) -> tuple[Problem, Solution, Usage, ScenarioFile]:
    demand = a_demand(scenario, users, rng)
    problem = formulate(scenario, scenario.holdings, demand)
    totals = pd.DataFrame({"user": [], "product": [], "days": [], "first": [], "after": []}, dtype=object)
    code = demand.pair_user[demand.spans["pair"].to_numpy()]
    days = pd.DataFrame({"user": pd.Categorical.from_codes(code, pd.Index(demand.users))})
    coverage = Coverage("usage.csv", "plain", len(days), len(days), 0, 0, 0, 0, 0)
    source = ScenarioFile(
        name="scenario",
        path=Path("scenario.yaml"),
        scenario=scenario,
        usage_files=(),
        people={},
        access=tuple(TodaysAccess(u, "AutoCAD", "named") for u in demand.users[::5]),
        holdings=scenario.holdings,
        sources=(),
        findings=Findings(),
    )
    return problem, a_solution(problem), Usage(days, totals, (coverage,), (), Findings()), source


def table(found: dict[str, Any]) -> str:
    lines = [
        f"{found['users']:,} users, {found['pairs']:,} pairs, {found['cells']:,} cells, "
        f"{found['rows']:,} rows, {found['folder_mb']:,} MB written",
        f"{'step':10}{'seconds':>10}{'cpu':>10}{'peak MB':>10}",
        *(
            f"{name:10}{s['seconds']:10.2f}{s['cpu']:10.2f}{s['peak_mb']:10,}"
            for name, s in found["steps"].items()
        ),
        f"{'together':10}{found['seconds']:10.2f}{'':10}{found['peak_mb']:10,}",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("users", nargs="*", type=int, default=[10_000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the plan of the last size there")
    options = parser.parse_args()
    found = []
    for users in options.users:
        found.append(run(users, options.seed, options.keep))
        print(table(found[-1]), end="\n\n", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
