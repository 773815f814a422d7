"""What a student's process costs before it does any work, for each backend that this machine has.

    python benchmarks/bench_sandbox.py [--repeats N] [--torch] [--json]

Milliseconds by the clock, the smallest and the median of N: from nothing until a process is ready, for one call of a
10x10 array sent alone, and for a process that is opened, asked fifty times and closed. Run it as root and as an
ordinary user: they get other isolation layers.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from autograder.model import Workspace
from autograder.runner.exchange import prepare
from autograder.runner.protocol import Limits, Sandbox
from autograder.runner.runtimes import NUMPY, TORCH
from autograder.sandbox.select import DoctorReport, build, doctor

CALLS = 50
WORKSPACE = Workspace(
    {
        "probes.py": b"def double(*, x):\n    from scratch import tiny\n    return {'y': tiny.double(x)}\n",
        "scratch/__init__.py": b"",
        "scratch/tiny.py": b"def double(x):\n    return x * 2.0\n",
    },
    frozenset({"scratch/tiny.py"}),
)


@dataclass(frozen=True)
class Milliseconds:
    """Of one kind of work."""

    smallest: float
    median: float


def measure(work: Callable[[], float], repeats: int) -> Milliseconds:
    """Repeat what returns its seconds; the first is a warm-up."""
    work()
    taken = [1e3 * work() for _ in range(repeats)]
    return Milliseconds(round(min(taken), 2), round(statistics.median(taken), 2))


def of_backend(sandbox: Sandbox, repeats: int) -> dict[str, Milliseconds]:
    """The three kinds of work behind one sandbox."""
    call = prepare([("double", {"x": np.ones((10, 10))})])

    def opened() -> float:
        start = time.perf_counter()
        session = sandbox.open(WORKSPACE, Limits())
        taken = time.perf_counter() - start
        session.close()
        return taken

    def whole() -> float:
        start = time.perf_counter()
        session = sandbox.open(WORKSPACE, Limits())
        for _ in range(CALLS):
            session.call_all(call)
        session.close()
        return time.perf_counter() - start

    asked = sandbox.open(WORKSPACE, Limits())

    def called() -> float:
        start = time.perf_counter()
        asked.call_all(call)
        return time.perf_counter() - start

    try:
        return {
            "opened until ready": measure(opened, repeats),
            "one call": measure(called, repeats),
            f"open, {CALLS} calls, close": measure(whole, repeats),
        }
    finally:
        asked.close()


def backends(report: DoctorReport) -> dict[str, DoctorReport]:
    """What this machine has, and the same without namespaces."""
    if report.strength == "plain":
        return {}
    weaker = replace(report, strength="container", namespaces="", user_base=0)
    return {f"full ({report.namespaces})": report, "container": weaker} if report.namespaces else {"container": weaker}


def main() -> int:
    """Measure every backend and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--torch", action="store_true", help="with torch in the fork server")
    parser.add_argument("--json", action="store_true", help="one last line with all figures")
    options = parser.parse_args()
    found: dict[str, dict[str, Milliseconds]] = {}
    for name, report in backends(doctor()).items():
        sandbox = build(report, TORCH if options.torch else NUMPY)
        try:
            found[name] = of_backend(sandbox, options.repeats)
        finally:
            sandbox.close()
        for what, taken in found[name].items():
            print(f"{name:14} {what:24} {taken.smallest:8.2f} ms, median {taken.median:.2f}")
    if not found:
        print("this machine has no confined backend: see autograder doctor")
    if options.json:
        print(json.dumps({name: {what: vars(taken) for what, taken in row.items()} for name, row in found.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
