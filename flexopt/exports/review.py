"""The review of a plan document: for a terminal, as CSV, Markdown or data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flexopt.base.text import count, fill, money, printable, text_table
from flexopt.exports.markdown import escaped
from flexopt.exports.report.costs import not_planned
from flexopt.exports.report.proven import threshold
from flexopt.exports.shown import shown
from flexopt.exports.words import ENGLISH
from flexopt.store.plan import PlanDocument
from flexopt.store.study_parts import (
    DoubleUse,
    IdleSeat,
    Leaver,
    MoveRow,
    ReviewCheck,
    ReviewPart,
)
from flexopt.store.table_csv import table_csv

Table = tuple[list[str], list[list[str]]]

COLUMNS: dict[str, type] = {
    "user": str,
    "product": str,
    "group": str,
    "move": str,
    "before": str,
    "after": str,
    "saving": Decimal,
}
"""The columns of the moves."""

LINES = 24
"""Moves on the screen; the other lists have a third of that."""

STAYING = ("keep", "new")

WORDS = {
    "to collection": "get a seat of a collection they do not hold today",
    "to seat": "get a seat they do not hold today",
    "to Flex": "use tokens instead of a seat",
    "release": "have access today but no use to plan",
    "new": "have no access today and get it in the plan",
    "keep": "unchanged",
}


def review_json(document: PlanDocument) -> dict[str, Any]:
    """`flexopt.review/1`: the key `review` of plan.json, with the currency."""
    return {
        "schema": "flexopt.review/1",
        "currency": document.currency,
        **_part(document).model_dump(mode="json", by_alias=True),
    }


def review_csv(document: PlanDocument) -> Iterator[str]:
    """A row for every user and product, the moves that save most first."""
    return table_csv(_part(document).moves, COLUMNS)


def review_text(document: PlanDocument) -> str:
    """The review for a terminal; long lists are cut, with a note."""
    document = shown(document)
    parts = [
        f"{printable(document.name or 'Review')}, {document.horizon.start} to {document.horizon.end}",
        fill(_headline(document)),
        text_table(*_cost(document)),
        text_table(*_counts(document)),
    ]
    if said := threshold(document, ENGLISH):
        parts.append(fill(f"threshold: {said}."))
    if moves := _moves(_part(document).moves):
        parts.append(_cut(_moves_table(moves), LINES, "`--format csv` has all"))
        parts.append(fill(_note(document)))
    for title, table in _lists(document):
        parts.append(f"{title}\n" + _cut(table, LINES // 3, "`--format json` has all"))
    checks = [line for row in _part(document).checks for line in _check(row)]
    return "\n\n".join([*parts, "checks\n" + "\n".join(checks)])


def review_markdown(document: PlanDocument) -> str:
    """The review as Markdown, with all lists in full."""
    document = shown(document)
    parts = [
        f"# {escaped(document.name or 'Review')}",
        f"**{escaped(_headline(document))}**",
        _piped(*_cost(document)),
        _piped(*_counts(document)),
    ]
    if said := threshold(document, ENGLISH):
        parts.append(escaped(f"Threshold: {said}."))
    if moves := _moves(_part(document).moves):
        parts += ["## Moves", _piped(*_moves_table(moves)), escaped(_note(document))]
    for title, table in _lists(document):
        parts += [f"## {title[0].upper()}{title[1:]}", _piped(*table)]
    checks = [
        [row.code, row.name, "found" if row.found else "clear", row.message, row.repair]
        for row in _part(document).checks
    ]
    checked = _piped(["", "check", "result", "finding", "what to do"], checks)
    return "\n\n".join([*parts, "## Checks", checked])


def _part(document: PlanDocument) -> ReviewPart:
    assert document.review is not None, "only of a plan with a review"
    return document.review


def _headline(document: PlanDocument) -> str:
    """What all moves save together, and how many there are; first, who is not in the plan."""
    missing = not_planned(document.coverage, document.scenario.horizon.months, ENGLISH)
    return f"{missing}; {_saves(document)}" if missing else _saves(document)


def _saves(document: PlanDocument) -> str:
    found, currency = _part(document), document.currency
    counts = found.counts.model_dump(by_alias=True)
    moved = sum(n for kind, n in counts.items() if kind not in STAYING)
    moves = count(len(_moves(found.moves)), "move")
    moves += f" of {count(moved, 'user and product', 'users and products')}, {found.counts.keep:,} unchanged"
    if found.saving is None:
        note = document.baselines["today"].note
        return f"today's access cannot be priced ({note}); {moves}"
    saving, today = found.saving, found.today
    verb = "save" if saving >= 0 else "cost an extra"
    whole = f"{abs(saving).quantize(Decimal(1), ROUND_HALF_UP):,} {currency}"
    share = f" ({abs(saving) / today * 100:.1f} %)" if today else ""
    return f"all moves together {verb} {whole}{share} against today's access: {moves}"


def _cost(document: PlanDocument) -> Table:
    found = _part(document)
    rows = [["today's access", money(found.today)], ["the plan", money(found.total)]]
    rows.append(["all moves together save", money(found.saving)])
    return ["cost", document.currency], rows


def _counts(document: PlanDocument) -> Table:
    counts = _part(document).counts.model_dump(by_alias=True)
    rows = [[kind, f"{counts[kind]:,}", words] for kind, words in WORDS.items() if counts[kind]]
    return ["access", "users and products", "who"], rows


def _moves(moves: Sequence[MoveRow]) -> list[list[MoveRow]]:
    """The moves, in groups: products of one user that move together are one group."""
    groups: list[list[MoveRow]] = []
    for row in moves:
        if row.move in STAYING:
            continue
        last = groups[-1] if groups else []
        # the first of the products that move together has the saving of all
        if last and last[0].user == row.user and last[0].saving is not None and row.saving is None:
            last.append(row)
        else:
            groups.append([row])
    return groups


def _moves_table(groups: Sequence[Sequence[MoveRow]]) -> Table:
    rows = []
    for group in groups:
        changes: dict[tuple[str, str], list[str]] = {}
        for row in group:
            changes.setdefault((row.before, row.after), []).append(row.product)
        words = "; ".join(
            f"{', '.join(products)}: {before} -> {after or 'none'}"
            for (before, after), products in changes.items()
        )
        kinds = " / ".join(dict.fromkeys(row.move for row in group))
        rows.append([money(group[0].saving), group[0].user, kinds, words])
    return ["saves", "user", "move", "product: today -> plan"], rows


def _note(document: PlanDocument) -> str:
    note = (
        "saves: the extra cost of keeping today's access for this move alone, at the marginal prices of "
        "tokens and seats. Packs come whole, so the single savings do not add up exactly to the saving of "
        "all moves together, which is exact."
    )
    if any(group[0].saving is None for group in _moves(_part(document).moves)):
        note += " A dash: today's access is no longer possible under these rules and prices."
    return note


def _lists(document: PlanDocument) -> Iterator[tuple[str, Table]]:
    """The lists beside the moves that are not empty."""
    found, days = _part(document), document.scenario.demand.idle_days
    parts: list[tuple[str, str, Sequence[tuple[DoubleUse | IdleSeat | Leaver, str]]]] = [
        ("tokens used despite a seat", "days on Flex", [(r, f"{r.flex_days:,}") for r in found.double_use]),
        (
            f"seats not used in the last {days:,} days",
            "last use",
            [(r, str(r.last_use or "never")) for r in found.idle],
        ),
        ("access held by leavers", "leaves", [(r, str(r.leaves)) for r in found.leavers]),
    ]
    for title, header, listed in parts:
        rows = [[r.user, r.product, r.offer or "-", detail] for r, detail in listed]
        if rows:
            yield f"{title}: {len(rows):,}", (["user", "product", "seat", header], rows)


def _check(row: ReviewCheck) -> Iterator[str]:
    """Its result, what was found, and on a line of its own what to do."""
    yield fill(
        f"{'FOUND' if row.found else 'clear'}, {row.name}: {printable(row.message)}",
        f"{row.code} ",
        "   ",
    )
    if row.repair:
        yield fill(f"What to do: {printable(row.repair)}", "   ", "   ")


def _cut(table: Table, most: int, where: str) -> str:
    header, rows = table
    text = text_table(header, rows[:most])
    return text + (f"\n... and {len(rows) - most:,} more: {where}" if len(rows) > most else "")


def _piped(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *([escaped(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
