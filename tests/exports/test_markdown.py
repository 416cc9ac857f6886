"""The Markdown report: what it says, and that nothing typed is markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from documents import HOSTILE, renamed, typed
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from whole import with_everything

from flexopt.base.text import printable
from flexopt.exports.markdown import escaped, render
from flexopt.exports.report import ReportTable, make_report

Document = dict[str, Any]
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def shown(text: str) -> list[str]:
    """The texts that a reader sees, block by block; fails on anything but headings, tables, bold and text."""
    found = []
    for token in PARSER.parse(text):
        assert token.type.split("_")[0] in (
            "heading",
            "paragraph",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "inline",
        )
        if token.type == "inline":
            children = token.children or []
            assert {c.type for c in children} <= {"text", "strong_open", "strong_close", "text_special"}
            found.append("".join(c.content for c in children))
    return found


def test_report(planned: Document, golden: Callable[[str, str], None]) -> None:
    text = render(typed(planned)).decode()
    golden(
        "exports/plan.md",
        re.sub(r"`?[0-9a-f]{64}`?", "...", re.sub(r"CBC [\d.]+ through PuLP [\d.]+", "CBC", text)),
    )


def test_everything_of_the_report_is_in_it(planned: Document) -> None:
    whole = with_everything(planned)
    seen = shown(render(typed(whole)).decode())
    report = make_report(typed(whole))
    for section in (*report.sections, *report.appendix):
        for part in section.parts:
            texts = [cell for row in part.rows for cell in row] if isinstance(part, ReportTable) else [part]
            assert {" ".join(t.split()) for t in texts} <= {*seen, ""}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_text(planned: Document, text: str) -> None:
    keys = (
        "user",
        "product",
        "group",
        "name",
        "source",
        "file",
        "label",
        "message",
        "note",
        "answer",
    )
    text = text[:199]  # the longest name of an offer
    hostile = renamed(with_everything(planned), lambda _: text, keys)
    hostile["scenario"] |= {"solver": planned["scenario"]["solver"], "label": ""}
    hostile["scenario"]["offers"][0]["id"] = text
    # a scenario refuses longer ones
    hostile["scenario"] = renamed(hostile["scenario"], lambda name: name[:200], ("name", "id"))
    hostile = renamed(hostile, lambda _: text[:200], ("offer",))
    seen = shown(render(typed(hostile)).decode())
    wanted = " ".join(printable(text).split())
    found = any(s == wanted or (len(s) > 90 and s[:90] == wanted[:90]) for s in seen)
    assert found  # the report shortens what is longer than a line
    assert "<" not in re.sub(r"\\<", "", render(typed(hostile)).decode())


@given(st.one_of(st.text(), st.text(alphabet="*_`[]()<>#+-=.!|&:~\\$^ 1a\n\t")))
def test_any_text_is_text_in_a_cell_and_in_a_line(text: str) -> None:
    wanted = " ".join(" ".join(printable(w) for w in text.split()).split())
    table = f"| a | b |\n| --- | --- |\n| {escaped(text)} | x |"
    assert shown(table) == ["a", "b", wanted, "x"]


@pytest.mark.parametrize(
    "text", ["# a", "- a", "+ a", "1. a", "12) a", "===", "---", "1.", "#", "> a", "    a", "\ta"]
)
def test_a_line_does_not_start_a_list_or_a_heading(planned: Document, text: str) -> None:
    (heading, *_) = shown(render(typed(planned | {"name": text})).decode())
    assert heading == " ".join(printable(text).split())


def test_no_address_becomes_a_link() -> None:
    linking = MarkdownIt("gfm-like", {"linkify": False})
    assert "https\\://" in escaped("https://evil.example")
    assert "www\\.evil" in escaped("www.evil.example")
    assert "<a" not in linking.render(escaped("see https://evil.example or www.evil.example"))
