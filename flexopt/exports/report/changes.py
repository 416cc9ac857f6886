"""Changes of access and seats: new (+), different (~) and ended (-)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any

from flexopt.exports.report.parts import Part, ReportTable, named, sentence
from flexopt.exports.words import Words
from flexopt.store.plan_json import PlanDocument


def access_now(document: PlanDocument, words: Words) -> str:
    """How many users have seats, Flex or both in the plan."""
    s = document["summary"]
    kinds = {kind: words.number(s[f"users_{kind}"]) for kind in ("named_only", "flex_only", "both")}
    text = words(
        "users_now",
        users=words.count(s["users"], "user"),
        named=kinds["named_only"],
        flex=kinds["flex_only"],
        both=kinds["both"],
    )
    return text + (words("users_idle", n=words.number(s["users_idle"])) if s["users_idle"] else "")


def changes(document: PlanDocument, words: Words) -> Iterator[Part]:
    """Users by the change of their access, and seats by the change of their contracts."""
    s = document["summary"]
    rows = [
        (mark, words(f"change_{key}", users=words.count(n, "user")))
        for mark, key, n in (
            ("~", "flex", s["users_to_flex"]),
            ("~", "seats", s["users_to_seats"]),
            ("-", "idle", s["users_idle"]),
        )
        if n
    ]
    rows += sorted(_contracts(document, words), key=lambda row: "+~-".index(row[0]))
    yield (
        ReportTable("changes", ("", words("change")), tuple(rows)) if rows else sentence(words("change_same"))
    )
    if s["users_to_flex"] is None:
        yield sentence(words("change_none"))


def moves(document: PlanDocument, words: Words) -> ReportTable:
    """The review's moves, user by user, without unchanged access."""
    rows = [
        (
            {"new": "+", "release": "-"}.get(move["move"], "~"),
            named(move["user"]),
            named(move["product"]),
            words(move["move"]),
            named(move["before"]) or "-",
            named(move["after"]) or "-",
            words.money(move["saving"]),
        )
        for move in document["review"]["moves"]
        if move["move"] != "keep"
    ]
    keys = ("who", "product", "move", "before", "after", "saving")
    return ReportTable("moves", ("", *map(words, keys)), tuple(rows), (6,))


def review(document: PlanDocument, words: Words) -> Iterator[Part]:
    """The review in numbers: its saving, its lists and its seven checks."""
    found = document["review"]
    if found["saving"] is not None:
        saving = words.money(found["saving"])
        yield sentence(words("review_saves", saving=saving, currency=document["currency"]))
    rows = [
        (
            check["code"],
            named(check["name"]),
            words("found" if check["found"] else "clear"),
            named(check["message"], 400),
            named(check["repair"], 400),
        )
        for check in found["checks"]
    ]
    heads = ("", *map(words, ("check", "result", "message", "repair")))
    yield ReportTable("checks", heads, tuple(rows), title=words("checks"))
    details: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "double_use": lambda row: f"{words.number(row['flex_days'])} {words('days')}",
        "idle": lambda row: words.date(row["last_use"]),
        "leavers": lambda row: words.date(row["leaves"]),
    }
    days = words.number(document["scenario"]["demand"]["idle_days"])
    listed = [
        (words(key, days=days), named(row["user"]), named(row["product"]), named(row["offer"]), detail(row))
        for key, detail in details.items()
        for row in found[key]
    ]
    columns = tuple(map(words, ("listed", "who", "product", "before", "when")))
    yield ReportTable("listed", columns, tuple(listed))


def _contracts(document: PlanDocument, words: Words) -> Iterator[tuple[str, str]]:
    start, end = (document["horizon"][key] for key in ("start", "end"))
    held: Counter[tuple[str, str]] = Counter()
    for holding in document["holdings"]:
        if start <= holding["ends"] < end:
            held[holding["offer"], holding["ends"]] += holding["quantity"]
    renewed: Counter[tuple[str, str]] = Counter()
    for row in document["seats"]:
        key = (row["offer"], row["contract_start"])
        renewed[key] += row["renewed"]
        if row["added"]:
            if row["contract_end"] < end:
                held[row["offer"], row["contract_end"]] += row["added"]
            n, offer = words.number(row["added"]), named(row["offer"])
            start_, until = words.date(row["contract_start"]), words.date(row["contract_end"])
            yield "+", words("seats_added", offer=offer, n=n, start=start_, end=until)
    bought = sorted((row for row in document["seats"] if row["new"]), key=lambda row: str(row["offer"]))
    for name, rows in groupby(bought, key=lambda row: str(row["offer"])):
        yield from _bought(named(name), list(rows), words)
    for (offer, day), number in sorted(held.items()):
        left = number - renewed[offer, day]
        said = {"offer": named(offer), "start": words.date(day), "held": words.number(number)}
        if not left:
            yield "~", words("seats_renewed", n=words.number(number), **said)
        elif left < number:
            yield "~", words("seats_fewer", n=words.number(number - left), **said)
        else:
            yield "-", words("seats_dropped", n=words.number(number), **said)


def _bought(offer: str, rows: list[Mapping[str, Any]], words: Words) -> Iterator[tuple[str, str]]:
    """New seats of an offer; three or more contracts (monthly seats) are one line."""
    if len(rows) < 3:
        for row in rows:
            start, n = words.date(row["contract_start"]), words.number(row["new"])
            yield "+", words("seats_new", offer=offer, n=n, start=start)
        return
    numbers = [row["new"] for row in rows]
    few, most = words.number(min(numbers)), words.number(max(numbers))
    yield (
        "+",
        words(
            "seats_by_contract",
            offer=offer,
            n=few if few == most else words("to", few=few, most=most),
            contracts=words.number(len(rows)),
            start=words.date(rows[0]["contract_start"]),
            end=words.date(rows[-1]["contract_end"]),
        ),
    )
