"""Parts of random scenarios: what `strategies.py` puts together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

PRODUCTS = ["AutoCAD", "Revit", "Fusion", "Inventor"]
OLD = "2020-01-01"
"""Prices and rates from before every horizon."""
Draw = st.DrawFn
Document = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How large instances get. Token increments grow with demand, so that there are few to try."""

    users: int
    products: int
    offers: int
    days: int
    months: Sequence[int]
    increments: Sequence[int]
    seat_prices: tuple[int, int]
    packs: int


SMALL = Size(4, 3, 3, 14, (2, 1, 3, 12, 13), (100, 33, 50), (40, 900), 3)
MEDIUM = Size(30, 4, 6, 120, (12, 6, 14), (100, 33, 500), (200, 3000), 12)


def maybe(draw: Draw, one_in: int = 3) -> bool:
    return draw(st.integers(0, one_in - 1)) == one_in - 1


def day(start: date, draw: Draw, low: int, high: int) -> str:
    return str(start + timedelta(days=draw(st.integers(low, high))))


def product(draw: Draw, start: date, name: str) -> Document:
    product: Document = {"id": name, "aliases": [f"{name} suite"]}
    if maybe(draw, 9):
        return {**product, "flex": False}
    rates = [{"from": OLD, "tokens": draw(st.sampled_from([10, 7, 3, "0.5", 0]))}]
    if maybe(draw, 4):
        rates.append({"from": day(start, draw, 1, 60), "tokens": draw(st.sampled_from([12, 5]))})
    return {**product, "rates": rates}


def offers(draw: Draw, size: Size, start: date, months: int, products: list[str]) -> list[Document]:
    offers = []
    for n in range(draw(st.integers(0, size.offers))):
        covers = [products[n % len(products)]]
        if maybe(draw, 3):
            covers = draw(st.permutations(products))[: draw(st.integers(1, len(products)))]
        offers.append({"id": f"o{n}", "covers": covers, **_terms(draw, size, start, months)})
    return offers


