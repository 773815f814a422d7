"""The benchmarks run: what nobody starts for a month breaks unseen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.bench_grading import PEERS
from benchmarks.peers import notebooks

ROOT = Path(__file__).parents[2]


def run(name: str, *options: str) -> object:
    """The last line of a benchmark that was started as docs/measured.md writes it, read as JSON."""
    command = [sys.executable, f"benchmarks/{name}.py", *options, "--json"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("peer", PEERS)
def test_grading_beside_a_peer(peer: str) -> None:
    """Four submissions of the first stage are graded by this kit and by the peer, and a ratio is printed."""
    if not notebooks.is_installed(peer):
        pytest.skip(f"{peer} is not installed")
    found = run("bench_grading", "--stage", "s01_perceptron", "--submissions", "4", "--rounds", "1", "--peers", peer)
    assert isinstance(found, dict)
    assert [peer] == list(found["cpu_ratio"])


@pytest.mark.slow
def test_budgets_are_decided() -> None:
    """Budgets of right code are decided; whether code was within them is no matter of this test."""
    found = run(
        "bench_budgets", "--stages", "s10_attention", "--decisions", "3", "--slow-decisions", "0", "--loads", "idle"
    )
    assert isinstance(found, dict)
    assert 3 <= found["decisions"]


@pytest.mark.slow
def test_the_sandbox_is_measured() -> None:
    """Every backend of this machine has a row of figures, in milliseconds."""
    found = run("bench_sandbox", "--repeats", "2")
    assert isinstance(found, dict)
    assert all(row for row in found.values())


@pytest.mark.slow
def test_a_stage_of_pytorch_is_measured() -> None:
    """Seven submissions of the trial stage are graded by this kit, and four by pytest."""
    pytest.importorskip("torch")
    found = run("bench_torch", "--sizes", "7", "--peers", "4")
    assert isinstance(found, dict)
    assert ["7"] == list(found)
