"""The plan folder is whole or not there, whatever happens to the writer, the disk or the place."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from documents import data, typed

from flexopt.base.errors import FlexoptError
from flexopt.store.folder import NAMES, check_place, read_document, read_same, write_folder
from flexopt.store.plan import InputFile

resource = pytest.importorskip("resource", reason="needs limits of the size of files")
HERE = Path(__file__).parent


@pytest.fixture
def document(just_planned: dict[str, Any]) -> dict[str, Any]:
    """A copy of a plan that was just made, to change."""
    return json.loads(json.dumps(just_planned))  # type: ignore[no-any-return]


def written(document: dict[str, Any]) -> dict[str, Any]:
    """What plan.json has of it."""
    return {key: value for key, value in document.items() if key != "charge_rows"}


@pytest.fixture
def documents(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two plans that differ in every file."""
    changed = json.loads(json.dumps(document))
    changed["name"] = "the other"
    changed["assignment"] *= 2
    for table in ("seats", "purchases"):
        changed[table] += [row | {"cost": "0.00"} for row in changed[table]]
    changed["ledger"][0]["used"] = "0"
    changed["charge_rows"] *= 2
    return document, changed


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("how", ["exchange", "rename"])
@pytest.mark.parametrize(
    ("when", "at_least"), [("first", 12), ("again", 20), pytest.param("random", 20, marks=pytest.mark.slow)]
)
def test_killed_writer_leaves_the_old_plan_or_the_new_one(
    documents: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path, how: str, when: str, at_least: int
) -> None:
    for name, document in zip("ab", documents, strict=True):
        (tmp_path / name).write_text(json.dumps(document))
    (tmp_path / "parent").mkdir()
    done = subprocess.run(
        [
            *(sys.executable, HERE / "killing.py", tmp_path / "parent" / "my.plan"),
            *(tmp_path / "a", tmp_path / "b", how, when),
        ],
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr
    assert int(done.stdout) >= at_least


def test_writers_and_readers_at_once_see_whole_plans(
    documents: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path
) -> None:
    place = tmp_path / "my.plan"
    script = (
        "import json, sys; from pathlib import Path; from flexopt.store.folder import write_folder\n"
        f"sys.path.insert(0, {str(HERE.parent)!r}); from documents import typed\n"
        "document = typed(json.loads(Path(sys.argv[2]).read_text()))\n"
        "for _ in range(40): write_folder(document, Path(sys.argv[1]))\n"
    )
    writers = []
    write_folder(typed(documents[0]), place)
    for n, document in enumerate(documents):
        (tmp_path / f"{n}.json").write_text(json.dumps(document))
        command = [sys.executable, "-c", script, str(place), str(tmp_path / f"{n}.json")]
        writers.append(subprocess.Popen(command))
    reads = 0
    while any(w.poll() is None for w in writers):
        assert data(read_document(place)) in [*map(written, documents)]
        reads += 1
    assert [w.returncode for w in writers] == [0, 0]
    assert reads > 10
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0.json", "1.json", "my.plan"]


def test_folder_has_its_files_and_usual_permissions(document: dict[str, Any], tmp_path: Path) -> None:
    place = tmp_path / "deep" / "er" / "my.plan"
    old = os.umask(0o027)
    try:
        write_folder(typed(document), place)
    finally:
        os.umask(old)
    assert {p.name for p in place.iterdir()} == NAMES
    assert (place.stat().st_mode & 0o777, (place / "plan.json").stat().st_mode & 0o777) == (0o750, 0o640)
    assert data(read_document(place)) == data(read_document(place / "plan.json")) == written(document)


def test_what_is_read_and_written_again_keeps_its_charges(document: dict[str, Any], tmp_path: Path) -> None:
    place = write_folder(typed(document), tmp_path / "my.plan")
    before = (place / "charges.csv").read_bytes()
    assert before.startswith(b"month,user,group,cost_centre,product,kind,quantity,amount\n2026-01,over,")
    write_folder(read_document(place).model_copy(update={"name": "newer"}), place)
    assert (place / "charges.csv").read_bytes() == before
    (place / "charges.csv").write_bytes(before.replace(b"seat", b"gift", 1))
    for _ in range(2):  # changed, then missing
        with pytest.raises(FlexoptError, match=r"charges\.csv is not that of the plan: changed or missing"):
            write_folder(read_document(place), place)
        (place / "charges.csv").unlink(missing_ok=True)


def test_symbolic_link_keeps_pointing_at_the_plan(document: dict[str, Any], tmp_path: Path) -> None:
    write_folder(typed(document), tmp_path / "real.plan")
    link = tmp_path / "latest.plan"
    link.symlink_to("real.plan")
    write_folder(typed(document | {"name": "newer"}), link)
    assert link.is_symlink()
    assert data(read_document(tmp_path / "real.plan"))["name"] == "newer"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["latest.plan", "real.plan"]


def test_what_a_file_manager_leaves_is_nobodys_work(document: dict[str, Any], tmp_path: Path) -> None:
    place = tmp_path / "my.plan"
    write_folder(typed(document), place)
    (place / ".DS_Store").touch()
    write_folder(typed(document | {"name": "newer"}), place)
    assert data(read_document(place))["name"] == "newer"


@pytest.mark.parametrize("kind", ["file", "folder", "notes in a plan", "plan.json of another", "current"])
def test_place_that_holds_something_else_is_refused(
    document: dict[str, Any], tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "my.plan"
    if kind == "file":
        place.write_text("mine")
    elif kind == "folder":
        place.mkdir()
        (place / "thesis.txt").write_text("mine")
    elif kind == "notes in a plan":
        write_folder(typed(document), place)
        (place / "notes.txt").write_text("mine")
    elif kind == "plan.json of another":
        place.mkdir()
        (place / "plan.json").write_text('{"format_version": "1.2"}')
    else:
        place.mkdir()
        monkeypatch.chdir(place)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    for act in (check_place, lambda p: write_folder(typed(document), p)):
        with pytest.raises(FlexoptError) as refused:
            act(Path() if kind == "current" else place)
        assert refused.value.hint
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no plan found here"),
        ("{", "plan.json is damaged (not JSON)"),
        ("\x00" * 10, "plan.json is damaged (not JSON)"),
        ("[" * 100_000, "plan.json is damaged (not JSON)"),
        ('{"schema": "flexopt.plan/1", "total": NaN}', "plan.json is damaged: NaN is not a number"),
        ('{"a": {"b": 1, "b": 1}}', "damaged: it has the key `b` twice in one place"),
        ('{"schema": "flexopt.plan/1"}', "damaged: `flexopt` is missing (and "),
        ("[]", "no schema"),
        ('{"schema": "flexopt.plan/2"}', 'from a newer flexopt: its schema is "flexopt.plan/2"'),
        ('{"schema": "flexopt.check/1"}', 'has the schema "flexopt.check/1", expected "flexopt.plan/1"'),
        ('{"format_version": "1.2"}', "has no schema"),
        ('{"schema": ["flexopt.plan/1"]}', "no schema"),
    ],
)
def test_what_is_not_a_plan_is_said_to_be_none(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "plan.json").write_text(text)
    for path in (tmp_path, tmp_path / "plan.json"):
        with pytest.raises(FlexoptError, match=re.escape(words)) as refused:
            read_document(path)
        assert refused.value.hint