def _terms(draw: Draw, size: Size, start: date, months: int) -> Document:
    # a short term starts every month: over a long horizon there would be too much to enumerate
    terms = [12, 36, 3] if months > 3 and size is SMALL else [12, 1, 36, 3]
    term = draw(st.sampled_from(terms))
    price = draw(st.integers(*size.seat_prices))
    if size is SMALL and months <= 3:
        price = price * term // 3 + 10  # most of a year's price falls outside a short horizon
    elif term < 12:
        price = price // 8
    terms_of_price: Document = {"from": OLD, "new": price}
    if maybe(draw, 2):
        terms_of_price["renewal"] = draw(st.sampled_from([round(price * 0.9, 2), price + 10]))
    offer: Document = {"term_months": term, "prices": [terms_of_price]}
    if maybe(draw, 5):
        later = {"from": day(start, draw, 1, 80), "new": round(price * draw(st.sampled_from([0.7, 1.2])), 2)}
        offer["prices"].append(later)
    if maybe(draw, 5):
        days = [day(start, draw, 0, 50)]
        offer["starts"] = draw(
            st.sampled_from([days, "monthly"] if months <= 3 or size is not SMALL else [days])
        )
    if maybe(draw, 4):
        offer["tiers"] = [{"from": draw(st.integers(2, 3)), "discount": "0.1"}]
        if maybe(draw, 2):
            offer["tiers"].append({"from": 5, "discount": "0.4"})
    if maybe(draw, 5):
        offer["minimum"] = draw(st.integers(1, 3))
    if maybe(draw, 5):
        offer["maximum"] = max(offer.get("minimum", 0), draw(st.integers(0, size.users // 2)))
    if maybe(draw, 5):
        offer["instalments"] = draw(instalments())
    return offer


@st.composite
def instalments(draw: Draw) -> Document:
    return {"number": draw(st.integers(2, 7)), "every_months": draw(st.sampled_from([1, 3, 12]))}


def tokens(draw: Draw, size: Size, start: date, months: int) -> Document:
    increment = draw(st.sampled_from(size.increments))
    tiers: list[Document] = [{"from": draw(st.sampled_from([increment, 1, 150])), "price": "3.00"}]
    for price in ["2.85", "2.4", "1.995"][: draw(st.integers(0, 3))]:
        growth = draw(st.integers(1, 3)) * increment
        tiers.append({"from": tiers[-1]["from"] + growth * size.packs // 3 + 1, "price": price})
    # the first days are inside every horizon: `check` refuses a scenario that can never buy
    days = [str(start), day(start, draw, 1, 27), day(start, draw, 28, 70)]
    # without a purchase on the first day most instances are infeasible: that is the last choice
    dates = ["start", "quarterly", "monthly", days[:2], [days[0], days[2]], days, days[1:]]
    often = months > size.packs  # monthly packs of a year are too many to enumerate
    tokens: Document = {
        "tiers": tiers,
        "increment": increment,
        "purchase_dates": draw(st.sampled_from(dates[:1] + dates[3:] if often else dates)),
    }
    if maybe(draw, 3):
        tokens["valid_days"] = draw(st.sampled_from([30, 90, 200, 400]))
    if maybe(draw, 2):
        tokens["buffer"] = draw(st.sampled_from(["0.15", "0.5"]))
    if maybe(draw, 5):
        tokens["max_oversize"] = draw(st.sampled_from(["0.2", "0", "0.5"]))
    if maybe(draw, 5):
        tokens["max_purchases"] = draw(st.sampled_from([1, 2, 3, 0]))
    if maybe(draw, 5):
        tokens["instalments"] = draw(instalments())
    if maybe(draw, 4):
        tokens["tiers"] = _dated(draw, start, tiers)
    return tokens


def _dated(draw: Draw, start: date, tiers: list[Document]) -> list[Document]:
    """The tiers until a day, and others from then on: dearer, cheaper, from another size on."""
    factor, first = draw(st.sampled_from([("1.2", 0), ("0.8", 0), ("0.9", 60), ("1", -60)]))
    later = [
        {"from": max(1, tier["from"] + first), "price": str(Decimal(tier["price"]) * Decimal(factor))}
        for tier in tiers
    ]
    later = [tier for n, tier in enumerate(later) if not n or tier["from"] > later[n - 1]["from"]]
    return [{"from": day(start, draw, 1, 60), "tiers": later}, {"from": OLD, "tiers": tiers}]


@st.composite
def demand(draw: Draw, products: list[str]) -> Document:
    demand: Document = {"method": draw(st.sampled_from(["repeat", "rate"]))}
    growth: Document = {}
    if draw(st.booleans()):
        growth["default"] = draw(st.sampled_from(["0.05", "-0.5"]))
    if draw(st.booleans()):
        growth["products"] = {products[0]: "0.25"}
    if draw(st.booleans()):
        growth["groups"] = {"site": "0.1"}
    return {**demand, "growth": growth} if growth else demand


@st.composite
def negotiated(draw: Draw, offers: list[Document]) -> Document:
    found: Document = {}
    if draw(st.booleans()):
        found["seats"] = "0.15"
    if draw(st.booleans()) and offers:
        found["offers"] = {offers[0]["id"]: "0.22"}
    if draw(st.booleans()):
        found["tokens"] = "0.05"
    return found


@st.composite
def holdings(draw: Draw, start: date, offers: list[Document]) -> list[Document]:
    if not offers:
        return []
    return [
        {
            "offer": draw(st.sampled_from(offers))["id"],
            "quantity": draw(st.integers(1, 2)),
            "ends": draw(st.sampled_from([str(start), day(start, draw, -3, 80), day(start, draw, 300, 500)])),
        }
        for _ in range(draw(st.integers(1, 3)))
    ]


@st.composite
def pool(draw: Draw, size: Size, start: date) -> list[Document]:
    return [
        {
            "tokens": draw(st.sampled_from([20, "33.5", 100, 7]))
            if size is SMALL
            else draw(st.integers(0, 999)),
            "expires": day(start, draw, 1, 100),
        }
        for _ in range(draw(st.integers(1, 2)))
    ]


@st.composite
def policy(draw: Draw, users: list[str], entries: list[Document]) -> list[Document]:
    """Selectors are there once: rules of the same selectors would contradict each other."""
    products = [p["id"] for p in entries]
    seat_only = {p["id"] for p in entries if not p.get("flex", True)}
    selectors: list[Document] = [
        {"product": products[0]},
        {"user": users[0]},
        {"group": "site"},
        {"user": users[0], "product": products[-1]},
        {"group": "site", "product": products[0]},
    ]
    chosen = draw(st.lists(st.sampled_from(range(len(selectors))), min_size=1, max_size=2, unique=True))
    found = []
    for n in chosen:
        # `check` refuses Flex for a product that is not on Flex
        free = ["none", "named"] if selectors[n].get("product") in seat_only else ["flex", "none", "named"]
        found.append({**selectors[n], "access": draw(st.sampled_from(free))})
    return found


@st.composite
def cloud(draw: Draw, size: Size) -> list[Document]:
    service: Document = {"service": "CFD", "monthly_tokens": draw(st.sampled_from([5, "12.5", 40]))}
    if draw(st.booleans()):
        service["buffer"] = draw(st.sampled_from([0, "0.3"]))
    return [service]


@st.composite
def budgets(draw: Draw, size: Size, start: date) -> list[Document]:
    first = start + timedelta(days=draw(st.sampled_from([0, 20])))
    most = size.seat_prices[1] * (4 if size is SMALL else 20)
    return [
        {
            "id": f"b{n}",
            "from": str(first + timedelta(days=40 * n)),
            "to": str(first + timedelta(days=40 * (n + 1 + 10 * n))),
            "amount": draw(st.integers(0, most)),
        }
        for n in range(draw(st.integers(1, 2)))
    ]
