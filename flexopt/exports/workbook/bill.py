"""The bill: seats, purchases and the pool, calculated from the prices on the sheet Assumptions.

Formulas round like the bill, half a cent up, seat by seat. They calculate in whole cents (tokens in smaller
units), so that no binary fraction distorts the rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from flexopt.base.dates import overlap_days
from flexopt.base.money import Currency
from flexopt.exports.report.assumed import tiers_in_force
from flexopt.exports.workbook.book import Cell, Formula, Sheet, SheetColumn, cell, total_of
from flexopt.exports.workbook.charts import chart_of_pool
from flexopt.exports.workbook.prices import PlanPrices
from flexopt.store.plan import PlanDocument
from flexopt.store.tables import TABLES

COUNTS = ("owned", "renewed", "new", "added")

EXACT = 2**53
"""Whole numbers up to this one are exact in a cell."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The cells of a sheet's totals, for use by other sheets."""

    cost: str
    commitment: str
    rows: tuple[str, ...]
    """The cost of each row of the plan's table."""


def write_seats(sheet: Sheet, document: PlanDocument, prices: PlanPrices, cell_of: Sequence[str]) -> Totals:
    """The sheet Seats; `cell_of` has the cell of each price."""
    columns = [
        SheetColumn("Offer", "text", 24),
        SheetColumn("From", "date", 12),
        SheetColumn("Until (first day without the seat)", "date", 13),
        SheetColumn("Owned", "count", 9),
        SheetColumn("Renewed", "count", 9),
        SheetColumn("New", "count", 9),
        SheetColumn("Added", "count", 9),
        SheetColumn("Price per seat, whole term", "money", 14),
        SheetColumn("Days within the horizon", "count", 11),
        SheetColumn("Days of the term", "count", 10),
        SheetColumn("Cost per seat within the horizon", "money", 14),
        SheetColumn("Cost", "money", 15),
        SheetColumn("Commitment, whole terms", "money", 15),
        SheetColumn("Assigned", "count", 10),
        SheetColumn("Counted in full, as the user leaves", "count", 13),
        SheetColumn("Subscription", "text", 18),
    ]
    start, end = document.horizon.start, document.horizon.end
    money, places, whole = sheet.money, sheet.money.digits, 10**sheet.money.digits
    rows: list[list[Cell]] = []
    for number, (seat, price) in enumerate(zip(document.seats, prices.of_seats, strict=True)):
        r = 1 + number
        begins, ends = seat.contract_start, seat.contract_end
        inside, term = overlap_days(begins, ends, start, end), (ends - begins).days
        unit, full = seat.unit_price, seat.in_full
        bought = seat.renewed + seat.new + seat.added
        numbers = f"({cell(r, 4)}+{cell(r, 5)}+{cell(r, 6)})"
        each = money.round(Fraction(unit) * Fraction(inside, term)) if price is not None else money.zero
        shares = f"{cell(r, 10)}*({numbers}-{cell(r, 14)})+ROUND({cell(r, 7)},{places})*{cell(r, 14)}"
        rows.append(
            [
                seat.offer,
                seat.contract_start,
                seat.contract_end,
                *(getattr(seat, kind) for kind in COUNTS),
                Formula(f"={cell_of[price]}", unit) if price is not None else unit,
                inside,
                term,
                Formula(f"=ROUND(ROUND({cell(r, 7)}*{whole},0)*{cell(r, 8)}/{cell(r, 9)},0)/{whole}", each),
                Formula(f"=ROUND({shares},{places})", each * (bought - full) + unit * full),
                Formula(f"=ROUND(ROUND({cell(r, 7)},{places})*{numbers},{places})", unit * bought),
                seat.assigned,
                full,
                seat.subscription_id,
            ]
        )
    count, seats = len(rows), document.seats
    total: list[Cell] = ["Total", "", ""]
    total += [total_of((getattr(s, kind) for s in seats), 1, 3 + n, count) for n, kind in enumerate(COUNTS)]
    total += ["", "", "", ""]
    total += [
        total_of((getattr(s, key) for s in seats), 1, 11 + n, count, digits=places)
        for n, key in enumerate(("cost", "commitment"))
    ]
    total += [
        total_of((getattr(s, key) for s in seats), 1, 13 + n, count)
        for n, key in enumerate(("assigned", "in_full"))
    ]
    total.append("")
    sheet.table(columns, rows, total)
    sheet.filtered(1, count, len(columns))
    cost, commitment = (cell(1 + count, column, "Seats") for column in (11, 12))
    return Totals(cost, commitment, tuple(cell(1 + n, 11, "Seats") for n in range(count)))


