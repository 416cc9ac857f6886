"""What the usage of a scenario depends on: its files, and a key that changes when they do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from flexopt.inputs.files.containers import sha256
from flexopt.inputs.files.names import named
from flexopt.inputs.records import ScenarioFile, Source
from flexopt.inputs.usage.products import Catalogue


def usage_key(source: ScenarioFile, hash_of: Callable[[Path], str] = sha256) -> str:
    """A SHA-256 over everything `read_usage` depends on: equal keys, equal `Usage`.

    These are the bytes of the files, their names in findings, the key `usage`, the names of products and
    offers, and the users and aliases of the people table. Prices, terms, holdings and rules are not included.

    Parameters
    ----------
    hash_of : SHA-256 of a file's bytes; a caller that meets the same files again may cache it.

    Raises OSError if a file cannot be read.
    """
    scenario = source.scenario
    catalogue = Catalogue.of(scenario)
    usage, users = _named(source)
    parts = {
        "files": [(name, hash_of(path)) for name, path in usage],
        "users": [(name, hash_of(path)) for name, path in users],
        "people": sorted((p.user, p.aliases) for p in source.people.values()),
        "usage": scenario.usage.model_dump(mode="json", exclude={"files"}),
        # in order: of two similar names, a suggestion uses the later product
        "products": list(catalogue.products.items()),
        "offers": list(catalogue.offers.items()),
        "collections": list(catalogue.collections.items()),
    }
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def usage_sources(source: ScenarioFile) -> list[Source]:
    """The usage files and Users exports as in `Usage.sources`, without reading their contents."""
    found = []
    usage, users = _named(source)
    for name, path in usage + users:
        with suppress(OSError):
            found.append(Source(name, sha256(path)))
    return found


def _named(source: ScenarioFile) -> tuple[list[tuple[str, Path]], list[tuple[str, Path]]]:
    """Usage files and Users exports, with their names in findings."""
    usage = named(source.usage_files, source.folder)
    return usage, named(source.user_files, source.folder, usage)
