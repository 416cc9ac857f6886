"""The report of a review: today's access against the plan, the moves that save most first, seven checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flexopt.exports.report.costs import not_planned
from flexopt.exports.report.parts import Part, Report, ReportTable, Section, arranged, named, sentence
from flexopt.exports.report.proven import threshold
from flexopt.exports.shown import shown
from flexopt.exports.words import ENGLISH, Words
from flexopt.store.plan import PlanDocument
from flexopt.store.study_parts import DoubleUse, IdleSeat, Leaver, MoveRow, ReviewPart

STAYING = ("keep", "new")
MOVES = ("to collection", "to seat", "to Flex", "release", "new", "keep")


def review_report(document: PlanDocument, words: Words = ENGLISH, *, continued: str = "continued") -> Report:
    """The report of `flexopt review`; its appendix has the long lists in full.

    `continued` is the text that says where they are.
    """
    document = shown(document)
    found = document.review
    assert found is not None, "only of a plan with a review"
    sections, appendix = arranged([("review", review(document, found, words))], words, continued)
    start, end = words.date(document.horizon.start), words.date(document.horizon.end)
    missing = not_planned(document.coverage, document.scenario.horizon.months, words)
    saves = _saves(document, found, words)
    return Report(
        words("review"),
        name=named(document.name),
        cover=words("cover_short", start=start, end=end),
        headline=sentence(f"{missing}; {saves}" if missing else saves),
        sections=tuple(Section(s.name, "", s.parts) for s in sections),
        appendix=tuple(appendix),
    )


def review(document: PlanDocument, found: ReviewPart, words: Words) -> Iterator[Part]:
    """What all moves cost and save, how many there are, each of them, the lists beside them, the checks."""
    costs = [(words(key), words.money(getattr(found, key))) for key in ("today", "total", "saving")]
    costs[1:] = [(words("the_plan"), costs[1][1]), (words("moves_save"), costs[2][1])]
    yield ReportTable("review_cost", (words("cost_"), document.currency), tuple(costs), (1,), (2,))
    counts = found.counts.model_dump(by_alias=True)
    rows = [(words(kind), words.number(counts[kind]), words(f"who_{kind}")) for kind in MOVES if counts[kind]]
    heads = tuple(map(words, ("access", "users_and_products", "meaning")))
    yield ReportTable("review_counts", heads, tuple(rows), (1,))
    if said := threshold(document, words):
        yield sentence(words("with_threshold", said=said))
    moved = groups(found.moves)
    yield _moves(moved, words)
    if moved:
        unknown = words("saves_unknown") if any(group[0].saving is None for group in moved) else ""
        yield sentence(words("saves_note", unknown=unknown))
    yield from _lists(document, found, words)
    checks = [
        (
            check.code,
            named(check.name),
            words("found" if check.found else "clear"),
            named(check.message, 400),
            named(check.repair, 400),
        )
        for check in found.checks
    ]
    heads = ("", *map(words, ("check", "result", "message", "repair")))
    yield ReportTable("checks", heads, tuple(checks), title=words("checks"), listed=True)


def groups(moves: Sequence[MoveRow]) -> list[list[MoveRow]]:
    """The moves, in groups: products of one user that move together are one group."""
    found: list[list[MoveRow]] = []
    for row in moves:
        if row.move in STAYING:
            continue
        last = found[-1] if found else []
        # the first of the products that move together has the saving of all
        if last and last[0].user == row.user and last[0].saving is not None and row.saving is None:
            last.append(row)
        else:
            found.append([row])
    return found


def _moves(moved: Sequence[Sequence[MoveRow]], words: Words) -> ReportTable:
    rows = []
    for group in moved:
        changes: dict[tuple[str, str], list[str]] = {}
        for row in group:
            changes.setdefault((row.before, row.after), []).append(named(row.product))
        said = (
            words(
                "from_to", products=", ".join(products), before=named(a), after=named(b) or words("no_seat")
            )
            for (a, b), products in changes.items()
        )
        kinds = dict.fromkeys(words(row.move) for row in group)
        saving = words.money(group[0].saving)
        rows.append((saving, named(group[0].user), " / ".join(kinds), "; ".join(said)))
    return ReportTable(
        "moves", tuple(map(words, ("saves", "who", "move", "product_from_to"))), tuple(rows), (0,)
    )


def _lists(document: PlanDocument, found: ReviewPart, words: Words) -> Iterator[ReportTable]:
    """The lists beside the moves."""
    days = words.number(document.scenario.demand.idle_days)
    lists: dict[str, list[tuple[DoubleUse | IdleSeat | Leaver, str]]] = {
        "double_use": [(row, words.number(row.flex_days)) for row in found.double_use],
        "idle": [(row, words.date(row.last_use) if row.last_use else words("never")) for row in found.idle],
        "leavers": [(row, words.date(row.leaves)) for row in found.leavers],
    }
    for name, listed in lists.items():
        rows = tuple((named(r.user), named(r.product), named(r.offer) or "-", last) for r, last in listed)
        heads = tuple(map(words, ("who", "product", "seat_", f"{name}_last")))
        title = words(f"{name}_title", n=words.number(len(rows)), days=days)
        yield ReportTable(name, heads, rows, (3,) if name == "double_use" else (), title=title)


def _saves(document: PlanDocument, found: ReviewPart, words: Words) -> str:
    """What all moves save together, and how many there are."""
    counts = found.counts.model_dump(by_alias=True)
    moves = words(
        "moves_of",
        moves=words.count(len(groups(found.moves)), "move_count"),
        pairs=words.count(sum(n for kind, n in counts.items() if kind not in STAYING), "user_and_product"),
        keep=words.number(found.counts.keep),
    )
    if found.saving is None:
        note = document.baselines["today"].note
        return words("today_unknown", note=named(note, 400), moves=moves)
    return words(
        "review_saves" if found.saving >= 0 else "review_costs",
        amount=words.whole(abs(found.saving)),
        currency=document.currency,
        share=words.percent(abs(found.saving) / found.today) if found.today else "-",
        moves=moves,
    )
