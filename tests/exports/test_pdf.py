"""The report on paper: text in order, pages that are not empty, strings that stay strings, same bytes."""

from __future__ import annotations

import io
import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest
import typst
from documents import typed
from programs import needs
from whole import with_everything

from flexopt.exports.pdf import TAGGED, render
from flexopt.exports.pdf.brand import Brand
from flexopt.exports.pdf.setting import (
    LANDSCAPE,
    PORTRAIT,
    _em,
    one_line_widths,
    parts_data,
    text_data,
)
from flexopt.exports.report import ReportTable, make_report
from flexopt.exports.words import ENGLISH, words_for

Document = dict[str, Any]

HOSTILE = (
    '#include "/etc/passwd"',
    "$x^2$ *b* _i_ `c` ```raw",
    "<label> @ref [x] #{1+1} #panic()",
    "\u202eabc\u202c right \u200f",
    "\N{GRINNING FACE}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{WOMAN}",
    "x" * 10_000,
    "a\x00b\x1b[31m\ud800\n= Heading",
    "= Heading // comment /* more",
    "\\u{41} \\ ~ -- ---",
    "https://example.com/" + "y" * 3000,
    "שלום עולם العربية",
)


def read(made: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(made))


def text_of(made: bytes, *, whole: bool = True) -> str:
    """What is read in the file, with single spaces; without the appendix if not `whole`."""
    pages = [page.extract_text() for page in read(made).pages]
    text = re.sub(r"\s+", " ", " ".join(pages))
    return text if whole else text.split(" Appendix ")[0]


def headings(made: bytes) -> list[str]:
    """The entries of the outline, the first level of it."""
    return [str(entry.title) for entry in read(made).outline if not isinstance(entry, list)]


@pytest.fixture(scope="module")
def made(planned: Document) -> bytes:
    return render(typed(planned))


@pytest.fixture(scope="module")
def full(planned: Document) -> bytes:
    return render(typed(with_everything(planned)))


def test_says_what_the_report_says_in_its_order(document: Document, made: bytes) -> None:
    report, text = make_report(typed(document)), text_of(made)
    assert headings(made) == [*(s.title for s in report.sections), "Appendix"]
    headline = text_data(report.headline).replace("\N{NO-BREAK SPACE}", " ")
    place = 0
    for title in ("Licence plan", headline, *headings(made)):
        place = text.index(title, place) + len(title)
    for key in ("seats", "tokens"):
        assert f"{ENGLISH.money(document['summary'][key])}" in text
    assert f"total for 12 months {ENGLISH.money(document['total'])}" in text
    for row in document["inputs"]:
        assert row["sha256"] in text


def test_everything_optional_is_set_too(document: Document, full: bytes) -> None:
    report = make_report(typed(with_everything(document)))
    assert headings(full) == [*(s.title for s in report.sections), "Appendix"]
    text = text_of(full)
    for words in ("the wrong quote", "value of one more percent", "seven checks", "seat prices"):
        assert words in text


def test_pages_are_numbered(full: bytes) -> None:
    pages = read(full).pages
    for number, page in enumerate(pages, 1):
        assert f"page {number} of {len(pages)}" in page.extract_text().replace("\n", " ")


def test_four_to_six_pages_before_the_appendix(full: bytes, made: bytes) -> None:
    for file, most in ((made, 4), (full, 6)):
        texts = [page.extract_text() for page in read(file).pages]
        (first,) = [i for i, text in enumerate(texts) if re.search(r"^Appendix$", text, re.MULTILINE)]
        assert first <= most


def test_title_author_and_tags(document: Document) -> None:
    document["name"] = "Renewal 2026"
    file = read(render(typed(document), brand=Brand(name="Muster AG")))
    assert file.metadata is not None
    assert file.metadata.title == "Licence plan: Renewal 2026"
    assert file.metadata.author == "Muster AG"
    assert str(file.metadata.get("/CreationDate")).startswith(
        "D:" + document["history"]["last"].replace("-", "")
    )
    assert str(file.root_object["/Lang"]).startswith("en")
    assert "/MarkInfo" in file.root_object


