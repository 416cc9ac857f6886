"""The checksum in plan.json: an edit shows, whatever it changed. It is no signature: anyone can make one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from flexopt.store.plan import PlanDocument
from flexopt.store.plan_json import document_json

SEAL = re.compile(rb',\n "sha256": "([0-9a-f]{64})"\n\}\n\Z')
LONGEST = 100
"""Bytes at the end of plan.json that hold its checksum."""


def render(document: PlanDocument) -> bytes:
    """The document as in the plan folder."""
    # text may contain half a surrogate pair, which is not valid UTF-8; JSON can escape it
    return "".join(sealed(document)).encode("utf-8", "backslashreplace")


def sealed(document: PlanDocument) -> Iterator[str]:
    """plan.json in pieces; its last line is the SHA-256 of the text without that line."""
    digest, before = hashlib.sha256(), ""
    for piece in document_json(document):
        digest.update(piece.encode("utf-8", "backslashreplace"))
        yield before
        before = piece
    yield f',\n "sha256": "{digest.hexdigest()}"\n}}\n'


def unbroken(content: bytes) -> bool:
    """Whether plan.json is as it was written."""
    found = SEAL.search(content, max(0, len(content) - LONGEST))
    if found is None:
        return False
    digest = hashlib.sha256(memoryview(content)[: found.start()])
    digest.update(b"\n}")
    return digest.hexdigest() == found[1].decode()
