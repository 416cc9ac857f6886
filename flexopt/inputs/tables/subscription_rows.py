"""The rows of a Subscriptions export: their dates, and whether `end_date` is a day with the seats."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import PurePath
from typing import Literal

from flexopt.base.dates import add_months, month_named
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.inputs.tables.delimited import DelimitedRow, DelimitedTable
from flexopt.inputs.tables.subscription_words import Standing, is_flex, months_of, standing_of

MOST = 10_000_000
DATES = ("start_date", "end_date", "autorenew_date")

DateOrder = Literal["dmy", "mdy"]
EndRule = Literal["last_day", "first_day_without"]

_TIME = r"(?:[T ]+[0-9:.]+ ?(?:[AP]M)?(?:Z|[+-][0-9:]+)?)?"
ISO = re.compile(rf"([0-9]{{4}})[-/.]?([0-9]{{2}})[-/.]?([0-9]{{2}}){_TIME}", re.IGNORECASE)
SLASHED = re.compile(rf"([0-9]{{1,2}})([/.-])([0-9]{{1,2}})\2([0-9]{{4}}){_TIME}", re.IGNORECASE)
NAMED = re.compile(
    r"([0-9]{1,2})\.?[ -]?([^\W\d_]{3,9})\.?[ -]?([0-9]{4})|"
    r"([^\W\d_]{3,9})\.?[ -]([0-9]{1,2})(?:, ?|[ -])([0-9]{4})"
)
SHORT = re.compile(r"[0-9]{1,2}[/. -][^\W_]{1,9}[/. -][0-9]{2}")
SERIAL = re.compile(r"[34567][0-9]{4}(\.[0-9]+)?")
LATE = re.compile(r"[T ]23:5[0-9]")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A row that could be read."""

    table: DelimitedTable
    row: DelimitedRow
    id: str
    offering: str
    quantity: int
    starts: date | None
    ends: date
    """First day without the seats."""
    months: int | None
    """Of its term, if that is understood."""
    standing: Standing
    flex: bool
    """Whether it is a pack of Flex tokens; `quantity` is as in the file."""

    @property
    def file(self) -> str:
        """The file's name without its folder, for messages."""
        return PurePath(self.table.file).name


def read_rows(table: DelimitedTable, scenario: Scenario) -> list[Subscription]:
    """The rows with a quantity and an end; those not owned any more need neither."""
    order = _order(table, scenario)
    found: list[Subscription] = []
    renewals: list[date | None] = []
    for row in table.rows:
        standing = standing_of(row["subscription_status"])
        quiet = DelimitedTable("", "") if standing == "gone" else table
        quantity = _quantity(quiet, row)
        starts, ends = (_day(quiet, row, column, order) for column in DATES[:2])
        renews = _day(DelimitedTable("", ""), row, "autorenew_date", order)
        if not row["end_date"]:
            quiet.add("07", "the cell is empty", "fill in the end_date", row=row.number, column="end_date")
        if standing != "gone" and (ends is None or quantity is None):
            continue
        if starts and ends and starts > ends:
            message = f"the term starts on {starts}, after its end on {ends}; the start is ignored"
            quiet.add(
                "31", message, "correct one of the dates", row=row, column="start_date", severity="warning"
            )
            starts = None
        found.append(
            Subscription(
                table=table,
                row=row,
                id=row["subscription_id"],
                offering=row["offering_name"],
                quantity=quantity or 0,
                starts=starts,
                ends=ends or date.min,
                months=months_of(row["term"]),
                standing=standing,
                flex=is_flex(row["offering_name"]),
            )
        )
        renewals.append(renews)
    return _with_ends(found, renewals, table, scenario)


def _quantity(table: DelimitedTable, row: DelimitedRow) -> int | None:
    text = row["seat_quantity"]
    if not text:
        table.add(
            "07", "the cell is empty", "fill in the seat_quantity", row=row.number, column="seat_quantity"
        )
        return None
    number = re.sub(r"[.,]0+$", "", text) if not re.search(r"[.,]000$", text) else text
    if re.fullmatch(r"[0-9]{1,8}", number, re.ASCII) and 1 <= int(number) <= MOST:
        return int(number)
    message = f'"{text[:60]}" is not a number of seats'
    table.add("10", message, "write a whole number, 1 or more", row=row, column="seat_quantity")
    return None


