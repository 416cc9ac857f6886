"""What leaves the computer does not tell its folders."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pypdf
import pytest
from build import AUTOCAD_YEAR, REVIT_YEAR
from documents import data

from flexopt import Plan, compare, load_scenario, plan
from flexopt.exports.formats import EXPORTERS, exporter

SUBSCRIPTIONS = (
    "subscription_id,offering_name,seat_quantity,start_date,end_date,term,subscription_status\n"
    "S-1,autocad-1y,1,2025-06-01,2026-06-01,Annual,Active\n"
)


def scenario(folder: Path, outside: Path, **changes: Any) -> Path:
    """Two usage files of one name, and every table outside the folder of the scenario."""
    for name in ("first", "second"):
        (outside / name).mkdir(parents=True)
        (outside / name / "usage.csv").write_text(
            f"user,product,date\nann,Revit,2025-03-0{len(name) - 3}\nann,Unknown,2025-03-01\n"
        )
    (outside / "people.csv").write_text("user,group,odd\nann,site,1\n")
    (outside / "access.csv").write_text("user,product,access,offer\nann,Revit,named,revit-1y\n")
    for name in ("one.csv", "two.csv"):
        (outside / name).write_text(SUBSCRIPTIONS)
    folder.mkdir(parents=True)
    for name in ("three.csv", "four.csv"):
        (folder / name).write_text(SUBSCRIPTIONS)
    content = {
        "schema": "flexopt.scenario/1",
        "currency": "USD",
        "horizon": {"start": "2026-01-01", "months": 12},
        "usage": {"files": [f"{outside}/first/*.csv", f"{outside}/second/usage.csv"]},
        "products": [
            {"id": "AutoCAD", "rates": [{"from": "2021-09-07", "tokens": 7}]},
            {"id": "Revit", "rates": [{"from": "2021-09-07", "tokens": 10}]},
        ],
        "offers": [AUTOCAD_YEAR, REVIT_YEAR],
        "tokens": {"tiers": [{"from": 100, "price": 3}]},
        "people": f"{outside}/people.csv",
        "access": f"{outside}/access.csv",
        "subscriptions": [f"{outside}/one.csv", f"{outside}/two.csv", "three.csv", "four.csv"],
    }
    path = folder / "renewal.yaml"
    path.write_text(json.dumps(content | changes))
    return path


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan]:
    root = tmp_path_factory.mktemp("home-of-ann")
    return root, plan(load_scenario(scenario(root / "drafts" / "renewal", root / "exports")))


def parts(raw: bytes, suffix: str) -> list[bytes]:
    """A file, and what is compressed in it."""
    if suffix == ".xlsx":
        with zipfile.ZipFile(io.BytesIO(raw)) as book:
            return [book.read(name) for name in book.namelist()]
    if suffix == ".pdf":
        reader = pypdf.PdfReader(io.BytesIO(raw))
        pages = [page.extract_text() for page in reader.pages]
        return [raw, str(reader.metadata).encode(), "\n".join(pages).encode()]
    return [raw, gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else b""]


@pytest.mark.parametrize("suffix", EXPORTERS)
def test_no_export_tells_a_folder(suffix: str, places: tuple[Path, Plan]) -> None:
    root, planned = places
    raw = exporter(Path(f"plan{suffix}")).render(planned.document)
    for part in parts(raw, suffix):
        for word in (root.name, str(root), "drafts/", "exports/"):
            assert word.encode() not in part


def test_files_outside_the_folder_have_their_bare_names(places: tuple[Path, Plan]) -> None:
    document = places[1].document
    assert [i["file"] for i in data(document)["inputs"]] == [
        *("renewal.yaml", "people.csv", "access.csv", "one.csv", "two.csv", "four.csv", "three.csv"),
        *("usage.csv", "usage.csv-2"),
    ]
    assert data(document)["scenario"]["usage"]["files"] == ["*.csv", "usage.csv"]
    assert data(document)["scenario"]["people"] == "people.csv"
    assert {(f["code"], f["file"]) for f in data(document)["findings"]} >= {
        ("U130", "usage.csv"),
        ("T104", "people.csv"),
    }
    assert [c["file"] for c in data(document)["coverage"]["files"]] == ["usage.csv", "usage.csv-2"]


def test_a_folder_of_a_plan_and_of_a_comparison_does_not_tell_it(
    places: tuple[Path, Plan], tmp_path: Path
) -> None:
    root, planned = places
    planned.save(tmp_path / "a.plan")
    both = root / "drafts" / "renewal"
    (both / "other.yaml").write_text("extends: renewal.yaml\nnegotiated: {seats: 0.1}\n")
    compare([both / "renewal.yaml", both / "other.yaml"]).save(tmp_path / "b.cmp")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        for part in parts(path.read_bytes(), path.suffix):
            assert root.name.encode() not in part, path
