"""The fonts of the PDF, and the texts that have characters which none of them has.

Libertinus Serif comes with typst, DejaVu Sans with matplotlib: Latin, Greek, Cyrillic, Hebrew, Arabic and
many symbols look the same on every machine. For other scripts the brand file names a font.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unicodedata import category

import matplotlib
from matplotlib.ft2font import FT2Font

from flexopt.base.errors import FlexoptError
from flexopt.exports.pdf.brand import Brand

TEXT = "Libertinus Serif"


def write_fonts(folder: Path, brand: Brand) -> list[Path]:
    """The font files to draw with, written to the folder; the brand's is the last."""
    theirs = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = {name: (theirs / name).read_bytes() for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")}
    if brand.font:
        fonts[f"brand{brand.font_kind}"] = brand.font
    folder.mkdir()
    for name, raw in fonts.items():
        (folder / name).write_bytes(raw)
    return [folder / name for name in fonts]


def families(fonts: list[Path]) -> list[str]:
    """The names of the fonts, in the order in which a character is looked for.

    Raises FlexoptError if typst cannot draw with the brand's.
    """
    import typst

    there = typst.Fonts(include_system_fonts=False, font_paths=[fonts[0].parent]).fonts()
    known = {Path(font.path).name: font.family for font in there if font.path}
    if any(font.name not in known for font in fonts):
        raise FlexoptError("the PDF cannot be made with the font of the brand file", "name another font")
    return list(dict.fromkeys([TEXT, *(known[font.name] for font in fonts)]))


def undrawn(data: Any, fonts: list[Path]) -> list[str]:
    """The texts in the data with characters that would be boxes."""
    known = {character for font in fonts for character in FT2Font(font).get_charmap()}
    texts = dict.fromkeys(text.replace("\N{ZERO WIDTH SPACE}", "") for text in _texts(data))
    return [text for text in texts if not text.isascii() and any(_box(c, known) for c in text)]


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)


def _box(character: str, known: set[int]) -> bool:
    return ord(character) not in known and category(character)[0] not in "CZ"
