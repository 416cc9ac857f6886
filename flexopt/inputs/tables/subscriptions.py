"""Subscriptions exports: seats owned today, and until when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Literal

from flexopt.base.findings import Severity, did_you_mean
from flexopt.inputs.scenario.folder import Place, ScenarioFolder
from flexopt.inputs.scenario.scenario import Holding, Scenario, normal
from flexopt.inputs.tables.delimited import DelimitedRow, DelimitedTable, read_table
from flexopt.inputs.tables.people_and_access import names_of

COLUMNS = (
    "subscription_id",
    "offering_name",
    "seat_quantity",
    "start_date",
    "end_date",
    "term",
    "subscription_status",
)
ALSO = {
    "subscription_id": ("subscription", "subscription_number", "subscription_no"),
    "offering_name": ("offering", "product_name", "product", "offer", "name"),
    "seat_quantity": ("quantity", "seats", "number_of_seats", "seat_count", "qty"),
    "start_date": ("start", "starts", "from"),
    "end_date": ("end", "ends", "expiration_date", "expiry_date", "expires", "to"),
    "term": ("subscription_term", "term_length", "contract_term", "billing_term"),
    "subscription_status": ("status", "state"),
}
"""Names of the columns in other exports."""
REQUIRED = ("offering_name", "seat_quantity", "end_date")
ACTIVE = ("", "active")
TERM = re.compile(r"([0-9]{1,3})[\s-]*(year|yr|month|mo)s?")
WORDS = {"annual": 12, "annually": 12, "yearly": 12, "year": 12, "monthly": 1, "month": 1, "quarterly": 3}
SLASHED = re.compile(r"([0-9]{1,2})[/.]([0-9]{1,2})[/.]([0-9]{4})")
MOST = 10_000_000

DateOrder = Literal["dmy", "mdy"]

_REPAIRS: dict[str, tuple[str, Severity, str]] = {
    "10": ("seat_quantity", "error", "write a whole number, 1 or more"),
    "13": ("subscription_status", "info", "only active subscriptions are seats you own"),
    "16": ("start_date", "warning", "only seats owned on the first day of the horizon count"),
    "17": ("end_date", "info", "nothing to do if it was not renewed; otherwise export again"),
    "18": ("subscription_id", "warning", "name only the newest export"),
}
"""For findings about a single cell: its column, the severity and the hint."""


def read_subscriptions(
    folder: ScenarioFolder, files: Sequence[tuple[str, Place]], scenario: Scenario
) -> tuple[Holding, ...]:
    """Holdings from the active rows that match an offer; findings T3xx."""
    holdings: list[Holding] = []
    seen: dict[tuple[str, ...], str] = {}
    offers = names_of(scenario)[1]
    for name, place in files:
        table = read_table(
            folder,
            name,
            place,
            "T3",
            known=COLUMNS,
            required=REQUIRED,
            exports=True,
            wanted={"subscriptions"},
            also=ALSO,
        )
        order = _order(table, scenario)
        for row in table.rows:
            holding = _holding(table, row, scenario, offers, order)
            if holding is None:
                continue
            key = (row["subscription_id"], holding.offer, str(holding.ends), str(holding.quantity))
            if row["subscription_id"] and key in seen:
                _say(table, row, "18", f"the subscription also appears in {seen[key]}; it is counted once")
                continue
            seen[key] = f"{table.file}:{row.number}"
            holdings.append(holding)
        table.report(folder.findings)
    return tuple(holdings)


def _say(table: DelimitedTable, row: DelimitedRow, number: str, message: str) -> None:
    column, severity, hint = _REPAIRS[number]
    table.add(number, message, hint, row=row, column=column, severity=severity)


def _holding(
    table: DelimitedTable,
    row: DelimitedRow,
    scenario: Scenario,
    offers: dict[str, list[str]],
    order: DateOrder | None,
) -> Holding | None:
    status = row["subscription_status"]
    if status.casefold() not in ACTIVE:
        _say(table, row, "13", f"the status is `{status[:60]}`; left out")
        return None
    quantity = row["seat_quantity"]
    if not re.fullmatch(r"[0-9]{1,8}", quantity, re.ASCII) or not 1 <= int(quantity) <= MOST:
        _say(table, row, "10", f'"{quantity[:60]}" is not a number of seats')
        return None
    ends, starts = _day(table, row, "end_date", order), _day(table, row, "start_date", order)
    offer = _offer(table, row, scenario, offers)
    if ends is None or offer is None:
        return None
    horizon = scenario.horizon
    if ends < horizon.start:
        _say(table, row, "17", f"the subscription ended on {ends}, before the horizon; left out")
        return None
    if starts is not None and starts > horizon.start:
        _say(
            table, row, "16", f"the subscription starts on {starts}, after the start of the horizon; left out"
        )
        return None
    return Holding(offer=offer, quantity=int(quantity), ends=ends)


def _offer(
    table: DelimitedTable, row: DelimitedRow, scenario: Scenario, offers: dict[str, list[str]]
) -> str | None:
    """The offer named in a row, by id or alias; its term decides between offers that share an alias."""
    name, term = row["offering_name"], row["term"]
    months = _months(term)
    matches = offers.get(normal(name), [])
    terms = scenario.offer_by_id
    same = [m for m in matches if months is None or terms[m].term_months == months]
    if len(same) == 1:
        return same[0]
    if not matches:
        known = [n for o in scenario.offers for n in (o.id, *o.aliases)]
        table.add(
            "14",
            f'"{name[:60]}" is not an offer of the scenario; its seats are left out',
            did_you_mean(name, known, "add the name to the `aliases` of an offer"),
            row=row,
            column="offering_name",
            value=name,
            severity="warning",
        )
        return None
    listed = ", ".join(f"{m} ({terms[m].term_months} months)" for m in matches)
    alone = len(matches) == 1
    table.add(
        "15",
        f'the term "{term[:60]}" does not match {listed}; counted as that offer'
        if alone
        else f'the term "{term[:60]}" does not decide between {listed}; its seats are left out',
        "add an offer with this term and the same alias" + ("" if alone else ", or correct the term"),
        row=row,
        column="term",
        value=f"{name}: {term}",
        severity="warning",
    )
    return matches[0] if alone else None


def _months(term: str) -> int | None:
    text = term.strip().casefold()
    if match := TERM.fullmatch(text):
        return int(match[1]) * (12 if match[2].startswith("y") else 1)
    return WORDS.get(text)


def _order(table: DelimitedTable, scenario: Scenario) -> DateOrder | None:
    """The order of a file's dates with slashes: taken from its dates, otherwise from the scenario."""
    pairs = [m for r in table.rows for c in ("start_date", "end_date") if (m := SLASHED.fullmatch(r[c]))]
    dmy = any(int(m[1]) > 12 for m in pairs)
    mdy = any(int(m[2]) > 12 for m in pairs)
    if dmy != mdy:
        return "dmy" if dmy else "mdy"
    said = scenario.usage.dates
    return said if said in ("dmy", "mdy") and not dmy else None


def _day(table: DelimitedTable, row: DelimitedRow, column: str, order: DateOrder | None) -> date | None:
    match = SLASHED.fullmatch(row[column])
    if match is None:
        return table.day(row, column, "11")
    if order is None:
        table.add(
            "12",
            f'"{row[column]}" is ambiguous: day or month may come first',
            "write dates as 2026-04-01, or set `usage: {dates: dmy}` (or `mdy`)",
            row=row,
            column=column,
        )
        return None
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    day, month = (first, second) if order == "dmy" else (second, first)
    try:
        return date(year, month, day)
    except ValueError:
        table.add(
            "11",
            f'"{row[column]}" is not a date',
            "write dates as 2026-04-01",
            row=row,
            column=column,
        )
        return None
