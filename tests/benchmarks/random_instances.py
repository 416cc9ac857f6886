"""Random instances of 50-400 users, solved one after the other: how far the proof goes, and how fast.

    python tests/benchmarks/random_instances.py --users 50-400 --count 10 --seed 1

The same seed gives the same instances. Every instance is a scenario in the format of tests/cases, written to
a temporary folder or kept in `--keep FOLDER`; `--limit` and `--gap` override its solver options, `--plan`
also prices the baselines, audits and bills (by default only the optimisation is timed).
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from flexopt import load_scenario, plan
from flexopt.base.errors import FlexoptError
from flexopt.demand.forecast import forecast
from flexopt.inputs.records import ScenarioFile
from flexopt.inputs.usage import read_usage
from flexopt.model.sets import formulate
from flexopt.solve.optimise import Infeasible, optimise

START = date(2026, 1, 1)
# tokens a day, a seat for a year and for a month: illustrative list prices, as in tests/cases
PRODUCTS = {
    "AutoCAD": (7, 2310, 290),
    "Revit": (10, 2985, 375),
    "Civil 3D": (10, 2780, 350),
    "Navisworks Manage": (9, 2605, 330),
    "Fusion": (3, 680, 85),
    "Inventor": (10, 2500, 315),
}
COLLECTIONS = {
    "aec-1y": (["AutoCAD", "Revit", "Civil 3D", "Navisworks Manage"], 3675),
    "pdm-1y": (["AutoCAD", "Inventor", "Fusion", "Navisworks Manage"], 3415),
}
# what people of one discipline open, and how likely each of them opens it
DISCIPLINES = [
    {"Revit": 0.95, "AutoCAD": 0.7, "Navisworks Manage": 0.3},
    {"Civil 3D": 0.95, "AutoCAD": 0.6, "Navisworks Manage": 0.2},
    {"Inventor": 0.9, "AutoCAD": 0.5, "Fusion": 0.4},
    {"AutoCAD": 1.0, "Fusion": 0.15},
    {"Navisworks Manage": 0.9, "AutoCAD": 0.25, "Revit": 0.25},
]
TIERS = [(100, 3.0), (5000, 2.85), (10000, 2.7), (50000, 2.5)]


@dataclass(frozen=True)
class Result:
    users: int
    pairs: int
    total: Decimal
    gap: Decimal
    status: str
    seconds: float


def instance(rng: random.Random, users: int) -> tuple[dict[str, Any], list[str]]:
    """A scenario (as its YAML will be) and the lines of its usage file."""
    usage = [line for n in range(users) for line in _user(rng, f"u{n:05d}")]
    rng.shuffle(usage)  # exports come in any order
    return _scenario(rng, users), ["user,product,date", *usage]


def _scenario(rng: random.Random, users: int) -> dict[str, Any]:
    monthly = rng.random() < 0.5
    seat_only = rng.choice(["Inventor", "Fusion"]) if rng.random() < 0.3 else ""
    document: dict[str, Any] = {
        "schema": "flexopt.scenario/1",
        "name": "random instance",
        "currency": "USD",
        "horizon": {"start": START, "months": 12},
        "usage": {"files": ["usage.csv"]},
        "demand": {"method": "repeat"},
        "products": [
            {"id": name, "flex": False}
            if name == seat_only
            else {"id": name, "rates": [{"from": date(2021, 9, 7), "tokens": rate}]}
            for name, (rate, _, _) in PRODUCTS.items()
        ],
        "offers": _offers(rng, users, monthly),
        "tokens": {
            "tiers": [{"from": f, "price": p} for f, p in TIERS[: rng.randint(1, 4)]],
            "increment": 100,
            "valid_days": 365,
            "purchase_dates": rng.choice(["start", "quarterly", "quarterly", "monthly"]),
            "buffer": rng.choice([0, 0.1, 0.15]),
        },
        "solver": {"name": "cbc", "gap": 1.0e-6, "time_limit": 300, "threads": 1, "seed": 1},
    }
    if rng.random() < 0.4:
        document["demand"]["growth"] = {"default": 0.05, "products": {"Revit": 0.2}}
    if rng.random() < 0.5:
        document["negotiated"] = {"seats": 0.15, "offers": {"revit-1y": 0.22}, "tokens": 0.05}
    if rng.random() < 0.6:
        document["holdings"] = _holdings(rng, users)
    if rng.random() < 0.5:
        document["pool"] = [
            {"tokens": rng.randint(2, 30) * users, "expires": START + timedelta(days=rng.randint(30, 330))}
            for _ in range(rng.randint(1, 2))
        ]
    if rng.random() < 0.5:
        document["cloud"] = [{"service": "CFD solve", "monthly_tokens": rng.randint(1, 5) * users}]
        document["cloud"][0].update({"buffer": 0.5} if rng.random() < 0.5 else {})
    if rng.random() < 0.3:
        document["policy"] = [
            {"user": f"u{rng.randrange(users):05d}", "product": rng.choice(["AutoCAD", "Revit"]), "access": a}
            for a in ("named", "flex")
        ]
    return document


def _offers(rng: random.Random, users: int, monthly: bool) -> list[dict[str, Any]]:
    offers = []
    for name, (_, year, month) in PRODUCTS.items():
        slug = name.lower().replace(" ", "-")
        offers.append(_offer(f"{slug}-1y", [name], 12, year))
        if monthly:
            offers.append(_offer(f"{slug}-1m", [name], 1, month))
    offers += [_offer(id, covers, 12, year) for id, (covers, year) in COLLECTIONS.items()]
    if rng.random() < 0.2:  # seat tiers and minima are rarer than token tiers
        tiered = rng.choice([o for o in offers if o["term_months"] == 12])
        tiered["tiers"] = [{"from": max(2, users // 10), "discount": 0.05}]
        tiered["minimum"] = rng.choice([0, 3])
    return offers


def _offer(id: str, covers: list[str], months: int, price: int) -> dict[str, Any]:
    terms: dict[str, Any] = {"from": date(2025, 1, 1), "new": price}
    if months == 12:
        terms["renewal"] = round(price * 0.9, 2)
    return {"id": id, "covers": covers, "term_months": months, "prices": [terms]}


def _holdings(rng: random.Random, users: int) -> list[dict[str, Any]]:
    ends = [date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 15), date(2026, 10, 1)]
    offers = ["autocad-1y", "revit-1y", "civil-3d-1y", "inventor-1y", "aec-1y"]
    return [
        {"offer": offer, "quantity": rng.randint(1, max(1, users // 8)), "ends": day}
        for offer in rng.sample(offers, rng.randint(1, 4))
        for day in rng.sample(ends, rng.randint(1, 2))
    ]


def _user(rng: random.Random, user: str) -> Iterator[str]:
    """A power user, one near break-even, an occasional one, or one with a season."""
    kind = rng.choices(["power", "middle", "occasional", "seasonal"], [30, 25, 30, 15])[0]
    likely = rng.choice(DISCIPLINES)
    opened = [name for name, chance in likely.items() if rng.random() < chance] or [next(iter(likely))]
    for position, product in enumerate(opened):
        share = 1.0 if position == 0 else rng.uniform(0.1, 0.9)
        if kind == "seasonal":
            begin = rng.randrange(365)
            pool = [(begin + n) % 365 for n in range(rng.randint(45, 120))]
            count = len(pool) * 0.7
        else:
            pool = [d for d in range(365) if (d + 2) % 7 < 5]  # 2025 begins on a Wednesday
            low, high = {"power": (140, 240), "middle": (50, 140), "occasional": (2, 40)}[kind]
            count = rng.uniform(low, high)
        for offset in rng.sample(pool, min(len(pool), max(1, round(count * share)))):
            yield f"{user},{product},{date(2025, 1, 1) + timedelta(days=offset)}"


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Scenarios have no anchors: a date that is there twice is written twice."""
        return True