def test_same_bytes(document: Document, full: bytes) -> None:
    assert render(typed(with_everything(document))) == full


def test_pages_are_drawn(full: bytes, tmp_path: Path) -> None:
    pdftoppm = needs("pdftoppm")
    (tmp_path / "file.pdf").write_bytes(full)
    subprocess.run([pdftoppm, "-gray", "-r", "30", "file.pdf", "page"], cwd=tmp_path, check=True)
    pages = sorted(tmp_path.glob("page-*.pgm"))
    assert len(pages) == len(read(full).pages)
    for page in pages:
        kind, size, most, pixels = page.read_bytes().split(b"\n", 3)
        width, height = map(int, size.split())
        assert (kind, most, len(pixels)) == (b"P5", b"255", width * height)
        dark = sum(pixel < 200 for pixel in pixels) / len(pixels)
        assert 0.004 < dark < 0.5, page.name
        # nothing runs off the paper: the margins at the sides are white
        rows = [pixels[i : i + width] for i in range(0, len(pixels), width)]
        side = width // 15
        assert all(min(row[:side] + row[-side:]) > 250 for row in rows), page.name


def test_locale(document: Document) -> None:
    text = text_of(render(typed(document), words_for("de")))
    for word in ("Licence plan", "Who changes access", "6.909,00", "01.01.2026"):
        assert word in text
    assert "6,909.00" not in text
    assert "2026-01-01" not in text


def _hostile(document: Document) -> Document:
    names = iter(HOSTILE * 100)
    known: dict[str, str] = {}
    for row in document["assignment"]:
        row |= {key: known.setdefault(row[key], next(names)) for key in ("user", "product", "group")}
    for offer in document["scenario"]["offers"]:
        known[offer["id"]] = offer["id"] = next(names) + offer["id"]
        for price in offer["prices"]:
            price["source"] = next(names)
    offers = [offer["id"] for offer in document["scenario"]["offers"]]
    for row in document["seats"]:
        row["offer"] = next(o for o in offers if o.endswith(row["offer"]))
    document["left_out"] = [{"user": t, "product": t, "days": 1, "reason": t} for t in HOSTILE]
    document["findings"] = [
        {
            "severity": "warning",
            "code": "U1",
            "file": text,
            "row": 1,
            "column": "",
            "message": text,
            "count": 2,
            "hint": "",
        }
        for text in HOSTILE
    ]
    document["inputs"][0]["file"] = HOSTILE[5]
    for baseline, text in zip(document["baselines"].values(), HOSTILE, strict=False):
        baseline["note"] = text
    document["name"] = " ".join(HOSTILE)
    found = with_everything(document, 4)
    for scenario, text in zip(found["comparison"]["scenarios"], HOSTILE[4:], strict=False):
        scenario["name"] = text
    for check, text in zip(found["review"]["checks"], HOSTILE, strict=False):
        check["message"] = text
    return found


@pytest.mark.slow
def test_hostile_strings_are_text(document: Document) -> None:
    made = render(typed(_hostile(document)), brand=Brand(name="#include *x* $y$"))
    text = text_of(made)
    for string in (
        '#include "/etc/passwd"',
        "$x^2$ *b* _i_",
        "<label> @ref [x] #{1+1} #panic()",
        "\\u{41} \\",
    ):
        assert string in text
    assert "root:" not in text
    assert "\u202e" not in text
    assert "\u200b" not in text  # places to break are not copied
    assert max(len(page.extract_text()) for page in read(made).pages) < 20_000
    assert headings(made)[0] == "Order sheet"


def test_hostile_strings_stay_on_the_page(document: Document, tmp_path: Path) -> None:
    test_pages_are_drawn(render(typed(_hostile(document))), tmp_path)


def test_a_document_without_people(document: Document) -> None:
    document["assignment"], document["left_out"] = [], []
    assert "This copy leaves out the rows on individual users" in text_of(render(typed(document)))


