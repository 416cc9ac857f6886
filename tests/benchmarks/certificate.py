"""Is the certificate ever wrong? Random instances solved whole, and again by bound and core.

    python tests/benchmarks/certificate.py --count 500 --seed 1 --json certificate.json

Every instance is small enough to be solved whole, and has any of the features of a scenario. The bound must
be at most the optimum, the plan at least; a plan said to be optimal must be so within the gap; the plan must
satisfy every row of the whole model; both ways must agree on what is infeasible. What a limit stopped is
counted apart. The same seed gives the same instances, and number n is the same for every count.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from flexopt.base.errors import FlexoptError
from flexopt.base.findings import Findings
from flexopt.demand.forecast import forecast
from flexopt.inputs.records import Usage
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.model.core import everything
from flexopt.model.restriction import Restriction
from flexopt.model.rows import build
from flexopt.model.sets import Problem, formulate
from flexopt.model.solution import Solution
from flexopt.solve.backend import Status, solve
from flexopt.solve.optimise import Infeasible, Optimum, optimise
from flexopt.solve.options import SearchOptions

GAP = Decimal("0.000001")
OLD = date(2020, 1, 1)
"""Prices and rates from before every horizon."""

WHOLE = SearchOptions(small=10**9)
SETTINGS = [
    SearchOptions(small=0),
    SearchOptions(small=0, first_window=0, first_core=2, quick_cores=(1,)),
    SearchOptions(small=0, quick_cores=(), groups=1, first_nodes=5),
    SearchOptions(small=0, most_states=3, first_core=3, most_passes=3),
]
"""Ways to come to a core: as it is, as narrow as can be, without quick cores, with inexact structures."""


@dataclass
class Verdict:
    """How one instance ended; `wrong` is empty where nothing contradicts."""

    number: int
    users: int
    choices: int
    setting: int
    whole: str = ""
    core: str = ""
    optimum: float | None = None
    cost: float | None = None
    bound: float | None = None
    certified: float | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def run(count: int, seed: int, *, limit: float = 15, tell: Callable[[Verdict], None] | None = None) -> dict:  # type: ignore[type-arg]
    """Judge instances `seed ... seed + count - 1`; limit: seconds for each solve."""
    verdicts = []
    for n in range(seed, seed + count):
        verdicts.append(judge(n, limit))
        if tell:
            tell(verdicts[-1])
    both = [v for v in verdicts if v.whole == v.core == "optimal"]
    return {
        "count": len(verdicts),
        "infeasible": sum(v.whole == v.core == "infeasible" for v in verdicts),
        "both proven": len(both),
        "whole not proven": sum(v.whole in ("feasible", "limit") for v in verdicts),
        "core not proven": sum(v.core in ("feasible", "limit") for v in verdicts),
        "by prices alone": sum(_near(v) for v in both),
        "wrong": [asdict(v) for v in verdicts if v.wrong],
        "not proven": [asdict(v) for v in verdicts if {v.whole, v.core} & {"feasible", "limit"}],
        "slowest core": max((v.seconds.get("core", 0.0) for v in verdicts), default=0.0),
    }


def _near(v: Verdict) -> bool:
    return v.certified is not None and v.cost is not None and v.cost - v.certified <= 1e-6 * v.cost + 0.01


def judge(n: int, limit: float) -> Verdict:
    """One instance both ways, and all that must hold between them."""
    problem = a_problem(n, limit)
    core = everything(problem, Restriction())
    setting = n % len(SETTINGS)
    v = Verdict(n, len(problem.demand.users), core.choices, setting)
    whole, v.whole = _solved(problem, WHOLE, v, "whole")
    found, v.core = _solved(problem, SETTINGS[setting], v, "core")
    if "infeasible" in (v.whole, v.core) and v.whole != v.core:
        if v.core == "infeasible" and v.whole in ("optimal", "feasible"):
            v.wrong.append("the core says infeasible, there is a plan")
        if v.whole == "infeasible" and v.core in ("optimal", "feasible"):
            v.wrong.append("the whole model says infeasible, the core has a plan")
    v.wrong += [f"{way}: {said}" for way, said in (("whole", v.whole), ("core", v.core)) if "crash" in said]
    if found is not None:
        v.cost, v.bound = float(found.cost), float(found.objective_bound)
        v.wrong += _breaks(problem, found.solution)
    if whole is not None:
        v.optimum = float(whole.cost)
        _compare(v, whole, found)
    return v


def _compare(v: Verdict, whole: Optimum, found: Optimum | None) -> None:
    if found is None:
        return
    if found.objective_bound > whole.cost:
        v.wrong.append(f"bound {found.objective_bound} above a plan of {whole.cost}")
    if whole.objective_bound > found.cost:
        v.wrong.append(f"the whole model's bound {whole.objective_bound} above a plan of {found.cost}")
    for way, best in (("whole", whole), ("core", found)):
        if best.certificate and best.certificate.bound > min(whole.cost, found.cost):
            v.wrong.append(f"{way}: prices prove {best.certificate.bound} of a plan of {whole.cost}")
    if found.certificate:
        v.certified = float(found.certificate.bound)
    if v.core == v.whole == "optimal" and abs(found.cost - whole.cost) > GAP * max(whole.cost, found.cost):
        v.wrong.append(f"optimal {found.cost} and optimal {whole.cost}")


def _solved(problem: Problem, setting: SearchOptions, v: Verdict, name: str) -> tuple[Optimum | None, str]:
    began = time.monotonic()
    try:
        found = optimise(problem, options=setting)
        return found, found.status.value
    except Infeasible:
        return None, "infeasible"
    except FlexoptError as error:
        return None, "limit" if "time limit" in str(error) else f"crash: {error}"
    except Exception as error:  # whatever it is, it is what this program looks for
        return None, f"crash: {type(error).__name__}: {error}"
    finally:
        v.seconds[name] = round(time.monotonic() - began, 2)


def _breaks(problem: Problem, solution: Solution) -> list[str]:
    """The plan's decisions, put into the whole model: what is wrong with them."""
    m = build(problem, everything(problem, Restriction()))
    taken = {(u, k) for u, k in solution.seats.tolist()}
    if taken - set(m.seat):
        return ["a seat that nobody may have, or uses"]
    values: dict[str, float] = {m.seat[key].name: 1.0 for key in taken}
    values |= {m.units[pk, j].name: n for pk, j, n in solution.purchases}
    values |= {m.tier[pk, j].name: 1.0 for pk, j, _ in solution.purchases}
    values |= {m.seats[k, j].name: n for k, j, n in solution.bought}
    decided = {x.name for x in (*m.seat.values(), *m.units.values(), *m.tier.values(), *m.seats.values())}
    for x in m.lp.variables():
        if x.name in decided:
            x.lowBound = x.upBound = values.get(x.name, 0.0)
    outcome = solve(m.lp, problem.scenario.solver, seconds=10)
    return ["the plan breaks rows of the whole model"] if outcome.status is Status.INFEASIBLE else []


