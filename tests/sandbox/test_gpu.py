"""The seam to a GPU, with a device that only counts: what a process sees, what is watched, what is refused.

What needs a device is in ``test_gpu_device.py``.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from autograder.errors import SandboxFault
from autograder.model import Outcome, Workspace
from autograder.runner.protocol import Limits, StudentFault
from autograder.runner.runtimes import NUMPY, DeviceName
from autograder.sandbox import gpu as gpu_module
from autograder.sandbox import selftest
from autograder.sandbox.confined import ConfinedSandbox
from autograder.sandbox.gpu import Gpu, describe_device, find_gpu
from autograder.sandbox.select import DoctorReport, build, doctor, gpu_for

REPORT = doctor()
NODE = "/dev/full"  # stands for the driver's nodes: any file that can be opened
pytestmark = pytest.mark.skipif(REPORT.strength == "plain", reason="this machine has no isolation to test")
PROBES = b"""
import os
import time

def look(*, paths):
    found = {}
    for path in paths:
        try:
            found[path] = sorted(os.listdir(path)) if os.path.isdir(path) else open(path).read(200)
        except OSError as error:
            found[path] = type(error).__name__
    return found

def device():
    return {"device": os.environ["AUTOGRADER_DEVICE"]}

def control(*, request, path):
    import fcntl
    with open(path) as file:
        try:
            fcntl.ioctl(file, request)
        except OSError as error:
            return {"errno": error.errno}
    return {"errno": 0}

def write(*, paths):
    written = []
    for path in paths:
        try:
            with open(path.format(os.getpid()), "w") as file:
                file.write("name")
            written.append(path)
        except OSError:
            continue
    return {"written": written}

def sockets():
    import _socket

    found = {}
    made = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET | _socket.SOCK_CLOEXEC)
    kinds = {"internet": _socket.AF_INET, "stream": _socket.AF_UNIX}
    for name, family in kinds.items():
        try:
            _socket.socket(family, _socket.SOCK_STREAM)
            found[name] = "made"
        except OSError as error:
            found[name] = type(error).__name__
    try:
        made.connect("/tmp/nvidia-mps/control")
        found["connect"] = "connected"
    except OSError as error:
        found["connect"] = type(error).__name__
    return found

def wait():
    time.sleep(30)
    return {}
"""


class CountingGpu(Gpu):
    """A device whose used memory the test sets: the next readings, the last of which stays."""

    readings: ClassVar = [100.0]

    def used_mib(self) -> float:
        return CountingGpu.readings.pop(0) if len(CountingGpu.readings) > 1 else CountingGpu.readings[0]

    def lock(self) -> int:
        """Any descriptor: tests run side by side, and all have the same node."""
        return os.open(os.devnull, os.O_RDONLY)


@pytest.fixture(autouse=True)
def reset(monkeypatch: pytest.MonkeyPatch) -> None:
    CountingGpu.readings = [100.0]
    monkeypatch.setattr(gpu_module, "RELEASE_SECONDS", 0.2)


def variants() -> dict[str, DoctorReport]:
    """Every confined backend that this machine and user can have."""
    found = {"container": dataclasses.replace(REPORT, strength="container", namespaces="", user_base=0)}
    if REPORT.strength == "full":
        found["full"] = REPORT
        found["user"] = dataclasses.replace(REPORT, namespaces="user", user_base=0)
    return found


@pytest.fixture(scope="module", params=variants().keys())
def sandbox(request: pytest.FixtureRequest) -> Iterator[ConfinedSandbox]:
    CountingGpu.readings = [100.0]  # the last test of another sandbox may have left others
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selftest, "GPU_PROBE", b"def gpu(*, x):\n    return {'y': x @ x.T, 'count': 1}\n")
        kernel_files = {"/proc/devices": "195 nvidia\n", "/sys/module/nvidia/initstate": "live\n"}
        gpu = CountingGpu("A counter", "1.0", 1000, (NODE,), (), kernel_files)
        found = build(variants()[request.param], NUMPY, gpu=gpu)
    yield found
    found.close()


def workspace() -> Workspace:
    return Workspace({"probes.py": PROBES}, frozenset())


def test_a_process_with_a_gpu_sees_itself_in_proc_and_nobody_else(sandbox):
    """CUDA does not start without /proc/self; the machine's memory, load and network stay hidden."""
    session = sandbox.open(workspace(), Limits(device_mib=500))
    paths = ["/proc/self/comm", "/proc/devices", "/proc/meminfo", "/proc/stat", "/proc/net/dev", "/proc/self/task"]
    seen = session.call("look", {"paths": paths}).outputs
    session.close()
    assert "python" in str(seen["/proc/self/comm"])
    assert "Error" not in str(seen["/proc/devices"])
    assert {"FileNotFoundError", "PermissionError", "NotADirectoryError"} >= {
        str(seen[path]) for path in ("/proc/meminfo", "/proc/stat")
    }
    assert len(list(seen["/proc/self/task"])) == 1


def test_without_a_gpu_there_is_no_proc():
    """A stage that computes on the CPU has what it had before."""
    sandbox = build(REPORT, NUMPY)
    session = sandbox.open(workspace(), Limits())
    seen = session.call("look", {"paths": ["/proc/self/comm", "/sys/module"]}).outputs
    device = session.call("device", {}).outputs["device"]
    sandbox.close()
    assert {"/proc/self/comm": "FileNotFoundError", "/sys/module": "FileNotFoundError"} == seen or (
        REPORT.strength == "container"
    )
    assert device == "cpu"


def test_probes_learn_where_to_compute(sandbox):
    """The name is torch's, and it stands in a variable of the process."""
    session = sandbox.open(workspace(), Limits(device_mib=500))
    assert session.call("device", {}).outputs["device"] == "cuda"
    session.close()


