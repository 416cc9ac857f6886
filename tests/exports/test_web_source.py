"""The page as text: its structure, its colours, its size, the same bytes for the same plan."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from documents import typed
from test_charts import contrast

from flexopt.exports.web import render
from flexopt.exports.web.assignment import HEADINGS, NUMBERS

Document = dict[str, Any]
STYLE = Path(render.__code__.co_filename).with_name("page.css").read_text()


class Outline(HTMLParser):
    """Elements of a page in order, with what names them; style, script, drawings and rows left out."""

    VOID = ("meta", "input", "br")
    NAMED = ("title", "h1", "h2", "h3", "caption", "th", "dt", "label", "summary", "a", "button")
    SHOWN = ("id", "lang", "role", "scope", "tabindex", "href", "aria-label", "aria-labelledby", "rowspan")

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.skipped = ""
        self.named = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.skipped:
            return
        shown = "".join(f" {k}={v}" for k, v in attrs if k in self.SHOWN)
        self.lines.append(f"<{tag}{shown}>")
        self.named = tag in self.NAMED
        if tag in ("style", "script", "svg", "tbody"):
            self.skipped = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self.skipped:
            self.skipped = ""
        self.named = False

    def handle_data(self, data: str) -> None:
        if self.named and not self.skipped and data.strip():
            self.lines[-1] += f" {data.strip()}"


def outline(page: str) -> list[str]:
    parser = Outline()
    parser.feed(page)
    return parser.lines


def test_structure(everything: Document, golden: Callable[[str, str], None]) -> None:
    golden("web/structure.txt", "\n".join(outline(render(typed(everything)).decode())) + "\n")


def test_page_can_be_found_one_s_way_in(everything: Document) -> None:
    page = render(typed(everything)).decode()
    lines = outline(page)
    assert "<html lang=en>" in lines
    levels = [int(line[2]) for line in lines if re.match(r"<h\d", line)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'(?:aria-labelledby|aria-describedby|aria-controls|href)="#?([^"]+)"', page):
        assert {*target.split()} <= {i.removeprefix("#") for i in ids}, target
    assert lines.count("<table>") + 1 == sum(line.startswith("<caption") for line in lines)
    # a row's first cell is its header by itself in the long table, and says so in the others
    others, _ = page.split('<table id="who"')
    assert "<th>" not in others


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_the_paper(scheme: str) -> None:
    roots = [
        dict(re.findall(r"(--[\w-]+): (#\w+)", block))
        for block in re.findall(r":root \{(.*?)\}", STYLE, re.S)
    ]
    colours = roots[0] if scheme == "light" else roots[0] | roots[1]
    full = {
        name: value if len(value) == 7 else "#" + "".join(2 * c for c in value[1:])
        for name, value in colours.items()
    }
    for text in ("--ink", "--muted", "--accent", "--mark"):
        assert contrast(full[text], full["--paper"]) >= 4.5
    assert contrast(full["--mark"], full["--mark-paper"]) >= 4.5
    assert contrast(full["--chart-solid"], full["--paper"]) >= 3
    assert contrast(full["--chart-edge"], full["--paper"]) >= 3


def test_number_columns_are_those_of_the_style() -> None:
    assert HEADINGS[-5:-1] == NUMBERS
    assert "#who td:nth-last-child(-n+5):not(:last-child) { text-align: right;" in STYLE


@pytest.mark.slow
def test_same_document_same_bytes(everything: Document) -> None:
    program = (
        "import sys; from flexopt.exports.web import render\n"
        "from flexopt.store.plan import PlanDocument\n"
        "sys.stdout.buffer.write(render(PlanDocument.model_validate_json(sys.stdin.read())))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(everything).encode(),
        capture_output=True,
        check=True,
        env={"PYTHONHASHSEED": "7", "PATH": ""},
    )
    assert run.stdout == render(typed(everything))


def test_a_table_too_long_to_be_read_says_what_is_missing(everything: Document) -> None:
    change = everything["comparison"]["changes"][0]
    everything["comparison"]["changes"] = [change | {"user": f"somebody {i}"} for i in range(2003)]
    page = render(typed(everything)).decode()
    assert "somebody 1999" in page
    assert "somebody 2000" not in page
    assert "3 more in plan.json" in page


def test_five_thousand_users_are_quick_and_small(document: Document) -> None:
    reason = (
        "Renewing revit-1y from 2026-01-01 costs 2,687.00. On Flex {} days (2134 tokens with 15 % buffer) "
        "would cost 6,257.96 at 2.55 a token: 3,570.96 more, product {}."
    )
    row = document["assignment"][0] | {"group": "Architecture"}
    document["assignment"] = [
        row
        | {
            "user": f"{n}.surname@example.com",
            "product": f"Product {p}",
            "reason": reason.format(n, p),
        }
        for n in range(5000)
        for p in range(2 if n % 10 else 1)  # what estates of that size have
    ]
    began = time.process_time()
    page = render(typed(document))
    assert time.process_time() - began < 5
    assert len(page) < 4_000_000
