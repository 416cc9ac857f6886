"""The plan folder: written beside its place, then put there in one step.

A kill at any moment leaves the old plan or the new one. Where the system can exchange two names at once
(Linux, macOS) it is asked to; elsewhere the old folder is renamed away first, and put back by the next
writer or reader if the second rename never came.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flexopt.document import TABLES
from flexopt.errors import FlexoptError
from flexopt.exports.summary import summary_json
from flexopt.exports.tables import table_csv

__all__ = ["check_place", "read_document", "write_folder"]

FILES = {
    "assignment": "assignment.csv",
    "seats": "seats.csv",
    "purchases": "purchases.csv",
    "ledger": "ledger.csv",
}


def write_folder(document: Mapping[str, Any], folder: Path) -> Path:
    """Write the plan folder whole or not at all.

    Raises FlexoptError if something that is not a plan stands there, or the place cannot be written.
    """
    check_place(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.new-", dir=folder.parent))
    except OSError as error:
        raise FlexoptError(
            f"{folder.parent}: cannot write here ({error.strerror})", "choose another -o"
        ) from None
    try:
        for name, text in _files(document).items():
            with (fresh / name).open("w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        fresh.chmod(0o755)
        _put(fresh, folder)
    except OSError as error:
        raise FlexoptError(f"{folder}: cannot write ({error.strerror})", "choose another -o") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def check_place(folder: Path) -> None:
    """Refuse a place that holds something else than a plan, before hours are spent on one."""
    _recover(folder)
    plan = (folder / "plan.json").is_file()
    empty = folder.is_dir() and not any(folder.iterdir())
    if folder.exists() and not plan and not empty:
        raise FlexoptError(
            f"{folder}: exists and is not a plan folder", "give another folder with -o, or remove this one"
        )


def read_document(plan: Path) -> dict[str, Any]:
    """plan.json of a plan folder (or the file itself). Raises FlexoptError if it is not one."""
    folder = plan.parent if plan.name == "plan.json" else plan
    _recover(folder)
    path = folder / "plan.json"
    hint = "write one with `flexopt plan SCENARIO -o DIR`"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise FlexoptError(f"{plan}: there is no plan here", hint) from None
    except (ValueError, RecursionError):
        raise FlexoptError(f"{path}: is not a plan (not JSON)", hint) from None
    if not isinstance(document, dict) or document.get("schema") != "flexopt.plan/1":
        raise FlexoptError(f"{path}: is not a plan of this version (schema flexopt.plan/1)", hint)
    return document


def _files(document: Mapping[str, Any]) -> dict[str, str]:
    texts = {name: table_csv(document[table], TABLES[table]) for table, name in FILES.items()}
    texts["summary.json"] = json.dumps(summary_json(document), indent=1, ensure_ascii=False)
    texts["plan.json"] = json.dumps(document, indent=1, ensure_ascii=False)
    return {name: text if text.endswith("\n") else text + "\n" for name, text in texts.items()}


def _put(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
    elif _exchange(fresh, folder):
        pass  # `fresh` now holds the old plan, which the caller removes
    else:
        old = _old(folder)
        folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old)


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _recover(folder: Path) -> None:
    """Finish what a killed writer began where names cannot be exchanged."""
    if (old := _old(folder)).exists():
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(folder)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names atomically; False where the system or the file system cannot."""
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
