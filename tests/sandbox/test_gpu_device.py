"""A real GPU in the sandbox: right results, and a submission that hangs, leaks or crashes costs itself only."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder.errors import SandboxFault
from autograder.model import Outcome, Workspace
from autograder.runner.protocol import Limits, StudentFault
from autograder.runner.runtimes import TORCH
from autograder.sandbox import confined_session
from autograder.sandbox.confined import ConfinedSandbox
from autograder.sandbox.confined_session import ConfinedSession
from autograder.sandbox.gpu import find_gpu
from autograder.sandbox.select import build
from autograder.tester.budget import SideBySide, time_ratio
from autograder.tester.student_process import StudentProcess
from tests.sandbox.test_gpu import variants

GPU, REASON = find_gpu()
pytestmark = [pytest.mark.gpu, pytest.mark.skipif(GPU is None, reason=f"no GPU that submissions can use: {REASON}")]
OTHER_FILES = (
    "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset", "/dev/nvidia1", "/dev/mem", "/dev/kmsg", "/etc/passwd",
    "/proc/driver/nvidia/params", "/proc/sysrq-trigger", "/sys/module/nvidia/initstate",
)  # fmt: skip
LIMITS = Limits(cpu_seconds=30, wall_seconds=60, memory_mib=2048, files=128, device_mib=8192)
PROBES = b'''
import os

import torch


def train(*, steps):
    """Losses of a convolution and an LSTM with batch norm and Adam."""
    device = os.environ["AUTOGRADER_DEVICE"]
    torch.manual_seed(3)
    convolution = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.BatchNorm2d(8), torch.nn.ReLU())
    recurrent, head = torch.nn.LSTM(8 * 6, 16, batch_first=True), torch.nn.Linear(16, 5)
    model = torch.nn.ModuleList([convolution, recurrent, head]).to(device)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    inputs, targets = torch.randn(16, 3, 6, 7).to(device), torch.randint(5, (16,)).to(device)
    losses = []
    for _ in range(steps):
        maps = convolution(inputs).permute(0, 3, 1, 2).flatten(2)
        loss = torch.nn.functional.cross_entropy(head(recurrent(maps)[0][:, -1]), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    return {"losses": torch.stack(losses).cpu().double().numpy(), "device": inputs.device.type}


def kinds():
    """Mixed precision, attention, FFT, linear algebra, sorting, random numbers, pinned memory."""
    x = torch.randn(4, 8, 32, 16, device="cuda")
    scaler = torch.amp.GradScaler("cuda")
    weight = torch.nn.Parameter(torch.randn(16, 16, device="cuda"))
    with torch.autocast("cuda", dtype=torch.float16):
        loss = torch.nn.functional.scaled_dot_product_attention(x @ weight, x, x).square().mean()
    scaler.scale(loss).backward()
    with torch.autocast("cuda", dtype=torch.bfloat16):
        low = x @ weight
    found = {
        "half": bool(torch.isfinite(weight.grad).all()),
        "bfloat16": low.dtype is torch.bfloat16,
        "fft": bool(torch.allclose(torch.fft.ifft(torch.fft.fft(x)).real, x, atol=1e-4)),
        "svd": bool(torch.isfinite(torch.linalg.svd(x[0, 0])[1]).all()),
        "sort": bool((x.flatten().sort().values.diff() >= 0).all()),
        "pinned": torch.zeros(1 << 20).pin_memory().is_pinned(),
        "tf32": not torch.backends.cudnn.allow_tf32 and not torch.backends.cuda.matmul.allow_tf32,
    }
    return found


def fill():
    kept = []
    while True:
        kept.append(torch.zeros(1 << 28, dtype=torch.uint8, device="cuda"))


def fill_host():
    kept = [torch.zeros(1, device="cuda")]
    while True:
        kept.append(bytearray(1 << 26))


def hang():
    torch.cuda._sleep(10**13)
    torch.cuda.synchronize()
    return {}


def wrong_index():
    x = torch.zeros(4, device="cuda")
    return {"x": x[torch.tensor([10**6], device="cuda")].cpu().numpy()}


def crash():
    import ctypes

    torch.zeros(1, device="cuda")
    ctypes.string_at(0)


def reach(*, paths):
    """What can be opened, and what else can be done, once CUDA runs."""
    import _socket

    torch.zeros(1, device="cuda")
    found = []
    for path in paths:
        try:
            os.close(os.open(path, os.O_RDWR))
            found.append(path)
        except OSError:
            continue
    for name, trial in (("socket", lambda: _socket.socket()), ("fork", os.fork), ("kill", lambda: os.kill(-1, 0))):
        try:
            trial()
            found.append(name)
        except OSError:
            continue
    return {"found": found}


def multiply(*, times):
    x = torch.eye(2048, device="cuda")
    for _ in range(int(times)):
        y = x @ x
    return {"trace": float(y.trace())}
'''


@pytest.fixture(scope="module", params=variants().keys())
def sandbox(request: pytest.FixtureRequest) -> Iterator[ConfinedSandbox]:
    found = build(variants()[request.param], TORCH, gpu=GPU)
    yield found
    found.close()


@pytest.fixture
def session(sandbox: ConfinedSandbox) -> Iterator[ConfinedSession]:
    found = sandbox.open(workspace(), LIMITS)
    yield found
    found.close()


def workspace(more: bytes = b"") -> Workspace:
    return Workspace({"probes.py": PROBES + more}, frozenset({"probes.py"}))


def works(sandbox: ConfinedSandbox) -> bool:
    """Return whether the next submission finds the device as the first one did."""
    session = sandbox.open(workspace(), LIMITS)
    losses = np.asarray(session.call("train", {"steps": 2}).outputs["losses"])
    session.close()
    return losses.shape == (2,) and bool(np.isfinite(losses).all())


def test_training_on_the_device_agrees_with_the_processor(sandbox, session):
    """The same losses, step by step: 1e-3 after ten steps of Adam in float32 is 1000 times the rounding of a step."""
    on_device = session.call("train", {"steps": 10})
    again = session.call("train", {"steps": 10}).outputs["losses"]
    plain = build(variants()["container"], TORCH)
    cpu = plain.open(workspace(), LIMITS)
    on_processor = np.asarray(cpu.call("train", {"steps": 10}).outputs["losses"])
    cpu.close()
    plain.close()
    assert on_device.outputs["device"] == "cuda"
    np.testing.assert_array_equal(again, on_device.outputs["losses"])
    np.testing.assert_allclose(on_device.outputs["losses"], on_processor, rtol=1e-3)
    assert on_device.usage.device_mib > 50


def test_everything_that_models_use_runs(session):
    """No kind of computing is refused by a layer of the sandbox."""
    found = session.call("kinds", {}).outputs
    assert dict.fromkeys(found, True) == found


def test_a_submission_that_fills_the_device_is_ended(sandbox):
    """At its limit, long before the device is full; the next one finds all of it."""
    session = sandbox.open(workspace(), LIMITS)
    with pytest.raises(StudentFault, match="8192 MiB of the GPU's memory") as caught:
        session.call("fill", {})
    session.close()
    assert caught.value.outcome is Outcome.OUT_OF_MEMORY
    assert works(sandbox)


def test_a_submission_that_fills_the_memory_of_the_machine_is_ended(sandbox):
    """Address space cannot be limited with CUDA: what is resident is watched."""
    session = sandbox.open(workspace(), LIMITS)
    with pytest.raises(StudentFault) as caught:
        session.call("fill_host", {})
    session.close()
    assert caught.value.outcome is Outcome.OUT_OF_MEMORY


def test_a_kernel_that_hangs_is_ended(sandbox, monkeypatch):
    """It is killed with its process, and the device computes on for the next one."""
    monkeypatch.setattr(confined_session, "DRIVER_START_SECONDS", 2.0)
    session = sandbox.open(workspace(), dataclasses.replace(LIMITS, cpu_seconds=3, wall_seconds=6))
    with pytest.raises(StudentFault) as caught:
        session.call("hang", {})
    session.close()
    assert caught.value.outcome is Outcome.TIMED_OUT
    assert works(sandbox)


@pytest.mark.parametrize(
    ("probe", "outcome"), [("wrong_index", Outcome.ERROR), ("crash", Outcome.CRASHED)], ids=["assert", "crash"]
)
def test_a_submission_that_breaks_its_context_breaks_no_other(sandbox, probe, outcome):
    """An assertion on the device and a crash end one process's context."""
    session = sandbox.open(workspace(), LIMITS)
    with pytest.raises(StudentFault) as caught:
        session.call(probe, {})
    session.close()
    assert caught.value.outcome is outcome
    assert works(sandbox)


