"""What could not be run in part is held, with words for the staff and others for the student."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course import Course, read_course
from autograder.model import Finding, FindingKind, Outcome, Place, Submission, SubmittedFile, TestResult, Visibility
from autograder.moodle.files.system import MoodleFiles
from autograder.pipeline.grading import GradingRequest, grade_download
from autograder.pipeline.holding import (
    _in_other_letters,
    _no_name_was_found,
    _not_readable,
    import_faults,
    reasons_to_hold,
)
from autograder.report import ClassRow
from autograder.tester.pool import PoolOptions
from tests.builders.course import HIDDEN, MISTAKES, POLICY, PROBES, STAGE, tiny, write_course

MORE = "import numpy as np\n\n\ndef triple(x):\n    return np.asarray(x) * 3.0\n"
NOT_FOUND = "ModuleNotFoundError was raised (scratch/more.py"
STAFF_ONLY = re.compile(r"autograder|override|grade again|grader|a person must look|/tmp|/home")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A stage of two files: triple is in another one than double."""
    mistakes = MISTAKES.replace('(edit(PATH, "np.asarray(x) * 3.0"', '(edit("scratch/more.py", "np.asarray(x) * 3.0"')
    root = tmp_path / "course"
    write_course(root, hidden=HIDDEN, mistakes=mistakes)
    (root / "grading.yml").write_text(POLICY.replace("[scratch/tiny.py]", "[scratch/tiny.py, scratch/more.py]"))
    (root / "solutions" / "scratch" / "more.py").write_text(MORE)
    double, _, triple = PROBES.partition("def triple")
    probes = double + "def triple" + triple.replace("tiny", "more")
    (root / "assignments" / STAGE / "probes.py").write_text(probes)
    return read_course(root)


def graded(course: Course, tmp_path: Path, options: PoolOptions, **files: str) -> tuple[ClassRow, str]:
    """One student's row and page."""
    wide = tmp_path / "folder" / "ann" / "scratch" / "wide.py"  # beside the files that are asked for
    wide.parent.mkdir(parents=True)
    wide.write_text("def f():\n    return {}['x']\n\n\nx = f()\n")
    for name, text in files.items():
        path = tmp_path / "folder" / "ann" / "scratch" / f"{name}.py"
        path.write_text(text)
    source = MoodleFiles(tmp_path / "folder", None, "Europe/Dublin")
    request = GradingRequest(source, tmp_path / "out", f"sqlite:///{tmp_path}/book.db", options=options)
    report = grade_download(course, course.stage(STAGE), request)
    return report.rows[0], (tmp_path / "out" / STAGE / "students" / "ann.html").read_text()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param(f"from scratch.helper import thrice\n{MORE}", f"{NOT_FOUND}, line 1)", id="a helper"),
        pytest.param(f"from scratch import helper\n{MORE}", "ImportError was raised (scratch/more.py", id="relative"),
        pytest.param(f"import matplotlib.pyplot as plt\n{MORE}", f"{NOT_FOUND}, line 1)", id="matplotlib"),
        pytest.param("def triple(x):\n    import scipy\n", f"{NOT_FOUND}, line 2)", id="in a function"),
        pytest.param(f"{MORE}\n\nprint(data)\n", "NameError was raised (scratch/more.py, line 8)", id="at the end"),
        pytest.param(
            f"def scale():\n    return 1 / 0\n\n\nSCALE = scale()\n{MORE}",
            "ZeroDivisionError was raised (scratch/more.py, line 2)",
            id="a function that the file calls",
        ),
        pytest.param(
            f"def scale():\n    raise NotImplementedError\n\n\nclass A:\n    x = [scale() for _ in 'a']\n{MORE}",
            "NotImplementedError was raised (scratch/more.py, line 2)",
            id="a function that is not written yet",
        ),
        pytest.param(f"{MORE}\nraise NotImplementedError\n", "NotImplementedError was raised", id="not written"),
        pytest.param(f"import numpy as np\nnp.zeros(-1)\n{MORE}", "ValueError was raised", id="in numpy"),
        pytest.param(f"{MORE}\nx = '\0'\n", "SyntaxError was raised (scratch/more.py, line 1)", id="a null byte"),
        pytest.param("from scratch.wide import x\n" + MORE, "wide.py, line 2", id="in another file of theirs"),
        pytest.param(f"def broken(:\n{MORE}", "SyntaxError was raised (scratch/more.py, line 1)", id="syntax"),
        pytest.param(None, "scratch/more.py was not sent, and the other files were", id="not sent"),
    ],
)
def test_a_file_that_cannot_be_imported_is_held(
    course: Course, tmp_path: Path, pool_options: PoolOptions, more: str | None, words: str
) -> None:
    """The other file's tests have passed, and still nobody gets that mark by itself; the student reads why."""
    row, page = graded(course, tmp_path, pool_options, tiny=tiny(), **({"more": more} if more is not None else {}))

    assert 70 == row.points
    assert 1 == len(row.held)
    assert words in row.held[0]
    assert "autograder release" in row.held[0]
    shown_reasons = page.partition("Your mark is held.")[2].partition("</section>")[0]
    assert ("scratch/wide.py" if "wide.py" in words else "scratch/more.py") in shown_reasons
    assert STAFF_ONLY.search(re.sub("<[^>]*>", "", shown_reasons)) is None


