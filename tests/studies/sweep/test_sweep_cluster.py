"""A sweep on a Dask cluster: a real scheduler and two workers on loopback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from variants import BUDGET, changed, files_of, until, variants

from flexopt import FlexoptError, sweep
from flexopt.cli.sweep import sweep_into
from flexopt.parallel.cluster import on_cluster

DASK = Path(sys.executable).with_name("dask")


@dataclass
class Cluster:
    address: str
    workers: list[subprocess.Popen[bytes]]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    place = tmp_path_factory.mktemp("cluster")
    address = f"tcp://127.0.0.1:{_free_port()}"
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        log = (place / f"{len(started)}.log").open("wb")
        words = [str(DASK), *arguments, "--no-dashboard"]
        process = subprocess.Popen(words, cwd=place, stdout=log, stderr=subprocess.STDOUT)
        started.append(process)
        return process

    start("scheduler", "--host", "127.0.0.1", "--port", address.rsplit(":", 1)[1])
    workers = [
        start("worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny") for _ in range(2)
    ]
    try:
        for number in (1, 2):
            log = place / f"{number}.log"
            until(lambda log=log: b"Registered to" in log.read_bytes(), "a worker is there")  # type: ignore[misc]
        yield Cluster(address, workers)
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_same_bytes_as_here(folder: Path, cluster: Cluster) -> None:
    """Plans, records, tables; also of scenarios that fail."""
    paths = [*variants(folder, 3), changed(folder, "bad", BUDGET), folder / "missing.yaml"]
    here = sweep_into(folder / "here", paths, processes=1)
    there = sweep_into(folder / "there", paths, cluster=cluster.address)
    assert there == here
    assert files_of(folder / "there") == files_of(folder / "here")
    assert sweep_into(folder / "there", paths, cluster=cluster.address)[1] == 4


def test_workers_of_another_version_are_refused(cluster: Cluster) -> None:
    others = {"flexopt": "9.9.9", "pulp": "3.3.2", "pandas": "2.3.3"}
    with pytest.raises(FlexoptError, match=r"the scheduler has flexopt \d.*unlike this computer") as refused:
        next(on_cluster([], cluster.address, versions=others))
    assert "flexopt==9.9.9" in refused.value.hint


@pytest.mark.slow
def test_a_worker_killed_in_mid_sweep_costs_nothing_but_time(folder: Path, cluster: Cluster) -> None:
    """The last test of this cluster: it has one worker then."""
    paths = variants(folder, 6)
    here = sweep(paths, processes=1)

    def kill(phase: str, size: str) -> None:
        if size.startswith("1 of"):
            os.kill(cluster.workers[0].pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            cluster.workers[0].wait()

    there = sweep(paths, cluster=cluster.address, on_progress=kill)
    assert cluster.workers[0].returncode is not None
    assert there.rows == here.rows


def test_no_scheduler() -> None:
    with pytest.raises(FlexoptError, match="no Dask scheduler answers at this address") as refused:
        next(on_cluster([], f"tcp://127.0.0.1:{_free_port()}", patience=0.5))
    assert "dask scheduler" in refused.value.hint


def test_without_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(FlexoptError, match="needs the extra `cluster`") as refused:
        sweep(variants(folder, 1), cluster="tcp://127.0.0.1:1")
    assert refused.value.hint == "pip install 'flexopt[cluster]'"


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
