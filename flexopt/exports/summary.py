"""The summary of a plan, in the order of a report: headline, cost, who and what, assumptions, proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Any

from flexopt.exports.text import count, fill, money, percent, printable, text_table

__all__ = ["BASELINE_NAMES", "headline", "summary_json", "summary_text"]

Document = Mapping[str, Any]

BASELINE_NAMES = {
    "today": "today's access",
    "all_named": "all named",
    "all_flex": "all Flex",
    "break_even_rule": "break-even rule at list price",
}

LINES = 24
"""Lines of a table on the screen; the CSV files have every row."""


def summary_json(document: Document) -> dict[str, Any]:
    """summary.json: what a program wants of a plan without its rows."""
    names = ("name", "currency", "horizon", "status", "total", "summary", "baselines", "proof")
    return {"schema": "flexopt.summary/1", **{name: document[name] for name in names}}


def headline(document: Document) -> str:
    """One sentence: what it saves against the first baseline that is known, and who moves."""
    currency = document["currency"]
    sentence = f"costs {money(document['total'])} {currency}{_span(document)}"
    for name, words in BASELINE_NAMES.items():
        baseline = document["baselines"].get(name)
        if not baseline or baseline["saving"] is None or not Decimal(baseline["total"]):
            continue
        saving, share = Decimal(baseline["saving"]), Decimal(baseline["saving"]) / Decimal(baseline["total"])
        if saving:
            whole = abs(saving).quantize(Decimal(1), ROUND_HALF_UP)
            sentence = (
                f"{'saves' if saving > 0 else 'costs'} {whole:,} {currency}{_span(document)} "
                f"{'against' if saving > 0 else 'more than'} {words}, {-share * 100:+.1f} %"
            )
        else:
            sentence = f"costs as much as {words}"
        break
    moves = [
        (n, where)
        for key, where in (("users_to_flex", "tokens"), ("users_to_seats", "seats"))
        if (n := document["summary"].get(key))
    ]
    if moves:
        (n, where), *more = moves
        sentence += f"; {count(n, 'user moves', 'users move')} to {where}"
        sentence += "".join(f", {n:,} to {where}" for n, where in more)
    return sentence


def summary_text(document: Document) -> str:
    """The summary for a terminal."""
    horizon = document["horizon"]
    parts = [
        printable(document["name"] or "Plan") + f", {horizon['start']} to {horizon['end']}",
        fill(headline(document)),
        _cost(document),
        _comparison(document),
        _users(document),
        _seats(document),
        _purchases(document),
        _assumed(document),
        _coverage(document),
        _proof(document),
    ]
    return "\n\n".join(part for part in parts if part)


def _span(document: Document) -> str:
    months = document["scenario"]["horizon"]["months"]
    return " a year" if months == 12 else f" in {count(months, 'month')}"


def _cost(document: Document) -> str:
    s, months = document["summary"], document["scenario"]["horizon"]["months"]
    rows = [
        [f"seats: {s['seats_bought']:,} bought, {s['seats_owned']:,} owned", money(s["seats"])],
        [f"token packs: {s['tokens_bought']:,} tokens", money(s["tokens"])],
        [f"total for {count(months, 'month')}", money(document["total"])],
    ]
    if Decimal(s["commitment"]) > Decimal(document["total"]):
        rows.append(["to be paid in all, as some seats run on after that", money(s["commitment"])])
    return text_table(["cost", document["currency"]], rows)


def _comparison(document: Document) -> str:
    rows, notes = [], []
    for name, words in BASELINE_NAMES.items():
        if (baseline := document["baselines"].get(name)) is None:
            continue
        saving, total = baseline["saving"], baseline["total"]
        share = f"{Decimal(saving) / Decimal(total) * 100:.1f} %" if total and Decimal(total) else "-"
        rows.append([words, money(total), money(saving), share])
        if baseline["note"]:
            notes.append(f"{words}: {printable(baseline['note'])}")
    return "\n".join([text_table(["compared with", "costs", "saved", "saved"], rows), *notes])


def _users(document: Document) -> str:
    s = document["summary"]
    text = (
        f"{count(s['users'], 'user')}: {s['users_named_only']:,} with seats only, "
        f"{s['users_flex_only']:,} with Flex only, {s['users_both']:,} with both"
    )
    if s["users_idle"]:
        text += f"; {s['users_idle']:,} more hold a seat today and use nothing"
    return fill(text)


def _seats(document: Document) -> str:
    kinds = [list(rows) for _, rows in groupby(document["seats"], _kind)]
    # three contracts of one kind and more (seats by the month) are one line
    groups = [group for rows in kinds for group in ([rows] if len(rows) > 2 else [[row] for row in rows])]
    grouped = len(groups) < len(document["seats"])
    lines = []
    for rows in groups:
        numbers = [row["owned"] + row["renewed"] + row["new"] for row in rows]
        few, most = min(numbers), max(numbers)
        offer, what, _ = _kind(rows[0])
        lines.append(
            [
                offer + (f" x{len(rows)}" if len(rows) > 2 else ""),
                rows[0]["contract_start"],
                rows[-1]["contract_end"],
                f"{few:,}" if few == most else f"{few:,} to {most:,}",
                what,
                money(rows[0]["unit_price"]),
                money(str(sum((Decimal(row["cost"]) for row in rows), Decimal(0)))),
            ]
        )
    if not lines:
        return "no seats"
    text = text_table(["seats", "from", "until", "number", "", "each", "cost"], lines[:LINES])
    if len(lines) > LINES:
        text += f"\n... and {count(len(lines) - LINES, 'more line')}"
    return text + ("\nx: that many contracts; seats.csv has each by itself" if grouped else "")


def _kind(row: Mapping[str, Any]) -> tuple[str, str, str]:
    what = "owned" if row["owned"] else "renewal" if row["renewed"] else "new"
    return row["offer"], what, row["unit_price"]


def _purchases(document: Document) -> str:
    s, purchases = document["summary"], document["purchases"]
    price = s["effective_token_price"]
    used = f"the forecast uses {Decimal(s['tokens_used']):,} tokens" + (
        f", which comes to {price} {document['currency']} for each token used" if price else ""
    )
    if not purchases:
        needed = f"; the forecast uses {Decimal(s['tokens_used']):,} tokens, all of them owned"
        return fill("no token packs to buy" + (needed if Decimal(s["tokens_used"]) else ""))
    rows = [
        [
            p["date"],
            f"{p['tokens']:,}",
            p["unit_price"],
            money(p["cost"]),
            f"from {count(p['tier_from'], 'token')}",
            p["expires"],
        ]
        for p in purchases[:LINES]
    ]
    text = text_table(["buy on", "tokens", "each", "cost", "price for", "expires"], rows)
    if len(purchases) > LINES:
        text += f"\n... and {len(purchases) - LINES:,} more in purchases.csv"
    return f"{text}\n{fill(used)}"


def _assumed(document: Document) -> str:
    return fill("assumed: " + "; ".join(_assumptions(document)))


def _assumptions(document: Document) -> Iterator[str]:
    scenario, history = document["scenario"], document["history"]
    growth = scenario["demand"]["growth"]
    by_product = [f"{printable(p)} {_percent(g)}" for p, g in growth["products"].items() if Decimal(g)]
    general = [f"{_percent(growth['default'])} growth"] if Decimal(growth["default"]) else []
    changes = ", ".join([*general, *by_product])
    repeats = "repeats" if scenario["demand"]["method"] == "repeat" else "goes on at its daily rate"
    yield f"use of {history['first']} to {history['last']} {repeats}" + (f" ({changes})" if changes else "")
    buffer = scenario["tokens"]["buffer"]
    yield f"{_percent(buffer)[1:]} of tokens on top (buffer)" if Decimal(buffer) else "no buffer of tokens"
    negotiated = scenario["negotiated"]
    discounts = [f"{_percent(d)[1:]} off {what}" for what in ("seats", "tokens") if (d := negotiated[what])]
    discounts = [text for text in discounts if not text.startswith("0 %")]
    named = [f"{_percent(d)[1:]} off {printable(o)}" for o, d in sorted(negotiated["offers"].items())]
    yield ", ".join([*discounts, *named]) or "no discount on the scenario's prices"
    bought = {row["offer"] for row in document["seats"] if not row["owned"]}
    prices = [p for o in scenario["offers"] if o["id"] in bought for p in o["prices"]]
    said = Counter(printable(p["source"]) for p in prices if p["source"]).most_common()
    if said:
        more = f" and {count(len(said) - 2, 'other source')}" if len(said) > 2 else ""
        quoted = ", ".join(f'"{source}"' for source, _ in said[:2])
        yield f"seat prices from {quoted}{more}"


def _percent(share: str) -> str:
    text = f"{Decimal(share) * 100:+f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + " %"


def _coverage(document: Document) -> str:
    c = document["coverage"]
    text = (
        f"coverage: {count(c['rows_read'], 'row')} of usage read, of {count(c['users_in_usage'], 'user')}; "
        f"{c['users_planned']:,} planned"
    )
    if c["days_left_out"]:
        text += f"; {count(c['days_left_out'], 'day')} of use left out, listed with the reason in plan.json"
    warnings = sum(f["severity"] == "warning" for f in document["findings"])
    return fill(text + (f"; {count(warnings, 'warning')}" if warnings else ""))


def _proof(document: Document) -> str:
    proof, currency = document["proof"], document["currency"]
    room = Decimal(document["total"]) - Decimal(proof["bound"])
    cents = max(room, Decimal(0)).quantize(Decimal("0.01"), ROUND_CEILING)
    if document["status"] != "optimal":
        claim = (
            f"the search ended before the proof: a plan that costs up to {cents:,} {currency} "
            f"({percent(Decimal(proof['gap']))}) less may exist, but none below that"
        )
    elif cents:
        claim = f"no plan for these prices and rules costs less by more than {cents:,} {currency}"
    else:
        claim = "no plan for these prices and rules costs less"
    gap = f"{float(proof['gap']):.0e}" if Decimal(proof["gap"]) else "0"
    bound, prices = (
        Decimal(number).quantize(Decimal("0.01"), ROUND_FLOOR)
        for number in (proof["bound"], proof["prices"]["bound"])
    )
    needed, asked = len(proof["prices"]["cuts"]), proof["prices"]["cuts_found"]
    users, inside = document["summary"]["users"], proof["users_in_core"]
    core = f"the solver decided {inside:,} of {count(users, 'user')} together"
    others = ", the others do what is cheapest for each" if inside < users else ""
    return fill(
        f"proof: {claim} (lower bound {bound:,}, gap {gap}, {printable(proof['solver'])}; {core}{others}). "
        "The plan was then replayed day by day, and its bill added up again. "
        f"Certificate: the prices in plan.json show, also without the solver, that no plan costs less than "
        f"{prices:,} ({needed:,} of {count(asked, 'set')} of prices needed)."
    )