@pytest.mark.parametrize(
    ("request_number", "reaches_driver"),
    [(0xC020462A, True), (0x25, True), (0x30000001, True), (0x5412, False), (0x8912, False), (0x541C, False)],
    ids=["driver", "unified memory", "its start", "typing into a terminal", "network interfaces", "console"],
)
def test_requests_reach_the_driver_and_nothing_else(sandbox, request_number, reaches_driver):
    """The filter lets the driver's requests through, and Landlock (version 5) only to its nodes."""
    session = sandbox.open(workspace(), Limits(device_mib=500))
    answers = {
        path: session.call("control", {"request": request_number, "path": path}).outputs["errno"]
        for path in (NODE, "/dev/urandom")
    }
    session.close()
    errno_enotty, errno_eacces = 25, 13  # ENOTTY comes from the node itself, or from the filter
    assert answers[NODE] in (errno_enotty, 22)
    if reaches_driver and "version 7" in "".join(layer.name for layer in sandbox.layers):
        assert answers["/dev/urandom"] == errno_eacces


def test_a_socket_can_be_made_and_reaches_nobody(sandbox):
    """CUDA does not start where it cannot make one; where nobody answers it goes on."""
    session = sandbox.open(workspace(), Limits(device_mib=500))
    found = session.call("sockets", {}).outputs
    session.close()
    assert found == {"internet": "PermissionError", "stream": "PermissionError", "connect": "ConnectionRefusedError"}


def test_only_its_own_threads_names_can_be_written_in_proc(sandbox):
    """CUDA names its threads; the copies of the kernel's files stay as they are."""
    session = sandbox.open(workspace(), Limits(device_mib=500))
    paths = ["/proc/self/task/{}/comm", "/proc/devices", "/sys/module/nvidia/initstate"]
    written = session.call("write", {"paths": paths}).outputs["written"]
    session.close()
    assert paths[:1] == written


def test_too_much_memory_of_the_device_ends_the_process(sandbox):
    """It is measured from outside; the message names the limit and the process has ended."""
    session = sandbox.open(workspace(), Limits(cpu_seconds=5, wall_seconds=20, device_mib=500))
    CountingGpu.readings = [100.0, 601.0, 601.0, 100.0]
    with pytest.raises(StudentFault, match="500 MiB of the GPU's memory") as caught:
        session.call("wait", {})
    session.close()
    assert caught.value.outcome is Outcome.OUT_OF_MEMORY
    assert not session.alive


def test_the_peak_of_a_call_is_reported(sandbox):
    """A budget of time goes by the clock where the reference used the device."""
    session = sandbox.open(workspace(), Limits(device_mib=500))
    CountingGpu.readings = [100.0, 350.0]
    reply = session.call("device", {})
    CountingGpu.readings = [100.0]
    session.close()
    assert reply.usage.device_mib == pytest.approx(250.0)


def test_a_device_that_is_not_released_is_a_fault_of_the_grader(sandbox):
    """The next submission would have less of it."""
    session = sandbox.open(workspace(), Limits(device_mib=500))
    CountingGpu.readings = [700.0]
    with pytest.raises(SandboxFault, match=r"700 MiB of the GPU's memory are in use .* at most 356 MiB"):
        session.close()


def test_the_reference_keeps_its_memory_when_a_submission_ends(sandbox):
    """Budgets have both processes on the device at a time; what the reference took meanwhile is not the student's."""
    reference = sandbox.open(workspace(), Limits(device_mib=2000))
    student = sandbox.open(workspace(), Limits(device_mib=2000))
    CountingGpu.readings = [100.0, 1100.0]
    reference.call("device", {})
    CountingGpu.readings = [1100.0, 1600.0]
    reply = student.call("device", {})
    CountingGpu.readings = [1100.0]
    student.close()
    CountingGpu.readings = [100.0]
    reference.close()
    assert reply.usage.device_mib == pytest.approx(500.0)


def test_two_runs_do_not_share_a_device(tmp_path):
    """One submission a device: the second run says so and begins nothing; when the first has ended, it may."""
    node = tmp_path / "nvidiactl"
    node.touch()
    gpu = Gpu("A device", "1.0", 1000, (str(node),), (), {})
    first = gpu.lock()
    with pytest.raises(SandboxFault, match="another run uses the GPU"):
        gpu.lock()
    os.close(first)
    os.close(gpu.lock())


def test_a_machine_without_a_gpu_says_why(monkeypatch, tmp_path):
    """A stage with 'device: gpu' is not graded here; one with 'any' computes on the CPU, and the report says so."""
    monkeypatch.setattr(gpu_module, "NODES", (str(tmp_path / "nvidiactl"), str(tmp_path / "nvidia0")))
    assert find_gpu() == (None, "no NVIDIA device (/dev/nvidiactl, /dev/nvidia0)")
    assert gpu_for(DeviceName.ANY) is None
    assert describe_device(DeviceName.ANY) == "CPU"
    with pytest.raises(SandboxFault, match=r"graded on a GPU, and this machine has none .* no NVIDIA device"):
        gpu_for(DeviceName.GPU)


def test_a_driver_that_cannot_be_watched_is_not_used(monkeypatch):
    """Without its management library nobody could stop a submission that fills the device."""
    monkeypatch.setattr(gpu_module, "NODES", ("/dev/null",))
    monkeypatch.setattr(gpu_module, "DRIVER_NODES", ("/dev/null",))
    monkeypatch.setattr(gpu_module, "_libraries", lambda: iter(["/lib/libcuda.so.1"]))

    def missing() -> None:
        raise ImportError

    monkeypatch.setattr(gpu_module, "_open_library", missing)
    assert "nvidia-ml-py" in find_gpu()[1]
    assert Path("/dev/null").exists()
