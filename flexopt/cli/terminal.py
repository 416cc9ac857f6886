"""How text looks on a terminal: wrapped between words, with bold and colour; elsewhere it stays as it is."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Collection
from typing import TextIO

import click

from flexopt.base.text import WIDTH, fill

WIDEST = 100
"""Most columns of a message: longer lines are hard to read."""

LABELS = {"error": "red", "warning": "yellow", "info": "cyan", "interrupted": "red", "over the limit": "red"}
_LABEL = re.compile(f"(\\d+ )?({'|'.join(LABELS)})s?: ")
_TOTAL = re.compile(r"(whole order|total|all moves together)\b.*  ")
_TITLE = re.compile(r"(?!next: )\S( ?\S)*[^\s.:]")
_TABLE = re.compile(r"\S  +\S|^ +\S")
_SAVED = re.compile(r"saves? [\d.,]+ [A-Z]{3}")


def width(stream: TextIO) -> int | None:
    """The columns to use, at most 100; None where lines are not to be broken."""
    return min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDEST) if stream.isatty() else None


def coloured(stream: TextIO) -> bool:
    """Whether bold and colour are shown: on a terminal, or with FORCE_COLOR; never with NO_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR", "") not in ("", "0")
    return forced or (stream.isatty() and os.environ.get("TERM") != "dumb")


def show_text(text: str, stream: TextIO, *, bold: Collection[int] = ()) -> None:
    """Print a text of blocks, with one line break at its end; `bold` are the numbers of the bold ones."""
    colour, columns = coloured(stream), width(stream)
    below = text.lstrip("\n")
    shown = text[: len(text) - len(below)]
    blocks = below.split("\n\n")
    for n, block in enumerate(blocks):
        lines = block.split("\n")
        hint = block.startswith("hint: ")
        if columns is not None:
            lines = _hint_in_lines(lines, columns) if hint else _in_lines(lines, columns)
        if colour:
            title = stream is sys.stdout and _TITLE.fullmatch(block) is not None
            lines = _dressed(lines, bold=title or n in bold or n - len(blocks) in bold)
        # what to do stands right below what was said
        gap = "" if not n else "\n" if hint and columns is not None else "\n\n"
        shown += gap + "\n".join(lines)
    click.echo(shown, file=stream, color=colour)


def _hint_in_lines(lines: list[str], columns: int) -> list[str]:
    """Only the first line of a hint is words: those after it are to be pasted, and stay whole."""
    first, *others = lines
    return [*fill(first, "  ", "        ", columns).split("\n"), *others]


def _in_lines(lines: list[str], columns: int) -> list[str]:
    broken = []
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        wide = len(line) > columns
        broken += fill(line, later=f"{indent}  ", width=columns).split("\n") if wide else [line]
    return broken


def _dressed(lines: list[str], *, bold: bool) -> list[str]:
    """The lines of one block with bold and colour."""
    first, *others = lines
    if label := _LABEL.match(first):
        words = label[0].rstrip().replace("info", "note")
        return [click.style(words, fg=LABELS[label[2]], bold=True) + f" {first[label.end() :]}", *others]
    if first.lstrip().startswith("hint: "):
        return [click.style(line, dim=True) for line in lines]
    if bold:
        return [_bold(line) for line in lines]
    if not others or not _TABLE.search(first):
        return lines
    return [click.style(first, dim=True), *(_bold(line) if _TOTAL.match(line) else line for line in others)]


def _bold(line: str) -> str:
    saved = _SAVED.sub("\x1b[32m\\g<0>\x1b[39m", line)  # green, and back
    return click.style(saved, bold=True)
