"""What grade says of the versions that marks are made with."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from autograder.course.models import GraderPolicy
from autograder.pipeline.versions import version_notes
from autograder.tester.pool import PoolOptions
from tests.builders.course import POLICY, write_course
from tests.pipeline.test_grading import grade


@pytest.mark.parametrize(
    ("published", "here", "notes"),
    [
        ({"python": "3.11", "numpy": "2.4"}, {"python": "3.11.7", "numpy": "2.4.1"}, 0),
        ({"torch": "2.13"}, {"python": "3.11.7", "torch": "2.13.0+cpu"}, 0),
        ({"torch": "2.13.0"}, {"torch": "2.13.0+cpu"}, 0),
        ({"numpy": "2.4"}, {"python": "3.13.0", "numpy": "2.4.0"}, 0),
        ({"python": "3.1"}, {"python": "3.11.7"}, 1),
        ({"python": "3.11", "numpy": "2.4"}, {"python": "3.12.1", "numpy": "2.3.5"}, 2),
        ({"torch": "2.13"}, {"numpy": "2.4.0"}, 0),
    ],
)
def test_only_versions_that_differ_are_named(published: dict[str, str], here: dict[str, str], notes: int) -> None:
    """A published version includes all that begin with it; what the stage does not use is no difference."""
    assert notes == len(version_notes(GraderPolicy(**published), here))


def test_grade_prints_another_python(tmp_path: Path, pool_options: PoolOptions) -> None:
    """The published and the own version are both in the note."""
    course = write_course(tmp_path / "course", policy=POLICY.replace("stages:", 'grader: {python: "2.7"}\nstages:'))
    report = grade(course, tmp_path, pool_options)

    assert (
        f"marks are made here with Python {platform.python_version()}; grading.yml (grader.python) publishes 2.7"
        in report.notes
    )