def write_purchases(
    sheet: Sheet, document: PlanDocument, prices: PlanPrices, cell_of: Sequence[str]
) -> Totals:
    """The sheet Purchases."""
    columns = [
        SheetColumn("Buy on", "date", 13),
        SheetColumn("Tokens", "count", 12),
        SheetColumn("Tier: price for purchases from (tokens)", "count", 17),
        SheetColumn("Price per token", "price", 14),
        SheetColumn("Cost", "money", 16),
        SheetColumn("Expires (first day without)", "date", 16),
    ]
    rows: list[list[Cell]] = []
    for number, pack in enumerate(document.purchases):
        r, unit, day = 1 + number, pack.unit_price, pack.date
        rows.append(
            [
                pack.date,
                pack.tokens,
                pack.tier_from,
                Formula(
                    f"={cell_of[prices.of_tier[tiers_in_force(document.scenario, day), pack.tier_from]]}",
                    unit,
                ),
                Formula(
                    _cost(sheet.money, (cell(r, 3), unit), (cell(r, 1), pack.tokens)),
                    pack.cost,
                ),
                pack.expires,
            ]
        )
    count, packs = len(rows), document.purchases
    tokens = total_of((p.tokens for p in packs), 1, 1, count)
    cost_total = total_of((p.cost for p in packs), 1, 4, count, digits=sheet.money.digits)
    sheet.table(columns, rows, ["Total", tokens, "", "", cost_total, ""])
    sheet.filtered(1, count, len(columns))
    place = cell(1 + count, 4, "Purchases")
    return Totals(place, place, tuple(cell(1 + n, 4, "Purchases") for n in range(count)))


def _cost(money: Currency, price: tuple[str, Decimal], tokens: tuple[str, int]) -> str:
    """Price times tokens, half a unit up: in whole units of the price's last place if these are exact.

    Both are given as their cell and what is in it.
    """
    places, digits = max(6, -int(price[1].as_tuple().exponent)), money.digits
    if price[1].scaleb(places) * tokens[1] > EXACT:
        return f"=ROUND({price[0]}*{tokens[0]},{digits})"
    last, unit = 10**places, 10 ** (places - digits)
    return f"=ROUND(ROUND({price[0]}*{last},0)*{tokens[0]}/{unit},0)/{10**digits}"


def write_ledger(sheet: Sheet, document: PlanDocument) -> None:
    """The sheet Ledger: the pool, period by period."""
    columns = [
        SheetColumn("From", "date", 12),
        SheetColumn("Until (first day after)", "date", 13),
        *(
            SheetColumn(title, "quantity", 14)
            for title in (
                "Opening",
                "Bought",
                "Used",
                "Expired",
                "Closing",
                "Buffer",
                "Opening, buffer used",
                "Expired, buffer used",
                "Closing, buffer used",
            )
        ),
    ]
    names = tuple(TABLES["ledger"])[2:]
    ledger = document.ledger
    rows: list[list[Cell]] = [
        [p.period_start, p.period_end, *(getattr(p, name) for name in names)] for p in ledger
    ]
    sums: list[Cell] = [
        ""
        if name.startswith(("opening", "closing"))
        else total_of((getattr(p, name) for p in ledger), 1, 2 + n, len(rows), digits=6)
        for n, name in enumerate(names)
    ]
    sheet.table(columns, rows, ["Total", "", *sums])
    sheet.filtered(1, len(rows), len(columns))
    chart_of_pool(sheet, sheet.row + 1, 0, ledger)
    sheet.row += 18