def test_scenario_in_place_of_a_plan_is_said_to_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").touch()
    with pytest.raises(FlexoptError, match="is a file, not a plan folder"):
        read_document(tmp_path / "scenario.yaml")


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that another user can reach: pytest's own cannot be."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


WRITE = """
import json, os, sys
from pathlib import Path
from flexopt.base.errors import FlexoptError
from flexopt.store.folder import write_folder
sys.path.insert(0, sys.argv[3])
from documents import typed
document = typed(json.load(sys.stdin))
if os.geteuid() == 0 and sys.argv[2] == "as nobody":
    os.seteuid(65534)  # permissions mean nothing to root
try:
    write_folder(document, Path(sys.argv[1]))
except FlexoptError as error:
    sys.exit(str(error))
"""


def write_in_process(document: dict[str, Any], place: Path, user: str = "", **limits: Any) -> str:
    """The message of a writer that fails."""
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [sys.executable, "-c", WRITE, str(place), user, str(HERE.parent)],
        input=json.dumps(document),
        capture_output=True,
        text=True,
        **limits,
    )
    assert done.returncode == 1, done.stderr
    return done.stderr


def test_read_only_place_leaves_the_old_plan(document: dict[str, Any], open_to_all: Path) -> None:
    place = open_to_all / "my.plan"
    write_folder(typed(document), place)
    open_to_all.chmod(0o555)
    said = write_in_process(document | {"name": "newer"}, place, "as nobody")
    assert said.startswith(f"error: {place}: no permission to write in {open_to_all.name}")
    assert "\n\nhint: " in said
    assert data(read_document(place)) == written(document)


def test_full_disk_leaves_the_old_plan(document: dict[str, Any], tmp_path: Path) -> None:
    """A limit of the size of files stands for the disk: writing fails half-way in the same manner."""
    place = tmp_path / "my.plan"
    write_folder(typed(document), place)
    said = write_in_process(
        document | {"name": "newer" * 1000},
        place,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
    )
    assert said.startswith(f"error: {place}: cannot write the plan (File too large)")
    assert data(read_document(place)) == written(document)
    assert [p.name for p in tmp_path.iterdir()] == ["my.plan"]


def test_really_full_disk_leaves_the_old_plan(document: dict[str, Any], tmp_path: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        place = tmp_path / "my.plan"
        small = document | {"assignment": document["assignment"][:1]}
        write_folder(typed(small), place)
        large = document | {"left_out": [{"user": "u" * 60_000, "product": "p", "days": 1, "reason": "r"}]}
        said = write_in_process(large, place)
        assert said.startswith(f"error: {place}: cannot write the plan (No space left on device)")
        assert data(read_document(place)) == written(small)
        assert [p.name for p in tmp_path.iterdir()] == ["my.plan"]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_plan_made_from_other_inputs_is_not_added_to(document: dict[str, Any], tmp_path: Path) -> None:
    place = write_folder(typed(document), tmp_path / "my.plan")
    inputs = typed(document).inputs
    assert data(read_same(place, inputs[::-1]))["total"] == document["total"]
    changed = [i.model_copy(update={"sha256": "0"} if i.file == "usage.csv" else {}) for i in inputs]
    for other in (changed, [*inputs, InputFile(file="usage.csv", sha256="1")], inputs[:-1]):
        with pytest.raises(FlexoptError, match=r"made from different inputs \(usage.csv\)") as error:
            read_same(place, other)
        assert error.value.hint == f"run again: flexopt plan SCENARIO -o {place}"
