"""One readable problem for each family of rows, with decisions on either side of them.

Decisions are by variable; what is not there is 0. `violating` changes the conforming decisions so that rows
of that name, and no others, are broken. January and February 2026 are the horizon, and two periods.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from build import AUTOCAD, AUTOCAD_YEAR, Days, a_problem, every

from flexopt.model.core import everything
from flexopt.model.fees import Fees
from flexopt.model.program import Model
from flexopt.model.restriction import Restriction
from flexopt.model.rows import build
from flexopt.model.sets import Problem
from flexopt.solve.pricing_moves import PricingWithMoves

Decisions = Mapping[str, float]


@dataclass(frozen=True)
class Example:
    """The function that adds the rows, the problem in a sentence, and decisions."""

    function: str
    says: str
    model: Callable[[], Model]
    conforming: Decisions
    violating: Mapping[str, Decisions] = field(default_factory=dict)


AUTOCAD_MONTH = {
    "id": "autocad-1m",
    "covers": ["AutoCAD"],
    "term_months": 1,
    "prices": [{"from": "2025-01-01", "new": 290}],
}
VAULT = {"id": "Vault", "flex": False}
VAULT_YEAR = {
    "id": "vault-1y",
    "covers": ["Vault"],
    "term_months": 12,
    "prices": [{"from": "2025-01-01", "new": 700}],
}
SUB_CENT = {"tiers": [{"from": 1, "price": "2.7077"}]}
BUDGET = [{"id": "2026", "from": "2026-01-01", "to": "2027-01-01", "amount": 2320}]
JANUARY, FEBRUARY = every(date(2025, 1, 5), 3), every(date(2025, 2, 5), 2)
AMY: Days = {("amy", "AutoCAD"): [*JANUARY, *FEBRUARY]}
"""21 tokens in January, 14 in February."""
BOTH: Days = {**AMY, ("ben", "AutoCAD"): JANUARY}


def problem(days: Days = AMY, **changes: Any) -> Problem:
    """Two months of AutoCAD and its annual seat; tokens one by one at 3.00."""
    base: dict[str, Any] = {
        "horizon": {"start": "2026-01-01", "months": 2},
        "products": [AUTOCAD],
        "offers": [AUTOCAD_YEAR],
    }
    return a_problem(days, **{**base, **changes})


def built(days: Days = AMY, **changes: Any) -> Callable[[], Model]:
    return lambda: whole(problem(days, **changes))


def whole(P: Problem) -> Model:
    """With every decision of every user."""
    return build(P, everything(P, Restriction()))


def with_moves(P: Problem) -> Model:
    """With every decision, and a fee of 200 for leaving a seat of AutoCAD for a year."""
    restriction = Restriction(np.array(["named"], object), {0: frozenset(["autocad-1y"])})
    moves = PricingWithMoves(P, Restriction(), Fees(move=Decimal(200), today=restriction)).moves
    return build(P, everything(P, Restriction()), moves=moves)


AMY_ON_FLEX = {
    "flex_i00000_t000": 1,
    "draw_l000_t000": 21,
    "draw_l000_t001": 14,
    "units_l000_j00": 35,
    "tier_l000_j00": 1,
}
AMY_ON_A_SEAT = {"seat_u00000_k000": 1}

EXAMPLES = [
    Example(
        "total_cost",
        "amy: 59 of the 365 days of a seat of 2,310, or of one of at least 2, or tokens at 3.00",
        built(offers=[AUTOCAD_YEAR, {**AUTOCAD_YEAR, "id": "autocad-team", "minimum": 2}]),
        AMY_ON_FLEX,
    ),
    Example(
        "access",
        "amy opens AutoCAD in January and February (monthly seats or Flex), ben Vault (not on Flex)",
        built(
            {**AMY, ("ben", "Vault"): JANUARY},
            products=[AUTOCAD, VAULT],
            offers=[AUTOCAD_MONTH, VAULT_YEAR],
        ),
        {"seat_u00000_k000": 1, "seat_u00000_k001": 1, "seat_u00001_k002": 1},
        {"access": {"seat_u00000_k001": 0}},
    ),
    Example(
        "pool",
        "amy's 21 and 14 tokens with a buffer of 10 %, and 10 a month of a service with one of 50 %",
        built(
            tokens={"buffer": "0.1"},
            cloud=[{"service": "CFD", "monthly_tokens": 10, "buffer": "0.5"}],
        ),
        {
            "flex_i00000_t000": 1,
            "draw_l000_t000": 38.1,
            "draw_l000_t001": 30.4,
            "units_l000_j00": 69,
            "tier_l000_j00": 1,
        },
        {"pool": {"draw_l000_t000": 38}},
    ),
    Example(
        "pack",
        "20 tokens from before (l000), usable in January only, and a purchase (l001) in steps of 10",
        built(
            pool=[{"tokens": 20, "expires": "2026-02-01"}],
            tokens={"increment": 10, "tiers": [{"from": 10, "price": 3}]},
        ),
        {
            "flex_i00000_t000": 1,
            "draw_l000_t000": 20,
            "draw_l001_t000": 1,
            "draw_l001_t001": 14,
            "units_l001_j00": 2,
            "tier_l001_j00": 1,
        },
        {"pack": {"units_l001_j00": 1}},
    ),
    Example(
        "tier",
        "tokens in steps of 10: from 10 on at 3.00, from 30 on at 2.00; amy needs 35",
        built(tokens={"increment": 10, "tiers": [{"from": 10, "price": 3}, {"from": 30, "price": 2}]}),
        {
            "flex_i00000_t000": 1,
            "draw_l000_t000": 21,
            "draw_l000_t001": 14,
            "units_l000_j01": 4,
            "tier_l000_j01": 1,
        },
        {
            "lower": {"tier_l000_j01": 1, "units_l000_j01": 2, **AMY_ON_A_SEAT, "flex_i00000_t000": 0}
            | {"draw_l000_t000": 0, "draw_l000_t001": 0},
            "upper": {"tier_l000_j01": 0},
            "tier": {"tier_l000_j00": 1, "units_l000_j00": 1},
        },
    ),
    Example(
        "holding",
        "one seat owned until February (k000), its renewal (k001), new ones (k002); amy and ben",
        built(BOTH, holdings=[{"offer": "autocad-1y", "quantity": 1, "ends": "2026-02-01"}]),
        {"seat_u00000_k000": 1, "seat_u00000_k001": 1, "seat_u00001_k002": 1},
        {"holding": {"seat_u00001_k000": 1}},
    ),
    Example(
        "renewable",
        "seats added until February (k001) and their renewal (k000); amy needs both, ben the latter",
        built(
            {**AMY, ("ben", "AutoCAD"): FEBRUARY},
            offers=[{**AUTOCAD_YEAR, "co_term": "2026-02-01"}],
        ),
        {
            "seat_u00000_k000": 1,
            "seat_u00000_k001": 1,
            "seat_u00001_k000": 1,
            "seats_k001_j00": 2,
            "order_o000_j00": 1,
        },
        {"renewable": {"seats_k001_j00": 1}},
    ),
    Example(
        "volume",
        "an order of at least 2 seats, 10 % less each from 3 on; amy needs one",
        built(offers=[{**AUTOCAD_YEAR, "minimum": 2, "tiers": [{"from": 3, "discount": "0.1"}]}]),
        {"seat_u00000_k000": 1, "seats_k000_j00": 2, "order_o000_j00": 1},
        {
            "seats": {"seats_k000_j00": 0, "order_o000_j00": 0},
            "least": {"seats_k000_j00": 1},
            "most": {"seats_k000_j00": 3},
            "order": {"seats_k000_j01": 3, "order_o000_j01": 1},
        },
    ),
    Example(
        "maximum",
        "one live seat at most, by the month or the year; amy and ben",
        built(BOTH, offers=[AUTOCAD_YEAR, {**AUTOCAD_MONTH, "maximum": 1}]),
        {"seat_u00000_k001": 1, "seat_u00000_k002": 1, "seat_u00001_k000": 1},
        {"maximum": {"seat_u00001_k001": 1}},
    ),
    Example(
        "purchases",
        "packs that live a month, bought in January or February, but not in both",
        built(tokens={"purchase_dates": "monthly", "valid_days": 31, "max_purchases": 1}),
        {**AMY_ON_A_SEAT, "units_l000_j00": 21, "tier_l000_j00": 1},
        {"purchases": {"units_l001_j00": 14, "tier_l001_j00": 1}},
    ),
    Example(
        "oversize",
        "at most 1.2 x the forecast of amy's 35 tokens on Flex and the service's 20, and one token",
        built(tokens={"max_oversize": "0.2"}, cloud=[{"service": "CFD", "monthly_tokens": 10}]),
        {
            **AMY_ON_A_SEAT,
            "draw_l000_t000": 10,
            "draw_l000_t001": 10,
            "units_l000_j00": 25,
            "tier_l000_j00": 1,
        },
        {"oversize": {"units_l000_j00": 26}},
    ),
    Example(
        "seats_first",
        "amy's tokens count for `max_oversize`, so that she takes none beside a seat",
        built(tokens={"max_oversize": "0.2"}),
        AMY_ON_FLEX,
        {"seatsfirst": AMY_ON_A_SEAT},
    ),
    Example(
        "invoice",
        "3 tokens at 2.7077 in a year with a budget: 8.1231 is invoiced as 812 cents, not 811",
        built(tokens=SUB_CENT, budgets=BUDGET),
        {**AMY_ON_A_SEAT, "units_l000_j00": 3, "tier_l000_j00": 1, "invoice_l000_j00": 812},
        {"invoice": {"invoice_l000_j00": 811}},
    ),
    Example(
        "budget",
        "a whole seat of 2,310 and packs of one token at 2.7077 (invoiced to the cent) within 2,320",
        built(tokens=SUB_CENT, budgets=BUDGET),
        {**AMY_ON_A_SEAT, "units_l000_j00": 3, "tier_l000_j00": 1, "invoice_l000_j00": 812},
        {"budget": {"units_l000_j00": 4, "invoice_l000_j00": 1083}},
    ),
    Example(
        "ties",
        "amy's 35 tokens cost 105.00: no plan dearer than that, least on Flex, then fewest purchases",
        lambda: build(problem(), everything(problem(), Restriction()), at_most=Decimal(105)),
        AMY_ON_FLEX,
        {"ties": AMY_ON_A_SEAT},
    ),
    Example(
        "stay",
        "amy has a seat for a year (k000) today: tokens, or seats by the month, are a move, which costs 200",
        lambda: with_moves(problem(offers=[AUTOCAD_YEAR, AUTOCAD_MONTH])),
        {**AMY_ON_FLEX, "flex_i00000_t001": 1, "moved_n00000": 1},
        {"stay": {"moved_n00000": 0}},
    ),
]
