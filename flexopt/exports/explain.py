"""An explanation as text: of a plan as a whole, or of one user's access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flexopt.base.money import Currency
from flexopt.base.text import count, fill, money, printable, text_table


def explain_user_text(found: Mapping[str, Any], currency: str) -> str:
    """One user's access, with both alternatives priced; `found` as `--format json` prints it."""
    rows = found["assignment"]
    group = f", group {printable(rows[0]['group'])}" if rows and rows[0]["group"] else ""
    lines = [printable(found["user"]) + group]
    for row in rows:
        how = (
            f"{_offer(row['offer'], found)}, {row['contract_start']} to {row['contract_end']}"
            if row["offer"]
            else "Flex"
        )
        lines += [
            "",
            f"{printable(row['product'])}: {how}",
            fill(
                f"{_days(row['days'])}; {_costs(row['seat_price'], row['flex_price'], currency)}"
                + (f"; break-even {row['break_even_days']} days a year" if row["break_even_days"] else "")
                + f"; {row['segment']} user",
                "  ",
            ),
            fill(printable(row["reason"]), "  "),
        ]
    lines += [
        "\n"
        + fill(f"{printable(row['product'])}: {_days(row['days'])} left out ({printable(row['reason'])})")
        for row in found["left_out"]
    ]
    return "\n".join(lines)


def explain_text(found: Mapping[str, Any], currency: str) -> str:
    """What drives the plan: users by product and access, and the purchases; `found` as for one user."""
    table = []
    for product in found["products"]:
        days = product["break_even_days"]
        many = f"{days[0]} to {days[-1]}" if len(days) > 1 else "".join(days)
        margin = product["break_even_days_at_the_margin"] or "-"
        users = product["users_by_access"].items()
        access = sorted(users, key=lambda item: (item[0] == "Flex", -item[1], item[0]))
        listed = ", ".join(f"{n:,} {_offer(offer, found)}" for offer, n in access)
        table.append([product["product"], many or "-", margin, listed])
    packs = [
        fill(
            f"buy {p['tokens']:,} tokens on {p['date']} at {p['unit_price']} (tier from "
            f"{count(p['tier_from'], 'token')}): {money(p['cost'])} {currency}"
        )
        for p in found["purchases"]
    ]
    return "\n\n".join(
        [
            fill(found["headline"]),
            text_table(["product", "pays from", "marginal", "users by access"], table),
            fill(
                "`pays from`: days of use a year from which a seat for this product alone is cheaper than "
                "tokens at this plan's price; `marginal`: the same at the marginal price of a token. Users "
                "with seats and tokens in turn are counted under both."
            ),
            *_marginal_prices(found["marginal_token_prices"], currency),
            "\n".join(packs) or "no token packs to buy",
            "`flexopt explain PLAN USER` explains one user's access",
        ]
    )


def _marginal_prices(prices: Sequence[Mapping[str, str]], currency: str) -> Iterator[str]:
    """What one more token is worth, and when."""
    for entry in prices:
        when = f"from {entry['start']} to {entry['end']}"
        if Decimal(entry["price"]):
            price = Decimal(entry["price"])
            shown = Currency(currency).shown(price)
            yield fill(f"marginal price of a token {when}: {shown} {currency}")
        else:
            yield fill(
                f"one more token {when} would be worth nothing: it would save neither a pack nor a seat"
            )


def _costs(named: str | None, flex: str | None, currency: str) -> str:
    if flex is None:
        return f"seat {money(named)} {currency}, Flex not possible"
    return f"seat {'not possible' if named is None else money(named)}, Flex {money(flex)} {currency}"


def _days(number: str | int) -> str:
    return f"{number} day{'' if str(number) == '1' else 's'}"


def _offer(id_: str, found: Mapping[str, Any]) -> str:
    return printable(found["offers"].get(id_, id_))
