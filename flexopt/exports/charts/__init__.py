"""The charts of a plan, for a web page and for paper, each with its numbers as a table."""

from __future__ import annotations

from flexopt.exports.charts.bill import cost_chart, pool_chart
from flexopt.exports.charts.parts import Chart, ChartWords
from flexopt.exports.charts.quotes import tornado_chart, waterfall_chart
from flexopt.exports.charts.use import days_chart
from flexopt.exports.shown import shown
from flexopt.exports.words import ENGLISH, Words
from flexopt.store.plan import PlanDocument

__all__ = ["Chart", "charts"]


def charts(document: PlanDocument, words: Words = ENGLISH) -> list[Chart]:
    """Every chart for which the document has numbers, in the order of a report.

    words : how numbers are written
    """
    document, written = shown(document), ChartWords(words.number, document.currency)
    made = (cost_chart, waterfall_chart, tornado_chart, pool_chart, days_chart)
    return [chart for make in made if (chart := make(document, written))]
