"""Damages valid inputs at random and reads them: `python tests/fuzz_inputs.py --count 5000 --seed 1`.

Whatever a file contains, reading it ends with findings: no traceback, no abort, and every row and person
is accounted for. A number names a case: `--seed 1 --only 17` repeats it and keeps its folder.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import random
import re
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from flexopt.base.errors import FlexoptError
from flexopt.planning.check import InputCheck, check_inputs

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

HOSTILE = [
    *("", " ", "0", "-1", "1e309", "NaN", "null", "true", "7.0", "1,5", "1.200", "9" * 40, "=1+1", "'", '"'),
    *("2025-02-30", "31/12/2025", "12/31/25", "45678", "45678.5", "2025-01-02T03:04:05+99:00", "0000-00-00"),
    *("a\nb", "a\r\nb", "a\tb", "a\x85b", "a\u2028b", "\ufeff", "\x00", "\x1b[31m", "\u202eabc", "\ud83d"),
    *(
        "é",
        "e\u0301",
        "*****",
        "ann@example.com",
        "USER1@EXAMPLE.COM",
        "Revit 2025",
        "AEC Collection",
        "x" * 3000,
    ),
    *(
        "${x}",
        "%s",
        "\\N",
        ",",
        ";",
        "|",
        "Named user",
        "Flex",
        "-2+3",
        "{}",
        "[]",
        "💥" * 50,
        "\ufffd",
        "１２",
    ),
]


@dataclass
class Case:
    """One damaged scenario."""

    folder: Path
    said: list[str] = field(default_factory=list)
    """What was done to it."""
    rows: dict[str, int] = field(default_factory=dict)
    """Rows of the usage files whose structure is sound."""
    people: int | None = None
    """People in the usage, if it is sound."""


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


# --- damage ----------------------------------------------------------------------------------------------


def damage_cells(table: Table, rng: random.Random) -> str:
    row, value = rng.choice(table[1:] or table), rng.choice(HOSTILE)
    if row:
        row[rng.randrange(len(row))] = value
    return f"cell {value[:20]!r}"


def damage_column(table: Table, rng: random.Random) -> str:
    place, value = rng.randrange(len(table[0])), rng.choice(HOSTILE)
    for row in table[1:]:
        if place < len(row) and rng.random() < 0.7:
            row[place] = value
    return f"column {value[:20]!r}"


def damage_rows(table: Table, rng: random.Random) -> str:
    how = rng.choice(["delete", "repeat", "shuffle", "blank", "short", "long"])
    place = rng.randrange(1, len(table)) if len(table) > 1 else 0
    if how == "delete":
        del table[place:]
    elif how == "repeat":
        table[place:place] = [list(r) for r in table[place : place + 5]]
    elif how == "shuffle":
        body = table[1:]
        rng.shuffle(body)
        table[1:] = body
    elif how == "blank":
        table.insert(place, [""] * len(table[0]))
    elif how == "short":
        table[place] = table[place][:-1]
    else:
        table[place] = [*table[place], "more"]
    return f"rows: {how}"


def damage_header(table: Table, rng: random.Random) -> str:
    header = table[0]
    place = rng.randrange(len(header)) if header else 0
    how = rng.choice(["drop", "rename", "repeat", "order", "case", "title"])
    if how == "drop" and header:
        for row in table:
            del row[place : place + 1]
    elif how == "rename" and header:
        header[place] = rng.choice(HOSTILE)
    elif how == "repeat" and header:
        header[place] = header[rng.randrange(len(header))]
    elif how == "order":
        order = rng.sample(range(len(header)), len(header))
        table[:] = [[row[n] if n < len(row) else "" for n in order] for row in table]
    elif how == "case":
        header[:] = [h.upper().replace("_", rng.choice([" ", "-", "_"])) for h in header]
    else:
        table.insert(0, ["Report of usage"])
    return f"header: {how}"


def damage_bytes(raw: bytes, rng: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(rng.choice([1, 1, 3, 20])):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.choice([1, 1, 8, 200]))
        how = rng.randrange(6)
        if how == 0:
            del data[at:end]
        elif how == 1:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.choice([1, 4, 60])))
        elif how == 2:
            data[at:end] = bytes(b ^ (1 << rng.randrange(8)) for b in data[at:end])
        elif how == 3:
            data[at:at] = data[rng.randrange(len(data) + 1) :][:200]
        elif how == 4:
            data[at:at] = rng.choice(
                [b"\x00", b"\r", b"\n\n\n", b'"', b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"[" * 5000]
            )
        else:
            del data[at:]
    return bytes(data)


def damage_lines(raw: str, rng: random.Random) -> str:
    """YAML: lines and words of it."""
    lines = raw.split("\n")
    place = rng.randrange(len(lines))
    how = rng.randrange(5)
    if how == 0:
        del lines[place]
    elif how == 1:
        lines.insert(place, lines[rng.randrange(len(lines))])
    elif how == 2:
        words = re.split(r"([\s,\[\]{}:]+)", lines[place])
        words[rng.randrange(len(words))] = rng.choice(HOSTILE)
        lines[place] = "".join(words)
    elif how == 3:
        lines[place] = " " * rng.randrange(4) + lines[place]
    else:
        lines[place] = re.sub(r"[0-9.-]+", lambda _: rng.choice(HOSTILE), lines[place], count=1)
    return "\n".join(lines)


# --- a case, and what must be true of it -----------------------------------------------------------------


def build(folder: Path, rng: random.Random, *, workbooks: float) -> Case:
    """A folder with one to three usage files, perhaps tables beside them, and some damage."""
    case = Case(folder)
    scenario = SCENARIO
    kinds = usage_tables()
    chosen = rng.sample(sorted(kinds), rng.choice([1, 1, 2, 3]))
    tables = {f"usage-{number}": kinds[kind] for number, kind in enumerate(chosen)}
    for side in sorted(SIDE_TABLES):
        if rng.random() < 0.3:
            tables[side] = [list(r) for r in SIDE_TABLES[side]]
    target = rng.choice([*tables, "scenario"])
    level = rng.choice(["table", "table", "table", "bytes", "file"])
    for name, table in tables.items():
        sound = True
        if name == target and level == "table":
            for _ in range(rng.choice([1, 1, 2, 4])):
                if len(table) > 1 and table[0]:
                    what = rng.choice([damage_cells, damage_column, damage_rows, damage_header])(table, rng)
                    case.said.append(f"{name} ({chosen}): {what}")
                    sound = sound and what.startswith(("cell", "column"))
        only_text = name in ("people", "access")
        container = rng.choices(
            [text, workbook, json_text, parquet],
            [1, workbooks, 0.4, 0 if only_text or name == "users" else 0.2],
        )[0]
        raw, suffix = (text if only_text else container)(table, rng)
        if name == target and level == "bytes":
            raw, sound = damage_bytes(raw, rng), False
            case.said.append(f"{name}{suffix}: bytes")
        if name == target and level == "file":
            raw, suffix, sound = _other_file(raw, suffix, rng)
            case.said.append(f"{name}{suffix}: another file")
        (folder / f"{name}{suffix}").write_bytes(raw)
        if sound and name.startswith("usage"):
            case.rows[f"{name}{suffix}"] = len(table) - 1
        if name in ("people", "access"):
            scenario += f"{name}: {name}{suffix}\n"
        elif name in ("subscriptions", "users"):
            scenario += f"{name}: [{name}{suffix}]\n"
    if target == "scenario":
        for _ in range(rng.choice([1, 1, 3])):
            scenario = damage_lines(scenario, rng)
        case.said.append("scenario")
    raw = scenario.encode("utf-8", "surrogatepass")
    (folder / "scenario.yaml").write_bytes(
        damage_bytes(raw, rng) if target == "scenario" and level == "bytes" else raw
    )
    return case


def _other_file(raw: bytes, suffix: str, rng: random.Random) -> tuple[bytes, str, bool]:
    """Another name for the same bytes, or other bytes under the same name."""
    if rng.random() < 0.5:
        return raw, rng.choice([".csv", ".json", ".xlsx", ".parquet", ".csv.gz"]), False
    others = [b"", b"\n\n\n", b" " * 5000, b"|\n" * 5000, b"%PDF-1.7\n", b"<html><table><tr>", b"PK\x03\x04"]
    return rng.choice(others), suffix, False


def faults(case: Case) -> Iterator[str]:
    """What is wrong with how the case was read; nothing if all is well."""
    try:
        checked = check_inputs(case.folder / "scenario.yaml", lambda *_: None, None)
    except FlexoptError as error:
        yield f"an error instead of findings: {error}"
        return
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        yield traceback.format_exc(limit=-6)
        return
    yield from faults_of(case, checked)


def faults_of(case: Case, checked: InputCheck) -> Iterator[str]:
    for finding in checked.findings:
        if not re.fullmatch(r"[STUD][0-9]{3}", finding.code) or not finding.message:
            yield f"a finding without code or message: {finding}"
        if re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", str(finding)):
            yield f"a finding with a control character: {str(finding)!r}"
        if str(case.folder.parent) in finding.message + finding.hint:
            yield f"a finding with a path in its text: {finding}"
    for c in checked.coverage:
        parts = (c.kept, c.repeated, c.zero_token, c.unknown_product, c.left_out, c.rejected)
        if c.rows != sum(parts) or min(parts) < 0:
            yield f"{c.file}: {c.rows} rows, accounted for {sum(parts)}: {c}"
        if c.file in case.rows and c.rows != case.rows[c.file]:
            yield f"{c.file}: {case.rows[c.file]} rows in, {c.rows} said: {c}"
    if checked.planned is not None:
        counts = checked.counts
        if counts["users_planned"] > counts["users_in_usage"]:
            yield f"more people planned than read: {counts}"
        if case.people is not None and counts["users_in_usage"] != case.people:
            yield f"{case.people} people in, {counts['users_in_usage']} said"
    elif not any(f.severity == "error" for f in checked.findings):
        yield "nothing planned, and no error"


def run(seed: int, number: int, folder: Path, *, workbooks: float = 0.1) -> tuple[Case, list[str]]:
    """Build and read one case."""
    case = build(folder, random.Random(f"{seed}/{number}"), workbooks=workbooks)
    return case, list(faults(case))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="one case, whose folder is kept")
    asked = parser.parse_args()
    wrong = 0
    for number in [asked.only] if asked.only is not None else range(asked.count):
        folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        case, found = run(asked.seed, number, folder)
        if found:
            wrong += 1
            print(f"--- case {number}: {'; '.join(case.said)}", *found, sep="\n")
        if asked.only is not None:
            print(folder)
        else:
            shutil.rmtree(folder)
    print(f"{wrong} of {asked.count} cases are wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
