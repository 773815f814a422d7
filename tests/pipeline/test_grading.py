"""The main job, from Moodle's files to records, marks and files for Moodle."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.errors import ConfigurationError
from autograder.gradebook import open_gradebook
from autograder.moodle.files.moodle_writer import Person, SentFile, build_download, build_worksheet
from autograder.moodle.files.system import MoodleFiles
from autograder.pipeline import GradingReport, GradingRequest, grade_download, verify_marks
from autograder.report import ClassRow
from autograder.tester.pool import PoolOptions
from tests.builders.course import MISTAKES, POLICY, STAGE, tiny, write_course

RECORDINGS = Path(os.environ.get("AUTOGRADER_MOODLE_RECORDINGS", Path(__file__).parents[3] / "shared" / "moodle"))
SAVED = datetime(2027, 1, 29, 16, 0)  # noqa: DTZ001  # a zip's times have no zone
DUE = "Submitted for grading -  - "


def zipped(**files: str) -> bytes:
    """A student's zip."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return stream.getvalue()


def person(number: int, name: str, text: str, *, late: str = "", status: str = DUE, when: str = "4:00 PM") -> Person:
    """Somebody who sent a zip on the day it was due."""
    file = SentFile("hand-in.zip", zipped(**{"work/scratch/tiny.py": text}), SAVED)
    submitted = f"Friday, 29 January 2027, {when}"
    return Person(number, name, f"27{number}", "a@b.example", late or status, submitted=submitted, files=(file,))


PEOPLE = [
    person(101, "Séan Ó Briain", tiny()),
    person(102, "John Murphy", tiny(double="return np.square(x)")),
    person(103, "John Murphy", tiny(triple="import os; os._exit(0)")),
    person(104, "=1+1 @Sum|A1", tiny(top="print('<script>alert(1)</script>' + chr(92))"), when="6:00 PM"),
    person(105, 'Pat "P" \\ O’Neill/Byrne', tiny(), status="Draft (not submitted) -  - "),
    Person(106, "Niamh Ní Dhomhnaill", "27106", "n@b.example"),
    Person(107, "小明 李", "27107", "x@b.example", DUE, submitted="Friday, 29 January 2027, 9:00 AM",
           files=(SentFile("a.zip", b"PK\x03\x04 not a zip", SAVED),)),
    Person(108, "Zoë 🦊", "27108", "z@b.example", DUE, submitted="Friday, 29 January 2027, 9:00 AM",
           files=(SentFile("notes.txt", b"my notes", SAVED),)),
]  # fmt: skip


def grade(course: Course, root: Path, options: PoolOptions, **changes: object) -> GradingReport:
    """Grade the class into ``root/out``."""
    (root / "download.zip").write_bytes(build_download(PEOPLE))
    (root / "worksheet.csv").write_bytes(build_worksheet(PEOPLE, maximum="10.00"))
    url = f"sqlite:///{root}/gradebook.db"
    source = MoodleFiles(root / "download.zip", root / "worksheet.csv", "Europe/Dublin")
    request = GradingRequest(source, root / "out", url, options=options)
    return grade_download(course, course.stage(STAGE), replace(request, **changes))  # type: ignore[arg-type]  # fields of the request


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, pool_options: PoolOptions) -> tuple[Path, Course, GradingReport]:
    """The class, graded once; the folder may be graded again."""
    root = tmp_path_factory.mktemp("class")
    course = write_course(root / "course")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRADER_SECRET", "the secret of the tests, long enough")
        return root, course, grade(course, root, pool_options)


def by_id(report: GradingReport) -> dict[str, ClassRow]:
    """What came of each participant."""
    return {row.participant_id: row for row in report.rows}


def rows(path: Path) -> dict[str, list[str]]:
    """The rows of a worksheet, by identifier."""
    found = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    return {row[0]: row[1:] for row in found}


def test_everybody_has_the_right_mark(graded: tuple[Path, Course, GradingReport]) -> None:
    """Right, wrong in a known way, crashing in one test, late by two hours, with a file that cannot be graded."""
    points = {key: row.points for key, row in by_id(graded[2]).items()}

    assert {"101": 100, "102": 30, "103": 70, "104": 90, "105": 100, "106": 0, "107": 0, "108": 0} == points


def test_what_needs_a_person_is_held(graded: tuple[Path, Course, GradingReport]) -> None:
    """A draft, a zip that cannot be read and a submission without the file are held, with a remedy."""
    held = {key: row.held for key, row in by_id(graded[2]).items() if row.held}

    assert {"105", "107", "108"} == held.keys()
    assert "draft" in held["105"][0]
    assert "a person must look" in held["107"][0]
    assert "scratch/tiny.py is missing" in held["108"][0]
    assert "ask for the file and grade again" in held["108"][0]


def test_the_worksheet_holds_what_may_be_sent(graded: tuple[Path, Course, GradingReport]) -> None:
    """Four columns, a point in each number, no row for held marks and for those who sent nothing."""
    found = rows(graded[2].files["worksheet"])

    assert ["Grade", "Last modified (grade)", "Feedback comments"] == found.pop("Identifier")
    assert {"101": "10.00", "102": "3.00", "103": "7.00", "104": "9.00"} == {
        key.removeprefix("Participant "): cells[0] for key, cells in found.items()
    }