# --- instances -------------------------------------------------------------------------------------------


def a_problem(n: int, limit: float) -> Problem:
    """Instance number n; drafts that `check` would refuse are drawn again."""
    rng = random.Random(n)
    while True:
        try:
            return _drawn(rng, limit)
        except (ValidationError, FlexoptError):
            continue


def _drawn(rng: random.Random, limit: float) -> Problem:
    start = rng.choice([date(2026, 1, 1), date(2026, 1, 31), date(2025, 2, 1), date(2026, 7, 15)])
    months = rng.choice([6, 7, 12, 12, 12, 13, 18, 24])
    products = [f"P{n}" for n in range(rng.choice([1, 2, 2, 3, 4]))]
    users = [f"u{n:02d}" for n in range(rng.choice([1, 3, 6, 10, 16, 24]))]
    document: dict[str, Any] = {
        "schema": "flexopt.scenario/1",
        "currency": "USD",
        "horizon": {"start": start, "months": months},
        "products": [_product(rng, start, name) for name in products],
        "offers": _offers(rng, start, products, len(users)),
        "tokens": _tokens(rng, start, len(users)),
        "solver": {"gap": GAP, "time_limit": limit},
    }
    document |= _optional(rng, start, document, users)
    scenario = Scenario.model_validate(document)
    return formulate(scenario, scenario.holdings, forecast(scenario, _usage(rng, start, users, products), {}))


