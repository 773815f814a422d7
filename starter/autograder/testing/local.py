"""Tests on a student's own machine: their code in a plain subprocess, beside the stage's probes."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder.errors import UsageError
from autograder.hostiletext import visible
from autograder.model import BudgetKind, Usage, Visibility, Workspace
from autograder.runner.plain import PlainSandbox
from autograder.runner.protocol import Limits, Reply, Session, StudentFault
from autograder.testing.assertions import CheckFailed
from autograder.testing.faults import fault_finding
from autograder.testing.seeds import public_seed
from autograder.testing.values import Outputs, normalise

COURSE_FILE = "course.json"
PROBES = "probes.py"
LIMITS = Limits(cpu_seconds=10, wall_seconds=30, memory_mib=2048, files=256)  # only ends loops; it gives no marks
PRINTED_CHARACTERS = 8192


def bundle_root(folder: Path, otherwise: Path) -> Path:
    """The nearest folder above a stage's that holds ``course.json``."""
    return next((above for above in folder.parents if (above / COURSE_FILE).is_file()), otherwise)


def stage_files(root: Path, stage: str) -> tuple[str, ...]:
    """What a student submits for a stage, by ``course.json``; empty where it does not say."""
    try:
        course = json.loads((root / COURSE_FILE).read_text(encoding="utf-8"))
        return tuple(course["stages"][stage]["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def local_workspace(root: Path, stage_folder: Path) -> Workspace:
    """The modules of a student's folder, and which of them this stage needs.

    A file that neither the stage nor anything it imports asks for may be broken: it is a later stage's.
    """
    files = stage_files(root, stage_folder.name)
    modules = {path: (root / path).read_bytes() for path in files if (root / path).is_file()}
    for top in sorted({"scratch", *(path.split("/")[0] for path in files if "/" in path)}):
        for file in sorted((root / top).rglob("*.py")):
            modules.setdefault(file.relative_to(root).as_posix(), file.read_bytes())
    probes = stage_folder / PROBES
    if not probes.is_file():
        raise UsageError(f"{probes} is not there: it belongs to the course; unpack the starter again")
    modules[PROBES] = probes.read_bytes()
    needed = _needed(modules, [PROBES, *files])
    return Workspace(modules, frozenset(needed - {PROBES, "scratch/__init__.py"}), tuple(set(files) - modules.keys()))


def _needed(modules: Mapping[str, bytes], start: Iterable[str]) -> set[str]:
    """The files among ``modules`` that those of ``start`` import, directly or not."""
    waiting, found = list(start), set[str]()
    while waiting:
        path = waiting.pop()
        if path in found or path not in modules:
            continue
        found.add(path)
        for name in _imports(path, modules[path]):
            place = name.replace(".", "/")
            waiting += [f"{place}.py", f"{place}/__init__.py"]
    return found


def _imports(path: str, source: bytes) -> set[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # told when it is imported
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = path.split("/")[: -node.level] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return names


class LocalHarness:
    """Runs probes of one stage. See :class:`autograder.testing.harness.Harness`."""

    def __init__(self, root: Path, stage_folder: Path, limits: Limits = LIMITS) -> None:
        self._sandbox, self._limits = PlainSandbox(), limits
        self._workspace = local_workspace(root, stage_folder)
        self._session: Session | None = None
        self._cannot_load: StudentFault | None = None
        self._usage = Usage()

    def call_student(self, probe: str, inputs: Mapping[str, Any], *, shapes: bool) -> Outputs:  # noqa: ARG002  # without a reference there is no shape to compare with
        """Run a probe; a fault becomes a failed check that says where, without a frame of ours."""
        return Outputs(self._call(probe, inputs), "your code")

    def call_reference(self, probe: str, inputs: Mapping[str, Any]) -> Outputs:  # noqa: ARG002  # the Protocol's form
        """There is none on this machine.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{probe}: there is no reference on this machine, it is only there when grading")

    def seed(self, test_id: str) -> int:
        """The same on every machine."""
        return public_seed(test_id)

    def check_budget(self, kind: BudgetKind, probe: str, inputs_of: Any, times: float | None, seed: int) -> None:  # noqa: ARG002  # the Protocol's form
        """Run the code once on inputs of that size: it must end, but there is nothing to compare its time with."""
        self._call(probe, inputs_of(np.random.default_rng(seed)))

    def take_usage(self) -> Usage:
        """What the student's code used since the last time this was asked."""
        usage, self._usage = self._usage, Usage()
        return usage

    def close(self) -> None:
        """End the process."""
        self._sandbox.close()

    def _call(self, probe: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        try:
            reply = self._open().call(probe, inputs)
        except StudentFault as fault:
            self._record(fault.usage, fault.printed)
            raise CheckFailed(fault_finding(fault, self._workspace, Visibility.PUBLIC)) from None
        self._record(reply.usage, reply.printed)
        return _plain(reply)

    def _open(self) -> Session:
        """The live process; importing is not tried twice, since a loop there would cost every test."""
        if self._cannot_load is not None:
            raise self._cannot_load
        if self._session is None or not self._session.alive:
            try:
                self._session = self._sandbox.open(self._workspace, self._limits)
            except StudentFault as fault:
                self._cannot_load = fault
                raise
        return self._session

    def _record(self, usage: Usage, printed: str) -> None:
        self._usage = replace(
            self._usage,
            cpu_seconds=self._usage.cpu_seconds + usage.cpu_seconds,
            wall_seconds=self._usage.wall_seconds + usage.wall_seconds,
        )
        if printed:
            sys.stdout.write(visible(printed, limit=PRINTED_CHARACTERS))  # pytest shows it with a failed test


def _plain(reply: Reply) -> dict[str, Any]:
    outputs: dict[str, Any] = normalise(reply.outputs)
    return outputs
