"""Data on stdout in the requested format, warnings on stderr."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from flexopt.base.findings import Finding, with_each_hint_once
from flexopt.base.text import count, fill, screen
from flexopt.cli.terminal import show_text, width

if TYPE_CHECKING:
    from flexopt.store.plan import PlanDocument

Rendered: TypeAlias = str | Iterable[str] | Mapping[str, Any]
"""A text, whole or in pieces, or data to print as JSON."""


_NUMBER = re.compile(r"\d[\d,.]*")


def show(form: str, *, bold: Collection[int] = (), **renderers: Callable[[], Rendered]) -> None:
    """Print what the renderer of the format returns, with one line break at the end.

    `bold` are the numbers of the blocks of a table's text that stand out on a terminal.
    """
    made = renderers[form]()
    if isinstance(made, Mapping):
        text = json.dumps(made, indent=1, ensure_ascii=False)
    else:
        text = made if isinstance(made, str) else "".join(made)
    if form == "table":
        show_text(text.removesuffix("\n"), sys.stdout, bold=bold)
    else:
        click.echo(text.removesuffix("\n"))


def say(text: str) -> None:
    """Print words on stderr: an error, a hint, what was done."""
    show_text(screen(text), sys.stderr)


def show_warnings(documents: Iterable[PlanDocument], check: str) -> None:
    """Print the warnings among the findings of these plans, each once; in short on a terminal.

    `check` is the command that says there what to do about them.
    """
    found = [f for document in documents for f in document.findings if f.severity == "warning"]
    findings = [*dict.fromkeys(Finding(**dict(finding)) for finding in found)]
    if (columns := width(sys.stderr)) is None:
        for text in with_each_hint_once(findings):
            say(f"{text}\n")
        return
    # quotes over the same usage have the same warnings, with other amounts
    single: dict[tuple[str, str, str], Finding] = {}
    for finding in findings:
        about = _NUMBER.sub("", finding.message.partition(": ")[0])
        single.setdefault((finding.code, finding.file, about), finding)
    kinds: dict[str, list[Finding]] = {}
    for finding in single.values():
        kinds.setdefault(finding.code, []).append(finding)
    lines = []
    for first, *others in kinds.values():
        more = f" (and {len(others):,} more of this kind)" if others else ""
        room = 2 * columns - 16 - len(more)
        message = textwrap.shorten(
            f"{first.file}: {first.message}", room, placeholder=" \N{HORIZONTAL ELLIPSIS}"
        )
        lines.append(fill(message + more, "  ", "    ", columns))
    if lines:
        say("\n".join(["", f"{count(len(single), 'warning')}: `{check}` says what to do", *lines]))
