"""The plan folder: written beside its place, then moved there in one step.

A kill at any moment leaves the old plan or the new one. If the system can exchange two names atomically
(Linux, macOS), it does; elsewhere the old folder is renamed away first, and restored by the next writer or
reader if the second rename never happened. Writers in one folder take turns, so any draft that a writer finds
beside its place was left by one that was killed.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Protocol, TypeAlias

from flexopt.base.errors import FlexoptError
from flexopt.store.atomic import folder_lock
from flexopt.store.consistency import contradictions
from flexopt.store.plan import InputFile, PlanDocument, SummaryDocument
from flexopt.store.plan_json import document_json
from flexopt.store.reading import read_model
from flexopt.store.seal import sealed, unbroken
from flexopt.store.table_csv import table_csv
from flexopt.store.tables import CHARGES, TABLES

FILES = {
    "order": "order.csv",
    "payments": "payments.csv",
    "assignment": "assignment.csv",
    "seats": "seats.csv",
    "purchases": "purchases.csv",
    "ledger": "ledger.csv",
}
CHARGES_CSV = "charges.csv"
NAMES = {*FILES.values(), CHARGES_CSV, "summary.json", "plan.json"}

ABANDONED = 24 * 3600
"""Seconds after which a draft counts as abandoned if writers cannot take turns (no file locks)."""


def write_folder(document: PlanDocument, folder: Path) -> Path:
    """Write the plan folder whole or not at all; what was read from it keeps its charges.csv.

    Raises FlexoptError if the place holds something that is not a plan, or cannot be written.
    """
    place, files = check_place(folder), plan_files(document)
    if document.charge_rows is None:
        files = {CHARGES_CSV: _charges_of(document, place, folder)} | files
    return write_files(files, folder, place)


def _charges_of(document: PlanDocument, place: Path, folder: Path) -> list[str]:
    """charges.csv of the place, if it is that of the document. Raises FlexoptError if it is not."""
    try:
        content = (place / CHARGES_CSV).read_bytes()
    except OSError:
        content = b""
    if [(CHARGES_CSV, hashlib.sha256(content).hexdigest())] != [(f.file, f.sha256) for f in document.files]:
        raise FlexoptError(
            f"{folder}: {CHARGES_CSV} is not that of the plan: changed or missing",
            f"write the plan again: flexopt plan SCENARIO -o {folder}",
        )
    return [content.decode("utf-8")]


def write_files(files: Mapping[str, Iterable[str]], folder: Path, place: Path) -> Path:
    """Write files (the text of each in pieces, by name below the folder) whole or not at all.

    `place` is the folder's real path, already checked. Raises FlexoptError if it cannot be written.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with folder_lock(place.parent) as mine:
            _recover(place)
            _clean(place, everything=mine)
            with _draft(place) as fresh:
                for name, pieces in files.items():
                    (fresh / name).parent.mkdir(exist_ok=True)
                    with (fresh / name).open("w", encoding="utf-8", newline="") as file:
                        file.writelines(pieces)
                        file.flush()
                        os.fsync(file.fileno())
                _put(fresh, place)
    except OSError as error:
        raise FlexoptError(
            f"{folder}: cannot write the plan ({error.strerror}); the existing files are unchanged",
            "choose another place with -o, or free some space",
        ) from None
    return folder


