"""The reference in the sandbox: asked once in a run, whichever tester needs it first."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from autograder.errors import SandboxFault
from autograder.model import Outcome, Usage
from autograder.runner.protocol import Reply, StudentFault
from autograder.tester.reference import Reference
from autograder.tester.shared_cache import SharedCache
from autograder.tester.student_process import StudentProcess
from autograder.testing.values import identical
from tests.builders.course import STAGE, write_course

X = {"x": np.array([1.0, -0.0, 3.0])}
ANSWER = {"y": np.array([0.1, -0.0, np.nan], np.float32), "steps": [1, 2.5, "x"], "flag": True}


class Answering:
    """A process that counts its calls.

    Args:
        raises: each call ends with a fault.
    """

    def __init__(self, *, raises: bool = False) -> None:
        self.calls, self._raises = list[str](), raises

    def call(self, probe: str, inputs: Mapping[str, Any]) -> Reply:
        """The same answer to every call."""
        self.calls.append(probe)
        if self._raises:
            raise StudentFault(Outcome.ERROR, exception_type="ValueError", exception_text="no")
        assert list(inputs) == ["x"]
        return Reply(ANSWER, Usage(0.25, 0.5, 1.0), "")


@pytest.fixture
def two_caches() -> Iterator[tuple[SharedCache, SharedCache]]:
    """The cache as two testers have it."""
    with tempfile.NamedTemporaryFile() as one, open(one.name, "r+b") as other:
        yield SharedCache(one.fileno()), SharedCache(other.fileno())


def test_testers_share_what_the_reference_answers(tmp_path: Path, two_caches: tuple[SharedCache, SharedCache]) -> None:
    """The second tester does not ask again, and has the same answer to the last bit; a new seed clears nothing else."""
    stage = write_course(tmp_path).stage(STAGE)
    processes = [Answering(), Answering()]
    references = [
        Reference(stage, cast("StudentProcess", process), cache)
        for process, cache in zip(processes, two_caches, strict=True)
    ]
    calls = [reference.prepare("double", X) for reference in references]
    references[0].clear()
    references[0].call("double", X)

    assert [["double"], []] == [process.calls for process in processes]
    assert all(identical(dict(ANSWER), dict(call.outputs)) for call in calls)
    assert [0.25, 0.25] == [call.seconds for call in calls]
    assert not any(cast("np.ndarray", call.outputs["y"]).flags.writeable for call in calls)


def test_a_reference_that_raises_is_a_fault_of_the_grader(tmp_path: Path) -> None:
    """Never the student's, and a probe that does not exist is the test's."""
    reference = Reference(write_course(tmp_path).stage(STAGE), cast("StudentProcess", Answering(raises=True)))
    with pytest.raises(SandboxFault, match="the reference failed in double"):
        reference.call("double", X)
    with pytest.raises(AttributeError):
        reference.call("no_such_probe", X)
