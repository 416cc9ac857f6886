"""Amounts in yen and fils, and invoices that are rounded: by hand, and at random."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from build import AUTOCAD, AUTOCAD_YEAR, Days, a_scenario, a_source, every, usage_of
from documents import data, typed
from hypothesis import given
from hypothesis import strategies as st
from profiles import one_in
from reports import summary_text

from flexopt import Plan, plan
from flexopt.exports.formats import EXPORTERS, exporter
from flexopt.exports.report.proven import only_rounding

ANN_AND_BOB: Days = {
    ("ann", "AutoCAD"): every(date(2025, 1, 1), 180),
    ("bob", "AutoCAD"): every(date(2025, 1, 1), 3),
}
PACKS = {"tiers": [{"from": 33, "price": "2.85"}], "increment": 33, "purchase_dates": "monthly"}
SEAT, COMMITMENT, PACK, TOTAL = range(4)
BY_HAND = {
    # 2,310 less 3.3 % is 2,233.77 for a year, of which 181 of 365 days are in the horizon: 1,107.705123...;
    # 33 tokens at 2.85 less 5 % are 89.3475
    "USD": ("1107.71", "2233.77", "89.35", "1197.06"),
    # 2,234 yen for the year: 1,107.819... yen
    "JPY": ("1108", "2234", "89", "1197"),
    # half a fils is rounded up
    "KWD": ("1107.705", "2233.770", "89.348", "1197.053"),
}
SHOWN = {"USD": "1,197.06", "JPY": "1,197", "KWD": "1,197.053"}


@cache
def made(currency: str) -> Plan:
    scenario = a_scenario(
        currency=currency,
        horizon={"start": "2026-01-01", "months": 6},
        products=[AUTOCAD],
        offers=[AUTOCAD_YEAR],
        tokens=PACKS,
        negotiated={"seats": "0.033", "tokens": "0.05"},
    )
    return plan(a_source(scenario), usage_of(ANN_AND_BOB))


@pytest.mark.parametrize("currency", BY_HAND)
def test_the_bill_is_in_whole_minor_units(currency: str) -> None:
    by_hand, document = BY_HAND[currency], data(made(currency).document)
    (seat,), (pack,) = document["seats"], document["purchases"]
    assert (seat["cost"], seat["commitment"]) == (by_hand[SEAT], by_hand[COMMITMENT])
    assert (pack["tokens"], pack["unit_price"], pack["cost"]) == (33, "2.7075", by_hand[PACK])
    assert document["total"] == by_hand[TOTAL]
    assert str(made(currency).total) == f"{SHOWN[currency]} {currency}"
    assert document["proof"]["cost"] == by_hand[TOTAL]
    amounts = [row[name] for row in document["assignment"] for name in ("cost", "seat_price", "flex_price")]
    amounts += [row["amount"] for row in document["charges"]] + [document["proof"]["bound"]]
    places = len(by_hand[TOTAL].partition(".")[2])
    assert {len(amount.partition(".")[2]) for amount in amounts} == {places}
    assert sum(map(Decimal, (row["amount"] for row in document["charges"]))) == Decimal(by_hand[TOTAL])


@pytest.mark.parametrize("currency", BY_HAND)
def test_every_export_has_them(currency: str) -> None:
    document, shown = made(currency).document, SHOWN[currency]
    assert shown in summary_text(document)
    found = {suffix: exporter(Path(f"plan{suffix}")).render(document) for suffix in EXPORTERS}
    for suffix in (".md", ".html"):
        text = found[suffix].decode()
        assert shown in text, suffix
        assert currency in text, suffix
    assert f'"total": "{BY_HAND[currency][TOTAL]}"' in found[".json"].decode().replace('":"', '": "')
    rows = list(csv.DictReader(io.StringIO(found[".csv"].decode())))
    assert {row["seat_price"] for row in rows} == {BY_HAND[currency][SEAT]}
    assert found[".pdf"].startswith(b"%PDF")


@pytest.mark.parametrize(("currency", "digits", "shown"), [("JPY", 0, "#,##0"), ("KWD", 3, "#,##0.000")])
def test_the_workbook_rounds_to_them(currency: str, digits: int, shown: str) -> None:
    """Its formulas, and the formats of its amounts; `tests/exports/test_workbook.py` recalculates it."""
    book = ZipFile(io.BytesIO(exporter(Path("plan.xlsx")).render(made(currency).document)))
    sheets = "".join(book.read(n).decode() for n in book.namelist() if n.startswith("xl/worksheets/sheet"))
    assert f",{digits})</f>" in sheets
    assert ",2)</f>" not in sheets
    assert f'formatCode="{shown}"' in book.read("xl/styles.xml").decode()


@one_in(8)
@given(
    st.lists(st.integers(1, 330), min_size=1, max_size=4),
    st.integers(300, 3000),
    st.lists(st.integers(1, 9), min_size=2, max_size=2),
)
def test_whole_prices_cost_as_much_in_yen_as_in_dollars(
    counts: list[int], seat: int, prices: list[int]
) -> None:
    days = {(f"u{n}", "AutoCAD"): every(date(2025, 1, 1), count) for n, count in enumerate(counts)}
    tiers = [{"from": 100 * (1 + n), "price": price} for n, price in enumerate(sorted(prices, reverse=True))]
    offer = AUTOCAD_YEAR | {"prices": [{"from": "2025-01-01", "new": seat}]}

    def of(currency: str) -> dict[str, Any]:
        scenario = a_scenario(
            currency=currency,
            products=[AUTOCAD],
            offers=[offer],
            tokens={"tiers": tiers, "increment": 100},
            solver={"gap": 0},
        )
        return data(plan(a_source(scenario), usage_of(days)).document)

    dollars, yen = of("USD"), of("JPY")
    assert yen["status"] == dollars["status"] == "optimal"
    for table, columns in (("seats", ("cost", "commitment")), ("purchases", ("cost",))):
        for row, other in zip(dollars[table], yen[table], strict=True):
            assert [Decimal(row[c]) for c in columns] == [Decimal(other[c]) for c in columns]
    assert Decimal(yen["total"]) == Decimal(dollars["total"])
    assert yen["total"] == yen["proof"]["bound"]


def rounded(
    currency: str, users: int, *, months: int, gap: str = "0.000001", **tokens: Any
) -> dict[str, Any]:
    """A few days of every user in every month, with packs that live four weeks."""
    days = {
        (f"u{n}", "AutoCAD"): [date(2025, m, d) for m in range(1, 13) for d in range(1, 2 + (n + m) % 4)]
        for n in range(users)
    }
    scenario = a_scenario(
        currency=currency,
        horizon={"start": "2026-01-01", "months": months},
        products=[AUTOCAD],
        offers=[AUTOCAD_YEAR],
        tokens={"purchase_dates": "monthly", "valid_days": 28} | tokens,
        negotiated={"tokens": "0.05"},
        solver={"gap": gap},
    )
    return data(plan(a_source(scenario), usage_of(days)).document)


def check_status(document: dict[str, Any]) -> None:
    """Optimal if and only if what is written says so."""
    proof, total = document["proof"], Decimal(document["total"])
    bound, asked = Decimal(proof["bound"]), Decimal(proof["gap_asked"])
    assert (document["status"] == "optimal") == (total - bound <= asked * total)
    assert (document["status"] == "optimal") == (Decimal(proof["gap"]) <= asked)
    assert 0 <= Decimal(proof["rounding"]["amount"]) <= total - bound


def test_24_invoices_of_sub_cent_prices_are_proven_to_the_cent() -> None:
    """1, 2, 3 or 4 days a month take 33 tokens at 2.7075: 89.3475, invoiced as 89.35 every time."""
    document = rounded("USD", 1, months=24, tiers=[{"from": 33, "price": "2.85"}], increment=33)
    check_status(document)
    assert [row["cost"] for row in document["purchases"]] == ["89.35"] * 24
    assert (document["total"], document["proof"]["bound"]) == ("2144.40", "2144.40")
    assert document["proof"]["rounding"] == {"amount": "0.00", "invoices": 0}


def test_rounding_that_is_left_open_is_said() -> None:
    """A tenth of a percent is asked: nothing is decided by invoices, which are up to 0.12 above the least."""
    tiers = [{"from": 33, "price": "2.85"}]
    document = rounded("USD", 1, months=24, gap="0.001", tiers=tiers, increment=33)
    check_status(document)
    assert (document["status"], document["total"]) == ("optimal", "2144.40")
    assert document["proof"]["bound"] == "2144.28"
    assert document["proof"]["rounding"] == {"amount": "0.12", "invoices": 24}


def test_the_claim_says_what_only_rounding_leaves_open() -> None:
    """The same plan, as if a millionth had been asked and no invoice decided."""
    tiers = [{"from": 33, "price": "2.85"}]
    document = rounded("USD", 1, months=24, gap="0.001", tiers=tiers, increment=33)
    document |= {"status": "feasible", "proof": document["proof"] | {"gap_asked": "0.000001"}}
    assert only_rounding(typed(document))
    text = " ".join(summary_text(typed(document)).split())
    assert "but for rounding: 24 invoices of the plan may be rounded by up to 0.12 USD" in text
    assert not only_rounding(typed(document | {"proof": document["proof"] | {"bound": "2144.00"}}))


@one_in(8)
@given(
    st.fixed_dictionaries(
        {
            "currency": st.sampled_from(["USD", "EUR", "JPY", "KWD"]),
            "users": st.integers(1, 6),
            "months": st.sampled_from([1, 2, 12]),
            "increment": st.sampled_from([1, 7, 33]),
            "valid_days": st.sampled_from([28, 91]),
        }
    ),
    st.sampled_from(["2.85", "0.333", "1.23456", "2.7", "431.7"]),
)
def test_whatever_is_rounded_status_and_gap_are_true(drawn: dict[str, Any], price: str) -> None:
    """The audit has passed where there is a plan."""
    step, cheaper = drawn["increment"], str(Decimal(price) * 3 / 4)
    tiers = [{"from": step, "price": price}, {"from": 20 * step, "price": cheaper}]
    check_status(rounded(**drawn, tiers=tiers))
