"""Marks are made again from records, basis and decisions; every difference is reported."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autograder import __version__
from autograder.course import Course
from autograder.gradebook import Gradebook, Mark, open_gradebook
from autograder.graded import Decision, DecisionKind
from autograder.moodle.files.system import MoodleFiles
from autograder.pipeline import GradingRequest, Verification, grade_download, verify_marks
from autograder.pipeline.fingerprints import engine_manifest
from autograder.pipeline.storing import pack
from autograder.tester.pool import PoolOptions
from tests.builders.anchors import adopt
from tests.builders.course import POLICY, STAGE, submission, tiny, write_course

RUBRIC = POLICY + "    rubric: {clarity: 5}\n"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, pool_options: PoolOptions) -> Path:
    """Ann is right, Bob squares, Zed sent notes; Ann's clarity is marked."""
    root = tmp_path_factory.mktemp("verify")
    course = write_course(root / "course", policy=RUBRIC)
    texts = {"ann/scratch/tiny.py": tiny(), "bob/scratch/tiny.py": tiny(double="return x * x"), "zed/notes.txt": "none"}
    for path, text in texts.items():
        (root / "class" / path).parent.mkdir(parents=True)
        (root / "class" / path).write_text(text)
    (root / "out" / STAGE).mkdir(parents=True)
    (root / "out" / STAGE / "rubric.csv").write_text("participant,clarity\nann,4\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRADER_SECRET", "the secret of the tests, long enough")
        source = MoodleFiles(root / "class", None, "Europe/Dublin")
        url = f"sqlite:///{root}/gradebook.db"
        grade_download(
            course, course.stage(STAGE), GradingRequest(source, root / "out", url, by="t", options=pool_options)
        )
    return root


@pytest.fixture
def book(graded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gradebook]:
    """A copy of the class's gradebook, with an anchor of its own."""
    shutil.copy(graded / "gradebook.db", tmp_path / "gradebook.db")
    monkeypatch.setenv("AUTOGRADER_ANCHORS", str(tmp_path / "anchors"))
    book = open_gradebook(f"sqlite:///{tmp_path}/gradebook.db")
    adopt(book)
    yield book
    book.close()


@pytest.fixture
def verify(graded: Path, book: Gradebook, pool_options: PoolOptions) -> Callable[..., Verification]:
    """Verify the copy."""

    def run(*participants: str, policy: str = RUBRIC) -> Verification:
        course: Course = write_course(graded / "course", policy=policy)
        return verify_marks(course, course.stage(STAGE), book, pool_options, participants)

    return run


def change(tmp_path: Path, statement: str) -> None:
    """Change the copy by hand."""
    with sqlite3.connect(tmp_path / "gradebook.db") as connection:
        assert connection.execute(statement).rowcount
    connection.close()


def test_every_mark_can_be_made_again(book: Gradebook, verify: Callable[..., Verification]) -> None:
    """Of whoever sent something that runs, and of whoever did not; decisions are listed."""
    found = verify()

    assert (3, (), (), ()) == (found.marks, found.differences, found.tampered, found.caveats)
    assert [("ann", DecisionKind.RUBRIC, "t")] == [
        (one.participant_id, one.kind, one.decided_by) for one in found.decisions
    ]
    assert book.head(STAGE) == found.head


def test_one_participant_can_be_looked_at(verify: Callable[..., Verification]) -> None:
    """And who has no mark is named."""
    found = verify("bob", "eve")

    assert (1, ("eve: no mark is recorded",), ()) == (found.marks, found.differences, found.decisions)


def test_every_part_of_a_mark_that_does_not_follow_is_reported(
    book: Gradebook, verify: Callable[..., Verification]
) -> None:
    """Even where its chain is right, as after somebody worked it out again."""
    mark = book.marks(STAGE)["bob"]
    changed = replace(
        mark.grade, points=100.0, late_points=9.0, held=(), rubric={"clarity": 5.0}, out_of=50.0, scores=()
    )
    book.add_mark(replace(mark, grade=changed, number=0, made_at=""))
    found = verify("bob")

    expected = (
        "bob: points of tests: nothing became 30",
        "bob: rubric: clarity 5.0 became clarity –",
        "bob: lateness: 9 became 0",
        "bob: what holds the mark: nothing became rubric: clarity has not been marked",
        "bob: mark: 100 became 30",
        "bob: maximum: 50 became 105",
    )
    assert (expected, ()) == (found.differences, found.tampered)


