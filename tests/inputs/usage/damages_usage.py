"""A good usage file and the ways to damage it, each with the code, row and column of its finding."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import xlsxwriter

HEADER = "user,product,date,tokens\n"
GOOD = HEADER + "ann,Revit,2025-03-01,10\nbob,AutoCAD,2025-03-02,7\n"
SESSIONS = "user,product,date,started_at,ended_at\n"


@dataclass(frozen=True)
class Damage:
    """One damaged file."""

    code: str
    content: bytes | Callable[[Path], None]
    """Bytes, or what makes something at the path that is no ordinary file."""
    row: int | None = None
    column: str = ""
    name: str = "usage.csv"

    def write(self, folder: Path) -> Path:
        path = folder / self.name
        if callable(self.content):
            self.content(path)
        else:
            path.write_bytes(self.content)
        return path


def text(code: str, content: str, row: int | None = None, column: str = "") -> Damage:
    return Damage(code, content.encode(), row, column)


def line(code: str, content: str, column: str = "") -> Damage:
    """A line after the good ones."""
    return Damage(code, (GOOD + content + "\n").encode(), 4, column)


def session(code: str, content: str, column: str) -> Damage:
    return text(code, SESSIONS + "bob,Revit,2025-03-01,,\n" + content + "\n", 3, column)


def json_(code: str, content: object, row: int | None = None, column: str = "") -> Damage:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Damage(code, raw, row, column, "usage.json")


def book(code: str, *sheets: list[list[object]], row: int | None = None, column: str = "") -> Damage:
    return Damage(code, workbook(*sheets), row, column, "usage.xlsx")


def workbook(*sheets: list[list[object]]) -> bytes:
    raw = io.BytesIO()
    made = xlsxwriter.Workbook(raw)
    for rows in sheets:
        sheet = made.add_worksheet()
        for place, cells in enumerate(rows):
            sheet.write_row(place, 0, cells)
    made.close()
    return raw.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    raw = io.BytesIO()
    frame.to_parquet(raw)
    return raw.getvalue()


def archive(**members: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as made:
        for name, content in members.items():
            made.writestr(name, content)
    return raw.getvalue()


COLUMNS: list[object] = ["user", "product", "date"]
ROW: list[object] = ["ann", "Revit", "2025-03-01"]
FRAME = pd.DataFrame({"user": ["ann"], "product": ["Revit"], "date": ["2025-03-01"]})
BOOK, PARQUET = workbook([COLUMNS, ROW]), parquet(FRAME)
SHEET = BOOK.index(b"xl/worksheets/sheet1.xml") + 40
BROKEN = BOOK[:SHEET] + b"\xff" * 100 + BOOK[SHEET + 100 :]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
FAR = b'<worksheet><dimension ref="A1:XFD1048576"/></worksheet>'

ENCODINGS = {
    "empty": Damage("U102", b""),
    "only the mark of UTF-8": Damage("U102", b"\xef\xbb\xbf"),
    "only the mark of UTF-16": Damage("U102", b"\xff\xfe"),
    "one line end": text("U102", "\n"),
    "blank lines only": text("U102", "\n\n  \n\t\n\r\n"),
    "only a sep= line": text("U102", "sep=;\n"),
    "header only": text("U161", HEADER, 1),
    "header and blank lines": text("U161", HEADER + "\n\n\n", 1),
    "empty gzip": Damage("U102", gzip.compress(b"")),
    "latin-1 and UTF-8": Damage(
        "U111",
        GOOD.encode() + "zoë,Revit,2025-03-03,10\n".encode("latin-1") + "zoë,Revit,2025-03-04,10\n".encode(),
        4,
    ),
    "Cyrillic": Damage("U111", (GOOD + "олег,Revit,2025-03-03,10\n").encode("cp1251"), 4),
    "Cyrillic in the header": Damage("U111", GOOD.replace("tokens", "жетоны").encode("cp1251"), 1),
    "unused bytes with CR": Damage(
        "U111", (GOOD.encode() + b"zo\x81,Revit,2025-03-03,10\n").replace(b"\n", b"\r"), 4
    ),
    "half of a character": Damage("U111", GOOD.encode() + "zoë".encode()[:-1] + b",Revit,2025-03-03,10\n", 4),
    "overlong UTF-8": Damage("U111", GOOD.encode() + b"a\xc0\xaf,Revit,2025-03-03,10\n", 4),
    "half of a pair in UTF-8": Damage("U111", GOOD.encode() + b"a\xed\xa0\x80,Revit,2025-03-03,10\n", 4),
    "half UTF-16": Damage("U113", GOOD.encode("utf-16") + GOOD.encode(), 4),
    "UTF-16 with an odd byte": Damage("U111", GOOD.encode("utf-16") + b"a"),
    "UTF-16 without its mark": Damage("U111", GOOD.encode("utf-16-le"), 1),
    "UTF-16 with half a pair": Damage("U111", b"\xff\xfe" + GOOD.encode("utf-16-le") + b"\x00\xd8a\x00", 4),
    "UTF-32": Damage("U112", GOOD.encode("utf-32"), 1),
    "NUL": text("U112", GOOD + "a\0b,Revit,2025-03-01,1\n", 4),
    "NUL in the header": text("U112", GOOD.replace("date", "da\0te"), 1),
    "zeros": Damage("U111", b"\0" * 5000, 1),
    "an image": Damage("U158", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(1, 200))),
    "a PDF": text("U158", "%PDF-1.7\n%abc\n1 0 obj\n"),
    "HTML": text("U158", "<!doctype html>\n<html><body>Please sign in</body></html>\n"),
    "XML": text("U158", '<?xml version="1.0"?>\n<usage/>\n'),
}

HEADERS = {
    "no header": text("U116", "ann,Revit,2025-03-01\n", 1),
    "unknown columns": text("U116", "who,what,when\nann,Revit,2025-03-01\n", 1),
    "one column": text("U116", "user\nann\n", 1),
    "spaces": text("U116", GOOD.replace(",", " "), 1),
    "terminal codes in the header": text("U116", "\x1b[2J\x1b[31m,b,c\n1,2,3\n", 1),
    "no user": text("U117", "product,date\nRevit,2025-03-01\n", 1),
    "no product": text("U117", "user,date\nann,2025-03-01\n", 1),
    "no date": text("U117", "user,product\nann,Revit\n", 1),
    "no email, hash or id": text("U117", "Day used,First name,Product\n2025-03-01,Ann,Revit\n", 1),
    "no product in an account export": text("U117", "Day used,Email\n2025-03-01,ann\n", 1),
    "no category in a Token Flex export": text(
        "U117", "usageDate,productName,userName,tokensConsumed\n2025-03-01,Revit,ann,1\n", 1
    ),
    "months only": text("U119", "usageMonth,productName,hashedUserId\n2025-03,Revit,h\n", 1),
    "Subscriptions": text("U118", "subscription_id,offering_name,seat_quantity\n1,AutoCAD,2\n", 1),
    "Users": text("U118", "email,role,offering_name\nann,User,AutoCAD\n", 1),
    "a column twice": text("U170", "user,product,date,Date\nann,Revit,2025-03-01,2025-03-02\n", 1, "Date"),
    "a summary without a period": text("U150", "Email,Product,Days used\nann,Revit,3\n"),
    "tokens without access": text(
        "U143",
        "email,product_name,day_used,tokens_used,offering_name\na@b.c,Revit,2025-03-01,0,\n",
        2,
        "tokens_used",
    ),
}

ROWS = {
    "too few cells": line("U113", "ann,Revit,2025-03-03"),
    "too many cells": line("U113", "ann,Revit,2025-03-03,1,2"),
    "a name with a comma": line("U113", "Adams, Ann,Revit,2025-03-03,1"),
    "white space only": line("U113", "   "),
    "an open quote": line("U113", '"ann,Revit,2025-03-03,1'),
    "an open quote in the middle": text(
        "U113", HEADER + 'ann,"Revit,2025-03-01,1\n' + GOOD[len(HEADER) :], 2
    ),
    "text after a quote": line("U113", '"an"n,Revit,2025-03-03,1'),
    "two open quotes": line("U114", '"ann,Revit,2025-03-03,1\nbob",Revit,2025-03-03,1', "user"),
    "another delimiter further down": line("U113", "ann;Revit;2025-03-03;1"),
    "no user": line("U120", ",Revit,2025-03-03,1", "user"),
    "a blank user": line("U120", "   ,Revit,2025-03-03,1", "user"),
    "a hidden user": line("U120", "*****,Revit,2025-03-03,1", "user"),
    "no product": line("U121", "ann,,2025-03-03,1", "product"),
    "no date": line("U103", "ann,Revit,,1", "date"),
    "bell in a user": line("U114", "a\ann,Revit,2025-03-03,1", "user"),
    "next line (U+0085) in a user": line("U114", "an\x85n,Revit,2025-03-03,1", "user"),
    "line separator in a user": line("U114", "an\u2028n,Revit,2025-03-03,1", "user"),
    "escape in a product": line("U114", "ann,\x1b[31mRevit,2025-03-03,1", "product"),
    "escape in a date": line("U104", "ann,Revit,\x1b[31m2025-03-03,1", "date"),
    "a line end in a user": line("U114", '"a\nnn",Revit,2025-03-03,1', "user"),
    "31 February": line("U104", "ann,Revit,2025-02-31,1", "date"),
    "29 February of no leap year": line("U104", "ann,Revit,2025-02-29,1", "date"),
    "31 February, day first": text("U104", "user,product,date\nann,Revit,31/02/2025\n", 2, "date"),
    "month 13": line("U104", "ann,Revit,2025-13-01,1", "date"),
    "a word as date": line("U104", "ann,Revit,soon,1", "date"),
    "a number as date": line("U105", "ann,Revit,45717,1", "date"),
    "a very long date": line("U104", f"ann,Revit,{'9' * 5000}-01-01,1", "date"),
    "a date of two digits": line("U105", "ann,Revit,03/01/25,1", "date"),
    "year 1025": line("U107", "ann,Revit,1025-03-01,1", "date"),
    "year 9999": line("U107", "ann,Revit,9999-12-31,1", "date"),
    "two date styles": line("U105", "ann,Revit,13/03/2025,1", "date"),
    "day or month first": text("U106", "user,product,date\nann,Revit,01/02/2025\n", 2, "date"),
    "negative tokens": line("U140", "ann,Revit,2025-03-03,-7", "tokens"),
    "huge tokens": line("U140", "ann,Revit,2025-03-03,1e30", "tokens"),
    "tokens beyond all numbers": line("U140", "ann,Revit,2025-03-03,1e999", "tokens"),
    "NaN tokens": line("U140", "ann,Revit,2025-03-03,NaN", "tokens"),
    "infinite tokens": line("U140", "ann,Revit,2025-03-03,inf", "tokens"),
    "tokens in words": line("U140", "ann,Revit,2025-03-03,seven", "tokens"),
    "tokens in other digits": line("U140", "ann,Revit,2025-03-03,٧", "tokens"),
    "a formula error": line("U104", "ann,Revit,#REF!,1", "date"),
    "no start and no date": session("U103", "ann,Revit,,,", "date"),
    "a start in words": session("U104", "ann,Revit,,soon,", "started_at"),
    "hour 25": session("U104", "ann,Revit,,2025-03-01 25:00,", "started_at"),
    "an end in words": session("U104", "ann,Revit,,2025-03-01 08:00,late", "ended_at"),
    "an end before its start": session("U109", "ann,Revit,,2025-03-01 08:00,2025-03-01 07:59", "ended_at"),
    "a session of two years": session("U109", "ann,Revit,,2025-03-01 08:00,2027-03-01 08:00", "ended_at"),
    "a start in 1970": session("U107", "ann,Revit,,1970-01-01 00:00,", "started_at"),
    "a date of another session": session("U108", "ann,Revit,2025-03-09,2025-03-01 08:00,", "date"),
    "an unknown product only": text("U131", "user,product,date\nann,Zzzz,2025-03-01\n"),
}

FILES = {
    "a folder": Damage("U101", lambda path: path.mkdir()),
    "nothing": Damage("U101", lambda path: None),
    "a dangling link": Damage("U101", lambda path: path.symlink_to("none.csv")),
    "a link to itself": Damage("U101", lambda path: path.symlink_to(path.name)),
    "a link to a folder": Damage("U101", lambda path: path.symlink_to("/")),
    "a device that never ends": Damage("U101", lambda path: path.symlink_to("/dev/zero")),
    "a name that is too long": Damage("U101", lambda path: None, name="u" * 300 + ".csv"),
    "half a gzip": Damage("U110", gzip.compress(GOOD.encode())[:-12]),
    "half a gzip of UTF-16": Damage("U110", gzip.compress(GOOD.encode("utf-16"))[:-12]),
    "wrong bytes in a gzip": Damage("U110", gzip.compress(GOOD.encode())[:10] + b"\xff" * 40),
    "a gzip with a wrong sum": Damage("U110", gzip.compress(GOOD.encode())[:-8] + b"\0" * 8),
    "only the mark of gzip": Damage("U110", b"\x1f\x8b"),
    "a gzip by name only": Damage("U161", HEADER.encode(), 1, name="usage.csv.gz"),
    "half a workbook": Damage("U110", BOOK[: len(BOOK) // 2], name="usage.xlsx"),
    "a workbook with wrong bytes": Damage(
        "U110", BOOK[:SHEET] + b"\xff" * 100 + BOOK[SHEET + 100 :], name="usage.xlsx"
    ),
    "text called xlsx": Damage("U110", GOOD.encode(), name="usage.xlsx"),
    "a workbook with a password": Damage("U110", OLE, name="usage.xlsx"),
    "a zip of a CSV": Damage("U158", archive(**{"usage.csv": GOOD.encode()}), name="usage.zip"),
    "an empty zip": Damage("U110", archive(), name="usage.xlsx"),
    "a workbook without cells": book("U102", []),
    "a workbook with another table": book("U116", [["a", "b"], [1, 2]], row=1),
    "a workbook with a header only": book("U161", [COLUMNS], row=1),
    "a workbook with two tables": book("U171", [COLUMNS, ROW], [COLUMNS, ROW]),
    "a sheet with a cell at its far end": Damage(
        "U110", archive(**{"xl/worksheets/sheet1.xml": FAR}), name="usage.xlsx"
    ),
    "a workbook with a wrong date": book(
        "U104", [COLUMNS, ROW, [], ["ann", "Revit", "x"]], row=4, column="date"
    ),
    "a workbook with a small number as date": book(
        "U104", [COLUMNS, ["ann", "Revit", 4571]], row=2, column="date"
    ),
    "half a parquet": Damage("U110", PARQUET[: len(PARQUET) // 2], name="usage.parquet"),
    "text called parquet": Damage("U110", GOOD.encode(), name="usage.parquet"),
    "a zipped parquet": Damage("U110", gzip.compress(PARQUET), name="usage.parquet.gz"),
    "a parquet with wrong bytes": Damage(
        "U110", PARQUET[:4] + b"\xff" * 9 + PARQUET[13:], name="usage.parquet"
    ),
    "a parquet without rows": Damage("U161", parquet(FRAME[:0].astype(str)), 1, name="usage.parquet"),
    "a parquet without columns": Damage("U110", parquet(FRAME[[]]), name="usage.parquet"),
    "a parquet with numbers as dates": Damage(
        "U104", parquet(FRAME.assign(date=20250301)), 2, "date", "usage.parquet"
    ),
    "a parquet with lists as dates": Damage(
        "U104",
        parquet(FRAME.assign(date=pd.Series([["2025-03-01"]], dtype=object))),
        2,
        "date",
        "usage.parquet",
    ),
    "a parquet with NaN tokens": Damage(
        "U140",
        parquet(pd.concat([FRAME, FRAME]).assign(tokens=[float("inf"), 1.0])),
        2,
        "tokens",
        "usage.parquet",
    ),
}

JSON = {
    "half a JSON": json_("U110", b'[{"user": "ann", "product"', 1),
    "a word": json_("U110", b'"user"'),
    "a number": json_("U110", b"7"),
    "null": json_("U110", b"null"),
    "a list of numbers": json_("U110", [1, 2, 3]),
    "a list of nothing": json_("U102", []),
    "an object without rows": json_("U110", {"columns": ["user"]}),
    "rows of another length": json_("U113", {"columns": COLUMNS, "rows": [ROW, ROW[:2]]}, 3),
    "rows that are objects": json_("U116", {"columns": COLUMNS, "rows": [{"user": "ann"}]}, 1),
    "columns and no rows": json_("U161", {"columns": COLUMNS, "rows": []}, 1),
    "unknown keys": json_("U116", [{"a": 1}], 1),
    "a deep list": json_("U110", b"[" * 100_000),
    "an error of the API": json_("U145", {"error": "unauthorised", "status": 401}),
    "two values": json_("U110", b"[]\n[]\n", 2),
    "latin-1": json_("U111", '[{"user": "zoë"}]'.encode("latin-1")),
    "half of a character": json_(
        "U114", b'[{"user": "\\ud800", "product": "Revit", "date": "2025-03-01"}]', 2, "user"
    ),
    "half of a character in a key": json_("U116", b'[{"\\ud800": 1}]', 1),
    "a list as user": json_("U104", [{"user": "ann", "product": "Revit", "date": ["1"]}], 2, "date"),
    "true as date": json_("U104", [{"user": "ann", "product": "Revit", "date": True}], 2, "date"),
    "NaN as tokens": json_(
        "U140", b'[{"user": "ann", "product": "Revit", "date": "2025-03-01", "tokens": NaN}]', 2, "tokens"
    ),
    "a number of 5000 digits": json_("U110", b'[{"user": ' + b"9" * 5000 + b"}]", 1),
    "null as user": json_("U120", [{"user": None, "product": "Revit", "date": "2025-03-01"}], 2, "user"),
}