def _product(rng: random.Random, start: date, name: str) -> dict[str, Any]:
    if rng.random() < 0.1:
        return {"id": name, "flex": False}
    rates = [{"from": OLD, "tokens": rng.choice([10, 7, 3, "0.5", "0"] if rng.random() < 0.3 else [10, 7])}]
    if rng.random() < 0.15:
        rates.append({"from": start + timedelta(days=rng.randint(10, 200)), "tokens": rng.choice([12, 5])})
    return {"id": name, "rates": rates}


def _offers(rng: random.Random, start: date, products: list[str], users: int) -> list[dict[str, Any]]:
    terms = [([p], term) for p in products for term in (12, 1, 3, 36) if rng.random() < _LIKELY[term]]
    for _ in range(rng.choice([0, 0, 1, 2])):
        terms.append((rng.sample(products, rng.randint(1, len(products))), rng.choice([12, 12, 1, 36])))
    offers = []
    for n, (covers, term) in enumerate(terms):
        price = round(rng.choice([500, 1200, 2000]) * (0.5 + 0.5 * len(covers)) * rng.uniform(0.7, 1.2))
        price = {1: price // 8, 3: price // 3, 12: price, 36: price * 5 // 2}[term]
        priced: dict[str, Any] = {"from": OLD, "new": price}
        if rng.random() < 0.4:
            priced["renewal"] = round(price * rng.choice([0.9, 1.1]), 2)
        offer: dict[str, Any] = {"id": f"o{n}", "covers": covers, "term_months": term, "prices": [priced]}
        if rng.random() < 0.1:
            later = start + timedelta(days=rng.randint(1, 200))
            offer["prices"].append({"from": later, "new": round(price * rng.choice([0.7, 1.2]), 2)})
        if rng.random() < 0.1:
            offer["starts"] = rng.choice(["monthly", [start + timedelta(days=rng.randint(1, 150))]])
        if rng.random() < 0.15:
            offer["tiers"] = [{"from": max(2, users // 4), "discount": "0.1"}]
        if rng.random() < 0.1:
            offer["minimum"] = rng.randint(2, 4)
        if rng.random() < 0.1:
            offer["maximum"] = max(offer.get("minimum", 0), rng.randint(0, users))
        offers.append(offer)
    return offers


_LIKELY = {12: 0.8, 1: 0.3, 3: 0.1, 36: 0.15}


def _tokens(rng: random.Random, start: date, users: int) -> dict[str, Any]:
    increment = rng.choice([1, 10, 33, 100, 100, 500])
    least = rng.choice([increment, 100, 150])
    tiers = [{"from": least, "price": "3.00"}]
    for price in ["2.85", "2.4", "1.995"][: rng.randint(0, 3)]:
        least += rng.randint(1, 100 * users + 100)
        tiers.append({"from": least, "price": price})
    few = [start, start + timedelta(days=rng.randint(20, 100))]
    tokens: dict[str, Any] = {
        "tiers": tiers,
        "increment": increment,
        "purchase_dates": rng.choice(["start", "quarterly", "quarterly", "monthly", few, few[1:]]),
    }
    if rng.random() < 0.4:
        tokens["valid_days"] = rng.choice([30, 45, 91, 200, 400])
    if rng.random() < 0.5:
        tokens["buffer"] = rng.choice(["0.15", "0.5"])
    if rng.random() < 0.15:
        tokens["max_oversize"] = rng.choice(["0", "0.05", "0.2"])
    if rng.random() < 0.2:
        tokens["max_purchases"] = rng.choice([0, 1, 2, 3])
    return tokens


def _optional(rng: random.Random, start: date, document: dict[str, Any], users: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    products = [p["id"] for p in document["products"]]
    offers = [o["id"] for o in document["offers"]]
    if offers and rng.random() < 0.5:
        found["holdings"] = [
            {
                "offer": rng.choice(offers),
                "quantity": rng.choice([1, 2, len(users), 5 * len(users)]),
                "ends": start + timedelta(days=rng.choice([0, 31, 90, 200, 500])),
            }
            for _ in range(rng.randint(1, 3))
        ]
    if rng.random() < 0.3:
        found["pool"] = [
            {
                "tokens": rng.randint(1, 60) * len(users),
                "expires": start + timedelta(days=rng.randint(10, 400)),
            }
            for _ in range(rng.randint(1, 2))
        ]
    if rng.random() < 0.3:
        found["policy"] = [
            {
                "user": rng.choice(users),
                "product": rng.choice(products),
                "access": rng.choice(["named", "flex"]),
            }
        ]
    if rng.random() < 0.2:
        found["cloud"] = [{"service": "CFD", "monthly_tokens": rng.choice([5, "12.5", 200]), "buffer": "0.3"}]
    if rng.random() < 0.2:
        first = start + timedelta(days=rng.choice([0, 20]))
        found["budgets"] = [
            {
                "id": "b0",
                "from": first,
                "to": first + timedelta(days=180),
                "amount": rng.randint(1, 1500) * len(users),
            }
        ]
    if rng.random() < 0.3:
        found["negotiated"] = {"seats": "0.15", "tokens": "0.05"}
    if rng.random() < 0.3:
        found["demand"] = {"method": rng.choice(["rate", "repeat"]), "growth": {"default": "0.07"}}
    return found


def _usage(rng: random.Random, start: date, users: list[str], products: list[str]) -> Usage:
    """Days of the year before; some users do just what another does."""
    rows: list[tuple[str, str, pd.Timestamp]] = []
    twin = rng.random() < 0.3
    days: dict[str, list[int]] = {}
    for user in users:
        if not (twin and days):
            days = {}
            for product in products:
                if not days or rng.random() < 0.4:
                    reach = rng.choice([365, 365, 120, 40])
                    begin, count = rng.randint(1, 366 - reach), rng.randint(1, min(reach, 140))
                    days[product] = rng.sample(range(begin, begin + reach), count)
        for product, offsets in days.items():
            rows += [(user, product, pd.Timestamp(start - timedelta(days=d))) for d in offsets]
    frame = pd.DataFrame(rows, columns=["user", "product", "date"])
    frame["date"] = frame["date"].astype("datetime64[s]")
    frame = frame.sort_values(["user", "product", "date"], ignore_index=True)
    totals = pd.DataFrame(columns=["user", "product", "days", "first", "after"])
    totals = totals.astype({"days": "int64", "first": "datetime64[s]", "after": "datetime64[s]"})
    return Usage(frame, totals, (), (), Findings())


# --- command line ----------------------------------------------------------------------------------------


def _print(v: Verdict) -> None:
    line = f"{v.number:>6} {v.setting} {v.users:>3} users {v.choices:>5} choices"
    line += f"  {v.whole[:40]:>10} {v.core[:40]:>10}"
    costs = " ".join(f"{c:>12,.2f}" for c in (v.bound, v.cost, v.optimum, v.certified) if c is not None)
    times = " ".join(f"{s:.1f}" for s in v.seconds.values())
    print(line, costs, f"({times} s)", "WRONG: " + "; ".join(v.wrong) if v.wrong else "", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=15, help="seconds for each solve")
    parser.add_argument("--json", type=Path, help="write the result to this file")
    options = parser.parse_args()
    result = run(options.count, options.seed, limit=options.limit, tell=_print)
    text = json.dumps(result, indent=2)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    print(json.dumps({k: v for k, v in result.items() if not isinstance(v, list)}, indent=2))
    print(f"{len(result['wrong'])} wrong, {len(result['not proven'])} not proven")
    return 1 if result["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
