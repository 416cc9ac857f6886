"""The charts of a plan, for a web page and for paper, each with its numbers as a table.

The fixed words go through `say` and the numbers through `number`, so that a report in another language has
its charts in that language too.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from flexopt.exports.charts.bill import cost_chart, pool_chart
from flexopt.exports.charts.parts import Chart, ChartWords
from flexopt.exports.charts.quotes import tornado_chart, waterfall_chart
from flexopt.exports.charts.use import days_chart
from flexopt.exports.shown import shown
from flexopt.store.plan import PlanDocument

__all__ = ["Chart", "charts"]


def charts(
    document: PlanDocument,
    *,
    say: Callable[[str], str] = str,
    number: Callable[[Decimal], str] = lambda value: f"{value:,f}",
) -> list[Chart]:
    """Every chart for which the document has numbers, in the order of a report.

    `say` translates a fixed text (placeholders in braces stay), `number` writes a number with all its
    decimals.
    """
    document, words = shown(document), ChartWords(say, number, document.currency)
    made = (cost_chart, waterfall_chart, tornado_chart, pool_chart, days_chart)
    return [chart for make in made if (chart := make(document, words))]
