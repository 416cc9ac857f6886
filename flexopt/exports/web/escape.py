"""Texts from the inputs, escaped as HTML, whatever their writing direction."""

from __future__ import annotations

import re
from unicodedata import bidirectional, category

from markupsafe import Markup, escape

LONG = 450
"""Characters from which the text of a cell gets its own scrolling box."""

WORD = 34
"""Characters from which a word may break anywhere; shorter words set the width of their column."""

DATE = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)")
"""A date with hyphens, which is not broken at them."""

DIRECTED = ("R", "AL", "AN", "LRE", "RLE", "LRO", "RLO", "LRI", "RLI", "FSI", "PDF", "PDI")
"""Classes of characters that are written from right to left, or change the direction of others."""


def isolated(text: str, *, boxed: bool = True) -> Markup:
    """The text, escaped; isolated if it is not written from left to right. Long cells are `boxed`."""
    if text.isascii() and text.isprintable() and len(text) <= WORD:
        return _breaks(escape(text))
    # HTML allows no control characters, and UTF-8 no lone surrogates
    shown = escape("".join("\N{REPLACEMENT CHARACTER}" if category(c) in ("Cc", "Cs") else c for c in text))
    shown = _breaks(shown)
    if any(bidirectional(c) in DIRECTED for c in text):
        shown = Markup("<bdi>{}</bdi>").format(shown)
    if boxed and len(text) > LONG:
        shown = Markup('<span class="long" tabindex="0">{}</span>').format(shown)
    elif any(len(word) > WORD for word in text.split()):
        shown = Markup('<span class="wrap">{}</span>').format(shown)
    return shown


def _breaks(shown: Markup) -> Markup:
    """The text with dates in one piece, and places to break in email addresses."""
    if "@" not in shown and "-" not in shown:
        return shown
    dates = DATE.sub(r"<span class=date>\g<0></span>", str(shown))
    return Markup(dates.replace("@", "<wbr>@"))
