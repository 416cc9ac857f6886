"""A workbook under construction: styles by name, cells by kind, tables with headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from math import ceil
from typing import Any, TypeAlias

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from flexopt.base.errors import FlexoptError
from flexopt.base.money import Currency
from flexopt.exports.words import ENGLISH, Words
from flexopt.store.plan import PlanDocument
from flexopt.store.table_csv import harmless

LONGEST = 32_767
"""UTF-16 code units that a cell can hold."""

ROWS = 1_048_000
"""Rows of a table that a sheet can hold, with some left for the lines around it."""

UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Not allowed in a cell: control characters except tab and line feed, and lone surrogates."""

INK, ACCENT, PALE, LINE, INPUT = "#1F2933", "#1F4E79", "#EAF0F6", "#B8C4D0", "#FFF8DC"

FONT = {"font_name": "Arial", "font_size": 10, "font_scheme": "none"}
"""Every system has a font of this width; it is named directly, not through a theme."""

STYLES: dict[str, dict[str, Any]] = {
    "text": {"align": "left", "indent": 1},
    "wrap": {"align": "left", "indent": 1, "text_wrap": True},
    "count": {"num_format": "#,##0"},
    "some": {"num_format": '#,##0;-#,##0;""'},
    "quantity": {"num_format": "#,##0.0"},
    "percent": {"num_format": "0.0 %"},
    "gap": {"num_format": "0.0000 %"},
    "title": {"bold": True, "font_size": 17, "font_color": ACCENT},
    "headline": {"font_size": 12, "text_wrap": True},
    "note": {"italic": True, "font_color": "#5B6875", "text_wrap": True},
    "section": {"bold": True, "font_size": 12, "font_color": ACCENT},
    "header": {
        "bold": True,
        "bg_color": ACCENT,
        "font_color": "#FFFFFF",
        "text_wrap": True,
        "valign": "vcenter",
        "indent": 1,
    },
    "right": {"align": "right", "indent": 0},
    "total": {"bold": True, "top": 1, "bg_color": PALE},
    "input": {"font_color": "#0000FF", "bg_color": INPUT, "border": 1, "border_color": LINE},
    "quoted": {"quote_prefix": True},
}
"""Formats by name; a style combines one or more of them: `money total`."""

NUMBERS = {"count", "some", "quantity", "money", "price", "percent", "gap"}
WRAPPED = {"wrap", "note", "header", "headline"}
TALL = {"title": 30, "headline": 19, "section": 22}

WIDEST = 45
"""Characters of the widest column of words: enough for most emails."""

LINE_HEIGHT, TALLEST = 15, 405
"""Points: the height of a line, and the maximum height of a row."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and its value, for programs that do not calculate."""

    text: str
    value: Decimal | int | float | str