def test_no_backslash_reaches_moodle(graded: tuple[Path, Course, GradingReport]) -> None:
    """A backslash would let one student's text swallow the next one's row."""
    assert b"\\" not in graded[2].files["worksheet"].read_bytes()


def test_feedback_goes_to_each_ones_own_number(graded: tuple[Path, Course, GradingReport]) -> None:
    """One page for each mark that is sent, named so that Moodle finds its owner, with their own name in it."""
    with zipfile.ZipFile(graded[2].files["feedback"]) as archive:
        pages = {name.split("_")[1]: archive.read(name).decode() for name in archive.namelist()}
        names = archive.namelist()

    assert {"101", "102", "103", "104"} == pages.keys()
    assert [4] * 4 == [len(name.split("/")[0].split("_")) for name in names]
    for number, page in pages.items():
        assert [number] == [
            other for other in ("101", "102", "103", "104", "105", "107", "108") if f"participant {other}" in page
        ]


def test_hostile_text_is_only_text(graded: tuple[Path, Course, GradingReport]) -> None:
    """What a student prints is in the page as text, if at all."""
    page = (graded[0] / "out" / STAGE / "students" / "104.html").read_text("utf-8")

    assert "<script" not in page.lower()


def test_pages_hold_no_secret(graded: tuple[Path, Course, GradingReport]) -> None:
    """Neither the run's seed nor a path of the solutions is in what a student gets."""
    book = open_gradebook(f"sqlite:///{graded[0]}/gradebook.db")
    seeds = {record.seed for record in book.records()}
    book.close()
    assert seeds
    for page in (graded[0] / "out" / STAGE / "students").iterdir():
        text = page.read_text("utf-8")
        assert not any(seed in text for seed in seeds)
        assert "solutions/" not in text


def test_a_second_run_does_no_work_twice(graded: tuple[Path, Course, GradingReport], pool_options: PoolOptions) -> None:
    """On unchanged input nothing is graded, and the files are the same."""
    before = graded[2].files["worksheet"].read_bytes()
    again = grade(graded[1], graded[0], pool_options)

    assert (0, ()) == (again.fresh, again.changes)
    assert before == again.files["worksheet"].read_bytes()


def test_other_points_mark_again_without_grading(
    graded: tuple[Path, Course, GradingReport], pool_options: PoolOptions, tmp_path: Path
) -> None:
    """A change of points says whose mark changes, and why; no test is run."""
    course = write_course(graded[0] / "course2", policy=POLICY.replace("test_triple: 30", "test_triple: 50"))
    report = grade(course, graded[0], pool_options)

    assert 0 == report.fresh
    assert any(
        change.startswith("102: 30 of 100 → 50 of 120") and "points of the tests" in change for change in report.changes
    )
    grade(graded[1], graded[0], pool_options)


def test_a_mark_can_be_made_again(graded: tuple[Path, Course, GradingReport], pool_options: PoolOptions) -> None:
    """From the gradebook's own copy, with the recorded seed, every outcome is the same."""
    book = open_gradebook(f"sqlite:///{graded[0]}/gradebook.db")
    found = verify_marks(graded[1], graded[1].stage(STAGE), book, pool_options)
    book.close()

    assert ((), (), ()) == (found.differences, found.tampered, found.caveats)
    assert 7 == found.marks


def test_another_class_altogether_is_doubted(tmp_path: Path, pool_options: PoolOptions) -> None:
    """Where most have none of the stage's files, no 0 is sent: it may be another stage's download."""
    if not RECORDINGS.is_dir():
        pytest.skip("the recordings of a running Moodle are not here: set AUTOGRADER_MOODLE_RECORDINGS")
    course = write_course(tmp_path / "course")
    download = RECORDINGS / "download"
    source = MoodleFiles(download / "a1_folders.zip", download / "a1_worksheet.csv", "Europe/Dublin")
    report = grade(course, tmp_path, pool_options, source=source)

    assert 19 == len(report.rows)
    assert ["Identifier"] == list(rows(report.files["worksheet"]))


def test_a_rubric_that_makes_no_sense_is_refused_with_every_fault(tmp_path: Path, pool_options: PoolOptions) -> None:
    """A TA's typing errors come at once, with their lines; nothing is graded."""
    course = write_course(tmp_path / "course", policy=POLICY + "    rubric: {clarity: 5}\n")
    path = tmp_path / "out" / STAGE / "rubric.csv"
    path.parent.mkdir(parents=True)
    path.write_text("participant,name,clarity\n101,,four\n102,,6\n102,,1\n")
    with pytest.raises(ConfigurationError) as caught:
        grade(course, tmp_path, pool_options)

    assert [2, 3, 4] == [fault.line for fault in caught.value.faults]


