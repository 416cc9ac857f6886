"""Tells text in Windows-1252, as Excel saves a `CSV` in western Europe, from damaged UTF-8."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

WESTERN = "cp1252"

_BLOCK = 1 << 20
_PUNCTUATION = "\xa0‘’“”–—…®™°²³·ªº"
# both bytes would be odd in Windows-1252: the second is a sign, or a capital letter after a small one
_UTF8 = re.compile(rb"[\xc3-\xc5][\x80-\xbf]|[\xe2-\xef][\x80-\xbf]{2}|\xf0[\x80-\xbf]{3}")
_ODD = re.compile(rf"[^\x00-\x7f{_PUNCTUATION}À-ÖØ-öø-ÿŠŽŒšžœŸƒ]|[a-zß-öø-ÿ][À-ÖØ-Þ]|[À-ÖØ-öø-ÿ]{{3}}")


def is_western(path: Path, zipped: bool) -> bool:
    """Whether a file that is not UTF-8 is plausible as Windows-1252, from its first byte to its last.

    It is not if it has a character in UTF-8, or what no name has: an unused byte, a sign of money, a capital
    letter after a small one, three accents in a row.
    """
    rest = b""
    try:
        with gzip.open(path, "rb") if zipped else path.open("rb") as file:
            while block := file.read(_BLOCK):
                block = rest + block
                if _UTF8.search(block) or _ODD.search(block.decode(WESTERN)):
                    return False
                rest = block[-3:]
    except (UnicodeDecodeError, OSError, EOFError, zlib.error):
        return False
    return True
