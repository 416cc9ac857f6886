"""The data beside the example scenarios: reproducible, consistent, small."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from datetime import date
from importlib import resources
from pathlib import Path

import pytest
import yaml

from flexopt.inputs.scenario.scenario import Scenario

SCENARIOS = Path(__file__).parents[1] / "scenarios"
TABLES = ["usage/2025.csv", "people.csv", "access.csv"]


def rows(name: str) -> list[dict[str, str]]:
    with (SCENARIOS / name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_price_book_is_the_one_of_the_package() -> None:
    packaged = resources.files("flexopt") / "data" / "price-book.yaml"
    assert (SCENARIOS / "price-book.yaml").read_bytes() == packaged.read_bytes()


def test_price_book_is_valid_and_every_figure_has_a_source() -> None:
    book = yaml.safe_load((SCENARIOS / "price-book.yaml").read_text())
    scenario = Scenario.model_validate(book | {"horizon": {"start": "2026-01-01"}})
    assert all(rate.source for p in scenario.products for rate in p.rates)
    assert all(price.source for o in scenario.offers for price in o.prices)
    assert all(tier.source for of in scenario.tokens.tier_lists for tier in of.tiers)
    figures = [price for o in scenario.offers for price in o.prices]
    weak = ("guide", "older list", "made up", "second hand", "assumed", "in proportion")
    assert all(p.estimate == any(word in p.source for word in weak) for p in figures)
    rates = [rate for p in scenario.products for rate in p.rates]
    assert all(r.estimate == any(word in r.source for word in weak) for r in rates)
    assert [t.estimate for of in scenario.tokens.tier_lists for t in of.tiers] == [False, True, True, True]
    known = set(scenario.product_by_id)
    assert all(set(offer.covers) <= known for offer in scenario.offers)


def test_renewals_of_a_year_are_about_a_tenth_below_new_seats() -> None:
    book = yaml.safe_load((SCENARIOS / "price-book.yaml").read_text())
    scenario = Scenario.model_validate(book | {"horizon": {"start": "2026-01-01"}})
    for offer in scenario.offers:
        price = offer.prices[0]
        if offer.term_months == 12 and price.renewal is not None:
            assert 0.895 <= price.renewal / price.new <= 0.905, offer.id


def test_tables_are_rewritten_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run([sys.executable, SCENARIOS / "make_usage.py", tmp_path], check=True)
    for name in TABLES:
        assert (tmp_path / name).read_bytes() == (SCENARIOS / name).read_bytes(), name


def test_usage_is_a_year_of_unique_days_and_small() -> None:
    usage = [tuple(row.values()) for row in rows("usage/2025.csv")]
    assert len(usage) == len(set(usage))
    assert usage == sorted(usage)
    assert {date.fromisoformat(day).year for _, _, day in usage} == {2025}
    assert (SCENARIOS / "usage/2025.csv").stat().st_size < 1_200_000


def test_everybody_who_uses_something_is_in_people_and_access() -> None:
    used = {(row["user"], row["product"]) for row in rows("usage/2025.csv")}
    assert {user for user, _ in used} <= {row["user"] for row in rows("people.csv")}
    assert used <= {(row["user"], row["product"]) for row in rows("access.csv")}


@pytest.mark.parametrize("column", ["starts", "leaves"])
def test_somebody_joins_and_somebody_leaves(column: str) -> None:
    assert 3 <= sum(bool(row[column]) for row in rows("people.csv")) <= 20


def test_todays_seats_are_owned() -> None:
    scenario = yaml.safe_load((SCENARIOS / "renewal-2026.yaml").read_text())
    owned: Counter[str] = Counter()
    for holding in scenario["holdings"]:
        owned[holding["offer"]] += holding["quantity"]
    taken = Counter(
        offer for _, offer in {(row["user"], row["offer"]) for row in rows("access.csv")} if offer
    )
    assert all(taken[offer] <= owned[offer] for offer in taken), (taken, owned)


def test_starter_example_is_the_usage_of_the_first_people() -> None:
    packaged = resources.files("flexopt") / "data" / "example-usage.csv"
    header, *days = (SCENARIOS / "usage/2025.csv").read_text().splitlines(keepends=True)
    assert packaged.read_text() == "".join([header, *(d for d in days if d.split(",")[0] <= "user-0015")])
