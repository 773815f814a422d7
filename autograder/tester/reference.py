"""The reference side: the same probes on our own code, once a run."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.course.folder import StageFolder, load_file, load_package
from autograder.runner.exchange import prepare
from autograder.runner.protocol import PreparedCalls
from autograder.testing.values import Outputs, digest, normalise, size_bytes

Key = tuple[str, bytes]  # of a call: the probe and the digest of its inputs
KEPT_BYTES = 1 << 20  # larger calls are put into their form for the wire each time


@dataclass(frozen=True)
class Known:
    """A call that a test makes: the same for every submission of a run.

    Attributes:
        key: equal for equal probes and inputs.
        outputs: the reference's; they must not be changed.
        answer_bytes: what the arrays of ``outputs`` take.
        seconds: CPU time that the reference took.
        prepared: the call as it goes over the wire.
    """

    key: Key
    outputs: Outputs
    answer_bytes: int
    seconds: float
    prepared: PreparedCalls


class Reference:
    """Runs probes on the reference and keeps what they returned, by the inputs' digest."""

    def __init__(self, stage: StageFolder) -> None:
        for folder in ("scratch", "models"):
            path = stage.course.solutions / folder
            if (path / "__init__.py").is_file() and folder not in sys.modules:
                load_package(path, folder)
        self._probes = load_file(stage.probes, "probes")
        self._outputs: dict[Key, tuple[Outputs, float]] = {}
        self._known: dict[Key, Known] = {}

    def call(self, probe: str, inputs: Mapping[str, Any]) -> Outputs:
        """The reference's outputs; they must not be changed.

        Raises:
            AttributeError: there is no such probe.
        """
        return self._called((probe, digest(inputs)), inputs)[0]

    def known(self, probe: str, inputs: Mapping[str, Any]) -> Known:
        """The reference's outputs, and the call in the form in which it is sent to a student's code.

        Raises:
            AttributeError: there is no such probe.
            SandboxFault: the inputs are not plain data, or too many.
        """
        key = (probe, digest(inputs))
        known = self._known.get(key)
        if known is None:
            outputs, seconds = self._called(key, inputs)
            known = Known(key, outputs, size_bytes(outputs), seconds, prepare([(probe, inputs)]))
            if known.prepared.body.payload_bytes <= KEPT_BYTES:
                self._known[key] = known
        return known

    def _called(self, key: Key, inputs: Mapping[str, Any]) -> tuple[Outputs, float]:
        if key not in self._outputs:
            function = getattr(self._probes, key[0])
            start = time.process_time()
            returned = function(**{name: _read_only(value) for name, value in inputs.items()})
            seconds = time.process_time() - start
            self._outputs[key] = Outputs(freeze(normalise(returned)), "the reference"), seconds
        return self._outputs[key]

    def forget(self) -> None:
        """Drop what was kept, for a run with another seed."""
        self._outputs.clear()
        self._known.clear()


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
    return freeze(normalise(value)) if isinstance(value, np.ndarray | list | tuple | dict) else value
