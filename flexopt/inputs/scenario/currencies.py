"""Prices of a base in another currency: an error, or converted at a rate that the scenario states."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flexopt.base.findings import Findings
from flexopt.base.text import count
from flexopt.inputs.scenario.extends import Resolved
from flexopt.inputs.scenario.yaml import KeyPath

_MONEY = frozenset({"new", "renewal", "price", "unit_price", "amount"})
_CENT = Decimal("0.01")


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
            _convert(amounts, currency, *rates[currency])
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
    currency: str,
    rate: Decimal,
    source: str,
    is_estimate: bool,
) -> None:
    """Multiply, round to the cent, and note it in `source`, which is shown beside the price."""
    entries = {path: entry for path, entry, _ in amounts}
    for path, entry in entries.items():
        keys = [key for at, _, key in amounts if at == path]
        was = " / ".join(f"{Decimal(entry[key]):f}" for key in keys)
        for key in keys:
            entry[key] = (Decimal(entry[key]) * rate).quantize(_CENT, ROUND_HALF_UP)
        if path[-2:-1] in (("prices",), ("tiers",)):
            noted = f"{currency} {was} x {rate:f}" + (f" ({source})" if source else "")
            entry |= {"estimate": True} if is_estimate else {}
            before = entry.get("source")
            entry["source"] = f"{before}, {noted}" if isinstance(before, str) and before else noted
