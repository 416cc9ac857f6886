"""YAML as planners write it: maps, lists, text, numbers, true, false, null; nothing executable or repeated.

The reader walks PyYAML's events instead of building objects: it ignores tags, follows no aliases, does not
recurse, and every value keeps its place. Numbers are exact; dates stay text: the schema knows which keys are
dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import yaml

from flexopt.base.findings import Findings, Refusal
from flexopt.inputs.scenario.meant import meant

MAX_BYTES = 10_000_000
MAX_DEPTH = 50
MAX_DIGITS = 60

KeyPath: TypeAlias = tuple[str | int, ...]
Mark: TypeAlias = Any  # a position as given by PyYAML: .line and .column from 0, or None

NULL = re.compile(r"~|null|Null|NULL|")
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
DECIMAL = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
EXPONENT = re.compile(r"[eE]([-+]?[0-9]+)$")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One file: plain data, and the (line, column) of every key and list item, both from 1."""

    data: dict[str, Any]
    positions: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)


def _refused(code: str, message: str, hint: str, mark: Mark, value: str = "") -> Refusal:
    return Refusal(code, message, hint, mark.line + 1 if mark is not None else None, value=value)


def read_yaml(raw: bytes, file: str, findings: Findings) -> YamlDocument | None:
    """Read a scenario file; None with error findings if it cannot be read.

    `file` is the name shown in findings. Values are dict, list, str, int, Decimal, bool and None.
    """
    before = len(findings.errors)
    try:
        text = _decode(raw)
        document = _Builder(file, findings).build(_events(text))
    except Refusal as refusal:
        findings.add_refusal(refusal, file)
        return None
    return document if len(findings.errors) == before else None


