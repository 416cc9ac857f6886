"""Charts show the document's numbers, say them too, and are the same everywhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate, cycle, pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from documents import typed
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from whole import with_everything

from flexopt.exports.charts import Chart, charts, drawing
from flexopt.exports.words import words_for
from flexopt.store.tables import TABLES

Document = dict[str, Any]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def everything(document: Document) -> Document:
    return with_everything(document)


def named(document: Document) -> dict[str, Chart]:
    return {chart.name: chart for chart in charts(typed(document))}


def numbers(chart: Chart, column: int) -> list[Decimal]:
    return [Decimal(row[column].replace(",", "")) for row in chart.rows]


def bars(chart: Chart, panel: int = 0) -> list[Rectangle]:
    """Everything filled that the chart draws in a panel."""
    figure = Figure()
    chart.draw(figure)
    return [patch for patch in figure.axes[panel].patches if isinstance(patch, Rectangle)]


def test_there_is_a_chart_for_everything_the_document_has(document: Document) -> None:
    assert list(named(document)) == ["cost", "pool", "days"]
    assert list(named(with_everything(document))) == ["cost", "waterfall", "tornado", "pool", "days"]


def test_there_is_none_for_what_it_has_not(document: Document) -> None:
    document |= {"assignment": [], "seats": []}
    document["summary"]["tokens"] = "0.00"
    document["ledger"] = [row | {"opening": "0", "bought": "0"} for row in document["ledger"]]
    assert charts(typed(document)) == []


def test_cost_adds_up_and_is_drawn_to_scale(document: Document) -> None:
    cost = named(document)["cost"]
    assert sum(numbers(cost, 1)) == Decimal(document["total"])
    assert [bar.get_width() for bar in bars(cost)] == [float(n) for n in numbers(cost, 1)]


def test_many_offers_are_drawn_as_a_few_and_the_others(document: Document) -> None:
    row = document["seats"][0]
    document["seats"] = [row | {"offer": f"offer-{i:02}", "cost": f"{100 - i}.00"} for i in range(20)]
    cost = named(document)["cost"]
    widths = [bar.get_width() for bar in bars(cost)]
    assert len(cost.rows) == 21  # with the token packs
    assert len(widths) == 12
    assert sum(widths) == float(sum(numbers(cost, 1)))


def test_pool_is_the_ledger(document: Document) -> None:
    """A band leads from the balance if the forecast holds to that if the buffer is used in full."""
    names = list(TABLES["ledger"])[2:]
    document["ledger"] = [
        {"period_start": start, "period_end": end, **dict(zip(names, numbers.split(), strict=True))}
        for start, end, numbers in (
            ("2026-01-01", "2026-03-01", "200 500 280 50 370 20 200 30 370"),
            ("2026-03-01", "2027-01-01", "370 0 330 0 40 40 370 0 0"),
        )
    ]
    pool = named(document)["pool"]
    assert pool.rows == (
        ("2026-01-01", "200", "500", "280", "50", "370", "20", "370"),
        ("2026-03-01", "370", "0", "330", "0", "40", "40", "0"),
    )
    assert pool.text == (
        "Tokens bought: 500 (purchases: 1); if the forecast holds, expired: 50; at the end: 40, with the "
        "buffer used in full 0."
    )
    figure = Figure()
    pool.draw(figure)
    balance, least, purchases, expiries = figure.axes[0].lines
    assert np.asarray(balance.get_ydata()).tolist() == [200, 700, 420, 370, 370, 370, 40, 40]
    assert np.asarray(least.get_ydata()).tolist() == [200, 700, 400, 370, 370, 370, 0, 0]
    assert np.asarray(purchases.get_ydata()).tolist() == [700]
    assert np.asarray(expiries.get_ydata()).tolist() == [420]
    assert expiries.get_marker() != purchases.get_marker()


def test_days_counts_every_user_of_every_product_once(document: Document) -> None:
    days = named(document)["days"]
    pairs = {(row["user"], row["product"]) for row in document["assignment"]}
    assert sum(numbers(days, 1)) + sum(numbers(days, 2)) == len(pairs)


def test_days_of_one_user_add_up_over_contracts(document: Document) -> None:
    row = document["assignment"][0] | {"user": "a", "product": "P", "break_even_days": "112.5"}
    named_, flex = {"access": "named"}, {"access": "flex", "offer": ""}
    document["assignment"] = [
        row | named_ | {"days": "30"},
        row | flex | {"days": "15.5"},
        row | flex | {"user": "b", "days": "3"},
    ]
    days = named(document)["days"]
    # 45.5 and 3 days in pieces of 5; who has a seat for a part of the time counts with the seats
    assert days.rows == (("P, 0 – 5", "0", "1", "112.5"), ("P, 45 – 50", "1", "0", "112.5"))
    assert [round(bar.get_x(), 9) for bar in bars(days)] == [45.4, 0.4]
    assert [bar.get_height() for bar in bars(days)] == [1, 1]


def test_steps_of_the_waterfall_add_up(everything: Document) -> None:
    waterfall = named(everything)["waterfall"]
    for panel, row in enumerate(waterfall.rows):
        steps = [Decimal(cell.replace(",", "")) for cell in row[1:]]
        assert sum(steps[:-1]) == steps[-1]
        levels = [float(n) for n in accumulate(steps[:-1], initial=Decimal(everything["total"]))]
        drawn = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars(waterfall, panel)]
        assert [edge for bar in drawn for edge in bar] == pytest.approx(
            [edge for pair in pairwise(levels) for edge in sorted(pair)]
        )


def test_tornado_is_the_distance_from_the_total(everything: Document) -> None:
    tornado = named(everything)["tornado"]
    total, levers = Decimal(everything["total"]), everything["sensitivity"]["levers"]
    moves = [float(Decimal(lever[end]["total"]) - total) for end in ("low", "high") for lever in levers]
    assert [bar.get_width() for bar in bars(tornado)] == moves
    assert [row[0] for row in tornado.rows] == [lever["label"] for lever in levers]


@pytest.mark.parametrize("themed", [False, True])
def test_svg_needs_nothing_and_says_what_it_is(everything: Document, themed: bool) -> None:
    ids: list[str] = []
    for chart in charts(typed(everything)):
        root = ElementTree.fromstring(chart.svg(themed=themed))
        nodes = list(root.iter())
        assert {n.tag for n in nodes} <= {
            SVG + tag
            for tag in ("svg", "title", "desc", "defs", "clipPath", "g", "path", "rect", "use", "text")
        }
        assert not [n.attrib for n in nodes if "style" in n.attrib]
        assert all(n.get("href", "#").startswith("#") for n in nodes)
        mine = [n.get("id") for n in nodes if n.get("id")]
        ids += [i for i in mine if i and not i.startswith("DejaVuSans")]
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == f"chart-{chart.name}-title chart-{chart.name}-text"
        assert [n.text for n in root[:2]] == [chart.title, chart.text]
        colours = {v for n in nodes for k, v in n.attrib.items() if k in ("fill", "stroke")}
        assert (
            colours <= ({"none"} | {f"var(--chart-{v})" for v in drawing.VARIABLES.values()})
            if themed
            else (not [c for c in colours if c.startswith("var")])
        )
    assert len(ids) == len(set(ids)), "two charts in a page have the same id"


@pytest.mark.parametrize("seeds", [["1"], pytest.param(["2", "3"], marks=pytest.mark.slow)])
def test_same_document_same_bytes(everything: Document, seeds: list[str]) -> None:
    program = (
        "import sys; from flexopt.exports.charts import charts\n"
        "from flexopt.store.plan import PlanDocument\n"
        "document = PlanDocument.model_validate_json(sys.stdin.read())\n"
        "sys.stdout.write(''.join(c.svg() + c.svg(themed=True) for c in charts(document)))"
    )
    run = [sys.executable, "-c", program]
    outputs = {
        subprocess.run(
            run,
            input=json.dumps(everything),
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "MATPLOTLIBRC": "nowhere", "PATH": ""},
        ).stdout
        for seed in seeds
    }
    assert outputs == {"".join(c.svg() + c.svg(themed=True) for c in charts(typed(everything)))}


HOSTILE = (
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "]]>&amp;<!-- --",
    "$\\frac{1}{2}$ and $unclosed",
    "\u202eright to left\u202c \u05e9\u05dc\u05d5\u05dd",
    "\N{PILE OF POO}\N{ZERO WIDTH JOINER}\N{FIRE}",
    "\x00\x07\x1b[31m\ufffe",
    "x" * 10_000,
    " ",
)


@pytest.mark.parametrize(
    "hostile",
    [HOSTILE, *(pytest.param([name], marks=pytest.mark.slow) for name in HOSTILE)],
    ids=["all", *map(str, range(len(HOSTILE)))],
)
@pytest.mark.filterwarnings("error")
def test_names_stay_names(everything: Document, hostile: Sequence[str]) -> None:
    names = cycle(hostile)
    for row in everything["assignment"]:
        row["product"] = next(names)
    for row in everything["seats"]:
        row["offer"] = next(names)
    for scenario in everything["comparison"]["scenarios"]:
        scenario["name"] = next(names)
    for lever in everything["sensitivity"]["levers"]:
        lever["label"] = next(names)
    for chart in charts(typed(everything)):
        for themed in (False, True):
            source = chart.svg(themed=themed)
            source.encode()
            assert "<script" not in source
            assert len(source) < 100_000
            ElementTree.fromstring(source)


def test_numbers_of_another_locale(everything: Document) -> None:
    (cost, *_) = charts(typed(everything), words_for("de"))
    assert cost.rows[0][1].endswith(",00")


def test_products_that_are_not_drawn_are_said(document: Document) -> None:
    row = document["assignment"][0]
    document["assignment"] = [row | {"product": f"P{i}"} for i in range(8)]
    assert named(document)["days"].text.endswith("Drawn are the first 6 of 8 products.")
    assert {cells[0].split(",")[0] for cells in named(document)["days"].rows} == {f"P{i}" for i in range(8)}


def test_a_range_of_break_evens_begins_with_the_least(document: Document) -> None:
    row = document["assignment"][0] | {"product": "P"}
    document["assignment"] = [
        row | {"user": u, "break_even_days": d} for u, d in (("a", "133.2"), ("b", "93.8"))
    ]
    assert named(document)["days"].rows[0][-1] == "93.8 – 133.2"


def test_an_axis_that_does_not_start_at_zero_says_so(everything: Document) -> None:
    figure = Figure()
    named(everything)["waterfall"].draw(figure)
    assert "the axis does not start at 0" in figure.get_supxlabel()


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_are_told_apart_in_black_and_white() -> None:
    assert contrast(drawing.SOLID, drawing.PALE) > 3
    for colour in (drawing.INK, drawing.MUTED, drawing.SOLID, drawing.EDGE):
        assert contrast(colour, "#ffffff") > 4.5


def test_label_keeps_short_names_and_cuts_long_ones() -> None:
    assert drawing.label("autocad-1y") == "autocad-1y"
    assert drawing.label("a" * 30) == "a" * 25 + "…"
    assert re.fullmatch(r"\W+", drawing.label("\x00\u202e"))
