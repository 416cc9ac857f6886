"""Sets and numbers of the model: periods, contracts, packs, tiers, per-result tokens."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from build import AUTOCAD, AUTOCAD_YEAR, REVIT, REVIT_YEAR, a_problem, every
from hypothesis import given
from hypothesis import strategies as st

from flexopt.base.dates import add_months
from flexopt.inputs.scenario.scenario import Holding
from flexopt.model.sets import Contract, Problem

USE = {("ann", "AutoCAD"): every(date(2025, 1, 1), 365)}
MONTHS = [date(2026, m, 1) for m in range(1, 13)] + [date(2027, 1, 1)]
AUTOCAD_MONTH = {
    "id": "autocad-1m",
    "covers": ["AutoCAD"],
    "term_months": 1,
    "prices": [{"from": "2025-01-01", "new": 290}],
}


def contracts(problem: Problem, offer: str = "autocad-1y") -> list[tuple[str, str, str, int | None, str]]:
    return [
        (c.kind, str(c.start), str(c.end), c.quantity, str(c.cost[0]))
        for c in problem.contracts
        if c.offer == offer
    ]


# --- periods ---------------------------------------------------------------------------------------------


def test_periods_are_the_months_where_nothing_else_happens() -> None:
    assert list(a_problem(USE).edges) == MONTHS


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({"tokens": {"purchase_dates": ["2026-02-10", "2026-03-01"]}}, ["2026-02-10"]),
        ({"tokens": {"valid_days": 100}}, ["2026-04-11"]),
        ({"pool": [{"tokens": 10, "expires": "2026-05-17"}]}, ["2026-05-17"]),
        ({"pool": [{"tokens": 10, "expires": "2025-12-31"}]}, []),
        ({"pool": [{"tokens": 0, "expires": "2026-05-17"}]}, []),
        ({"holdings": [{"offer": "autocad-1y", "quantity": 1, "ends": "2026-08-20"}]}, ["2026-08-20"]),
        (
            {
                "products": [
                    AUTOCAD | {"rates": [*AUTOCAD["rates"], {"from": "2026-06-15", "tokens": 8}]},
                    REVIT,
                ]
            },
            ["2026-06-15"],
        ),
        ({"offers": [AUTOCAD_YEAR | {"starts": ["2026-09-09"]}]}, ["2026-09-09"]),
        (
            {
                "offers": [
                    AUTOCAD_YEAR
                    | {"prices": [{"from": "2025-01-01", "new": 2310}, {"from": "2026-10-10", "new": 2400}]}
                ]
            },
            ["2026-10-10"],
        ),
        # a monthly seat from a date of its own ends between two months, too
        ({"offers": [AUTOCAD_MONTH | {"starts": ["2026-05-20"]}]}, ["2026-05-20", "2026-06-20"]),
    ],
)
def test_periods_end_on_every_date_on_which_something_changes(
    changes: dict[str, Any], more: list[str]
) -> None:
    expected = sorted({*MONTHS, *map(date.fromisoformat, more)})
    assert list(a_problem(USE, **changes).edges) == expected


def test_a_horizon_from_the_31st_has_periods_from_the_last_days_of_months() -> None:
    edges = a_problem(USE, horizon={"start": "2026-01-31", "months": 3}).edges
    assert [str(e) for e in edges] == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]


# --- contracts -------------------------------------------------------------------------------------------


def test_an_annual_seat_starts_once() -> None:
    assert contracts(a_problem(USE)) == [("new", "2026-01-01", "2027-01-01", None, "2310.00")]


def test_a_holding_that_ends_on_the_first_day_is_only_a_renewal() -> None:
    problem = a_problem(USE, holdings=[Holding(offer="autocad-1y", quantity=3, ends=date(2026, 1, 1))])
    assert contracts(problem) == [
        ("renewal", "2026-01-01", "2027-01-01", 3, "2079.00"),
        ("new", "2026-01-01", "2027-01-01", None, "2310.00"),
    ]


def test_a_holding_that_ends_in_mid_term_is_owned_and_then_renewed() -> None:
    holdings = [
        Holding(offer="autocad-1y", quantity=2, ends=date(2026, 4, 1)),
        Holding(offer="autocad-1y", quantity=3, ends=date(2026, 4, 1)),
        Holding(offer="autocad-1y", quantity=9, ends=date(2025, 12, 31)),  # lapsed, and its renewal too
        Holding(offer="autocad-1y", quantity=1, ends=date(2027, 1, 1)),  # renewed after the horizon
    ]
    assert contracts(a_problem(USE, holdings=holdings)) == [
        ("owned", "2026-01-01", "2026-04-01", 5, "0.00"),
        ("owned", "2026-01-01", "2027-01-01", 1, "0.00"),
        ("renewal", "2026-04-01", "2027-04-01", 5, "1566.37"),  # 2,079 x 275 / 365 = 1,566.370
        ("new", "2026-01-01", "2027-01-01", None, "2310.00"),
    ]


def test_starts_allow_more_contracts() -> None:
    monthly = contracts(a_problem(USE, offers=[AUTOCAD_YEAR | {"starts": "monthly"}]))
    assert [c[1] for c in monthly] == [str(d) for d in MONTHS[:-1]]
    assert monthly[6][2:] == ("2027-07-01", None, "1164.49")  # 2,310 x 184 / 365 = 1,164.493
    dated = contracts(a_problem(USE, offers=[AUTOCAD_YEAR | {"starts": ["2026-03-17", "2027-02-01"]}]))
    assert [c[1] for c in dated] == ["2026-01-01", "2026-03-17"]


def test_monthly_terms_start_every_month() -> None:
    found = contracts(a_problem(USE, offers=[AUTOCAD_MONTH]), "autocad-1m")
    assert [(c[1], c[2]) for c in found] == [(str(a), str(b)) for a, b in pairwise(MONTHS)]
    assert {c[4] for c in found} == {"290.00"}


@pytest.mark.parametrize("day", [28, 29, 30, 31])
def test_monthly_terms_leave_no_day_uncovered(day: int) -> None:
    """Anniversaries of the 31st: a seat from 28 February lasts to 31 March, not to the 28th."""
    problem = a_problem(USE, horizon={"start": f"2026-01-{day}", "months": 12}, offers=[AUTOCAD_MONTH])
    found = [c for c in problem.contracts if c.kind == "new"]
    assert all(a.end == b.start for a, b in pairwise(found))
    assert (found[0].start, found[-1].end) == (problem.edges[0], problem.edges[-1])


def test_a_term_beyond_the_horizon_is_charged_for_its_days_inside() -> None:
    problem = a_problem(USE, horizon={"start": "2026-01-01", "months": 6})
    (contract,) = [c for c in problem.contracts if c.offer == "autocad-1y"]
    assert contract.cost == (Decimal("1145.51"),)  # 2,310 x 181 / 365 = 1,145.507
    assert contract.commitment == (Decimal("2310.00"),)
    assert contract.after == problem.periods


def test_a_price_counts_on_the_day_the_seat_starts() -> None:
    prices = [
        {"from": "2025-01-01", "new": 290},
        {"from": "2026-03-01", "new": 310},
        {"from": "2026-03-02", "new": 999},
    ]
    found = contracts(a_problem(USE, offers=[AUTOCAD_MONTH | {"prices": prices}]), "autocad-1m")
    assert [c[4] for c in found][:4] == ["290.00", "290.00", "310.00", "999.00"]


def test_no_seat_is_on_offer_before_its_first_price() -> None:
    offer = AUTOCAD_MONTH | {"prices": [{"from": "2026-10-01", "new": 290}]}
    assert [c[1] for c in contracts(a_problem(USE, offers=[offer]), "autocad-1m")] == [
        "2026-10-01",
        "2026-11-01",
        "2026-12-01",
    ]


def test_negotiated_and_tier_discounts_multiply() -> None:
    offer = AUTOCAD_YEAR | {"tiers": [{"from": 5, "discount": "0.1"}, {"from": 20, "discount": "0.2"}]}
    holdings = [Holding(offer="autocad-1y", quantity=1, ends=date(2026, 1, 1))]
    negotiated = {"seats": "0.5", "offers": {"autocad-1y": "0.15"}}
    problem = a_problem(USE, holdings=holdings, offers=[offer, REVIT_YEAR], negotiated=negotiated)
    renewal, new, revit = problem.contracts
    assert [str(c) for c in new.cost] == ["1963.50", "1767.15", "1570.80"]
    assert [str(c) for c in renewal.cost] == ["1767.15", "1590.44", "1413.72"]  # 1,590.435 half up
    assert revit.cost == (Decimal("1492.50"),)
    # one order: the renewal and the new seats of one day reach the tier together
    assert (renewal.order, new.order, revit.order) == (0, 0, None)


# --- packs and tiers -------------------------------------------------------------------------------------


def test_a_pack_lives_365_days() -> None:
    # a budget keeps the dates that no later pack is needed on
    budgets = [{"id": "fy", "from": "2026-01-01", "to": "2027-01-01", "amount": 100000}]
    problem = a_problem(USE, tokens={"purchase_dates": "quarterly"}, budgets=budgets)
    assert [(str(p.start), (p.expires - p.start).days) for p in problem.packs] == [
        ("2026-01-01", 365),
        ("2026-04-01", 365),
        ("2026-07-01", 365),
        ("2026-10-01", 365),
    ]
    # in a leap year the pack of 1 January has no token left for 31 December
    leap = a_problem(USE, horizon={"start": "2028-01-01"})
    assert leap.packs[0].expires == date(2028, 12, 31)
    assert leap.edges[leap.packs[0].after] == date(2028, 12, 31)
    assert leap.edges[-1] == date(2029, 1, 1)


def test_a_later_pack_that_lives_no_longer_is_left_out() -> None:
    """All that it could serve the first can, at the same price or less."""

    def bought_on(**parts: Any) -> list[str]:
        return [str(p.start) for p in a_problem(USE, **parts).packs]

    quarterly = {"purchase_dates": "quarterly"}
    assert bought_on(tokens=quarterly) == ["2026-01-01"]
    # it outlives the first inside a longer horizon, and where the first dies before the horizon's end
    assert bought_on(tokens=quarterly, horizon={"start": "2026-01-01", "months": 15}) == [
        "2026-01-01",
        "2026-04-01",
    ]
    assert len(bought_on(tokens=quarterly | {"valid_days": 100})) == 4
    # dearer in bulk: two small packs may be cheaper than one large one
    dearer = [{"from": 100, "price": 3}, {"from": 200, "price": 4}]
    assert len(bought_on(tokens=quarterly | {"tiers": dearer})) == 4


def test_opening_packs_live_from_the_start_to_their_expiry() -> None:
    pool = [{"tokens": "12.5", "expires": "2026-02-15"}, {"tokens": 9, "expires": "2030-01-01"}]
    problem = a_problem(USE, pool=pool)
    first, second, bought = problem.packs
    assert (first.tokens, first.first, problem.edges[first.after]) == (Decimal("12.5"), 0, date(2026, 2, 15))
    assert (second.tokens, second.after) == (Decimal(9), problem.periods)
    assert bought.tokens is None
    assert problem.tiers[:2] == ((), ())


@pytest.mark.parametrize(
    ("tiers", "increment", "bounds"),
    [
        # 2,555 tokens needed (365 x 7): 26 increments of 100 are the most that could be used
        ([(33, 3)], 100, [(1, 26)]),
        ([(33, 3), (250, 2)], 100, [(1, 2), (3, 26)]),
        ([(33, 3), (40, "2.5"), (90, 2)], 100, [(1, 26)]),  # no whole increment is in 33..89
        ([(33, 3)], 33, [(1, 78)]),
        ([(100, 3), (5000, "2.85")], 100, [(1, 26), (50, 50)]),  # 5,000 is more than needed, and possible
        ([(101, 3), (201, 2)], 100, [(2, 2), (3, 26)]),
        ([(10_000, 3)], 1, [(10_000, 10_000)]),
    ],
)
def test_tiers_are_whole_increments(
    tiers: list[tuple[int, Any]], increment: int, bounds: list[tuple[int, int]]
) -> None:
    priced = [{"from": f, "price": p} for f, p in tiers]
    problem = a_problem(USE, tokens={"tiers": priced, "increment": increment})
    (found,) = problem.tiers
    assert [(t.lower, t.upper) for t in found] == bounds
    for tier in found:  # each increment count is priced by the tier that its tokens reach
        for units in (tier.lower, tier.upper):
            reached = [p for f, p in tiers if f <= units * increment]
            assert tier.price == Decimal(str(reached[-1]))


def test_a_token_price_after_discount_is_not_rounded() -> None:
    problem = a_problem(USE, tokens={"tiers": [{"from": 1, "price": "2.85"}]}, negotiated={"tokens": "0.05"})
    assert problem.tiers[0][0].price == Decimal("2.7075")


# --- days, rates, per-result tokens ----------------------------------------------------------------------


def test_a_rate_that_changes_in_mid_month() -> None:
    rates = [{"from": "2021-09-07", "tokens": 7}, {"from": "2026-06-15", "tokens": "7.5"}]
    problem = a_problem(USE, products=[AUTOCAD | {"rates": rates}, REVIT], tokens={"buffer": "0.1"})
    at = {str(problem.edges[t]): t for t in range(problem.periods)}
    tokens = problem.tokens[0]
    assert tokens[at["2026-06-01"]] == 14 * 7
    assert tokens[at["2026-06-15"]] == 16 * 7.5
    assert tokens[at["2026-07-01"]] == 31 * 7.5
    assert problem.tiers[0][0].upper == 2921  # 1.1 x (165 x 7 + 200 x 7.5) = 2,920.5


def test_a_product_without_a_rate_is_not_on_flex() -> None:
    late = REVIT | {"rates": [{"from": "2026-07-01", "tokens": 10}]}
    use = {("ann", "Revit"): every(date(2025, 1, 1), 365)}
    problem = a_problem(use, products=[AUTOCAD, late, {"id": "Vault", "flex": False}])
    assert problem.on_flex[1].tolist() == [False] * 6 + [True] * 6
    assert not problem.on_flex[2].any()
    assert problem.blocks[1] == (0, 6)  # cover may change where the product comes to Flex
    assert problem.tokens[0, :6].sum() == 0


def test_cover_changes_where_contracts_do() -> None:
    holdings = [Holding(offer="autocad-1y", quantity=1, ends=date(2026, 4, 1))]
    problem = a_problem(USE, holdings=holdings)
    assert problem.blocks == ((0, 3), (0,))


@given(
    st.integers(1, 30),
    st.sampled_from([date(2026, 1, 1), date(2026, 1, 31), date(2027, 11, 30)]),
    st.decimals(0, 10_000, places=2),
    st.one_of(st.none(), st.decimals(0, 2, places=2)),
    st.sets(st.integers(1, 27), max_size=4),
)
def test_per_result_tokens_add_up_exactly(
    months: int, start: date, monthly: Decimal, buffer: Decimal | None, cuts: set[int]
) -> None:
    """However the periods cut a month, its tokens fall due in it: no more, no less."""
    end = add_months(start, months)
    packs = [{"tokens": 1, "expires": start + timedelta(days=7 * c)} for c in cuts]
    problem = a_problem(
        USE,
        horizon={"start": start, "months": months},
        tokens={"buffer": "0.15"},
        pool=packs,
        cloud=[
            {"service": "CFD solve", "monthly_tokens": monthly, "buffer": buffer},
            {"service": "Study", "monthly_tokens": 11},
        ],
    )
    share = Fraction("0.15") if buffer is None else Fraction(buffer)
    raw = sum((r for r, _ in problem.cloud_exact), Fraction(0))
    buffered = sum((b for _, b in problem.cloud_exact), Fraction(0))
    assert raw == months * (Fraction(monthly) + 11)
    assert buffered == months * (Fraction(monthly) * (1 + share) + 11 * Fraction("1.15"))
    first = sum(
        (
            r
            for (r, _), e in zip(problem.cloud_exact, problem.edges, strict=False)
            if e < add_months(start, 1)
        ),
        Fraction(0),
    )
    assert first == Fraction(monthly) + 11
    assert problem.edges[-1] == end


def test_a_contract_covers_its_periods() -> None:
    problem = a_problem(USE, offers=[AUTOCAD_MONTH | {"starts": ["2026-05-20"]}])

    def life(c: Contract) -> tuple[date, date]:
        return problem.edges[c.first], problem.edges[c.after]

    assert all(life(c) == (c.start, min(c.end, problem.edges[-1])) for c in problem.contracts)
