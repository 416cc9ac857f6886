"""Files that are no table, named for what they are."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from flexopt.base.findings import Refusal

_SPREADSHEET = "open it in a spreadsheet and save it as `CSV UTF-8`, or as .xlsx"
_EXPORT = "export the data as CSV, Excel or JSON"
_KINDS: tuple[tuple[re.Pattern[bytes], str, str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), what, hint)
    for pattern, what, hint in (
        (rb"%PDF", "a PDF", _EXPORT),
        (
            rb"<\?xml.{0,400}(progid=.Excel|<Workbook)",
            "an XML spreadsheet of Excel 2003",
            _SPREADSHEET,
        ),
        (rb"(<!doctype html|<html|<head|<body|<table|<meta|<script)", "an HTML page", _SPREADSHEET),
        (rb"(<\?xml|<!--|<[a-z][\w:.-]*[\s/>])", "XML", _EXPORT),
        (rb"\{\\rtf", "a text document (RTF)", _EXPORT),
        (rb"(\x89PNG|\xff\xd8\xff|GIF8)", "a picture", _EXPORT),
        (rb"(Rar!|7z\xbc\xaf)", "an archive", "unpack it, and name the files in it"),
        (
            rb"(#.*\s+)*(schema: *[\"']?flexopt\.scenario|\{\s*\"schema\": *\"flexopt\.scenario)",
            "a scenario of flexopt, not usage",
            "scenarios go on the command line or under `extends`; name the usage exports here",
        ),
        (rb"\{\s*\"schema\": *\"flexopt\.", "an output of flexopt, not usage", "name the usage exports here"),
    )
)
_OFFICE = {"xl/": "", "word/": "a Word document", "ppt/": "a presentation", "content.xml": ""}


def refuse_other_kinds(path: Path, head: bytes) -> None:
    """Refuse files that no table can be read from.

    Raises
    ------
    Refusal : U158.
    """
    start = head[:5000].removeprefix(b"\xef\xbb\xbf").lstrip()
    found = next(((what, hint) for pattern, what, hint in _KINDS if pattern.match(start)), None)
    if head.startswith(b"PK\x03\x04"):
        found = _in_archive(path)
    if found is not None:
        what, hint = found
        suffix = path.suffix.lower()
        called = (
            f", although it is called {suffix}"
            if suffix in (".xls", ".xlsx", ".xlsm", ".csv", ".json")
            else ""
        )
        raise Refusal("U158", f"the file is {what}{called}", hint)


def _in_archive(path: Path) -> tuple[str, str] | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return None  # gzipped, or damaged: the reader says so
    for prefix, what in _OFFICE.items():
        if any(name.startswith(prefix) for name in names):
            return (what, _EXPORT) if what else None
    inside = ", ".join(sorted(names)[:3])[:120]
    return f"a ZIP archive ({inside or 'empty'})", "unpack it, and name the files in it"
