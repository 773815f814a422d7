"""What today's graders do: tests and a student's code in one process, without any wall.

A pytest plugin that replaces the tester's: ``-p benchmarks.peers.unprotected``. The environment
variable PEER_SUBMISSION names a folder with the student's files; PEER_STAGE the stage; PEER_COURSE the course's folder.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.course import StageFolder, read_course
from autograder.runner.child.plaindata import plain
from autograder.tester.reference import Reference
from autograder.testing.assertions import CheckFailed
from autograder.testing.forms import Form, form_finding
from autograder.testing.harness import matching
from autograder.testing.plugin import HARNESS
from autograder.testing.seeds import public_seed
from autograder.testing.values import Outputs, normalise, structure_finding


class Unprotected:
    """Both sides in this process; the modules of one side are swapped in for each call."""

    def __init__(self, stage: StageFolder, submission: Path) -> None:
        self._names = {*stage.packages, "probes"}
        self._reference = Reference(stage)
        self._ours = self._take_modules()
        sys.path.insert(0, str(submission))
        importlib.invalidate_caches()
        self._submission = str(submission)
        self._theirs: dict[str, Any] = {}

    def _take_modules(self) -> dict[str, Any]:
        ours = [name for name in sys.modules if name.partition(".")[0] in self._names]
        return {name: sys.modules.pop(name) for name in ours}

    @contextmanager
    def _side(self, modules: dict[str, Any]) -> Iterator[None]:
        sys.modules.update(modules)
        try:
            yield
        finally:
            modules.update(self._take_modules())

    def call_student(self, probe: str, inputs: Mapping[str, Any], *, shapes: bool) -> Outputs:
        expected = self.call_reference(probe, inputs)
        with self._side(self._theirs):
            given = {
                name: normalise(value) if isinstance(value, np.ndarray) else value for name, value in inputs.items()
            }
            returned = normalise(plain(getattr(importlib.import_module("probes"), probe)(**given)))
        finding = structure_finding("", returned, expected, shapes=shapes)
        if finding:
            raise CheckFailed(finding)
        return Outputs(returned, "the student's code")

    def call_formed(self, probe: str, inputs: Mapping[str, Any], form: Mapping[str, Form]) -> Outputs:
        outputs = self.call_student(probe, inputs, shapes=False)
        if finding := form_finding(outputs, form):
            raise CheckFailed(finding)
        return outputs

    def call_reference(self, probe: str, inputs: Mapping[str, Any]) -> Outputs:
        with self._side(self._ours):
            return self._reference.call(probe, inputs)

    def submitted(self, pattern: str) -> dict[str, bytes]:
        """The files beside the code."""
        root = Path(self._submission)
        found = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        return matching(found, pattern)

    def seed(self, test_id: str) -> int:
        return public_seed(test_id)

    def check_budget(self, *_: Any) -> None:
        """No peer has budgets."""

    def close(self) -> None:
        """Leave no module of this submission behind."""
        sys.path.remove(self._submission)


def pytest_configure(config: pytest.Config) -> None:
    """Put the harness where the fixtures look for it."""
    stage = read_course(Path(os.environ["PEER_COURSE"])).stage(os.environ["PEER_STAGE"])
    harness = Unprotected(stage, Path(os.environ["PEER_SUBMISSION"]))
    config.stash[HARNESS] = harness
    config.add_cleanup(harness.close)
