"""`extends`: a scenario and its bases become one, and every key remembers the file and line that set it.

All files are put in order, bases first, each once (even if two bases share one), and merged in that order:
maps merge recursively, lists of maps with an `id` merge by `id`, everything else replaces. A policy that is a
list is its `rules`.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from flexopt.base.findings import Findings
from flexopt.inputs.files.names import is_absolute
from flexopt.inputs.scenario.folder import Place, ScenarioFolder
from flexopt.inputs.scenario.scenario import policy_of
from flexopt.inputs.scenario.yaml import MAX_BYTES, KeyPath, YamlDocument, read_yaml

MAX_CHAIN = 20
MAX_FILES = 100

Places: TypeAlias = dict[KeyPath, tuple[str, int]]


@dataclass(slots=True)
class Resolved:
    """The merged data of a scenario, with the file and line of every key and list item."""

    file: str
    data: dict[str, Any] = field(default_factory=dict)
    places: Places = field(default_factory=dict)
    currencies: dict[str, str] = field(default_factory=dict)
    """The currency of each file's prices: its own, that of its bases, or that of the first file above it."""

    def place(self, path: KeyPath) -> Place:
        """File, line and dotted key of a path, or of the nearest key above if it was not written."""
        near = path
        while near and near not in self.places:
            near = near[:-1]
        file, row = self.places[near] if near else (self.file, None)
        return file, row, self.dotted(path)

    def dotted(self, path: KeyPath) -> str:
        """`offers.autocad-1y.prices.1`: ids instead of positions, other positions from 1."""
        words: list[str] = []
        value: Any = self.data
        for part in path:
            if isinstance(part, int):
                value = value[part] if isinstance(value, list) and part < len(value) else None
                name = value.get("id") if isinstance(value, dict) else None
                words.append(name[:60] if isinstance(name, str) and name else str(part + 1))
            else:
                value = value.get(part) if isinstance(value, dict) else None
                words.append(part)
        return ".".join(words)


def resolve(path: Path, folder: ScenarioFolder) -> Resolved | None:
    """Read a scenario and its bases; None with error findings if any of them cannot be read."""
    findings = folder.findings
    before = len(findings.errors)
    name = path.name
    reader = _ExtendsReader(folder, findings)
    reader.visit(name, (), (folder.shown(name), None, ""))
    if len(findings.errors) > before:
        return None
    resolved = Resolved(folder.shown(name))
    for file, document in reader.documents:
        resolved = _merge(resolved, file, document)
    resolved.currencies = reader.currencies
    return resolved


@dataclass(slots=True)
class _ExtendsReader:
    """Visit the files of a chain of `extends`, bases first."""

    folder: ScenarioFolder
    findings: Findings
    documents: list[tuple[str, YamlDocument]] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)
    currencies: dict[str, str] = field(default_factory=dict)

    def visit(self, name: str, chain: tuple[str, ...], place: Place) -> None:
        real = self.real(name)
        above = [self.real(c) for c in chain]
        if real in above:
            loop = " -> ".join([*chain[above.index(real) :], name])
            self.error("S123", f"`extends` is circular: {loop}", "remove one of them", place, name)
            return
        if real in self.seen:
            return
        self.seen.add(real)
        if len(chain) >= MAX_CHAIN or len(self.seen) > MAX_FILES:
            self.error(
                "S124",
                f"`extends` reads too many files (at most {MAX_FILES}, {MAX_CHAIN} deep)",
                "copy the keys you need from the bases into one file",
                place,
                name,
            )
            return
        slot = len(self.folder.sources)
        raw = self.folder.read(name, place, MAX_BYTES, "S121" if chain else "S101")
        if raw is None:
            return
        own = self.folder.sources.pop(slot)
        file = self.folder.shown(name)
        if _DATA.search(name):
            self.error(
                "S101" if not chain else "S121",
                f"`{posixpath.basename(name)}` is a data file, not a scenario",
                "`flexopt init my-renewal FILES` makes a scenario for it; or name it under `usage.files`",
                place,
                name,
            )
            return
        document = read_yaml(raw, file, self.findings)
        if document is not None:
            below, earlier = self.bases(document, name, file), len(self.documents)
            for base, where in below:
                self.visit(base, (*chain, name), where)
            stated = [self.currencies.get(self.folder.shown(base)) for base, _ in below]
            currency = next((c for c in (document.data.get("currency"), *reversed(stated)) if c), None)
            if isinstance(currency, str):
                for each in (file, *(f for f, _ in self.documents[earlier:])):
                    self.currencies.setdefault(each, currency)
            _rebase(document.data, posixpath.dirname(name))
            _name_rules(document)
            self.documents.append((file, document))
        self.folder.sources.append(own)

    def real(self, name: str) -> Path:
        try:
            return self.folder.path(name).resolve()
        except (OSError, RuntimeError, ValueError):
            return self.folder.path(name)

    def bases(self, document: YamlDocument, name: str, file: str) -> list[tuple[str, Place]]:
        """The files named by `extends`, relative to the folder; removes the key from the data."""
        if "extends" not in document.data:
            return []
        row: int | None = document.positions[("extends",)][0]
        value = document.data.pop("extends")
        entries = value if isinstance(value, list) else [value]
        found = []
        for number, entry in enumerate(entries):
            line = document.positions.get(("extends", number), (row, 0))[0]
            place = (file, line, "extends")
            if not isinstance(entry, str) or not entry.strip():
                self.error(
                    "S120",
                    "`extends` is a path or a list of paths",
                    "write `extends: base.yaml` or `extends: [a.yaml, b.yaml]`",
                    place,
                    str(entry),
                )
                continue
            base = posixpath.normpath(posixpath.join(posixpath.dirname(name), entry))
            if is_absolute(entry) or not self.folder.holds(base):
                self.error(
                    "S122",
                    f"`{entry}` is outside the scenario's folder",
                    "a base must be in the scenario's folder or below it, named by a relative path",
                    place,
                    entry,
                )
                continue
            found.append((base, place))
        return found

    def error(self, code: str, message: str, hint: str, place: Place, value: str) -> None:
        file, row, column = place
        self.findings.add(code, message, file=file, row=row, column=column, value=value, hint=hint)


