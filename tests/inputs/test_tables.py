"""The containers a small table may come in: every one gives the same rows."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
import xlsxwriter

from flexopt.base.findings import Findings
from flexopt.inputs.scenario.folder import ScenarioFolder
from flexopt.inputs.tables.delimited import DelimitedTable, read_table

ROWS = [
    ["Subscription ID", "Offering name", "Seats", "End date", "Team"],
    ["S1", "AutoCAD", "4", "2026-01-20", "a, b"],
    ["S2", "Zeichen „Maß“", "12", "2026-02-20", ""],
]
NAMES = [c.casefold().replace(" ", "_") for c in ROWS[0]]


def text(delimiter: str, above: str = "") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(ROWS)
    return above + out.getvalue()


def workbook() -> bytes:
    """A sheet of filters, one of usage, and the table as the third, its cells as numbers and dates."""
    raw = io.BytesIO()
    book = xlsxwriter.Workbook(raw)
    book.add_worksheet("Filters").write_column(0, 0, ["Filters applied", "Team: all"])
    book.add_worksheet("Usage").write_row(0, 0, ["Day used", "Email", "Product"])
    sheet = book.add_worksheet("Subscriptions")
    for place, row in enumerate(ROWS):
        sheet.write_row(place, 0, [int(c) if c.isdigit() else c for c in row])
    book.close()
    return raw.getvalue()


def plain_workbook() -> bytes:
    """A table that is known by its columns only, below a title."""
    raw = io.BytesIO()
    book = xlsxwriter.Workbook(raw)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Our seats"])
    for place, row in enumerate(ROWS, start=1):
        sheet.write_row(place, 0, row[1:])
    book.close()
    return raw.getvalue()


def objects() -> list[dict[str, str]]:
    camel = ["subscriptionId", "offeringName", "seats", "endDate", "team"]
    return [dict(zip(camel, row, strict=True)) for row in ROWS[1:]]


def read(folder: Path, name: str, raw: bytes) -> DelimitedTable:
    (folder / name).write_bytes(raw)
    return read_table(
        ScenarioFolder(folder, Findings()),
        name,
        ("s.yaml", 1, "subscriptions"),
        "T3",
        known=("subscription_id", "offering_name", "seat_quantity", "end_date"),
        required=("offering_name", "seat_quantity", "end_date"),
        exports=True,
        wanted={"subscriptions"},
        also={"seat_quantity": ("quantity", "seats")},
    )


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        *((f"{ord(d)}.csv", text(d).encode()) for d in ",;\t|"),
        ("bom.csv", text(";").encode("utf-8-sig")),
        ("utf-16.csv", text("\t").encode("utf-16")),
        ("packed.csv.gz", gzip.compress(text(",").encode())),
        ("above.csv", text(",", "sep=,\r\nFilter: team, product, status\r\n\r\n").encode()),
        ("book.xlsx", workbook()),
        ("objects.json", json.dumps(objects()).encode()),
        ("named.json", json.dumps({"subscriptions": objects()}).encode()),
        ("rows.json.gz", gzip.compress(json.dumps({"columns": ROWS[0], "rows": ROWS[1:]}).encode())),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_every_container_gives_the_same_rows(name: str, raw: bytes, tmp_path: Path) -> None:
    table = read(tmp_path, name, raw)
    assert not table.found
    assert [dict(row.cells) for row in table.rows] == [
        {"subscription_id": "S1", "offering_name": "AutoCAD", "seat_quantity": "4", "end_date": "2026-01-20"},
        {
            "subscription_id": "S2",
            "offering_name": "Zeichen „Maß“",
            "seat_quantity": "12",
            "end_date": "2026-02-20",
        },
    ]
    first = {"above.csv": 5}.get(name, 2)
    assert [row.number for row in table.rows] == [first, first + 1]


@pytest.mark.parametrize(
    ("name", "raw", "code"),
    [
        ("empty.csv", b"", "T302"),
        ("broken.xlsx", workbook()[:900], "T301"),
        ("broken.csv.gz", gzip.compress(text(",").encode(), mtime=0)[:40], "T301"),
        ("broken.json", b'[{"a": 1', "T301"),
        ("binary.csv", b"\x81\x8d\x8f\x90\x9d,AutoCAD\n", "T301"),
        ("other.json", b'[{"email": "ann", "role": "User"}]', "T303"),
        ("other.csv", b"Day used,Email,Product\n2026-01-01,ann,AutoCAD\n", "T303"),
    ],
)
def test_what_cannot_be_read_is_a_finding_and_no_row(
    name: str, raw: bytes, code: str, tmp_path: Path
) -> None:
    table = read(tmp_path, name, raw)
    assert {f.code for f in table.found.values()} == {code}
    assert not table.rows


def test_a_workbook_is_searched_for_the_columns(tmp_path: Path) -> None:
    table = read(tmp_path, "book.xlsx", plain_workbook())
    assert [(row.number, row["seat_quantity"]) for row in table.rows] == [(3, "4"), (4, "12")]
