"""Changes of access: new (+), different (~) and ended (-)."""

from __future__ import annotations

from collections.abc import Iterator

from flexopt.exports.report.parts import Part, ReportTable, sentence
from flexopt.exports.words import Words
from flexopt.store.plan import PlanDocument


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
