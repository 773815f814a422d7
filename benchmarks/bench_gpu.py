"""What grading on a GPU costs: a training in the sandbox beside the same training in a plain process.

    python benchmarks/bench_gpu.py --rounds 5

Prints medians: seconds from nothing to the first result (the driver, the context and the kernels are loaded), the
training after it, and the ratio of both to a plain process; memory of the machine and of the device.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

from autograder.model import Workspace
from autograder.runner.protocol import Limits
from autograder.runner.runtimes import TORCH
from autograder.sandbox.gpu import find_gpu
from autograder.sandbox.select import build, doctor

PROBES = """
import os
import time

import torch


def train(*, steps):
    device = os.environ.get("AUTOGRADER_DEVICE", "cuda")
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 32, 3, padding=1), torch.nn.BatchNorm2d(32), torch.nn.ReLU(),
        torch.nn.Conv2d(32, 64, 3, stride=2, padding=1), torch.nn.ReLU(), torch.nn.Flatten(),
        torch.nn.Linear(64 * 256, 10),
    ).to(device)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
    inputs, targets = torch.randn(128, 3, 32, 32).to(device), torch.randint(10, (128,)).to(device)
    start = time.perf_counter()
    for _ in range(int(steps)):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs), targets)
        loss.backward()
        optimiser.step()
    return {"loss": float(loss), "seconds": time.perf_counter() - start}
"""
PLAIN = (
    PROBES
    + """
import json, sys
torch.set_num_threads(1)
torch.backends.cudnn.deterministic, torch.backends.cudnn.allow_tf32 = True, False
torch.nn.Linear(1, 1)(torch.zeros(1, 1)).sum().backward()
start = time.perf_counter()
train(steps=1)
first = time.perf_counter() - start
start = time.perf_counter()
train(steps=int(sys.argv[1]))
print(json.dumps({"first": first, "training": time.perf_counter() - start}))
"""
)


def measure_sandbox(sandbox: Any, steps: int) -> dict[str, float]:
    """Seconds and MiB of one submission."""
    begun = time.perf_counter()
    session = sandbox.open(
        Workspace({"probes.py": PROBES.encode()}, frozenset()), Limits(120, 240, 4096, files=128, device_mib=16384)
    )
    opened = time.perf_counter()
    session.call("train", {"steps": 1})
    first = time.perf_counter()
    usage = session.call("train", {"steps": steps}).usage
    trained = time.perf_counter()
    footprint = session.footprint()
    session.close()
    return {
        "open": opened - begun, "first": first - opened, "training": trained - first,
        "end": time.perf_counter() - trained,
        "device_mib": usage.device_mib, "own_mib": footprint.own_mib if footprint else 0.0,
        "file_mib": footprint.file_mib if footprint else 0.0,
    }  # fmt: skip


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args()
    gpu, reason = find_gpu()
    if gpu is None:
        print(f"skipped: {reason}")
        return 0
    print(f"{gpu.name}, {gpu.memory_mib:,} MiB, driver {gpu.driver}")
    sandbox = build(doctor(), TORCH, gpu=gpu)
    inside: list[dict[str, float]] = []
    outside: list[dict[str, float]] = []
    for _ in range(options.rounds):
        inside.append(measure_sandbox(sandbox, options.steps))
        command = [sys.executable, "-c", PLAIN, str(options.steps)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
        outside.append(json.loads(done.stdout))
    sandbox.close()
    for name in inside[0]:
        mine = statistics.median(round_[name] for round_ in inside)
        theirs = statistics.median(round_[name] for round_ in outside) if name in outside[0] else None
        print(f"{name:>10} {mine:9.3f}" + (f"   plain {theirs:9.3f}   ratio {mine / theirs:.2f}" if theirs else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
