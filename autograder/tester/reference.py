"""The reference: the same probes on our own code, each call made once per run, here or in the sandbox."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.course.folder import StageFolder, load_file, load_package
from autograder.errors import SandboxFault
from autograder.runner.child.plaindata import plain
from autograder.runner.child.tensors import to_torch
from autograder.runner.exchange import prepare
from autograder.runner.protocol import PreparedCalls, StudentFault
from autograder.tester.shared_cache import SharedCache
from autograder.tester.student_process import StudentProcess
from autograder.testing.values import Outputs, digest, normalise, size_bytes

Key = tuple[str, bytes]  # of a call: the probe and the digest of its inputs
KEPT_BYTES = 1 << 20  # larger calls are encoded again for each submission


@dataclass(frozen=True)
class ReferenceCall:
    """A call that a test makes, and what the reference returns for it: the same for every submission of a run.

    Attributes:
        key: equal for equal probes and inputs.
        outputs: the reference's; they must not be changed.
        answer_bytes: what the arrays of ``outputs`` take.
        seconds: CPU time of the reference.
        prepared: the call, encoded for sending.
    """

    key: Key
    outputs: Outputs
    answer_bytes: int
    seconds: float
    prepared: PreparedCalls


class Reference:
    """Runs probes on the reference and caches what they return, by the digest of the inputs.

    Args:
        stage: whose reference.
        process: of the reference, in the sandbox; without it the probes run in this process.
        cache: shared by the testers of a run, for what ``process`` answers: each call is made by one of them.
    """

    def __init__(
        self, stage: StageFolder, process: StudentProcess | None = None, cache: SharedCache | None = None
    ) -> None:
        self._process, self._shared = process, cache
        for folder in stage.packages:
            path = stage.course.solutions / folder
            if (path / "__init__.py").is_file() and folder not in sys.modules:
                load_package(path, folder)
        self._probes = load_file(stage.probes, "probes")
        self._outputs: dict[Key, tuple[Outputs, float]] = {}
        self._calls: dict[Key, ReferenceCall] = {}

    def call(self, probe: str, inputs: Mapping[str, Any]) -> Outputs:
        """The reference's outputs; they must not be changed.

        Raises:
            AttributeError: there is no such probe.
        """
        return self._called((probe, digest(inputs)), inputs)[0]

    def prepare(self, probe: str, inputs: Mapping[str, Any]) -> ReferenceCall:
        """The reference's outputs, and the call encoded for the student's process.

        Raises:
            AttributeError: there is no such probe.
            SandboxFault: the inputs are not plain data, or too many.
        """
        key = (probe, digest(inputs))
        call = self._calls.get(key)
        if call is None:
            outputs, seconds = self._called(key, inputs)
            call = ReferenceCall(
                key,
                outputs,
                size_bytes(outputs),
                seconds,
                replace(prepare([(probe, inputs)]), reference_seconds=seconds),
            )
            if call.prepared.body.payload_bytes <= KEPT_BYTES:
                self._calls[key] = call
        return call

    def _called(self, key: Key, inputs: Mapping[str, Any]) -> tuple[Outputs, float]:
        if key not in self._outputs:
            function = getattr(self._probes, key[0])
            if self._process is None:
                start = time.process_time()
                returned = plain(function(**{name: _read_only(value) for name, value in inputs.items()}))
                seconds = time.process_time() - start
            else:
                returned, seconds = self._asked(self._process, key, inputs)
            self._outputs[key] = Outputs(freeze(normalise(returned)), "the reference"), seconds
        return self._outputs[key]

    def _asked(self, process: StudentProcess, key: Key, inputs: Mapping[str, Any]) -> tuple[Any, float]:
        """What the reference's process returns, and the CPU seconds that it needed.

        Raises:
            SandboxFault: it raised, or the sandbox failed.
        """

        def compute() -> dict[str, Any]:
            try:
                reply = process.call(key[0], inputs)
            except StudentFault as fault:
                raise SandboxFault(f"the reference failed in {key[0]}: {fault}") from None
            return {"outputs": dict(reply.outputs), "seconds": float(reply.usage.cpu_seconds)}

        name = f"reference {key[0]} {key[1].hex()}"
        found = self._shared.get(name, compute) if self._shared is not None else compute()
        return found["outputs"], found["seconds"]

    def clear(self) -> None:
        """Clear the cache, for a run with another seed."""
        self._outputs.clear()
        self._calls.clear()


def freeze(value: Any) -> Any:
    """The same value with its arrays read-only."""
    if isinstance(value, np.ndarray):
        value = value.copy()
        value.flags.writeable = False
        return value
    if isinstance(value, dict):
        return {key: freeze(item) for key, item in value.items()}
    return [freeze(item) for item in value] if isinstance(value, list) else value


def _read_only(value: Any) -> Any:
    """An input as a probe receives it: arrays are read-only, and those marked as tensors are tensors."""
    return _with_tensors(freeze(normalise(value))) if isinstance(value, np.ndarray | list | tuple | dict) else value


def _with_tensors(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return to_torch(value)
    if isinstance(value, dict):
        return {key: _with_tensors(item) for key, item in value.items()}
    return [_with_tensors(item) for item in value] if isinstance(value, list) else value
