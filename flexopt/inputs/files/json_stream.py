"""Reads JSON as it arrives: long arrays of records become columns of text at once, the rest is small.

The records themselves are decoded by the standard library, one at a time.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import IO, Any

import pyarrow as pa

from flexopt.base.findings import Refusal
from flexopt.inputs.files.cells import text_of


@dataclass(frozen=True, slots=True)
class JsonLimits:
    """What reading one file may take, and how much of it is read at a time."""

    most: int = 1 << 30
    """Bytes, unpacked."""
    cells: int = 50_000_000
    """Records times their fields, which are held in memory."""
    records: int = 10_000
    """Records that are turned into columns at a time; keys of one object around them."""
    characters: int = 1 << 22
    """Characters of records that are turned into columns at a time; no value may be longer."""
    block: int = 1 << 20
    """Bytes read at a time."""
    deepest: int = 8
    """Objects around the table; what is deeper is one value."""


_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class Records(Sequence[Any]):
    """The records of an array, all objects or all arrays, as columns of text."""

    def __init__(self, records: Sequence[Any] = ()) -> None:
        self.total = 0
        self.columns: dict[Any, dict[int, pa.Array]] = {}
        """Name, or place, of a column -> its texts by the number of the part; missing parts have none."""
        self.parts: list[int] = []
        self.kinds: set[type] = set()
        self.widths: dict[int, int] = {}
        """Lengths of positional records -> the number of the first such record."""
        if records:
            self.add(records)

    def add(self, records: Sequence[Any]) -> None:
        """Add the next part."""
        kinds = set(map(type, records))
        self.kinds |= kinds
        columns: dict[Any, list[Any]] = {}
        if kinds == {dict}:
            for name in dict.fromkeys(chain.from_iterable(records)):
                columns[name] = [record.get(name) for record in records]
        elif kinds == {list}:
            for number, record in enumerate(records, start=self.total):
                self.widths.setdefault(len(record), number)
            for place in range(max(map(len, records))):
                columns[place] = [record[place] if place < len(record) else None for record in records]
        for name, values in columns.items():
            self.columns.setdefault(name, {})[len(self.parts)] = _texts(values)
        self.parts.append(len(records))
        self.total += len(records)

    def table(self) -> pa.Table:
        """The columns `c0`, `c1`, ..., and `row`, counted from 2."""
        chunks = [
            [
                parts.get(number, None) if number in parts else pa.nulls(count, pa.large_string())
                for number, count in enumerate(self.parts)
            ]
            for parts in self.columns.values()
        ]
        arrays = [pa.chunked_array(c, pa.large_string()) for c in chunks]
        names = [f"c{place}" for place in range(len(arrays))]
        rows = pa.array(range(2, self.total + 2), pa.int64())
        return pa.Table.from_arrays([*arrays, rows], names=[*names, "row"])

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, place: Any) -> Any:
        """A record with its values as text."""
        (row,) = self.table().slice(range(self.total)[place], 1).drop_columns("row").to_pylist()
        values = row.values()
        if self.kinds == {list}:
            return list(values)
        return {name: value for name, value in zip(self.columns, values, strict=True) if value is not None}


def _texts(values: list[Any]) -> pa.Array:
    if "" not in values:
        try:
            return pa.array(values, pa.large_string())
        except (pa.ArrowException, TypeError, UnicodeError):  # not only text, or halves of characters
            pass
    return pa.array([text_of(v) for v in values], pa.large_string())


def too_large() -> Refusal:
    return Refusal("U110", "the file is too large to be read into memory", "export it as CSV or Parquet")


def load(file: IO[bytes], limits: JsonLimits = JsonLimits()) -> Any:
    """The document; an array with many records is `Records` instead of a list.

    Raises
    ------
    Refusal : U110 it is damaged or too large.
    UnicodeDecodeError, OSError, EOFError, zlib.error : it cannot be decoded, or unpacked.
    """
    return _Reader(file, limits).document()


class _Reader:
    def __init__(self, file: IO[bytes], limits: JsonLimits) -> None:
        self.file, self.limits = file, limits
        head = file.read(max(4, limits.block))
        self.decoder = codecs.getincrementaldecoder(json.detect_encoding(head))("surrogatepass")
        self.text, self.at = self.decoder.decode(head), 0
        self.bytes, self.lines, self.ended = len(head), 0, False

    def document(self) -> Any:
        try:
            value = self.value(0)
            if self.next() == "{" and isinstance(value, dict):
                value = self.records([value], lambda: self.next() == "{")  # JSON lines
            if self.next():
                raise self.damage(self.at)
        except RecursionError:
            raise self.damage(None) from None
        return value

    def damage(self, place: int | None) -> Refusal:
        row = None if place is None else self.lines + self.text.count("\n", 0, place) + 1
        return Refusal("U110", "the JSON is damaged or truncated", "export the file again", row)

    def more(self) -> bool:
        """Read on; False at the end of the file, and if one value is too long."""
        rest = self.text[self.at :]
        if self.ended or len(rest) > self.limits.characters:
            return False
        block = self.file.read(max(self.limits.block, len(rest)))
        self.bytes += len(block)
        if self.bytes > self.limits.most:
            raise too_large()
        self.ended = not block
        self.lines += self.text.count("\n", 0, self.at)
        self.text, self.at = rest + self.decoder.decode(block, self.ended), 0
        return True

    def next(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def take(self, wanted: str) -> str:
        """The next character, which must be one of these."""
        found = self.next()
        if not found or found not in wanted:
            raise self.damage(self.at)
        self.at += 1
        return found

    def whole(self) -> Any:
        """The next value, decoded at once."""
        self.next()
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as problem:
                place = problem.pos
            except ValueError:  # a number of thousands of digits
                raise self.damage(self.at) from None
            else:
                if (end < len(self.text) and self.text[end] not in "+-.0123456789Ee") or not self.more():
                    self.at = end
                    return value
                continue  # the number may go on
            if not self.more():
                raise self.damage(place)

    def value(self, depth: int) -> Any:
        first = self.next()
        if depth < self.limits.deepest and first == "{":
            return self.object(depth)
        if depth < self.limits.deepest and first == "[":
            return self.array()
        return self.whole()

    def object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.take("{")
        if self.next() == "}":
            self.at += 1
            return found
        while True:
            if self.next() != '"':
                raise self.damage(self.at)
            key = self.whole()
            self.take(":")
            found[key] = self.value(depth + 1)
            if len(found) > self.limits.records:
                raise too_large()
            if self.take(",}") == "}":
                return found

    def array(self) -> Any:
        self.take("[")
        if self.next() == "]":
            self.at += 1
            return []
        return self.records([], lambda: self.take(",]") == ",")

    def records(self, part: list[Any], follows: Callable[[], bool]) -> Any:
        """The first records, and those from here on as long as another follows."""
        records: Records | None = None
        begun = self.characters()
        while True:
            part.append(self.whole())
            more = follows()
            if len(part) == self.limits.records or self.characters() - begun > self.limits.characters:
                records = Records() if records is None else records
                records.add(part)
                if len(records) * len(records.columns) > self.limits.cells:
                    raise too_large()
                part, begun = [], self.characters()
            if not more:
                break
        if records is None:
            return part
        if part:
            records.add(part)
        return records

    def characters(self) -> int:
        """A measure of what has been read: bytes of the file, characters of its last block."""
        return self.bytes - len(self.text) + self.at
