"""Detects what a usage file is (container, encoding, delimiter, header) from its first bytes."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Literal

from flexopt.base.findings import Refusal
from flexopt.inputs.files.formats import FORMATS, Format, compact, recognise
from flexopt.inputs.files.other_kinds import refuse_other_kinds
from flexopt.inputs.files.unknown_headers import refuse_licence_log
from flexopt.inputs.files.western import WESTERN, is_western

HEAD = 1 << 20
"""Bytes examined; the header line must end within them, and no line may be longer."""

UNFOLDED, RATIO = 1 << 28, 200
"""Bytes, and times its size, to which a gzip file may unfold: exports reach 50 times."""

Container = Literal["text", "json", "workbook", "parquet"]
_DELIMITERS = (",", ";", "\t", "|")
_KNOWN = frozenset[str]().union(*(f.columns for f in FORMATS))


@dataclass(frozen=True, slots=True)
class Text:
    """A delimited text file with its format."""

    path: Path
    gzip: bool
    delimiter: str
    header: tuple[str, ...]
    skip: int
    """Lines before the first data line."""
    rewrite: str = ""
    """The encoding from which the file must be converted before DuckDB reads it."""
    supposed: str = ""
    """The encoding, if the file does not prove it."""


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, streamed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_bytes(path: Path, zipped: bool) -> IO[bytes]:
    """The uncompressed bytes of a file."""
    return gzip.open(path, "rb") if zipped else path.open("rb")  # type: ignore[return-value]


def container(path: Path) -> tuple[Container, bool, bytes]:
    """The kind of file according to its first bytes, whether it is gzipped, and its head.

    Raises
    ------
    Refusal : U101 it cannot be opened, U102 it is empty, U110 it is damaged, U158 it is no table.
    """
    try:
        if path.is_dir():
            raise Refusal("U101", "this is a folder, not a file", "name the files in it: `folder/*.csv`")
        if path.exists() and not path.is_file():  # a pipe or a device may never end
            raise Refusal("U101", "this is not a regular file", "save the export as a file")
        with path.open("rb") as file:
            magic = file.read(8)
    except FileNotFoundError:
        raise Refusal("U101", "the file does not exist", "check the name under `usage.files`") from None
    except (OSError, ValueError, RuntimeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        raise Refusal(
            "U101", f"the file cannot be opened: {why}", "check the name and your permission to read it"
        ) from None
    zipped = magic.startswith(b"\x1f\x8b")
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    try:
        with open_bytes(path, zipped) as file:
            head = file.read(HEAD)
    except (OSError, EOFError, zlib.error):
        raise damaged("gzip file", "it is truncated or corrupt") from None
    if not head:
        raise Refusal("U102", "the file is empty", "export it again, or remove it from `usage.files`")
    refuse_other_kinds(path, head)
    if head.startswith(b"PAR1") or suffix == ".parquet":
        return "parquet", zipped, head
    if head.startswith((b"PK", b"\xd0\xcf\x11\xe0")) or suffix in (".xlsx", ".xls", ".xlsm"):
        return "workbook", zipped, head
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if suffix == ".json" or start in (b"{", b"["):
        return "json", zipped, head
    return "text", zipped, head


def damaged(what: str, how: str) -> Refusal:
    return Refusal("U110", f"the {what} is damaged: {how}", "export or copy the file again")


def sniff_text(path: Path, zipped: bool, head: bytes, own: Format | None = None) -> Text:
    """Encoding, delimiter and header of a delimited text file; `own` are the columns that the scenario names.

    Raises
    ------
    Refusal : U102 only blank lines, U111 encoding, U112 not text, U115 an endless line.
    """
    text, encoding = _decode(head, path, zipped)
    complete = len(head) < HEAD
    bare = text.replace("\r\n", "")
    odd_ends = "\r" in bare or ("\r\n" in text and "\n" in bare)
    lines = _LINE_END.split(text) if odd_ends else text.split("\n")
    if not complete and len(lines) < 2:
        raise Refusal(
            "U115", f"the first line does not end within {HEAD:,} bytes", "export the file again", 1
        )
    refuse_licence_log(text)
    best: tuple[int, int, str, list[str]] | None = None
    for number, line in enumerate(lines[:10]):
        if not line.strip() or line.strip().lower().startswith("sep="):
            continue
        delimiter, columns = _split(line, _KNOWN | own.columns if own else _KNOWN)
        known = recognise(columns, own) is not None
        if best is None or known:
            best = (int(known), number, delimiter, columns)
        if known:
            break
    if best is None:
        raise Refusal(
            "U102", "the file has only blank lines", "export it again, or remove it from `usage.files`"
        )
    _, number, delimiter, columns = best
    rewrite = encoding if encoding != "utf-8" or odd_ends else ""
    supposed = WESTERN if encoding == WESTERN else ""
    return Text(path, zipped, delimiter, tuple(c.strip() for c in columns), number + 1, rewrite, supposed)


def _decode(head: bytes, path: Path, zipped: bool) -> tuple[str, str]:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        decoder = codecs.getincrementaldecoder("utf-16")()
        try:
            text = decoder.decode(head)
        except UnicodeDecodeError as problem:
            good = codecs.getincrementaldecoder("utf-16")().decode(head[: problem.start])
            raise _encoding(len(_LINE_END.findall(good)) + 1) from None
        if "\x00" in text:
            row = len(_LINE_END.findall(text[: text.index("\x00")])) + 1
            raise Refusal("U112", "the file has NUL characters, or is UTF-32", _ENCODING_HINT, row)
        return text, "utf-16"
    if b"\x00" in head:
        nulls = head.count(b"\x00")
        if nulls > len(head) // 3:
            raise Refusal(
                "U111",
                "the file looks like UTF-16 without a byte order mark, or is not text",
                _ENCODING_HINT,
                1,
            )
        row = head[: head.index(b"\x00")].count(b"\n") + 1
        raise Refusal("U112", "the file has NUL bytes", "export it again; it was damaged in transfer", row)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        if is_western(path, zipped):
            return head.decode(WESTERN), WESTERN
    first = re.split(rb"[\r\n]", head.removeprefix(codecs.BOM_UTF8), maxsplit=1)[0]
    try:
        first.decode("utf-8")
    except UnicodeDecodeError:
        if len(first) < HEAD - 8:
            raise _encoding(1) from None
    return head.decode("utf-8-sig", "replace"), "utf-8"


_LINE_END = re.compile(r"\r\n|\r|\n")
_ENCODING_HINT = "save the file as UTF-8 (Excel: `CSV UTF-8 (comma delimited)`)"


def _encoding(row: int | None) -> Refusal:
    return Refusal("U111", "the file is not in UTF-8", _ENCODING_HINT, row)


def _split(line: str, known: frozenset[str]) -> tuple[str, list[str]]:
    """The delimiter that gives the most known columns, and the columns."""

    def split(delimiter: str) -> list[str]:
        try:
            return next(csv.reader([line.rstrip("\r")], delimiter=delimiter), [])
        except csv.Error:
            return line.split(delimiter)

    def worth(delimiter: str) -> tuple[int, int]:
        columns = split(delimiter)
        return sum(1 for c in columns if compact(c) in known), len(columns)

    best = max(_DELIMITERS, key=worth)
    return best, split(best)


def rewrite(text: Text, into: Path) -> Text:
    """Convert the file to UTF-8 with plain line ends, streaming.

    Raises
    ------
    Refusal : U111 it cannot be decoded, U110 its gzip is damaged or unfolds to too much.
    """
    decoder = codecs.getincrementaldecoder(text.rewrite)()
    ends, lines = _LineEnds(), 0
    try:
        with open_bytes(text.path, text.gzip) as source, into.open("wb") as target:
            for block in _blocks(text, source, HEAD):
                written = ends(decoder.decode(block)).encode("utf-8")
                lines += written.count(b"\n")
                target.write(written)
            target.write(ends(decoder.decode(b"", True)).encode("utf-8"))
    except UnicodeDecodeError as problem:
        if text.rewrite == "utf-8" and is_western(text.path, text.gzip):
            return rewrite(replace(text, rewrite=WESTERN, supposed=WESTERN), into)
        good = problem.object[: problem.start]
        row = lines + len(re.findall(rb"\r\n|\r|\n", good)) + 1 if text.rewrite == "utf-8" else None
        raise _encoding(row) from None
    except (OSError, EOFError, zlib.error):
        raise damaged("gzip file", "it is truncated or corrupt") from None
    return Text(into, False, text.delimiter, text.header, text.skip, supposed=text.supposed)


def _blocks(text: Text, file: IO[bytes], size: int, unfolded: int = UNFOLDED) -> Iterator[bytes]:
    """The bytes of a text file, unfolded as far as those of an export may be."""
    most = max(unfolded, RATIO * text.path.stat().st_size) if text.gzip else math.inf
    while block := file.read(size):
        if file.tell() > most:
            raise Refusal(
                "U110",
                f"the gzip file unfolds to more than {most:,} bytes, {RATIO} times its size",
                "check what is in it: exports have no such repetition; unpack it if it is right",
            )
        yield block


def refuse_long_lines_and_bombs(text: Text, unfolded: int = UNFOLDED) -> None:
    """Refuse lines much longer than DuckDB's limit (it may lose them silently), and bombs.

    Raises
    ------
    Refusal : U115 a line that is too long, U110 the gzip is damaged, or unfolds to much more than exports do.
    """
    lines = 0
    try:
        with open_bytes(text.path, text.gzip) as file:
            for block in _blocks(text, file, HEAD // 2, unfolded):
                if b"\n" not in block and len(block) == HEAD // 2:
                    break
            else:
                return
        with open_bytes(text.path, text.gzip) as file:
            while (block := file.read(HEAD // 2)) and (b"\n" in block or len(block) < HEAD // 2):
                lines += block.count(b"\n")
    except (OSError, EOFError, zlib.error):
        raise damaged("gzip file", "it is truncated or corrupt") from None
    raise Refusal(
        "U115",
        f"the line is longer than {HEAD // 2:,} bytes",
        "export the file again, or shorten the line",
        lines + 1,
    )


class _LineEnds:
    """Turns \\r\\n and \\r into \\n, block by block."""

    def __init__(self) -> None:
        self.after_return = False

    def __call__(self, block: str) -> str:
        if self.after_return and block.startswith("\n"):
            block = block[1:]
            self.after_return = False
        if block:
            self.after_return = block.endswith("\r")
        return block.replace("\r\n", "\n").replace("\r", "\n")
