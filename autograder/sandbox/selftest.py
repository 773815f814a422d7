"""Self-test before the first submission: honest code runs, and each isolation layer refuses what it should."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from autograder.errors import SandboxFault
from autograder.model import Workspace
from autograder.runner.protocol import Limits, StudentFault
from autograder.runner.runtimes import Runtime
from autograder.sandbox.confined import ConfinedSandbox

PROBES = b'''
import os


def work(*, x):
    import json, decimal
    return {"y": x @ x.T, "text": json.dumps(1)}


def escape(*, path):
    """Names of the isolation layers that did not hold."""
    import _socket
    trials = {
        "file system": lambda: open(path).close(),
        "network": lambda: _socket.socket(),
        "processes": lambda: os.fork(),
        "programs": lambda: os.execv("/bin/true", ["true"]),
        "writing": lambda: open("/usr/canary", "w").close(),
    }
    failed = []
    for name, trial in trials.items():
        try:
            trial()
        except OSError:
            continue
        failed.append(name)
    with open("honest.txt", "w") as file:
        file.write("temporary files work")
    return {"open": failed}
'''
GPU_PROBE = b'''

def gpu(*, x):
    """The same product on the device."""
    import torch

    on_device = torch.tensor(x, device="cuda")
    return {"y": (on_device @ on_device.T).cpu().numpy(), "count": torch.cuda.device_count()}
'''
SELF_TEST_DEVICE_MIB = 4096
EXPECTED_STATUS = {"NoNewPrivs": "1", "Seccomp": "2", "CapEff": "0" * 16, "CapPrm": "0" * 16}


def check(sandbox: ConfinedSandbox, runtime: Runtime) -> None:
    """Test the isolation layers and the packages of a sandbox from inside, and check the process from outside.

    Raises:
        SandboxFault: one of them does not hold, or honest code does not run.
    """
    x = np.arange(6.0).reshape(2, 3)
    try:
        source = PROBES + runtime.self_test.encode() + GPU_PROBE
        session = sandbox.open(Workspace({"probes.py": source}, frozenset()), Limits(device_mib=SELF_TEST_DEVICE_MIB))
        worked = session.call("work", {"x": x}).outputs
        escaped = session.call("escape", {"path": __file__}).outputs["open"]
        problems = session.call("runtime", {}).outputs["problems"]
        status = _status(session.process_id)
        on_gpu = session.call("gpu", {"x": x}).outputs if sandbox.gpu is not None else {"y": x @ x.T, "count": 1}
        session.close()
    except StudentFault as fault:
        text = f"{fault.exception_type} {fault.exception_text} {fault.reason} {fault.printed}"
        raise SandboxFault(f"honest code does not run in the sandbox: {text.strip()}") from None
    if escaped:
        raise SandboxFault(f"the sandbox does not isolate: {escaped}")
    if problems:
        raise SandboxFault(f"the packages of the sandbox are not ready: {problems}")
    wrong = {name: status.get(name) for name, value in EXPECTED_STATUS.items() if status.get(name) != value}
    if wrong:
        raise SandboxFault(f"a process in the sandbox is not confined as it should be: {wrong}")
    if on_gpu["count"] != 1 or not np.allclose(np.asarray(on_gpu["y"]), x @ x.T):
        raise SandboxFault("the GPU computes a different result than this process, or is not the only one")
    if not np.array_equal(np.asarray(worked["y"]), x @ x.T):
        raise SandboxFault("the sandbox computes a different result than this process")


def _status(process_id: int) -> dict[str, str]:
    lines = Path(f"/proc/{process_id}/status").read_text(encoding="utf-8").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