def test_a_mistake_that_no_longer_fits_the_reference_is_refused(tmp_path: Path, pool_options: PoolOptions) -> None:
    """Nothing is graded: each hint that needs the mistake would end a tester and hold a mark."""
    course = write_course(tmp_path / "course", mistakes=MISTAKES.replace('(PATH, "np.asarray', '(PATH, "np.array'))
    with pytest.raises(ConfigurationError) as caught:
        grade(course, tmp_path, pool_options)

    assert ["square", "triple_adds", "four_of_them"] == [fault.key for fault in caught.value.faults]
    assert not (tmp_path / "out").exists()


def test_marks_wait_for_the_rubric(tmp_path: Path, pool_options: PoolOptions) -> None:
    """Without a person's marks nothing is sent; with them it is, and no test is run again."""
    course = write_course(tmp_path / "course", policy=POLICY + "    rubric: {clarity: 5}\n")
    first = rows(grade(course, tmp_path, pool_options).files["worksheet"])
    path = tmp_path / "out" / STAGE / "rubric.csv"
    header, *lines = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    for line in lines:
        line[header.index("clarity")] = "4" if line[0] == "101" else ""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *lines])
    second = grade(course, tmp_path, pool_options)

    assert {"Identifier"} == first.keys()
    assert "Participant 101" in rows(second.files["worksheet"])
    assert 0 == second.fresh
    assert 104 == by_id(second)["101"].points


def test_pages_of_alike_folders_stay_apart(tmp_path: Path, pool_options: PoolOptions) -> None:
    """Two folders whose names become one safe name have a page each: nobody reads another's."""
    course = write_course(tmp_path / "course")
    for name in ("ann b", "ann_b"):
        path = tmp_path / "folder" / name / "scratch" / "tiny.py"
        path.parent.mkdir(parents=True)
        path.write_text(tiny())
    grade(course, tmp_path, pool_options, source=MoodleFiles(tmp_path / "folder", None, "Europe/Dublin"))

    assert 2 == len(list((tmp_path / "out" / STAGE / "students").iterdir()))


@pytest.mark.parametrize(
    ("top", "words"),
    [
        ("import matplotlib.pyplot as plt", "ModuleNotFoundError was raised (scratch/tiny.py, line 1)"),
        ("while True:\n    pass", "importing your files did not end within the limit of"),
        ("raise SystemExit", "your code ended the program"),
        ("def broken(:", "SyntaxError was raised (scratch/tiny.py, line 1)"),
    ],
    ids=["a missing package", "a loop", "an exit", "syntax"],
)
def test_what_could_not_be_run_at_all_is_held(tmp_path: Path, pool_options: PoolOptions, top: str, words: str) -> None:
    """A fault at the top of a file would take all points for a reason that has nothing to do with the work."""
    course = write_course(tmp_path / "course")
    path = tmp_path / "folder" / "ann" / "scratch" / "tiny.py"
    path.parent.mkdir(parents=True)
    path.write_text(f"{top}\n{tiny()}", encoding="utf-8")
    report = grade(course, tmp_path, pool_options, source=MoodleFiles(tmp_path / "folder", None, "Europe/Dublin"))

    assert words in report.rows[0].held[0]
    assert "autograder override" in report.rows[0].held[0]


def test_what_is_not_written_yet_is_not_held(tmp_path: Path, pool_options: PoolOptions) -> None:
    """The starter earns 0, and nobody has to look."""
    course = write_course(tmp_path / "course")
    path = tmp_path / "folder" / "ann" / "scratch" / "tiny.py"
    path.parent.mkdir(parents=True)
    path.write_text(tiny(double="raise NotImplementedError", triple="raise NotImplementedError"), encoding="utf-8")

    report = grade(course, tmp_path, pool_options, source=MoodleFiles(tmp_path / "folder", None, "Europe/Dublin"))

    assert [(0.0, ())] == [(row.points, row.held) for row in report.rows]


@pytest.mark.slow
def test_a_further_submission_has_new_inputs(tmp_path: Path, pool_options: PoolOptions) -> None:
    """Its author has seen a page about the last ones; who did not submit again, and a regrade, keep their seeds."""
    course, wrong, right = write_course(tmp_path / "course"), tiny(double="return np.square(x)"), tiny()
    url = f"sqlite:///{tmp_path}/gradebook.db"

    def seeds(ann: str, bob: str, *, again: bool = False) -> list[str]:
        sent = build_download([person(101, "Ann", ann), person(102, "Bob", bob)])
        (tmp_path / "download.zip").write_bytes(sent)
        source = MoodleFiles(tmp_path / "download.zip", None, "Europe/Dublin")
        grade_download(
            course,
            course.stage(STAGE),
            GradingRequest(source, tmp_path / "out", url, options=pool_options, again=again),
        )
        with closing(open_gradebook(url)) as book:
            records = [book.marks(STAGE)[key].record for key in ("101", "102")]
            return [book.record(number).seed for number in records if number is not None]

    first, second = seeds(right, wrong), seeds(right, right)
    third = seeds(wrong, wrong, again=True)

    assert [first[0], first[0]] == first
    assert first[0] == second[0] == third[1]
    assert second[1] == third[0] != first[0]
    with closing(open_gradebook(url)) as book:
        found = verify_marks(course, course.stage(STAGE), book, pool_options)
        assert (2, (), ()) == (found.marks, found.differences, found.tampered)
