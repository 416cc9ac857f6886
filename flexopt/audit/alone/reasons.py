"""The sentences of the assignment say what its cells say: days, tokens, prices, offers and dates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from flexopt.audit.notes import Notes, distinct
from flexopt.base.columns import Column
from flexopt.store.plan import PlanDocument

NUMBER = r"([0-9,]+(?:\.[0-9]+)?)"
FLEX = re.compile(rf"{NUMBER} days? on Flex uses? {NUMBER} tokens: {NUMBER}")
NEW_SEATS = re.compile(rf"The cheapest new seats for these days cost {NUMBER}")
COSTS = re.compile(rf"(?:costs?) {NUMBER} (?:in the horizon|each whoever)|costs {NUMBER}\.(?: |$)")

ON_FLEX = re.compile(rf"would cost {NUMBER} at ")
MORE = re.compile(rf"{NUMBER} more\.")
MARGIN = re.compile(rf"At the marginal price of {NUMBER} per token the break-even for .+ is {NUMBER} days\.")
WORTH = re.compile(
    rf"One more token is worth (?:{NUMBER}|nothing)(?: to (?:{NUMBER}|nothing))? to the plan\."
)
A_TOKEN = re.compile(rf" at (?:an average of )?{NUMBER} per token")
BUFFER = re.compile(rf"with a {NUMBER} % buffer")

TENTH = Decimal("0.051")
"""Rounding of days and tokens in a sentence."""

SEATED = ("Holds a seat of ", "Renewing ", "Adding a seat of ", "A new seat of ")
"""How the sentences about seats begin."""


def reasons(doc: PlanDocument, cells: Mapping[str, Column], notes: Notes) -> None:
    """Every sentence is about its own row."""
    margins = sorted({price.price for price in doc.proof.marginal_token_prices})
    plan: dict[str, Any] = {
        "margins": margins,
        "titles": {offer.id: offer.title for offer in doc.scenario.offers},
        "token_price": doc.summary.token_price,
        "buffer": doc.scenario.tokens.buffer * 100,
    }
    names = (
        "days",
        "tokens",
        "flex_price",
        "seat_price",
        "break_even_days",
        "access",
        "offer",
        "contract_start",
        "contract_end",
    )
    reason = cells["reason"]
    for row in distinct(np.arange(len(reason.codes)), reason.codes, *(cells[name].codes for name in names)):
        said = plan | {name: cells[name][row] for name in names}
        for wrong in _of_row(reason[row], said):
            notes.fail(f"`assignment[{row}].reason` has {wrong}")


def _of_row(reason: str, said: Mapping[str, Any]) -> Iterator[str]:
    if reason != " ".join(reason.split()) or not reason.endswith("."):
        yield "spaces or an end that flexopt does not write"
    yield from _margins(reason, said)
    for pattern, name in ((A_TOKEN, "token_price"), (BUFFER, "buffer")):
        if found := pattern.search(reason):
            yield from _numbers(found, said, (name,))
    if bool(said["buffer"]) != (" % buffer" in reason) and ON_FLEX.search(reason):
        yield "another buffer than the plan"
    seat, flex, more = said["seat_price"], said["flex_price"], MORE.search(reason)
    # a seat for several products has one sentence about all of them
    if more and " + " not in reason and isinstance(seat, Decimal) and isinstance(flex, Decimal):
        yield from _numbers(
            more, {"difference of the prices": abs(seat - flex)}, ("difference of the prices",)
        )
    if said["access"] == "flex":
        found = FLEX.match(reason)
        if found is None:
            yield "no days and tokens"
            return
        yield from _numbers(found, said, ("days", "tokens", "flex_price"))
        if seats := NEW_SEATS.search(reason):
            yield from _numbers(seats, said, ("seat_price",))
        return
    if not reason.startswith(SEATED) or said["titles"][said["offer"]] not in reason:
        yield "not the seat of its row"
    start, end = str(said["contract_start"]), str(said["contract_end"])
    dates = {f"from {start}", f"until {end}", f"added on {start}", f"ends on {end}"}
    if not any(words in reason for words in dates):
        yield "not the dates of its row"
    costs = COSTS.search(reason)
    if costs and Decimal((costs[1] or costs[2]).replace(",", "")) != said["seat_price"]:
        yield f"the price {costs[1] or costs[2]}, but `seat_price` is {said['seat_price']}"
    if (there := ON_FLEX.search(reason)) and " + " not in reason:
        yield from _numbers(there, said, ("flex_price",))


def _margins(reason: str, said: Mapping[str, Any]) -> Iterator[str]:
    """What one more token is worth, and the break-even days at that price."""
    margins, even = said["margins"], said["break_even_days"]
    if worth := WORTH.search(reason):
        words = [Decimal((text or "0").replace(",", "")) for text in worth.groups()]
        if (
            words[0] != margins[0]
            or (words[1] if " to " in worth[0].removesuffix(" to the plan.") else words[0]) != margins[-1]
        ):
            yield "another value of a token than `proof.marginal_token_prices`"
    if margin := MARGIN.search(reason):
        price, days = (Decimal(text.replace(",", "")) for text in margin.groups())
        if [price] != margins or even is None:
            yield "another value of a token than `proof.marginal_token_prices`"
        elif abs(days - even * said["token_price"] / price) > TENTH:
            yield "another break-even at the margin than that of its row"


def _numbers(found: re.Match[str], said: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    for text, name in zip(found.groups(), names, strict=True):
        number, cell = Decimal(text.replace(",", "")), said[name]
        near = TENTH if name in ("days", "tokens") else Decimal(0)
        if not isinstance(cell, Decimal) or abs(number - cell) > near:
            yield f"{text}, but `{name}` is {cell}"
