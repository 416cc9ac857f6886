"""Charts of the workbook, which follow its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flexopt.exports.workbook.book import ACCENT, LINE, Sheet
from flexopt.store.rows import LedgerRow

EXPIRED, TOKENS = "#C0504D", "#E3A33B"
FONT = {"size": 9, "color": "#3C4854"}


def _chart(at: Sheet, kind: str, title: str, subtype: str = "") -> Any:
    chart: Any = at.book.workbook.add_chart({"type": kind} | ({"subtype": subtype} if subtype else {}))
    chart.set_title(
        {"name": title, "name_font": {"size": 12, "bold": True, "color": ACCENT}, "overlay": False}
    )
    chart.set_chartarea({"border": {"color": LINE}})
    return chart


def _axes(
    chart: Any,
    numbers: str,
    categories: Mapping[str, Any] | None = None,
    *,
    bars: bool = False,
    title: str = "",
) -> None:
    """Names on one axis, amounts on the other; `bars` are horizontal."""
    names = {"num_font": FONT, "line": {"color": LINE}, **(categories or {})}
    amounts = {
        "num_font": FONT,
        "num_format": numbers,
        "line": {"none": True},
        "major_gridlines": {"visible": True, "line": {"color": "#E4E9EE"}},
        **({"name": title, "name_font": FONT} if title else {}),
    }
    none = {"major_gridlines": {"visible": False}}
    chart.set_x_axis(amounts if bars else none | names)
    chart.set_y_axis(none | names if bars else amounts)


def chart_of_pool(at: Sheet, row: int, column: int, periods: Sequence[LedgerRow]) -> None:
    """Tokens in the pool at the end of each period, with and without the buffer, and those that expire.

    The days are drawn to scale: periods are of unequal lengths.
    """
    chart = _chart(at, "area", "Token pool at the end of each period")
    days = ["Ledger", 1, 1, len(periods), 1]
    for name, place, colour, clear in (
        ("if the forecast holds", 6, ACCENT, 70),
        ("if the buffer is used in full", 10, ACCENT, 35),
    ):
        chart.add_series(
            {
                "name": name,
                "categories": days,
                "values": ["Ledger", 1, place, len(periods), place],
                "fill": {"color": colour, "transparency": clear},
                "line": {"color": colour, "width": 1.5},
            }
        )
    expired: Any = at.book.workbook.add_chart({"type": "column"})
    expired.add_series(
        {
            "name": "expired",
            "categories": days,
            "values": ["Ledger", 1, 5, len(periods), 5],
            "fill": {"color": EXPIRED},
            "border": {"color": EXPIRED, "width": 4},  # a day is narrow
            "points": [None if period.expired else {"border": {"none": True}} for period in periods],
        }
    )
    chart.combine(expired)
    days_to_scale = {"num_format": "mmm yy", "date_axis": True, "major_unit": 1, "major_unit_type": "months"}
    _axes(chart, "#,##0", days_to_scale, title="tokens")
    chart.set_legend({"position": "bottom", "font": FONT})
    chart.set_size({"width": 620, "height": 300})
    at.sheet.insert_chart(row, column, chart, {"description": "Balance of the token pool over the horizon"})


def chart_of_costs(at: Sheet, row: int, column: int, first: int, count: int) -> None:
    """Cost by offer: names from the sheet's first column, costs from its second."""
    chart = _chart(at, "bar", "Cost by offer")
    chart.add_series(
        {
            "name": "cost",
            "categories": [at.name, first, 0, first + count - 1, 0],
            "values": [at.name, first, 1, first + count - 1, 1],
            "fill": {"color": ACCENT},
            "gap": 45,
        }
    )
    _axes(chart, "#,##0", {"reverse": True, "crossing": "max"}, bars=True)
    chart.set_legend({"none": True})
    chart.set_size({"width": 620, "height": min(140 + 22 * count, 500)})
    at.sheet.insert_chart(row, column, chart, {"description": "Cost by offer, and of token packs"})


def chart_of_quotes(at: Sheet, row: int, header: int, count: int) -> None:
    """Seats and tokens of each scenario, stacked."""
    chart = _chart(at, "column", "Total by scenario", "stacked")
    for name, values, colour in (("seats", header + 1, ACCENT), ("token packs", header + 2, TOKENS)):
        chart.add_series(
            {
                "name": name,
                "categories": [at.name, header, 1, header, count],
                "values": [at.name, values, 1, values, count],
                "fill": {"color": colour},
                "gap": 60,
            }
        )
    _axes(chart, "#,##0")
    chart.set_legend({"position": "bottom", "font": FONT})
    chart.set_size({"width": 760, "height": 320})
    at.sheet.insert_chart(row, 0, chart, {"description": "Total of each scenario, seats and token packs"})


def chart_of_levers(at: Sheet, row: int, first: int, count: int) -> None:
    """A tornado: the change of the total with each lever."""
    chart = _chart(at, "bar", "Change of the total, by lever", "stacked")
    for name, column, colour in (("low", 3, ACCENT), ("high", 6, TOKENS)):
        chart.add_series(
            {
                "name": name,
                "categories": [at.name, first, 0, first + count - 1, 0],
                "values": [at.name, first, column, first + count - 1, column],
                "fill": {"color": colour},
                "gap": 45,
            }
        )
    _axes(chart, "#,##0", {"reverse": True, "crossing": "max", "label_position": "low"}, bars=True)
    chart.set_legend({"position": "bottom", "font": FONT})
    chart.set_size({"width": 760, "height": min(160 + 22 * count, 560)})
    at.sheet.insert_chart(row, 0, chart, {"description": "Sensitivity of the total to each lever"})
