"""A small valid scenario with an export of every kind, in every container: what `fuzz_inputs.py` damages."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd
import xlsxwriter

Cells = list[str]
Table = list[Cells]

SCENARIO = """\
schema: flexopt.scenario/1
name: Fuzz
currency: USD
horizon: {start: 2026-01-01, months: 12}
usage:
  files: [usage*]
  period: {from: 2025-01-01, to: 2026-01-01}
demand: {method: repeat, growth: {default: 0.02, products: {Revit: 0.10}, groups: {A: -0.1}}}
products:
  - id: AutoCAD
    aliases: [ACAD]
    rates: [{from: 2021-09-07, tokens: 7, source: list}, {from: 2026-07-01, tokens: 8}]
  - id: Revit
    rates: [{from: 2021-09-07, tokens: 10}]
offers:
  - id: autocad-1y
    covers: [AutoCAD]
    term_months: 12
    tiers: [{from: 3, discount: 0.05}]
    prices: [{from: 2026-01-01, new: 2310, renewal: 2079, source: list}]
  - id: revit-1y
    aliases: [Revit]
    covers: [Revit]
    term_months: 12
    prices: [{from: 2026-01-01, new: 2985}]
  - id: aec-1y
    aliases: [AEC Collection]
    covers: [AutoCAD, Revit]
    term_months: 12
    prices: [{from: 2026-01-01, new: 3675}]
tokens:
  tiers: [{from: 100, price: 3.00}, {from: 5000, price: 2.85}]
  purchase_dates: quarterly
  buffer: 0.15
negotiated: {seats: 0.05, offers: {revit-1y: 0.22}, tokens: 0.05}
holdings: [{offer: autocad-1y, quantity: 2, ends: 2026-04-01}]
pool: [{tokens: 120, expires: 2026-05-01, unit_price: 2.85}]
policy:
  - {product: Revit, group: A, access: flex}
