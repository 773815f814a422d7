"""A gradebook with one record and one mark in which every field has a value."""

from __future__ import annotations

from autograder.gradebook import Gradebook, Mark, Record, RecordKey
from autograder.gradebook.environment import Environment
from autograder.model import (
    BudgetUse,
    Finding,
    FindingKind,
    Grade,
    Outcome,
    Place,
    Score,
    TestResult,
    Usage,
    Visibility,
)
from autograder.picture import Picture


def filled_gradebook(book: Gradebook) -> None:
    """Add a failed public test with two findings, and a mark that is held for its rubric."""
    environment = Environment({"python": "3.11"})
    exception = Finding(
        FindingKind.EXCEPTION, "ValueError was raised", "why", Place("scratch/optim.py", 3), "text", "ValueError"
    )
    picture = Picture("path[:, :]", ((1.0, 2.0), (3.0, None)), ((2.0, 2.0), (3.0, None)), ("x.", ".."))
    findings = (exception, Finding(FindingKind.VALUE, "path: off by 1", picture=picture))
    result = TestResult(
        "test_a", "one", Visibility.PUBLIC, "A sentence.", Outcome.ERROR, findings, Usage(0.1, 0.2, 30.0), "printed",
        BudgetUse(FindingKind.TIME, 1.5, 4.0),
    )  # fmt: skip
    key = RecordKey("s04_optimisers", "41210", "a" * 64, "0.2.0", "b" * 64, environment.sha256, "1")
    record = book.add_record(Record(key, "c" * 64, ("seccomp",), True, (result,)), b"archive", environment)
    grade = Grade(
        "41210", 60.0, 100.0, (Score("test_a", Visibility.PUBLIC, 0.0, 2.0),), ("rubric",), 10.0, 1,
        {"written": None, "clarity": 4.0}, 66.0,
    )  # fmt: skip
    book.add_mark(Mark("s04_optimisers", grade, record.number, "d" * 64))
