"""Random scenarios with their usage, for hypothesis: small ones to enumerate, medium ones for laws.

An `Instance` holds the scenario as its YAML would, the usage frame and the people; `source()` is what
`load_scenario` would return. `features()` names the parts of the schema it uses, and tests/test_strategies.py
asserts that the strategies reach all of them. `subscriptions`, `extends` and usage files are about reading,
not about optimising, and have their own tests.

Everything shrinks towards the first choice, so a failing instance loses what it does not need.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import strategies_scenario as parts
import yaml
from hypothesis import reject
from hypothesis import strategies as st

from flexopt.base.findings import Findings, InputError
from flexopt.demand.forecast import Demand, forecast
from flexopt.inputs.records import Person, ScenarioFile, TodaysAccess, Usage
from flexopt.inputs.rules.prices import rounded_off
from flexopt.inputs.scenario.scenario import Scenario

Draw = st.DrawFn
Document = dict[str, Any]


@dataclass(frozen=True)
class Instance:
    document: Document
    usage: pd.DataFrame
    people: dict[str, Person]
    access: tuple[TodaysAccess, ...] = ()

    def __repr__(self) -> str:
        """A failing instance is read by people: the YAML, then the usage."""
        lines = [yaml.safe_dump(self.document, sort_keys=False)]
        lines += [repr(person) for person in self.people.values()]
        for (user, product), rows in self.usage.groupby(["user", "product"]):
            lines.append(f"{user} {product}: {' '.join(rows['date'])}")
        return "\n".join(lines)

    @property
    def scenario(self) -> Scenario:
        return Scenario.model_validate(self.document)

    def source(self) -> ScenarioFile:
        scenario = self.scenario
        return ScenarioFile(
            name="scenario",
            path=Path("scenario.yaml"),
            scenario=scenario,
            usage_files=(),
            people=self.people,
            access=self.access,
            holdings=tuple(h for h in scenario.holdings if h.ends >= scenario.horizon.start),
            sources=(),
            findings=Findings(),
        )

    def read_usage(self) -> Usage:
        """What `usage_from_frame` makes of the frame (a test says so), in a hundredth of the time."""
        names = {n.casefold(): p.id for p in self.scenario.products for n in (p.id, *p.aliases)}
        days = self.usage.assign(
            product=self.usage["product"].str.casefold().map(names),
            date=pd.to_datetime(self.usage["date"]).astype("datetime64[s]"),
        )
        days = days.drop_duplicates().sort_values(["user", "product", "date"], ignore_index=True)
        totals = pd.DataFrame(columns=["user", "product", "days", "first", "after"])
        for column in ("first", "after"):
            totals[column] = pd.to_datetime(totals[column])
        return Usage(days=days, totals=totals, coverage=(), sources=(), findings=Findings())

    def demand(self) -> Demand:
        """The forecast; an instance with nothing left to plan is none (`check` says so)."""
        file = self.source()
        try:
            return forecast(file.scenario, self.read_usage(), file.people)
        except InputError:
            reject()

    def changed(self, **parts: Any) -> Instance:
        """With other top-level parts of the scenario; None removes one."""
        document = {**copy.deepcopy(self.document), **parts}
        return replace(self, document={k: v for k, v in document.items() if v is not None})

    def features(self) -> set[str]:
        """The parts of the schema that matter in this instance."""
        return set(_features(self))


def small() -> st.SearchStrategy[Instance]:
    """1-4 users and 1-3 products, for brute force."""
    return _instances(parts.SMALL)


def medium(users: int = parts.MEDIUM.users) -> st.SearchStrategy[Instance]:
    """Up to 30 users with a year of use."""
    return _instances(replace(parts.MEDIUM, users=users))


@st.composite
def _instances(draw: Draw, size: parts.Size) -> Instance:
    start = draw(st.sampled_from([date(2026, 1, 1), date(2026, 1, 31), date(2025, 2, 1), date(2026, 7, 15)]))
    months = draw(st.sampled_from(size.months))
    products = parts.PRODUCTS[: draw(st.integers(1, size.products))]
    users = [f"u{n}" for n in range(draw(st.integers(1, size.users)))]
    usage = _usage(draw, size, (start, months), users, products)
    people = _people(draw, start, users)
    document: Document = {
        "schema": "flexopt.scenario/1",
        "currency": draw(st.sampled_from(["USD", "USD", "JPY", "KWD"])),
        "horizon": {"start": str(start), "months": months},
        "products": [parts.product(draw, start, name) for name in products],
        "offers": parts.offers(draw, size, start, months, products),
        "tokens": parts.tokens(draw, size, start, months),
        "solver": {"gap": "0.000000001", "time_limit": 60},
    }
    optional: dict[str, st.SearchStrategy[Any]] = {
        "demand": parts.demand(products),
        "negotiated": parts.negotiated(document["offers"]),
        "holdings": parts.holdings(start, document["offers"]),
        "pool": parts.pool(size, start),
        "policy": parts.policy(users, document["products"]),
        "cloud": parts.cloud(size),
        "budgets": parts.budgets(size, start),
    }
    for key, strategy in optional.items():
        if parts.maybe(draw, 3 if key == "budgets" else 2):
            document[key] = draw(strategy)
    return Instance(document, usage, people, _access(draw, document, users))


# --- usage and people ------------------------------------------------------------------------------------


def _usage(
    draw: Draw, size: parts.Size, horizon: tuple[date, int], users: list[str], products: list[str]
) -> pd.DataFrame:
    """Days of the year before the horizon, most of them in the months that it repeats."""
    start, months = horizon
    reach = min(365, months * 30 + 5)
    rows = []
    for user in users:
        for product in products:
            if product != products[0] and not draw(st.booleans()):
                continue
            count = draw(st.integers(1, size.days))
            first = draw(st.integers(0, reach - 1))
            # a season of days in a row, or days spread over the whole reach
            step = draw(st.sampled_from([1, 2, max(1, reach // count)]))
            for n in range(count):
                day = _year_before(start + timedelta(days=(first + n * step) % reach))
                rows.append((user, product, str(day)))
    if start.year == 2025 and draw(st.booleans()):
        rows.append((users[0], products[0], "2024-02-29"))
    if parts.maybe(draw):
        # a day out of the last 12 months: it does not count
        rows.append((users[-1], products[-1], str(start - timedelta(days=500))))
    if parts.maybe(draw):
        rows = [(user, product.upper() + " suite", day) for user, product, day in rows]
    return pd.DataFrame(rows, columns=["user", "product", "date"]).drop_duplicates(ignore_index=True)


def _year_before(day: date) -> date:
    return date(day.year - 1, day.month, min(day.day, 28 if day.month == 2 else 31))


def _people(draw: Draw, start: date, users: list[str]) -> dict[str, Person]:
    if not parts.maybe(draw, 2):
        return {}
    return {
        user: Person(
            user=user,
            group=draw(st.sampled_from(["site", "office"])),
            starts=start + timedelta(days=draw(st.integers(-20, 40))) if parts.maybe(draw, 5) else None,
            leaves=start + timedelta(days=draw(st.integers(30, 200))) if parts.maybe(draw, 5) else None,
        )
        for user in users
    }


def _access(draw: Draw, document: Document, users: list[str]) -> tuple[TodaysAccess, ...]:
    """Today's access; only the baseline `today` reads it."""
    if not parts.maybe(draw):
        return ()
    product = document["products"][0]["id"]
    return tuple(TodaysAccess(user, product, draw(st.sampled_from(["flex", "named"]))) for user in users)