@pytest.mark.parametrize(
    "more",
    [
        "def triple(x):\n    return unknown\n",
        "def triple(x):\n    raise NotImplementedError\n",
        "def triple(x):\n    return x.nothing\n",
        "",
    ],
    ids=["a name", "not written", "an attribute", "empty"],
)
def test_a_wrong_function_is_not_held(course: Course, tmp_path: Path, pool_options: PoolOptions, more: str) -> None:
    """Its tests are lost, as everybody's are."""
    row, _ = graded(course, tmp_path, pool_options, tiny=tiny(), more=more)

    assert (70, ()) == (row.points, row.held)


def test_a_file_that_a_test_cannot_read_is_held() -> None:
    """A report that is a scan: the reason names the file, the remedy and the test; a wrong value holds nothing."""
    scan = Finding(FindingKind.FILE, "report.pdf cannot be read: it has no text", "Export it again.")
    wrong = Finding(FindingKind.VALUE, "wrong")
    results = [
        TestResult(name, "", Visibility.PUBLIC, "A sentence.", Outcome.FAILED, (finding,))
        for name, finding in (("test_report", scan), ("test_other", wrong))
    ]
    (hold,) = _not_readable(results)
    assert "report.pdf cannot be read: it has no text (it cost test_report)" in hold.staff
    assert "autograder release" in hold.staff
    assert "report.pdf cannot be read: it has no text. Export it again. Ask your TA what to do." == hold.student


def test_a_fault_is_named_once_with_all_its_tests() -> None:
    """Two tests of one line, one of a line that an import runs, and one of a line that a call runs."""

    def result(name: str, error: str, line: int, *, at_import: bool = False) -> TestResult:
        finding = Finding(
            FindingKind.EXCEPTION,
            f"{error} was raised",
            place=Place("a.py", line),
            detail=name,
            exception_type=error,
            at_import=at_import,
        )
        return TestResult(name, "", Visibility.PUBLIC, "S.", Outcome.ERROR, (finding,))

    results = [
        result("test_a", "ModuleNotFoundError", 1),
        result("test_b", "ModuleNotFoundError", 1),
        result("test_c", "ZeroDivisionError", 4, at_import=True),
        result("test_d", "ZeroDivisionError", 5),
    ]

    assert [("test_a", "test_b"), ("test_c",)] == [*import_faults(results).values()]


@pytest.mark.parametrize("name", ["empty.zip", "optim final.zip", "my_work.tar"])
def test_a_reason_has_the_letters_of_a_files_name(name: str) -> None:
    """A student looks for the name that they gave the file, and reads what to do."""
    finding = Finding(FindingKind.FILE, f"{name}: this archive is empty")
    submission = Submission("1", findings=(finding,))
    (hold,) = reasons_to_hold(submission, None, None)

    assert f"We could not mark your files: {name}: this archive is empty. Ask your TA what to do." == hold.student
    assert f"a person must look: {name}: this archive is empty" == hold.staff


