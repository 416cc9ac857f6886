"""`python -m flexopt` is the command line."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), (["explain", "missing.plan"], 2)])
def test_as_a_module(arguments: list[str], code: int) -> None:
    run = [sys.executable, "-m", "flexopt", *arguments]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == code
    assert ("-m flexopt [OPTIONS]" in done.stdout) == (not code)
    assert done.stderr.startswith("error: missing.plan: no plan found here" if code else "")
