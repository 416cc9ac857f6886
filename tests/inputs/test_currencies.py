"""A price is in the currency of its file; another currency takes a stated rate, never a new label."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from flexopt.inputs.scenario.load import read_scenario

BOOK = """\
schema: flexopt.scenario/1
currency: USD
horizon: {start: 2026-01-01, months: 12}
products: [{id: AutoCAD, rates: [{from: 2021-09-07, tokens: 7}]}]
offers:
  - id: autocad-1y
    covers: [AutoCAD]
    term_months: 12
    prices: [{from: 2026-01-01, new: 2310, renewal: 2079, source: list}]
tokens: {tiers: [{from: 100, price: 3.00}]}
"""


def read(folder: Path, text: str, book: str = BOOK) -> tuple[list[tuple[str, str]], object]:
    (folder / "price-book.yaml").write_text(book)
    (folder / "scenario.yaml").write_text("extends: price-book.yaml\n" + text)
    source, findings = read_scenario(folder / "scenario.yaml")
    return [(f.code, f.message) for f in findings], source and source.scenario


def test_another_currency_is_not_a_label(tmp_path: Path) -> None:
    (tmp_path / "price-book.yaml").write_text(BOOK)
    (tmp_path / "scenario.yaml").write_text("extends: price-book.yaml\ncurrency: EUR\n")
    (found,) = read_scenario(tmp_path / "scenario.yaml")[1]
    assert (found.code, found.severity, found.row, found.column) == ("S175", "error", 2, "currency")
    assert found.message == (
        "3 prices of `price-book.yaml` in USD, and the scenario is in EUR; "
        "the first is `offers.autocad-1y.prices.1.new`"
    )
    assert "exchange: [{currency: USD, rate: 0.92" in found.hint


def test_a_stated_rate_converts_to_the_cent_and_tokens_to_two_digits_more(tmp_path: Path) -> None:
    found, scenario = read(
        tmp_path, "currency: EUR\nexchange: [{currency: USD, rate: 0.9237, source: bank}]\n"
    )
    assert found == []
    price, tier = scenario.offers[0].prices[0], scenario.tokens.tiers[0]  # type: ignore[attr-defined]
    # 2310 x 0.9237 = 2133.747, 2079 x 0.9237 = 1920.3723, 3 x 0.9237 = 2.7711
    assert (price.new, price.renewal, tier.price) == (
        Decimal("2133.75"),
        Decimal("1920.37"),
        Decimal("2.7711"),
    )
    assert price.source == "list, USD 2310 / 2079 x 0.9237 (bank)"
    assert tier.source == "USD 3.00 x 0.9237 (bank)"


def test_an_estimated_rate_makes_estimates(tmp_path: Path) -> None:
    _, scenario = read(tmp_path, "currency: EUR\nexchange: [{currency: USD, rate: 0.9, estimate: true}]\n")
    price, tier = scenario.offers[0].prices[0], scenario.tokens.tiers[0]  # type: ignore[attr-defined]
    assert (price.estimate, tier.estimate) == (True, True)
    _, scenario = read(tmp_path, "currency: EUR\nexchange: [{currency: USD, rate: 0.9}]\n")
    assert not scenario.offers[0].prices[0].estimate  # type: ignore[attr-defined]


def test_prices_of_its_own_need_no_rate(tmp_path: Path) -> None:
    own = (
        "currency: EUR\noffers: [{id: autocad-1y, prices: [{from: 2026-01-01, new: 2200}]}]\n"
        "tokens: {tiers: [{from: 100, price: 2.90}]}\n"
    )
    assert read(tmp_path, own)[0] == []
    half = own.rsplit("tokens", 1)[0]
    assert [code for code, _ in read(tmp_path, half)[0]] == ["S175"]


def test_a_book_without_a_currency_and_one_in_the_same(tmp_path: Path) -> None:
    assert read(tmp_path, "currency: EUR\n", BOOK.replace("currency: USD\n", ""))[0] == []
    assert read(tmp_path, "currency: USD\n")[0] == []


def test_a_rate_that_nothing_needs_is_a_warning(tmp_path: Path) -> None:
    found, _ = read(tmp_path, "exchange: [{currency: CHF, rate: 1.1}]\n")
    assert found == [("S176", "the rate of CHF is not used: no price comes from a file in CHF")]


def test_a_currency_stated_between_counts_for_the_prices_below_it(tmp_path: Path) -> None:
    (tmp_path / "bare.yaml").write_text(BOOK.replace("currency: USD\n", ""))
    found, _ = read(tmp_path, "currency: EUR\n", "extends: bare.yaml\ncurrency: USD\n")
    assert [code for code, _ in found] == ["S175"]
