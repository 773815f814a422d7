"""Files beside Python, and results that no reference returns: what a project of the student's own design needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import Course
from autograder.course.mistake_faults import check_mistakes
from autograder.course.workspace import build_workspace, entry_workspace, reference_workspace
from autograder.model import Outcome, Submission, SubmittedFile, TestResult
from autograder.prove import prove, seed_of
from autograder.runner.assembly import AmbiguousSubmission
from autograder.tester.jobs import Job, decode_job, encode_job
from autograder.tester.pool import PoolOptions, run_jobs
from tests.builders.course import POLICY, REFERENCE, STAGE, TWO_MISTAKES, write_course

FILES = "    files: [scratch/tiny.py]\n"
RESOURCES = "    resources: [scratch/notes/*, scratch/claim.txt]\n    resources_mib: 0.01\n"
PROBES = '''
"""How the tests call a submission."""


def double(*, x):
    from scratch import tiny

    return {"y": tiny.double(x)}


def triple(*, x):
    from scratch import tiny

    return {"y": tiny.triple(x)}


def claim():
    from importlib.resources import files

    folder = files("scratch")
    names = sorted(item.name for item in (folder / "notes").iterdir()) if (folder / "notes").is_dir() else []
    with folder.joinpath("claim.txt").open() as file:
        return {"claim": file.read(), "names": names, "secret": 1.0}
'''
HIDDEN = '''
import numpy as np
from autograder.testing import Form, assert_close, assert_that

FORM = {"claim": Form(""), "names": Form([])}
ARRAY = {"y": Form(np.empty(0), (None,))}


def test_claim(student):
    """The claim is a number."""
    assert_that(student.claim.formed(FORM)["claim"].strip().isdigit(), "claim.txt has no number")


def test_double(student, rng):
    """Twice random numbers, whatever the reference returns."""
    x = rng.standard_normal(3)
    assert_close(student.double.formed(ARRAY, x=x), {"y": 2 * x}, rtol=0.0)


def test_triple(student, rng):
    """Thrice random numbers."""
    x = rng.standard_normal(3)
    assert_close(student.triple.formed(ARRAY, x=x), {"y": 3 * x}, rtol=0.0)
'''
MISTAKES = f"""{TWO_MISTAKES}\
    Mistake("no_number", "Is there a number?", ("test_claim",), (edit("scratch/claim.txt", "12", "twelve"),)),
    Mistake("other_folder", "Is there a number?", ("test_claim",), (), folder="bad"),
]
"""
KILLS = """
{
  "no_number": ["test_claim"],
  "other_folder": ["test_claim"],
  "square": ["test_double", "test_double_of_one"],
  "triple_adds": ["test_triple"]
}
"""
VARIANTS = """
from autograder.course.mistakes import Variant

VARIANTS = [Variant("another", "whole files of its own", folder="another")]
"""
HIDDEN_POINTS = "{test_double: 40, test_double_is_even: 20, test_triple: 30}"


@pytest.fixture
def own(tmp_path: Path) -> Course:
    """A course whose stage has resources and tests with forms."""
    policy = POLICY.replace(FILES, FILES + RESOURCES)
    policy = policy.replace(HIDDEN_POINTS, "{test_claim: 20, test_double: 40, test_triple: 30}")
    files = {
        f"assignments/{STAGE}/probes.py": PROBES,
        f"solutions/{STAGE}/variants.py": VARIANTS,
        "solutions/scratch/claim.txt": "12\n",
        "solutions/scratch/notes/a.txt": "a",
        f"solutions/{STAGE}/another/scratch/tiny.py": REFERENCE,
        f"solutions/{STAGE}/another/scratch/claim.txt": "9",
        f"solutions/{STAGE}/bad/scratch/tiny.py": REFERENCE,
        f"solutions/{STAGE}/bad/scratch/claim.txt": "nine",
    }
    course = write_course(tmp_path, hidden=HIDDEN, policy=policy, mistakes=MISTAKES, kills=KILLS)
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text.lstrip("\n"), encoding="utf-8")
    return course


def sent(**files: str) -> Submission:
    """A submission with the reference's tiny.py and other files."""
    named = {"scratch/tiny.py": REFERENCE, **files}
    return Submission("1", files=tuple(SubmittedFile(path, text.encode()) for path, text in named.items()))


def graded(course: Course, submission: Submission, options: PoolOptions) -> dict[str, TestResult]:
    """The results by test."""
    stage = course.stage(STAGE)
    (result,) = run_jobs(stage, [Job("1", build_workspace(stage, submission), seed_of(0))], options)
    assert "" == result.fault
    return {one.name: one for one in result.results}


def test_resources_are_beside_the_required_files(own: Course) -> None:
    """Whatever folder the zip has, and by their patterns only; Python files are not resources."""
    files = {"work/scratch/tiny.py": REFERENCE, "work/scratch/claim.txt": "1", "work/scratch/notes/x/y.txt": "2"}
    files |= {"work/scratch/other.txt": "3", "work/scratch/notes/z.py": "4", "scratch/claim.txt": "elsewhere"}
    submission = Submission("1", files=tuple(SubmittedFile(path, text.encode()) for path, text in files.items()))

    workspace = build_workspace(own.stage(STAGE), submission)
    assert {"scratch/claim.txt": b"1", "scratch/notes/x/y.txt": b"2"} == workspace.resources


