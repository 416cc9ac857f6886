"""Every language says everything, in its own numbers and dates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date as Day
from decimal import Decimal
from typing import Any

import pytest
from documents import typed
from whole import with_everything

from flexopt.exports.charts import charts
from flexopt.exports.report import assignment_table, make_report
from flexopt.exports.words import ENGLISH, LANGUAGES, Words

OTHERS = [pytest.param(words, id=code) for code, words in LANGUAGES.items() if words is not ENGLISH]
NARROW, SPACE = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


def places(text: str) -> list[str]:
    """What is filled into a text; a counted thing has it in both forms."""
    return sorted(re.findall(r"{\w+}", text))


@pytest.mark.parametrize("words", OTHERS)
def test_every_language_has_every_text(words: Words) -> None:
    assert list(words.texts) == list(ENGLISH.texts)
    for key, text in ENGLISH.texts.items():
        assert words.texts[key].strip(), key
        assert places(words.texts[key]) == places(text), key
        assert ("|" in words.texts[key]) == ("|" in text), key


@pytest.mark.parametrize("words", OTHERS)
def test_every_text_of_the_charts_is_translated(document: dict[str, Any], words: Words) -> None:
    said: set[str] = set()

    def say(text: str) -> str:
        said.add(text)
        return text

    for chart in charts(typed(with_everything(_many_offers(document), 4)), say=say):
        chart.svg()
    assert {"bought", "tokens in the pool", "{number} others", "mix", "lever"} <= said
    assert said <= set(words.charts), said - set(words.charts)
    for text in words.charts:
        assert places(words.charts[text]) == places(text)


def _many_offers(document: Mapping[str, Any]) -> dict[str, Any]:
    row = document["seats"][0]
    more = [row | {"offer": f"offer-{i}", "cost": "1.00"} for i in range(20)]
    return {**document, "seats": [*document["seats"], *more]}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_whole_report_in_every_language(document: dict[str, Any], code: str) -> None:
    report = make_report(typed(with_everything(document)), LANGUAGES[code])
    assert [s.name for s in report.sections] == [
        s.name for s in make_report(typed(with_everything(document))).sections
    ]
    assert assignment_table(typed(document), LANGUAGES[code]).rows
    assert report.title in {"Licence plan", "Lizenzplan", "Plan de licences"}


@pytest.mark.parametrize(
    ("code", "money", "date", "share", "large"),
    [
        ("en", "1,234,567.80", "2026-04-01", "-12.4 %", "12,000"),
        ("de", "1.234.567,80", "01.04.2026", f"-12,4{SPACE}%", "12.000"),
        ("fr", f"1{NARROW}234{NARROW}567,80", "01/04/2026", f"-12,4{SPACE}%", f"12{NARROW}000"),
    ],
)
def test_formats(code: str, money: str, date: str, share: str, large: str) -> None:
    words = LANGUAGES[code]
    assert words.money(Decimal("1234567.80")) == money
    assert words.priced(Decimal("1234567.80"), "USD") == f"{money}{words.space}USD"
    assert words.money(None) == "-"
    assert words.date(Day(2026, 4, 1)) == date
    assert words.date(None) == "-"
    assert words.percent(Decimal("-0.1239")) == share
    assert words.number(12_000) == large


def test_counts_take_the_form_of_their_language() -> None:
    assert [ENGLISH.count(n, "user") for n in (0, 1, 2)] == ["0 users", "1 user", "2 users"]
    assert [LANGUAGES["fr"].count(n, "user") for n in (0, 1, 2)] == [
        "0 utilisateur",
        "1 utilisateur",
        "2 utilisateurs",
    ]


def test_shares() -> None:
    assert ENGLISH.percent(Decimal("0.05"), sign=True) == "+5.0 %"
    assert ENGLISH.percent(Decimal("-0.0004"), sign=True) == "-0.0 %"
    assert ENGLISH.exact(Decimal("0.0250")) == "2.5 %"
    assert ENGLISH.exact(Decimal("0.10"), sign=True) == "+10 %"
    assert ENGLISH.small(Decimal(0)) == "0.00 %"
    assert ENGLISH.small(Decimal("0.00001")) == "less than 0.01 %"
    assert ENGLISH.whole(Decimal("0.50")) == "1"


def test_what_is_filled_in_is_no_template() -> None:
    assert ENGLISH("growth_of", name="{share} {0} {name.x}", share="+1 %") == "{share} {0} {name.x} +1 %"
