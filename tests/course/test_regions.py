"""Marked regions: what a starter leaves out."""

from __future__ import annotations

import pytest

from autograder.course.regions import solution_lines, strip_solutions
from autograder.errors import ConfigurationError

TEXT = '''def double(x):
    """Twice x."""
    # BEGIN SOLUTION
    return 2 * x
    # STUB: raise NotImplementedError("double")
    # END SOLUTION


# BEGIN SOLUTION
def helper():
    return 1
# END SOLUTION
'''


def test_regions_become_stubs() -> None:
    """A region is replaced by its stub at its own indentation; without a stub an error is raised."""
    expected = (
        'def double(x):\n    """Twice x."""\n    raise NotImplementedError("double")\n\n\nraise NotImplementedError\n'
    )

    assert expected == strip_solutions(TEXT, "x.py")


def test_solution_lines_are_those_within() -> None:
    """The lines between the markers, and no others."""
    assert ["    return 2 * x", "def helper():", "    return 1"] == solution_lines(TEXT)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# BEGIN SOLUTION\n", 1),
        ("x = 1\n# END SOLUTION\n", 2),
        ("# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION\n", 2),
    ],
)
def test_unmatched_markers_are_faults(text: str, line: int) -> None:
    """A stray marker never passes silently: it could publish a solution."""
    with pytest.raises(ConfigurationError) as caught:
        strip_solutions(text, "x.py")

    assert line in [fault.line for fault in caught.value.faults]
