"""Break-even days, against the figures of the vendor and of advisers."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from flexopt.inputs.scenario.scenario import Scenario
from flexopt.planning.breakeven import COLUMNS, break_even_days, breakeven

BOOK = Path(__file__).parents[2] / "scenarios" / "price-book.yaml"


def scenario(**changes: Any) -> Scenario:
    book = yaml.safe_load(BOOK.read_text())
    return Scenario.model_validate(book | {"horizon": {"start": "2026-01-01"}} | changes)


def at_list(frame: pd.DataFrame, offer: str, products: str, kind: str = "new") -> pd.Series[Any]:
    of_offer = frame[(frame["offer"] == offer) & (frame["kind"] == kind)]
    row = of_offer[(of_offer["products"] == products) & (of_offer["tier_from"] == 100)]
    assert len(row) == 1
    return row.iloc[0]


@pytest.mark.parametrize(
    ("offer", "products", "days"),
    [
        ("autocad-1y", "AutoCAD", "110.00"),
        ("revit-1y", "Revit", "99.50"),
        ("fusion-1y", "Fusion", "75.56"),
        ("aec-1y", "Revit + AutoCAD", "72.06"),
    ],
)
def test_published_figures_at_list_price(offer: str, products: str, days: str) -> None:
    assert at_list(breakeven(scenario()), offer, products)["days"] == Decimal(days)


def test_one_row_per_token_tier() -> None:
    frame = breakeven(scenario())
    rows = frame[(frame["offer"] == "autocad-1y") & (frame["kind"] == "new")]
    assert tuple(frame.columns) == COLUMNS
    assert list(rows["token_price"]) == [Decimal(p) for p in ("3.00", "2.85", "2.70", "2.55")]
    # 2310 / (7 x 2.55) = 129.411...
    assert rows["days"].iloc[-1] == Decimal("129.41")
    assert not frame.duplicated(["offer", "kind", "products", "tier_from"]).any()


def test_buffer_brings_the_break_even_forward() -> None:
    book = yaml.safe_load(BOOK.read_text())
    row = at_list(breakeven(scenario(tokens=book["tokens"] | {"buffer": 0.15})), "revit-1y", "Revit")
    # 2985 / (30 x 1.15) = 86.521...
    assert (row["days"], row["days_with_buffer"]) == (Decimal("99.50"), Decimal("86.52"))


def test_negotiated_prices_on_both_sides() -> None:
    frame = breakeven(scenario(negotiated={"seats": 0.15, "offers": {"aec-1y": 0.20}, "tokens": 0.05}))
    # AutoCAD 1,963.50 / (7 x 2.85) = 98.421...; AEC 2,940.00 / (17 x 2.85) = 60.681...
    assert at_list(frame, "autocad-1y", "AutoCAD")["days"] == Decimal("98.42")
    assert at_list(frame, "aec-1y", "Revit + AutoCAD")["days"] == Decimal("60.68")


def test_renewal_price() -> None:
    frame = breakeven(scenario())
    assert at_list(frame, "autocad-1y", "AutoCAD", "renewal")["days"] == Decimal("99.00")
    # no price of its own: the row of the new seat says all
    assert set(frame.loc[frame["offer"] == "revit-1m", "kind"]) == {"new"}


def test_monthly_and_three_year_terms_count_days_of_their_own_term() -> None:
    three = {"id": "autocad-3y", "covers": ["AutoCAD"], "term_months": 36}
    book = yaml.safe_load(BOOK.read_text())
    offers = [*book["offers"], three | {"prices": [{"from": "2026-01-01", "new": 6930}]}]
    frame = breakeven(scenario(offers=offers))
    assert at_list(frame, "autocad-3y", "AutoCAD")["days"] == Decimal("330.00")
    # 290 / 21 = 13.809...
    assert at_list(frame, "autocad-1m", "AutoCAD")["days"] == Decimal("13.81")


def test_rate_and_price_of_the_first_day_count() -> None:
    later = breakeven(scenario(horizon={"start": "2026-07-01"}))
    # Navisworks Manage goes from 6 to 9 tokens on that day: 2605 / 27 = 96.481...
    assert at_list(later, "navisworks-manage-1y", "Navisworks Manage")["days"] == Decimal("96.48")
    assert breakeven(scenario(horizon={"start": "2020-01-01"})).empty


def test_what_is_not_on_flex_has_no_break_even() -> None:
    assert not breakeven(scenario())["offer"].str.startswith("autocad-lt").any()


def test_free_tokens_never_break_even() -> None:
    assert break_even_days(Decimal(100), Decimal(0), Decimal(3)) is None
    assert break_even_days(Decimal(100), Decimal(7), Decimal(0)) is None


def test_collection_with_one_product_on_flex_is_compared_with_that_product() -> None:
    offer = {"id": "lt-pair", "covers": ["AutoCAD LT", "Fusion"], "term_months": 12}
    frame = breakeven(scenario(offers=[offer | {"prices": [{"from": "2026-01-01", "new": 900}]}]))
    assert at_list(frame, "lt-pair", "Fusion")["days"] == Decimal("100.00")
