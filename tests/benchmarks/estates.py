"""Estates of any size without files: a scenario and its demand, made with numpy, the same for the same seed.

12 months, quarterly tranches, 4 token tiers, 2 collections, annual and monthly terms, some seats owned.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
from random_instances import COLLECTIONS, DISCIPLINES, PRODUCTS, TIERS

from flexopt.base.dates import anniversaries
from flexopt.base.findings import Findings
from flexopt.demand.forecast import Demand
from flexopt.inputs.scenario.scenario import Scenario

START = date(2026, 1, 1)
MONTHS = 12


def a_scenario(users: int, **changes: object) -> Scenario:
    """Prices as in tests/cases; a twentieth of the users could sit on owned seats."""
    offers = []
    for name, (_, year, month) in PRODUCTS.items():
        slug = name.lower().replace(" ", "-")
        annual = {"from": date(2025, 1, 1), "new": year, "renewal": Decimal(year) * Decimal("0.9")}
        offers.append({"id": f"{slug}-1y", "covers": [name], "term_months": 12, "prices": [annual]})
        monthly = {"from": date(2025, 1, 1), "new": month}
        offers.append({"id": f"{slug}-1m", "covers": [name], "term_months": 1, "prices": [monthly]})
    for id, (covers, year) in COLLECTIONS.items():
        annual = {"from": date(2025, 1, 1), "new": year, "renewal": Decimal(year) * Decimal("0.9")}
        offers.append({"id": id, "covers": covers, "term_months": 12, "prices": [annual]})
    document = {
        "schema": "flexopt.scenario/1",
        "name": f"{users:,} users",
        "currency": "USD",
        "horizon": {"start": START, "months": MONTHS},
        "products": [
            {"id": name, "rates": [{"from": date(2021, 9, 7), "tokens": rate}]}
            for name, (rate, _, _) in PRODUCTS.items()
        ],
        "offers": offers,
        "tokens": {
            "tiers": [{"from": f, "price": p} for f, p in TIERS],
            "purchase_dates": "quarterly",
            "buffer": Decimal("0.1"),
        },
        "holdings": [
            {"offer": "autocad-1y", "quantity": max(1, users // 40), "ends": date(2026, 4, 1)},
            {"offer": "aec-1y", "quantity": max(1, users // 40), "ends": date(2026, 7, 1)},
        ],
        "solver": {"gap": Decimal("0.000001"), "time_limit": 300},
        **changes,
    }
    return Scenario.model_validate(document)


def a_demand(users: int, seed: int = 1) -> Demand:
    """Power users, some near break-even, occasional ones and ones with a season, in five disciplines."""
    rng = np.random.default_rng(seed)
    names = list(PRODUCTS)
    discipline = rng.integers(0, len(DISCIPLINES), users)
    opened = np.zeros((users, len(names)), dtype=bool)
    for d, likely in enumerate(DISCIPLINES):
        mine = discipline == d
        for name, chance in likely.items():
            opened[mine, names.index(name)] = rng.random(int(mine.sum())) < chance
        opened[mine & ~opened.any(axis=1), names.index(next(iter(likely)))] = True
    pair_user, pair_product = np.nonzero(opened)
    kind = rng.choice(4, users, p=[0.30, 0.25, 0.30, 0.15])
    low, high = np.array([140, 50, 2, 30]), np.array([240, 140, 40, 84])
    yearly = rng.uniform(low[kind], high[kind])[pair_user]
    other = np.diff(pair_user, prepend=-1) == 0
    yearly = yearly * np.where(other, rng.uniform(0.1, 0.9, len(pair_user)), 1.0)
    months = np.arange(MONTHS)
    season = (months[None, :] - rng.integers(0, MONTHS, users)[pair_user][:, None]) % MONTHS < 4
    seasonal = (kind == 3)[pair_user][:, None]
    weight = np.where(seasonal, season * 1.0, rng.uniform(0.6, 1.4, (len(pair_user), MONTHS)))
    days = yearly[:, None] * weight / weight.sum(axis=1, keepdims=True)
    days = np.minimum(np.floor(days + rng.random(days.shape)), 23).astype(np.int64)
    days[days.sum(axis=1) == 0, 0] = 1
    pair, month = np.nonzero(days)
    firsts = np.array([(d - START).days for d in anniversaries(START, _end())], dtype=np.int64)
    spans = pd.DataFrame(
        {
            "pair": pair,
            "first": firsts[month],
            "after": firsts[month] + 1,
            "count": days[pair, month],
            "per": np.ones(len(pair), dtype=np.int64),
        }
    )
    factor = np.empty(len(pair_user), dtype=object)
    factor[:] = Decimal(1)
    rule = np.empty(len(pair_user), dtype=object)
    rule[:] = ""
    return Demand(
        users=tuple(f"u{n:07d}" for n in range(users)),
        groups=("",) * users,
        cost_centres=("",) * users,
        products=tuple(names),
        pair_user=pair_user.astype(np.int64),
        pair_product=pair_product.astype(np.int64),
        pair_factor=factor,
        pair_rule=rule,
        spans=spans,
        left_out=pd.DataFrame({"user": [], "product": [], "days": [], "reason": []}),
        history=(START - timedelta(days=365), START - timedelta(days=1)),
        findings=Findings(),
    )


def _end() -> date:
    return date(START.year + 1, START.month, START.day)
