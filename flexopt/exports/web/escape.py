"""Texts from the inputs, escaped as HTML, whatever their writing direction."""

from __future__ import annotations

from unicodedata import bidirectional, category

from markupsafe import Markup, escape

LONG = 300
"""Characters from which a text gets its own scrolling box."""

WORD = 34
"""Characters from which a word may break anywhere; shorter words set the width of their column."""

DIRECTED = ("R", "AL", "AN", "LRE", "RLE", "LRO", "RLO", "LRI", "RLI", "FSI", "PDF", "PDI")
"""Classes of characters that are written from right to left, or change the direction of others."""


def isolated(text: str) -> Markup:
    """The text, escaped; isolated if it is not written from left to right."""
    if text.isascii() and text.isprintable() and len(text) <= WORD:
        return escape(text)
    # HTML allows no control characters, and UTF-8 no lone surrogates
    shown = escape("".join("\N{REPLACEMENT CHARACTER}" if category(c) in ("Cc", "Cs") else c for c in text))
    if any(bidirectional(c) in DIRECTED for c in text):
        shown = Markup("<bdi>{}</bdi>").format(shown)
    if len(text) > LONG:
        shown = Markup('<span class="long" tabindex="0">{}</span>').format(shown)
    elif any(len(word) > WORD for word in text.split()):
        shown = Markup('<span class="wrap">{}</span>').format(shown)
    return shown
