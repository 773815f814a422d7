"""What is held of a class does not grow with what its students sent."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

from autograder.course.workspace import build_workspace
from autograder.graded import Graded
from autograder.model import Grade, Outcome, Submission, SubmittedFile, TestResult, Visibility
from autograder.moodle.files.download import Download
from autograder.pipeline.publishing import Publisher
from autograder.prove import seed_of
from autograder.tester.jobs import Job
from autograder.tester.pool import PoolOptions, run_jobs
from tests.builders.course import STAGE, submission, tiny, write_course

COUNT = 40


def test_jobs_are_drawn_when_a_tester_is_free(tmp_path: Path, pool_options: PoolOptions) -> None:
    """Those that wait are not made yet, however slowly results are taken; each of them has one result."""
    stage = write_course(tmp_path).stage(STAGE)
    drawn: list[str] = []

    def jobs() -> Iterator[Job]:
        for number in range(COUNT):
            drawn.append(str(number))
            yield Job(str(number), build_workspace(stage, submission(tiny())), seed_of(0))

    results = run_jobs(stage, jobs(), pool_options)
    keys = [next(results).key]

    assert len(drawn) <= 1 + 4 * pool_options.workers
    assert sorted(map(str, range(COUNT))) == sorted([*keys, *(result.key for result in results)])


def test_a_published_participant_is_let_go(tmp_path: Path) -> None:
    """Files and results are not held until the class page is written."""
    course = write_course(tmp_path)
    sent = Submission("41210", "Ann", (SubmittedFile("scratch/tiny.py", b"x" * 1000),))
    result = TestResult("test_double", "", Visibility.HIDDEN, "Twice.", Outcome.PASSED)
    one = Graded(sent, (result,), Grade("41210", 40.0, 100.0, ()))
    publisher = Publisher(course, course.stage(STAGE), tmp_path / "out", Download((Submission("41210", "Ann"),)))
    publisher.add(one)
    held = weakref.ref(one)
    del one, sent, result
    gc.collect()  # a template holds its values in a ring

    assert held() is None
    assert ("41210", 40.0) == (publisher.finish().rows[0].participant_id, 40.0)
