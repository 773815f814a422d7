"""What the reference needs in public time tests: measured as a student's code is, and never forgotten."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from autograder.course import Course, read_course
from autograder.errors import UsageError
from autograder.starter import build_starter, measure_reference_use, read_reference_use, unmeasured

ROOT = Path(__file__).parents[2]
STAGES = ["s05_training", "s08_cnn", "s09_rnn", "s10_attention"]


@pytest.fixture
def copied(tmp_path: Path) -> Course:
    """The course, in a folder where a test may change it."""
    for name in ("assignments", "solutions"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "grading.yml", tmp_path)
    return read_course(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", STAGES)
def test_the_results_that_are_checked_in_are_the_references(course: Course, name: str) -> None:
    """A changed probe or test shows itself here: measure again."""
    stage = course.stage(name)
    files = dict(stage.reference_files())
    for need in stage.all_needs():
        files |= course.stage(need).reference_files()
    bundle = build_starter(course, {path: text.encode() for path, text in files.items()})

    found, kept = measure_reference_use(stage, bundle), read_reference_use(stage)

    assert kept.keys() == found.keys() != set()
    for test, use in found.items():
        assert kept[test]["result"] == pytest.approx(use["result"], rel=1e-6)
        assert use["yardsticks"] > 0


def test_every_public_time_test_is_measured(course: Course) -> None:
    """So no student runs one that says nothing."""
    assert [] == unmeasured(course)


def test_a_test_without_a_measurement_is_named(copied: Course) -> None:
    """And one that is no longer a public time test."""
    path = copied.stage("s08_cnn").reference_use_file
    use = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({"test_gone": use.popitem()[1]}))

    assert [
        "s08_cnn: the reference's time in test_conv2d_time_budget was not measured;"
        " run autograder starter --measure s08_cnn",
        "assignments/s08_cnn/budgets.json: test_gone is no public time test; run autograder starter --measure s08_cnn",
    ] == unmeasured(copied)


@pytest.mark.parametrize("text", ["", "[]", '{"test_x": 4}', '{"test_x": {"yardsticks": "fast", "result": {}}}'])
def test_a_broken_file_says_what_to_do(copied: Course, text: str) -> None:
    """It is generated, so nobody mends it by hand."""
    stage = copied.stage("s08_cnn")
    stage.reference_use_file.write_text(text)

    with pytest.raises(UsageError, match=r"budgets\.json: it cannot be read; run autograder starter --measure s08_cnn"):
        read_reference_use(stage)