def check_place(
    folder: Path,
    what: str = "a plan",
    contract: str = "plan.json",
    schema: str = "flexopt.plan/",
    known: Set[str] = NAMES,
) -> Path:
    """Refuse a place that holds anything other than a plan, before hours are spent on one.

    `what` may be another kind of folder, with the names `known` and its `schema` in the file `contract`.
    Returns the folder's real path, with symbolic links resolved. Raises FlexoptError.
    """
    try:
        place = folder.resolve()
        if Path.cwd().is_relative_to(place):
            raise FlexoptError(
                f"{folder}: is the current folder or a parent of it and cannot be replaced",
                "name a separate folder, for example `-o renewal.plan`",
            )
        _recover_in_turn(place)
        _check_parent(folder, place)
        if not place.exists():
            return place
        if place.is_dir():
            names = {p.name for p in place.iterdir()}
            # files left behind by a file manager or an open spreadsheet do not count
            others = sorted(name for name in names - known if not name.startswith("."))
            if not others and (not names & known or _is_ours(place / contract, schema)):
                return place
        else:
            others = []
    except OSError as error:
        raise FlexoptError(
            f"{folder}: cannot be read ({error.strerror})", "choose another place with -o"
        ) from None
    listed = f": it holds {', '.join(others[:3])}{' and more' if len(others) > 3 else ''}" if others else ""
    raise FlexoptError(
        f"{folder}: exists and is not {what} folder{listed}",
        "name another folder with -o, or move the existing files",
    )


def _check_parent(folder: Path, place: Path) -> None:
    """Refuse a place whose parent is not a folder or is not writable."""
    parent = next(p for p in place.parents if p.exists())
    if not parent.is_dir():
        raise FlexoptError(f"{folder}: {parent.name} is a file, not a folder", "choose another place with -o")
    # Windows marks folders as read-only even if they are not
    effective = os.access in os.supports_effective_ids
    if sys.platform != "win32" and not os.access(parent, os.W_OK | os.X_OK, effective_ids=effective):
        raise FlexoptError(
            f"{folder}: no permission to write in {parent.name or parent}", "choose another place with -o"
        )


def read_document(plan: Path) -> PlanDocument:
    """plan.json of a plan folder (or the file itself), checked. Raises FlexoptError if it is not a plan."""
    content, document = read_plan(plan)
    hint = f"{_again(plan)}; flexopt verify {plan} lists all that is wrong"
    for contradiction in contradictions(document):
        raise FlexoptError(f"{plan}: plan.json contradicts itself: {contradiction}", hint)
    if not unbroken(content):
        raise FlexoptError(f"{plan}: plan.json was changed after flexopt wrote it", hint)
    return document.model_copy(update={"sha256": None})


def read_plan(plan: Path) -> tuple[bytes, PlanDocument]:
    """The bytes of plan.json, and the plan, not held against itself. Raises FlexoptError if it is none."""
    hint = "write one with `flexopt plan SCENARIO -o DIR`, and name that folder"
    try:
        place = plan.resolve()
        if place.is_dir() or place.suffix != ".json":
            if place.is_file():
                raise FlexoptError(f"{plan}: is a file, not a plan folder", hint)
            place /= "plan.json"
        content = _read(place)
    except FileNotFoundError:
        raise FlexoptError(f"{plan}: no plan found here", hint) from None
    except OSError as error:
        raise FlexoptError(f"{plan}: cannot be read ({error.strerror})", hint) from None
    return content, read_model(content, PlanDocument, "flexopt.plan/1", f"{plan}: plan.json", _again(plan))


def _again(plan: Path) -> str:
    folder = "DIR" if plan.suffix == ".json" else plan
    return f"write the plan again: flexopt plan SCENARIO -o {folder}"


class HasDocument(Protocol):
    """An object with a plan document."""

    @property
    def document(self) -> PlanDocument:
        """plan.json."""


PlanLike: TypeAlias = HasDocument | PlanDocument | str | Path
"""A plan, its document, or the path of its folder."""


def document_of(plan: PlanLike) -> PlanDocument:
    """The document of a plan. Raises FlexoptError if the folder has none."""
    if isinstance(plan, str | Path):
        return read_document(Path(plan))
    return plan if isinstance(plan, PlanDocument) else plan.document


