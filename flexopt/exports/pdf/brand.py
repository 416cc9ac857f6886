"""The organisation's name, colour, logo and font, from a small YAML file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from matplotlib.ft2font import FT2Font

from flexopt.base.errors import FlexoptError
from flexopt.base.findings import Findings, InputError, did_you_mean
from flexopt.base.text import printable
from flexopt.inputs.scenario.yaml import read_yaml

COLOUR = "#1f5a94"
KEYS = ("name", "colour", "logo", "font")
LOGO_BYTES = 5_000_000
FONTS = (".ttf", ".otf", ".ttc")
FONT_BYTES = 50_000_000
CONTRAST = 4.5
"""Least contrast of the colour on white (WCAG 2, text); a paler colour is darkened."""

KINDS = {".png": b"\x89PNG\r\n\x1a\n", ".svg": b""}
"""Kinds of logo, and the first bytes of their files."""


@dataclass(frozen=True, slots=True)
class Brand:
    """The branding of a report."""

    name: str = ""
    """The organisation."""
    colour: str = COLOUR
    """Of headings and rules: `#rrggbb`, legible on white."""
    logo: bytes = b""
    """The file's bytes; empty without one."""
    logo_kind: str = ".svg"
    font: bytes = b""
    """The file's bytes; for characters that the report's own fonts lack."""
    font_kind: str = ".ttf"

    @property
    def logo_file(self) -> str:
        return f"logo{self.logo_kind}"


def read_brand(path: Path) -> Brand:
    """The brand in a YAML file with `name`, `colour`, `logo` and `font` (relative to it), each optional.

    Raises FlexoptError with what is wrong and what to write instead.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FlexoptError(
            f"{path}: cannot read the brand ({error.strerror})",
            "name a YAML file with name, colour, logo and font",
        ) from None
    findings = Findings()
    read = read_yaml(raw, str(path), findings)
    if read is None:
        raise InputError(findings.errors)
    for key in read.data:
        if key not in KEYS:
            raise FlexoptError(
                f"{path}: `{printable(str(key)[:60])}` is not a key of a brand file",
                did_you_mean(str(key), KEYS, f"write {', '.join(KEYS)}"),
            )
        if not isinstance(read.data[key], str):
            raise FlexoptError(
                f"{path}: `{key}` must be text", 'put it in quotes: "#1f5a94"' if key == "colour" else ""
            )
    name = " ".join(printable(read.data.get("name", "")).split())
    if len(name) > 120:
        raise FlexoptError(f"{path}: the name has {len(name):,} characters", "shorten it to at most 120")
    colour = read.data.get("colour", COLOUR)
    logo, kind = _logo(path, read.data["logo"]) if "logo" in read.data else (b"", ".svg")
    font, font_kind = _font(path, read.data["font"]) if "font" in read.data else (b"", ".ttf")
    return Brand(name, _legible(path, colour), logo, kind, font, font_kind)


def _font(path: Path, name: str) -> tuple[bytes, str]:
    place, said = path.parent / name, printable(name[:200])
    hint = "name a .ttf, .otf or .ttc file next to the brand file"
    if (kind := place.suffix.lower()) not in FONTS:
        raise FlexoptError(f"{path}: the font `{said}` is not a .ttf, .otf or .ttc file", hint)
    try:
        if place.stat().st_size > FONT_BYTES:
            raise FlexoptError(f"{place}: the font has more than {FONT_BYTES:,} bytes", "name a smaller font")
        FT2Font(place)
        return place.read_bytes(), kind
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a file name"
        raise FlexoptError(f"{path}: cannot read the font `{said}` ({why})", hint) from None
    except RuntimeError:
        raise FlexoptError(f"{place}: is not a font", hint) from None


def _logo(path: Path, name: str) -> tuple[bytes, str]:
    place = path.parent / name
    kind = place.suffix.lower()
    if kind not in KINDS:
        raise FlexoptError(
            f"{path}: the logo `{printable(name[:200])}` is not a .png or .svg file",
            "save it as .png or .svg",
        )
    try:
        size = place.stat().st_size
        if size > LOGO_BYTES:
            raise FlexoptError(
                f"{place}: the logo has {size:,} bytes; the limit is {LOGO_BYTES:,}",
                "save a smaller file: the logo is printed 45 mm wide",
            )
        raw = place.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a file name"
        raise FlexoptError(
            f"{path}: cannot read the logo `{printable(name[:200])}` ({why})",
            f"it must be next to the brand file, in {path.parent}",
        ) from None
    if not raw.startswith(KINDS[kind]) or (kind == ".svg" and b"<svg" not in raw[:100_000]):
        raise FlexoptError(
            f"{place}: the logo is not valid {kind[1:].upper()}", "export it again in that format"
        )
    return raw, kind


def _legible(path: Path, colour: str) -> str:
    """The colour as `#rrggbb`, darkened until it is legible on white."""
    digits = colour.removeprefix("#")
    if not re.fullmatch(r"[0-9a-fA-F]{3}|[0-9a-fA-F]{6}", digits) or colour == digits:
        raise FlexoptError(
            f'{path}: `colour` is "{printable(colour[:60])}", which is not a colour',
            'write it as "#1f5a94": red, green and blue in hexadecimal, in quotes',
        )
    pairs = [d * 2 for d in digits] if len(digits) == 3 else [digits[i : i + 2] for i in (0, 2, 4)]
    parts = [int(pair, 16) for pair in pairs]
    while _contrast(parts) < CONTRAST:
        parts = [part * 19 // 20 for part in parts]
    return "#" + "".join(f"{part:02x}" for part in parts)


def _contrast(parts: list[int]) -> float:
    """Contrast of a colour (red, green, blue: 0-255) against white, 1 to 21."""
    linear = [v / 12.92 if (v := p / 255) <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for p in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)
