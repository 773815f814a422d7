"""From a fault of a student's process to what the student reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autograder.model import Finding, Outcome, TestResult, Visibility, Workspace
from autograder.runner.protocol import StudentFault
from autograder.tester.judge import with_names_of_public_tests
from autograder.testing.faults import ARGUMENTS, SPELLING, VALUES, fault_finding


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


OPS = Workspace({"scratch/ops.py": b"class Adm:\n    pass\n"}, frozenset({"scratch/ops.py"}))
NO_ADAM = "module 'scratch.ops' has no attribute 'Adam'"


def raised(name: str, text: str = "", visibility: Visibility = Visibility.PUBLIC, place: str = "") -> Finding:
    """What the student reads of an exception, raised in their file or in ours."""
    fault = StudentFault(Outcome.ERROR, exception_type=name, exception_text=text, path=place, line=1)
    return fault_finding(fault, OPS, visibility)


def test_a_name_that_is_not_there_is_compared_with_those_that_are() -> None:
    """In a public test, whose texts may be shown; a hidden one says where to look, and the text shows nowhere."""
    assert (
        "scratch/ops.py has Adm, not Adam. Names must be spelt as in the task."
        == raised("AttributeError", NO_ADAM).hint
    )
    hidden = raised("AttributeError", NO_ADAM, Visibility.HIDDEN)
    assert SPELLING == hidden.hint
    assert "Adam" not in str(hidden)


@pytest.mark.parametrize(("name", "hint"), [("TypeError", ARGUMENTS), ("ValueError", VALUES), ("IndexError", VALUES)])
def test_an_exception_outside_of_the_students_files_says_so(name: str, hint: str) -> None:
    """There is no line to look at; one in their files has a line, and no such hint."""
    assert hint == raised(name, visibility=Visibility.HIDDEN).hint
    assert "" == raised(name, place="scratch/ops.py").hint
    assert "" == raised("NotOfPython").hint


def test_hidden_tests_repeat_the_name_that_a_public_one_found() -> None:
    """The same exception, outside of the student's files, and without a hint of its own."""
    found = [raised("AttributeError", NO_ADAM)]
    found += [raised(name, NO_ADAM, Visibility.HIDDEN) for name in ("AttributeError", "TypeError")]
    found.append(replace(found[1], hint="a known mistake"))
    results = [
        TestResult("t", str(n), Visibility.HIDDEN if n else Visibility.PUBLIC, "", Outcome.ERROR, (one,))
        for n, one in enumerate(found)
    ]
    hints = [result.findings[0].hint for result in with_names_of_public_tests(results)]

    assert [found[0].hint, found[0].hint, ARGUMENTS, "a known mistake"] == hints