Cell: TypeAlias = Formula | Decimal | int | date | str | None


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a table: heading, style of its cells, and width in characters."""

    title: str
    style: str = "text"
    width: float = 12


def clean(text: str) -> str:
    """The text, limited to what a cell can hold."""
    text = UNSHOWN.sub("\N{REPLACEMENT CHARACTER}", text)
    if len(text) * 2 <= LONGEST or len(data := text.encode("utf-16-le")) <= 2 * LONGEST:
        return text
    return data[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore") + "…"


def _is_whole(value: Cell) -> bool:
    number = value.value if isinstance(value, Formula) else value
    return isinstance(number, Decimal | int) and number == int(number)


def cell(row: int, column: int, sheet: str = "") -> str:
    """`$F$7`, or `Seats!$F$7`."""
    place: str = xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)
    return f"{sheet}!{place}" if sheet else place


def cells(first: int, last: int, column: int, sheet: str = "") -> str:
    """`$F$7:$F$9`: rows of one column."""
    place: str = xl_range_abs(first, column, last, column)
    return f"{sheet}!{place}" if sheet else place


def total_of(
    values: Iterable[Decimal | int], first: int, column: int, count: int, *, digits: int = 0
) -> Formula:
    """The sum of `count` rows of a column, rounded because sums of binary fractions are not exact."""
    value = sum(values, Decimal(0))
    return Formula(
        f"=ROUND(SUM({cells(first, first + count - 1, column)}),{digits})" if count else "=0", value
    )


class Sheet:
    """A sheet written from the top; `row` is the next free row."""

    def __init__(self, book: Book, name: str, *, landscape: bool = True) -> None:
        self.book, self.name, self.row = book, name, 0
        self.money = book.money
        self.sheet = book.workbook.add_worksheet(name)
        self.wide = 0
        self.widths: dict[int, float] = {}
        self.wrapped: list[tuple[int, int, int, str]] = []
        self.sheet.set_paper(9)
        self.sheet.set_margins(left=0.5, right=0.5, top=0.8, bottom=0.7)
        if landscape:
            self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_header(f"&L&9{book.heading}&R&9&A")
        self.sheet.set_footer(f"&L&9{book.made_by}&R&9Page &P of &N")
        self.sheet.hide_gridlines(2)

    def put(self, row: int, column: int, value: Cell, style: str = "text", *, across: int = 0) -> None:
        """One cell, merged across `across` more columns. Text is written as text, whatever it looks like."""
        self.wide = max(self.wide, column + across)
        if across:
            self.sheet.merge_range(row, column, row, column + across, "", self.book.style(style))
        kind = style.partition(" ")[0]
        if kind == "quantity" and _is_whole(value):
            style = f"count{style.removeprefix(kind)}"
        look = self.book.style(style)
        if isinstance(value, Formula):
            shown = value.value if isinstance(value.value, str) else float(value.value)
            self.sheet.write_formula(row, column, value.text, look, shown)
        elif value is None or value == "":
            self.sheet.write_blank(row, column, None, look)
        elif kind in NUMBERS:
            self.sheet.write_number(row, column, float(str(value)), look)
        elif isinstance(value, date) and value.year >= 1900:
            self.sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), look)
        else:
            text = clean(str(value))
            if kind in WRAPPED:
                self.wrapped.append((row, column, across, text))
            look = look if harmless(text) == text else self.book.style(f"{style} quoted")
            self.sheet.write_string(row, column, text, look)

    def line(self, value: Cell, style: str = "text", *, across: int = 0) -> None:
        """A line of text."""
        self.put(self.row, 0, value, style, across=across)
        if style in TALL:
            self.sheet.set_row(self.row, TALL[style])
        self.row += 1

    def heading(self, title: str, note: str, across: int) -> None:
        """The first lines of a sheet: its title and a note, merged across `across` more columns."""
        self.line(title, "title", across=across)
        self.line(note, "note", across=across)
        self.gap()

    def table(
        self,
        columns: Sequence[SheetColumn],
        rows: Sequence[Sequence[Cell]],
        total: Sequence[Cell] = (),
        *,
        title: str = "",
        looks: Mapping[tuple[int, int], str] | None = None,
    ) -> int:
        """Title, header, rows and a line of totals; returns the sheet row of the first of `rows`.

        `looks` has the styles of cells of `rows` that differ from their column.
        """
        if self.row + len(rows) > self.book.most_rows:
            raise FlexoptError(
                f"a sheet has at most {self.book.most_rows:,} rows, but `{self.name}` needs {len(rows):,}",
                "export to .csv, or leave people out with --no-people",
            )
        if title:
            self.line(title, "section")
        for number, column in enumerate(columns):
            kind, _, more = column.style.partition(" ")
            flush = " right" if kind in NUMBERS or more == "right" else ""
            self.put(self.row, number, column.title, f"header{flush}")
            content = max((len(str(row[number] or "")) for row in rows), default=0) if kind == "text" else 0
            width = max(column.width, min(content + 3, WIDEST))
            self.widths[number] = max(self.widths.get(number, 0), width)
        first = self.row + 1
        for number, row in enumerate(rows):
            for place, (value, column) in enumerate(zip(row, columns, strict=True)):
                look = column.style if looks is None else looks.get((number, place), column.style)
                self.put(first + number, place, value, look)
        self.row = first + len(rows)
        if total:
            for place, (value, column) in enumerate(zip(total, columns, strict=True)):
                self.put(
                    self.row,
                    place,
                    value,
                    "text total" if isinstance(value, str) else f"{column.style} total",
                )
            self.row += 1
        return first

    def gap(self) -> None:
        """An empty line."""
        self.row += 1

    def filtered(self, first: int, count: int, columns: int) -> None:
        """Keep the header of the first table in view, with filters, and print it on every page."""
        self.sheet.freeze_panes(first, 1)
        self.sheet.autofilter(first - 1, 0, first - 1 + count, columns - 1)
        self.sheet.repeat_rows(first - 1)

    def done(self) -> None:
        """Set widths, heights and the print area once everything is written."""
        for column, width in self.widths.items():
            self.sheet.set_column(column, column, width)
        heights: dict[int, int] = {}
        for row, column, across, text in self.wrapped:  # not every program fits heights automatically
            width = sum(self.widths.get(column + n, 8.43) for n in range(across + 1)) - 2
            lines = sum(max(1, ceil(len(line) / width)) for line in text.split("\n"))
            heights[row] = max(heights.get(row, 1), lines)
        for row, lines in heights.items():
            if lines > 1:
                self.sheet.set_row(row, min(lines * LINE_HEIGHT + 1, TALLEST))
        self.sheet.print_area(0, 0, max(self.row - 1, 0), self.wide)
        # a user called 4711 is meant to be text
        self.sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


def _of_money(money: Currency) -> dict[str, dict[str, Any]]:
    """The formats of amounts, and of prices with four digits more."""
    amount = "#,##0" + "." * bool(money.digits) + "0" * money.digits
    price = "#,##0." + "0" * money.digits + "####"
    return {"money": {"num_format": amount}, "price": {"num_format": price}}


def _of_dates(written: str) -> dict[str, dict[str, Any]]:
    return {"date": {"num_format": written, "align": "left", "indent": 1}}


class Book:
    """The workbook of a document."""

    def __init__(self, document: PlanDocument, words: Words = ENGLISH, most_rows: int = ROWS) -> None:
        self.words, self.most_rows, self.money = words, most_rows, Currency(document.currency)
        self.styles = STYLES | _of_money(self.money) | _of_dates(words.date_in_excel)
        self.stream = BytesIO()
        self.workbook = Workbook(
            self.stream,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "default_format_properties": dict(FONT),  # a copy, since the library adds to it
            },
        )
        name = " ".join(clean(document.name).split())[:80] or "Plan"
        # no clock: the same plan gives the same bytes
        self.workbook.set_properties({"title": name, "created": datetime(2000, 1, 1)})
        self.workbook.set_calc_mode("auto")
        self.heading = f"{name}, {document.currency}".replace("&", "&&")
        self.made_by = f"flexopt {clean(document.flexopt)[:20]}".replace("&", "&&")
        self.style = cache(self._style)
        self.sheets: list[Sheet] = []

    def _style(self, names: str) -> Any:
        look: dict[str, Any] = {"valign": "top", "font_color": INK}
        for name in names.split():
            look |= self.styles[name]
        return self.workbook.add_format(look)

    def add(self, name: str, *, landscape: bool = True) -> Sheet:
        """A new sheet, after the others."""
        self.sheets.append(Sheet(self, name, landscape=landscape))
        return self.sheets[-1]

    def finished(self) -> bytes:
        """The bytes of the file."""
        for sheet in self.sheets:
            sheet.done()
        self.workbook.close()
        return self.stream.getvalue()
