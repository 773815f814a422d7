"""Grade from-scratch deep learning code: right, unforgeable, fast."""

from __future__ import annotations

from typing import Any

__version__ = "0.2.0"


def load_ipython_extension(shell: Any) -> None:
    """Called by ``%load_ext autograder`` in a notebook of the students' bundle."""
    from autograder.studentcli.magics import load_here  # only a notebook needs it

    load_here(shell)


def show(*tests: str, stage: str = "") -> None:
    """Draw your results beside those that public tests expect: ``autograder.show("test_adam_worked_example")``.

    In Jupyter it is a figure (a curve, an image or a histogram, by the shape of the result), elsewhere a table. Only
    public tests can be shown. What is wrong with the call is said in one sentence.

    Args:
        tests: names of public tests of one stage, as in ``spec.md``.
        stage: its name or number; by default the one that has these tests.
    """
    from autograder.studentcli.magics import said  # only a student's machine needs it
    from autograder.studentcli.showing import show_tests

    said(lambda: show_tests(tests, stage))