def read_same(plan: Path, inputs: Sequence[InputFile]) -> PlanDocument:
    """The document of a plan made from exactly these inputs, to add to it.

    Raises FlexoptError if there is no plan, or it was made from other files.
    """
    document = read_document(plan)
    made = {i.file: i.sha256 for i in document.inputs}
    now = {i.file: i.sha256 for i in inputs}
    if made != now:
        other = [name for name in {**now, **made} if made.get(name) != now.get(name)]
        listed = ", ".join(other[:3]) + (" and others" if len(other) > 3 else "")
        raise FlexoptError(
            f"{plan}: the plan was made from different inputs ({listed})",
            f"run again: flexopt plan SCENARIO -o {plan}",
        )
    return document


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        # if names cannot be exchanged, a writer may be between its two renames, or was killed there
        if not path.parents[1].is_dir():
            raise
        with folder_lock(path.parents[1]):
            _recover(path.parent)
            return path.read_bytes()


def plan_files(document: PlanDocument) -> dict[str, Iterable[str]]:
    """The text of every file of a plan folder, in pieces; charges.csv only if the plan was just made."""
    rows = document.charge_rows
    return {
        **{name: table_csv(getattr(document, table), TABLES[table]) for table, name in FILES.items()},
        **({} if rows is None else {CHARGES_CSV: table_csv(rows, CHARGES)}),
        "summary.json": chain(document_json(summary_json(document)), "\n"),
        "plan.json": sealed(document),
    }


def summary_json(document: PlanDocument) -> SummaryDocument:
    """summary.json: what programs need from a plan without its rows."""
    return SummaryDocument.model_construct(
        **{name: getattr(document, name) for name in SummaryDocument.model_fields if name != "schema_"}
    )


def _is_ours(path: Path, schema: str) -> bool:
    """Whether a plan.json is flexopt's, of any version: other programs use this file name too."""
    try:
        with path.open("rb") as file:
            return schema.encode() in file.read(100)
    except OSError:
        return False


def _prefix(place: Path) -> str:
    return f".{place.name}.new-"


@contextmanager
def _draft(place: Path) -> Iterator[Path]:
    """A folder to write in, beside the place (so that a rename is enough), with default permissions."""
    temporary = Path(tempfile.mkdtemp(prefix=_prefix(place), dir=place.parent))
    try:
        fresh = temporary / "plan"
        fresh.mkdir()
        yield fresh
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _clean(place: Path, *, everything: bool) -> None:
    """Remove the drafts of killed writers."""
    for path in place.parent.iterdir():
        if path.name.startswith(_prefix(place)):
            with suppress(OSError):
                if everything or time.time() - path.stat().st_mtime > ABANDONED:
                    shutil.rmtree(path, ignore_errors=True)


def _put(fresh: Path, place: Path) -> None:
    if not place.exists():
        fresh.rename(place)
    elif not _exchange(fresh, place):
        old = _old(place)
        place.rename(old)
        try:
            fresh.rename(place)
        except OSError:
            old.rename(place)
            raise
        old.rename(fresh)
    # now `fresh` is the old plan, which is removed with the draft


def _old(place: Path) -> Path:
    return place.with_name(f".{place.name}.old")


def _recover_in_turn(place: Path) -> None:
    if place.name and _old(place).exists():
        with folder_lock(place.parent):
            _recover(place)


def _recover(place: Path) -> None:
    """Finish what a killed writer began, on systems that cannot exchange names."""
    if (old := _old(place)).exists():
        if place.exists():
            # rename it first: a half-removed folder must never be restored
            doomed = Path(tempfile.mkdtemp(prefix=_prefix(place), dir=place.parent))
            old.rename(doomed / "plan")
            shutil.rmtree(doomed, ignore_errors=True)
        else:
            old.rename(place)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names atomically; False if the operating system or the file system cannot."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform in ("linux", "darwin") else None
    a, b = os.fsencode(one), os.fsencode(other)
    if sys.platform == "linux" and hasattr(libc, "renameat2"):
        at_cwd, exchange = -100, 2
        failed = libc.renameat2(at_cwd, a, at_cwd, b, exchange)  # type: ignore[union-attr]
    elif sys.platform == "darwin" and hasattr(libc, "renamex_np"):
        swap = 2
        failed = libc.renamex_np(a, b, swap)
    else:
        return False
    if failed and ctypes.get_errno() not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return not failed