def test_loose_files_are_in_the_package(own: Course) -> None:
    """A claim.txt beside a loose tiny.py is scratch/claim.txt."""
    files = (SubmittedFile("tiny.py", REFERENCE.encode()), SubmittedFile("claim.txt", b"5"))

    assert {"scratch/claim.txt": b"5"} == build_workspace(own.stage(STAGE), Submission("1", files=files)).resources


def test_two_different_resources_are_for_a_person(own: Course) -> None:
    """Neither is chosen by chance."""
    files = (SubmittedFile("scratch/tiny.py", b""), SubmittedFile("scratch/claim.txt", b"1", upload="a.zip"))
    files += (SubmittedFile("scratch/claim.txt", b"2", upload="b.zip"),)
    with pytest.raises(AmbiguousSubmission, match=r"which one is scratch/claim\.txt"):
        build_workspace(own.stage(STAGE), Submission("1", files=files))


def test_what_is_too_large_is_named(own: Course) -> None:
    """The smaller files are kept."""
    submission = sent(**{"scratch/claim.txt": "1", "scratch/notes/large.bin": "x" * 20_000})
    workspace = build_workspace(own.stage(STAGE), submission)

    assert ["scratch/claim.txt"] == list(workspace.resources)
    assert ["scratch/notes/large.bin was not read"] == [one.message.partition(":")[0] for one in workspace.findings]


def test_resources_reach_the_process(own: Course, pool_options: PoolOptions) -> None:
    """A probe reads them by importlib.resources; there is no folder of the submission on the disk."""
    results = graded(own, sent(**{"scratch/claim.txt": "7"}), pool_options)

    assert {Outcome.PASSED} == {result.outcome for result in results.values()}


def test_a_missing_resource_is_the_students(own: Course, pool_options: PoolOptions) -> None:
    """It costs the test that needs it, with the file's name for public tests."""
    results = graded(own, sent(), pool_options)

    assert {"test_claim"} == {name for name, one in results.items() if one.outcome is not Outcome.PASSED}
    assert Outcome.ERROR is results["test_claim"].outcome


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return 3", "y: expected an array, got a number"),
        ("return np.zeros((2, 2))", "y: expected shape (any), got (2, 2)"),
        ("return np.zeros(3, complex)", "y: expected real numbers, got dtype complex128"),
    ],
)
def test_another_form_is_a_finding(own: Course, pool_options: PoolOptions, body: str, message: str) -> None:
    """Kind, dtype and shape are compared with the form, before the test sees the value."""
    text = f"import numpy as np\n\n\ndef double(x):\n    {body}\n\n\ndef triple(x):\n    return x * 3.0\n"
    results = graded(own, sent(**{"scratch/tiny.py": text, "scratch/claim.txt": "1"}), pool_options)

    assert [message] == [one.message for one in results["test_double"].findings]


def test_whole_folders_are_mistakes_and_variants(own: Course, pool_options: PoolOptions) -> None:
    """All are graded like a submission, with their own resources; a change may be of a resource."""
    stage = own.stage(STAGE)
    entries = {entry.name: entry_workspace(stage, entry) for entry in (*stage.mistakes(), *stage.variants())}

    assert [] == list(check_mistakes(stage))
    assert b"twelve\n" == entries["no_number"].resources["scratch/claim.txt"]
    assert {"scratch/claim.txt": b"nine"} == entries["other_folder"].resources
    assert {"scratch/claim.txt": b"9"} == entries["another"].resources
    assert () == prove(stage, 1, pool_options).problems


def test_a_folder_without_the_files_is_a_fault(own: Course) -> None:
    """It has its line and the files that are missing."""
    path = own.root / "solutions" / STAGE / "variants.py"
    path.write_text(path.read_text("utf-8").replace('folder="another"', 'folder="nowhere"'), encoding="utf-8")
    (fault,) = check_mistakes(own.stage(STAGE))

    assert "solutions/s01_tiny/nowhere has no scratch/tiny.py" == fault.what


def test_a_job_keeps_its_resources(own: Course) -> None:
    """Testers read jobs from lines of JSON."""
    job = Job("1", reference_workspace(own.stage(STAGE)), seed_of(0))

    assert {"scratch/claim.txt": b"12\n", "scratch/notes/a.txt": b"a"} == decode_job(
        encode_job(job)
    ).workspace.resources


def test_what_was_sent_counts_and_not_what_the_code_says(own: Course, pool_options: PoolOptions) -> None:
    """``submitted`` is read by the grader: code that answers for its files in the process changes nothing."""
    own_test = HIDDEN.replace("def test_claim(student):", "def test_claim(submitted):").replace(
        'student.claim.formed(FORM)["claim"].strip().isdigit()',
        'submitted("scratch/*.txt").get("scratch/claim.txt", b"").strip().isdigit()',
    )
    own.stage(STAGE).hidden_tests.write_text(own_test, encoding="utf-8")
    lies = "import importlib.resources\n\nimportlib.resources.files = lambda name: {'claim.txt': '7'}\n"
    outcomes = {
        text: graded(own, sent(**{"scratch/tiny.py": REFERENCE + lies, "scratch/claim.txt": text}), pool_options)
        for text in ("7", "seven")
    }

    assert Outcome.PASSED is outcomes["7"]["test_claim"].outcome
    assert Outcome.FAILED is outcomes["seven"]["test_claim"].outcome
