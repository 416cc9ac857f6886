"""The report of an explanation: of a plan as a whole, or of one user's access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from flexopt.base.money import Currency
from flexopt.exports.report.parts import Part, Report, ReportTable, Section, named, sentence
from flexopt.exports.words import ENGLISH, Words


def user_report(found: Mapping[str, Any], currency: str, words: Words = ENGLISH) -> Report:
    """One user's access, with both alternatives priced; `found` as `--format json` prints it."""
    rows = found["assignment"]
    group = named(rows[0]["group"]) if rows else ""
    sections = []
    for row in rows:
        contract = {"start": row["contract_start"], "end": row["contract_end"]}
        how = (
            words("contract", offer=_offer(row["offer"], found), **contract)
            if row["offer"]
            else words("flex")
        )
        priced = [_days(row["days"], words), _alternatives(row, currency, words)]
        priced += [words("break_even_of", days=row["break_even_days"])] if row["break_even_days"] else []
        priced.append(words("segment", segment=row["segment"]))
        parts = (sentence("; ".join(priced)), sentence(named(row["reason"], 400)))
        sections.append(Section("access", f"{named(row['product'])}: {how}", parts))
    for row in found["left_out"]:
        said = words("days_left_out", days=_days(row["days"], words), reason=named(row["reason"]))
        sections.append(Section("left_out", named(row["product"]), (sentence(said),)))
    cover = words("in_group", group=group) if group else ""
    return Report(words("assignment"), named(found["user"]), cover, sections=tuple(sections))


def explanation_report(found: Mapping[str, Any], currency: str, words: Words = ENGLISH) -> Report:
    """What drives the plan: users by product and access, and the purchases; `found` as for one user."""
    parts = tuple(_drivers(found, currency, words))
    headline = sentence(named(found["headline"], 1000))
    return Report(words("explanation"), headline=headline, sections=(Section("explanation", "", parts),))


def _drivers(found: Mapping[str, Any], currency: str, words: Words) -> Iterator[Part]:
    rows = []
    for product in found["products"]:
        days = product["break_even_days"]
        many = words("to", few=days[0], most=days[-1]) if len(days) > 1 else "".join(days)
        users = sorted(product["users_by_access"].items(), key=lambda u: (u[0] == "Flex", -u[1], u[0]))
        access = ", ".join(f"{words.number(n)} {_offer(offer, found)}" for offer, n in users)
        margin = product["break_even_days_at_the_margin"] or "-"
        rows.append((named(product["product"]), many or "-", margin, access))
    heads = tuple(map(words, ("product", "pays_from", "marginal", "users_by_access")))
    yield ReportTable("products", heads, tuple(rows), (1, 2))
    yield sentence(words("pays_from_note"))
    for entry in found["marginal_token_prices"]:
        price = Decimal(entry["price"])
        yield sentence(
            words(
                "margin_of_token" if price else "margin_of_nothing",
                start=entry["start"],
                end=entry["end"],
                price=Currency(currency).shown(price),
                currency=currency,
            )
        )
    for pack in found["purchases"]:
        yield sentence(
            words(
                "buy_pack",
                tokens=words.count(pack["tokens"], "token"),
                date=pack["date"],
                price=pack["unit_price"],
                tier=words.count(pack["tier_from"], "token"),
                cost=words.money(Decimal(pack["cost"])),
                currency=currency,
            )
        )
    if not found["purchases"]:
        yield sentence(words("no_packs"))


def _alternatives(row: Mapping[str, Any], currency: str, words: Words) -> str:
    seat, flex = (row[key] and Decimal(row[key]) for key in ("seat_price", "flex_price"))
    key = "seat_only" if flex is None else "flex_only" if seat is None else "seat_or_flex"
    return words(key, seat=words.money(seat), flex=words.money(flex), currency=currency)


def _days(number: str | int, words: Words) -> str:
    return words("one_day" if str(number) == "1" else "many_days", n=number)


def _offer(id_: str, found: Mapping[str, Any]) -> str:
    return named(found["offers"].get(id_, id_))