def _decode(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise Refusal(
            "S102",
            f"the file has {len(raw):,} bytes; a scenario may have at most {MAX_BYTES:,}",
            "keep people, access and usage in CSV files and name them in the scenario",
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = None if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else raw.count(b"\n", 0, error.start) + 1
        raise Refusal("S103", "the file is not UTF-8 text", "save it as UTF-8 in your editor", row) from None
    if bad := CONTROL.search(text):
        raise Refusal(
            "S104",
            f"the file has a control character (U+{ord(bad[0]):04X})",
            "delete the character; retype the line if you cannot see it",
            text.count("\n", 0, bad.start()) + 1,
        )
    return text


def _events(text: str) -> Iterator[yaml.Event]:
    """PyYAML's events; any error becomes a refusal."""
    loader = yaml.SafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()  # type: ignore[no-untyped-call]
    except yaml.MarkedYAMLError as error:
        raise _syntax(error, text) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, IndexError) as error:
        raise Refusal(
            "S105",
            f"the file is not YAML: {error}".splitlines()[0],
            "check the line for stray quotes and escapes",
        ) from None
    finally:
        loader.dispose()


def _syntax(error: yaml.MarkedYAMLError, text: str) -> Refusal:
    mark = error.problem_mark or error.context_mark
    problem = str(error.problem or error.context or "it cannot be read")
    line = text.splitlines()[mark.line] if mark is not None and mark.line < len(text.splitlines()) else ""
    if "\\t" in problem or "\t" in line[: len(line) - len(line.lstrip())]:
        return _refused("S106", "the line is indented with a tab", "indent with two spaces", mark)
    hint = "check the indentation and the quotes of this line and the one before"
    if "undefined alias" in problem or line.lstrip(" -").startswith(("*", "&")):
        hint = "put text that starts with * or & in quotes"
    elif "mapping values are not allowed" in problem:
        hint = "put text that contains `: ` in quotes, and give every key its own line"
    elif "%" in problem or "@" in problem or "`" in problem:
        hint = "put text that starts with %, @ or ` in quotes"
    return _refused("S105", f"the file is not YAML: {problem}", hint, mark, line.strip())


@dataclass(slots=True)
class _Open:
    """A map or list being read."""

    value: dict[str, Any] | list[Any]
    path: KeyPath
    key: str | None = None
    typed: yaml.ScalarEvent | None = None
    """The key as it was typed."""


class _Builder:
    """Turns events into plain data, and reports YAML features that scenarios do not allow."""

    def __init__(self, file: str, findings: Findings) -> None:
        self.file, self.findings = file, findings
        self.positions: dict[KeyPath, tuple[int, int]] = {}
        self.stack: list[_Open] = []
        self.documents = 0
        self.root: Any = None

    def error(self, code: str, message: str, hint: str, mark: Mark, value: str = "") -> None:
        column = ".".join(map(str, self.stack[-1].path)) if self.stack else ""
        self.findings.add(
            code, message, file=self.file, row=mark.line + 1, column=column, value=value, hint=hint
        )

    def build(self, events: Iterator[yaml.Event]) -> YamlDocument:
        mark: Mark = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    raise _refused(
                        "S110",
                        "the file has more than one document (`---`)",
                        "keep one scenario per file; combine files with `extends`",
                        event.start_mark,
                    )
            elif isinstance(event, yaml.NodeEvent):
                mark = mark or event.start_mark
                self.node(event)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self.stack.pop()
        if not isinstance(self.root, dict):
            empty = self.root is None
            raise _refused(
                "S111",
                "the file is empty" if empty else "the file is not a map of keys (`currency: USD`)",
                "start with `schema: flexopt.scenario/1`",
                mark,
            )
        return YamlDocument(self.root, self.positions)

    def node(self, event: yaml.NodeEvent) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            raise _refused(
                "S109",
                f"anchors and aliases are not allowed in scenarios (`{sign}{event.anchor}`)",
                "write the value out, or put text that starts with * or & in quotes",
                event.start_mark,
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise _refused(
                "S108",
                f"tags are not allowed in scenarios (`{tag[:60]}`)",
                "remove the tag; put text that starts with ! in quotes",
                event.start_mark,
            )
        if isinstance(event, yaml.ScalarEvent):
            if self.at_key():
                self.take_key(event)
            else:
                self.place(self.scalar(event), event)
            return
        if self.at_key():
            raise _refused(
                "S112",
                "a key is a map or a list",
                "keys must be text; put names with braces or brackets in quotes",
                event.start_mark,
            )
        if len(self.stack) >= MAX_DEPTH:
            raise _refused(
                "S113",
                f"more than {MAX_DEPTH} levels of nesting",
                "scenarios are never nested so deeply; check the brackets",
                event.start_mark,
            )
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = self.place(value, event)
        self.stack.append(_Open(value, path))

    def at_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def take_key(self, event: yaml.ScalarEvent) -> None:
        top = self.stack[-1]
        plain = event.implicit[0] and event.style is None
        key: str = event.value
        mark: Mark = event.start_mark
        top.key, top.typed = key, event if plain else None
        if plain and key == "<<":
            self.error("S109", "merge keys (`<<`) are not allowed in scenarios", "use `extends`", mark, key)
        elif CONTROL.search(key):
            self.error("S104", "a key has a control character", "delete the escape sequence", mark)
        elif (*top.path, key) in self.positions:
            first = self.positions[(*top.path, key)][0]
            self.error(
                "S107",
                f"the key `{key}` appears twice (first on line {first})",
                "keep one of them",
                mark,
                key,
            )
        else:
            self.positions[(*top.path, key)] = (mark.line + 1, mark.column + 1)

    def check_key(self, top: _Open, key: str, empty: bool) -> None:
        """S170, S112: a number as a key, often the rest of a number with a comma: `{new: 2,310.00}`."""
        if top.typed is None or not isinstance(top.value, dict):
            return
        mark: Mark = top.typed.start_mark
        before, number = next(reversed(top.value.items()), ("", None))
        typed = f"{number},{key}"
        if empty and re.match(r"[0-9]", key) and number is not None and (read := meant(typed)):
            self.error(
                "S170",
                f"a comma ends a value here, but a number seems to go on: `{before}: {typed}`",
                f"write `{before}: {read}`: digits and a decimal point",
                mark,
                typed,
            )
        elif not isinstance(self.plain(top.typed), str):
            self.error("S112", f"the key `{key}` is not text", f'put it in quotes: "{key}"', mark, key)

    def place(self, value: Any, event: yaml.NodeEvent) -> KeyPath:
        """Put a value where it belongs; returns its place."""
        if not self.stack:
            self.root = value
            return ()
        top = self.stack[-1]
        if isinstance(top.value, dict):
            key = top.key or ""
            self.check_key(top, key, isinstance(event, yaml.ScalarEvent) and event.value == "")
            top.key = None
            top.value.setdefault(key, value)
            return (*top.path, key)
        top.value.append(value)
        path = (*top.path, len(top.value) - 1)
        mark: Mark = event.start_mark
        self.positions[path] = (mark.line + 1, mark.column + 1)
        return path

    def scalar(self, event: yaml.ScalarEvent) -> Any:
        if event.implicit[0] and event.style is None:
            return self.plain(event)
        if CONTROL.search(event.value):
            self.error(
                "S104", "the text has a control character", "delete the escape sequence", event.start_mark
            )
        return event.value

    def plain(self, event: yaml.ScalarEvent) -> Any:
        """The value of unquoted text; words such as `no` and `on` are text."""
        text = event.value
        if NULL.fullmatch(text):
            return None
        if text in ("true", "false"):
            return text == "true"
        if DECIMAL.fullmatch(text):
            exponent = EXPONENT.search(text)
            if len(text) > MAX_DIGITS or (exponent and abs(int(exponent[1])) > MAX_DIGITS):
                self.error(
                    "S114",
                    "the number is too long",
                    f"write at most {MAX_DIGITS} digits; put names made of digits in quotes",
                    event.start_mark,
                    text,
                )
                return 0
            try:
                return int(text) if INTEGER.fullmatch(text) else Decimal(text)
            except (ValueError, InvalidOperation):
                return text
        return text
