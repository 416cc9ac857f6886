"""The file formats of an export: one exporter per file, chosen by the suffix of the name."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Protocol, cast

from flexopt.base.errors import FlexoptError
from flexopt.store.plan import PlanDocument

EXPORTERS = {
    ".xlsx": "flexopt.exports.workbook",
    ".csv": "flexopt.store.table_csv",
    ".html": "flexopt.exports.web",
    ".json": "flexopt.store.seal",
    ".md": "flexopt.exports.markdown",
    ".pdf": "flexopt.exports.pdf",
}
"""Module by suffix, imported when it is needed."""


class Exporter(Protocol):
    """What the module of an exporter provides."""

    def render(self, document: PlanDocument, **options: Any) -> bytes:
        """The whole file; the same document gives the same bytes. Only some formats have options."""


def exporter(path: Path) -> Exporter:
    """The exporter for the file's suffix. Raises FlexoptError if there is none."""
    name = EXPORTERS.get(path.suffix.lower())
    if name is None:
        said = f'there is no export format "{path.suffix}"' if path.suffix else "the file name has no suffix"
        raise FlexoptError(
            f"{path}: {said}", f"use one of the suffixes .{', .'.join(s[1:] for s in EXPORTERS)}"
        )
    return cast(Exporter, importlib.import_module(name))