def write(folder: Path, document: dict[str, Any], usage: list[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "scenario.yaml"
    path.write_text(yaml.dump(document, Dumper=_Dumper, sort_keys=False), encoding="utf-8")
    (folder / "usage.csv").write_text("\n".join(usage) + "\n", encoding="utf-8")
    return path


def run(path: Path, options: argparse.Namespace) -> Result:
    """Solve one instance; `--plan` is the whole way with baselines and audit."""
    file = load_scenario(path)
    wanted: dict[str, Any] = {"name": options.solver or file.scenario.solver.name}
    if options.limit is not None:
        wanted["time_limit"] = Decimal(options.limit)
    if options.gap is not None:
        wanted["gap"] = Decimal(options.gap)
    solver = file.scenario.solver.model_copy(update=wanted)
    file = replace(file, scenario=file.scenario.model_copy(update={"solver": solver}))
    if options.plan:
        began = time.monotonic()
        made = plan(file)
        pairs = len(made.assignment[["user", "product"]].drop_duplicates())
        users = made.assignment["user"].nunique()
        seconds = time.monotonic() - began
        return Result(users, pairs, made.total.amount, made.gap, made.status, seconds)
    return _optimised(file)


def _optimised(file: ScenarioFile) -> Result:
    usage = read_usage(file.usage_files, file.scenario, file.folder)
    demand = forecast(file.scenario, usage, file.people)
    began = time.monotonic()
    best = optimise(formulate(file.scenario, file.holdings, demand))
    seconds = time.monotonic() - began
    return Result(len(demand.users), demand.pairs, best.cost, best.gap, best.status.value, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--users", default="50-400", help="a number, or a range such as 50-400")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", help="seconds for one instance (default: the scenario's 300)")
    parser.add_argument("--gap", help="relative gap (default: the scenario's 1e-6)")
    parser.add_argument("--solver", choices=["cbc", "highs"])
    parser.add_argument("--plan", action="store_true", help="the whole plan, not only the optimum")
    parser.add_argument("--keep", type=Path, help="write the instances to this folder and keep them")
    options = parser.parse_args()
    low, _, high = options.users.partition("-")
    results: list[Result] = []
    failures = 0
    print(f"{'instance':>9} {'users':>6} {'pairs':>6} {'total':>14} {'gap':>9} {'status':>9} {'seconds':>8}")
    with tempfile.TemporaryDirectory(prefix="flexopt-random-") as temporary:
        folder = options.keep or Path(temporary)
        for n in range(options.seed, options.seed + options.count):
            rng = random.Random(n)
            document, usage = instance(rng, rng.randint(int(low), int(high or low)))
            path = write(folder / f"random-{n}", document, usage)
            try:
                result = run(path, options)
            except (FlexoptError, Infeasible) as error:
                failures += 1
                print(f"{n:>9} {type(error).__name__}: {str(error) or 'no plan satisfies all rules'}")
                continue
            results.append(result)
            print(
                f"{n:>9} {result.users:>6} {result.pairs:>6} {result.total:>14,} {float(result.gap):>9.1e} "
                f"{result.status:>9} {result.seconds:>8.2f}",
                flush=True,
            )
    if results:
        seconds = [r.seconds for r in results]
        print(
            f"\n{len(results)} solved, {failures} failed; "
            f"{sum(r.status == 'optimal' for r in results)} proven, "
            f"largest gap {max(float(r.gap) for r in results):.1e}; seconds: "
            f"median {statistics.median(seconds):.2f}, most {max(seconds):.2f}, sum {sum(seconds):.1f}"
        )


if __name__ == "__main__":
    main()
