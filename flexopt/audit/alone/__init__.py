"""A saved plan held against itself: whatever follows from its own rows and its scenario, without its inputs.

It uses the audit's own rules. What needs the demand (the days themselves, the pool day by day, the
certificate) is the audit's, and is checked with the inputs.
"""

from __future__ import annotations

from flexopt.audit.alone.access import access
from flexopt.audit.alone.alternatives import alternatives
from flexopt.audit.alone.charges import charges, charges_file
from flexopt.audit.alone.head import head
from flexopt.audit.alone.pool import pool
from flexopt.audit.alone.reasons import reasons
from flexopt.audit.alone.studies import studies
from flexopt.audit.charges import purchases, seat_rows
from flexopt.audit.notes import Notes, read_columns
from flexopt.audit.totals import proof, summary
from flexopt.base.errors import FlexoptError
from flexopt.store.plan import PlanDocument

__all__ = ["alone", "charges_file", "refuse_contradictions", "without_rows"]


def alone(document: PlanDocument) -> dict[str, list[str]]:
    """What the plan contradicts itself in, by check; an empty list is a pass."""
    scenario, found = document.scenario, dict[str, Notes]()

    def notes(name: str) -> Notes:
        return found.setdefault(name, Notes())

    head(document, notes("name, dates and coverage"))
    seat_rows(document, scenario, document.holdings, notes("prices and terms of seats"))
    purchases(document, scenario, notes("prices and terms of packs"))
    pool(document, notes("ledger"))
    if not without_rows(document):
        rows = read_columns(document.assignment, document.assignment.columns)
        summary(document, rows, scenario, notes("sums and savings"))
        access(document, rows, notes("access"))
        alternatives(document, rows, notes("alternatives, segments and reasons"))
        reasons(document, rows, notes("alternatives, segments and reasons"))
    charges(document, notes("charges"))
    proof(document, scenario, notes("status, bound and gap"))
    studies(document, notes("comparison, sensitivity and review"))
    return {name: list(of.failures) for name, of in found.items()}


def without_rows(document: PlanDocument) -> bool:
    """Whether it was exported without people: it has users, but no rows about them."""
    return not document.assignment and document.summary.users > 0


def refuse_contradictions(document: PlanDocument, plan: object) -> PlanDocument:
    """The document. Raises FlexoptError with the first thing in which it contradicts itself."""
    for failures in alone(document).values():
        for failure in failures:
            raise FlexoptError(
                f"{plan}: plan.json contradicts itself: {failure}",
                f"flexopt verify {plan} lists all that is wrong; write the plan again: "
                f"flexopt plan SCENARIO -o {plan}",
            )
    return document
