"""A report says what plan.json says, in its order, with the source of every price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from documents import typed
from reports import headline, summary_text
from whole import with_everything

from flexopt.exports.report import (
    Report,
    ReportTable,
    Section,
    make_report,
)
from flexopt.exports.report.assumed import mark_of, prices
from flexopt.exports.report.changes import changes
from flexopt.exports.report.compared import comparison_report
from flexopt.exports.report.parts import named
from flexopt.exports.words import ENGLISH
from flexopt.inputs.scenario.scenario import Price

Document = dict[str, Any]

ORDER = ["order", "payments", "cost", "baselines", "changes", "assumptions", "coverage", "how_proven"]


def section(report: Report, name: str) -> Section:
    return next(s for s in report.sections if s.name == name)


def table(report: Report, name: str) -> ReportTable:
    tables = [p for s in (*report.sections, *report.appendix) for p in s.parts if isinstance(p, ReportTable)]
    return next(t for t in tables if t.name == name)


def amount(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def test_order(document: Document) -> None:
    report = make_report(typed(document))
    assert [s.name for s in report.sections] == ORDER
    whole = make_report(typed(with_everything(document)))
    assert [s.name for s in whole.sections] == [*ORDER[:4], "comparison", "sensitivity", *ORDER[4:]]


def test_headline_and_summary_say_the_same(document: Document) -> None:
    report = make_report(typed(document))
    assert report.headline.casefold() == headline(typed(document)).casefold() + "."
    assert dict(report.figures)["total"] == f"{amount(document['total']):,} USD"


def test_cost_lines_add_up(document: Document) -> None:
    report = make_report(typed(document))
    seats, tokens, total, *_ = [amount(row[1]) for row in table(report, "cost").rows]
    assert seats + tokens == total == Decimal(document["total"])
    sums = {"seats": (6, "seats"), "order": (-1, "commitment"), "payments": (3, "commitment")}
    for name, (column, key) in sums.items():
        shown = table(report, name)
        last = shown.sums[-1]
        lines = [row[column] for i, row in enumerate(shown.rows) if i not in shown.sums]
        total = amount(shown.rows[last][column])
        assert sum(amount(cell) for cell in lines if cell) == total == Decimal(document["summary"][key])


def test_every_row_of_every_table_has_every_column(document: Document) -> None:
    whole = with_everything(document, 5)
    report = make_report(typed(whole))
    for part in (p for s in (*report.sections, *report.appendix) for p in s.parts):
        if isinstance(part, ReportTable):
            assert {len(row) for row in part.rows} == {len(part.columns)}, part.name
            assert all(isinstance(cell, str) for row in part.rows for cell in row)


@pytest.mark.parametrize("source", ["quote Q-4711 dated 2026-01-15", "quote validated by reseller", ""])
@pytest.mark.parametrize("estimate", [False, True])
def test_a_price_is_an_estimate_if_the_scenario_says_so(source: str, estimate: bool) -> None:
    mark = mark_of(
        Price.model_validate({"from": "2026-01-01", "new": 1, "source": source, "estimate": estimate}),
        ENGLISH,
    )
    assert mark == ("estimate" if estimate else "" if source else "no source")


def test_estimates_are_counted_in_every_text(document: Document) -> None:
    scenario = document["scenario"]
    entries = [price for offer in scenario["offers"] for price in offer["prices"]]
    entries += [rate for product in scenario["products"] for rate in product["rates"]]
    entries += scenario["tokens"]["tiers"]
    for entry in entries:
        entry |= {"source": "quote 7 dated 2026-01-15", "estimate": False}
    number = f"{len(prices(typed(document), ENGLISH)[0].rows)} prices"
    said = f"{number}, each with its source and none marked as an estimate"
    assert said in " ".join(summary_text(typed(document)).split())
    scenario["tokens"]["tiers"][0]["estimate"] = True
    said = f"1 of {number} marked as estimates, 0 without a source; check them before you sign"
    assert said in " ".join(summary_text(typed(document)).split())
    assert said in " ".join(str(part) for s in make_report(typed(document)).sections for part in s.parts)


def test_every_price_has_its_source_or_a_mark(document: Document) -> None:
    scenario = document["scenario"]
    used, others = prices(typed(document), ENGLISH)
    offers = [o["id"] for o in scenario["offers"]]
    kinds = {row["offer"] for row in document["seats"] if not row["owned"]}
    for offer in offers:
        assert any(row[0].startswith(f"{offer}, ") for row in (*used.rows, *others.rows)), offer
    assert {row[0].split(", ")[0] for row in used.rows} >= kinds
    assert sum("token, from" in row[0] for row in used.rows) == len(scenario["tokens"]["tiers"])
    assert {mark for *_, source, mark in (*used.rows, *others.rows) if not source} <= {"no source"}


def test_prices_show_what_is_paid_after_discounts(document: Document) -> None:
    scenario, seats = document["scenario"], document["seats"]
    row = next(row for row in seats if not row["owned"])
    offer = next(o for o in scenario["offers"] if o["id"] == row["offer"])
    price = next(p for p in offer["prices"] if p["from"] <= row["contract_start"])
    price |= {"new": "1000", "renewal": None, "source": "quote 7"}
    row["unit_price"] = "850.00"
    used, _ = prices(typed(document), ENGLISH)
    kind = "renewal" if row["renewed"] else "new"
    found = next(r for r in used.rows if r[0] == f"{offer['id']}, {kind}")
    assert found == (f"{offer['id']}, {kind}", price["from"], "1,000.00", "15.0 %", "850.00", "quote 7", "")


def test_token_tiers_show_the_discount(document: Document) -> None:
    document["scenario"]["negotiated"]["tokens"] = "0.05"
    document["scenario"]["tokens"]["tiers"] = [
        {"from": 100, "price": "2.85", "source": "", "estimate": False}
    ]
    used, _ = prices(typed(document), ENGLISH)
    row = next(r for r in used.rows if "token, from" in r[0])
    assert row == ("a token, from 100 tokens", "", "2.85", "5.0 %", "2.7075", "", "no source")


def test_the_price_in_force_on_the_day_is_the_one_used(document: Document) -> None:
    row = next(row for row in document["seats"] if not row["owned"])
    offer = next(o for o in document["scenario"]["offers"] if o["id"] == row["offer"])
    (price,) = offer["prices"]
    offer["prices"] = [price, price | {"from": "2199-01-01", "source": "far away"}]
    used, others = prices(typed(document), ENGLISH)
    assert "far away" not in {r[5] for r in used.rows}
    assert "far away" in {r[5] for r in others.rows}


def test_who_changes(document: Document) -> None:
    document["summary"] |= {"users_to_flex": 14, "users_to_seats": 1, "users_idle": 2}
    found, *more = changes(typed(document), ENGLISH)
    assert isinstance(found, ReportTable)
    assert not more
    assert found.rows == (
        ("~", "14 users to Flex tokens"),
        ("~", "1 user to seats"),
        ("-", "2 users with a seat today and no days to plan (no use, or gone by then): to be released"),
    )


def test_what_is_not_known_about_changes_is_said(document: Document) -> None:
    document["summary"] |= dict.fromkeys(("users_to_flex", "users_to_seats", "users_idle"))
    document["seats"] = []
    assert [*changes(typed(document), ENGLISH)] == [
        "No user changes access.",
        "Today's access is unknown: the scenario has no access table.",
    ]


def test_moves_of_the_review(document: Document) -> None:
    whole = with_everything(document)
    report = make_report(typed(whole))
    shown = table(report, "moves").rows
    expected = [m for m in whole["review"]["moves"] if m["move"] not in ("keep", "new")]
    assert [row[1] for row in shown] == [m["user"] for m in expected][: len(shown)]
    assert [row[0] for row in shown] == [m["saving"] for m in expected][: len(shown)]
    assert len(table(report, "checks").rows) == 7


def test_quotes_in_columns_baseline_first(document: Document) -> None:
    whole = with_everything(document)
    whole["comparison"]["scenarios"][0]["label"] = "List prices"
    plan = typed(whole)
    report = make_report(plan)
    quotes = whole["comparison"]["scenarios"]
    columns = table(report, "comparison")
    assert columns.columns[1:] == tuple(q["label"] for q in quotes)
    assert any(quotes[1]["name"] in str(part) for part in section(report, "comparison").parts)
    assert [amount(c) for c in columns.rows[columns.sums[0]][1:]] == [Decimal(q["total"]) for q in quotes]
    drivers = [[amount(cell) for cell in row[2:]] for row in table(report, "drivers").rows]
    assert [sum(column[:-1]) for column in zip(*drivers, strict=True)] == drivers[-1]
    regret = table(report, "regret").rows
    assert regret[0][-1] == "-"
    assert [regret[i][i + 1] for i in range(3)] == ["0.00"] * 3
    assert plan.comparison is not None
    parts = section(comparison_report(plan.comparison), "comparison").parts
    assert parts == section(report, "comparison").parts


def test_coverage_findings_and_left_out(document: Document) -> None:
    document["coverage"] |= {
        "rows_read": 1318,
        "users_planned": 311,
        "users_in_usage": 318,
        "days_left_out": 9,
    }
    document["findings"] = [
        {
            "severity": "warning",
            "code": "U201",
            "file": "usage.csv",
            "row": 7,
            "column": "date",
            "message": "odd",
            "count": 3,
            "hint": "",
        }
    ]
    document["left_out"] = [{"user": "u", "product": "p", "days": 9, "reason": "leaves"}]
    report = make_report(typed(document))
    first, *_ = section(report, "coverage").parts
    assert first == (
        "1,318 rows of usage read for 318 users; 311 planned; 9 days of use left out, "
        "listed with the reasons in the appendix; 1 warning."
    )
    assert table(report, "findings").rows == (("warning", "U201", "usage.csv:7", "odd (x3)"),)
    assert table(report, "left_out").rows == (("u", "p", "9", "leaves"),)


def test_proof_has_status_bound_gap_version_and_hashes(document: Document) -> None:
    report = make_report(typed(document))
    said = {row[0]: row[1] for row in table(report, "proof").rows}
    assert said["status"] == "optimal"
    assert amount(said["lower bound"].removesuffix(" USD")) == Decimal(document["proof"]["bound"])
    assert document["flexopt"] in said["version"]
    assert table(report, "inputs").rows == tuple((i["file"], i["sha256"]) for i in document["inputs"])


def test_long_tables_go_on_in_the_appendix(document: Document) -> None:
    finding = {"severity": "info", "code": "U1", "row": None, "column": "", "count": 1, "hint": ""}
    document["findings"] = [finding | {"file": f"{i}.csv", "message": "odd"} for i in range(40)]
    report = make_report(typed(document))
    found = [
        p for p in section(report, "coverage").parts if isinstance(p, ReportTable) and p.name == "findings"
    ]
    assert len(found[0].rows) == 24
    assert "16 more in the appendix." in section(report, "coverage").parts
    (whole,) = [s for s in report.appendix if s.name == "all_findings"]
    assert isinstance(whole.parts[0], ReportTable)
    assert len(whole.parts[0].rows) == 40


def test_a_document_without_people(document: Document) -> None:
    document["assignment"], document["left_out"] = [], []
    assert make_report(typed(document)).sections


def test_texts_of_the_inputs_are_shown_harmless_and_short(document: Document) -> None:
    assert named("a\x1b[31m\u202eb\nc") == "a\ufffd[31m\ufffdb\ufffdc"
    assert named("x" * 10_000) == "x" * 199 + "…"
    assert named(None) == ""
    document["name"] = "{total} %s"
    assert make_report(typed(document)).name == "{total} %s"


def test_sums_of_a_long_payment_calendar_stay_where_they_are(document: Document) -> None:
    """Seven years of months, each with its sum: the first sixty rows, and every sum once."""
    (payment, *_) = document["payments"]
    document["payments"] = [
        payment | {"month": f"{2020 + n // 12}-{n % 12 + 1:02}", "fiscal_year": str(2020 + n // 12)}
        for n in range(84)
    ]
    shown = next(
        p for p in section(make_report(typed(document)), "payments").parts if isinstance(p, ReportTable)
    )
    sums = [shown.rows[n][0] for n in shown.sums]
    assert sums == [*(f"fiscal year {year}" for year in range(2020, 2027)), "all invoices"]
    assert len(shown.rows) == 60 + 4
