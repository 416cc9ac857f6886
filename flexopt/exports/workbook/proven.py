"""The usage read, the findings in it, and why no plan costs less."""

from __future__ import annotations

from decimal import Decimal

from flexopt.exports.report.proven import COUNTS, claim
from flexopt.exports.workbook.book import Cell, Formula, Sheet, SheetColumn, cell, total_of
from flexopt.store.plan import PlanDocument


def write_proof(sheet: Sheet, document: PlanDocument) -> None:
    """The sheet Proof."""
    proof, currency = document.proof, document.currency
    said = claim(document, sheet.book.words)
    sheet.line("Proof", "title", across=8)
    sheet.line(f"{said[:1].upper()}{said[1:]}", "wrap", across=8)
    sheet.gap()
    total, bound = document.total, proof.bound
    first = sheet.row + 1
    gap = Formula(
        f"=IF({cell(first + 1, 1)}=0,0,({cell(first + 1, 1)}-{cell(first + 2, 1)})/{cell(first + 1, 1)})",
        (total - bound) / total if total else Decimal(0),
    )
    figures: list[tuple[str, Cell, str]] = [
        ("Status", document.status, "text right"),
        (f"Cost, {currency}", total, "money"),
        (f"Lower bound: no plan costs less, {currency}", bound, "price"),
        ("Gap between them", gap, "gap"),
        *(
            (f"{words}, {currency}", getattr(proof.threshold, key), "price")
            for words, key in (("Cost and fees", "objective"), ("Lower bound of cost and fees", "bound"))
            if proof.threshold
        ),
        ("Requested gap", proof.gap_asked, "gap"),
        (
            f"Bound of the stored prices, without the solver, {currency}",
            proof.prices.bound,
            "price",
        ),
        ("Users decided jointly by the solver", proof.users_in_core, "count"),
        ("Solver", proof.solver, "text right"),
        ("Seed", proof.seed, "count"),
        ("Version", f"flexopt {document.flexopt}", "text right"),
    ]
    looks = {(number, 1): style for number, (_, _, style) in enumerate(figures)}
    columns = [SheetColumn("What", "wrap", 44), SheetColumn("", "text", 30)]
    sheet.table(columns, [[words, value] for words, value, _ in figures], looks=looks)
    sheet.gap()
    _prices(sheet, document)
    _inputs(sheet, document)
    _coverage(sheet, document)
    _findings(sheet, document)
    sheet.sheet.freeze_panes(1, 0)


def _prices(sheet: Sheet, document: PlanDocument) -> None:
    rows: list[list[Cell]] = [[p.start, p.end, p.price] for p in document.proof.marginal_token_prices]
    if rows:
        columns = [
            SheetColumn("From", "date"),
            SheetColumn("Until (first day after)", "date"),
            SheetColumn("Value of one more token", "price"),
        ]
        sheet.table(columns, rows)
        sheet.gap()


def _inputs(sheet: Sheet, document: PlanDocument) -> None:
    sheet.line("Inputs", "section")
    files = [(file.file, file.sha256, "wrap") for file in document.inputs]
    for name, digest, style in [("File", "SHA-256", "header"), *files]:
        sheet.put(sheet.row, 0, name, style)
        sheet.put(sheet.row, 1, digest, style, across=4)
        sheet.row += 1
    sheet.gap()


def _coverage(sheet: Sheet, document: PlanDocument) -> None:
    files = document.coverage.files
    titles = ("Rows", "Kept", "Repeated", "No tokens", "Unknown product", "Left out", "Rejected")
    columns = [SheetColumn("Usage file", "wrap"), *(SheetColumn(title, "count", 11) for title in titles)]
    first = sheet.row + 2
    sums = [
        total_of((getattr(file, name) for file in files), first, 1 + n, len(files))
        for n, name in enumerate(COUNTS)
    ]
    rows = [[file.file, *(getattr(file, name) for name in COUNTS)] for file in files]
    sheet.table(columns, rows, ["Total", *sums], title="Coverage")
    sheet.gap()
    c = document.coverage
    figures: list[tuple[str, Decimal | int]] = [
        ("Users in the usage", c.users_in_usage),
        ("Users planned", c.users_planned),
        ("Days of use planned, before growth", c.days_planned),
        ("Days of use left out", c.days_left_out),
    ]
    for words, value in figures:
        sheet.put(sheet.row, 0, words)
        sheet.put(sheet.row, 1, value, "quantity" if isinstance(value, Decimal) else "count")
        sheet.row += 1
    sheet.gap()


def _findings(sheet: Sheet, document: PlanDocument) -> None:
    sheet.line("Findings in the inputs", "section")
    if not document.findings:
        sheet.line("none", "note")
        return
    for finding in document.findings:
        place = finding.file + ("" if finding.row is None else f":{finding.row}")
        count = f" ({finding.count:,} rows)" if finding.count > 1 else ""
        text = f"{finding.severity} {finding.code}: {finding.message}{count}"
        sheet.put(sheet.row, 0, place, "wrap")
        sheet.put(sheet.row, 1, text, "wrap", across=7)
        sheet.row += 1
