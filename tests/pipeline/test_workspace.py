"""From whatever students send to the modules that are imported."""

from __future__ import annotations

import pytest

from autograder.course import Course
from autograder.course.workspace import AmbiguousSubmission, build_workspace
from autograder.model import Submission, SubmittedFile


def submission(**files: str) -> Submission:
    """A submission from paths (with __ for /) and texts."""
    return Submission("1", files=tuple(SubmittedFile(path, text.encode()) for path, text in files.items()))


@pytest.mark.parametrize(
    "path", ["scratch/optim.py", "optim.py", "work/scratch/optim.py", "a/b/c/optim.py", "scratch (1)/optim.py"]
)
def test_the_required_file_is_found(course: Course, path: str) -> None:
    """However the zip was made, the file is found by its path or its name."""
    workspace = build_workspace(course.stage("s04_optimisers"), submission(**{path: "x = 1"}))

    assert b"x = 1" == workspace.modules["scratch/optim.py"]
    assert () == workspace.missing


def test_the_whole_path_wins_over_the_name(course: Course) -> None:
    """An old copy elsewhere is not taken for the file."""
    files = {"optim.py": "old = 1", "hand-in/scratch/optim.py": "new = 1"}
    workspace = build_workspace(course.stage("s04_optimisers"), submission(**files))

    assert b"new = 1" == workspace.modules["scratch/optim.py"]


def test_two_equally_near_files_are_for_a_person(course: Course) -> None:
    """Neither is chosen by chance."""
    files = {"a/scratch/optim.py": "one = 1", "b/scratch/optim.py": "two = 2"}
    with pytest.raises(AmbiguousSubmission, match=r"a/scratch/optim\.py, b/scratch/optim\.py"):
        build_workspace(course.stage("s04_optimisers"), submission(**files))


def test_equal_copies_are_no_question(course: Course) -> None:
    """The same contents twice need no choice."""
    files = {"a/scratch/optim.py": "one = 1", "b/scratch/optim.py": "one = 1"}

    assert () == build_workspace(course.stage("s04_optimisers"), submission(**files)).missing


def test_released_modules_cannot_be_replaced(course: Course) -> None:
    """A submission's own nn.py, probes.py or __init__.py is not used."""
    files = {"scratch/optim.py": "", "scratch/nn.py": "evil", "probes.py": "evil", "scratch/__init__.py": "evil"}
    workspace = build_workspace(course.stage("s04_optimisers"), submission(**files))

    assert frozenset({"scratch/optim.py"}) == workspace.student_paths
    assert [] == [path for path, data in workspace.modules.items() if data == b"evil"]


def test_helpers_beside_the_file_are_kept(course: Course) -> None:
    """What the student imports of their own is there, within the package and beside it."""
    files = {"x/scratch/optim.py": "", "x/scratch/helpers.py": "h = 1", "x/more.py": "m = 1", "y/other.py": "no"}
    workspace = build_workspace(course.stage("s04_optimisers"), submission(**files))

    assert frozenset({"scratch/optim.py", "scratch/helpers.py", "more.py"}) == workspace.student_paths


def test_a_missing_file_is_a_finding_with_a_hint(course: Course) -> None:
    """Another spelling, or a notebook, is told."""
    stage = course.stage("s04_optimisers")
    spelt = build_workspace(stage, submission(**{"Optim.py": ""}))
    notebook = build_workspace(stage, submission(**{"hand-in.ipynb": "{}"}))

    assert "Optim.py has another spelling" in spelt.findings[0].hint
    assert "notebook" in notebook.findings[0].hint