def test_a_process_reaches_the_device_and_nothing_else(session):
    """Other nodes of the driver, of the machine, processes and sockets are refused."""
    others = [*map(str, sorted(Path("/dev").glob("nvidia-caps/*"))), *OTHER_FILES]
    assert [] == session.call("reach", {"paths": others}).outputs["found"]


def test_the_fork_server_never_opens_the_device(sandbox, session):
    """A process that has started CUDA cannot be forked: its children could not use it."""
    session.call("train", {"steps": 1})
    server = Path(f"/proc/{sandbox.fork_server_id}")
    children = (server / "task" / server.name / "children").read_text().split()
    forks = [Path("/proc", child) for child in children if int(child) != session.process_id]  # with namespaces, one
    waiting = [server, *forks]
    for process in waiting:
        open_files = [str(entry.readlink()) for entry in (process / "fd").iterdir()]
        assert [] == [path for path in open_files if path.startswith("/dev/nvidia")]


def test_a_second_run_waits_its_turn(sandbox):
    """It says so before it grades anything."""
    with pytest.raises(SandboxFault, match="another run uses the GPU"):
        build(variants()["container"], TORCH, gpu=GPU)
    assert sandbox.running


def test_a_budget_on_the_device_goes_by_its_time(sandbox):
    """The processor only waits: the same work is about 1 time the reference's, 30 times the work far above 4."""
    reference, same = (StudentProcess(sandbox, workspace(), LIMITS) for _ in range(2))
    longer = b"\nfast = multiply\n\n\ndef multiply(*, times):\n    return fast(times=30 * times)\n"
    slow = StudentProcess(sandbox, workspace(longer), LIMITS)
    inputs = {"times": 200}
    equal = time_ratio(SideBySide(same, reference, "multiply", lambda: inputs), 4.0)
    same.close()
    slower = time_ratio(SideBySide(slow, reference, "multiply", lambda: inputs), 4.0)
    slow.close()
    reference.close()
    assert not equal.missed, equal
    assert slower.missed, slower
