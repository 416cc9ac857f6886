"""`flexopt export -o x.pdf`: whose report, and in which language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pypdf import PdfReader

Run = Callable[..., Any]


def test_brand_and_language(call: Run, plan_folder: Path, folder: Path) -> None:
    (folder / "brand.yaml").write_text("name: Muster AG\n")
    done = call("export", plan_folder, "-o", "x.pdf", "--brand", "brand.yaml", "--language", "de")
    assert (done.returncode, done.stderr) == (0, "Plan exported to x.pdf\n")
    text = PdfReader(folder / "x.pdf").pages[0].extract_text()
    assert "Muster AG" in text
    assert "Lizenzplan" in text


def test_what_is_wrong_with_a_brand_is_said_before_anything_is_written(
    call: Run, plan_folder: Path, folder: Path
) -> None:
    (folder / "brand.yaml").write_text("logo: none.png\n")
    done = call("export", plan_folder, "-o", "x.pdf", "--brand", "brand.yaml")
    assert done.returncode == 2
    assert done.stderr == (
        "error: brand.yaml: cannot read the logo `none.png` (No such file or directory)\n\n"
        "hint: it must be next to the brand file, in .\n"
    )
    assert not (folder / "x.pdf").exists()


def test_both_are_for_paper_only(call: Run, plan_folder: Path) -> None:
    for option, value in (("--language", "de"), ("--brand", "brand.yaml")):
        done = call("export", plan_folder, "-o", "x.csv", option, value)
        assert done.returncode == 2
        assert "--brand and --language apply only to .pdf output" in done.stderr
    done = call("export", plan_folder, "-o", "x.pdf", "--language", "it")
    assert done.returncode == 2
    assert "'en', 'de', 'fr'" in done.stderr
