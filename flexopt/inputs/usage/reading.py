"""What a reading of usage depends on: scenarios that agree in it share one reading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from flexopt.inputs.records import ScenarioFile, Source
from flexopt.inputs.usage.products import Catalogue
from flexopt.inputs.usage.read import _shown
from flexopt.inputs.usage.sniff import sha256

__all__ = ["reading_key", "usage_sources"]


def reading_key(source: ScenarioFile, hash_of: Callable[[Path], str] = sha256) -> str:
    """A SHA-256 over everything `read_usage` takes: equal keys, equal `Usage`.

    That is the bytes of the files and their names as findings show them, `usage.dates` and `usage.period`,
    and the names that products and offers go by. Prices, terms, holdings and rules are not in it.

    Parameters
    ----------
    hash_of : SHA-256 of a file's bytes; a caller that meets the same files again may remember it.

    Raises OSError if a file cannot be read.
    """
    scenario, root = source.scenario, source.folder
    catalogue = Catalogue.of(scenario)
    parts = {
        "files": sorted((_shown(path, root), hash_of(path)) for path in source.usage_files),
        "usage": scenario.usage.model_dump(mode="json", exclude={"files"}),
        # in their order: of two names that are alike, a suggestion takes the later product
        "products": list(catalogue.products.items()),
        "offers": list(catalogue.offers.items()),
    }
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def usage_sources(source: ScenarioFile) -> list[Source]:
    """The usage files as `Usage.sources` has them, without making anything of them."""
    found = []
    for name, path in sorted((_shown(path, source.folder), path) for path in source.usage_files):
        with suppress(OSError):
            found.append(Source(name, sha256(path)))
    return found
