"""Laws any optimum obeys, whatever the numbers: a change that only adds choices never costs more.

Tolerances come from the proof, not from the air. A solution's cost is at least its optimum and its bound at
most, so `optimum(a) <= optimum(b)` is refuted exactly when `a.objective_bound > b.cost`. Beyond that only
cents: the solver adds up unrounded packs, and doubling a price may round a cent per seat the other way.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
from documents import data
from hypothesis import assume, given
from hypothesis import strategies as st
from profiles import one_in
from strategies import Instance, medium, small
from test_optimality import best

from flexopt import plan
from flexopt.base.errors import InfeasibleError
from flexopt.solve.optimise import Optimum

Document = dict[str, Any]
# a proof to the cent is not needed here: what the gap leaves open, the tolerance allows
instances = st.one_of(small(), medium(users=6)).map(
    lambda i: i.changed(solver={"gap": "0.0001", "time_limit": 3})
)
# more demand raises what max_oversize allows, so that it may lower the cost
without_oversize = instances.map(
    lambda i: i.changed(tokens={k: v for k, v in i.document["tokens"].items() if k != "max_oversize"})
)


def _purchases(*found: Optimum) -> int:
    return sum(len(o.solution.purchases) for o in found)


def _never_dearer(better: Instance, worse: Instance) -> None:
    """The optimum of `better` is at most that of `worse`: no proof says otherwise."""
    dear = best(worse)
    assume(dear is not None)
    cheap = best(better)
    assert dear is not None
    assert cheap is not None, "more choices, and no plan"
    assert cheap.objective_bound <= dear.cost


def _same(one: Instance, other: Instance) -> None:
    a, b = best(one), best(other)
    assert (a is None) == (b is None)
    if a is not None and b is not None:
        assert a.objective_bound <= b.cost
        assert b.objective_bound <= a.cost


def _edited(instance: Instance, edit: Callable[[Document], object]) -> Instance:
    document = copy.deepcopy(instance.document)
    edit(document)
    return replace(instance, document=document)


def _lists(document: Document) -> list[list[Document]]:
    """The lists of token tiers, dated or not."""
    tiers = document["tokens"]["tiers"]
    return [of["tiers"] for of in tiers] if "tiers" in tiers[0] else [tiers]


def _higher_tier(document: Document, more: int, **price: str) -> None:
    for tiers in _lists(document):
        tiers.append({**tiers[-1], "from": tiers[-1]["from"] + more, **price})


def _rescaled(price: Any, factor: Any) -> str:
    return str(Decimal(str(price)) * Decimal(str(factor)))


# --- prices ----------------------------------------------------------------------------------------------


@one_in(16)
@given(instances, st.sampled_from(["seats", "renewals", "tokens", "last tier", "discount"]), st.data())
def test_a_price_cut_never_raises_the_cost(instance: Instance, what: str, data: st.DataObject) -> None:
    def cut(document: Document) -> None:
        lists = _lists(document)
        if what == "discount":
            document["negotiated"] = {**document.get("negotiated", {}), "tokens": "0.1"}
        elif what in ("tokens", "last tier"):
            for tier in (t for of in lists for t in (of if what == "tokens" else of[-1:])):
                tier["price"] = _rescaled(tier["price"], "0.83")
        elif document["offers"]:
            offer = data.draw(st.sampled_from(document["offers"]))
            for price in offer["prices"]:
                listed = price.get("renewal", price["new"])
                if what == "seats":
                    # an unstated renewal follows the new price: both are cut
                    price["new"] = _rescaled(price["new"], "0.8")
                else:
                    price["renewal"] = _rescaled(listed, "0.8")

    _never_dearer(_edited(instance, cut), instance)


@one_in(16)
@given(instances)
def test_doubled_prices_double_the_cost(instance: Instance) -> None:
    def double(document: Document) -> None:
        for offer in document["offers"]:
            for price in offer["prices"]:
                for key in {"new", "renewal"} & set(price):
                    price[key] = _rescaled(price[key], 2)
        for tier in (t for of in _lists(document) for t in of):
            tier["price"] = _rescaled(tier["price"], 2)

    # a budget could be missed by the cent that rounds the other way
    single = instance.changed(budgets=None)
    once, twice = best(single), best(_edited(single, double))
    assert (once is None) == (twice is None)
    if once is not None and twice is not None:
        seats = max(len(o.solution.seats) + sum(n for *_, n in o.solution.bought) for o in (once, twice))
        units = single.scenario.money.unit * (2 * seats + 2 * _purchases(once, twice))
        assert once.objective_bound * 2 <= twice.cost + units
        assert twice.objective_bound <= once.cost * 2 + units


# --- demand ----------------------------------------------------------------------------------------------


@one_in(16)
@given(without_oversize, st.data())
def test_more_demand_never_lowers_the_cost(instance: Instance, data: st.DataObject) -> None:
    usage = instance.usage
    pairs = usage[["user", "product"]].drop_duplicates().itertuples(index=False, name=None)
    user, product = data.draw(st.sampled_from(sorted(pairs)))
    # inside what is observed: a later day would move the window of history
    start = instance.scenario.horizon.start
    seen = [d for d in (date.fromisoformat(x) for x in usage["date"]) if (start - d).days < 360]
    assume(seen)
    first, last = min(seen), max(seen)
    days = {first + timedelta(days=data.draw(st.integers(0, (last - first).days))) for _ in range(20)}
    more = pd.DataFrame([(user, product, str(day)) for day in days], columns=usage.columns)
    grown = replace(instance, usage=pd.concat([usage, more]).drop_duplicates(ignore_index=True))
    _never_dearer(instance, grown)


@one_in(16)
@given(without_oversize)
def test_growth_never_lowers_the_cost(instance: Instance) -> None:
    def grow(document: Document) -> None:
        document["demand"] = {**document.get("demand", {}), "growth": {"default": "0.3"}}

    def none(document: Document) -> None:
        document.get("demand", {}).pop("growth", None)

    _never_dearer(_edited(instance, none), _edited(instance, grow))


# --- more choices ----------------------------------------------------------------------------------------

RELAXATIONS: dict[str, Callable[[Document], object]] = {
    "no budgets": lambda d: d.pop("budgets", None),
    "larger budgets": lambda d: [b.update(amount=b["amount"] * 2) for b in d.get("budgets", [])],
    "no maximum": lambda d: [o.pop("maximum", None) for o in d["offers"]],
    "no minimum": lambda d: [o.pop("minimum", None) for o in d["offers"]],
    "no max_purchases": lambda d: d["tokens"].pop("max_purchases", None),
    "no max_oversize": lambda d: d["tokens"].pop("max_oversize", None),
    "larger max_oversize": lambda d: d["tokens"].update(
        {k: _rescaled(v, 2) for k, v in d["tokens"].items() if k == "max_oversize"}
    ),
    "longer expiry": lambda d: d["tokens"].update(valid_days=d["tokens"].get("valid_days", 365) + 40),
    "opening packs live longer": lambda d: [
        p.update(expires=str(date.fromisoformat(p["expires"]) + timedelta(days=33)))
        for p in d.get("pool", [])
    ],
    "a larger opening pack": lambda d: [
        p.update(tokens=_rescaled(p["tokens"], 2)) for p in d.get("pool", [])
    ],
    "a larger holding": lambda d: [h.update(quantity=h["quantity"] + 2) for h in d.get("holdings", [])],
    "another holding": lambda d: d.update(
        holdings=d.get("holdings", [])
        + [{"offer": o["id"], "quantity": 1, "ends": "2026-09-09"} for o in d["offers"][:1]]
    ),
    "starts every month": lambda d: [o.update(starts="monthly") for o in d["offers"][:1]],
    "no buffer": lambda d: d["tokens"].update(buffer=0),
    "a finer increment": lambda d: d["tokens"].update(
        {k: 50 for k, v in d["tokens"].items() if k == "increment" and v % 50 == 0}
    ),
    "another token tier": lambda d: _higher_tier(d, 700, price="1.5"),
    "Flex for all products": lambda d: [
        p.update(flex=True, rates=[{"from": "2020-01-01", "tokens": 9}])
        for p in d["products"]
        if "rates" not in p
    ],
}


# one test for all of them, so that a run of the fast profile stays short: each gets its share
@one_in(4)
@given(instances, st.sampled_from(sorted(RELAXATIONS)))
def test_more_choices_never_cost_more(instance: Instance, name: str) -> None:
    relaxed = _edited(instance, RELAXATIONS[name])
    assume(relaxed.document != instance.document)
    _never_dearer(relaxed, instance)


@one_in(16)
@given(instances)
def test_a_policy_never_saves(instance: Instance) -> None:
    rules = [r for r in instance.document.get("policy", []) if r["access"] != "none"]
    assume(rules)
    _never_dearer(instance.changed(policy=[]), instance.changed(policy=rules))


@one_in(16)
@given(instances, st.integers(1, 3000), st.sampled_from([1, 6, 12, 24]), st.data())
def test_another_offer_never_hurts(instance: Instance, price: int, term: int, data: st.DataObject) -> None:
    products = [p["id"] for p in instance.document["products"]]
    covers = data.draw(st.lists(st.sampled_from(products), min_size=1, unique=True))
    terms = {"term_months": term, "prices": [{"from": "2020-01-01", "new": price}]}
    offers = [*instance.document["offers"], {"id": "another", "covers": covers, **terms}]
    _never_dearer(instance.changed(offers=offers), instance)


# --- the same, said differently --------------------------------------------------------------------------


def _reordered(document: Document) -> None:
    for key in ("products", "offers", "holdings", "pool", "policy", "cloud", "budgets"):
        if key in document:
            document[key] = document[key][::-1]
    for product in document["products"]:
        product.get("rates", []).reverse()
    for offer in document["offers"]:
        offer["prices"].reverse()
        offer["covers"] = offer["covers"][::-1]


def _split(document: Document) -> None:
    """Two packs of half the tokens, holdings seat by seat, a tier in two at the same price."""
    document["pool"] = [
        half
        for p in document.get("pool", [])
        for half in [{**p, "tokens": _rescaled(p["tokens"], "0.5")}] * 2
    ]
    document["holdings"] = [
        {**h, "quantity": 1} for h in document.get("holdings", []) for _ in range(h["quantity"])
    ]
    _higher_tier(document, 400)
    for offer in document["offers"]:
        if "tiers" in offer:
            offer["tiers"].append({**offer["tiers"][-1], "from": offer["tiers"][-1]["from"] + 2})


@one_in(16)
@given(instances, st.sampled_from([_reordered, _split]))
def test_another_way_to_say_it_changes_nothing(instance: Instance, edit: Callable[[Document], None]) -> None:
    _same(instance, _edited(instance, edit))


@one_in(16)
@given(instances)
def test_usage_in_another_order_changes_nothing(instance: Instance) -> None:
    rows = pd.concat([instance.usage[::-1], instance.usage[:5]], ignore_index=True)
    _same(instance, replace(instance, usage=rows))


@one_in(16)
@given(instances)
def test_renamed_users_change_nothing(instance: Instance) -> None:
    names = sorted(set(instance.usage["user"]) | set(instance.people))
    # the last comes first, and names that files and sheets dislike are names too
    new = {name: f"={chr(122 - n)} {name.upper()}" for n, name in enumerate(names)}
    policy = [
        {**rule, "user": new.get(rule["user"], rule["user"])} if "user" in rule else rule
        for rule in instance.document.get("policy", [])
    ]
    renamed = replace(
        instance.changed(policy=policy),
        usage=instance.usage.assign(user=instance.usage["user"].map(new)),
        people={new[u]: replace(p, user=new[u]) for u, p in instance.people.items()},
    )
    _same(instance, renamed)


# --- baselines -------------------------------------------------------------------------------------------


@one_in(16)
@given(instances)
def test_the_plan_is_no_dearer_than_any_baseline(instance: Instance) -> None:
    instance.demand()  # rejects what leaves nothing to plan
    try:
        made = plan(instance.source(), instance.usage)
    except InfeasibleError:
        return
    bound = Decimal(data(made.document)["proof"]["bound"])
    for name, baseline in data(made.document)["baselines"].items():
        if baseline["total"] is not None:
            assert bound <= Decimal(baseline["total"]), name
