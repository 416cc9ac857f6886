"""What the words in a Subscriptions export mean: the status of a row, its term, packs of Flex tokens."""

from __future__ import annotations

import re
from typing import Literal

from flexopt.inputs.files.formats import compact

Standing = Literal["owned", "ended", "cancelling", "gone", "unknown"]
"""What a status says of seats: owned, ended, owned until their end and not renewed by themselves, not owned,
or nothing that is known."""

_WORDS: dict[Standing, str] = {
    "owned": "active activated current valid enabled live open paid renewed renewing pendingrenewal expiring "
    "expiringsoon future upcoming scheduled notstarted pendingactivation pendingstart aktiv actif",
    "ended": "expired suspended lapsed pastdue overdue ingrace graceperiod grace abgelaufen ausgesetzt "
    "gesperrt expiré suspendu",
    "gone": "inactive deactivated disabled deleted removed closed ended refunded returned void replaced "
    "transferred switched superseded archived gekündigt storniert résilié annulé inaktiv inactif",
}
_STANDINGS = {word: standing for standing, words in _WORDS.items() for word in words.split()}
_LATER = re.compile("pending|scheduled|requested|willbe|cancelling|cancelson|atend|endofterm|periodend")
_NO_RENEWAL = re.compile("renewoff|nonrenew|notrenew|renewaloff|noautorenew")


def standing_of(status: str) -> Standing:
    """What a status says of the seats of its row; an empty one says that they are owned."""
    word = compact(status)
    if not word or word in _STANDINGS:
        return _STANDINGS.get(word, "owned")
    if "trial" in word or "evaluation" in word:
        return "gone"
    if "cancel" in word or "terminat" in word:
        return "cancelling" if _LATER.search(word) else "gone"
    if _NO_RENEWAL.search(word):
        return "cancelling"
    if re.search("expired|suspend|lapsed|grace", word):
        return "ended"
    return "owned" if word.startswith("active") else "unknown"


_UNITS = {
    **dict.fromkeys(("year", "years", "yr", "yrs", "y", "jahr", "jahre", "an", "ans", "année", "années"), 12),
    **dict.fromkeys(("month", "months", "mo", "mos", "mth", "m", "monat", "monate", "mois"), 1),
}
_DAYS = ("day", "days", "d", "tag", "tage", "jours")
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}
_PERIODS = {
    **dict.fromkeys(("annual", "annually", "yearly", "year", "jährlich", "annuel", "annuelle"), 12),
    **dict.fromkeys(("monthly", "month", "monatlich", "mensuel", "mensuelle"), 1),
    **{"quarterly": 3, "biennial": 24, "triennial": 36},
}


def months_of(term: str) -> int | None:
    """The months of a term; None if it is not understood.

    `3-Year, billed annually` has 36, and so has `Multi-year`.
    """
    parts = re.findall(r"[0-9]+|[^\W\d_]+", term.casefold())
    numbers = [int(p[:6]) if p.isdecimal() else _NUMBERS.get(p) for p in parts]
    found = []
    for place, part in enumerate(parts):
        before = numbers[place - 1] if place else None
        after = numbers[place + 1] if place + 1 < len(parts) else None
        number = before if before is not None else after
        if number is not None and part in _UNITS:
            found.append(number * _UNITS[part])
        elif number is not None and part in _DAYS:
            found.append(round(number / 30.4375))
        elif part in _PERIODS:
            found.append(36 if "multi" in parts[:place] else _PERIODS[part])
    return max((months for months in found if 1 <= months <= 120), default=None)


_FLEX = re.compile(r"\b(flex|tokens?)\b", re.IGNORECASE)
_PACK = re.compile(r"([0-9][0-9,. ]*)[\s-]*tokens?\b", re.IGNORECASE)


def is_flex(offering: str) -> bool:
    """Whether an offering is a pack of Flex tokens, not a seat."""
    return _FLEX.search(offering) is not None


def tokens_bought(offering: str, quantity: int) -> int:
    """Tokens of a row: its quantity, unless its name says how many tokens each of so few packs has."""
    pack = _PACK.search(offering)
    each = int(re.sub(r"\D", "", pack[1])) if pack else 0
    return quantity * each if quantity < each else quantity
