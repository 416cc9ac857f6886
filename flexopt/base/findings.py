"""What is wrong, odd or worth knowing in the inputs: one `Finding` each, with its place and its fix."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from flexopt.base.errors import FlexoptError

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fact about one place of one input file.

    `code` is stable: `S` scenario, `U` usage, `T` other tables (people, access, subscriptions). `row` is the
    line of the file (1 = the header line of a table) or None for the whole file; `column` is the column of
    a table or the key of a scenario (`offers.autocad-1y.prices`); `count` is the number of rows it stands for
    (the place is that of the first).
    """

    file: str
    row: int | None
    column: str
    code: str
    severity: Severity
    message: str
    hint: str
    value: str = ""
    count: int = 1

    def __str__(self) -> str:
        place = self.file + (f":{self.row}" if self.row is not None else "")
        column = f"column `{self.column}`: " if self.column and self.code[0] in "UT" else ""
        column = f"`{self.column}`: " if self.column and not column else column
        said = self.message.startswith(f"{self.count:,} ")
        many = f" ({self.count:,} rows of this kind)" if self.count > 1 and not said else ""
        hint = f"\n\nhint: {self.hint}" if self.hint else ""
        return f"{self.severity}: {place}: {column}{self.message}{many} [{self.code}]{hint}"


def with_each_hint_once(findings: Iterable[Finding]) -> Iterator[str]:
    """The texts of the findings; a hint that was given for the same code is not repeated."""
    given = set()
    for finding in findings:
        again = (finding.code, finding.hint) in given
        given.add((finding.code, finding.hint))
        yield str(replace(finding, hint="") if again else finding)


class InputError(FlexoptError):
    """The inputs have errors; all of them are in `findings`, in the order of the files."""

    SHOWN = 20

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(f for f in findings if f.severity == "error")
        number = len(self.findings)
        super().__init__(f"{number} error{'s' if number != 1 else ''} in the inputs")

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Finding, ...]]]:
        return InputError, (self.findings,)  # so that it survives pickling between processes

    def __str__(self) -> str:
        text = "\n".join(with_each_hint_once(self.findings[: self.SHOWN]))
        more = len(self.findings) - self.SHOWN
        return text + (f"\n... and {more} more errors; `flexopt check` lists them all" if more > 0 else "")


MOST_NAMES = 2000
"""Known words that are searched for a close match."""


def did_you_mean(word: str, known: Collection[str], otherwise: str) -> str:
    """A hint that names the closest known word."""
    if len(known) > MOST_NAMES:
        return otherwise
    names = sorted(set(known))
    folded = {n.casefold(): n for n in reversed(names)}
    near = difflib.get_close_matches(word[:200].casefold(), folded, 1, 0.6)
    return f"did you mean `{folded[near[0]]}`?" if near else otherwise


class Refusal(Exception):
    """Why a file cannot be read further: the parts of one finding, raised where its name is unknown."""

    def __init__(
        self,
        code: str,
        message: str,
        hint: str,
        row: int | None = None,
        *,
        column: str = "",
        value: object = "",
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint
        self.row, self.column, self.value = row, column, value


UNSHOWN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that would control a terminal, reverse the text or cannot be printed at all."""


def _cut(text: str, most: int) -> str:
    text = UNSHOWN.sub("\ufffd", text[: most + 1])
    return text if len(text) <= most else text[:most] + "…"


@dataclass(slots=True)
class Findings:
    """The findings made while reading the inputs, in the order they were made."""

    items: list[Finding] = field(default_factory=list)

    def add(
        self,
        code: str,
        message: str,
        *,
        file: str,
        row: int | None = None,
        column: str = "",
        value: object = "",
        hint: str = "",
        severity: Severity = "error",
        count: int = 1,
    ) -> None:
        """Record one finding; long texts are cut so that no input floods the screen."""
        self._keep(Finding(file, row, column, code, severity, message, hint, str(value), count))

    def _keep(self, found: Finding) -> None:
        self.items.append(
            replace(
                found,
                column=_cut(found.column, 200),
                message=_cut(found.message, 400),
                hint=_cut(found.hint, 2_000),  # may have lines to paste
                value=_cut(found.value, 200),
            )
        )

    def add_few(self, found: Sequence[Finding], most: int, more: str, column: str = "") -> None:
        """Record the first of these findings, all of one kind, and one finding that counts the rest.

        `more` says what the rest are, in the plural; `column` is the column of that last finding.
        """
        for finding in found[:most]:
            self._keep(finding)
        if rest := found[most:]:
            message, count = f"{len(rest):,} {more}", sum(f.count for f in rest)
            self._keep(replace(rest[0], row=None, column=column, message=message, value="", count=count))

    def add_refusal(self, refusal: Refusal, file: str) -> None:
        """Record why a file cannot be read."""
        r = refusal
        self.add(r.code, r.message, file=file, row=r.row, column=r.column, value=r.value, hint=r.hint)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def errors(self) -> list[Finding]:
        return [f for f in self.items if f.severity == "error"]

    def raise_if_errors(self) -> None:
        """Raises InputError with all errors found so far."""
        if self.errors:
            raise InputError(self.errors)
