"""What people read: offers by their names, quotes by their labels; JSON and CSV keep the ids."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from documents import data, typed
from reports import comparison_text, summary_text
from whole import with_everything

from flexopt.exports.charts import charts
from flexopt.exports.markdown import render as markdown
from flexopt.exports.report.decisions import decision_table
from flexopt.exports.shown import shown, shown_comparison
from flexopt.exports.study_data import comparison_csv, review_csv
from flexopt.exports.web import render as page
from flexopt.exports.words import ENGLISH
from flexopt.store.study_parts import ComparisonDocument, ComparisonPart

Document = dict[str, Any]
NAMES = {"autocad-1y": "AutoCAD, a year", "revit-1y": "Revit, a year"}


@pytest.fixture
def named(document: Document) -> Document:
    """A plan with everything, whose offers have names; the first two quotes have labels."""
    document = with_everything(document)
    scenario = document["scenario"]
    document["scenario"] = {
        **scenario,
        "offers": [{**o, "name": NAMES[o["id"]]} for o in scenario["offers"]],
        "negotiated": {**scenario["negotiated"], "offers": {"autocad-1y": "0.2"}},
    }
    comparison = document["comparison"]
    for quote, label in zip(comparison["scenarios"], ("List", "Reseller B", "quote-3"), strict=True):
        quote["label"] = label
        for row in quote["offers"]:
            row["name"] = NAMES[row["offer"]]
    return document


def test_nothing_but_names_and_labels_changes(named: Document) -> None:
    before = deepcopy(named)
    read = shown(typed(named))
    assert named == before
    assert data(read).keys() == named.keys()
    assert [o["id"] for o in data(read)["scenario"]["offers"]] == list(NAMES.values())
    assert data(read)["scenario"]["negotiated"]["offers"] == {"AutoCAD, a year": "0.2"}
    for table in ("order", "payments", "seats", "assignment"):
        assert {row["offer"] for row in data(read)[table]} <= {*NAMES.values(), ""}
        rest = [{**row, "offer": ""} for row in data(read)[table]]
        assert rest == [{**row, "offer": ""} for row in named[table]]
    assert shown(read) == read


def test_every_text_shows_names_and_no_ids(named: Document) -> None:
    del named["sensitivity"]  # made by hand with ids in its words; a study writes names
    named["assignment"] = [
        {**row, "reason": row["reason"].replace("autocad-1y", "AutoCAD, a year")}
        for row in named["assignment"]
    ]
    tables = "\n".join(" ".join(row) for row in decision_table(typed(named), ENGLISH).rows)
    drawn = "\n".join(str((c.title, c.text, c.header, c.rows)) for c in charts(typed(named)))
    texts = [
        summary_text(typed(named)),
        markdown(typed(named)).decode(),
        page(typed(named)).decode(),
        tables,
        drawn,
    ]
    for text in texts:
        assert "AutoCAD, a year" in text
        assert "autocad-1y" not in text


def test_quotes_by_label_and_the_cheapest_last(named: Document) -> None:
    text = comparison_text(
        ComparisonDocument.model_validate({"schema": "flexopt.comparison/1", **named["comparison"]})
    )
    assert "quote-2" not in text
    assert "Reseller B" in text
    assert text.splitlines()[0].startswith("quote")
    assert "cheapest is quote-3" in text.rsplit("\n\n", 1)[1]


def test_files_for_programs_keep_the_ids(named: Document) -> None:
    assert "quote-2" in "".join(comparison_csv(ComparisonPart.model_validate(named["comparison"])))
    moves = "".join(review_csv(typed(named)))
    assert not any(name in moves for name in NAMES.values())


def test_labels_and_names_that_two_share_are_not_used(named: Document) -> None:
    comparison = named["comparison"]
    for quote in comparison["scenarios"]:
        quote["label"] = "List"
    comparison["scenarios"][0]["offers"] = [
        {"offer": "autocad-1y", "name": "Seat", "seats": 1, "cost": "1.00"},
        {"offer": "acad", "name": "Seat", "seats": 1, "cost": "1.00"},
    ]
    read = shown_comparison(ComparisonPart.model_validate(comparison)).scenarios
    assert [s.id for s in read] == ["quote-1", "quote-2", "quote-3"]
    assert [row.offer for row in read[0].offers] == ["autocad-1y", "acad"]
