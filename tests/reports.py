"""What commands print about a plan and the studies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flexopt.exports.markdown import markdown
from flexopt.exports.report import costs
from flexopt.exports.report.compared import comparison_report
from flexopt.exports.report.explained import explanation_report, user_report
from flexopt.exports.report.reviewed import review_report
from flexopt.exports.report.summary import summary_report
from flexopt.exports.text import text
from flexopt.exports.words import ENGLISH
from flexopt.store.plan import PlanDocument
from flexopt.store.study_parts import ComparisonPart


def headline(document: PlanDocument) -> str:
    return costs.headline(document, ENGLISH)


def summary_text(document: PlanDocument, *, verbose: bool = False) -> str:
    return text(summary_report(document, verbose=verbose))


def comparison_text(compared: ComparisonPart) -> str:
    return text(comparison_report(compared))


def review_text(document: PlanDocument) -> str:
    return text(review_report(document, continued="continued_in_data"))


def review_markdown(document: PlanDocument) -> str:
    return markdown(review_report(document))


def explain_text(found: Mapping[str, Any], currency: str) -> str:
    return text(explanation_report(found, currency))


def explain_user_text(found: Mapping[str, Any], currency: str) -> str:
    return text(user_report(found, currency))
