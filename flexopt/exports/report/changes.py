"""Changes of access: new (+), different (~) and ended (-)."""

from __future__ import annotations

from collections.abc import Iterator

from flexopt.exports.report.parts import Part, ReportTable, named, sentence
from flexopt.exports.words import Words
from flexopt.store.plan import PlanDocument
from flexopt.store.study_parts import DoubleUse, IdleSeat, Leaver, ReviewPart


def access_now(document: PlanDocument, words: Words) -> str:
    """How many users have seats, Flex or both in the plan."""
    s = document.summary
    text = words(
        "users_now",
        users=words.count(s.users, "user"),
        named=words.number(s.users_named_only),
        flex=words.number(s.users_flex_only),
        both=words.number(s.users_both),
    )
    return text + (words("users_idle", n=words.number(s.users_idle)) if s.users_idle else "")


def changes(document: PlanDocument, words: Words) -> Iterator[Part]:
    """Users by the change of their access."""
    s = document.summary
    rows = [
        (mark, words(f"change_{key}", users=words.count(n, "user")))
        for mark, key, n in (
            ("~", "flex", s.users_to_flex),
            ("~", "seats", s.users_to_seats),
            ("-", "idle", s.users_idle),
        )
        if n
    ]
    yield (
        ReportTable("changes", ("", words("change")), tuple(rows)) if rows else sentence(words("change_same"))
    )
    if s.users_to_flex is None:
        yield sentence(words("change_none"))


def moves(review: ReviewPart, words: Words) -> ReportTable:
    """The review's moves, user by user, without unchanged access."""
    rows = [
        (
            {"new": "+", "release": "-"}.get(move.move, "~"),
            named(move.user),
            named(move.product),
            words(move.move),
            named(move.before) or "-",
            named(move.after) or "-",
            words.money(move.saving),
        )
        for move in review.moves
        if move.move != "keep"
    ]
    keys = ("who", "product", "move", "before", "after", "saving")
    return ReportTable("moves", ("", *map(words, keys)), tuple(rows), (6,))


def review(document: PlanDocument, found: ReviewPart, words: Words) -> Iterator[Part]:
    """The review in numbers: its saving, its lists and its seven checks."""
    if found.saving is not None:
        saving = words.money(found.saving)
        yield sentence(words("review_saves", saving=saving, currency=document.currency))
    rows = [
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
    yield ReportTable("checks", heads, tuple(rows), title=words("checks"))
    rows_: list[tuple[str, DoubleUse | IdleSeat | Leaver, str]] = [
        *(("double_use", r, f"{words.number(r.flex_days)} {words('days')}") for r in found.double_use),
        *(("idle", r, words.date(r.last_use)) for r in found.idle),
        *(("leavers", r, words.date(r.leaves)) for r in found.leavers),
    ]
    days = words.number(document.scenario.demand.idle_days)
    listed = [
        (words(key, days=days), named(row.user), named(row.product), named(row.offer), detail)
        for key, row, detail in rows_
    ]
    columns = tuple(map(words, ("listed", "who", "product", "before", "when")))
    yield ReportTable("listed", columns, tuple(listed))
