"""Data on stdout in the requested format, warnings on stderr."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import click

if TYPE_CHECKING:
    from flexopt.store.plan import PlanDocument

Rendered: TypeAlias = str | Iterable[str] | Mapping[str, Any]
"""A text, whole or in pieces, or data to print as JSON."""


def show(form: str, **renderers: Callable[[], Rendered]) -> None:
    """Print what the renderer of the format returns, with one line break at the end."""
    made = renderers[form]()
    if isinstance(made, Mapping):
        text = json.dumps(made, indent=1, ensure_ascii=False)
    else:
        text = made if isinstance(made, str) else "".join(made)
    click.echo(text.removesuffix("\n"))


def show_warnings(documents: Iterable[PlanDocument]) -> None:
    """Print the warnings among the findings of these plans, each once."""
    from flexopt.base.findings import Finding, with_each_hint_once
    from flexopt.base.text import screen

    found = [f for document in documents for f in document.findings if f.severity == "warning"]
    for text in with_each_hint_once(dict.fromkeys(Finding(**dict(finding)) for finding in found)):
        click.echo(f"{screen(text)}\n", err=True)