# --- what an instance has --------------------------------------------------------------------------------

FEATURES = {  
    "one user", "several users", "several products", "horizon from the 31st", "horizon of a year and more",
    "29 February", "history of more than a year", "alias", "repeat", "rate", "growth default",
    "growth products", "growth groups", "flex false", "two rates", "rate 0", "fractional rate", "no offers",
    "term 1", "term 3", "term 12", "term 36", "collection", "renewal price", "renewal dearer", "two prices",
    "starts monthly", "starts dates", "seat tiers", "two seat tiers", "minimum", "maximum", "one token tier",
    "several token tiers", "dated token tiers", "increment 33", "first tier not a multiple", "short life",
    "longer life",
    "purchase_dates start", "purchase_dates quarterly", "purchase_dates monthly", "purchase_dates list",
    "no purchase at start", "buffer", "max_oversize", "max_purchases", "negotiated seats",
    "instalments of seats", "instalments of tokens",
    "negotiated offers", "negotiated tokens", "holdings", "holding ends at start",
    "holding beyond the horizon",
    "holdings with several ends", "pool", "two opening packs", "cloud", "cloud buffer", "budgets",
    "two budgets", "people", "starts", "leaves", "access", "policy of user", "policy of group",
    "policy of product", "policy named", "policy flex", "policy none",
    "yen", "fils", "rounded invoices",
}  # fmt: skip


