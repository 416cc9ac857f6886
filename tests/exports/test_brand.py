"""The brand of an exported pdf: its name, its colour, its logo, and what is wrong in its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from documents import typed
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from test_pdf import read, text_of

from flexopt.base.errors import FlexoptError
from flexopt.exports.pdf import render
from flexopt.exports.pdf.brand import CONTRAST, Brand, _contrast, read_brand

Document = dict[str, Any]

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000"
    "000c49444154789c63908f9a020001a9010e576f8d180000000049454e44ae426082"
)
"""An image of one pixel."""

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10"/></svg>'


def brand_file(folder: Path, text: str) -> Path:
    path = folder / "brand.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_brand(document: Document, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(SVG)
    (tmp_path / "logo.PNG").write_bytes(PNG)
    for logo, kind in (("logo.svg", ".svg"), ("logo.PNG", ".png")):
        brand = read_brand(brand_file(tmp_path, f'name: "Muster  AG"\ncolour: "#0a5"\nlogo: {logo}\n'))
        assert (brand.name, brand.colour[:2], brand.logo_kind) == ("Muster AG", "#0", kind)
        made = render(typed(document), brand=brand)
        assert "Muster AG" in text_of(made)
    assert read_brand(brand_file(tmp_path, "name: Only\n")) == Brand(name="Only")


@pytest.mark.parametrize("colour", ["#ffffff", "#ffe600", "#0a5", "#777777"])
def test_a_pale_colour_is_darkened_until_it_can_be_read(tmp_path: Path, colour: str) -> None:
    found = read_brand(brand_file(tmp_path, f'colour: "{colour}"\n')).colour
    parts = [int(found[i : i + 2], 16) for i in (1, 3, 5)]
    assert _contrast(parts) >= CONTRAST


def test_a_dark_colour_stays_as_it_is(tmp_path: Path) -> None:
    assert read_brand(brand_file(tmp_path, 'colour: "#1F5A94"\n')).colour == "#1f5a94"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("color: red", "`color` is not a key of a brand file", "did you mean `colour`?"),
        ("colour: red", '`colour` is "red", which is not a colour', '"#1f5a94"'),
        ('colour: "#12345"', '`colour` is "#12345", which is not a colour', '"#1f5a94"'),
        ("colour: 123456", "`colour` must be text", "quotes"),
        (
            "logo: none.png",
            "cannot read the logo `none.png` (No such file or directory)",
            "next to the brand file",
        ),
        (
            "font: none.ttf",
            "cannot read the font `none.ttf` (No such file or directory)",
            "next to the brand",
        ),
        ("font: font.woff", "the font `font.woff` is not a .ttf, .otf or .ttc file", "next to the brand"),
        ("font: fake.ttf", "is not a font", "next to the brand"),
        ("logo: logo.gif", "the logo `logo.gif` is not a .png or .svg file", "save it as"),
        ("logo: fake.png", "the logo is not valid PNG", "export it again"),
        ("logo: fake.svg", "the logo is not valid SVG", "export it again"),
        ("logo: large.png", "the logo has 5,000,001 bytes", "save a smaller file"),
        (f"name: {'x' * 121}", "the name has 121 characters", "shorten it"),
        ("- a list", "", ""),
    ],
)
def test_brand_errors(tmp_path: Path, text: str, message: str, hint: str) -> None:
    (tmp_path / "fake.png").write_text("GIF89a")
    (tmp_path / "fake.ttf").write_text("GIF89a")
    (tmp_path / "fake.svg").write_text("<html></html>")
    (tmp_path / "large.png").write_bytes(PNG.ljust(5_000_001))
    with pytest.raises(FlexoptError) as error:
        read_brand(brand_file(tmp_path, text))
    assert message in str(error.value)
    assert hint in str(error.value)


def test_a_brand_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FlexoptError, match="cannot read the brand"):
        read_brand(tmp_path / "none.yaml")


def test_a_logo_reads_no_file_of_this_machine(document: Document, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    link = f'<image href="{tmp_path}/secret.png" width="9" height="9"/>'
    logo = SVG.replace("<rect", f"{link}<rect").encode()
    with pytest.raises(FlexoptError, match="cannot be made: failed to load linked image"):
        render(typed(document), brand=Brand(logo=logo))


def test_a_broken_logo_is_an_error_of_one_sentence(document: Document) -> None:
    with pytest.raises(FlexoptError, match="cannot be made") as error:
        render(typed(document), brand=Brand(logo=b"<svg", logo_kind=".svg"))
    assert error.value.hint == "try another logo"


def font(folder: Path, characters: str) -> str:
    """The name of a font file that draws these characters as a square."""
    made = FontBuilder(1000)
    glyphs = {ord(c): f"u{ord(c):X}" for c in characters}
    names = [".notdef", *glyphs.values()]
    pen = TTGlyphPen(None)
    for number, point in enumerate([(0, 0), (0, 700), (700, 700), (700, 0)]):
        (pen.lineTo if number else pen.moveTo)(point)
    pen.closePath()
    square = pen.glyph()
    made.setupGlyphOrder(names)
    made.setupCharacterMap(glyphs)
    made.setupGlyf(dict.fromkeys(names, square))
    made.setupHorizontalMetrics(dict.fromkeys(names, (800, 0)))
    made.setupHorizontalHeader(ascent=800, descent=-200)
    made.setupNameTable({"familyName": "Squares", "styleName": "Regular", "psName": "Squares"})
    made.setupOS2()
    made.setupPost()
    made.save(folder / "squares.ttf")
    return "squares.ttf"


def fonts_of(made: bytes) -> set[str]:
    """The names of the fonts in the file."""
    found = set()
    for page in read(made).pages:
        resources: Any = page["/Resources"]
        found |= {str(font.get_object()["/BaseFont"]) for font in resources["/Font"].values()}
    return found


def test_who_cannot_be_drawn_is_said_and_a_font_draws_them(document: Document, tmp_path: Path) -> None:
    for row in document["assignment"]:
        row |= {"user": "山田@studio.example", "product": "山"}
    said: list[str] = []
    bare = render(typed(document), warn=said.append)
    (warning,) = said
    assert "font: FILE" in warning
    assert "山" in warning
    assert "with characters that no font here has: they appear as boxes." in text_of(bare)
    brand = read_brand(brand_file(tmp_path, f"font: {font(tmp_path, '山田')}"))
    said.clear()
    made = render(typed(document), brand=brand, warn=said.append)
    assert said == []
    assert any("Squares" in name for name in fonts_of(made))
    assert not any("Squares" in name for name in fonts_of(bare))
    assert "no font here" not in text_of(made)
    assert render(typed(document), brand=brand) == made


def test_latin_greek_cyrillic_hebrew_arabic_and_faces_are_drawn(document: Document) -> None:
    document["assignment"][0]["user"] = "Zoë Ŵą Ελένη Ольга שרה سارة \N{GRINNING FACE}"
    said: list[str] = []
    render(typed(document), warn=said.append)
    assert said == []