cloud: [{service: CFD solve, monthly_tokens: 35, buffer: 0.5}]
budgets: [{id: fy26, from: 2026-01-01, to: 2027-01-01, amount: 250000}]
solver: {name: cbc, gap: 1.0e-6, time_limit: 20, threads: 1, seed: 1}
"""
PEOPLE = [f"user{n}@example.com" for n in range(5)]
DAYS = [date(2025, 1, 2) + timedelta(days=9 * n) for n in range(40)]

# --- valid exports ---------------------------------------------------------------------------------------


def usage_tables() -> dict[str, Table]:
    """A small export of every kind: header and rows."""
    uses = [(p, "Revit" if n % 3 else "AutoCAD", d) for n, d in enumerate(DAYS) for p in PEOPLE[: 1 + n % 3]]

    def table(header: str, row: Callable[[str, str, date], Cells]) -> Table:
        return [header.split(","), *(row(*use) for use in uses)]

    return {
        "plain": table("user,product,date,tokens", lambda u, p, d: [u, p, str(d), "7"]),
        "sessions": table(
            "user,product,started_at,ended_at",
            lambda u, p, d: [u, p, f"{d}T08:00:00", f"{d}T17:00:00"],
        ),
        "seat usage": table("Day used,Email,Product,Team", lambda u, p, d: [str(d), u, p, "T"]),
        "token usage": table(
            "Day used,Email,Feature,Product,Tokens used", lambda u, p, d: [str(d), u, "", p, "10"]
        ),
        "usage 2026": table(
            "email,hashed_autodesk_id,product_name,offering_name,day_used,tokens_used,access_option",
            lambda u, p, d: [u, f"H{u[4]}", p, p, str(d), "0", "Named user"],
        ),
        "report": [
            [
                "email",
                "hashed_autodesk_id",
                "product_name",
                "offering_name",
                "days_used",
                "seat_assignment",
                "team",
            ],
            *([u, f"H{u[4]}", p, p, "80", "Assigned", "T"] for u in PEOPLE for p in ("Revit", "AutoCAD")),
        ],
        "insights": table(
            "usageDate,emailAddress,hashedUserId,childProductName,productName,tokens,source",
            lambda u, p, d: [str(d), u, f"H{u[4]}", p, "AEC Collection", "10", "Flex"],
        ),
        "token flex": table(
            "userName,productName,usageDate,sessionStartDate,sessionEndDate,tokensConsumed,usageCategory",
            lambda u, p, d: [u, p, str(d), "", "", "10", "DESKTOP_PRODUCT"],
        ),
    }


SIDE_TABLES: dict[str, Table] = {
    "subscriptions": [
        [
            "subscription_id",
            "offering_name",
            "seat_quantity",
            "start_date",
            "end_date",
            "term",
            "subscription_status",
        ],
        ["S-1", "AEC Collection", "4", "2025-01-20", "2026-01-20", "Annual", "Active"],
        ["S-2", "Revit", "2", "2025-03-01", "2026-03-01", "1-Year", "Active"],
        ["S-3", "Flex", "1500", "2025-03-01", "2026-03-01", "Annual", "Active"],
    ],
    "users": [
        [
            "autodesk_id",
            "email",
            "first_name",
            "last_name",
            "role",
            "offering_name",
            "product_name",
            "account_status",
            "team",
        ],
        *(
            [f"X{n}", p, "F", f"L{n}", "User", "AEC Collection", "", "Active", "T"]
            for n, p in enumerate(PEOPLE)
        ),
    ],
    "people": [
        ["user", "group", "cost_centre", "starts", "leaves"],
        *([p, "AB"[n % 2], "CC 1", "", "2026-09-01" if n == 3 else ""] for n, p in enumerate(PEOPLE)),
    ],
    "access": [
        ["user", "product", "access", "offer"],
        *([p, "Revit", "named", "revit-1y"] for p in PEOPLE),
    ],
}


# --- containers ------------------------------------------------------------------------------------------


def text(table: Table, rng: random.Random) -> tuple[bytes, str]:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=rng.choice(",;\t"), lineterminator=rng.choice(["\n", "\r\n"]))
    writer.writerows(table)
    encoding = rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"])
    raw = out.getvalue().encode(encoding, "replace")
    return (gzip.compress(raw), ".csv.gz") if rng.random() < 0.1 else (raw, ".csv")


def workbook(table: Table, rng: random.Random) -> tuple[bytes, str]:
    raw = io.BytesIO()
    options = {
        "strings_to_numbers": rng.random() < 0.5,
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(raw, options) as book:
        for number in range(rng.choice([1, 1, 1, 2])):
            sheet = book.add_worksheet()
            above = rng.choice([0, 0, 3])
            for place, cells in enumerate(table if number == 0 else [["Filters"], ["none"]]):
                sheet.write_row(place + above, 0, [c.encode("utf-8", "replace").decode() for c in cells])
    return raw.getvalue(), ".xlsx"


def json_text(table: Table, rng: random.Random) -> tuple[bytes, str]:
    header, *rows = table
    records: Any = [dict(zip(header, r, strict=False)) for r in rows]
    shapes: list[Any] = [
        records,
        {"columns": header, "rows": rows},
        {"result": {"columns": [{"name": h} for h in header], "rows": rows}, "totalResults": len(rows)},
        {"data": records, "pagination": {"total": len(rows)}},
    ]
    raw = json.dumps(rng.choice(shapes), indent=rng.choice([None, 1])).encode()
    return (gzip.compress(raw), ".json.gz") if rng.random() < 0.1 else (raw, ".json")


def parquet(table: Table, rng: random.Random) -> tuple[bytes, str]:
    header, *rows = table
    width = len(header)
    names = [f"{h}{'' if header.index(h) == n else n}" for n, h in enumerate(header)]
    cells = [[c.encode("utf-8", "replace").decode() for c in (r + [""] * width)[:width]] for r in rows]
    raw = io.BytesIO()
    pd.DataFrame(cells, columns=names).to_parquet(raw)
    return raw.getvalue(), ".parquet"