def _features(instance: Instance) -> list[str]:
    s, days = instance.scenario, instance.usage
    tokens, growth, start = s.tokens, s.demand.growth, s.horizon.start
    ends = {(h.offer, h.ends) for h in s.holdings}
    dates, first = tokens.purchase_dates, tokens.tier_lists[0].tiers
    terms = {f"term {o.term_months}": True for o in s.offers}
    rates = [r.tokens for p in s.products for r in p.rates]
    has = {
        **terms,
        "yen": s.currency == "JPY",
        "fils": s.currency == "KWD",
        "rounded invoices": any(rounded_off(s, day) for day in s.purchase_dates()),
        "one user": days["user"].nunique() == 1,
        "several users": days["user"].nunique() > 1,
        "several products": days["product"].nunique() > 1,
        "horizon from the 31st": start.day == 31,
        "horizon of a year and more": s.horizon.months >= 12,
        "29 February": "2024-02-29" in set(days["date"]),
        "history of more than a year": days["date"].min() < str(start - timedelta(days=400)),
        "alias": bool(days["product"].str.endswith("suite").any()),
        s.demand.method: True,
        "growth default": bool(growth.default),
        "growth products": bool(growth.products),
        "growth groups": bool(growth.groups),
        "flex false": any(not p.flex for p in s.products),
        "two rates": any(len(p.rates) > 1 for p in s.products),
        "rate 0": 0 in rates,
        "fractional rate": any(r % 1 for r in rates),
        "no offers": not s.offers,
        "collection": any(len(o.covers) > 1 for o in s.offers),
        "renewal price": any(p.renewal is not None for o in s.offers for p in o.prices),
        "renewal dearer": any((p.renewal or 0) > p.new for o in s.offers for p in o.prices),
        "two prices": any(len(o.prices) > 1 for o in s.offers),
        "starts monthly": any(o.starts == "monthly" for o in s.offers),
        "starts dates": any(o.starts and o.starts != "monthly" for o in s.offers),
        "seat tiers": any(o.tiers for o in s.offers),
        "two seat tiers": any(len(o.tiers) > 1 for o in s.offers),
        "minimum": any(o.minimum > 1 for o in s.offers),
        "maximum": any(o.maximum is not None for o in s.offers),
        "one token tier": len(first) == 1,
        "several token tiers": len(first) > 1,
        "dated token tiers": len(tokens.tier_lists) > 1,
        "increment 33": tokens.increment == 33,
        "first tier not a multiple": bool(first[0].from_ % tokens.increment),
        "short life": tokens.valid_days < 365,
        "longer life": tokens.valid_days > 365,
        f"purchase_dates {dates if isinstance(dates, str) else 'list'}": True,
        "no purchase at start": start not in s.purchase_dates(),
        "buffer": bool(tokens.buffer),
        "max_oversize": tokens.max_oversize is not None,
        "max_purchases": tokens.max_purchases is not None,
        "instalments of seats": any(o.instalments for o in s.offers),
        "instalments of tokens": tokens.instalments is not None,
        "negotiated seats": bool(s.negotiated.seats),
        "negotiated offers": bool(s.negotiated.offers),
        "negotiated tokens": bool(s.negotiated.tokens),
        "holdings": bool(s.holdings),
        "holding ends at start": any(h.ends == start for h in s.holdings),
        "holding beyond the horizon": any(h.ends > s.horizon.end for h in s.holdings),
        "holdings with several ends": len(ends) > len({o for o, _ in ends}),
        "pool": bool(s.pool),
        "two opening packs": len(s.pool) > 1,
        "cloud": bool(s.cloud),
        "cloud buffer": any(c.buffer is not None for c in s.cloud),
        "budgets": bool(s.budgets),
        "two budgets": len(s.budgets) > 1,
        "people": bool(instance.people),
        "starts": any(p.starts for p in instance.people.values()),
        "leaves": any(p.leaves for p in instance.people.values()),
        "access": bool(instance.access),
        "policy of user": any(p.user for p in s.policy.rules),
        "policy of group": any(p.group for p in s.policy.rules),
        "policy of product": any(p.product for p in s.policy.rules),
        **{f"policy {p.access}": True for p in s.policy.rules},
    }
    return [name for name, there in has.items() if there]
