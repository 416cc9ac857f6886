"""flexopt verify: what it lists, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import Golden, Run


def test_a_sound_plan(call: Run, folder: Path, golden: Golden) -> None:
    assert call("plan", "scenario.yaml", "-o", "my.plan").returncode == 0
    done = call("verify", "my.plan", "scenario.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    golden("cli/verify.txt", done.stdout)
    alone = call("verify", "my.plan", "--format", "json")
    found = json.loads(alone.stdout)
    assert (alone.returncode, found["schema"], found["holds"]) == (0, "flexopt.verification/1", True)
    assert {check["result"] for check in found["checks"]} == {"done", "not possible"}


def test_an_edited_plan(call: Run, folder: Path) -> None:
    assert call("plan", "scenario.yaml", "-o", "my.plan").returncode == 0
    path = folder / "my.plan" / "seats.csv"
    path.write_text(path.read_text().replace("2310", "2311", 1))
    done = call("verify", "my.plan")
    assert done.returncode == 1
    assert "WRONG        seats.csv\n  - seats.csv, line 2, is not what plan.json says\n" in done.stdout
    assert "1 check of " in done.stdout
    path = folder / "my.plan" / "plan.json"
    path.write_text(path.read_text().replace('"note": ""', '"note": "agreed"', 1))
    assert "plan.json was changed after flexopt wrote it" in call("verify", "my.plan").stdout
    for command in (["export", "my.plan", "-o", "x.xlsx"], ["explain", "my.plan"]):
        refused = call(*command)
        assert refused.returncode == 2
        assert "plan.json was changed after flexopt wrote it" in refused.stderr
        assert "flexopt verify my.plan" in refused.stderr
    assert not (folder / "x.xlsx").exists()


def test_exports_are_verified_alone(call: Run, folder: Path) -> None:
    assert call("plan", "scenario.yaml", "-o", "my.plan").returncode == 0
    for number, option in enumerate((["--pseudonymise"], ["--no-people"])):
        out = f"{number}.json"
        assert call("export", "my.plan", "-o", out, *option).returncode == 0
        done = call("verify", out)
        assert done.returncode == 0, done.stdout
        assert "not checked  tables beside plan.json: this is a single file" in done.stdout
    assert "exported without people" in " ".join(done.stdout.split())


def test_what_is_no_plan(call: Run, folder: Path) -> None:
    done = call("verify", "usage.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert call("verify", "nothing.plan").returncode == 2
