"""The summary of a plan, in the order of a report: headline, cost, comparison, who, proof, coverage."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flexopt.exports.text import money, printable, text_table

__all__ = ["BASELINE_NAMES", "summary_json", "summary_text"]

Document = Mapping[str, Any]

BASELINE_NAMES = {
    "today": "today's access",
    "all_named": "all named",
    "all_flex": "all Flex",
    "break_even_rule": "break-even rule at list price",
}


def summary_json(document: Document) -> dict[str, Any]:
    """summary.json: what a program wants of a plan without its rows."""
    names = ("name", "currency", "horizon", "status", "total", "summary", "baselines", "proof")
    return {"schema": "flexopt.summary/1", **{name: document[name] for name in names}}


def headline(document: Document) -> str:
    """One sentence: what it costs and what it saves against the first baseline that is known."""
    total, currency = document["total"], document["currency"]
    for name, words in BASELINE_NAMES.items():
        baseline = document["baselines"].get(name)
        if baseline and baseline["saving"] is not None and Decimal(baseline["total"]) > 0:
            percent = -Decimal(baseline["saving"]) / Decimal(baseline["total"]) * 100
            return (
                f"{money(total)} {currency}: saves {money(baseline['saving'])} {currency} against {words} "
                f"({percent:+.1f} %)"
            )
    return f"{money(total)} {currency}"


def summary_text(document: Document) -> str:
    """The summary for a terminal."""
    s, horizon = document["summary"], document["horizon"]
    parts = [
        printable(document["name"] or "Plan") + f", {horizon['start']} to {horizon['end']}",
        headline(document),
        _cost(document),
        _comparison(document),
        f"{s['users']:,} users: {s['users_named_only']:,} on seats, {s['users_flex_only']:,} on Flex, "
        f"{s['users_both']:,} on both",
        _seats(document),
        _purchases(document),
        _proof(document),
        _coverage(document),
    ]
    return "\n\n".join(part for part in parts if part)


def _cost(document: Document) -> str:
    s = document["summary"]
    rows = [
        [f"seats ({s['seats_bought']:,} bought, {s['seats_owned']:,} owned)", money(s["seats"])],
        [f"token packs ({s['tokens_bought']:,} tokens)", money(s["tokens"])],
        ["total", money(document["total"])],
        ["whole terms of the seats, and packs", money(s["commitment"])],
    ]
    return text_table([f"cost, {document['currency']}", "in the horizon"], rows)


def _comparison(document: Document) -> str:
    rows = []
    for name, words in BASELINE_NAMES.items():
        if (baseline := document["baselines"].get(name)) is None:
            continue
        saving = baseline["saving"]
        share = (
            f"{Decimal(saving) / Decimal(baseline['total']) * 100:.1f} %"
            if saving is not None and Decimal(baseline["total"])
            else "-"
        )
        rows.append([words, money(baseline["total"]), money(saving), share, baseline["note"]])
    if not any(row[-1] for row in rows):
        rows = [row[:-1] for row in rows]
        return text_table(["against", "costs", "saved", "saved"], rows)
    return text_table(["against", "costs", "saved", "saved", ""], rows)


def _seats(document: Document) -> str:
    rows = [
        [
            row["offer"],
            row["contract_start"],
            row["contract_end"],
            f"{row['owned'] + row['renewed'] + row['new']:,}",
            "owned" if row["owned"] else "renewal" if row["renewed"] else "new",
            money(row["unit_price"]),
            money(row["cost"]),
        ]
        for row in document["seats"]
    ]
    header = ["seats", "from", "until", "number", "", "each", "cost"]
    return text_table(header, rows) if rows else "no seats"


def _purchases(document: Document) -> str:
    rows = [
        [
            p["date"],
            f"{p['tokens']:,}",
            f"{p['tier_from']:,}",
            p["unit_price"],
            money(p["cost"]),
            p["expires"],
        ]
        for p in document["purchases"]
    ]
    s = document["summary"]
    if not rows:
        return "no token packs to buy"
    effective = s["effective_token_price"]
    used = f"{Decimal(s['tokens_used']):,} tokens used by the forecast"
    price = f"; {effective} {document['currency']} paid per token used" if effective else ""
    header = ["buy on", "tokens", "tier from", "each", "cost", "expires"]
    return text_table(header, rows) + f"\n{used}{price}"


def _proof(document: Document) -> str:
    proof = document["proof"]
    gap = Decimal(proof["gap"])
    if document["status"] == "optimal":
        claim = "proven optimal" if gap == 0 else f"proven within {float(gap):.1e} of the optimum"
        claim += f" (asked: {float(proof['gap_asked']):.0e})"
    else:
        claim = f"NOT proven optimal: the time limit came first; at most {float(gap):.2%} too dear"
    return (
        f"proof: {claim}; no plan costs less than {money(proof['bound'])} {document['currency']}\n"
        f"       {proof['solver']}; audited day by day, bill re-added to the cent"
    )


def _coverage(document: Document) -> str:
    c = document["coverage"]
    users = f"{c['users_in_usage']:,} users, {c['users_planned']:,} planned"
    text = f"coverage: {c['rows_read']:,} rows read, {users}"
    if c["days_left_out"]:
        text += f"; {c['days_left_out']:,} days left out, listed in plan.json"
    warnings = sum(f["severity"] == "warning" for f in document["findings"])
    return text + (f"; {warnings} warnings" if warnings else "")
