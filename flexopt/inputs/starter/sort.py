"""What each file given to `init` is: usage, seats or people; a file that is none of them is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flexopt.base.errors import FlexoptError
from flexopt.base.findings import Refusal
from flexopt.inputs.files.formats import Kind
from flexopt.inputs.usage.open_table import formats_of

PLACES: dict[Kind, str] = {
    "days": "usage",
    "summary": "usage",
    "subscriptions": "subscriptions",
    "users": "users",
}
"""The folder for each kind of export."""


@dataclass(frozen=True, slots=True)
class SortedFile:
    """A file, and the exports in it: a workbook may have several, in sheets of their own."""

    path: Path
    kinds: tuple[Kind, ...]
    formats: tuple[str, ...]

    @property
    def places(self) -> tuple[str, ...]:
        """The folders to which it belongs: `usage`, `subscriptions`, `users`."""
        return tuple(dict.fromkeys(PLACES[kind] for kind in self.kinds))


def sort_files(paths: Sequence[Path]) -> list[SortedFile]:
    """What each file is, in the order given, each file once.

    Raises FlexoptError that names every file that cannot be placed, and what it looks like.
    """
    found: list[SortedFile] = []
    refused: list[str] = []
    for path in {path.resolve(): path for path in reversed(paths)}.values():
        try:
            known = formats_of(path)
            found.append(
                SortedFile(path, tuple(f.kind for f in known), tuple(f.name for f in known)),
            )
        except Refusal as refusal:
            refused.append(f"{path}: {refusal.message} ({refusal.hint})")
    if refused:
        listed = "\n  ".join(refused[::-1])
        raise FlexoptError(
            f"nothing was written, as these files have no place in a scenario:\n  {listed}",
            "leave them out, or make them one of the exports that docs/usage-files.md lists",
        )
    return found[::-1]
