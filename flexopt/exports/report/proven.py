"""The usage read, the findings in it, and why no plan costs less."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from flexopt.exports.report.parts import ReportTable, named
from flexopt.exports.words import Words
from flexopt.store.plan import PlanDocument

COUNTS = ("rows", "kept", "repeated", "zero_token", "unknown_product", "left_out", "rejected")
"""The counts of rows of a usage file; all but the first add up to the first."""


def coverage(document: PlanDocument, words: Words, *, where: str) -> str:
    """The usage read and planned; `where` is the text that says where the rest is listed."""
    c = document.coverage
    text = words(
        "coverage_line",
        rows=words.count(c.rows_read, "row"),
        users=words.count(c.users_in_usage, "user"),
        planned=words.number(c.users_planned),
    )
    if c.days_left_out:
        text += words("coverage_left_out", days=words.count(c.days_left_out, "day"), where=words(where))
    warnings = sum(f.severity == "warning" for f in document.findings)
    return text + (f"; {words.count(warnings, 'warning')}" if warnings else "")


def files(document: PlanDocument, words: Words) -> ReportTable:
    """The usage files, row by row accounted for."""
    rows = [
        (named(f.file), *(words.number(getattr(f, key)) for key in COUNTS)) for f in document.coverage.files
    ]
    columns = (words("file"), *(words(f"rows_{key}") for key in COUNTS))
    return ReportTable("files", columns, tuple(rows), tuple(range(1, len(columns))))


def findings(document: PlanDocument, words: Words) -> ReportTable:
    """The findings in the inputs."""
    rows = []
    for f in document.findings:
        place = named(f.file) + (f":{f.row}" if f.row is not None else "")
        message = named(f.message, 400) + (f" (x{words.number(f.count)})" if f.count > 1 else "")
        rows.append((words(f"severity_{f.severity}"), f.code, place, message))
    columns = (words("severity"), "", words("place"), words("message"))
    return ReportTable("findings", columns, tuple(rows), title=words("findings"))


def left_out(document: PlanDocument, words: Words) -> ReportTable:
    """Usage left out of the plan, with the reason."""
    rows = [
        (named(r["user"]), named(r["product"]), words.number(r["days"]), named(r["reason"]))
        for r in document.left_out
    ]
    return ReportTable("left_out", tuple(map(words, ("who", "product", "days", "reason"))), tuple(rows), (2,))


def claim(document: PlanDocument, words: Words) -> str:
    """What is proven."""
    proof, currency = document.proof, document.currency
    room = document.total - proof.bound
    key = "claim_room" if room else "claim"
    if document.status != "optimal":
        key = "claim_rounding" if only_rounding(document) else "claim_limit"
    return threshold(document, words) or words(
        key,
        room=words.money(room),
        currency=currency,
        share=words.small(proof.gap),
        invoices=words.count(proof.rounding.invoices, "invoice"),
    )


def claim_in_short(document: PlanDocument, words: Words, *, figures: bool) -> str:
    """What is proven and how it was checked, in a sentence, or with the figures."""
    proof, said = document.proof, claim(document, words)
    if figures:
        said += words(
            "claim_figures",
            bound=words.money((proof.threshold or proof).bound),
            gap=_gap(proof.gap),
            solver=named(proof.solver),
            core=words.number(proof.users_in_core),
            users=words.count(document.summary.users, "user"),
        )
    return said + words("added_again")


def how_proven(document: PlanDocument, words: Words) -> Iterator[str]:
    """What is proven and how, for readers who know neither solvers nor bounds."""
    proof, currency = document.proof, document.currency
    least, users = proof.threshold or proof, document.summary.users
    yield claim(document, words)
    cost = proof.threshold.objective if proof.threshold else document.total
    yield words(
        "what_bound" if not proof.threshold else "what_bound_charged",
        bound=words.priced(least.bound, currency),
        cost=words.priced(cost, currency),
    )
    if proof.users_in_core < users:
        yield words(
            "by_users", users=words.count(users, "user"), clear=words.number(users - proof.users_in_core)
        )
    yield words("certificate", bound=words.priced(proof.prices.bound, currency))
    yield words("replayed")
    yield words("holds_for")
    yield words("proof_appendix")


def only_rounding(document: PlanDocument) -> bool:
    """Whether nothing but the rounding of invoices keeps a plan from being proven."""
    proof, found = document.proof, document.proof.threshold
    minimised = found.objective if found else document.total
    left = minimised - (found or proof).bound - proof.rounding.amount
    return document.status != "optimal" and left <= proof.gap_asked * minimised


def threshold(document: PlanDocument, words: Words) -> str:
    """What `policy.min_saving` did, what it costs at most, and how good the plan is with it; or nothing."""
    found, currency = document.proof.threshold, document.currency
    if found is None:
        return ""
    total, least = document.total, document.scenario.policy.min_saving
    changes = [
        words(
            "threshold_changes" if (made := getattr(found, f"{key}s")) else f"threshold_no_{key}",
            changes=words.count(made, name),
            least=words.priced(getattr(least, key), currency),
        )
        for key, name in (("contract", "new_contract"), ("move", "move_count"))
        if getattr(least, key)
    ]
    room = total - document.proof.bound
    slack = found.objective - found.bound
    known = total - found.cheapest
    key = "charged_limit" if document.status != "optimal" else "charged_room" if slack else "charged"
    return words(
        "claim_threshold",
        changes="; ".join(changes),
        room=words.money(room),
        currency=currency,
        share=words.small(room / total if total else Decimal(0)),
        known=words("threshold_known", known=words.money(known), currency=currency) if known != room else "",
        charged=words(key, slack=words.money(slack), currency=currency),
    )


def proof(document: PlanDocument, words: Words) -> ReportTable:
    """Status, bound, gap, solver and version."""
    p, currency = document.proof, document.currency
    rows = (
        (words("status"), words(document.status)),
        (words("total"), words.priced(document.total, currency)),
        (words("bound"), words.priced(p.bound, currency)),
        *(
            (words(f"{name}_charged"), words.priced(getattr(p.threshold, key), currency))
            for name, key in (("total", "objective"), ("bound", "bound"))
            if p.threshold
        ),
        (words("gap"), _gap(p.gap)),
        (words("gap_asked"), _gap(p.gap_asked)),
        (words("solver"), named(p.solver)),
        (words("seed"), str(p.seed)),
        (words("users_in_core"), words.number(p.users_in_core)),
        (words("version"), f"flexopt {named(document.flexopt)}, {document.schema_}"),
    )
    return ReportTable("proof", ("", ""), rows)


def inputs(document: PlanDocument, words: Words) -> ReportTable:
    """The files the plan was made from, with their hashes."""
    rows = [(named(i.file), i.sha256) for i in document.inputs]
    return ReportTable("inputs", (words("file"), words("sha256")), tuple(rows))


def _gap(gap: Decimal) -> str:
    return f"{float(gap):.0e}" if gap else "0"