@pytest.mark.parametrize("rows", [100, pytest.param(TAGGED + 1, marks=pytest.mark.slow)])
def test_rows_have_their_header_on_every_page_and_are_not_tagged_where_they_are_many(
    document: Document, rows: int
) -> None:
    row = document["assignment"][0]
    document["assignment"] = [row | {"user": f"user-{i:05}"} for i in range(rows)]
    file = read(render(typed(document)))
    assert ("/MarkInfo" in file.root_object) == (rows <= TAGGED)
    pages = [text for page in file.pages if "user-0" in (text := page.extract_text())]
    assert len(pages) > rows // 100
    assert all(re.search(r"user\s+product\s+access", page) for page in pages)
    assert f"user-{rows - 1:05}" in pages[-1]


def test_a_wide_table_is_set_in_pieces() -> None:
    row = ("total", *(f"1,234,567.{i:02}" for i in range(10)))
    wide = ReportTable(
        "comparison", ("USD", *(f"Quote {i}" for i in range(10))), (row,), tuple(range(1, 11)), (0,)
    )
    pieces = [*parts_data([wide])]
    assert len(pieces) == 2
    assert [cell for piece in pieces for cell in piece["rows"][0][1:]] == list(row[1:])
    assert all(piece["rows"][0][0] == "total" and piece["sums"] == [0] for piece in pieces)


def test_a_table_of_numbers_alone_has_widths() -> None:
    grid = ReportTable("grid", ("", "1"), (("2", "3"),), (0, 1))
    ((piece,)) = [*parts_data([grid])]
    assert len(piece["widths"]) == 2


def test_no_letter_is_wider_than_thought(tmp_path: Path) -> None:
    letters = [chr(i) for i in (*range(33, 127), *range(0xA1, 0x180)) if i != 0xAD] + [*"–—…’“”„\u2212\ufffd"]
    (tmp_path / "letters.json").write_text(json.dumps(letters))
    (tmp_path / "measure.typ").write_text(
        """#set text(font: "Libertinus Serif", size: 100pt, number-width: "tabular")
        #context [#metadata(json("letters.json").map(c => (
          measure(c + "|").width / 1pt - measure("|").width / 1pt,
          measure(strong(c + "|")).width / 1pt - measure(strong("|")).width / 1pt,
        ))) <widths>]"""
    )
    compiler = typst.Compiler(tmp_path / "measure.typ", root=tmp_path, ignore_system_fonts=True)
    found = json.loads(compiler.query("<widths>", field="value", one=True))
    for letter, (plain, bold) in zip(letters, found, strict=True):
        most = _em(letter)
        assert most is not None
        assert plain <= 100 * most + 1, letter
        assert bold <= 125 * most + 1, letter


def test_rows_of_one_line_fill_the_page_or_are_not_used(document: Document) -> None:
    row = ("user", "Revit", "", "Flex", "", "1", "2", "3")
    columns = ("user", "product", "group", "access", "contract", "days", "seat", "Flex")
    short = ReportTable("assignment", columns, (row,), (5, 6, 7))
    upright = one_line_widths(short)
    assert upright is not None
    assert sum(upright) == pytest.approx(PORTRAIT, abs=1)
    across = one_line_widths(replace(short, rows=(row, ("x" * 100, *row[1:]))))
    assert across is not None
    assert sum(across) == pytest.approx(LANDSCAPE, abs=1)
    for name in ("x" * 200, "日本語"):
        assert one_line_widths(replace(short, rows=(row, (name, *row[1:])))) is None


@pytest.mark.parametrize(
    ("given", "set_as"),
    [
        ("-12.4 %", "\N{MINUS SIGN}12.4\N{NO-BREAK SPACE}%"),
        ("costs 3 USD", "costs 3\N{NO-BREAK SPACE}USD"),
        ("2026-01-01", "2026-01-01"),
        ("aec-1y", "aec-1y"),
        ("a.long.name@example.com", "a.\u200blong.\u200bname@\u200bexample.\u200bcom"),
        ("x" * 30, "\u200b".join(["x" * 14, "x" * 16])),
        ("\ud800", "\ufffd"),
    ],
)
def test_text_as_it_is_set(given: str, set_as: str) -> None:
    assert text_data(given) == set_as