def _with_ends(
    rows: list[Subscription], renewals: Sequence[date | None], table: DelimitedTable, scenario: Scenario
) -> list[Subscription]:
    """The rows with the first day without the seats as their end: T321, T322."""
    if not rows:
        return []
    shown = [_shown(sub, renews) for sub, renews in zip(rows, renewals, strict=True)]
    votes = Counter(rule for rule in shown if rule is not None)
    said = scenario.subscription_ends
    usual: EndRule = said or (
        "last_day" if votes["last_day"] > votes["first_day_without"] else "first_day_without"
    )
    other: EndRule = "first_day_without" if usual == "last_day" else "last_day"
    words = {
        "last_day": "the last day with the seats",
        "first_day_without": "the first day without the seats",
    }
    example = next((sub for sub, rule in zip(rows, shown, strict=True) if rule == usual), rows[0])
    term = f"{example.row['start_date']} to {example.row['end_date']}"
    if votes[other]:
        odd = next(sub for sub, rule in zip(rows, shown, strict=True) if rule == other)
        against = (
            f"{odd.row['start_date']} to {odd.row['end_date']} are whole terms only if it is {words[other]}"
        )
        table.add(
            "22",
            f"`end_date` is read as {words[usual]}"
            + (" as the scenario says" if said else "")
            + f", but {against}"
            + ("" if said else "; such rows are read so"),
            f"if all rows are alike, set `subscription_ends: {other if said else usual}`",
            row=odd.row,
            column="end_date",
            value="",
            severity="warning",
        )
    elif said or votes:
        why = "as the scenario says" if said else f"{term} is a whole term then"
        table.add(
            "21",
            f"`end_date` is read as {words[usual]}: {why}",
            f"if this is wrong, set `subscription_ends: {other}`",
            severity="info",
        )
    else:
        table.add(
            "21",
            "nothing in the file says whether `end_date` is the last day with the seats or the first day "
            f"without; it is read as {words[usual]}",
            f"if it is {words[other]}, set `subscription_ends: {other}`",
            severity="info",
        )
    rules = [usual if said else rule or usual for rule in shown]
    return [
        replace(sub, ends=sub.ends + timedelta(rule == "last_day")) if sub.ends > date.min else sub
        for sub, rule in zip(rows, rules, strict=True)
    ]


def _shown(sub: Subscription, renews: date | None) -> EndRule | None:
    """What a row's own dates say: its term is whole either with the end's day or without it."""
    if sub.ends == date.min:
        return None
    if LATE.search(sub.row["end_date"]):
        return "last_day"
    if sub.starts is not None:
        whole = [_is_whole(sub.starts, sub.ends + timedelta(days), sub.months) for days in (0, 1)]
        if any(whole):
            return "first_day_without" if whole[0] else "last_day"
    gap = (renews - sub.ends).days if renews else 0
    return "last_day" if gap == 1 else "first_day_without" if gap == -1 else None


def _is_whole(start: date, end: date, months: int | None) -> bool:
    """Whether the span has one or more whole terms."""
    between = (end.year - start.year) * 12 + end.month - start.month
    return between > 0 and between % (months or 1) == 0 and add_months(start, between) == end


def _order(table: DelimitedTable, scenario: Scenario) -> DateOrder | None:
    """The order of a file's dates with slashes: taken from its dates, otherwise from the scenario."""
    pairs = [m for r in table.rows for c in DATES if (m := SLASHED.fullmatch(r[c]))]
    dmy = any(int(m[1]) > 12 or m[2] == "." for m in pairs)
    mdy = any(int(m[3]) > 12 for m in pairs)
    if dmy != mdy:
        return "dmy" if dmy else "mdy"
    said = scenario.usage.dates
    return said if said in ("dmy", "mdy") and not dmy else None


def _day(table: DelimitedTable, row: DelimitedRow, column: str, order: DateOrder | None) -> date | None:
    text = row[column]
    if not text:
        return None
    hint = "write dates as 2026-04-01"
    year = month = day = 0
    if iso := ISO.fullmatch(text):
        year, month, day = int(iso[1]), int(iso[2]), int(iso[3])
    elif slashed := SLASHED.fullmatch(text):
        if order is None:
            table.add(
                "12",
                f'"{text}" is ambiguous: day or month may come first',
                f"{hint}, or set `usage: {{dates: dmy}}` (or `mdy`)",
                row=row,
                column=column,
            )
            return None
        first, second, year = int(slashed[1]), int(slashed[3]), int(slashed[4])
        day, month = (first, second) if order == "dmy" else (second, first)
    elif named := NAMED.fullmatch(text.casefold()):
        month = month_named(named[2] or named[4])
        day, year = int(named[1] or named[5]), int(named[3] or named[6])
    try:
        return date(min(year, 2999), month, day)  # 9999 is no end, and the last day that can be counted
    except ValueError:
        what = "is not a date"
        if SHORT.fullmatch(text):
            what = "has a year of two digits"
        elif SERIAL.fullmatch(text):
            day_meant = date(1899, 12, 30) + timedelta(int(float(text)))
            what, hint = (
                f"is a day counted by Excel ({day_meant})",
                "format the column as dates and export again",
            )
        table.add("11", f'"{text[:60]}" {what}', hint, row=row, column=column)
        return None
