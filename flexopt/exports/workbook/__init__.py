"""The plan as a workbook: prices you can change, totals that follow, charts.

Texts from the inputs are always written as text, never as formulas. The bill of the workbook is the plan's,
to the minor unit, and follows its prices; the assignment does not.
"""

from __future__ import annotations

from flexopt.exports.shown import shown
from flexopt.exports.words import ENGLISH, Words
from flexopt.exports.workbook.assignment import write_assignment, write_left_out
from flexopt.exports.workbook.assumed import write_assumptions
from flexopt.exports.workbook.bill import write_ledger, write_purchases, write_seats
from flexopt.exports.workbook.book import ROWS, Book
from flexopt.exports.workbook.charges import write_charges
from flexopt.exports.workbook.compared import write_comparison, write_sensitivity
from flexopt.exports.workbook.order import write_order, write_payments
from flexopt.exports.workbook.overview import write_summary
from flexopt.exports.workbook.prices import prices
from flexopt.exports.workbook.proven import write_proof
from flexopt.exports.workbook.reviewed import write_moves, write_review
from flexopt.store.plan import PlanDocument

__all__ = ["render"]


def render(document: PlanDocument, words: Words = ENGLISH, *, most_rows: int = ROWS) -> bytes:
    """The workbook of a plan document, as .xlsx; FlexoptError if a table has more than `most_rows`."""
    document = shown(document)
    book = Book(document, words, most_rows)
    # sheets are added in reading order, and written in the order of their dependencies
    names = ["Summary", "Order", "Payments", "Assignments", "Seats", "Purchases", "Ledger", "Charges"]
    studies = ("comparison", "review", "sensitivity")
    names += [part.capitalize() for part in studies if getattr(document, part) is not None]
    if document.review is not None:
        names.insert(names.index("Review") + 1, "Moves")
    names += ["Assumptions", "Proof", *(["Left out"] if document.left_out else [])]
    sheets = {name: book.add(name) for name in names}
    listed = prices(document)
    cell_of = write_assumptions(sheets["Assumptions"], document, listed)
    seats = write_seats(sheets["Seats"], document, listed, cell_of)
    packs = write_purchases(sheets["Purchases"], document, listed, cell_of)
    write_payments(sheets["Payments"], document, write_order(sheets["Order"], document))
    write_ledger(sheets["Ledger"], document)
    write_charges(sheets["Charges"], document)
    write_summary(sheets["Summary"], document, seats, packs)
    write_assignment(sheets["Assignments"], document)
    write_proof(sheets["Proof"], document)
    if document.comparison is not None:
        write_comparison(sheets["Comparison"], document.comparison)
    if document.review is not None:
        write_review(sheets["Review"], document, document.review)
        write_moves(sheets["Moves"], document.review.moves)
    if document.sensitivity is not None:
        write_sensitivity(sheets["Sensitivity"], document.sensitivity, document.currency)
    if document.left_out:
        write_left_out(sheets["Left out"], document)
    return book.finished()
