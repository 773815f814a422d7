"""From whatever students send to the modules that are imported."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from autograder.course import Course
from autograder.course.workspace import build_workspace
from autograder.intake import ReadLimits
from autograder.intake.unpacking import FileCollector, add_file
from autograder.model import Submission, SubmittedFile
from autograder.runner.assembly import AmbiguousSubmission
from tests.moodle.samples import make_zip


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


@pytest.mark.parametrize(
    "name",
    [
        "optim (1).py",
        "OPTIM.PY",
        "optim.py.txt",
        "2724_optim.py",
        "Optim - Copy.py",
        "optim_final v2.py",
        "optim2.py",
        "myoptim/optim_v3.py",
        "optimV2.py",
        "a/optim(2).py",
    ],
)
def test_one_near_name_is_taken_and_said(course: Course, name: str) -> None:
    """What browsers, systems and people add to a name costs no marks."""
    workspace = build_workspace(course.stage("s04_optimisers"), submission(**{name: "x = 1", "notes.py": "y = 2"}))

    assert b"x = 1" == workspace.modules["scratch/optim.py"]
    assert () == workspace.missing
    assert f"{name} was graded as scratch/optim.py" in workspace.findings[0].message


@pytest.mark.parametrize(
    "name",
    [
        "test_optim.py",
        "optimal.py",
        "optimal2.py",
        "optim.py.download",
        "optim.txt",
        "optim.pyc",
        "optim.ipynb",
        "my.py",
    ],
)
def test_another_name_is_not_near(course: Course, name: str) -> None:
    """Tests of the file, other words and other kinds of file are not the file."""
    assert ("scratch/optim.py",) == build_workspace(course.stage("s04_optimisers"), submission(**{name: "x"})).missing


def test_two_near_names_that_differ_need_a_person(course: Course) -> None:
    """Alike they are one; a file of the very name wins over both."""
    two = {"optim (1).py": "x = 1", "optim (2).py": "x = 2"}
    with pytest.raises(AmbiguousSubmission, match=r"optim \(1\).py, optim \(2\).py"):
        build_workspace(course.stage("s04_optimisers"), submission(**two))
    alike = build_workspace(course.stage("s04_optimisers"), submission(**dict.fromkeys(two, "x = 1")))
    exact = build_workspace(course.stage("s04_optimisers"), submission(**two, **{"optim.py": "x = 3"}))

    assert b"x = 1" == alike.modules["scratch/optim.py"]
    assert b"x = 3" == exact.modules["scratch/optim.py"]


def test_a_missing_file_is_a_finding_with_a_hint(course: Course) -> None:
    """A notebook, or the only Python file that there is, is named."""
    stage = course.stage("s04_optimisers")
    notebook = build_workspace(stage, submission(**{"hand-in.ipynb": "{}"}))
    other = build_workspace(stage, submission(**{"solution.py": "x = 1"}))

    assert "notebook" in notebook.findings[0].hint
    assert "The only Python file is solution.py" in other.findings[0].hint


def test_a_file_that_was_graded_is_not_meant_to_be_another(course: Course) -> None:
    """One of three files was sent: no hint says that it should have the name of a missing one."""
    workspace = build_workspace(course.stage("s02_backprop"), submission(**{"nn.py": "x = 1"}))

    assert ["", ""] == [finding.hint for finding in workspace.findings]


def uploaded(path: str, text: str, upload: str, minute: int) -> SubmittedFile:
    """A file of an upload."""
    return SubmittedFile(path, text.encode(), upload, datetime(2027, 2, 19, 16, minute, tzinfo=UTC))


def unpacked(members: dict[str, str]) -> Submission:
    """What is received of a zip with these files."""
    collector = FileCollector(ReadLimits())
    add_file(collector, "s.zip", [make_zip({path: text.encode() for path, text in members.items()})])
    return Submission("1", files=tuple(collector.contents()))


def test_a_file_whose_path_leads_out_is_graded(course: Course) -> None:
    """Where it is the only one of its name it is found, as if its folder were another."""
    for path in ("../optim.py", "../../scratch/optim.py", "C:\\course\\scratch\\optim.py"):
        workspace = build_workspace(course.stage("s04_optimisers"), unpacked({path: "mine = 1"}))

        assert b"mine = 1" == workspace.modules["scratch/optim.py"]


def test_a_file_in_its_place_counts_and_the_other_is_named(course: Course) -> None:
    """A second file of the same name, from outside, is not chosen, and the page says so."""
    received = unpacked({"scratch/optim.py": "mine = 1", "../optim.py": "mine = 2"})
    workspace = build_workspace(course.stage("s04_optimisers"), received)

    assert b"mine = 1" == workspace.modules["scratch/optim.py"]
    assert "not graded: outside/optim.py" in " ".join(finding.message for finding in workspace.findings)


def test_of_two_files_from_outside_a_person_chooses(course: Course) -> None:
    """Neither path says which one is meant."""
    with pytest.raises(AmbiguousSubmission):
        build_workspace(
            course.stage("s04_optimisers"), unpacked({"../optim.py": "mine = 1", "C:/optim.py": "mine = 2"})
        )


def test_of_several_uploads_the_newest_counts(course: Course) -> None:
    """A newer loose file wins over the same file in an older zip, and the page says which one was graded."""
    files = (
        uploaded("scratch/optim.py", "old = 1", "hand-in.zip", 10),
        uploaded("optim.py", "new = 1", "optim.py", 40),
    )
    workspace = build_workspace(course.stage("s04_optimisers"), Submission("1", files=files))

    assert b"new = 1" == workspace.modules["scratch/optim.py"]
    assert (
        "scratch/optim.py: optim.py of 2027-02-19 16:40 was graded; not graded: scratch/optim.py in hand-in.zip of "
        "2027-02-19 16:10"
    ) == workspace.findings[0].message


def test_files_of_one_stage_may_come_from_several_uploads(course: Course) -> None:
    """The newest of each; a file that only the older upload has is taken from there."""
    files = (
        uploaded("scratch/nn.py", "old = 1", "all.zip", 10),
        uploaded("scratch/functional.py", "only = 1", "all.zip", 10),
        uploaded("nn (1).py", "near = 1", "nn (1).py", 20),
        uploaded("nn.py", "new = 1", "nn.py", 30),
    )
    modules = build_workspace(course.stage("s02_backprop"), Submission("1", files=files)).modules

    assert (b"new = 1", b"only = 1") == (modules["scratch/nn.py"], modules["scratch/functional.py"])


def test_a_newer_copy_beside_the_file_needs_a_person(course: Course) -> None:
    """A browser calls a second version optim (1).py: which one is meant, no machine can know."""
    stage = course.stage("s04_optimisers")
    older, newer = uploaded("optim.py", "a = 1", "optim.py", 10), uploaded("optim (1).py", "b = 1", "optim (1).py", 20)
    with pytest.raises(AmbiguousSubmission, match="is newer than"):
        build_workspace(stage, Submission("1", files=(older, newer)))
    earlier_copy = uploaded("optim (1).py", "b = 1", "optim (1).py", 5)

    assert b"a = 1" == build_workspace(stage, Submission("1", files=(older, earlier_copy))).modules["scratch/optim.py"]


@pytest.mark.parametrize("minute", [9, 10, 11], ids=["before", "in the same minute", "after"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_starter_beside_the_finished_file_is_no_version_of_it(course: Course, minute: int, line_end: str) -> None:
    """Whenever the starter was uploaded, what the student wrote is graded, and the page names both."""
    stage = course.stage("s04_optimisers")
    stub = stage.starter_files()["scratch/optim.py"].replace("\n", line_end)
    files = (
        uploaded("optim.py", "mine = 1", "optim.py", 10),
        uploaded("starter/scratch/optim.py", stub, "starter.zip", minute),
    )
    workspace = build_workspace(stage, Submission("1", files=files))

    assert b"mine = 1" == workspace.modules["scratch/optim.py"]
    assert (
        "scratch/optim.py: optim.py of 2027-02-19 16:10 was graded; not graded: starter/scratch/optim.py in starter.zip"
        f" of 2027-02-19 16:{minute:02} (as handed out)"
    ) == workspace.findings[0].message


def test_a_copy_beside_an_untouched_file_is_taken(course: Course) -> None:
    """The browser's second version is the work, and the first is the starter's."""
    stage = course.stage("s04_optimisers")
    stub = stage.starter_files()["scratch/optim.py"]
    workspace = build_workspace(stage, submission(**{"optim.py": stub, "optim (1).py": "mine = 1"}))
    alone = build_workspace(stage, submission(**{"optim.py": stub, "optim_notes.py": "notes = 1"}))

    assert b"mine = 1" == workspace.modules["scratch/optim.py"]
    assert (
        "scratch/optim.py has nothing of yours in it; optim (1).py was graded as scratch/optim.py"
        == workspace.findings[0].message
    )
    assert stub.encode() == alone.modules["scratch/optim.py"]


def test_two_uploads_of_one_moment_that_differ_need_a_person(course: Course) -> None:
    """Neither a zip nor a loose file beside it is the newer version; a zip and its unpacked folder are equal."""
    stage = course.stage("s04_optimisers")
    inner = uploaded("scratch/optim.py", "a = 1", "hand-in.zip", 10)
    with pytest.raises(AmbiguousSubmission, match=r"scratch/optim\.py in hand-in\.zip of .*, optim\.py of"):
        build_workspace(stage, Submission("1", files=(inner, uploaded("optim.py", "b = 1", "optim.py", 10))))
    alike = Submission("1", files=(inner, uploaded("optim.py", "a = 1", "optim.py", 10)))

    assert b"a = 1" == build_workspace(stage, alike).modules["scratch/optim.py"]
