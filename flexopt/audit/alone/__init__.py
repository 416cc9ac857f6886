"""A saved plan held against itself: whatever follows from its own rows and its scenario, without its inputs.

It uses the audit's own rules. What needs the demand (the days themselves, the pool day by day, the
certificate) is the audit's, and is checked with the inputs.
"""

from __future__ import annotations

from collections.abc import Callable

from flexopt.audit.alone.access import access
from flexopt.audit.alone.alternatives import alternatives
from flexopt.audit.alone.charges import charges, charges_file
from flexopt.audit.alone.head import baselines, head
from flexopt.audit.alone.inventory import inventory
from flexopt.audit.alone.pool import pool
from flexopt.audit.alone.prices import marginal, stored_prices
from flexopt.audit.alone.reasons import reasons
from flexopt.audit.alone.studies import studies
from flexopt.audit.charges import purchases, seat_rows
from flexopt.audit.notes import Notes, read_columns
from flexopt.audit.order import check_order
from flexopt.audit.totals import proof, summary
from flexopt.base.columns import Column
from flexopt.base.errors import FlexoptError
from flexopt.store.plan import PlanDocument

__all__ = ["UNREADABLE", "alone", "charges_file", "refuse_contradictions", "without_rows"]


UNREADABLE = (ArithmeticError, LookupError, TypeError, ValueError)
"""What a check may end in if the parts of a forged plan do not fit together at all."""

BASELINES = "baselines"
"""The check that a saved plan has them: quotes are also compared without."""

Check = Callable[[PlanDocument, Notes], object]

BY_ITSELF: tuple[tuple[str, Check], ...] = (
    ("name, dates and coverage", head),
    (BASELINES, baselines),
    ("scenario and holdings", inventory),
    ("prices and terms of seats", lambda doc, notes: seat_rows(doc, doc.scenario, doc.holdings, notes)),
    ("prices and terms of packs", lambda doc, notes: purchases(doc, doc.scenario, notes)),
    ("order and payments", lambda doc, notes: check_order(doc, doc.scenario, doc.holdings, notes)),
    ("ledger", pool),
    ("charges", charges),
    ("marginal prices", marginal),
    ("prices of the certificate", stored_prices),
    ("status, bound and gap", lambda doc, notes: proof(doc, doc.scenario, doc.holdings, notes)),
    ("comparison, sensitivity and review", studies),
)
OF_ROWS: tuple[tuple[str, Check], ...] = (
    ("sums and savings", lambda doc, notes: summary(doc, cells_of(doc), doc.scenario, notes)),
    ("access", lambda doc, notes: access(doc, cells_of(doc), notes)),
    ("alternatives and segments", lambda doc, notes: alternatives(doc, cells_of(doc), notes)),
    ("reasons", lambda doc, notes: reasons(doc, cells_of(doc), notes)),
)
"""Checks of the rows about people."""


def alone(document: PlanDocument) -> dict[str, list[str]]:
    """What the plan contradicts itself in, by check; an empty list is a pass."""
    found: dict[str, list[str]] = {}
    for name, check in BY_ITSELF if without_rows(document) else (*BY_ITSELF, *OF_ROWS):
        notes = Notes()
        try:
            check(document, notes)
        except UNREADABLE:
            notes.fail("the parts of the plan do not fit together")
        found[name] = list(notes.failures)
    return found


def cells_of(document: PlanDocument) -> dict[str, Column]:
    """The columns of the assignment."""
    return read_columns(document.assignment, document.assignment.columns)


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
