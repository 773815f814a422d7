"""The reference side: the same probes on our own code, once a run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.course.folder import StageFolder, load_file, load_package
from autograder.testing.values import Outputs, digest, normalise


class Reference:
    """Runs probes on the reference and keeps what they returned, by the inputs' digest."""

    def __init__(self, stage: StageFolder) -> None:
        for folder in ("scratch", "models"):
            path = stage.course.solutions / folder
            if (path / "__init__.py").is_file() and folder not in sys.modules:
                load_package(path, folder)
        self._probes = load_file(stage.probes, "probes")
        self._kept: dict[tuple[str, bytes], Outputs] = {}

    def call(self, probe: str, inputs: Mapping[str, Any]) -> Outputs:
        """The reference's outputs; they must not be changed.

        Raises:
            AttributeError: there is no such probe.
        """
        key = (probe, digest(inputs))
        if key not in self._kept:
            function = getattr(self._probes, probe)
            returned = function(**{name: _read_only(value) for name, value in inputs.items()})
            self._kept[key] = Outputs(freeze(normalise(returned)), "the reference")
        return self._kept[key]

    def forget(self) -> None:
        """Drop what was kept, for a run with another seed."""
        self._kept.clear()


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
