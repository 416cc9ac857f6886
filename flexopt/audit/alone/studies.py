"""What other commands added to a plan, held against the plan and itself."""

from __future__ import annotations

from flexopt.audit.notes import Notes
from flexopt.store.plan import PlanDocument


def studies(doc: PlanDocument, notes: Notes) -> None:
    """Comparison, sensitivity and review, as far as they are there."""
