"""A stage's points by criterion, for a rubric or a marking guide in Moodle."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from pathlib import Path

from autograder.course import read_course
from autograder.errors import UsageError
from autograder.gradebook import open_gradebook
from autograder.model import Grade
from autograder.moodle.web.criteria import TESTS, CriteriaPoints


def criteria_points(root: Path | None, stage: str, url: str) -> CriteriaPoints:
    """Return the points of the gradebook's marks by the stage's criteria; all tests together are one.

    Args:
        root: the folder with ``grading.yml``; the working folder if None.
        stage: its name, or an unambiguous beginning.
        url: the gradebook's.

    Raises:
        UsageError: no such stage, or it has a criterion that is called as the tests are.
    """
    course = read_course(root or Path(), check=False)
    name = course.stage(stage).name
    policy = course.configuration.stages[name]
    if TESTS in policy.rubric:
        raise UsageError(
            f"{name}: the rubric has a criterion called {TESTS!r}, which is the name for all tests together"
        )
    tests = {TESTS: sum(policy.test_points.values(), Decimal(0))} if policy.test_points else {}
    with closing(open_gradebook(url, time_zone=course.configuration.module.time_zone)) as book:
        marks = book.marks(name)
    points = {key: _points(mark.grade) for key, mark in marks.items()}
    return CriteriaPoints({**tests, **policy.rubric}, {key: one for key, one in points.items() if one is not None})


def _points(grade: Grade) -> dict[str, Decimal] | None:
    """Return None where a criterion is not marked yet."""
    tests = {TESTS: sum((Decimal(str(one.points)) for one in grade.scores), Decimal(0))} if grade.scores else {}
    rubric = {name: Decimal(str(value)) for name, value in grade.rubric.items() if value is not None}
    return {**tests, **rubric} if len(rubric) == len(grade.rubric) else None
