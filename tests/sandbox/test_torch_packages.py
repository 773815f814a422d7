"""What a stage of PyTorch can import beside torch: safetensors, and the writer of TensorBoard's files."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from autograder.model import Workspace
from autograder.runner.packages import installed_beside
from autograder.runner.plain import PlainSandbox
from autograder.runner.protocol import Limits, Sandbox
from autograder.runner.runtimes import NUMPY, TORCH
from autograder.sandbox.select import build, doctor

LIMITS = Limits(cpu_seconds=30, wall_seconds=120, memory_mib=2048, files=128)
PROBES = b"""
import os
import sys


def writes(*, x):
    import tempfile

    import torch
    from safetensors.torch import load_file, save_file
    from torch.utils.tensorboard import SummaryWriter

    folder = tempfile.mkdtemp()
    before = set(sys.modules)
    with SummaryWriter(folder) as log:
        log.add_scalar("loss", 0.25, 7)
        log.add_image("image", torch.from_numpy(x.copy()).reshape(1, 2, 3), 7)
        log.add_histogram("weights", torch.from_numpy(x.copy()), 7)
        log.add_graph(torch.nn.Linear(3, 2), torch.ones(1, 3))
    (name,) = os.listdir(folder)
    file = os.path.join(folder, "weights.safetensors")
    save_file({"w": torch.from_numpy(x.copy()).bfloat16()}, file)
    loaded = load_file(file)["w"]
    return {
        "events": os.path.getsize(os.path.join(folder, name)) > 1000,
        "w": loaded.float().numpy(),
        "dtype": str(loaded.dtype),
        "ready": "torch.utils.tensorboard" in before and "safetensors.torch" in before,
    }
"""


@pytest.fixture(params=["confined", "plain"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """The sandbox of grading, and that of a student's own machine."""
    for name in (*TORCH.packages, *TORCH.beside):
        pytest.importorskip(name)
    report = doctor()
    if request.param == "confined" and report.strength == "plain":
        pytest.skip("this machine has no isolation")
    found: Sandbox = build(report, TORCH) if request.param == "confined" else PlainSandbox(TORCH.packages)
    yield found
    found.close()


@pytest.mark.slow
def test_safetensors_and_summary_writer_work(sandbox: Sandbox) -> None:
    """Both write and read in the temporary folder, and a fork server has imported them before it forks."""
    x = np.array([[1.0, -2.5, 0.375], [0.5, 3.0, 8.0]])
    session = sandbox.open(Workspace({"probes.py": PROBES}, frozenset()), LIMITS)
    outputs = session.call("writes", {"x": x}).outputs
    session.close()

    assert (True, "torch.bfloat16") == (outputs["events"], outputs["dtype"])
    assert x.tolist() == np.asarray(outputs["w"]).tolist()
    assert isinstance(sandbox, PlainSandbox) or outputs["ready"] is True


def test_nothing_is_shown_beside_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A numpy stage sees numpy alone; a package that is not installed is left out of a torch stage's view."""
    assert {} == installed_beside(NUMPY.packages)
    none_like = dataclasses.replace(TORCH, beside={"no_such_package": "no_such_package.module"})
    monkeypatch.setattr("autograder.runner.packages.RUNTIMES", {"torch": none_like})
    assert {} == installed_beside(TORCH.packages)