def test_a_mark_without_a_record_is_made_again_too(book: Gradebook, verify: Callable[..., Verification]) -> None:
    """Somebody who sent nothing that runs cannot get points by hand."""
    mark = book.marks(STAGE)["zed"]
    book.add_mark(replace(mark, grade=replace(mark.grade, points=50.0), number=0, made_at=""))

    assert ("zed: mark: 50 became 0",) == verify("zed").differences


def test_other_outcomes_are_reported_by_test(
    book: Gradebook, verify: Callable[..., Verification], tmp_path: Path
) -> None:
    """A record that was changed shows twice: in the chain, and when the tests run again."""
    change(
        tmp_path,
        "update records set results = replace(results, '\"failed\"', '\"passed\"') where participant_id = 'bob'",
    )
    found = verify("bob")

    assert "bob: test_double[two]: passed → failed" in found.differences
    assert 1 == len([line for line in found.tampered if line.endswith("it was changed after it was written")])


def test_other_files_are_not_run(book: Gradebook, verify: Callable[..., Verification], tmp_path: Path) -> None:
    """The kept submission must be the one that was graded."""
    other = pack(submission(tiny())).hex()
    sha256 = next(record for record in book.records(STAGE) if record.key.participant_id == "bob").key.submission_sha256
    change(tmp_path, f"update submissions set archive = x'{other}' where sha256 = '{sha256}'")

    assert ("bob: the kept files are not those that were graded",) == verify("bob").differences


def test_a_decision_that_no_mark_follows_is_reported(book: Gradebook, verify: Callable[..., Verification]) -> None:
    """It counts from the next run on; until then the mark is not what it should be."""
    book.add_decisions([Decision(STAGE, "ann", DecisionKind.OVERRIDE, {"points": "50"}, "appeal", "t")])

    assert ("ann: mark: 104 became 50",) == verify("ann").differences


@pytest.mark.slow
def test_a_mark_of_an_earlier_kit_is_compared_by_its_tests(
    book: Gradebook, verify: Callable[..., Verification]
) -> None:
    """It has no basis to make more of it again."""
    ann, zed = (book.marks(STAGE)[key] for key in ("ann", "zed"))
    for mark in (ann, zed):
        book.add_mark(Mark(STAGE, mark.grade, mark.record, mark.policy_sha256))
    assert () == verify("ann", "zed").differences
    score = replace(ann.grade.scores[0], points=0.0)
    book.add_mark(Mark(STAGE, replace(ann.grade, scores=(score, *ann.grade.scores[1:])), ann.record, ann.policy_sha256))

    assert ("ann: 90 became 100 points of tests",) == verify("ann").differences


def test_what_is_not_as_it_was_is_said(verify: Callable[..., Verification], monkeypatch: pytest.MonkeyPatch) -> None:
    """Another engine, environment, stage or policy than that of the record."""
    before = json.loads(engine_manifest())
    now = json.dumps(before | {"model.py": "other", "tester/new.py": "x"}).encode()
    monkeypatch.setattr("autograder.pipeline.since.engine_manifest", lambda: now)
    monkeypatch.setattr("autograder.pipeline.since.engine_sha256", lambda: "other")
    monkeypatch.setattr("platform.python_version", lambda: "2.7")
    changed = RUBRIC.replace("cpu_seconds: 1", "cpu_seconds: 2").replace("percent_a_day: 10", "percent_a_day: 20")
    found = verify("zed", "ann", policy=changed).caveats

    assert (
        f"the kit that graded (version {__version__}) differs in model.py, tester/new.py",
        f"the machine of the record differs in python {sys.version.split()[0]} (now 2.7)",
        "the points or the late rule are not those of the mark",
        "the stage of the record differs in limits, budgets or names of the tests in grading.yml",
    ) == found