def of_tests(*details: str) -> tuple[TestResult, ...]:
    """Public tests that ended in an exception with these texts, in no file of the student's."""
    return tuple(
        TestResult(
            name=f"test_{number}",
            case="",
            visibility=Visibility.PUBLIC,
            sentence="One.",
            outcome=Outcome.ERROR if detail else Outcome.PASSED,
            findings=(exception(detail),) if detail else (),
        )
        for number, detail in enumerate(details)
    )


def exception(detail: str) -> Finding:
    """A finding as a probe makes it."""
    kind = detail.partition(":")[0]
    return Finding(FindingKind.EXCEPTION, f"{kind} was raised", detail=detail, exception_type=kind)


NO_DOUBLE = "AttributeError: module 'scratch.tiny' has no attribute 'Double'"
NO_TRIPLE = "ImportError: cannot import name 'Triple' from 'scratch.tiny' (scratch/tiny.py)"


def test_a_file_without_any_of_the_names_is_held() -> None:
    """An empty file, or one of something else: nothing could be tested, whatever the messages are."""
    assert _no_name_was_found(of_tests(NO_DOUBLE, NO_TRIPLE, "ImportError: halted"))
    assert not _no_name_was_found(of_tests(NO_DOUBLE, ""))
    assert not _no_name_was_found(of_tests(NO_DOUBLE, "NotImplementedError: triple"))
    assert not _no_name_was_found(())


HALTED = "ModuleNotFoundError: import of scratch.more halted; None in sys.modules"


def test_a_file_that_puts_none_in_its_place_is_held() -> None:
    """The first test finds None, those after it nothing: whatever the words are, no test saw the work."""
    none = "AttributeError: 'NoneType' object has no attribute 'double'"

    assert _no_name_was_found(of_tests(none, HALTED))
    assert not _no_name_was_found(of_tests(none, "AttributeError: 'NoneType' object has no attribute 'step'"))
    assert [("test_1",)] == [*import_faults(of_tests("", HALTED)).values()]


@pytest.mark.parametrize("line", ["= None", "= math", "= 'text'", "= object()"])
def test_a_file_that_replaces_itself_is_held(
    course: Course, tmp_path: Path, pool_options: PoolOptions, line: str
) -> None:
    """Nothing of it could be run, which says nothing about the work."""
    text = f"{tiny()}\nimport math, sys\nsys.modules[__name__] {line}\n"
    row, _ = graded(course, tmp_path, pool_options, tiny=text, more=text + MORE.partition("\n")[2])

    assert 0 == row.points
    assert "a person must look" in row.held[0]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        pytest.param(
            "class double:\n    pass\n", "scratch/tiny.py has double, and the tests ask for Double", id="small"
        ),
        pytest.param("DOU_BLE = 1\n", "scratch/tiny.py has DOU_BLE, and the tests ask for Double", id="underscore"),
        pytest.param("class Doubled:\n    pass\n", "", id="another name"),
        pytest.param("def broken(:\n", "", id="no Python"),
    ],
)
def test_a_name_in_other_letters_is_held(source: str, words: str) -> None:
    """Capitals and underscores say nothing about the work; a part that is not there is only a failed test."""
    submission = Submission("1", files=(SubmittedFile("scratch/tiny.py", source.encode()),))
    holds = [hold.student for hold in _in_other_letters(of_tests(NO_DOUBLE, NO_TRIPLE, ""), submission)]

    assert ([f"{words}. Ask your TA what to do."] if words else []) == holds


def test_a_name_that_their_own_line_asks_for_is_their_fault() -> None:
    """Only what a test asks for in vain may be there in other letters."""
    submission = Submission("1", files=(SubmittedFile("scratch/tiny.py", b"class double:\n    pass\n"),))
    results = of_tests(NO_DOUBLE)
    own = replace(results[0].findings[0], place=Place("scratch/tiny.py", 1))

    assert [] == list(_in_other_letters([replace(results[0], findings=(own,))], submission))
