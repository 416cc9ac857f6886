"""SVG by matplotlib that is the same on every machine: bundled font, salted ids, no date, no style sheet.

A drawing comes in two kinds. For paper: light colours, letters as outlines. For a web page: letters as text
and colours as CSS variables, so that it follows light mode, dark mode and the reader's font, without the
style attributes that a strict Content-Security-Policy forbids.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unicodedata import category
from xml.etree import ElementTree

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.ft2font import FT2Font

INK, MUTED, GRID = "#1c2127", "#56606b", "#d5dae0"
SOLID, PALE, EDGE = "#1f5a94", "#f5c795", "#9c5200"
"""A dark colour and a pale one with its edge: distinct to the colour-blind and in black and white."""

VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", SOLID: "solid", PALE: "pale", EDGE: "edge"}

STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": GRID,
    "axes.facecolor": "none",
    "axes.grid": False,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 8.5,
    "figure.facecolor": "none",
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "patch.linewidth": 0.8,
    "savefig.facecolor": "none",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": GRID,
    "xtick.labelcolor": MUTED,
    "xtick.labelsize": 8,
    "xtick.major.size": 3,
    "ytick.color": GRID,
    "ytick.labelcolor": MUTED,
    "ytick.labelsize": 8,
    "ytick.major.size": 3,
}

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"

Draw = Callable[[Figure], None]


def label(text: str, most: int = 26) -> str:
    """A name as a chart shows it: on one line, truncated, without characters that XML does not allow."""
    shown = "".join(
        "\N{REPLACEMENT CHARACTER}" if category(c) in ("Cc", "Cf", "Cs") or c in "\ufffe\uffff" else c
        for c in text
    )
    return shown if len(shown) <= most else shown[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def clear_spines(axes: Axes, *sides: str) -> None:
    """Remove the lines of these sides and their ticks; the labels stay."""
    for side in sides:
        axes.spines[side].set_visible(False)
        axes.tick_params(axis="y" if side in ("left", "right") else "x", length=0)


def svg(
    name: str,
    size: tuple[float, float],
    draw: Draw,
    *,
    title: str,
    text: str,
    themed: bool = False,
    fonts: Sequence[Path] = (),
) -> str:
    """The drawing as SVG: `size` in inches (width, height), `name` unique in the page.

    `title` and `text` are for screen readers. `themed` is the kind for a web page.
    """
    with matplotlib.rc_context(), warnings.catch_warnings():
        # a glyph missing from the font comes from the browser's fonts, or is a box on paper
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        matplotlib.rcParams["svg.hashsalt"] = name
        for font in fonts:
            fontManager.addfont(font)
            matplotlib.rcParams["font.family"].append(FT2Font(font).family_name)
        matplotlib.rcParams["svg.fonttype"] = "none" if themed else "path"
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None})
    return _plain(written.getvalue(), name, title, text, themed=themed)


def _plain(source: str, name: str, title: str, text: str, *, themed: bool) -> str:
    """matplotlib's SVG with attributes instead of styles, and only the ids that are used."""
    root = ElementTree.fromstring(source)
    used = {*re.findall(r'(?:url\(#|href="#)([^)"]+)', source)}
    for parent in root.iter():
        for child in list(parent):
            if child.tag in (f"{SVG}metadata", f"{SVG}style"):
                parent.remove(child)
    for node in root.iter():
        if node.get("id") not in used:
            node.attrib.pop("id", None)
        if target := node.attrib.pop(LINK, None):
            node.set("href", target)
        for declaration in filter(None, node.attrib.pop("style", "").split(";")):
            key, _, value = (part.strip() for part in declaration.partition(":"))
            _declare(node, key, value)
        for key in ("fill", "stroke"):
            if themed and (variable := VARIABLES.get(node.get(key, ""))):
                node.set(key, f"var(--chart-{variable})")
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    _, _, width, height = root.get("viewBox", "").split()
    root.attrib |= {} if themed else {"width": f"{width}pt", "height": f"{height}pt"}
    root.attrib |= {
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-text",
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
        "font-family": "inherit" if themed else "DejaVu Sans, sans-serif",
    }
    for position, (tag, said) in enumerate((("title", title), ("desc", text))):
        # `text` is another tag in SVG; the description's tag is `desc`
        node = ElementTree.Element(SVG + tag, {"id": f"{name}-{'title' if tag == 'title' else 'text'}"})
        node.text = label(said, 10_000)
        root.insert(position, node)
    ElementTree.register_namespace("", SVG[1:-1])
    return ElementTree.tostring(root, encoding="unicode")


def _declare(node: ElementTree.Element, key: str, value: str) -> None:
    """A style declaration as attributes; only `font` has no attribute of the same name."""
    if key != "font":
        node.set(key, value)
        return
    if size := re.search(r"([\d.]+)px", value):
        node.set("font-size", size[1])
    if weight := re.match(r"(bold|\d{3})\b", value):
        node.set("font-weight", weight[1])