_DATA = re.compile(r"\.(csv|tsv|xlsx?|xlsm|parquet|pdf|zip)(\.gz)?$", re.IGNORECASE)
"""Names of files that hold tables, never a scenario."""


def _rebase(data: dict[str, Any], folder: str) -> None:
    """Make the data files named in a file relative to the folder."""

    def moved(value: Any) -> Any:
        if isinstance(value, list):
            return [moved(v) for v in value]
        if not isinstance(value, str) or not value.strip() or is_absolute(value):
            return value
        return posixpath.normpath(posixpath.join(folder, value))

    for key in ("people", "access", "subscriptions", "users"):
        if key in data:
            data[key] = moved(data[key])
    usage = data.get("usage")
    if isinstance(usage, dict) and "files" in usage:
        usage["files"] = moved(usage["files"])


def _name_rules(document: YamlDocument) -> None:
    """A policy that is a list is its rules: as a map it merges with what a base or a variant says beside."""
    data = document.data
    if isinstance(data.get("policy"), list):
        data["policy"] = policy_of(data["policy"])
        for path in [path for path in document.positions if path[0] == "policy" and len(path) > 1]:
            document.positions["policy", "rules", *path[1:]] = document.positions.pop(path)


def _merge(base: Resolved, file: str, over: YamlDocument) -> Resolved:
    out = Resolved(base.file)
    over_places: Places = {path: (file, row) for path, (row, _) in over.positions.items()}
    out.data = _Merge(base.places, over_places, out.places).maps(base.data, over.data, (), (), ())
    return out


@dataclass(slots=True)
class _Merge:
    """Merge two trees of plain data together with their places."""

    base: Places
    over: Places
    out: Places

    def value(self, base: Any, over: Any, b: KeyPath, o: KeyPath, at: KeyPath) -> Any:
        if isinstance(base, dict) and isinstance(over, dict):
            return self.maps(base, over, b, o, at)
        if isinstance(base, list) and isinstance(over, list) and _by_id(base) and _by_id(over):
            return self.lists(base, over, b, o, at)
        return self.copy(over, self.over, o, at)

    def maps(
        self, base: dict[str, Any], over: dict[str, Any], b: KeyPath, o: KeyPath, at: KeyPath
    ) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for key, value in base.items():
            if key in over:
                self.mark(self.over, (*o, key), (*at, key))
                merged[key] = self.value(value, over[key], (*b, key), (*o, key), (*at, key))
            else:
                merged[key] = self.copy(value, self.base, (*b, key), (*at, key))
        for key, value in over.items():
            if key not in base:
                merged[key] = self.copy(value, self.over, (*o, key), (*at, key))
        return merged

    def lists(self, base: list[Any], over: list[Any], b: KeyPath, o: KeyPath, at: KeyPath) -> list[Any]:
        """Merge items of `over` into the first of `base` with their id; keep repeated ids to report them."""
        first: dict[str, int] = {}
        for index, item in enumerate(over):
            first.setdefault(item["id"], index)
        merged: list[Any] = []
        used: set[int] = set()
        for index, item in enumerate(base):
            match = first.get(item["id"])
            spot = (*at, len(merged))
            if match is None or match in used:
                merged.append(self.copy(item, self.base, (*b, index), spot))
            else:
                used.add(match)
                self.mark(self.over, (*o, match), spot)
                merged.append(self.maps(item, over[match], (*b, index), (*o, match), spot))
        for index, item in enumerate(over):
            if index not in used:
                merged.append(self.copy(item, self.over, (*o, index), (*at, len(merged))))
        return merged

    def copy(self, value: Any, places: Places, source: KeyPath, at: KeyPath) -> Any:
        self.mark(places, source, at)
        if isinstance(value, dict):
            return {k: self.copy(v, places, (*source, k), (*at, k)) for k, v in value.items()}
        if isinstance(value, list):
            return [self.copy(v, places, (*source, i), (*at, i)) for i, v in enumerate(value)]
        return value

    def mark(self, places: Places, source: KeyPath, at: KeyPath) -> None:
        if source in places:
            self.out[at] = places[source]


def _by_id(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(i, dict) and isinstance(i.get("id"), str) for i in items)
