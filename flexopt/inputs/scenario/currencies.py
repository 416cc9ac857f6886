"""Prices of a base in another currency: an error, or converted at a rate that the scenario states."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from flexopt.base.findings import Findings
from flexopt.base.money import Currency
from flexopt.base.text import count
from flexopt.inputs.scenario.extends import Resolved
from flexopt.inputs.scenario.yaml import KeyPath

_PER_TOKEN = frozenset({"price", "unit_price"})
_MONEY = frozenset({"new", "renewal", "amount"}) | _PER_TOKEN


def settle_currencies(resolved: Resolved, findings: Findings) -> None:
    """Convert prices from files with another currency, or refuse them (S175).

    The source of a converted price says what it was, and at which rate it was converted.
    """
    own = resolved.data.get("currency")
    foreign: dict[str, list[tuple[KeyPath, dict[str, Any], str]]] = {}
    for path, entry, key in _amounts(resolved.data, ()):
        file = resolved.place((*path, key))[0]
        currency = resolved.currencies.get(file)
        if currency not in (None, own):
            foreign.setdefault(str(currency), []).append((path, entry, key))
    rates = dict(_rates(resolved.data.get("exchange")))
    for currency in sorted(foreign):
        amounts = foreign[currency]
        if currency in rates:
            _convert(amounts, Currency(str(own)), currency, rates[currency])
            continue
        first = resolved.place((*amounts[0][0], amounts[0][2]))
        file, row, _ = resolved.place(("currency",))
        findings.add(
            "S175",
            f"{count(len(amounts), 'price')} of `{first[0].rpartition('/')[2]}` in {currency}, "
            f"and the scenario is in {own}; the first is `{first[2]}`",
            file=file,
            row=row,
            column="currency",
            value=own,
            hint=f"give the scenario prices in {own}, or state a rate: "
            f"`exchange: [{{currency: {currency}, rate: 0.92, source: ...}}]` ({own} for one {currency})",
        )
    for unused in sorted(rates.keys() - foreign.keys()):
        file, row, column = resolved.place(("exchange",))
        findings.add(
            "S176",
            f"the rate of {unused} is not used: no price comes from a file in {unused}",
            file=file,
            row=row,
            column=column,
            severity="warning",
            value=unused,
            hint=f"delete it, or write `currency: {unused}` into the file with the prices",
        )


def _amounts(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, dict[str, Any], str]]:
    """Every amount of money: the path of its entry, the entry, the key."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _MONEY and isinstance(inner, (int, Decimal)) and not isinstance(inner, bool):
                yield path, value, key
            else:
                yield from _amounts(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _amounts(inner, (*path, index))


def _rates(stated: Any) -> Iterator[tuple[str, tuple[Decimal, str, bool]]]:
    """The rates; the schema reports what is wrong with others."""
    for entry in stated if isinstance(stated, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("currency"), str):
            rate, source = entry.get("rate"), entry.get("source", "")
            if isinstance(rate, (int, Decimal)) and rate > 0 and isinstance(source, str):
                yield entry["currency"], (Decimal(rate), source, entry.get("estimate") is True)


def _convert(
    amounts: list[tuple[KeyPath, dict[str, Any], str]],
    own: Currency,
    currency: str,
    rate: tuple[Decimal, str, bool],
) -> None:
    """Multiply, round, and note it in `source`, which is shown beside the price.

    Amounts are rounded to the minor unit, prices per token to two digits more.
    """
    factor, source, is_estimate = rate
    entries = {path: entry for path, entry, _ in amounts}
    for path, entry in entries.items():
        keys = [key for at, _, key in amounts if at == path]
        was = " / ".join(f"{Decimal(entry[key]):f}" for key in keys)
        for key in keys:
            exact = Decimal(entry[key]) * factor
            entry[key] = own.round_price(exact) if key in _PER_TOKEN else own.round(exact)
        if path[-2:-1] in (("prices",), ("tiers",)):
            noted = f"{currency} {was} x {factor:f}" + (f" ({source})" if source else "")
            entry |= {"estimate": True} if is_estimate else {}
            before = entry.get("source")
            entry["source"] = f"{before}, {noted}" if isinstance(before, str) and before else noted
