"""From a fault of a student's process to what the student reads."""

from __future__ import annotations

import pytest

from autograder.model import Outcome, Visibility, Workspace
from autograder.runner.protocol import StudentFault
from autograder.testing.faults import fault_finding


def stopped_at_import() -> StudentFault:
    """A time-out of an import."""
    fault = StudentFault(Outcome.TIMED_OUT, reason="importing your files did not end within the limit of 2 seconds")
    fault.at_import = True
    return fault


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("import numpy as np\n\nwhile True:\n    pass\n", 3),
        ("x = 1\nif x:\n    for i in range(10**12):\n        x += i\n", 3),
        ("def f():\n    while True:\n        pass\n\n\nprint(1)\nf()\n", 6),
        ("class A:\n    for i in range(10**12):\n        pass\n", 2),
        ("try:\n    train()\nexcept ValueError:\n    pass\n", 2),
        ("x = 1\n", None),
        ("def broken(:\n", None),
    ],
)
def test_an_import_that_does_not_end_names_a_line(text: str, line: int | None) -> None:
    """The first loop at the top of the submitted text, else the first call; never a line that a process reports."""
    workspace = Workspace({"scratch/ops.py": text.encode()}, frozenset({"scratch/ops.py"}))
    finding = fault_finding(stopped_at_import(), workspace, Visibility.HIDDEN)

    assert line == (finding.place.line if finding.place else None)
    assert "importing your files" in finding.message


def test_a_call_that_does_not_end_names_no_line() -> None:
    """Nothing is known of where it was."""
    workspace = Workspace({"scratch/ops.py": b"while True:\n    pass\n"}, frozenset({"scratch/ops.py"}))

    assert None is fault_finding(StudentFault(Outcome.TIMED_OUT), workspace, Visibility.HIDDEN).place
